//! Keeps rooms: the ordered, durable log of each, its snapshot, and private responses.
//!
//! Two implementations, [`sqlite`] and [`redis`]; both pass the same tests, in `contract`.
//! Whatever a method returns `Ok` for is durable.

use async_trait::async_trait;
use bytes::Bytes;
use hartslag_protocol::ids::{ParticipantId, RoomId, RoundId};
use tokio::sync::mpsc;

pub mod archive;
#[cfg(test)]
mod contract;
pub mod redis;
pub mod sqlite;

/// Place of an entry in the log of its room; the first is 1, none is 0.
pub type Sequence = u64;

/// Generation of a room: it rises when a room is restored or imported anew.
pub type Epoch = u64;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Milliseconds = u64;

/// How many entries before a snapshot stay, for readers that lag and appends that are retried.
const TRIM_MARGIN: Sequence = 1_000;

/// Largest message from one node to the others that serve a room.
pub const TOLD_BYTES: usize = 64 << 10;

/// Something about a room that came from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The log is said to reach this far.
    Reached(Sequence),
    /// A node that serves the room, perhaps this one, told this.
    Told(Bytes),
}

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A Yjs update of the board, as the gate normalised it.
    Update,
    /// A workshop event, as JSON.
    Event,
}

/// Something to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Makes an append that is tried again count once. Eight bytes of the node and room, unlike
    /// all others, and eight that rise with its entries, in the order in which they are appended.
    pub key: [u8; 16],
    /// What `bytes` is.
    pub kind: EntryKind,
    /// Who made it; nobody where the server did.
    pub writer: Option<ParticipantId>,
    /// When the server took it in.
    pub at: Milliseconds,
    /// The update or event.
    pub bytes: Bytes,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub sequence: Sequence,
    /// The key under which it was appended; tells a node its own entries.
    pub key: [u8; 16],
    /// What `bytes` is.
    pub kind: EntryKind,
    /// Who made it; nobody where the server did.
    pub writer: Option<ParticipantId>,
    /// When a server took it in.
    pub at: Milliseconds,
    /// The update or event.
    pub bytes: Bytes,
}

/// How far a node has folded the log of a room, which the log must still hold (L7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The last entry that it folded in.
    pub sequence: Sequence,
    /// The key of that entry, where the node has seen it since it loaded the room.
    pub key: Option<[u8; 16]>,
}

/// A room as of a sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry that it includes.
    pub upto: Sequence,
    /// The fold up to there, in the form that `room::snapshot` writes.
    pub bytes: Bytes,
}

/// A room as it is kept: the fold up to a point, and what came after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedRoom {
    /// The room's generation.
    pub epoch: Epoch,
    /// When it was made.
    pub created_at: Milliseconds,
    /// The fold up to `snapshot.upto`.
    pub snapshot: Snapshot,
    /// Every entry after it, contiguous.
    pub tail: Vec<Entry>,
}

/// A private response as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    /// Who gave it.
    pub participant: ParticipantId,
    /// Rises with each change of it.
    pub revision: u64,
    /// The response as JSON.
    pub body: Bytes,
}

/// What became of a response that was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutResponse {
    /// It is kept, in place of any earlier one.
    Stored,
    /// An equal or later revision is kept already; this is it.
    Stale(StoredResponse),
    /// The round is not open.
    NotOpen,
}

/// How far an acknowledgement can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On disk (fsync) before it is acknowledged.
    Disk,
    /// In another process's memory; its disk follows within about a second.
    Memory,
}

/// What a store says of itself, for whoever watches it. Cheap to ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Free space on its disk, where that is this machine's.
    pub free_bytes: Option<u64>,
    /// Its size on that disk.
    pub bytes: Option<u64>,
    /// What of it stands in a write-ahead log.
    pub wal_bytes: Option<u64>,
    /// Calls that were made again because their answer was lost.
    pub retries: u64,
    /// Times that the way by which it tells of entries was lost.
    pub reconnects: u64,
}

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// There is no such room.
    #[error("the room does not exist")]
    NoSuchRoom,
    /// The room has another epoch: it was restored or imported anew.
    #[error("the room is of epoch {current}")]
    Fenced {
        /// The epoch that is in force.
        current: Epoch,
    },
    /// The log no longer holds what was asked for; a snapshot does.
    #[error("the log was trimmed up to {upto}")]
    Trimmed {
        /// The last entry that is gone.
        upto: Sequence,
    },
    /// The log holds less than was acknowledged, or something else in its place: the store came
    /// back older than it was.
    #[error("the log went back to {last}")]
    Regressed {
        /// The last entry that it holds.
        last: Sequence,
    },
    /// The room exists already.
    #[error("the room exists already")]
    RoomExists,
    /// What is kept cannot be read.
    #[error("what is kept is damaged: {0}")]
    Damaged(String),
    /// The disk is full, the connection is gone …: nothing was acknowledged, try again later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The ordered, durable log of each room, with its snapshot and private responses.
