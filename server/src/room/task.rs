//! The task that owns a room: hands events to its rules and does what they want done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hartslag_protocol::ids::{ConnectionId, ParticipantId, RoomId};
use hartslag_protocol::wire::close::CloseCode;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::effects::News;
use super::event::{Event, Ticket};
use super::handle::{Dialect, Order};
use super::outbox::Outbox;
use super::share::Share;
use super::state::RoomState;
use super::subscribers::Subscribers;
use super::under_way::{Frames, UnderWay};
use super::works::{Done, SecondCopy, Taken, save};
use crate::clock::now;
use crate::log::{Epoch, Hint, Known, Milliseconds, RoomLog};
use crate::metrics::{Metrics, reason};
use crate::work::Work;

/// Orders that wait for a room; who comes on top of that waits.
pub(super) const MAILBOX: usize = 256;
/// Orders that are carried out together.
const TURN: usize = 64;
/// What the last snapshot and appends may take when the room leaves memory; the log holds all
/// of it anyway.
const FAREWELL: Duration = Duration::from_secs(5);

/// A member, as the task sees it.
pub(super) struct Listener {
    pub(super) participant: ParticipantId,
    pub(super) dialect: Dialect,
    pub(super) follows: bool,
    pub(super) outbox: Arc<Outbox>,
}

pub(super) struct RoomTask {
    pub(super) room: RoomId,
    pub(super) epoch: Epoch,
    /// Absent only while its work is done off the reactor.
    pub(super) state: Option<RoomState>,
    pub(super) log: Arc<dyn RoomLog>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) listeners: BTreeMap<ConnectionId, Listener>,
    pub(super) subscribers: Subscribers,
    pub(super) news: News,
    pub(super) frames: Frames,
    pub(super) under_way: Arc<UnderWay>,
    pub(super) waiting: BTreeMap<Ticket, oneshot::Sender<()>>,
    pub(super) tickets: Ticket,
    /// At most an append, a read, a snapshot and a count per round.
    pub(super) works: JoinSet<Done>,
    ends: Option<CloseCode>,
    share: Share,
    /// How far it was folded in when it could not go on.
    known: Option<Known>,
    pub(super) work: Arc<Work>,
}

impl RoomTask {
    pub(super) fn new(
        state: RoomState,
        log: Arc<dyn RoomLog>,
        metrics: Arc<Metrics>,
        share: Share,
        work: Arc<Work>,
        under_way: Arc<UnderWay>,
    ) -> Self {
        Self {
            room: state.room,
            epoch: state.epoch,
            state: Some(state),
            log,
            share,
            frames: Frames::counted_in(&metrics),
            under_way,
            metrics,
            listeners: BTreeMap::new(),
            subscribers: Subscribers::default(),
            news: News::default(),
            waiting: BTreeMap::new(),
            tickets: 0,
            works: JoinSet::new(),
            ends: None,
            known: None,
            work,
        }
    }

