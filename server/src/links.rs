//! What the operator hands out: per room a link for the coach and a code for phones.

use std::fmt;

use hartslag_protocol::ids::RoomId;
use hartslag_protocol::workshop::Role;

use crate::access::admission::invite;
use crate::access::{AccessStore, join_code};
use crate::clock::now;
use crate::log::{LogError, RoomLog};
use crate::room::{OpenRoomError, RoomClosed, Rooms};

/// How to get into one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomLink {
    /// Title of the board.
    pub title: String,
    /// Whose journey it is.
    pub municipality: String,
    /// Makes whoever opens it a coach.
    pub coach_link: String,
    /// Makes whoever types it a participant.
    pub join_code: String,
}

/// Why there are no links.
#[derive(Debug, thiserror::Error)]
pub enum LinksError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] LogError),
    /// A room did not open.
    #[error(transparent)]
    Room(#[from] OpenRoomError),
    /// A room left memory meanwhile.
    #[error(transparent)]
    Closed(#[from] RoomClosed),
}

/// New coach links, and codes that are valid, for every room in the store. `base` is where
/// people reach the server, without a slash at the end.
pub async fn fresh_links(
    rooms: &Rooms,
    log: &dyn RoomLog,
    access: &dyn AccessStore,
    base: &str,
) -> Result<Vec<RoomLink>, LinksError> {
    let mut links = Vec::new();
    for room in log.rooms().await? {
        let overview = rooms.open(room).await?.overview().await?;
        links.push(link(access, room, overview.title, overview.municipality, base).await?);
    }
    Ok(links)
}

/// A new coach link and a valid code for one room.
pub async fn link(
    access: &dyn AccessStore,
    room: RoomId,
    title: String,
    municipality: String,
    base: &str,
) -> Result<RoomLink, LogError> {
    let secret = invite(access, room, Role::Coach).await?;
    let code = join_code::current(access, room, now()).await?;
    Ok(RoomLink {
        title,
        municipality,
        coach_link: format!("{base}/join#{}", secret.reveal()),
        join_code: code.code,
    })
}

impl fmt::Display for RoomLink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{} ({})", self.title, self.municipality)?;
        writeln!(formatter, "  coach link  {}", self.coach_link)?;
        writeln!(formatter, "  join code   {}", self.join_code)
    }
}
