//! The task that owns a room: hands events to its rules and does what they want done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hartslag_protocol::ids::{ConnectionId, ParticipantId, RoomId};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::message::ServerMessage;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::event::{Audience, Effect, Event, Tally, Ticket};
use super::handle::{Arrival, Dialect, Order};
use super::outbox::{Outbox, Outgoing};
use super::state::RoomState;
use super::subscribers::Subscribers;
use super::works::{Done, save};
use crate::clock::now;
use crate::log::{Epoch, RoomLog, Sequence};
use crate::metrics::{Metrics, reason};

/// Orders that wait for a room; who comes on top of that waits.
pub(super) const MAILBOX: usize = 256;
/// What the last snapshot and appends may take when the room leaves memory; the log holds all
/// of it anyway.
const FAREWELL: Duration = Duration::from_secs(5);

struct Listener {
    participant: ParticipantId,
    dialect: Dialect,
    follows: bool,
    outbox: Arc<Outbox>,
}

pub(super) struct RoomTask {
    pub(super) room: RoomId,
    pub(super) epoch: Epoch,
    /// Absent only while its work is done off the reactor.
    state: Option<RoomState>,
    pub(super) log: Arc<dyn RoomLog>,
    pub(super) metrics: Arc<Metrics>,
    listeners: BTreeMap<ConnectionId, Listener>,
    subscribers: Subscribers,
    waiting: BTreeMap<Ticket, oneshot::Sender<()>>,
    tickets: Ticket,
    /// At most an append, a read, a snapshot and a count per round.
    pub(super) works: JoinSet<Done>,
    ends: Option<CloseCode>,
}

