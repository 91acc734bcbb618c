//! The rooms that are in memory, each loaded once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hartslag_protocol::ids::{RoomId, RoundId};
use hartslag_protocol::workshop::{RoundStatus, Workshop};
use rand::random;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info};

use super::handle::RoomHandle;
use super::loading;
use super::remembered::{Memory, Remembered};
use super::state::{IDLE, RestoreError, RoomState};
use super::task::{MAILBOX, RoomTask};
use super::under_way::{UNDER_WAY_BYTES, UnderWay};
use crate::clock::now;
use crate::log::{LoadedRoom, LogError, Milliseconds, RoomLog};
use crate::metrics::Metrics;

/// What all rooms together may take to leave memory when the server stops.
const CLOSE_ALL: Duration = Duration::from_secs(8);

/// A build that fits every web client.
const ANY_BUILD: &str = "dev";

/// Why a room did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenRoomError {
    /// There is no such room.
    #[error("the room does not exist")]
    NoSuchRoom,
    /// The server is shutting down.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The store has less of it than this node has seen durable (L7).
    #[error("the store has less of the room than was acknowledged")]
    Regressed,
    /// What is stored of it cannot be read.
    #[error("the stored room cannot be read")]
    Damaged(#[from] RestoreError),
    /// The store did not answer.
    #[error("the room could not be read from the store")]
    Log(#[source] LogError),
}

impl From<LogError> for OpenRoomError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::NoSuchRoom => Self::NoSuchRoom,
            other => Self::Log(other),
        }
    }
}

struct Running {
    handle: RoomHandle,
    task: JoinHandle<()>,
}

/// Locked while a room loads and until it has left memory, so that two visitors never start the
/// same room twice.
type Slot = Arc<tokio::sync::Mutex<Option<Running>>>;

struct Shared {
    log: Arc<dyn RoomLog>,
    metrics: Arc<Metrics>,
    build: Arc<str>,
    idle: Milliseconds,
    under_way: Arc<UnderWay>,
    slots: Mutex<HashMap<RoomId, Slot>>,
    remembered: Mutex<Remembered>,
    shutdown: CancellationToken,
    /// Open connections, over all rooms.
    open: TaskTracker,
}

/// Opens rooms. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Rooms {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Rooms").finish_non_exhaustive()
    }
}

impl Rooms {
    /// No room is in memory yet.
    pub fn new(log: Arc<dyn RoomLog>, metrics: Arc<Metrics>) -> Self {
        Self::of_build(log, metrics, ANY_BUILD, Duration::from_millis(IDLE))
    }

