//! What a room asks of its store, beside its turns: each piece of work comes back as an event.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hartslag_protocol::ids::{RoomId, RoundId};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::workshop::{RoundStatus, Workshop};
use tracing::{error, warn};

use super::document::Poisoned;
use super::event::{Event, Noticed};
use super::loading;
use super::registry::heal;
use super::state::{RestoreError, RoomState};
use super::task::RoomTask;
use crate::clock::now;
use crate::log::{Epoch, Known, LoadedRoom, LogError, NewEntry, RoomLog, Sequence, Snapshot};
use crate::work::Work;

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
    pub(super) fn append(&mut self, known: Known, entries: Vec<NewEntry>) {
        let (log, room, epoch) = (Arc::clone(&self.log), self.room, self.epoch);
        let metrics = Arc::clone(&self.metrics);
        self.works.spawn(async move {
            let started = Instant::now();
            let count = entries.len();
            match log.append_after(room, epoch, known, entries).await {
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
        let state = self.state.as_ref();
        // It begins with an entry that was folded in, and must be there still (L7).
        let overlaps = state.is_some_and(|state| after < state.applied);
        self.works.spawn(async move {
            let found = match log.read(room, after, READ_LIMIT).await {
                // Only what was folded in is gone.
                Err(LogError::Trimmed { upto }) if upto == after + 1 => {
                    log.read(room, upto, READ_LIMIT).await
                }
                Ok(entries) if overlaps && entries.is_empty() => {
                    Err(LogError::Regressed { last: after })
                }
                found => found,
            };
            match found {
                Ok(entries) => Done::Event(Event::Read { entries }),
                Err(LogError::Unavailable(error)) => {
                    warn!(room.id = %room, %error, "room {room}: could not read the log");
                    tokio::time::sleep(READ_PAUSE).await;
                    Done::Event(Event::ReadFailed)
                }
                Err(LogError::NoSuchRoom | LogError::Regressed { .. }) => {
                    Done::Event(Event::Regressed { by: Noticed::Read })
                }
                Err(error) => {
                    warn!(room.id = %room, %error, "room {room}: loading it anew");
                    Done::Gone(CloseCode::Unavailable)
                }
            }
        });
    }

    /// Looks whether the log still holds what was folded in (L7).
    pub(super) fn verify(&mut self) {
        let Some(known) = self.state.as_ref().map(RoomState::known) else {
            return;
        };
        let (log, room, epoch) = (Arc::clone(&self.log), self.room, self.epoch);
        self.works.spawn(async move {
            loop {
                match log.append_after(room, epoch, known, Vec::new()).await {
                    Ok(_) => return Done::Event(Event::Tick),
                    Err(LogError::Unavailable(_)) => tokio::time::sleep(READ_PAUSE).await,
                    Err(LogError::Regressed { .. } | LogError::NoSuchRoom) => {
                        return Done::Event(Event::Regressed { by: Noticed::Look });
                    }
                    Err(error) => return refused_append(&error),
                }
            }
        });
    }

    /// Reads what the store has after it went back. A room that it lost is made anew.
    pub(super) async fn recover(&mut self) {
        let (log, room, epoch) = (Arc::clone(&self.log), self.room, self.epoch);
        self.metrics.log_regressions.inc();
        error!(
            room.id = %room,
            "room {room}: the store came back with less than was acknowledged; bringing it back"
        );
        let Some(Ok((_, snapshot))) = self.look(RoomState::snapshot).await else {
            return self.abandon(CloseCode::Unavailable);
        };
        let rounds = self.state.as_ref().map(|state| Arc::clone(&state.workshop));
        self.works.spawn(async move {
            loop {
                match stored(log.as_ref(), room, epoch, &snapshot).await {
                    Ok(stored) => {
                        if let Some(workshop) = &rounds {
                            // What fails here is tried again when the room is loaded.
                            let _ = close_again(log.as_ref(), room, workshop).await;
                            let _ = heal(log.as_ref(), room, workshop).await;
                        }
                        return Done::Event(Event::Recovered { stored });
                    }
                    Err(LogError::Unavailable(_) | LogError::RoomExists) => {
                        tokio::time::sleep(READ_PAUSE).await;
                    }
                    Err(error) => return refused_append(&error),
                }
            }
        });
    }

    pub(super) fn count_responses(&mut self, round: RoundId) {
        let (log, room) = (Arc::clone(&self.log), self.room);
        self.works.spawn(async move {
            match log.responders(room, round).await {
                Ok(by) => Done::Event(Event::Counted { round, by }),
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
        let (metrics, copy) = (Arc::clone(&self.metrics), self.second_copy());
        self.works.spawn(async move {
            let size = u32::try_from(taken.snapshot.bytes.len()).unwrap_or(u32::MAX);
            match save(log.as_ref(), room, epoch, taken, copy).await {
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

/// Closes what was closed (R5): in a store that went back such rounds may be open, and the
/// responses that a reveal erased may be there again (R8).
async fn close_again(log: &dyn RoomLog, room: RoomId, workshop: &Workshop) -> Result<(), LogError> {
    for round in &workshop.rounds {
        if round.status != RoundStatus::Open {
            log.close_round(room, round.id).await?;
        }
    }
    Ok(())
}

/// What the store has of a room, which is made anew from memory where it has nothing.
async fn stored(
    log: &dyn RoomLog,
    room: RoomId,
    epoch: Epoch,
    snapshot: &Snapshot,
) -> Result<Option<Box<LoadedRoom>>, LogError> {
    match log.load(room).await {
        Ok(stored) if stored.epoch == epoch => Ok(Some(Box::new(stored))),
        Ok(LoadedRoom { epoch: current, .. }) => Err(LogError::Fenced { current }),
        Err(LogError::NoSuchRoom) => {
            log.recreate(room, now(), epoch, snapshot.clone()).await?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A snapshot on its way to the store.
pub(super) struct Taken {
    /// Up to where the one goes that it replaces.
    expected: Sequence,
    snapshot: Snapshot,
    /// What the log must hold for it to be right.
    known: Known,
    /// How far the document in it goes.
    vector: Bytes,
}

impl Taken {
    pub(super) fn from(state: &mut RoomState) -> Result<Self, Poisoned> {
        let (expected, snapshot) = state.snapshot()?;
        Ok(Self {
            expected,
            snapshot,
            known: state.known(),
            vector: state.document.vector()?,
        })
    }
}

/// What it takes to load a snapshot beside the room that it is of.
pub(super) struct SecondCopy {
    pub(super) bytes: usize,
    pub(super) is_large: bool,
    pub(super) work: Arc<Work>,
}

/// Saves a snapshot that was loaded again, and returns up to where the stored one goes: another
/// node may have been first.
pub(super) async fn save(
    log: &dyn RoomLog,
    room: RoomId,
    epoch: Epoch,
    taken: Taken,
    copy: SecondCopy,
) -> Result<Sequence, LogError> {
    let Taken {
        expected,
        snapshot,
        known,
        vector,
    } = taken;
    let turn = copy.work.verification(copy.bytes, copy.is_large).await;
    let verified = copy.work.hands.work(move || {
        let _turn = turn;
        loading::verify(&snapshot, &vector).map(|()| snapshot)
    });
    let snapshot = verified
        .await
        .unwrap_or(Err(RestoreError::Document))
        .map_err(|error| {
            error!(room.id = %room, %error, "room {room}: its snapshot does not load again");
            LogError::Damaged(error.to_string())
        })?;
    let upto = snapshot.upto;
    // One of a log that went back would hide what was appended to it since.
    log.append_after(room, epoch, known, Vec::new()).await?;
    if log.save_snapshot(room, epoch, expected, snapshot).await? {
        return Ok(upto);
    }
    Ok(log.load(room).await?.snapshot.upto)
}

fn refused_append(error: &LogError) -> Done {
    match error {
        LogError::Unavailable(_) => Done::Event(Event::AppendFailed),
        LogError::Fenced { .. } => Done::Gone(CloseCode::Epoch),
        LogError::Regressed { .. } | LogError::NoSuchRoom => Done::Event(Event::Regressed {
            by: Noticed::Append,
        }),
        LogError::Trimmed { .. } | LogError::RoomExists | LogError::Damaged(_) => {
            Done::Gone(CloseCode::Unavailable)
        }
    }
}
