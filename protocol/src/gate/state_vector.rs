//! How far a replica has come: per client the clock of its next item.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::refusal::{Limit, Refusal};
use crate::limits::STATE_VECTOR_CLIENTS;
use crate::wire::reader::{Malformed, Reader, write_number};

/// Per client the clock of the next item that is not yet known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateVector {
    clocks: BTreeMap<u64, u32>,
}

impl StateVector {
    /// How many clients a state vector claims to name.
    pub fn claimed(bytes: &[u8]) -> Result<usize, Malformed> {
        Reader::new(bytes).count(2)
    }

    /// Reads a state vector from a client.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(bytes);
        let count = reader.count(2)?;
        if count > STATE_VECTOR_CLIENTS {
            return Err(Limit::Clients.into());
        }
        let mut clocks = BTreeMap::new();
        for _ in 0..count {
            match clocks.entry(reader.number()?) {
                Entry::Vacant(vacant) => vacant.insert(reader.number32()?),
                Entry::Occupied(_) => {
                    return Err(Malformed("a state vector names a client twice").into());
                }
            };
        }
        reader.end()?;
        Ok(Self { clocks })
    }

    /// The state vector as clients and yrs read it.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 + self.clocks.len() * 8);
        write_number(&mut bytes, self.clocks.len() as u64);
        for (&client, &clock) in self.clocks.iter().rev() {
            write_number(&mut bytes, client);
            write_number(&mut bytes, u64::from(clock));
        }
        bytes
    }

    /// The clock of the client's next item: 0 when nothing of it is known.
    pub fn clock(&self, client: u64) -> u32 {
        self.clocks.get(&client).copied().unwrap_or(0)
    }

    /// Every client with its clock, by client.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u32)> {
        self.clocks.iter().map(|(&client, &clock)| (client, clock))
    }
}

impl FromIterator<(u64, u32)> for StateVector {
    fn from_iter<I: IntoIterator<Item = (u64, u32)>>(clocks: I) -> Self {
        Self {
            clocks: clocks.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_count_is_not_trusted() {
        let mut bytes = Vec::new();
        write_number(&mut bytes, 1 << 27);

        assert!(StateVector::read(&bytes).is_err());
    }

    #[test]
    fn a_state_vector_of_too_many_clients_is_too_large() {
        let clients = u64::try_from(STATE_VECTOR_CLIENTS).unwrap();
        let of = |count| {
            (0..count)
                .map(|client| (client, 1))
                .collect::<StateVector>()
        };

        assert!(StateVector::read(&of(clients).encode()).is_ok());
        assert_eq!(
            StateVector::read(&of(clients + 1).encode()),
            Err(Refusal::TooLarge(Limit::Clients))
        );
    }

    #[test]
    fn a_client_named_twice_and_bytes_behind_the_end_are_malformed() {
        assert!(StateVector::read(&[2, 1, 1, 1, 2]).is_err());
        assert!(StateVector::read(&[0, 0]).is_err());
        assert!(StateVector::read(&[]).is_err());
    }

    proptest! {
        #[test]
        fn a_state_vector_is_read_as_it_was_written(
            clocks in prop::collection::btree_map(0..1_u64 << 53, any::<u32>(), 0..20)
        ) {
            let vector: StateVector = clocks.into_iter().collect();

            prop_assert_eq!(StateVector::read(&vector.encode()), Ok(vector));
        }

        #[test]
        fn garbage_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            // Only a panic would fail this test; either answer is fine.
            let _ = StateVector::read(&bytes);
        }
    }
}
