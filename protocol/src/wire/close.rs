//! Why a connection is closed.
//!
//! y-websocket from 3.1 on stops after 4400–4499 and tries again after 4500–4599.

/// A close code with its reason, as the wire carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// The server stops; reconnect with jitter.
    Restart,
    /// The frame cannot be read.
    Malformed,
    /// Cookie or ticket is no longer valid.
    Unauthorised,
    /// The role may not do this; load the room's document anew.
    Forbidden,
    /// The room no longer exists.
    RoomGone,
    /// The room is of another epoch: drop the local document.
    Epoch,
    /// A message or the room is over a limit.
    TooLarge,
    /// Too many messages.
    TooMany,
    /// The store does not answer.
    Unavailable,
    /// The client cannot be brought in step, or reads too slowly.
    Behind,
}

impl CloseCode {
    /// The number on the wire.
    pub fn code(self) -> u16 {
        match self {
            Self::Restart => 1012,
            Self::Malformed => 4400,
            Self::Unauthorised => 4401,
            Self::Forbidden => 4403,
            Self::RoomGone => 4404,
            Self::Epoch => 4409,
            Self::TooLarge => 4413,
            Self::TooMany => 4429,
            Self::Unavailable => 4503,
            Self::Behind => 4508,
        }
    }

    /// The reason on the wire: one word, for metrics and for people who read a trace.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Malformed => "malformed",
            Self::Unauthorised => "unauthorised",
            Self::Forbidden => "forbidden",
            Self::RoomGone => "room-gone",
            Self::Epoch => "epoch",
            Self::TooLarge => "too-large",
            Self::TooMany => "too-many",
            Self::Unavailable => "unavailable",
            Self::Behind => "behind",
        }
    }
}
