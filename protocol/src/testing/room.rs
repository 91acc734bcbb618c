//! A room as the server keeps it: the gate, and the yrs document behind it.

use std::fmt::Write as _;

use yrs::types::ToJson;
use yrs::updates::decoder::Decode;
use yrs::{Any, Doc, Number, OffsetKind, Options, ReadTxn, Transact, Update};

use crate::gate::{Admission, Gate, ROOTS, Refusal, StateVector, count_blocks};

/// A gate and the document that gets what it admits. Whatever must never happen panics.
pub struct Room {
    /// The gate.
    pub gate: Gate,
    /// The document.
    pub doc: Doc,
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

impl Room {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            gate: Gate::new(),
            doc: new_document(),
        }
    }

    /// Admits an update from someone who may do everything, and applies what was admitted.
    pub fn hear(&mut self, update: &[u8]) -> Result<Admission, Refusal> {
        let admission = self.gate.admit(update, &mut |_| true)?;
        if let Admission::Admitted { update, .. } = &admission {
            for (client, start, end) in apply(&self.doc, update) {
                self.gate.learn_deletion(client, start, end);
            }
        }
        Ok(admission)
    }

    /// The gate, without what it would take back of the last update.
    pub fn gate_at_rest(&mut self) -> Gate {
        self.gate.replay(&[0, 0]).expect("nothing is no fault");
        self.gate.clone()
    }

    /// The state as one update.
    pub fn snapshot(&self) -> Vec<u8> {
        let transaction = self.doc.transact();
        transaction.encode_state_as_update_v1(&yrs::StateVector::default())
    }

    /// What a client at this state lacks.
    pub fn difference(&self, state: &StateVector) -> Vec<u8> {
        let state = yrs::StateVector::decode_v1(&state.encode());
        let state = state.expect("yrs reads what the gate writes");
        self.doc.transact().encode_diff_v1(&state)
    }

    /// Fails unless gate and document agree, and a fresh gate and document get everything from a
    /// snapshot.
    pub fn check(&self) {
        assert_eq!(self.reloaded(), content(&self.doc));
    }

    /// As [`Room::check`], but texts may come back in another order: what forged neighbours do.
    /// Tells whether they did.
    pub fn check_but_for_order(&self) -> bool {
        let (reloaded, kept) = (self.reloaded(), content(&self.doc));
        let sorted = |content: &str| {
            let mut letters: Vec<_> = content.chars().collect();
            letters.sort_unstable();
            letters
        };
        assert!(
            sorted(&reloaded) == sorted(&kept),
            "{kept}\nreloads as\n{reloaded}"
        );
        reloaded != kept
    }

    /// What a snapshot of the room holds.
    fn reloaded(&self) -> String {
        self.check_agreement();
        let snapshot = self.snapshot();
        let fresh = Gate::from_document(&snapshot).expect("the gate admits its room's own state");
        assert_eq!(fresh.state_vector(), self.gate.state_vector());
        let reloaded = new_document();
        apply(&reloaded, &snapshot);
        content(&reloaded)
    }

    /// Fails unless the document has what the gate has, in no more blocks than it counts, and
    /// nothing waits.
    pub fn check_agreement(&self) {
        let transaction = self.doc.transact();
        assert!(!transaction.has_missing_updates(), "something is pending");
        let known: StateVector = transaction
            .state_vector()
            .iter()
            .map(|(client, &clock)| (client.get(), clock))
            .collect();
        assert_eq!(known, self.gate.state_vector());
        drop(transaction);
        let kept = count_blocks(&self.snapshot()).expect("yrs writes what the gate reads");
        let counted = self.gate.blocks();
        assert!(kept <= counted, "{kept} blocks, of which {counted} count");
    }
}

/// A document as the server keeps it, with the roots of a board.
pub fn new_document() -> Doc {
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
pub fn apply(doc: &Doc, update: &[u8]) -> Vec<(u64, u32, u32)> {
    let update = Update::decode_v1(update).expect("yrs reads what was admitted");
    let mut transaction = doc.transact_mut();
    let applied = transaction.apply_update(update);
    applied.expect("yrs applies what was admitted");
    let deleted = transaction.delete_set().iter();
    let ranges = deleted.flat_map(|(client, ranges)| {
        let ranges = ranges.iter();
        ranges.map(|range| (client.get(), range.start, range.end))
    });
    ranges.collect()
}

/// Everything that can be read from a document, in a form that JavaScript can make too.
pub fn content(doc: &Doc) -> String {
    let mut text = String::new();
    for root in ROOTS {
        let map = doc.get_or_insert_map(root);
        write_content(&map.to_json(&doc.transact()), &mut text);
    }
    text
}

/// `tests/interop/fuzz-yjs.mjs` writes the same.
fn write_content(value: &Any, into: &mut String) {
    match value {
        Any::Map(fields) => {
            let mut keys: Vec<_> = fields.keys().collect();
            keys.sort();
            into.push('{');
            for key in keys {
                write_string(key, into);
                write_content(&fields[key], into);
            }
            into.push('}');
        }
        Any::Array(items) => {
            into.push('[');
            items.iter().for_each(|item| write_content(item, into));
            into.push(']');
        }
        Any::String(text) => write_string(text, into),
        Any::Number(number) => {
            let number = match number {
                #[expect(clippy::cast_precision_loss, reason = "JavaScript loses as much")]
                Number::Int(number) => *number as f64,
                Number::Float(number) => *number,
            };
            write_number(number, into);
        }
        Any::Bool(value) => into.push_str(if *value { "true," } else { "false," }),
        Any::Buffer(bytes) => {
            into.push('x');
            for byte in bytes.iter() {
                // Writing to a string cannot fail.
                let _ = write!(into, "{byte:02x}");
            }
            into.push(',');
        }
        Any::Null => into.push_str("null,"),
        Any::Undefined => into.push_str("undefined,"),
    }
}

fn write_number(number: f64, into: &mut String) {
    if number.is_nan() {
        return into.push_str("NaN,");
    }
    // Zero has one form here. Writing to a string cannot fail.
    let _ = write!(into, "n{:x},", (number + 0.0).to_bits());
}

fn write_string(text: &str, into: &mut String) {
    into.push('"');
    into.push_str(text);
    into.push_str("\",");
}
