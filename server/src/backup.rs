//! `hartslag backup FILE`: every room of a store into one file, while the server runs.
//!
//! A room is taken out as of one moment while the server goes on; different rooms may be of
//! different moments, which nothing notices, as rooms know nothing of each other.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use hartslag_protocol::ids::RoomId;

use crate::clock::now;
use crate::log::LogError;
use crate::log::archive::KeptRoom;
use crate::log::sqlite::backup_file::{BackupFileError, NewBackup, Origin, WrittenBackup};
use crate::room::check_content;
use crate::store::Store;

/// Why there is no backup, or not of everything.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file was not made.
    #[error(transparent)]
    File(#[from] BackupFileError),
    /// The store failed; no file was made.
    #[error("no backup was made: {0}")]
    Store(#[from] LogError),
    /// What was written is not what was read: the disk, or a fault of ours.
    #[error("no backup was made: room {0} does not come back from the file")]
    NotWhole(RoomId),
    /// The file was made, and these rooms are not in it.
    #[error("{}the backup holds all other rooms", listed(.0))]
    Incomplete(Vec<DamagedRoom>),
}

/// A room that cannot be opened from what is kept of it.
#[derive(Debug)]
pub struct DamagedRoom {
    /// The room.
    pub room: RoomId,
    /// What is wrong.
    pub fault: String,
}

impl fmt::Display for DamagedRoom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "room {} is damaged: {}", self.room, self.fault)
    }
}

pub(crate) fn listed(rooms: &[DamagedRoom]) -> String {
    rooms.iter().map(ToString::to_string).collect()
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// Rooms in it.
    pub rooms: usize,
    /// Its size.
    pub bytes: u64,
}

/// Tells how many of how many rooms are done.
pub type Progress<'a> = &'a mut (dyn FnMut(usize, usize) + Send);

/// Backs up every room of a store, and opens each from the file before that gets its name.
pub async fn back_up(
    store: &Store,
    target: &Path,
    progress: Progress<'_>,
) -> Result<BackupReport, BackupError> {
    let mut backup = NewBackup::create(target)?;
    let rooms = store.log.rooms().await?;
    let mut taken = BTreeSet::new();
    let mut damaged = Vec::new();
    for (done, &room) in rooms.iter().enumerate() {
        progress(done, rooms.len());
        match take_out(store, room).await? {
            Ok(kept) => {
                backup.add(&kept)?;
                taken.insert(room);
            }
            Err(fault) => damaged.push(DamagedRoom { room, fault }),
        }
    }
    let written = backup.finish(&Origin {
        made_at: now(),
        store: store.kind.to_owned(),
    })?;
    verify(&written, taken)?;
    written.publish()?;
    if !damaged.is_empty() {
        return Err(BackupError::Incomplete(damaged));
    }
    Ok(BackupReport {
        rooms: rooms.len(),
        bytes: std::fs::metadata(target).map_or(0, |found| found.len()),
    })
}

/// The room, or what is wrong with it. A store that does not answer ends the backup; one damaged
/// room does not keep the others from being saved.
async fn take_out(store: &Store, room: RoomId) -> Result<Result<KeptRoom, String>, LogError> {
    match store.archive.take_out(room).await {
        Ok(mut kept) => {
            let Err(fault) = check_content(room, &kept.content) else {
                return Ok(Ok(kept));
            };
            // A torn snapshot: as when the room is opened, the one before it and the log since.
            if let Some(former) = store.log.load_former(room).await?
                && check_content(room, &former).is_ok()
            {
                kept.content = former;
                return Ok(Ok(kept));
            }
            Ok(Err(fault.to_string()))
        }
        Err(LogError::Damaged(fault)) => Ok(Err(fault)),
        Err(error) => Err(error),
    }
}

/// Reads the file again: every room that went in must open from it.
fn verify(written: &WrittenBackup, mut taken: BTreeSet<RoomId>) -> Result<(), BackupError> {
    let file = written.open()?;
    for room in file.rooms()? {
        let kept = file.room(room)?;
        if check_content(room, &kept.content).is_ok() {
            taken.remove(&room);
        }
    }
    match taken.first() {
        Some(lost) => Err(BackupError::NotWhole(*lost)),
        None => Ok(()),
    }
}
