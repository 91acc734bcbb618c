//! Admission by what yrs itself can tell: whether an update can be read and builds on what is here.

use yrs::updates::decoder::Decode;
use yrs::{StateVector, Update};

pub(super) enum Admission {
    Known,
    Admitted { update: Vec<u8> },
}

pub(super) enum Refusal {
    Malformed,
    TooLarge,
    Missing,
    Forbidden,
}

pub(super) struct Gate {
    known: StateVector,
}

impl Gate {
    pub(super) fn from_document(update: &[u8]) -> Result<Self, Refusal> {
        let update = Update::decode_v1(update).map_err(|_error| Refusal::Malformed)?;
        Ok(Self {
            known: update.state_vector(),
        })
    }

    pub(super) fn admit(
        &mut self,
        update: &[u8],
        allow: impl Fn() -> bool,
    ) -> Result<Admission, Refusal> {
        let decoded = Update::decode_v1(update).map_err(|_error| Refusal::Malformed)?;
        let above = decoded.state_vector();
        if above
            .iter()
            .all(|(client, clock)| self.known.get(client) >= *clock)
            && decoded.delete_set().is_empty()
        {
            return Ok(Admission::Known);
        }
        let below = decoded.state_vector_lower();
        if below
            .iter()
            .any(|(client, clock)| self.known.get(client) < *clock)
        {
            return Err(Refusal::Missing);
        }
        if update.len() > hartslag_protocol::limits::FIRST_STEP2_BYTES {
            return Err(Refusal::TooLarge);
        }
        if !allow() {
            return Err(Refusal::Forbidden);
        }
        self.known.merge(above);
        Ok(Admission::Admitted {
            update: update.to_vec(),
        })
    }
}
