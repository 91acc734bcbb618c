//! The rooms that are in memory, each loaded once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hartslag_protocol::ids::{RoomId, RoundId};
use hartslag_protocol::workshop::{RoundStatus, Workshop};
use rand::random;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info};

use super::handle::RoomHandle;
use super::remembered::{Memory, Remembered};
use super::share::{Glance, Share};
use super::state::{IDLE, RestoreError, RoomState};
use super::task::{MAILBOX, RoomTask};
use super::under_way::{UNDER_WAY_BYTES, UnderWay};
use super::{loading, size};
use crate::clock::now;
use crate::log::{LoadedRoom, LogError, Milliseconds, RoomLog};
use crate::metrics::Metrics;
use crate::work::jobs::Jobs;
use crate::work::memory::Charge;
use crate::work::queue::Seat;
use crate::work::seats::Asker;
use crate::work::{Busy, Work};

/// What all rooms together may take to leave memory when the server stops.
const CLOSE_ALL: Duration = Duration::from_secs(8);
/// How long a room that could not be read is not read again: each time costs as much.
pub const DAMAGED: Duration = Duration::from_secs(5);

/// A build that fits every web client.
const ANY_BUILD: &str = "dev";

/// Why a room did not open.
#[derive(Clone, Debug, thiserror::Error)]
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
    Damaged(#[source] Arc<RestoreError>),
    /// The store did not answer.
    #[error("the room could not be read from the store")]
    Log(#[source] Arc<LogError>),
    /// Too much else comes first.
    #[error(transparent)]
    Busy(#[from] Busy),
}

impl From<LogError> for OpenRoomError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::NoSuchRoom => Self::NoSuchRoom,
            other => Self::Log(Arc::new(other)),
        }
    }
}

impl From<RestoreError> for OpenRoomError {
    fn from(error: RestoreError) -> Self {
        Self::Damaged(Arc::new(error))
    }
}

struct Running {
    handle: RoomHandle,
    task: JoinHandle<()>,
}

