//! Tells of new entries, and what nodes tell each other: one subscription connection for all
//! rooms of this node.
//!
//! What is told may be lost with the connection, so everyone is told the current number after
//! each new one; what nodes tell they tell again by themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use hartslag_protocol::ids::RoomId;
use redis::aio::{ConnectionManager, PubSubSink, PubSubStream};
use redis::{Client, Msg, RedisResult, pipe};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{info, warn};

use super::clock::SharedClock;
use super::error::unavailable;
use super::keys;
use super::own::{Name, Own};
use crate::log::{Hint, LogError, Sequence, TOLD_BYTES};

/// Requests that wait while there is no connection.
const REQUESTS: usize = 256;

/// Messages of other nodes that wait for a room; the oldest goes first.
const WAITING: usize = 64;

/// How long a follower waits for its subscription, and the subscriber for any answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between attempts to connect.
const PAUSE: Duration = Duration::from_millis(250);

/// How often the connection is tried, and rooms that nobody follows are left.
const SWEEP: Duration = Duration::from_secs(5);

/// Asks the subscriber for a room.
#[derive(Debug)]
pub(super) struct Channel {
    requests: mpsc::Sender<Request>,
    losses: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Request {
    room: RoomId,
    reply: oneshot::Sender<Following>,
}

/// What a follower gets its hints from.
#[derive(Debug)]
struct Following {
    reach: watch::Receiver<Reach>,
    told: broadcast::Receiver<Bytes>,
}

/// A room that is followed.
#[derive(Debug)]
struct Followed {
    reach: watch::Sender<Reach>,
    told: broadcast::Sender<Bytes>,
}

/// How far a room is said to reach.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    number: Sequence,
    /// What it was when it last fell.
    before: Sequence,
}

impl Reach {
    /// Takes the number over, and returns whether anyone must hear of it: of own entries only
    /// where they are fewer than there were.
    fn moves(&mut self, number: Sequence, is_own: bool) -> bool {
        let falls = number < self.number;
        if falls {
            self.before = self.number;
        }
        self.number = number;
        falls || !is_own
    }
}

impl Followed {
    fn new() -> Self {
        Self {
            reach: watch::channel(Reach::default()).0,
            told: broadcast::channel(WAITING).0,
        }
    }

    fn subscribe(&self) -> Following {
        Following {
            reach: self.reach.subscribe(),
            told: self.told.subscribe(),
        }
    }
}

impl Channel {
    /// Starts the subscriber, which ends with the last handle.
    pub(super) fn start(
        client: Client,
        reader: ConnectionManager,
        clock: Arc<SharedClock>,
        own: Arc<Own>,
    ) -> Self {
        let (requests, queue) = mpsc::channel(REQUESTS);
        let losses = Arc::new(AtomicU64::new(0));
        let subscriber = Subscriber {
            client,
            reader,
            clock,
            own,
            losses: Arc::clone(&losses),
            requests: queue,
            rooms: BTreeMap::new(),
        };
        tokio::spawn(subscriber.run());
        Self { requests, losses }
    }

    /// How often the subscription was lost.
    pub(super) fn losses(&self) -> u64 {
        self.losses.load(Ordering::Relaxed)
    }

    /// The numbers of the room, the current one first. A slow follower misses some, never the
    /// latest.
    pub(super) async fn follow(&self, room: RoomId) -> Result<mpsc::Receiver<Hint>, LogError> {
        let (reply, answer) = oneshot::channel();
        let request = Request { room, reply };
        let subscribe = async {
            self.requests.send(request).await.map_err(unavailable)?;
            answer.await.map_err(unavailable)
        };
        let following = timeout(PATIENCE, subscribe).await.map_err(unavailable)??;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(forward(following, sender));
        Ok(receiver)
    }
}

async fn forward(mut following: Following, follower: mpsc::Sender<Hint>) {
    let reach = &mut following.reach;
    let mut told = reach.borrow_and_update().number;
    let mut hint = Hint::Reached(told);
    loop {
        if follower.send(hint).await.is_err() {
            return;
        }
        hint = tokio::select! {
            biased;
            () = follower.closed() => return,
            changed = reach.changed() => {
                if changed.is_err() {
                    return;
                }
                let reached = *reach.borrow_and_update();
                // Who was not told of its own entries would not see that the store went back.
                let fell = told < reached.before && reached.number < reached.before;
                if fell && follower.send(Hint::Reached(reached.before)).await.is_err() {
                    return;
                }
                told = reached.number;
                Hint::Reached(told)
            }
            told = next(&mut following.told) => match told {
                Some(bytes) => Hint::Told(bytes),
                None => return,
            },
        };
    }
}

async fn next(told: &mut broadcast::Receiver<Bytes>) -> Option<Bytes> {
    loop {
        match told.recv().await {
            Ok(bytes) => return Some(bytes),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return None,
        }
    }
}

/// Why a connection was left.
enum End {
    StoreDropped,
    Lost,
}

struct Subscriber {
    client: Client,
    losses: Arc<AtomicU64>,
    reader: ConnectionManager,
    clock: Arc<SharedClock>,
    own: Arc<Own>,
    requests: mpsc::Receiver<Request>,
    rooms: BTreeMap<RoomId, Followed>,
}

