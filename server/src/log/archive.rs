//! Takes a room out of a store whole, and puts it into one: for backups and for moving.

use async_trait::async_trait;
use hartslag_protocol::ids::{RoomId, RoundId};
use hartslag_protocol::workshop::Role;

use super::{Epoch, LoadedRoom, LogError, Milliseconds, StoredResponse};
use crate::access::{JoinCode, Membership, SecretHash};

/// A room with all that is kept of it, as it was at one moment.
///
/// Tickets are not in it: they last a day, and one that was revoked must not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRoom {
    /// The room.
    pub id: RoomId,
    /// Its snapshot, and every entry after it.
    pub content: LoadedRoom,
    /// Its rounds, by identifier.
    pub rounds: Vec<KeptRound>,
    /// What each device is in it, by device.
    pub members: Vec<(SecretHash, Membership)>,
    /// Its invitations, by secret.
    pub invitations: Vec<(SecretHash, Role)>,
    /// Its join code, expired or not.
    pub join_code: Option<JoinCode>,
}

/// A round as the store knows it: whether it takes responses, and those it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRound {
    /// The round.
    pub id: RoundId,
    /// Whether it takes responses.
    pub is_open: bool,
    /// Its private responses that were not erased, by participant.
    pub responses: Vec<StoredResponse>,
}

/// What becomes of a room that the store has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It stays, and nothing is put in.
    Stays,
    /// It gives way.
    GivesWay,
}

/// Takes rooms out whole, and puts them in. Both stores implement it.
#[async_trait]
pub trait Archive: Send + Sync + 'static {
    /// All that is kept of the room, as of one moment, while others go on writing.
    async fn take_out(&self, room: RoomId) -> Result<KeptRoom, LogError>;

    /// Puts a room in, whole or not at all, and returns its epoch: higher than the one it comes
    /// with and the one it replaces, so that whoever still holds the room as it was is fenced.
    ///
    /// Of the room that gives way, invitations stay, and a join code that is valid at `now`;
    /// everything else is as it comes, and its tickets end.
    async fn put_in(
        &self,
        room: KeptRoom,
        standing: Standing,
        now: Milliseconds,
    ) -> Result<Epoch, LogError>;
}