struct Shared {
    log: Arc<dyn RoomLog>,
    metrics: Arc<Metrics>,
    work: Arc<Work>,
    build: Arc<str>,
    idle: Milliseconds,
    under_way: Arc<UnderWay>,
    /// Rooms in memory, and those that are leaving it.
    running: Mutex<HashMap<RoomId, Running>>,
    /// Loads that go on whoever waits for them: two visitors never start the same room twice.
    loads: Arc<Jobs<RoomId, Result<RoomHandle, OpenRoomError>>>,
    damaged: Mutex<HashMap<RoomId, (Instant, OpenRoomError)>>,
    remembered: Mutex<Remembered>,
    shutdown: CancellationToken,
    /// Rooms that load or run.
    tasks: TaskTracker,
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
        let work = Work::new(&metrics);
        Self::of_build(log, metrics, work, ANY_BUILD, Duration::from_millis(IDLE))
    }

    /// The same for a server that carries this build of the web client: people are welcomed
    /// with it, and a client of another build reloads. A room without members leaves memory
    /// after `idle`.
    pub fn of_build(
        log: Arc<dyn RoomLog>,
        metrics: Arc<Metrics>,
        work: Work,
        build: &str,
        idle: Duration,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                log,
                under_way: Arc::new(UnderWay::within(UNDER_WAY_BYTES, Arc::clone(&metrics))),
                metrics,
                loads: Arc::new(Jobs::new(Arc::clone(&work.loading))),
                work: Arc::new(work),
                build: build.into(),
                idle: u64::try_from(idle.as_millis()).unwrap_or(IDLE),
                running: Mutex::default(),
                damaged: Mutex::default(),
                remembered: Mutex::default(),
                shutdown: CancellationToken::new(),
                tasks: TaskTracker::new(),
                open: TaskTracker::new(),
            }),
        }
    }

    #[cfg(test)]
    pub(super) fn log(&self) -> Arc<dyn RoomLog> {
        Arc::clone(&self.shared.log)
    }

    /// What rooms share with other work.
    pub fn work(&self) -> &Arc<Work> {
        &self.shared.work
    }

    /// The room, for the server itself.
    pub async fn open(&self, room: RoomId) -> Result<RoomHandle, OpenRoomError> {
        let asker = Asker {
            room: Some(room),
            ..Asker::default()
        };
        self.open_for(room, asker).await
    }

    /// The room, loaded where it was not in memory. One that is leaving memory leaves first.
    pub async fn open_for(&self, room: RoomId, asker: Asker) -> Result<RoomHandle, OpenRoomError> {
        if let Some(handle) = self.in_memory(room) {
            return Ok(handle);
        }
        if let Some(error) = self.known_damage(room) {
            return Err(error);
        }
        let bring = |seat| self.bring(room, seat);
        self.shared.loads.of(room, asker, 1, bring).await?
    }

    fn in_memory(&self, room: RoomId) -> Option<RoomHandle> {
        let running = lock(&self.shared.running);
        let known = running.get(&room)?;
        (!known.handle.is_closed()).then(|| known.handle.clone())
    }

    /// Why the room could not be read a moment ago.
    fn known_damage(&self, room: RoomId) -> Option<OpenRoomError> {
        let damaged = lock(&self.shared.damaged);
        let (at, error) = damaged.get(&room)?;
        (at.elapsed() < DAMAGED).then(|| error.clone())
    }

    /// Brings a room into memory, one load of it at a time.
    fn bring(
        &self,
        room: RoomId,
        seat: Seat,
    ) -> impl Future<Output = Result<RoomHandle, OpenRoomError>> + Send + use<> {
        let rooms = self.clone();
        let token = self.shared.tasks.token();
        async move {
            let (_token, _seat) = (token, seat);
            if let Some(handle) = rooms.in_memory(room) {
                return Ok(handle);
            }
            let left = lock(&rooms.shared.running).remove(&room);
            if let Some(Running { task, .. }) = left
                && let Err(error) = task.await
            {
                error!(room.id = %room, %error, "room {room}: its task ended early");
            }
            let stopped = rooms.shared.shutdown.cancelled();
            let started = tokio::select! {
                biased;
                () = stopped => Err(OpenRoomError::ShuttingDown),
                started = rooms.start(room) => started,
            };
            if let Err(error @ OpenRoomError::Damaged(_)) = &started {
                let mut damaged = lock(&rooms.shared.damaged);
                damaged.retain(|_, (at, _)| at.elapsed() < DAMAGED);
                damaged.insert(room, (Instant::now(), error.clone()));
            }
            started
        }
    }

    async fn start(&self, room: RoomId) -> Result<RoomHandle, OpenRoomError> {
        let log = &self.shared.log;
        // Followed before it is read, so that nothing falls between.
        let hints = log.follow(room).await?;
        let losses = self.require_remembered(room).await?;
        let (state, charge) = self.load(room).await?;
        let epoch = state.epoch;
        let closed = heal(log.as_ref(), room, &state.workshop).await?;

        let (orders, mailbox) = mpsc::channel(MAILBOX);
        let metrics = Arc::clone(&self.shared.metrics);
        let glance = Arc::new(Glance {
            stay: random(),
            ..Glance::default()
        });
        let handle = RoomHandle::new(
            (room, epoch),
            Arc::clone(&glance),
            orders,
            Arc::clone(log),
            Arc::clone(&metrics),
            Arc::clone(&self.shared.under_way),
            self.shared.open.clone(),
        );
        let share = Share::new(Arc::clone(&metrics), glance, charge, &state);
        let (work, under_way) = (
            Arc::clone(&self.shared.work),
            Arc::clone(&self.shared.under_way),
        );
        let task = RoomTask::new(state, Arc::clone(log), metrics, share, work, under_way);
        let running = task.run(mailbox, hints, self.shared.shutdown.clone());
        let rooms = self.clone();
        // Held until it is in there, as it may end at once.
        let mut known = lock(&self.shared.running);
        let task = self.shared.tasks.spawn(async move {
            if let Some(known) = running.await {
                let memory = Memory {
                    epoch,
                    known,
                    losses,
                };
                lock(&rooms.shared.remembered).remember(room, memory);
            }
            rooms.forget(room);
        });
        let kept = handle.clone();
        known.insert(room, Running { handle: kept, task });
        drop(known);
        for round in closed {
            handle.heal_round(round);
        }
        info!(room.id = %room, "room {room}: in memory");
        Ok(handle)
    }

    /// The room from its snapshot, or from the former one where that cannot be read.
    async fn load(&self, room: RoomId) -> Result<(RoomState, Charge), OpenRoomError> {
        let log = &self.shared.log;
        let loaded = log.load(room).await?;
        let charge = self.reserve(size::foreseen(&loaded), 0).await?;
        let kept = loaded.snapshot.upto;
        let damage = match self.restore(room, loaded).await {
            Ok(state) => return Ok((state, charge)),
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
        Ok((state, charge))
    }

    async fn restore(&self, room: RoomId, loaded: LoadedRoom) -> Result<RoomState, RestoreError> {
        let hands = &self.shared.work.hands;
        let restored = hands.work(move || restore(room, &loaded));
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
        let Some(memory) = lock(&self.shared.remembered).of(room) else {
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

    /// Waits until there is memory for something, beside what is charged for its room; rooms
    /// that are idle leave for it.
    pub async fn reserve(&self, bytes: usize, beside: usize) -> Result<Charge, Busy> {
        let make_room = |lacking| self.make_room(lacking);
        let memory = &self.shared.work.memory;
        memory.reserve(bytes, beside, make_room).await
    }

    /// Asks as many rooms to leave memory as it takes, the longest idle first. Nobody who is in
    /// a room loses it for another.
    fn make_room(&self, mut lacking: usize) {
        let running = lock(&self.shared.running);
        let idle = running.values().filter_map(|known| {
            let since = known.handle.idle_since()?;
            (!known.handle.is_closed()).then_some((since, &known.handle))
        });
        let mut idle: Vec<_> = idle.collect();
        idle.sort_by_key(|(since, _)| *since);
        for (_, handle) in idle {
            if lacking == 0 {
                return;
            }
            handle.make_room();
            lacking = lacking.saturating_sub(handle.memory_bytes());
        }
    }

    /// Closes every room: what is in flight is finished, snapshots are saved, members hear that
    /// the server restarts, and their connections close. Takes a bounded time; the log holds everything anyway.
    pub async fn close_all(&self) {
        self.shared.shutdown.cancel();
        self.shared.tasks.close();
        self.shared.open.close();
        let closing = async {
            self.shared.tasks.wait().await;
            self.shared.open.wait().await;
        };
        if tokio::time::timeout(CLOSE_ALL, closing).await.is_err() {
            error!("not every room and connection closed in time");
        }
    }

    /// Drops what is kept of a room that left memory.
    fn forget(&self, room: RoomId) {
        let mut running = lock(&self.shared.running);
        if running
            .get(&room)
            .is_some_and(|known| known.handle.is_closed())
        {
            running.remove(&room);
        }
    }
}

/// It is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
