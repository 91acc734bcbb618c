//! What connections and HTTP handlers say to a room.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use hartslag_protocol::ids::{ConnectionId, ParticipantId, RoomId, RoundId};
use hartslag_protocol::workshop::event::Participant;
use hartslag_protocol::workshop::{BoardMode, Role, Round, Timer, Workshop, WorkshopEvent};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::outbox::{Outbox, Version};
use super::people::{Attendance, Standing};
use super::rounds::{NewRound, OpenRoundError};
use super::share::Glance;
use super::subscribers::{Subscriber, Subscription};
use super::under_way::UnderWay;
use crate::clock::now;
use crate::log::{Epoch, Milliseconds, RoomLog};
use crate::metrics::{Metrics, reason};
use crate::network::Network;

/// Bytes of inbound frames that wait for one room, over all its connections. Whoever comes on
/// top of that waits, and with it its socket.
const WAITING_FRAME_BYTES: usize = 32 << 20;
/// Of those who come in or ask how the room is, so many wait in its mailbox; the others wait before
/// it, so that a hall that comes in keeps no edit waiting.
pub(super) const QUESTIONS: usize = 4;
/// Events that one subscriber may be behind before its channel ends.
const SUBSCRIBER_EVENTS: usize = 16;

/// The room left memory or is about to: open it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the room is closing")]
pub struct RoomClosed;

/// What a connection understands (W4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// y-protocols and nothing else.
    Plain,
    /// Also the text messages of `hartslag.v1`.
    Hartslag,
}

/// A room at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Title of the board.
    pub title: String,
    /// Municipality of the board.
    pub municipality: String,
    /// Generation of the room.
    pub epoch: Epoch,
    /// People who ever came in.
    pub participants: usize,
    /// People who are connected.
    pub online: usize,
    /// Phases on the board.
    pub phases: usize,
    /// Touchpoints of the current journey.
    pub touchpoints: usize,
    /// Notes on the board.
    pub notes: usize,
    /// The newest round, without a hidden result.
    pub round: Option<Round>,
    /// How long the group has.
    pub timer: Timer,
    /// How much of the board is open to participants.
    pub board_mode: BoardMode,
}

/// A version of a board, as long as its room is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoardVersion {
    stay: u64,
    changes: u64,
}

/// What the task is asked.
#[derive(Debug)]
pub(super) enum Order {
    Connect(Arrival),
    Frame(ConnectionId, Bytes, OwnedSemaphorePermit),
    Text(ConnectionId, String),
    CaughtUp(ConnectionId, Version),
    Leave(ConnectionId),
    Record {
        event: WorkshopEvent,
        writer: Option<ParticipantId>,
        reply: oneshot::Sender<()>,
    },
    CaptureRound(
        RoundId,
        NewRound,
        oneshot::Sender<Result<Round, OpenRoundError>>,
    ),
    Answered(RoundId),
    ReadUp(oneshot::Sender<()>),
    Overview(oneshot::Sender<Overview>),
    Document(oneshot::Sender<Bytes>),
    Workshop(oneshot::Sender<Arc<Workshop>>),
    Standing(ParticipantId, oneshot::Sender<Standing>),
    Attendance(oneshot::Sender<Attendance>),
    Subscribe(ParticipantId, Subscriber),
    /// To leave memory for another room, unless someone came.
    MakeRoom,
}

/// Someone who connects.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) connection: ConnectionId,
    pub(super) participant: ParticipantId,
    pub(super) role: Role,
    pub(super) network: Network,
    pub(super) dialect: Dialect,
    pub(super) outbox: Arc<Outbox>,
    pub(super) reply: oneshot::Sender<()>,
}

/// Talks to a room's task. Cheap to clone.
#[derive(Clone)]
pub struct RoomHandle {
    room: RoomId,
    epoch: Epoch,
    glance: Arc<Glance>,
    orders: mpsc::Sender<Order>,
    waiting: Arc<Semaphore>,
    questions: Arc<Semaphore>,
    log: Arc<dyn RoomLog>,
    metrics: Arc<Metrics>,
    under_way: Arc<UnderWay>,
    open: TaskTracker,
}

impl std::fmt::Debug for RoomHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RoomHandle")
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

