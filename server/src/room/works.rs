//! What a room asks of its store, beside its turns: each piece of work comes back as an event.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hartslag_protocol::ids::{RoomId, RoundId};
use hartslag_protocol::wire::close::CloseCode;
use tracing::warn;

use super::event::Event;
use super::state::RoomState;
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
        let Some(Ok((expected, snapshot))) = self.look(RoomState::snapshot).await else {
            return self.abandon(CloseCode::Unavailable);
        };
        let (log, room, epoch) = (Arc::clone(&self.log), self.room, self.epoch);
        let metrics = Arc::clone(&self.metrics);
        self.works.spawn(async move {
            let size = u32::try_from(snapshot.bytes.len()).unwrap_or(u32::MAX);
            match save(log.as_ref(), room, epoch, expected, snapshot).await {
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

/// Saves a snapshot and returns up to where the stored one goes: another node may have been first.
pub(super) async fn save(
    log: &dyn RoomLog,
    room: RoomId,
    epoch: Epoch,
    expected: Sequence,
    snapshot: Snapshot,
) -> Result<Sequence, LogError> {
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
