//! What a room asks of its store, beside its turns: each piece of work comes back as an event.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hartslag_protocol::ids::{RoomId, RoundId};
use hartslag_protocol::wire::close::CloseCode;
use tracing::{error, warn};

use super::document::Poisoned;
use super::event::Event;
use super::loading;
use super::state::{RestoreError, RoomState};
use super::task::RoomTask;
use crate::log::{Epoch, LogError, NewEntry, RoomLog, Sequence, Snapshot};

/// Entries read from the log at once.
const READ_LIMIT: usize = 1_000;
/// Before the log is read again after that failed.
const READ_PAUSE: Duration = Duration::from_millis(500);

/// What a piece of work outside the task came to.
pub(super) enum Done {
    Event(Event),
    Gone(CloseCode),
}

impl RoomTask {
    pub(super) fn append(&mut self, entries: Vec<NewEntry>) {
        let (log, room, epoch) = (Arc::clone(&self.log), self.room, self.epoch);
        let metrics = Arc::clone(&self.metrics);
        self.works.spawn(async move {
            let started = Instant::now();
            let count = entries.len();
            match log.append(room, epoch, entries).await {
                Ok(sequences) if sequences.len() == count => {
                    metrics.append_seconds.observe_time(started.elapsed());
                    metrics.entries.inc_by(count as u64);
                    Done::Event(Event::Appended { sequences })
                }
                Ok(_) => Done::Gone(CloseCode::Unavailable),
                Err(error) => {
                    metrics.append_failures.inc();
                    warn!(room.id = %room, %error, "room {room}: could not append");
                    refused_append(&error)
                }
            }
        });
    }

    pub(super) fn read(&mut self, after: Sequence) {
        let (log, room) = (Arc::clone(&self.log), self.room);
        self.works.spawn(async move {
            match log.read(room, after, READ_LIMIT).await {
                Ok(entries) => Done::Event(Event::Read { entries }),
                Err(LogError::Unavailable(error)) => {
                    warn!(room.id = %room, %error, "room {room}: could not read the log");
                    tokio::time::sleep(READ_PAUSE).await;
                    Done::Event(Event::ReadFailed)
                }
                Err(error) => {
                    warn!(room.id = %room, %error, "room {room}: loading it anew");
                    Done::Gone(CloseCode::Unavailable)
                }
            }
        });
    }

    pub(super) fn count_responses(&mut self, round: RoundId) {
        let (log, room) = (Arc::clone(&self.log), self.room);
        self.works.spawn(async move {
            match log.response_count(room, round).await {
                Ok(answered) => Done::Event(Event::Counted { round, answered }),
                // The next answer counts again.
                Err(_unavailable) => Done::Event(Event::Tick),
            }
        });
    }

    pub(super) async fn snapshot(&mut self) {
        let Some(Ok(taken)) = self.look(Taken::from).await else {
            return self.abandon(CloseCode::Unavailable);
        };
        let (log, room, epoch) = (Arc::clone(&self.log), self.room, self.epoch);
        let metrics = Arc::clone(&self.metrics);
        self.works.spawn(async move {
            let size = u32::try_from(taken.snapshot.bytes.len()).unwrap_or(u32::MAX);
            match save(log.as_ref(), room, epoch, taken).await {
                Ok(upto) => {
                    metrics.snapshot_bytes.observe(size.into());
                    Done::Event(Event::SnapshotKept { upto })
                }
                Err(error) => {
                    metrics.snapshot_failures.inc();
                    warn!(room.id = %room, %error, "room {room}: could not save a snapshot");
                    Done::Event(Event::SnapshotFailed)
                }
            }
        });
    }
}

/// A snapshot on its way to the store.
pub(super) struct Taken {
    /// Up to where the one goes that it replaces.
    expected: Sequence,
    snapshot: Snapshot,
    /// How far the document in it goes.
    vector: Bytes,
}

impl Taken {
    pub(super) fn from(state: &mut RoomState) -> Result<Self, Poisoned> {
        let (expected, snapshot) = state.snapshot()?;
        Ok(Self {
            expected,
            snapshot,
            vector: state.document.vector()?,
        })
    }
}

/// Saves a snapshot that was loaded again, and returns up to where the stored one goes: another
/// node may have been first.
pub(super) async fn save(
    log: &dyn RoomLog,
    room: RoomId,
    epoch: Epoch,
    taken: Taken,
) -> Result<Sequence, LogError> {
    let Taken {
        expected,
        snapshot,
        vector,
    } = taken;
    let verified = tokio::task::spawn_blocking(move || {
        loading::verify(room, &snapshot, &vector).map(|()| snapshot)
    });
    let snapshot = verified
        .await
        .unwrap_or(Err(RestoreError::Document))
        .map_err(|error| {
            error!(room.id = %room, %error, "room {room}: its snapshot does not load again");
            LogError::Damaged(error.to_string())
        })?;
    let upto = snapshot.upto;
    if log.save_snapshot(room, epoch, expected, snapshot).await? {
        return Ok(upto);
    }
    Ok(log.load(room).await?.snapshot.upto)
}

fn refused_append(error: &LogError) -> Done {
    match error {
        LogError::Unavailable(_) => Done::Event(Event::AppendFailed),
        LogError::Fenced { .. } => Done::Gone(CloseCode::Epoch),
        LogError::NoSuchRoom => Done::Gone(CloseCode::RoomGone),
        LogError::Trimmed { .. } | LogError::RoomExists | LogError::Damaged(_) => {
            Done::Gone(CloseCode::Unavailable)
        }
    }
}
