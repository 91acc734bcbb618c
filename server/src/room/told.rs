//! What nodes tell each other of who is in a room with them. Never stored, never sent to clients.
//!
//! Version (1 byte), node (8), number (8), what it holds (1); then, as far as it holds them,
//! people (a count of 2 bytes, 16 each), the range of client ids that it lists in full (8 and 8),
//! and an awareness update of y-protocols to the end. Numbers are big-endian.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use bytes::Bytes;
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::limits::ROOM_CONNECTIONS;
use hartslag_protocol::wire::awareness;
use hartslag_protocol::wire::reader::{Malformed, Reader};

use crate::log::TOLD_BYTES;

/// A room in the memory of a node, unlike any other load of it.
pub(super) type NodeId = [u8; 8];

const VERSION: u8 = 1;

const HELLO: u8 = 1;
const PEOPLE: u8 = 2;
const RANGE: u8 = 4;
const GOODBYE: u8 = 8;

/// What awareness takes of a message, so that all of it is within [`TOLD_BYTES`].
pub(super) const AWARENESS_BYTES: usize = TOLD_BYTES / 2;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Telling<'a> {
    pub(super) node: NodeId,
    /// Rises with each message of the node.
    pub(super) number: u64,
    /// It begins to serve the room: others tell what they have.
    pub(super) is_hello: bool,
    /// It stops serving the room.
    pub(super) is_goodbye: bool,
    /// Everyone who is connected to it, where that is told.
    pub(super) people: Option<BTreeSet<ParticipantId>>,
    /// Clients of which it lists all that it has.
    pub(super) range: Option<RangeInclusive<u64>>,
    /// What its clients say of themselves.
    pub(super) awareness: Vec<awareness::Entry<'a>>,
}

impl<'a> Telling<'a> {
    /// A message that holds nothing yet.
    pub(super) fn of(node: NodeId, number: u64) -> Self {
        Self {
            node,
            number,
            is_hello: false,
            is_goodbye: false,
            people: None,
            range: None,
            awareness: Vec::new(),
        }
    }

    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.len() > TOLD_BYTES {
            return Err(Malformed("what a node tells is too large"));
        }
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return Err(Malformed("another node speaks another version"));
        }
        let node = array(&mut reader)?;
        let number = u64::from_be_bytes(array(&mut reader)?);
        let what = reader.byte()?;
        let has = |part: u8| what & part != 0;
        let people = has(PEOPLE).then(|| read_people(&mut reader)).transpose()?;
        let range = if has(RANGE) {
            let from = u64::from_be_bytes(array(&mut reader)?);
            Some(from..=u64::from_be_bytes(array(&mut reader)?))
        } else {
            None
        };
        let awareness = awareness::read(reader.rest())?;
        awareness.iter().try_for_each(awareness::Entry::check)?;
        Ok(Self {
            node,
            number,
            is_hello: has(HELLO),
            is_goodbye: has(GOODBYE),
            people,
            range,
            awareness,
        })
    }

    pub(super) fn write(self) -> Bytes {
        let mut bytes = vec![VERSION];
        bytes.extend(self.node);
        bytes.extend(self.number.to_be_bytes());
        let parts = [
            (self.is_hello, HELLO),
            (self.people.is_some(), PEOPLE),
            (self.range.is_some(), RANGE),
            (self.is_goodbye, GOODBYE),
        ];
        let held = parts.into_iter().filter(|(is_held, _)| *is_held);
        bytes.push(held.map(|(_, part)| part).sum());
        if let Some(people) = self.people {
            // A room has fewer connections.
            let count = u16::try_from(people.len()).unwrap_or(u16::MAX);
            bytes.extend(count.to_be_bytes());
            for person in people.iter().take(count.into()) {
                bytes.extend(person.as_bytes());
            }
        }
        if let Some(range) = self.range {
            bytes.extend(range.start().to_be_bytes());
            bytes.extend(range.end().to_be_bytes());
        }
        bytes.extend(awareness::write(self.awareness.into_iter()));
        bytes.into()
    }
}

/// Whether a message is of this node, without reading the rest of it.
pub(super) fn is_of(node: NodeId, bytes: &[u8]) -> bool {
    bytes.get(1..=node.len()) == Some(node.as_slice())
}

fn read_people(reader: &mut Reader<'_>) -> Result<BTreeSet<ParticipantId>, Malformed> {
    let count = usize::from(u16::from_be_bytes(array(reader)?));
    if count > ROOM_CONNECTIONS {
        return Err(Malformed("a node has too many people"));
    }
    (0..count)
        .map(|_| array(reader).map(ParticipantId::from_bytes))
        .collect()
}

fn array<const LENGTH: usize>(reader: &mut Reader<'_>) -> Result<[u8; LENGTH], Malformed> {
    let bytes = reader.bytes(LENGTH)?;
    bytes
        .try_into()
        .map_err(|_wrong_length| Malformed("the bytes end early"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole() -> Telling<'static> {
        Telling {
            is_hello: true,
            is_goodbye: true,
            people: Some([ParticipantId::from_bytes([3; 16])].into()),
            range: Some(0..=u64::MAX),
            awareness: vec![awareness::Entry {
                client: 1,
                clock: 2,
                state: Some(r#"{"cell":"a"}"#),
            }],
            ..Telling::of([7; 8], 9)
        }
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        for telling in [whole(), Telling::of([7; 8], 1)] {
            let bytes = telling.clone().write();

            assert!(is_of([7; 8], &bytes) && !is_of([8; 8], &bytes));
            assert_eq!(Telling::read(&bytes), Ok(telling));
        }
    }

    #[test]
    fn other_versions_and_too_much_are_refused() {
        let mut bytes = whole().write().to_vec();
        bytes[0] = 2;
        assert!(Telling::read(&bytes).is_err());
        assert!(Telling::read(&vec![1; TOLD_BYTES + 1]).is_err());

        let people = (0..=ROOM_CONNECTIONS).map(|_| ParticipantId::generate());
        let crowd = Telling {
            people: Some(people.collect()),
            ..Telling::of([7; 8], 1)
        };
        assert!(Telling::read(&crowd.write()).is_err());
    }

    proptest! {
        #[test]
        fn garbage_is_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..96),
            at in 0_usize..64,
            by in any::<u8>(),
        ) {
            // Only a panic would fail this test; either answer is fine.
            let _ = Telling::read(&bytes);
            let mut damaged = whole().write().to_vec();
            let at = at % damaged.len();
            damaged[at] = by;
            let _ = Telling::read(&damaged);
            let _ = Telling::read(&damaged[..at]);
        }
    }
}
