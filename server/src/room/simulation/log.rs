//! A log in memory that keeps the store's contract, or breaks it on purpose.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use bytes::Bytes;
use hartslag_protocol::board::writing::fresh_document;
use hartslag_protocol::gate::{Admission, Gate};
use hartslag_protocol::workshop::{Workshop, WorkshopEvent};
use yrs::updates::decoder::Decode;
use yrs::{Doc, IdSet, Transact, Update};

use super::Checked;
use super::content::Content;
use super::flaw::Flaw;
use crate::log::{Entry, EntryKind, Known, LoadedRoom, LogError, NewEntry, Sequence, Snapshot};
use crate::room::snapshot;

/// Entries before a snapshot that stay: few, so that readers do fall behind.
const MARGIN: Sequence = 12;

/// The log of one room, and what it comes to.
pub(super) struct ModelLog {
    pub(super) flaw: Flaw,
    /// Every entry that ever was, the trimmed ones too.
    pub(super) entries: Vec<Entry>,
    trimmed: Sequence,
    keys: BTreeMap<[u8; 16], Sequence>,
    pub(super) snapshot: Snapshot,
    pub(super) truth: Truth,
    /// All that ever was durable, and what follows from it.
    pub(super) ever: Content,
    /// All of it in one document, once the log went back.
    whole: Option<Doc>,
    /// Every snapshot that it kept, with how far the log was then, and trimmed.
    former: Vec<(Sequence, Sequence, Snapshot)>,
    /// What went when the log went back.
    pub(super) lost: Vec<Entry>,
}

impl ModelLog {
    pub(super) fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            entries: Vec::new(),
            trimmed: 0,
            keys: BTreeMap::new(),
            snapshot: first_snapshot(),
            truth: Truth::new(),
            ever: Content::default(),
            whole: None,
            former: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// Whether the log holds what a node folded in (L7). One that never went back does.
    pub(super) fn holds(&self, known: Known) -> bool {
        let Some(place) = known.sequence.checked_sub(1) else {
            return true;
        };
        let entry = usize::try_from(place)
            .ok()
            .and_then(|it| self.entries.get(it));
        let is_held = entry.is_some_and(|entry| known.key.is_none_or(|key| key == entry.key));
        is_held || self.lost.is_empty()
    }

    /// Comes back with what it had when this was the last entry.
    /// Returns the entries that are gone.
    pub(super) fn go_back(&mut self, last: Sequence) -> Checked<Vec<Entry>> {
        while self.former.pop_if(|(at, ..)| *at > last).is_some() {}
        let (trimmed, snapshot) = match self.former.last() {
            Some((_, trimmed, snapshot)) => (*trimmed, snapshot.clone()),
            None => (0, first_snapshot()),
        };
        (self.trimmed, self.snapshot) = (trimmed, snapshot);
        let kept = usize::try_from(last).unwrap_or(usize::MAX);
        let gone = self.entries.split_off(kept);
        self.lost.extend(gone.iter().cloned());
        self.keys.retain(|_, sequence| *sequence <= last);
        let former = std::mem::replace(&mut self.truth, Truth::new());
        self.whole.get_or_insert(former.doc);
        for entry in &self.entries {
            self.truth.fold(entry.kind, &entry.bytes)?;
        }
        Ok(gone)
    }

    pub(super) fn last(&self) -> Sequence {
        self.entries.len() as Sequence
    }

    pub(super) fn append(&mut self, entries: &[NewEntry]) -> Checked<Vec<Sequence>> {
        let mut sequences = Vec::new();
        for entry in entries {
            let next = self.last() + 1;
            match self.keys.entry(entry.key) {
                Slot::Occupied(known) if self.flaw != Flaw::ForgetsKeys => {
                    sequences.push(*known.get());
                    continue;
                }
                slot => *slot.or_insert(next) = next,
            }
            sequences.push(next);
            if self.flaw == Flaw::LosesEntries && next.is_multiple_of(20) {
                continue;
            }
            self.entries.push(Entry {
                sequence: next,
                key: entry.key,
                kind: entry.kind,
                writer: entry.writer,
                at: entry.at,
                bytes: entry.bytes.clone(),
            });
            let taken = self.truth.fold(entry.kind, &entry.bytes)?;
            self.ever.add(&self.truth.added);
            // Of two values that were set under one key and never stood in the log together, one
            // is deleted where both come together: in a node that still holds what was lost.
            if let Some((whole, update)) = self.whole.as_ref().zip(taken) {
                self.ever.deleted.merge_with(apply(whole, &update)?);
            }
        }
        Ok(sequences)
    }

