//! A room as the server keeps it, the gate and the yrs document behind it, under attack.

use std::fmt::Write as _;

use hartslag_protocol::gate::{Admission, Gate, ROOTS, Refusal, StateVector};
use yrs::types::ToJson;
use yrs::updates::decoder::Decode;
use yrs::{Any, Doc, Number, OffsetKind, Options, ReadTxn, Transact, Update};

use crate::structure::Id;

/// What must never happen.
#[derive(Debug)]
pub(crate) struct Harm(pub(crate) String);

/// A gate and the document that gets what it admits.
pub(crate) struct Subject {
    gate: Gate,
    doc: Doc,
    /// What was admitted, in order.
    pub(crate) admitted: Vec<Vec<u8>>,
}

/// What became of an update.
pub(crate) struct Answer {
    /// A word for it, the same for the same reason.
    pub(crate) word: String,
    pub(crate) is_admitted: bool,
}

impl Subject {
    pub(crate) fn new() -> Self {
        Self {
            gate: Gate::new(),
            doc: new_document(),
            admitted: Vec::new(),
        }
    }

    /// The room after these updates, which it admitted before.
    pub(crate) fn after(admitted: &[Vec<u8>]) -> Result<Self, Harm> {
        let mut subject = Self::new();
        for update in admitted {
            subject.hear(update)?;
        }
        Ok(subject)
    }

    /// Lets the room hear an update from someone who may do everything.
    pub(crate) fn hear(&mut self, update: &[u8]) -> Result<Answer, Harm> {
        match self.gate.admit(update, &mut |_| true) {
            Ok(Admission::Admitted { update, .. }) => {
                self.apply(&update)?;
                self.admitted.push(update);
                Ok(answer("admitted", true))
            }
            Ok(Admission::Known) => Ok(answer("known", false)),
            Err(Refusal::Forbidden { .. }) => Err(Harm("refused what is allowed".into())),
            Err(refusal) => Ok(answer(&refusal.to_string(), false)),
        }
    }

    fn apply(&mut self, update: &[u8]) -> Result<(), Harm> {
        for (client, start, end) in apply(&self.doc, update)? {
            self.gate.learn_deletion(client, start, end);
        }
        Ok(())
    }

    /// How far each client has come.
    pub(crate) fn clocks(&self) -> Vec<Id> {
        self.gate.state_vector().iter().collect()
    }

    /// The document as one update.
    pub(crate) fn state(&self) -> Vec<u8> {
        let transaction = self.doc.transact();
        transaction.encode_state_as_update_v1(&yrs::StateVector::default())
    }

    /// Everything that can be read, in a form that JavaScript can make too.
    pub(crate) fn content(&self) -> String {
        content(&self.doc)
    }

    /// Fails unless gate and document agree, nothing waits, and the document comes back from its
    /// encoded form. Returns whether texts came back in another order: forged neighbours do that.
    pub(crate) fn check(&self) -> Result<bool, Harm> {
        self.check_agreement()?;
        let state = self.state();
        let fresh = Gate::from_document(&state)
            .map_err(|refusal| Harm(format!("the gate refuses the room's own state: {refusal}")))?;
        if fresh.state_vector() != self.gate.state_vector() {
            return Err(Harm("the state is not all of the room".into()));
        }
        let reloaded = new_document();
        apply(&reloaded, &state)?;
        let (reloaded, kept) = (content(&reloaded), self.content());
        if reloaded == kept {
            return Ok(false);
        }
        if sorted(&reloaded) == sorted(&kept) {
            return Ok(true);
        }
        Err(Harm(format!("{kept}\nreloads as\n{reloaded}")))
    }

    fn check_agreement(&self) -> Result<(), Harm> {
        let transaction = self.doc.transact();
        if transaction.has_missing_updates() {
            return Err(Harm("something is pending".into()));
        }
        let known: StateVector = transaction
            .state_vector()
            .iter()
            .map(|(client, &clock)| (client.get(), clock))
            .collect();
        if known != self.gate.state_vector() {
            return Err(Harm("gate and document are not equally far".into()));
        }
        Ok(())
    }
}

fn answer(word: &str, is_admitted: bool) -> Answer {
    Answer {
        word: word.to_owned(),
        is_admitted,
    }
}

fn new_document() -> Doc {
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
fn apply(doc: &Doc, update: &[u8]) -> Result<Vec<(u64, u32, u32)>, Harm> {
    let update = Update::decode_v1(update)
        .map_err(|error| Harm(format!("yrs cannot read an admitted update: {error}")))?;
    let mut transaction = doc.transact_mut();
    transaction
        .apply_update(update)
        .map_err(|error| Harm(format!("yrs cannot apply an admitted update: {error}")))?;
    let deleted = transaction.delete_set().iter();
    let ranges = deleted.flat_map(|(client, ranges)| {
        let ranges = ranges.iter();
        ranges.map(|range| (client.get(), range.start, range.end))
    });
    Ok(ranges.collect())
}

fn sorted(content: &str) -> Vec<char> {
    let mut letters: Vec<_> = content.chars().collect();
    letters.sort_unstable();
    letters
}

fn content(doc: &Doc) -> String {
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