impl RoomHandle {
    pub(super) fn new(
        (room, epoch): (RoomId, Epoch),
        glance: Arc<Glance>,
        orders: mpsc::Sender<Order>,
        log: Arc<dyn RoomLog>,
        metrics: Arc<Metrics>,
        under_way: Arc<UnderWay>,
        open: TaskTracker,
    ) -> Self {
        Self {
            room,
            epoch,
            glance,
            orders,
            waiting: Arc::new(Semaphore::new(WAITING_FRAME_BYTES)),
            questions: Arc::new(Semaphore::new(QUESTIONS)),
            log,
            metrics,
            under_way,
            open,
        }
    }

    pub(super) fn count_ballot(&self, outcome: &'static str) {
        self.metrics.ballots.get_or_create(&reason(outcome)).inc();
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// Its generation.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The board as it is: another version once it has changed.
    pub fn version(&self) -> BoardVersion {
        BoardVersion {
            stay: self.glance.stay,
            changes: self.glance.version.load(Ordering::Acquire),
        }
    }

    /// Counts a board that is read to make something of it.
    pub(crate) fn count_board_read(&self) {
        self.metrics.boards_read.inc();
    }

    /// What the room takes in memory.
    pub fn memory_bytes(&self) -> usize {
        self.glance.bytes.load(Ordering::Relaxed)
    }

    /// What its rounds take in memory.
    pub fn rounds_bytes(&self) -> usize {
        self.glance.rounds_bytes.load(Ordering::Relaxed)
    }

    /// Whether work on its board takes long.
    pub fn is_large(&self) -> bool {
        self.glance.is_large.load(Ordering::Relaxed)
    }

    /// Since when nobody is in it or about to come in; asked of the handle that is kept.
    pub(super) fn idle_since(&self) -> Option<Milliseconds> {
        let since = self.glance.idle_since.load(Ordering::Relaxed);
        (since > 0 && self.orders.strong_count() == 1).then_some(since)
    }

    /// Asks the room to leave memory. Where it has much to do, someone is in it.
    pub(super) fn make_room(&self) {
        let _ = self.orders.try_send(Order::MakeRoom);
    }

    pub(super) fn log(&self) -> &Arc<dyn RoomLog> {
        &self.log
    }

    pub(super) fn is_closed(&self) -> bool {
        self.orders.is_closed()
    }

    /// Opens a connection of a participant. `role` counts until the room itself knows the
    /// participant's role.
    pub async fn connect(
        &self,
        participant: ParticipantId,
        role: Role,
        network: Network,
        dialect: Dialect,
    ) -> Result<Member, RoomClosed> {
        let connection = ConnectionId::generate();
        let outbox = self.under_way.open(connection);
        let member = Member {
            connection,
            outbox: Arc::clone(&outbox),
            orders: self.orders.clone(),
            waiting: Arc::clone(&self.waiting),
            metrics: Arc::clone(&self.metrics),
            under_way: Arc::clone(&self.under_way),
            _open: self.open.token(),
        };
        self.inquire(|reply| {
            Order::Connect(Arrival {
                connection,
                participant,
                role,
                network,
                dialect,
                outbox,
                reply,
            })
        })
        .await?;
        Ok(member)
    }

    /// Lets someone in, or back in with another name or role; durable when it returns.
    pub async fn admit_participant(
        &self,
        participant: ParticipantId,
        name: String,
        municipality: String,
        role: Role,
    ) -> Result<Participant, RoomClosed> {
        self.record(
            WorkshopEvent::ParticipantAdmitted {
                participant,
                name,
                municipality,
                role,
            },
            Some(participant),
        )
        .await?;
        let workshop = self.workshop().await?;
        workshop
            .participants
            .get(&participant)
            .cloned()
            .ok_or(RoomClosed)
    }

    /// The room at a glance.
    pub async fn overview(&self) -> Result<Overview, RoomClosed> {
        let mut overview = self.inquire(Order::Overview).await?;
        overview.timer = self.workshop().await?.timer(self.shared_now());
        Ok(overview)
    }

    /// Sets the timer to end after this, or stops it; durable when it returns (T1).
    pub async fn set_timer(&self, span: Option<Duration>) -> Result<Timer, RoomClosed> {
        let milliseconds = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let ends_at = span.map(|span| self.shared_now().saturating_add(milliseconds(span)));
        self.record(WorkshopEvent::TimerSet { ends_at }, None)
            .await?;
        Ok(Timer::until(ends_at, self.shared_now()))
    }

    /// Sets how much of the board is open to participants; durable when it returns (P4).
    pub async fn set_board_mode(
        &self,
        mode: BoardMode,
        by: ParticipantId,
    ) -> Result<(), RoomClosed> {
        if self.workshop().await?.board_mode == mode {
            return Ok(());
        }
        self.record(WorkshopEvent::BoardModeChanged { mode }, Some(by))
            .await
    }

    /// The time by the clock that all nodes share.
    pub fn shared_now(&self) -> Milliseconds {
        now().saturating_add_signed(self.log.clock_ahead())
    }

    /// The board as one Yjs update (v1).
    pub async fn document(&self) -> Result<Bytes, RoomClosed> {
        self.inquire(Order::Document).await
    }

    /// The room besides its board. Rounds in it may hold nothing that [`Round::public`] hides,
    /// as results enter it with the reveal.
    pub async fn workshop(&self) -> Result<Arc<Workshop>, RoomClosed> {
        self.inquire(Order::Workshop).await
    }

    /// Tells of every `roundChanged` from here on. The channel ends when the
    /// room leaves memory, the receiver does not keep up, or the participant has too many: open
    /// the room again then.
    pub async fn subscribe(&self, participant: ParticipantId) -> Result<Subscription, RoomClosed> {
        let (sender, receiver) = mpsc::channel(SUBSCRIBER_EVENTS);
        self.order(Order::Subscribe(participant, sender)).await?;
        Ok(receiver)
    }

    /// Appends an event; it is durable and folded in when this returns.
    pub(super) async fn record(
        &self,
        event: WorkshopEvent,
        writer: Option<ParticipantId>,
    ) -> Result<(), RoomClosed> {
        self.ask(|reply| Order::Record {
            event,
            writer,
            reply,
        })
        .await
    }

    pub(super) async fn order(&self, order: Order) -> Result<(), RoomClosed> {
        self.orders.send(order).await.map_err(|_closed| RoomClosed)
    }

    /// Asks what may wait while people edit. Few who ask are in the room's mailbox at a time.
    pub(super) async fn inquire<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Order,
    ) -> Result<T, RoomClosed> {
        // Nobody closes it.
        let _turn = self.questions.acquire().await;
        self.ask(question).await
    }

