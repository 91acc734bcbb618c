//! Which places and types are notes, and who wrote them.

use super::{EntryRole, Holding, Index, NodeId, Place, PlaceId};
use crate::ids::ParticipantId;

impl Index {
    /// Whether a note stands in the place, under its id.
    pub(in crate::gate) fn holds_note(&self, place: PlaceId) -> bool {
        self.place(place).node == self.notes
    }

    /// Whether the type is a note.
    pub(in crate::gate) fn is_note(&self, node: NodeId) -> bool {
        let place = self.node(node).place;
        place.is_some_and(|place| self.holds_note(place))
    }

    /// The note that says in this place who wrote it.
    pub(in crate::gate) fn note_by_author(&self, place: PlaceId) -> Option<NodeId> {
        let Place { node, key, .. } = self.place(place);
        (key == Some(self.author) && self.is_note(node)).then_some(node)
    }

    /// The note that the place is in; not the one that stands in it.
    pub(in crate::gate) fn note_around(&self, place: PlaceId) -> Option<NodeId> {
        let mut node = self.place(place).node;
        while let Some(place) = self.node(node).place {
            if self.holds_note(place) {
                return Some(node);
            }
            node = self.place(place).node;
        }
        None
    }

    /// What the id of a note led to so far.
    pub(in crate::gate) fn holding(&self, place: PlaceId) -> Holding {
        let Some(latest) = self.place(place).latest else {
            return Holding::Nothing;
        };
        match self.entry(latest).map(|entry| entry.role) {
            Some(EntryRole::Parent(node)) => Holding::Of(self.node(node).author),
            Some(EntryRole::Leaf) => Holding::Of(None),
            Some(EntryRole::Collected) | None => Holding::Forgotten,
        }
    }

    /// Remembers who wrote a note.
    pub(in crate::gate) fn set_author(&mut self, note: NodeId, author: Option<ParticipantId>) {
        let known = &mut self.nodes[note as usize].author;
        if (note as usize) < self.journal.nodes {
            self.journal.authors.push((note, *known));
        }
        *known = author;
    }
}