impl Subscriber {
    async fn run(mut self) {
        let mut was_lost = false;
        while !self.requests.is_closed() {
            let connected = timeout(PATIENCE, self.client.get_async_pubsub()).await;
            if let Ok(Ok(connection)) = connected {
                if was_lost {
                    info!("hearing of other nodes' entries again");
                }
                let (sink, stream) = connection.split();
                match self.serve(sink, stream).await {
                    Ok(End::StoreDropped) => return,
                    Ok(End::Lost) | Err(_) => {}
                }
            }
            if !was_lost {
                self.losses.fetch_add(1, Ordering::Relaxed);
                warn!("the Redis subscription is lost: other nodes' entries come late");
            }
            was_lost = true;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn serve(&mut self, mut sink: PubSubSink, mut stream: PubSubStream) -> RedisResult<End> {
        self.leave_unfollowed(None).await?;
        let followed: Vec<_> = self.rooms.keys().copied().collect();
        if !followed.is_empty() {
            let channels: Vec<_> = followed.iter().copied().flat_map(channels_of).collect();
            answered(sink.subscribe(channels)).await?;
            self.tell_current(&followed).await?;
        }
        let mut sweep = interval(SWEEP);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                request = self.requests.recv() => match request {
                    Some(request) => self.subscribe(&mut sink, request).await?,
                    None => return Ok(End::StoreDropped),
                },
                message = stream.next() => match message {
                    Some(message) => self.tell(&message),
                    None => return Ok(End::Lost),
                },
                rooms = self.own.doubtful() => {
                    let followed = |room: &RoomId| self.rooms.contains_key(room);
                    let rooms: Vec<_> = rooms.into_iter().filter(followed).collect();
                    self.tell_current(&rooms).await?;
                }
                _ = sweep.tick() => {
                    // A connection that died without a word is noticed here.
                    answered(sink.ping::<()>()).await?;
                    self.clock.measure(&mut self.reader).await?;
                    self.leave_unfollowed(Some(&mut sink)).await?;
                }
            }
        }
    }

    async fn subscribe(&mut self, sink: &mut PubSubSink, request: Request) -> RedisResult<()> {
        if request.reply.is_closed() {
            return Ok(());
        }
        let room = request.room;
        answered(sink.subscribe(channels_of(room).as_slice())).await?;
        self.rooms.entry(room).or_insert_with(Followed::new);
        self.tell_current(&[room]).await?;
        if let Some(followed) = self.rooms.get(&room) {
            // A follower that gave up in the meantime is swept later.
            let _ = request.reply.send(followed.subscribe());
        }
        Ok(())
    }

    /// Reads and tells where the rooms are, for what was appended before the subscription.
    async fn tell_current(&mut self, rooms: &[RoomId]) -> RedisResult<()> {
        if rooms.is_empty() {
            return Ok(());
        }
        let mut heads = pipe();
        for room in rooms {
            heads.hget(keys::room(*room), "last");
        }
        let numbers: Vec<Option<Sequence>> = heads.query_async(&mut self.reader).await?;
        for (room, number) in rooms.iter().zip(numbers) {
            // A room that is gone is told like one that went back to nothing.
            self.tell_number(*room, number.unwrap_or(0), false);
        }
        Ok(())
    }

    fn tell(&self, message: &Msg) {
        match keys::room_of_channel(message.get_channel_name()) {
            Some((room, "appended")) => {
                if let Some((number, is_own)) = self.number(message.get_payload_bytes()) {
                    self.tell_number(room, number, is_own);
                }
            }
            Some((room, "told")) => self.pass_on(room, message.get_payload_bytes()),
            _ => {}
        }
    }

    /// The number that is told, and whether this node appended up to it.
    fn number(&self, told: &[u8]) -> Option<(Sequence, bool)> {
        let told = std::str::from_utf8(told).ok()?;
        let (number, node) = told.split_once(' ').unwrap_or((told, ""));
        let is_own = node.parse() == Ok(self.own.name());
        Some((number.parse().ok()?, is_own))
    }

    fn tell_number(&self, room: RoomId, number: Sequence, is_own: bool) {
        if let Some(followed) = self.rooms.get(&room) {
            let moves = |reach: &mut Reach| reach.moves(number, is_own);
            followed.reach.send_if_modified(moves);
        }
    }

    fn pass_on(&self, room: RoomId, message: &[u8]) {
        let Some((by, bytes)) = message.split_first_chunk() else {
            return;
        };
        if Name::from_bytes(*by) != self.own.name()
            && let Some(followed) = self.rooms.get(&room)
            && bytes.len() <= TOLD_BYTES
        {
            // Nobody hears it where the room left memory just now.
            let _ = followed.told.send(Bytes::copy_from_slice(bytes));
        }
    }

    async fn leave_unfollowed(&mut self, sink: Option<&mut PubSubSink>) -> RedisResult<()> {
        let unfollowed: Vec<_> = self
            .rooms
            .extract_if(.., |_, followed| followed.reach.receiver_count() == 0)
            .flat_map(|(room, _)| channels_of(room))
            .collect();
        match sink {
            Some(sink) if !unfollowed.is_empty() => answered(sink.unsubscribe(unfollowed)).await,
            _ => Ok(()),
        }
    }
}

fn channels_of(room: RoomId) -> [String; 2] {
    [keys::channel(room), keys::told(room)]
}

/// A subscription connection has no timeout of its own.
async fn answered<T>(call: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    match timeout(PATIENCE, call).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(std::io::Error::new(std::io::ErrorKind::TimedOut, elapsed).into()),
    }
}
