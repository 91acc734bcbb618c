//! Why the gate says no.

use crate::wire::reader::Malformed;

use super::touch::Action;

/// Why an update was refused. A refused update changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No client that keeps to Yjs and to the board's shape makes this.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Well-formed, but over a limit.
    #[error("{0}")]
    TooLarge(Limit),
    /// It builds on something that the room does not have: ask the sender for it (W7).
    #[error("the update builds on something that the room does not have")]
    Missing,
    /// The sender may not do this here.
    #[error("the update touches what its sender may not touch")]
    Forbidden {
        /// Where: see [`super::Touch::path`].
        path: Vec<String>,
        /// What.
        action: Action,
    },
}

impl Refusal {
    pub(super) fn forbidden(path: &[&str], action: Action) -> Self {
        Self::Forbidden {
            path: path.iter().map(|&key| key.to_owned()).collect(),
            action,
        }
    }
}

/// The limit that an update is over. The values stand in [`crate::limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Limit {
    /// Items and garbage-collected ranges in the update.
    #[error("too many blocks")]
    Blocks,
    /// Client ids in the update.
    #[error("too many clients")]
    Clients,
    /// Deleted ranges in the update.
    #[error("too many deleted ranges")]
    DeleteRanges,
    /// Depth of a plain value.
    #[error("a value is too deep")]
    ValueDepth,
    /// Plain values in the update.
    #[error("too many values")]
    Values,
    /// Bytes of a text or a binary value.
    #[error("a text is too long")]
    Text,
    /// Bytes of a key.
    #[error("a key is too long")]
    Key,
    /// More in a field than its kind may hold: an order key, an id, a word, a number, a text.
    #[error("a field holds more than its kind may")]
    Field,
    /// Fields of one thing.
    #[error("a thing has too many fields")]
    Fields,
    /// Things on the board.
    #[error("the board holds too many things")]
    Items,
    /// Depth of shared types in each other.
    #[error("shared types are too deep in each other")]
    TypeDepth,
    /// What the update would cost to integrate.
    #[error("the update takes too much work")]
    Work,
    /// Blocks of one text, or under one key.
    #[error("a text is in too many pieces")]
    TextBlocks,
    /// Blocks of one thing on the board.
    #[error("a thing on the board is in too many pieces")]
    ThingBlocks,
    /// Bytes of the room.
    #[error("the room is full")]
    RoomBytes,
    /// Blocks of the room.
    #[error("the room holds too many blocks")]
    RoomBlocks,
    /// What the room would cost to load.
    #[error("the room takes too much work to load")]
    RoomWork,
    /// Client ids of the room.
    #[error("the room holds too many clients")]
    RoomClients,
}

impl From<Limit> for Refusal {
    fn from(limit: Limit) -> Self {
        Self::TooLarge(limit)
    }
}
