//! One measurement: a crowd in its rooms, edits at a steady rate, and what that took.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use crate::author::Author;
use crate::client::{Client, Seat};
use crate::histogram::Histogram;
use crate::machine::{CpuClock, resident_bytes};
use crate::peer::Peer;
use crate::room::{Room, Tally, settled};

/// What is asked of a server.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Rooms.
    pub rooms: usize,
    /// People in each.
    pub people: usize,
    /// Edits a second, over all rooms.
    pub edits_per_second: u32,
    /// How long, after the warm-up.
    pub duration: Duration,
}

/// What one run of one server showed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// Server time per edit that came to somebody, in microseconds.
    pub cpu_micros: f64,
    /// The same with that of redis-server.
    pub cpu_micros_with_redis: f64,
    /// Milliseconds from one client to another, the middle one.
    pub p50_millis: f64,
    /// The same for the slowest in a hundred.
    pub p99_millis: f64,
    /// Milliseconds until an edit was acknowledged as durable, the slowest in a hundred.
    pub acknowledged_p99_millis: Option<f64>,
    /// Edits that came to somebody, per second.
    pub delivered_per_second: f64,
    /// Resident memory of the server, in MiB.
    pub memory_mebibytes: f64,
    /// Share of its core that the load itself took.
    pub load_core_percent: f64,
}

/// Connections that are opened at the same time.
const AT_ONCE: usize = 50;
const WARM_UP: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(20);

/// A crowd that is in its rooms.
pub struct Crowd {
    clients: Vec<Vec<Rc<Client>>>,
    rooms: Vec<Rc<Room>>,
    /// What it saw.
    pub tally: Rc<RefCell<Tally>>,
}

impl Crowd {
    /// Brings everyone to their seats.
    pub async fn gather(peer: &Peer, rooms: usize, people: usize) -> Result<Self, String> {
        let tally = Rc::new(RefCell::new(Tally::default()));
        let seats = peer.seats(rooms, people).await?;
        let rooms: Vec<_> = seats.iter().map(|seats| make_room(seats, &tally)).collect();
        let joining = seats.iter().zip(&rooms).flat_map(|(seats, room)| {
            let places = seats.iter().enumerate();
            places.map(move |(place, seat)| Client::join(seat, Rc::clone(room), place))
        });
        let joined: Vec<_> = stream::iter(joining)
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let clients = joined.chunks(people).map(<[_]>::to_vec).collect();
        Ok(Self {
            clients,
            rooms,
            tally,
        })
    }

    /// Sends edits at a steady rate, in turn by every room and every person of it, and waits until
    /// all have come to everyone.
    pub async fn write(&self, edits_per_second: u32, duration: Duration) -> Result<(), String> {
        let count = edits_per_second * u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
        let people = self.clients.iter().map(Vec::len).sum::<usize>();
        for room in &self.rooms {
            room.prepare((count as usize).div_ceil(people));
        }
        let start = Instant::now();
        let mut sent = 0;
        while sent < count {
            let due = start + Duration::from_secs(1) * sent / edits_per_second;
            let now = Instant::now();
            if due > now {
                tokio::time::sleep(due - now).await;
                continue;
            }
            self.tally.borrow_mut().lag.record(now - due);
            self.client(sent as usize).edit();
            sent += 1;
            if sent.is_multiple_of(64) {
                // Who is late writes many; the others' edits must be read between.
                tokio::task::yield_now().await;
            }
        }
        settled(&self.tally, PATIENCE).await
    }

    /// Begins to count anew.
    pub fn reset(&self) {
        let mut tally = self.tally.borrow_mut();
        tally.latency = Histogram::default();
        tally.acknowledgement = Histogram::default();
        tally.lag = Histogram::default();
    }

    fn client(&self, turn: usize) -> &Client {
        let room = &self.clients[turn % self.clients.len()];
        &room[turn / self.clients.len() % room.len()]
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for client in self.clients.iter().flatten() {
            client.leave();
        }
    }
}

fn make_room(seats: &[Seat], tally: &Rc<RefCell<Tally>>) -> Rc<Room> {
    let places = seats.iter().enumerate();
    let authors = places
        .map(|(place, seat)| Author::new(place, &seat.participant))
        .collect();
    Room::new(authors, Rc::clone(tally))
}

/// Measures a steady load on a server that was started for it.
pub async fn measure(peer: &Peer, load: &Load) -> Result<Measured, String> {
    let crowd = Crowd::gather(peer, load.rooms, load.people).await?;
    crowd.write(load.edits_per_second, WARM_UP).await?;
    crowd.reset();
    let delivered_before = crowd.tally.borrow().delivered;
    let server = CpuClock::start(peer.process.id());
    let redis = peer.redis.as_ref().map(|redis| CpuClock::start(redis.id()));
    let own = CpuClock::start(std::process::id());
    let start = Instant::now();
    crowd.write(load.edits_per_second, load.duration).await?;
    let elapsed = start.elapsed();
    let tally = crowd.tally.borrow();
    let delivered = float(tally.delivered - delivered_before);
    let server = server.passed();
    let redis = redis.map_or(Duration::ZERO, |redis| redis.passed());
    let millis = |duration: Option<Duration>| duration.map(|duration| duration.as_secs_f64() * 1e3);
    Ok(Measured {
        cpu_micros: server.as_secs_f64() * 1e6 / delivered,
        cpu_micros_with_redis: (server + redis).as_secs_f64() * 1e6 / delivered,
        p50_millis: millis(tally.latency.percentile(50)).unwrap_or_default(),
        p99_millis: millis(tally.latency.percentile(99)).unwrap_or_default(),
        acknowledged_p99_millis: millis(tally.acknowledgement.percentile(99)),
        delivered_per_second: delivered / elapsed.as_secs_f64(),
        memory_mebibytes: float(resident_bytes(peer.process.id())) / f64::from(1 << 20),
        load_core_percent: own.passed().as_secs_f64() / elapsed.as_secs_f64() * 100.0,
    })
}

/// Counts of a run are far below what a float holds exactly.
fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
