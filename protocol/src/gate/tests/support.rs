//! A room as the server keeps it: the gate, and the yrs document behind it.

use std::fmt::Write as _;

use yrs::updates::decoder::Decode;
use yrs::{Any, Doc, OffsetKind, Options, ReadTxn, Transact, Update};

use crate::gate::{Admission, Gate, ROOTS, Refusal, StateVector};
use crate::wire::reader::Reader;

/// A gate and the document that gets what it admits.
pub(super) struct Room {
    pub(super) gate: Gate,
    pub(super) doc: Doc,
}

impl Room {
    pub(super) fn new() -> Self {
        Self {
            gate: Gate::new(),
            doc: new_document(),
        }
    }

    /// Admits an update from someone who may do everything, and applies what was admitted.
    pub(super) fn hear(&mut self, update: &[u8]) -> Result<Admission, Refusal> {
        let admission = self.gate.admit(update, &mut |_| true)?;
        if let Admission::Admitted { update, .. } = &admission {
            for (client, start, end) in apply(&self.doc, update) {
                self.gate.learn_deletion(client, start, end);
            }
        }
        Ok(admission)
    }

    /// The gate, without what it would take back of the last update.
    pub(super) fn gate_at_rest(&mut self) -> Gate {
        self.gate.replay(&[0, 0]).unwrap();
        self.gate.clone()
    }

    /// The state as one update.
    pub(super) fn snapshot(&self) -> Vec<u8> {
        let transaction = self.doc.transact();
        transaction.encode_state_as_update_v1(&yrs::StateVector::default())
    }

    /// What a client at this state lacks.
    pub(super) fn difference(&self, state: &StateVector) -> Vec<u8> {
        let state = yrs::StateVector::decode_v1(&state.encode()).unwrap();
        self.doc.transact().encode_diff_v1(&state)
    }

    /// Fails unless gate and document agree, and a snapshot holds everything.
    pub(super) fn check(&self) {
        assert_eq!(self.reloaded_content(), content(&self.doc));
    }

    /// As [`Room::check`], but texts may come back in another order: what forged neighbours do.
    pub(super) fn check_but_for_order(&self) {
        let sorted = |content: String| {
            let mut letters: Vec<_> = content.chars().collect();
            letters.sort_unstable();
            String::from_iter(letters)
        };
        assert_eq!(sorted(self.reloaded_content()), sorted(content(&self.doc)));
    }

    /// What a snapshot of the room holds; a fresh gate must admit it.
    fn reloaded_content(&self) -> String {
        self.check_agreement();
        let snapshot = self.snapshot();
        let fresh = Gate::from_document(&snapshot).unwrap();
        assert_eq!(fresh.state_vector(), self.gate.state_vector());
        let reloaded = new_document();
        apply(&reloaded, &snapshot);
        content(&reloaded)
    }

    /// Fails unless the document has what the gate has, and nothing waits.
    pub(super) fn check_agreement(&self) {
        let transaction = self.doc.transact();
        assert!(!transaction.has_missing_updates(), "something is pending");
        let known: StateVector = transaction
            .state_vector()
            .iter()
            .map(|(client, &clock)| (client.get(), clock))
            .collect();
        assert_eq!(known, self.gate.state_vector());
    }
}

pub(super) fn new_document() -> Doc {
    let doc = Doc::with_options(Options {
        offset_kind: OffsetKind::Utf16,
        cleanup_formatting: false,
        ..Options::default()
    });
    for root in ROOTS {
        doc.get_or_insert_map(root);
    }
    doc
}

/// Applies an update and tells what was deleted by it: client, first clock, and the one behind.
pub(super) fn apply(doc: &Doc, update: &[u8]) -> Vec<(u64, u32, u32)> {
    let update = Update::decode_v1(update).unwrap();
    let mut transaction = doc.transact_mut();
    transaction.apply_update(update).unwrap();
    let deleted = transaction.delete_set().iter();
    deleted
        .flat_map(|(client, ranges)| {
            let ranges = ranges.iter();
            ranges.map(|range| (client.get(), range.start, range.end))
        })
        .collect()
}

/// Everything that can be read from the document, with values that are not a number made equal.
pub(super) fn content(doc: &Doc) -> String {
    use yrs::types::ToJson;
    let mut text = String::new();
    for root in ROOTS {
        let map = doc.get_or_insert_map(root);
        write_sorted(&map.to_json(&doc.transact()), &mut text);
    }
    text
}

fn write_sorted(value: &Any, into: &mut String) {
    match value {
        Any::Map(fields) => {
            let mut keys: Vec<_> = fields.keys().collect();
            keys.sort();
            into.push('{');
            for key in keys {
                write!(into, "{key:?}:").unwrap();
                write_sorted(&fields[key], into);
            }
            into.push('}');
        }
        Any::Array(items) => {
            into.push('[');
            items.iter().for_each(|item| write_sorted(item, into));
            into.push(']');
        }
        plain => write!(into, "{plain:?},").unwrap(),
    }
}

/// The updates of a corpus (`tests/interop/make-gate-fixtures.mjs`); the last one is the state.
pub(super) fn corpus(bytes: &'static [u8]) -> Vec<&'static [u8]> {
    let mut reader = Reader::new(bytes);
    let mut updates = Vec::new();
    while !reader.is_at_end() {
        updates.push(reader.block().unwrap());
    }
    updates
}

pub(super) const CORPORA: [(&str, &[u8]); 4] = [
    (
        "online",
        include_bytes!("../../../fixtures/gate/online.bin"),
    ),
    (
        "offline",
        include_bytes!("../../../fixtures/gate/offline.bin"),
    ),
    (
        "keeping",
        include_bytes!("../../../fixtures/gate/keeping.bin"),
    ),
    ("alone", include_bytes!("../../../fixtures/gate/alone.bin")),
];