    /// Runs until the room rests, cannot go on, or the server stops. Returns how far it folded
    /// in the log.
    pub(super) async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut hints: mpsc::Receiver<Hint>,
        shutdown: CancellationToken,
    ) -> Option<Known> {
        let mut ready = Vec::new();
        while self.ends.is_none() {
            let (due, news) = (self.due(), self.news.due);
            tokio::select! {
                biased;
                () = shutdown.cancelled() => self.ends = Some(CloseCode::Restart),
                Some(done) = self.works.join_next() => self.finished(done).await,
                Some(hint) = hints.recv() => self.hear(hint).await,
                taken = orders.recv_many(&mut ready, TURN) => match taken {
                    0 => self.ends = Some(CloseCode::Unavailable),
                    _ => self.orders(ready.drain(..)).await,
                },
                () = wait_until(news) => self.deliver(),
                () = sleep_until(due) => self.take(vec![Event::Tick]).await,
            }
        }
        orders.close();
        self.farewell().await
    }

    async fn hear(&mut self, hint: Hint) {
        let event = match hint {
            Hint::Reached(sequence) => Event::Heard { sequence },
            Hint::Told(bytes) => {
                let state = self.state.as_ref();
                if state.is_some_and(|state| state.is_echo(&bytes)) {
                    return;
                }
                Event::Told { bytes }
            }
        };
        self.take(vec![event]).await;
    }

    fn due(&self) -> Option<Duration> {
        let due = self.state.as_ref().and_then(RoomState::due)?;
        Some(Duration::from_millis(due.saturating_sub(now())))
    }

    /// Hands a turn's events to the rules, off the reactor where that may take long.
    pub(super) async fn take(&mut self, events: Vec<Event>) {
        let Some(state) = self.state.as_mut().filter(|_| !events.is_empty()) else {
            return;
        };
        self.metrics.turns.inc();
        let started = Instant::now();
        let time = now();
        state.clock_ahead = self.log.clock_ahead();
        let effects = if state.is_heavy(&events) {
            self.aside(move |state| state.receive_all(events, time))
                .await
        } else {
            Some(state.receive_all(events, time))
        };
        self.metrics.turn_seconds.observe_time(started.elapsed());
        self.count();
        for effect in effects.unwrap_or_default() {
            self.perform(effect).await;
        }
        self.deliver();
    }

    /// Shows others how the room is.
    pub(super) fn count(&mut self) {
        let Some(state) = &self.state else {
            return;
        };
        let is_empty = self.listeners.is_empty() && self.subscribers.is_empty();
        let idle_since = state.alone_since.filter(|_| is_empty);
        self.share.update(state, idle_since);
    }

    /// What it takes to verify a snapshot: a second copy of the room for a while.
    pub(super) fn second_copy(&self) -> SecondCopy {
        SecondCopy {
            bytes: self.share.bytes(),
            is_large: self.state.as_ref().is_none_or(|it| it.document.is_large()),
            work: Arc::clone(&self.work),
        }
    }

    /// Looks at the state, off the reactor when the document is large.
    pub(super) async fn look<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut RoomState) -> T + Send + 'static,
    ) -> Option<T> {
        let state = self.state.as_mut()?;
        if state.document.is_large() {
            self.aside(work).await
        } else {
            Some(work(state))
        }
    }

    /// Looks at the state together with what is on its board: off the reactor only where that has
    /// to be read anew.
    pub(super) async fn look_at_board<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut RoomState, Milliseconds) -> T + Send + 'static,
    ) -> Option<T> {
        let (state, time) = (self.state.as_mut()?, now());
        if state.document.knows_contents(time) {
            Some(work(state, time))
        } else {
            self.look(move |state| work(state, time)).await
        }
    }

    /// Works on the state off the reactor. A panic there ends the room: it is rebuilt from the
    /// log when next opened.
    async fn aside<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut RoomState) -> T + Send + 'static,
    ) -> Option<T> {
        let mut state = self.state.take()?;
        let worked = self.work.room_hands.work(move || {
            let outcome = work(&mut state);
            (state, outcome)
        });
        if let Ok((state, outcome)) = worked.await {
            self.state = Some(state);
            Some(outcome)
        } else {
            self.abandon(CloseCode::Unavailable);
            None
        }
    }

    async fn finished(&mut self, done: Result<Done, tokio::task::JoinError>) {
        match done {
            Ok(Done::Event(event)) => self.take(vec![event]).await,
            Ok(Done::Gone(code)) => self.abandon(code),
            Err(error) => {
                error!(room.id = %self.room, %error, "room {}: work ended early", self.room);
                self.abandon(CloseCode::Unavailable);
            }
        }
    }

    /// Leaves memory, unless someone still listens to events.
    pub(super) fn rest(&mut self) {
        if self.subscribers.is_empty() && self.listeners.is_empty() {
            self.ends = Some(CloseCode::Restart);
        }
    }

    pub(super) fn abandon(&mut self, code: CloseCode) {
        self.metrics
            .abandoned
            .get_or_create(&reason(code.reason()))
            .inc();
        warn!(room.id = %self.room, "room {}: leaving memory: {}", self.room, code.reason());
        self.say_goodbye();
        self.known = self.state.take().map(|state| state.known());
        self.ends = Some(code);
    }

    fn say_goodbye(&mut self) {
        if let Some(bytes) = self.state.as_mut().and_then(RoomState::goodbye) {
            self.log.tell(self.room, bytes);
        }
    }

    /// Finishes the append in flight, tells everyone, saves a snapshot; in bounded time.
    async fn farewell(mut self) -> Option<Known> {
        let code = self.ends.unwrap_or(CloseCode::Unavailable);
        let last = async {
            while self.state.as_ref().is_some_and(RoomState::is_appending) {
                let Some(done) = self.works.join_next().await else {
                    break;
                };
                self.finished(done).await;
            }
            for listener in self.listeners.values() {
                listener.outbox.close(code);
            }
            self.say_goodbye();
            let ahead = self
                .state
                .as_ref()
                .is_some_and(RoomState::is_ahead_of_snapshot);
            if ahead && let Some(Ok(taken)) = self.look(Taken::from).await {
                let (log, copy) = (self.log.as_ref(), self.second_copy());
                let saved = save(log, self.room, self.epoch, taken, copy);
                if let Err(error) = saved.await {
                    warn!(room.id = %self.room, %error, "room {}: no last snapshot", self.room);
                }
            }
        };
        if tokio::time::timeout(FAREWELL, last).await.is_err() {
            warn!(room.id = %self.room, "room {}: left without a last snapshot", self.room);
        }
        for listener in self.listeners.values() {
            listener.outbox.close(code);
        }
        for _ in &self.listeners {
            self.metrics.connections.dec();
        }
        info!(room.id = %self.room, "room {}: left memory", self.room);
        self.state.map(|state| state.known()).or(self.known)
    }
}

async fn sleep_until(due: Option<Duration>) {
    match due {
        Some(due) => tokio::time::sleep(due).await,
        None => std::future::pending().await,
    }
}

async fn wait_until(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