    pub(super) fn read(&self, after: Sequence, limit: usize) -> Result<Vec<Entry>, LogError> {
        if after < self.trimmed && self.flaw != Flaw::SkipsSilently {
            return Err(LogError::Trimmed { upto: self.trimmed });
        }
        let after = after.max(self.trimmed);
        let later = self.entries.iter().filter(|entry| entry.sequence > after);
        Ok(later.take(limit).cloned().collect())
    }

    pub(super) fn load(&self) -> LoadedRoom {
        let after = self.snapshot.upto.max(self.trimmed);
        let tail = self.entries.iter().filter(|entry| entry.sequence > after);
        LoadedRoom {
            epoch: 1,
            created_at: 0,
            snapshot: self.snapshot.clone(),
            tail: tail.cloned().collect(),
        }
    }

    pub(super) fn save_snapshot(&mut self, expected: Sequence, snapshot: &Snapshot) -> bool {
        if *snapshot == self.snapshot {
            return true;
        }
        let knows = expected == self.snapshot.upto || self.flaw == Flaw::TakesAnySnapshot;
        let fits = snapshot.upto <= self.last() && snapshot.upto >= self.snapshot.upto;
        let fits = fits || self.flaw == Flaw::TakesAnySnapshot;
        if knows && fits {
            self.snapshot = snapshot.clone();
            self.trimmed = self.trimmed.max(snapshot.upto.saturating_sub(MARGIN));
            let kept = (self.last(), self.trimmed, snapshot.clone());
            self.former.push(kept);
        }
        knows && fits
    }
}

fn first_snapshot() -> Snapshot {
    Snapshot {
        upto: 0,
        bytes: snapshot::initial(&[0, 0]),
    }
}

/// What the entries come to: the fold of all that is durable.
pub(super) struct Truth {
    pub(super) content: Content,
    pub(super) workshop: Workshop,
    /// What the last entry added to it.
    added: Content,
    gate: Gate,
    pub(super) doc: Doc,
}

impl Truth {
    fn new() -> Self {
        Self {
            content: Content::default(),
            workshop: Workshop::default(),
            added: Content::default(),
            gate: Gate::new(),
            doc: fresh_document(),
        }
    }

    /// Takes in an entry, and returns what of an update was new.
    fn fold(&mut self, kind: EntryKind, bytes: &Bytes) -> Checked<Option<Vec<u8>>> {
        self.added = Content::default();
        match kind {
            EntryKind::Event => {
                let event: WorkshopEvent = serde_json::from_slice(bytes)
                    .map_err(|error| format!("an event cannot be read: {error}"))?;
                self.workshop.apply(event);
            }
            EntryKind::Update => {
                if let Ok(Admission::Admitted { update, .. }) = self.gate.replay(bytes) {
                    self.added = Content::of(&update)?;
                    self.added.deleted.merge_with(apply(&self.doc, &update)?);
                    self.content.add(&self.added);
                    return Ok(Some(update));
                }
            }
        }
        Ok(None)
    }
}

/// Applies an update, and returns all that was deleted by it.
fn apply(doc: &Doc, update: &[u8]) -> Checked<IdSet> {
    let update = Update::decode_v1(update).map_err(|error| error.to_string())?;
    let mut transaction = doc.transact_mut();
    transaction
        .apply_update(update)
        .map_err(|error| format!("the truth does not apply: {error}"))?;
    Ok(transaction.delete_set().clone())
}
