//! Whose a note is, known before an update is applied.
//!
//! The author of a note is what stands under its key `author` when it is made, and stays. An id
//! belongs to its first author: whoever makes a note anew under it, as undoing a deletion does,
//! says the same. So an update cannot take a note over, nor pass it on.
//!
//! # Invariants
//!
//! * What an id led to before the update is looked up before anything of the update is taken in.
//! * Values under `author` follow each other in one line, so the latest is the one that shows.
//!   Entries of the log may break this, written by two nodes at once; then the latest counts.

use std::collections::{BTreeMap, BTreeSet};

use super::ItemId;
use super::content::Content;
use super::index::{EntryRole, Holding, Index, NodeId, PlaceId};
use super::ranges::Ranges;
use super::refusal::Refusal;
use super::touch::{Action, TouchedNote};
use super::update::Item;
use crate::ids::ParticipantId;

type Author = Option<ParticipantId>;

/// What one update does to notes and to their authors.
#[derive(Debug, Default)]
pub(super) struct Ownership {
    /// What the ids that it writes under led to before.
    before: BTreeMap<PlaceId, Holding>,
    /// What it puts under the ids of notes.
    made: Vec<(PlaceId, EntryRole)>,
    /// Places that say who wrote a note, with the value that it puts there last.
    authors: BTreeMap<PlaceId, Written>,
    /// Notes that it deletes.
    deleted: BTreeSet<NodeId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Written {
    author: Option<Author>,
    /// Whether it is no single value that follows the one before: another one may show.
    is_astray: bool,
}

impl Ownership {
    /// Takes an item in before the index does. Tells whether it becomes the latest of its place.
    pub(super) fn take_item(&mut self, index: &Index, place: PlaceId, item: &Item<'_>) -> bool {
        if index.holds_note(place) {
            let before = index.holding(place);
            self.before.entry(place).or_insert(before);
            // What came already deleted tells nothing of whose the id is.
            return !matches!(item.content, Content::Deleted(_)) || before == Holding::Nothing;
        }
        if index.note_by_author(place).is_some() {
            let written = self.authors.entry(place).or_default();
            let follows = item.origin == index.place(place).latest;
            written.is_astray |= !follows || item.content.length().ok() != Some(1);
            if !matches!(item.content, Content::Deleted(_)) {
                written.author = Some(author_in(&item.content));
            }
        }
        true
    }

    /// Something was put under the id of a note.
    pub(super) fn made(&mut self, place: PlaceId, role: EntryRole) {
        self.made.push((place, role));
    }

    /// Something is deleted.
    pub(super) fn take_deletion(&mut self, index: &Index, place: PlaceId, role: EntryRole) {
        if index.holds_note(place) {
            if let EntryRole::Parent(note) = role {
                self.deleted.insert(note);
            }
        } else if index.note_by_author(place).is_some() {
            self.authors.entry(place).or_default();
        }
    }

    /// Remembers who wrote the notes that the update makes. Fails where it would change the
    /// author of a note, or of an id; `strict` is for what is not in the log yet.
    pub(super) fn settle(
        &self,
        index: &mut Index,
        deleted: &BTreeMap<u64, Ranges>,
        strict: bool,
    ) -> Result<(), Refusal> {
        for (&place, written) in &self.authors {
            let Some(note) = index.note_by_author(place) else {
                continue;
            };
            let is_gone = self.is_gone(index, note);
            let author = if is_gone || shows_latest(index, place, deleted) {
                written.author
            } else {
                Some(None)
            };
            if index.is_new(note) {
                if strict && written.is_astray {
                    return Err(Refusal::forbidden(&index.path(place), Action::Insert));
                }
                index.set_author(note, author.flatten());
            } else if !is_gone {
                let before = index.node(note).author;
                let after = author.unwrap_or(before);
                if strict && (written.is_astray || after != before) {
                    return Err(Refusal::forbidden(&index.path(place), Action::Insert));
                }
                index.set_author(note, after);
            }
        }
        if strict {
            self.check_made(index)?;
        }
        Ok(())
    }

    /// Fails when something made under an id that was someone's is not that person's.
    fn check_made(&self, index: &Index) -> Result<(), Refusal> {
        for &(place, role) in &self.made {
            let Some(&Holding::Of(before)) = self.before.get(&place) else {
                continue;
            };
            let keeps = match role {
                EntryRole::Parent(note) => {
                    self.is_trace(index, note) || index.node(note).author == before
                }
                EntryRole::Leaf => before.is_none(),
                EntryRole::Collected => true,
            };
            if !keeps {
                return Err(Refusal::forbidden(&index.path(place), Action::Insert));
            }
        }
        Ok(())
    }

    /// Whose note is touched.
    pub(super) fn note(
        &self,
        index: &Index,
        place: PlaceId,
        action: Action,
        item: EntryRole,
    ) -> Option<TouchedNote> {
        if !index.holds_note(place) {
            return self.note_at(index, index.note_around(place)?);
        }
        let before = self.before.get(&place).copied();
        match (item, action) {
            (EntryRole::Parent(note), _) => self.note_at(index, note),
            (EntryRole::Leaf, Action::Insert) => Some(touched(before, None)),
            (EntryRole::Leaf, Action::Delete) => Some(touched(None, None)),
            (EntryRole::Collected, Action::Insert) => trace(before),
            (EntryRole::Collected, Action::Delete) => None,
        }
    }

    fn note_at(&self, index: &Index, note: NodeId) -> Option<TouchedNote> {
        let known = index.node(note);
        if !index.is_new(note) {
            return Some(touched(None, known.author));
        }
        let before = known.place.and_then(|it| self.before.get(&it)).copied();
        if self.is_trace(index, note) {
            return trace(before);
        }
        Some(touched(before, known.author))
    }

    /// Whether the note is made and deleted by the update, and nothing tells whose it was.
    fn is_trace(&self, index: &Index, note: NodeId) -> bool {
        self.deleted.contains(&note) && index.node(note).author.is_none()
    }

    fn is_gone(&self, index: &Index, note: NodeId) -> bool {
        index.node(note).is_gone || self.deleted.contains(&note)
    }
}

/// What came already deleted is seen by nobody, but it covers what stood there.
fn trace(before: Option<Holding>) -> Option<TouchedNote> {
    match before {
        Some(before @ Holding::Of(_)) => Some(touched(Some(before), None)),
        _ => None,
    }
}

fn touched(before: Option<Holding>, author: Author) -> TouchedNote {
    TouchedNote {
        author: match before {
            Some(Holding::Of(before)) => before,
            _ => author,
        },
        is_new: before == Some(Holding::Nothing),
    }
}

/// Whether the value that came to the place last is still there.
fn shows_latest(index: &Index, place: PlaceId, deleted: &BTreeMap<u64, Ranges>) -> bool {
    index.place(place).latest.is_some_and(|latest| {
        let ItemId { client, clock } = latest;
        let role = index.entry(latest).map(|entry| entry.role);
        let is_deleted = |ranges: &Ranges| ranges.missing(clock, clock + 1).is_empty();
        role != Some(EntryRole::Collected)
            && !index.is_deleted(latest)
            && !deleted.get(&client).is_some_and(is_deleted)
    })
}

/// The author that a value names. Whatever is not the id of a participant names nobody.
fn author_in(content: &Content<'_>) -> Author {
    let text = content.only_text()?;
    // Ids are written one way, so that equal ones are equal texts to every reader.
    let is_canonical = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    is_canonical.then(|| text.parse().ok()).flatten()
}
