//! What an update does, where, and to whose note.

use crate::ids::ParticipantId;

/// One thing that an update does to one place of the document, known before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch<'a> {
    /// The name of the root and the keys below it: `["notes", id, "text"]`.
    ///
    /// Empty for what has no place any more: content of something that was deleted.
    pub path: &'a [&'a str],
    /// What is done there.
    pub action: Action,
    /// The note that it is done to. None outside of `notes`, and for traces of a note that was
    /// made and deleted before the room heard of it: nobody sees those, or will.
    pub note: Option<TouchedNote>,
}

/// Whose note it is that an update touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TouchedNote {
    /// Who wrote it, as the room knew before this update; for a note that the update makes, as
    /// it says itself. A note without author is the coach's.
    pub author: Option<ParticipantId>,
    /// Whether this very update makes it, under an id that the room never saw.
    pub is_new: bool,
}

/// What an update does to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Puts content there: a value under a key, or text in a text.
    Insert,
    /// Takes content away.
    Delete,
}
