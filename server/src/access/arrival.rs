//! From which network people came into a room: a keyed hash, beside the log and for a day.
//!
//! In the log it would last as long as the room. Without its key, which is gone after a day, a
//! mark tells nothing.

use std::time::Duration;

use hartslag_protocol::ids::{NetworkMark, ParticipantId, RoomId};
use sha2::{Digest as _, Sha256};

use super::AccessStore;
use crate::log::{LogError, Milliseconds};
use crate::network::Network;

/// Makes the hashes of a room unlike those of others.
pub type NetworkKey = [u8; 32];

/// How long stores keep arrivals, and the key: a day.
pub const KEPT: Milliseconds = 24 * 60 * 60 * 1_000;
/// Arrivals that are told, the newest: a full room, and as many who were sent away.
pub const ARRIVALS: usize = 20_000;
/// How long somebody is a newcomer.
pub const NEWCOMER: Duration = Duration::from_mins(10);

/// Someone who came in for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Who.
    pub participant: ParticipantId,
    /// From which network.
    pub network: NetworkMark,
    /// When, by the clock that all nodes share.
    pub at: Milliseconds,
}

/// The mark of a network in a room.
pub async fn mark(
    store: &dyn AccessStore,
    room: RoomId,
    network: Network,
    now: Milliseconds,
) -> Result<NetworkMark, LogError> {
    let key = store.network_key(room, now).await?;
    // The key has one length, so that nothing can be moved between it and the network.
    let hash = Sha256::new().chain_update(key);
    let hash = hash.chain_update(network.to_string()).finalize();
    let mut mark = [0; 16];
    mark.copy_from_slice(&hash[..16]);
    Ok(NetworkMark::from_bytes(mark))
}
