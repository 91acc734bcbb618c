//! Workshop messages: JSON in text frames, for clients that speak `hartslag.v1`.
//!
//! Document updates and presence do not pass through here; they travel as the binary frames of
//! y-protocols.

use serde::{Deserialize, Serialize};

use crate::ids::{ParticipantId, RoomId, RoundId};
use crate::workshop::event::Participant;
use crate::workshop::policy::{BoardMode, Denial};
use crate::workshop::rights::Role;
use crate::workshop::round::Round;
use crate::workshop::timer::Timer;

/// The WebSocket subprotocol of these messages.
pub const SUBPROTOCOL: &str = "hartslag.v1";

/// What a client asks of its room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ClientMessage {
    /// Asks to be told when everything sent so far was handled (M4).
    Barrier {
        /// Comes back in the answer.
        id: u32,
    },
}

/// What the server tells a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ServerMessage {
    /// Opens the connection (M1).
    Welcome {
        /// The room.
        room: RoomId,
        /// The generation of the room; a local copy of another one must be dropped.
        #[cfg_attr(test, ts(type = "number"))]
        epoch: u64,
        /// Build of the server; a client of another build stops editing and reloads.
        build: String,
        /// Who the receiver is.
        participant: ParticipantId,
        /// What the receiver may do.
        role: Role,
        /// Everyone who is connected.
        participants: Vec<Participant>,
        /// Every round, oldest first; results only of revealed ones.
        rounds: Vec<Round>,
        /// How long the group has.
        timer: Timer,
        /// How much of the board is open to participants.
        board_mode: BoardMode,
    },
    /// Everything up to this message of the receiver is durable (W6).
    Stored {
        /// Count of the receiver's messages that carried an update.
        #[cfg_attr(test, ts(type = "number"))]
        up_to: u64,
    },
    /// A message was not taken; nothing of it changed the room.
    Refused {
        /// Which of the receiver's messages that carried an update; absent for a text message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "number"))]
        message: Option<u64>,
        /// Why.
        reason: RefusalReason,
        /// What on the board it would have changed, when it was refused for that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        place: Option<RefusedPlace>,
    },
    /// Someone connected, or changed name or role.
    ParticipantArrived {
        /// Who.
        participant: Participant,
    },
    /// Someone's last connection closed.
    ParticipantLeft {
        /// Who.
        participant: ParticipantId,
    },
    /// A round opened, closed or was revealed: the round as it is, without hidden results.
    RoundChanged {
        /// The round.
        round: Round,
    },
    /// How many people answered; to coaches only (R6).
    RoundProgress {
        /// Which round.
        round: RoundId,
        /// People with a response.
        #[cfg_attr(test, ts(type = "number"))]
        answered: u64,
    },
    /// The timer was set or stopped: count down from here, not by a clock of your own (T2).
    Timer(Timer),
    /// A coach opened more, or less, of the board to participants.
    BoardMode {
        /// How much.
        mode: BoardMode,
    },
    /// The store does not take writes (false) or does again (true): edits wait on the clients.
    Saving {
        /// Whether edits are being kept.
        available: bool,
    },
    /// Answers a barrier.
    BarrierReached {
        /// The id of the order.
        id: u32,
    },
}

/// Why the server refused a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum RefusalReason {
    /// The text frame is no message of this protocol.
    #[error("the message is not known")]
    UnknownMessage,
    /// The role writes nothing on a board.
    #[error("your role may not change this")]
    NotAllowed,
    /// The board is locked.
    #[error("the board is locked")]
    BoardLocked,
    /// Participants may write only their own notes for now.
    #[error("only notes can be written for now")]
    NotesOnly,
    /// The note is someone else's.
    #[error("the note is someone else's")]
    NotYours,
    /// This part of the board is the coach's.
    #[error("this part of the board is the coach's")]
    CoachOnly,
    /// The update cannot be read, or does what no honest client does.
    #[error("the update cannot be read")]
    Malformed,
    /// The update, or the room with it, is over a limit.
    #[error("the board is full, or the change too large")]
    TooLarge,
}

impl From<Denial> for RefusalReason {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Role => Self::NotAllowed,
            Denial::Locked => Self::BoardLocked,
            Denial::NotesOnly => Self::NotesOnly,
            Denial::NotOwn => Self::NotYours,
            Denial::Structure => Self::CoachOnly,
        }
    }
}

/// Something on the board that a refused update would have changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RefusedPlace {
    /// The name of its root.
    pub root: String,
    /// Its id, or the key of a flat root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub id: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn m2_messages_keep_their_form() {
        let refused = ServerMessage::Refused {
            message: Some(3),
            reason: RefusalReason::NotYours,
            place: Some(RefusedPlace {
                root: "notes".to_owned(),
                id: Some("n1".to_owned()),
            }),
        };
        let stored = ServerMessage::Stored { up_to: 7 };
        let barrier: ClientMessage = serde_json::from_str(r#"{"type":"barrier","id":4}"#).unwrap();

        assert_eq!(
            serde_json::to_string(&refused).unwrap(),
            r#"{"type":"refused","message":3,"reason":"notYours","place":{"root":"notes","id":"n1"}}"#
        );
        assert_eq!(
            serde_json::to_string(&stored).unwrap(),
            r#"{"type":"stored","upTo":7}"#
        );
        assert_eq!(barrier, ClientMessage::Barrier { id: 4 });
    }

    /// Writes the TypeScript types, and fails if they differed from the ones in the tree: a
    /// changed message is committed with its bindings.
    #[test]
    fn typescript_bindings_are_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../web-client/src/lib/protocol/generated.ts");
        let committed = std::fs::read_to_string(&path).unwrap_or_default();

        let generated = crate::wire::bindings::typescript();
        if generated != committed {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &generated).unwrap();
        }

        assert!(
            generated == committed,
            "rewrote {}; commit it",
            path.display()
        );
    }
}
