//! What can happen to a room, and what its rules can want done about it.

use bytes::Bytes;
use hartslag_protocol::ids::{ConnectionId, ParticipantId, RoundId};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::{Role, WorkshopEvent};

use super::handle::Dialect;
use super::outbox::Version;
use crate::log::{Entry, Known, LoadedRoom, NewEntry, Sequence};
use crate::network::Network;

/// Ties an order to whoever waits for it.
pub(super) type Ticket = u64;

/// Something that happened.
#[derive(Debug)]
pub(super) enum Event {
    Connected {
        connection: ConnectionId,
        participant: ParticipantId,
        role: Role,
        network: Network,
        dialect: Dialect,
    },
    Left {
        connection: ConnectionId,
    },
    /// A binary frame, unread.
    Frame {
        connection: ConnectionId,
        frame: Bytes,
    },
    /// A text frame, unread.
    Text {
        connection: ConnectionId,
        text: String,
    },
    /// Everything was written to a member that had fallen behind after this version.
    CaughtUp {
        connection: ConnectionId,
        base: Version,
    },
    /// A workshop event is to be appended.
    Record {
        event: WorkshopEvent,
        writer: Option<ParticipantId>,
        ticket: Ticket,
    },
    /// The append in flight is durable.
    Appended {
        sequences: Vec<Sequence>,
    },
    /// The append in flight did not happen, as far as is known; it is to be tried again.
    AppendFailed,
    /// The log lacks what was acknowledged (L7).
    Regressed {
        by: Noticed,
    },
    /// What the store has of the room after it went back; nothing when it lost the room, which
    /// was made anew from memory.
    Recovered {
        stored: Option<Box<LoadedRoom>>,
    },
    /// The log is said to reach this far.
    Heard {
        sequence: Sequence,
    },
    /// Entries from the last one applied on, or after it.
    Read {
        entries: Vec<Entry>,
    },
    /// The log is to be read to its end.
    ReadUp {
        ticket: Ticket,
    },
    /// Reading failed; the next word of new entries tries again.
    ReadFailed,
    /// The snapshot that the store holds is up to here.
    SnapshotKept {
        upto: Sequence,
    },
    /// Saving the snapshot failed; it is tried when the tail has grown again.
    SnapshotFailed,
    /// Someone answered a round.
    Answered {
        round: RoundId,
    },
    /// Another node tells who is in the room with it.
    Told {
        bytes: Bytes,
    },
    /// These people answered.
    Counted {
        round: RoundId,
        by: Vec<ParticipantId>,
    },
    /// Time passed.
    Tick,
}

/// What noticed that the log went back, and did not do what it was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noticed {
    Append,
    Read,
    Look,
}

/// Who hears a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    Everyone,
    EveryoneBut(ParticipantId),
}

/// Something to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tally {
    Admitted,
    Known,
    Missing,
    Malformed,
    TooLarge,
    Forbidden,
    /// An entry of the log that this node does not take.
    RefusedInLog,
    /// The document cannot be trusted any more.
    Poisoned,
    Behind,
}

/// Something that the rules want done. The task does it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// A text message to one member.
    Send {
        to: ConnectionId,
        message: ServerMessage,
    },
    /// A text message to many.
    SendAll {
        message: ServerMessage,
        audience: Audience,
    },
    /// A binary answer to one member.
    Answer {
        to: ConnectionId,
        frame: Bytes,
    },
    /// All that a member opens the room with, in this order: the document, how far it has come,
    /// who is here. From here on the member gets document frames.
    Opening {
        to: ConnectionId,
        frames: Vec<Bytes>,
    },
    /// Who is here, to one member that asked.
    Show {
        to: ConnectionId,
        frames: Vec<Bytes>,
    },
    /// A change of the document to all who follow it. `base` is the version before it.
    Document {
        frame: Bytes,
        base: Version,
        except: Option<ConnectionId>,
    },
    /// What a member that had fallen behind missed.
    Difference {
        to: ConnectionId,
        frame: Bytes,
    },
    /// Presence to all.
    Presence {
        frame: Bytes,
    },
    /// To the other nodes that serve the room, as far as it reaches them.
    Tell {
        bytes: Bytes,
    },
    Close {
        connection: ConnectionId,
        code: CloseCode,
    },
    /// Append these; one append is in flight at a time.
    Append {
        known: Known,
        entries: Vec<NewEntry>,
    },
    /// Look whether the log still holds what was folded in.
    Verify,
    /// The store went back: raise the alarm, and read what it has, or make the room anew.
    Recover,
    /// Read the log after this entry.
    Read {
        after: Sequence,
    },
    /// Whoever waits on the ticket is answered: the event is durable and folded in.
    Recorded {
        ticket: Ticket,
    },
    /// Whoever waits on the ticket is answered: the log was read to its end since it asked.
    ReadUp {
        ticket: Ticket,
    },
    CountResponses {
        round: RoundId,
    },
    /// Take a snapshot and save it.
    Snapshot,
    /// Nobody was here for long: take a snapshot and leave memory.
    Rest,
    /// Nothing is told to this person any more.
    Unsubscribe {
        participant: ParticipantId,
    },
    /// The state in memory cannot go on: close everyone with this code and leave memory.
    Abandon {
        code: CloseCode,
    },
    Count(Tally),
}
