//! Identifiers, each its own type, so that one cannot stand where another belongs.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! define_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(#[cfg_attr(test, ts(type = "string"))] Uuid);

        impl $name {
            /// Returns a new identifier; later ones sort after earlier ones.
            #[expect(clippy::disallowed_methods, reason = "the one place that makes identifiers")]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// The sixteen bytes of the identifier, as stores keep it.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The identifier with these sixteen bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

define_id! {
    /// One board and the people at it.
    RoomId
}

define_id! {
    /// A person in a room, across all their reconnects.
    ParticipantId
}

define_id! {
    /// One open transport of a participant.
    ConnectionId
}

define_id! {
    /// A question to everyone, answered in private, then revealed.
    RoundId
}

define_id! {
    /// One act by which people were sent away.
    DismissalId
}

define_id! {
    /// A network in one room: a keyed hash of it, whose key is gone after a day.
    NetworkMark
}

define_id! {
    /// Something on a board: a phase, a touchpoint, a note …
    ItemId
}
