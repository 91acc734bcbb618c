//! `hartslag restore FILE`: rooms of a backup into a store, the one they came from or another.

use std::path::Path;

use hartslag_protocol::ids::RoomId;

use crate::backup::{DamagedRoom, listed};
use crate::clock::now;
use crate::log::archive::Standing;
use crate::log::sqlite::backup_file::{BackupFile, BackupFileError};
use crate::log::{Epoch, LogError};
use crate::room::check_content;
use crate::store::Store;

/// Why nothing was restored, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup cannot be read.
    #[error(transparent)]
    File(#[from] BackupFileError),
    /// The backup holds no such rooms.
    #[error("nothing was restored: the backup holds no room {}", words(.0))]
    Unknown(Vec<RoomId>),
    /// These rooms are in the store.
    #[error(
        "nothing was restored: the store has room {} already; `--replace` puts the backup in its place",
        words(.0)
    )]
    Standing(Vec<RoomId>),
    /// What the backup holds of these rooms cannot be opened.
    #[error("{}nothing was restored", listed(.0))]
    Damaged(Vec<DamagedRoom>),
    /// The store failed; the rooms told before are restored, this and later ones are as they were.
    #[error("room {room} and those after it were not restored: {source}")]
    Store {
        /// The room.
        room: RoomId,
        /// Why.
        #[source]
        source: LogError,
    },
    /// The store did not open or did not tell its rooms.
    #[error("nothing was restored: {0}")]
    Closed(#[from] LogError),
}

/// A room that was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoredRoom {
    /// The room.
    pub room: RoomId,
    /// Its epoch from here on.
    pub epoch: Epoch,
    /// Whether it took the place of one that the store had.
    pub replaced: bool,
}

/// Which rooms of a backup to restore.
#[derive(Clone, Debug)]
pub struct RestoreChoice {
    /// These; all where there are none.
    pub rooms: Vec<RoomId>,
    /// What becomes of those that the store has.
    pub standing: Standing,
}

fn words(rooms: &[RoomId]) -> String {
    let words: Vec<_> = rooms.iter().map(ToString::to_string).collect();
    words.join(", ")
}

/// Restores rooms, each whole or not at all, and tells of each when it is done. Nothing happens
/// where one of them is unknown, in the way, or cannot be opened.
pub async fn restore(
    store: &Store,
    path: &Path,
    choice: &RestoreChoice,
    mut tell: impl FnMut(RestoredRoom),
) -> Result<usize, RestoreError> {
    let file = BackupFile::open(path)?;
    let rooms = chosen(&file, choice)?;
    let known = store.log.rooms().await?;
    let standing: Vec<_> = rooms
        .iter()
        .copied()
        .filter(|room| known.contains(room))
        .collect();
    if choice.standing == Standing::Stays && !standing.is_empty() {
        return Err(RestoreError::Standing(standing));
    }
    require_sound(&file, &rooms)?;

    for &room in &rooms {
        let kept = file.room(room)?;
        let put = store.archive.put_in(kept, choice.standing, now()).await;
        tell(RestoredRoom {
            room,
            epoch: put.map_err(|source| RestoreError::Store { room, source })?,
            replaced: standing.contains(&room),
        });
    }
    Ok(rooms.len())
}

fn chosen(file: &BackupFile, choice: &RestoreChoice) -> Result<Vec<RoomId>, RestoreError> {
    let held = file.rooms()?;
    if choice.rooms.is_empty() {
        return Ok(held);
    }
    let unknown: Vec<_> = choice
        .rooms
        .iter()
        .copied()
        .filter(|room| !held.contains(room))
        .collect();
    if unknown.is_empty() {
        Ok(choice.rooms.clone())
    } else {
        Err(RestoreError::Unknown(unknown))
    }
}

/// Opens every room from the backup before the first one is put anywhere.
fn require_sound(file: &BackupFile, rooms: &[RoomId]) -> Result<(), RestoreError> {
    let mut damaged = Vec::new();
    for &room in rooms {
        let fault = match file.room(room) {
            Ok(kept) => check_content(room, &kept.content)
                .err()
                .map(|fault| fault.to_string()),
            Err(error) => Some(error.to_string()),
        };
        damaged.extend(fault.map(|fault| DamagedRoom { room, fault }));
    }
    if damaged.is_empty() {
        Ok(())
    } else {
        Err(RestoreError::Damaged(damaged))
    }
}