#[async_trait]
pub trait RoomLog: Send + Sync + 'static {
    /// Makes a room of epoch 1 whose snapshot (up to 0) is `snapshot`.
    async fn create(&self, room: RoomId, at: Milliseconds, snapshot: Bytes)
    -> Result<(), LogError>;

    /// Makes a room anew that the store lost, of this epoch, from a snapshot that a node holds;
    /// numbers go on after it. One that exists is left alone.
    async fn recreate(
        &self,
        room: RoomId,
        at: Milliseconds,
        epoch: Epoch,
        snapshot: Snapshot,
    ) -> Result<(), LogError>;

    /// Whether there is such a room.
    async fn exists(&self, room: RoomId) -> Result<bool, LogError>;

    /// Every room, oldest first.
    async fn rooms(&self) -> Result<Vec<RoomId>, LogError>;

    /// The room's snapshot and all that came after it.
    async fn load(&self, room: RoomId) -> Result<LoadedRoom, LogError>;

    /// The room as of the snapshot that the kept one replaced, and all that came after it: for
    /// when the kept one turns out to be damaged (L6). `None` where there is none.
    async fn load_former(&self, room: RoomId) -> Result<Option<LoadedRoom>, LogError>;

    /// Appends entries in this order, all or none, and returns the number of the first new or
    /// known one of each. Durable when it returns (L1, L2, L3).
    async fn append(
        &self,
        room: RoomId,
        epoch: Epoch,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<Sequence>, LogError>;

    /// Appends for a node that folded the log in up to `known`, after it made sure in the same
    /// atomic step that the log still holds that (L7): `Regressed` where it does not, `Trimmed`
    /// where the node is so far behind that an append which it tries again may be forgotten.
    /// Without entries it only makes sure.
    ///
    /// A store that cannot go back while the server runs appends without looking.
    async fn append_after(
        &self,
        room: RoomId,
        epoch: Epoch,
        known: Known,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<Sequence>, LogError> {
        let Known { .. } = known;
        self.append(room, epoch, entries).await
    }

    /// How often a loss of the room was accepted by who runs the server.
    async fn accepted_losses(&self, _room: RoomId) -> Result<u64, LogError> {
        Ok(0)
    }

    /// Accepts that the room lost what nodes remember of it: they serve what there is.
    async fn accept_loss(&self, room: RoomId) -> Result<(), LogError> {
        if self.exists(room).await? {
            Ok(())
        } else {
            Err(LogError::NoSuchRoom)
        }
    }

    /// At most `limit` entries after `after`, contiguous (L5).
    async fn read(
        &self,
        room: RoomId,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, LogError>;

    /// Tells of entries that other nodes appended: the highest number known, again and again; and
    /// what nodes [`tell`](Self::tell). Of this node's own entries it tells at least those whose
    /// numbers nobody got as the answer to an append.
    /// Hints, not the truth: whoever misses one reads the log. The embedded store, which has
    /// one node, tells nothing and the channel stays open.
    async fn follow(&self, room: RoomId) -> Result<mpsc::Receiver<Hint>, LogError>;

    /// Whether other nodes may serve the room at the same time.
    fn is_shared(&self) -> bool {
        false
    }

    /// Tells all other nodes that follow the room, and perhaps this one, at most [`TOLD_BYTES`].
    /// It is kept nowhere and may be lost; nobody waits for it.
    fn tell(&self, _room: RoomId, _bytes: Bytes) {}

    /// Replaces the snapshot if the one kept is up to `expected`, keeps that one beside it, and
    /// trims the log before that (L6), keeping a margin for readers that lag. Returns whether this very snapshot is kept, so that
    /// a save that is tried again is answered alike (L4). One beyond the log, or older than the
    /// kept one, is not taken.
    async fn save_snapshot(
        &self,
        room: RoomId,
        epoch: Epoch,
        expected: Sequence,
        snapshot: Snapshot,
    ) -> Result<bool, LogError>;

    /// Opens a round for responses. Again: no change. Returns whether it takes them: not where it
    /// was closed before.
    async fn open_round(&self, room: RoomId, round: RoundId) -> Result<bool, LogError>;

    /// Closes a round, so that no response is taken any more, and returns all of them, by
    /// participant. Again: the same answer, until they were erased. A round that was never opened
    /// cannot be opened after this.
    async fn close_round(
        &self,
        room: RoomId,
        round: RoundId,
    ) -> Result<Vec<StoredResponse>, LogError>;

    /// Puts a response if the round is open and the revision is higher than the kept one, in
    /// one atomic step (R2, R3, R5).
    async fn put_response(
        &self,
        room: RoomId,
        round: RoundId,
        response: StoredResponse,
    ) -> Result<PutResponse, LogError>;

    /// One participant's own response.
    async fn response(
        &self,
        room: RoomId,
        round: RoundId,
        participant: ParticipantId,
    ) -> Result<Option<StoredResponse>, LogError>;

    /// Everyone who has a response in the round.
    async fn responders(
        &self,
        room: RoomId,
        round: RoundId,
    ) -> Result<Vec<ParticipantId>, LogError>;

    /// Erases the responses of a closed round for good (R8); those of an open one stay.
    async fn erase_responses(&self, room: RoomId, round: RoundId) -> Result<(), LogError>;

    /// Whether the store can take writes, and what its acknowledgement is worth.
    async fn check(&self) -> Result<Durability, LogError>;

    /// What it says of itself; nothing where it has nothing to say.
    fn vitals(&self) -> Vitals {
        Vitals::default()
    }

    /// How many milliseconds the clock that all nodes share is ahead of this machine's. The
    /// embedded store has one node.
    fn clock_ahead(&self) -> i64 {
        0
    }
}

/// L1: what is read follows `after` without a gap; anything else must not be folded.
fn require_contiguous(after: Sequence, entries: &[Entry]) -> Result<(), LogError> {
    for (distance, entry) in (1..).zip(entries) {
        let expected = after.saturating_add(distance);
        if entry.sequence != expected {
            return Err(LogError::Damaged(format!(
                "entry {expected} is missing from the log"
            )));
        }
    }
    Ok(())
}