impl RoomTask {
    pub(super) fn new(
        room: RoomId,
        epoch: Epoch,
        state: RoomState,
        log: Arc<dyn RoomLog>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            room,
            epoch,
            state: Some(state),
            log,
            metrics,
            listeners: BTreeMap::new(),
            subscribers: Subscribers::default(),
            waiting: BTreeMap::new(),
            tickets: 0,
            works: JoinSet::new(),
            ends: None,
        }
    }

    /// Runs until the room rests, cannot go on, or the server stops.
    pub(super) async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut hints: mpsc::Receiver<Sequence>,
        shutdown: CancellationToken,
    ) {
        self.metrics.rooms.inc();
        while self.ends.is_none() {
            let due = self.due();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => self.ends = Some(CloseCode::Restart),
                Some(done) = self.works.join_next() => self.finished(done).await,
                Some(sequence) = hints.recv() => self.take(Event::Heard { sequence }).await,
                order = orders.recv() => match order {
                    Some(order) => self.order(order).await,
                    None => self.ends = Some(CloseCode::Unavailable),
                },
                () = sleep_until(due) => self.take(Event::Tick).await,
            }
        }
        orders.close();
        let metrics = Arc::clone(&self.metrics);
        self.farewell().await;
        metrics.rooms.dec();
    }

    fn due(&self) -> Option<Duration> {
        let due = self.state.as_ref().and_then(RoomState::due)?;
        Some(Duration::from_millis(due.saturating_sub(now())))
    }

    async fn order(&mut self, order: Order) {
        match order {
            Order::Connect(arrival) => self.connect(arrival).await,
            Order::Frame(connection, frame, permit) => {
                self.take(Event::Frame { connection, frame }).await;
                drop(permit);
            }
            Order::Text(connection, text) => self.take(Event::Text { connection, text }).await,
            Order::CaughtUp(connection, base) => {
                self.take(Event::CaughtUp { connection, base }).await;
            }
            Order::Leave(connection) => {
                if self.listeners.remove(&connection).is_some() {
                    self.metrics.connections.dec();
                }
                self.take(Event::Left { connection }).await;
            }
            Order::Record {
                event,
                writer,
                reply,
            } => {
                self.tickets += 1;
                let ticket = self.tickets;
                self.waiting.insert(ticket, reply);
                let event = Event::Record {
                    event,
                    writer,
                    ticket,
                };
                self.take(event).await;
            }
            Order::Answered(round) => self.take(Event::Answered { round }).await,
            Order::Subscribe(participant, subscriber) => {
                self.subscribers.add(participant, subscriber);
            }
            Order::CaptureRound(id, new, reply) => {
                let captured = self.look(move |state| state.capture_round(id, new)).await;
                answer(reply, captured.and_then(Result::ok));
            }
            Order::Overview(reply) => {
                let overview = self.look(RoomState::overview).await;
                answer(reply, overview.and_then(Result::ok));
            }
            Order::Document(reply) => {
                let document = self.look(|state| state.document.encoded()).await;
                answer(reply, document.and_then(Result::ok));
            }
            Order::Workshop(reply) => {
                let workshop = self.state.as_ref().map(|state| Arc::clone(&state.workshop));
                answer(reply, workshop);
            }
        }
    }

    async fn connect(&mut self, arrival: Arrival) {
        let Arrival {
            connection,
            participant,
            role,
            dialect,
            outbox,
            reply,
        } = arrival;
        let listener = Listener {
            participant,
            dialect,
            follows: false,
            outbox,
        };
        self.metrics.connections.inc();
        self.listeners.insert(connection, listener);
        self.take(Event::Connected {
            connection,
            participant,
            role,
            dialect,
        })
        .await;
        answer(reply, Some(()));
    }

    /// Hands an event to the rules, off the reactor where it may take long.
    async fn take(&mut self, event: Event) {
        self.metrics.turns.inc();
        let Some(state) = self.state.as_mut() else {
            return;
        };
        let time = now();
        state.clock_ahead = self.log.clock_ahead();
        let effects = if state.is_heavy(&event) {
            self.aside(move |state| state.receive(event, time)).await
        } else {
            Some(state.receive(event, time))
        };
        for effect in effects.unwrap_or_default() {
            self.perform(effect).await;
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

    /// Works on the state off the reactor. A panic there ends the room: it is rebuilt from the
    /// log when next opened.
    async fn aside<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut RoomState) -> T + Send + 'static,
    ) -> Option<T> {
        let mut state = self.state.take()?;
        let worked = tokio::task::spawn_blocking(move || {
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

    async fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Send { to, message } => self.send(to, &message),
            Effect::SendAll { message, audience } => self.send_all(&message, audience),
            Effect::Answer { to, frame } => {
                self.with(to, |listener| listener.outbox.push_answer(frame));
            }
            Effect::Follow { connection } => {
                self.with(connection, |listener| listener.follows = true);
            }
            Effect::Document {
                frame,
                base,
                except,
            } => {
                for (connection, listener) in &self.listeners {
                    if listener.follows && Some(*connection) != except {
                        listener.outbox.push_document(frame.clone(), &base);
                    }
                }
            }
            Effect::Difference { to, frame } => {
                self.with(to, |listener| listener.outbox.push_difference(frame));
            }
            Effect::Presence { frame } => {
                for listener in self.listeners.values() {
                    listener.outbox.push_presence(frame.clone());
                }
            }
            Effect::Close { connection, code } => {
                self.metrics
                    .closes
                    .get_or_create(&reason(code.reason()))
                    .inc();
                self.with(connection, |listener| listener.outbox.close(code));
            }
            Effect::Append { entries } => self.append(entries),
            Effect::Read { after } => self.read(after),
            Effect::Recorded { ticket } => {
                if let Some(reply) = self.waiting.remove(&ticket) {
                    answer(reply, Some(()));
                }
            }
            Effect::CountResponses { round } => self.count_responses(round),
            Effect::Snapshot => self.snapshot().await,
            Effect::Rest => self.rest(),
            Effect::Abandon { code } => self.abandon(code),
            Effect::Count(tally) => self.count(tally),
        }
    }

    fn with(&mut self, connection: ConnectionId, act: impl FnOnce(&mut Listener)) {
        if let Some(listener) = self.listeners.get_mut(&connection) {
            act(listener);
        }
    }

    fn send(&mut self, to: ConnectionId, message: &ServerMessage) {
        if let Some(text) = encode(message) {
            let text = Outgoing::Text(text);
            self.with(to, |listener| match message {
                ServerMessage::Welcome { .. } => listener.outbox.push_welcome(text),
                _ => listener.outbox.push(text),
            });
        }
    }

    fn send_all(&mut self, message: &ServerMessage, audience: Audience) {
        let Some(text) = encode(message) else {
            return;
        };
        let hears = |listener: &&Listener| {
            listener.dialect == Dialect::Hartslag
                && match audience {
                    Audience::Everyone => true,
                    Audience::EveryoneBut(participant) => listener.participant != participant,
                }
        };
        for listener in self.listeners.values().filter(hears) {
            listener.outbox.push(Outgoing::Text(text.clone()));
        }
        if matches!(message, ServerMessage::RoundChanged { .. }) {
            self.subscribers.tell(message);
        }
    }

    async fn finished(&mut self, done: Result<Done, tokio::task::JoinError>) {
        match done {
            Ok(Done::Event(event)) => self.take(event).await,
            Ok(Done::Gone(code)) => self.abandon(code),
            Err(error) => {
                error!(room.id = %self.room, %error, "room {}: work ended early", self.room);
                self.abandon(CloseCode::Unavailable);
            }
        }
    }

    /// Leaves memory, unless someone still listens to events.
    fn rest(&mut self) {
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
        self.state = None;
        self.ends = Some(code);
    }

    fn count(&self, tally: Tally) {
        let word = match tally {
            Tally::Admitted => "admitted",
            Tally::Known => "known",
            Tally::Missing => "missing",
            Tally::Malformed => "malformed",
            Tally::TooLarge => "too-large",
            Tally::Forbidden => "forbidden",
            Tally::RefusedInLog => {
                warn!(room.id = %self.room, "room {}: an entry of the log was refused", self.room);
                "refused-in-log"
            }
            Tally::Behind => {
                self.metrics.resyncs.inc();
                return;
            }
        };
        self.metrics.updates.get_or_create(&reason(word)).inc();
    }

    /// Finishes the append in flight, tells everyone, saves a snapshot; in bounded time.
    async fn farewell(mut self) {
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
            let ahead = self
                .state
                .as_ref()
                .is_some_and(RoomState::is_ahead_of_snapshot);
            if ahead && let Some(Ok((expected, snapshot))) = self.look(RoomState::snapshot).await {
                let saved = save(self.log.as_ref(), self.room, self.epoch, expected, snapshot);
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
    }
}

fn encode(message: &ServerMessage) -> Option<String> {
    serde_json::to_string(message).ok()
}

/// Answers an order; without an answer the asker hears that the room closed.
fn answer<T>(reply: oneshot::Sender<T>, answer: Option<T>) {
    if let Some(answer) = answer {
        // Whoever asked may have gone; the order was carried out all the same.
        let _ = reply.send(answer);
    }
}

async fn sleep_until(due: Option<Duration>) {
    match due {
        Some(due) => tokio::time::sleep(due).await,
        None => std::future::pending().await,
    }
}