    pub(super) async fn ask<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<T>) -> Order,
    ) -> Result<T, RoomClosed> {
        let (reply, answer) = oneshot::channel();
        self.order(order(reply)).await?;
        answer.await.map_err(|_dropped| RoomClosed)
    }
}

/// One open connection of a participant, seen from its transport. Dropping it leaves the room.
#[derive(Debug)]
pub struct Member {
    connection: ConnectionId,
    outbox: Arc<Outbox>,
    orders: mpsc::Sender<Order>,
    waiting: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    under_way: Arc<UnderWay>,
    /// A server that stops waits for it.
    _open: TaskTrackerToken,
}

impl Member {
    /// The connection.
    pub fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// What is to be sent to it.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Counts presence that its transport left, as it came too often.
    pub fn count_dropped_presence(&self) {
        self.metrics.presence_dropped.inc();
    }

    /// Hands in a binary frame. Waits while the room has too much waiting.
    pub async fn frame(&self, frame: Bytes) -> Result<(), RoomClosed> {
        let bytes = u32::try_from(frame.len().clamp(1, WAITING_FRAME_BYTES)).unwrap_or(1);
        let permit = Arc::clone(&self.waiting)
            .acquire_many_owned(bytes)
            .await
            .map_err(|_closed| RoomClosed)?;
        self.order(Order::Frame(self.connection, frame, permit))
            .await
    }

    /// Hands in a text frame.
    pub async fn text(&self, text: String) -> Result<(), RoomClosed> {
        self.order(Order::Text(self.connection, text)).await
    }

    /// Tells that everything queued was written, after the outbox had overflowed: asks for what
    /// the document gained since this version.
    pub async fn caught_up(&self, base: Version) -> Result<(), RoomClosed> {
        self.order(Order::CaughtUp(self.connection, base)).await
    }

    async fn order(&self, order: Order) -> Result<(), RoomClosed> {
        self.orders.send(order).await.map_err(|_closed| RoomClosed)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.under_way.left(self.connection);
        let leave = Order::Leave(self.connection);
        if let Err(mpsc::error::TrySendError::Full(leave)) = self.orders.try_send(leave) {
            let orders = self.orders.clone();
            tokio::spawn(async move {
                // A room that closed meanwhile has no members to forget.
                let _ = orders.send(leave).await;
            });
        }
    }
}
