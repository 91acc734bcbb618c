//! The readers of everything else that comes in: frames, presence, state vectors, texts, journeys.

use hartslag_protocol::board::journey::Journey;
use hartslag_protocol::gate::StateVector;
use hartslag_protocol::wire::message::ClientMessage;
use hartslag_protocol::wire::{awareness, frame};

use crate::mutation::mutate_bytes;
use hartslag_protocol::testing::Chance;

/// A reader, an honest input for it, and a word for what it answers.
struct Target {
    name: &'static str,
    honest: fn(&mut Chance, &[u8]) -> Vec<u8>,
    read: fn(&[u8]) -> bool,
}

const TARGETS: [Target; 5] = [
    Target {
        name: "frame",
        honest: |chance, update| match chance.below(4) {
            0 => frame::write_step1(&[1, 1, 4]),
            1 => frame::write_step2(update),
            2 => frame::write_awareness(&presence()),
            _ => frame::write_update(update),
        },
        read: |bytes| frame::read_frame(bytes).is_ok(),
    },
    Target {
        name: "awareness",
        honest: |_, _| presence(),
        read: |bytes| awareness::read(bytes).is_ok(),
    },
    Target {
        name: "state vector",
        honest: |chance, _| {
            let clocks = (0..chance.below(20)).map(|client| (client as u64, 7));
            clocks.collect::<StateVector>().encode()
        },
        read: |bytes| StateVector::read(bytes).is_ok(),
    },
    Target {
        name: "text message",
        honest: |_, _| br#"{"type":"barrier","id":7}"#.to_vec(),
        read: |bytes| serde_json::from_slice::<ClientMessage>(bytes).is_ok(),
    },
    Target {
        name: "journey",
        honest: |_, _| JOURNEY.to_vec(),
        read: |bytes| Journey::parse(bytes).is_ok(),
    },
];

/// The smallest of the samples.
const JOURNEY: &[u8] = include_bytes!("../../../samples/verhuizen.json");

fn presence() -> Vec<u8> {
    let state = Some(r#"{"user":{"name":"Noor"},"cell":[1,2,{"a":null}]}"#);
    let entry = awareness::Entry {
        client: 77,
        clock: 3,
        state,
    };
    awareness::write([entry].into_iter())
}

/// An input for one of the readers.
pub(crate) struct Reading {
    target: &'static Target,
    pub(crate) input: Vec<u8>,
}

impl Reading {
    /// Something near to what an honest client sends.
    pub(crate) fn near(chance: &mut Chance, update: &[u8]) -> Self {
        // A journey is long; most of the time goes to what is sent all the time.
        let most = if chance.one_in(50) { 5 } else { 4 };
        let target = &TARGETS[chance.below(most)];
        let mut input = (target.honest)(chance, update);
        mutate_bytes(&mut input, chance);
        Self { target, input }
    }

    /// Reads it; a word for the answer.
    pub(crate) fn read(&self) -> String {
        let verdict = if (self.target.read)(&self.input) {
            "read"
        } else {
            "refused"
        };
        format!("{}: {verdict}", self.target.name)
    }
}
