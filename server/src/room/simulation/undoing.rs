//! Undoing a deletion, as a client's undo manager does: the note is made anew under its id, with
//! the author that it had (P3).
//!
//! That of yrs itself goes over a hash set, and so would tell another story in every run.

use std::sync::Arc;

use hartslag_protocol::board::schema::{keys, roots};
use yrs::{GetString, Map, MapPrelim, Out, TextPrelim, Transact};

use super::chance::Chance;
use super::edits::{finish, may_write, note, note_ids};
use super::member::Member;

/// A note that was deleted: what a client's memory of it holds.
#[derive(Clone, Debug)]
pub(super) struct Removed {
    id: String,
    /// Every field but the text, in a fixed order.
    fields: Vec<(Arc<str>, String)>,
    text: String,
}

impl Member {
    /// Puts back the last note that it deleted, or deletes one that it may put back.
    pub(super) fn undo(&mut self, chance: &mut Chance) -> Option<Vec<u8>> {
        match self.bin.pop() {
            Some(removed) => self.put_back(&removed),
            None => self.remove_note(chance),
        }
    }

    fn remove_note(&mut self, chance: &mut Chance) -> Option<Vec<u8>> {
        let notes = self.doc.get_or_insert_map(roots::NOTES);
        let mut transaction = self.doc.transact_mut();
        let mut own = note_ids(&notes, &transaction);
        own.retain(|id| may_write(&notes, &transaction, id, self.writer));
        let id = chance.pick(&own)?;
        let removed = note(&notes, &transaction, &id)?;
        let fields = [keys::AUTHOR, keys::KIND, keys::ORDER];
        let fields = fields.into_iter().filter_map(|field| {
            let value = removed.get(&transaction, field)?;
            Some((field.into(), value.to_string(&transaction)))
        });
        let fields = fields.collect();
        let text = match removed.get(&transaction, keys::TEXT) {
            Some(Out::YText(text)) => text.get_string(&transaction),
            _ => String::new(),
        };
        notes.remove(&mut transaction, &id);
        self.bin.push(Removed { id, fields, text });
        finish(&transaction)
    }

    fn put_back(&self, removed: &Removed) -> Option<Vec<u8>> {
        let notes = self.doc.get_or_insert_map(roots::NOTES);
        let mut transaction = self.doc.transact_mut();
        if notes.get(&transaction, &removed.id).is_some() {
            return None;
        }
        let id = removed.id.clone();
        let note = notes.insert(&mut transaction, id, MapPrelim::default());
        for (field, value) in &removed.fields {
            note.insert(&mut transaction, Arc::clone(field), value.clone());
        }
        let text = TextPrelim::new(removed.text.clone());
        note.insert(&mut transaction, keys::TEXT, text);
        finish(&transaction)
    }
}