    /// The same for a server that carries this build of the web client: people are welcomed
    /// with it, and a client of another build reloads. A room without members leaves memory
    /// after `idle`.
    pub fn of_build(
        log: Arc<dyn RoomLog>,
        metrics: Arc<Metrics>,
        build: &str,
        idle: Duration,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                log,
                under_way: Arc::new(UnderWay::within(UNDER_WAY_BYTES, Arc::clone(&metrics))),
                metrics,
                build: build.into(),
                idle: u64::try_from(idle.as_millis()).unwrap_or(IDLE),
                slots: Mutex::default(),
                remembered: Mutex::default(),
                shutdown: CancellationToken::new(),
                open: TaskTracker::new(),
            }),
        }
    }

    /// The room, loaded where it was not in memory. One that is leaving memory leaves first.
    pub async fn open(&self, room: RoomId) -> Result<RoomHandle, OpenRoomError> {
        let slot = self.slot(room);
        let opened = self.open_in(&slot, room).await;
        drop(slot);
        if opened.is_err() {
            self.forget(room);
        }
        opened
    }

    async fn open_in(&self, slot: &Slot, room: RoomId) -> Result<RoomHandle, OpenRoomError> {
        let mut running = slot.lock().await;
        if let Some(known) = running.as_mut() {
            if !known.handle.is_closed() {
                return Ok(known.handle.clone());
            }
            if let Err(error) = (&mut known.task).await {
                error!(room.id = %room, %error, "room {room}: its task ended early");
            }
            *running = None;
        }
        if self.shared.shutdown.is_cancelled() {
            return Err(OpenRoomError::ShuttingDown);
        }
        let started = self.start(room).await?;
        let handle = started.handle.clone();
        *running = Some(started);
        Ok(handle)
    }

    async fn start(&self, room: RoomId) -> Result<Running, OpenRoomError> {
        let log = &self.shared.log;
        // Followed before it is read, so that nothing falls between.
        let hints = log.follow(room).await?;
        let losses = self.require_remembered(room).await?;
        let state = self.load(room).await?;
        let epoch = state.epoch;
        let closed = heal(log.as_ref(), room, &state.workshop).await?;

        let (orders, mailbox) = mpsc::channel(MAILBOX);
        let handle = RoomHandle::new(
            room,
            epoch,
            orders,
            Arc::clone(log),
            Arc::clone(&self.shared.metrics),
            Arc::clone(&self.shared.under_way),
            self.shared.open.clone(),
        );
        let metrics = Arc::clone(&self.shared.metrics);
        let under_way = Arc::clone(&self.shared.under_way);
        let task = RoomTask::new(room, epoch, state, Arc::clone(log), metrics, under_way);
        let running = task.run(mailbox, hints, self.shared.shutdown.clone());
        let rooms = self.clone();
        let task = tokio::spawn(async move {
            if let Some(known) = running.await {
                let memory = Memory {
                    epoch,
                    known,
                    losses,
                };
                rooms.remembered().remember(room, memory);
            }
            rooms.forget(room);
        });
        for round in closed {
            handle.heal_round(round);
        }
        info!(room.id = %room, "room {room}: in memory");
        Ok(Running { handle, task })
    }

    /// The room from its snapshot, or from the former one where that cannot be read.
    async fn load(&self, room: RoomId) -> Result<RoomState, OpenRoomError> {
        let log = &self.shared.log;
        let loaded = log.load(room).await?;
        let kept = loaded.snapshot.upto;
        let damage = match self.restore(room, loaded).await {
            Ok(state) => return Ok(state),
            Err(damage) => damage,
        };
        error!(room.id = %room, %damage, "room {room}: its snapshot cannot be read, trying the former one");
        self.shared.metrics.damaged_snapshots.inc();
        let Some(former) = log.load_former(room).await? else {
            return Err(damage.into());
        };
        let restored = self.restore(room, former).await;
        let mut state = restored.inspect_err(
            |error| error!(room.id = %room, %error, "room {room}: cannot be loaded"),
        )?;
        state.tail.replaces(kept);
        Ok(state)
    }

    async fn restore(&self, room: RoomId, loaded: LoadedRoom) -> Result<RoomState, RestoreError> {
        let restored = tokio::task::spawn_blocking(move || restore(room, &loaded));
        let mut state = restored.await.unwrap_or(Err(RestoreError::Document))?;
        if self.shared.log.is_shared() {
            state.share();
        }
        state.build = Arc::clone(&self.shared.build);
        state.idle = self.shared.idle;
        let encodings = &self.shared.metrics.document_encodings;
        state.document.encodings = encodings.clone();
        for sequence in &state.quarantined {
            self.shared.metrics.quarantined.inc();
            error!(room.id = %room, sequence, "room {room}: entry {sequence} is in quarantine");
        }
        Ok(state)
    }

    /// Fails where the store has less of the room than this node remembers, unless that loss was
    /// accepted. Returns how often one was.
    async fn require_remembered(&self, room: RoomId) -> Result<u64, OpenRoomError> {
        let log = &self.shared.log;
        let losses = log.accepted_losses(room).await?;
        let Some(memory) = self.remembered().of(room) else {
            return Ok(losses);
        };
        if memory.losses < losses {
            return Ok(losses);
        }
        let looked = log.append_after(room, memory.epoch, memory.known, Vec::new());
        match looked.await {
            // Behind the trim the snapshot is newer than what is remembered.
            Ok(_) | Err(LogError::Fenced { .. } | LogError::Trimmed { .. }) => Ok(losses),
            Err(LogError::Regressed { .. } | LogError::NoSuchRoom) => {
                self.shared.metrics.log_regressions.inc();
                error!(
                    room.id = %room,
                    "room {room}: the store has less than was acknowledged, and this node no longer holds it: not served until `hartslag accept-loss` or a restore"
                );
                Err(OpenRoomError::Regressed)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        // It is whole between any two statements.
        let remembered = &self.shared.remembered;
        remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes every room: what is in flight is finished, snapshots are saved, members hear that
    /// the server restarts, and their connections close. Takes a bounded time; the log holds everything anyway.
    pub async fn close_all(&self) {
        self.shared.shutdown.cancel();
        let slots: Vec<Slot> = self.slots().values().cloned().collect();
        let closing = async {
            for slot in slots {
                if let Some(running) = slot.lock().await.take() {
                    // A task that panicked has logged so; its log is whole.
                    let _ = running.task.await;
                }
            }
            self.shared.open.close();
            self.shared.open.wait().await;
        };
        if tokio::time::timeout(CLOSE_ALL, closing).await.is_err() {
            error!("not every room and connection closed in time");
        }
    }

    fn slot(&self, room: RoomId) -> Slot {
        Arc::clone(self.slots().entry(room).or_default())
    }

    /// Drops the slot of a room that is not in memory, unless someone is about to open it.
    fn forget(&self, room: RoomId) {
        let mut slots = self.slots();
        if slots
            .get(&room)
            .is_some_and(|slot| Arc::strong_count(slot) == 1 && is_free(slot))
        {
            slots.remove(&room);
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<RoomId, Slot>> {
        self.shared
            .slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Only the map holds the slot, so nobody waits for its lock.
fn is_free(slot: &Slot) -> bool {
    slot.try_lock().is_ok_and(|running| {
        running
            .as_ref()
            .is_none_or(|running| running.handle.is_closed())
    })
}

/// Whether a room opens from this, as [`Rooms::open`] would open it.
pub fn check_content(room: RoomId, loaded: &LoadedRoom) -> Result<(), RestoreError> {
    restore(room, loaded).map(|_state| ())
}

fn restore(room: RoomId, loaded: &LoadedRoom) -> Result<RoomState, RestoreError> {
    loading::load(room, loaded, random(), now())
}

/// Finishes what a crash kept from the store: opens rounds whose event is in the log, erases
/// responses whose result is (R8). Both change nothing when they were done. Returns the rounds
/// that the store closed and whose event a crash kept from the log (R5).
pub(super) async fn heal(
    log: &dyn RoomLog,
    room: RoomId,
    workshop: &Workshop,
) -> Result<Vec<RoundId>, LogError> {
    let mut closed = Vec::new();
    for round in &workshop.rounds {
        match round.status {
            RoundStatus::Open => {
                if !log.open_round(room, round.id).await? {
                    closed.push(round.id);
                }
            }
            RoundStatus::Closed => {}
            RoundStatus::Revealed => log.erase_responses(room, round.id).await?,
        }
    }
    Ok(closed)
}
