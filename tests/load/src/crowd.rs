//! Everyone who takes part in a measurement, in their rooms.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::author::Author;
use crate::client::{Client, Seat};
use crate::histogram::Histogram;
use crate::peer::Peer;
use crate::room::{Room, Tally, settled};

/// Connections that are opened at the same time.
const AT_ONCE: usize = 50;
const PATIENCE: Duration = Duration::from_secs(20);
/// For the last cursors to come; a server may leave some out.
const CURSORS: Duration = Duration::from_millis(200);
/// Notes that a large board gets in one edit.
const NOTES_AT_ONCE: usize = 50;

/// A crowd that is in its rooms.
pub struct Crowd {
    seats: Vec<Vec<Seat>>,
    rooms: Vec<Rc<Room>>,
    /// Of each room, those who are there.
    clients: Vec<Vec<Rc<Client>>>,
    /// What it saw.
    pub tally: Rc<RefCell<Tally>>,
}

impl Crowd {
    /// Makes rooms with seats that nobody takes yet.
    pub async fn absent(peer: &Peer, rooms: usize, people: usize) -> Result<Self, String> {
        Ok(Self::of(peer.seats(rooms, people).await?))
    }

    /// Seats that nobody takes yet, as many in each room.
    pub fn of(seats: Vec<Vec<Seat>>) -> Self {
        let tally = Rc::new(RefCell::new(Tally::default()));
        let rooms = seats.iter().map(|seats| make_room(seats, &tally)).collect();
        Self {
            seats,
            rooms,
            clients: Vec::new(),
            tally,
        }
    }

    /// Brings everyone to their seats.
    pub async fn gather(peer: &Peer, rooms: usize, people: usize) -> Result<Self, String> {
        Self::absent(peer, rooms, people).await?.sit_down().await
    }

    /// Brings everyone to their seats.
    pub async fn sit_down(mut self) -> Result<Self, String> {
        let people = self.seats.first().map_or(0, Vec::len);
        let joined = self.seat_places(0..people).await?;
        self.clients = joined.chunks(people).map(<[_]>::to_vec).collect();
        Ok(self)
    }

    /// A room on whose board one writes many notes and stays, so that no server puts it away, and
    /// the seats of others, who are not there.
    pub async fn with_board(peer: &Peer, people: usize, notes: usize) -> Result<Self, String> {
        // One more, who sees whether the server has the whole board.
        let mut crowd = Self::absent(peer, 1, people + 1).await?;
        let writer = crowd.seat(0).await?;
        for _ in 0..notes / NOTES_AT_ONCE {
            crowd.rooms[0].prepare_notes(0, NOTES_AT_ONCE);
            writer.edit();
        }
        crowd.seat(people).await?.leave();
        crowd.clients = vec![vec![writer]];
        Ok(crowd)
    }

    /// Brings these people of every room to their seats.
    pub async fn seat_places(&self, places: Range<usize>) -> Result<Vec<Rc<Client>>, String> {
        let joining = self
            .seats
            .iter()
            .zip(&self.rooms)
            .flat_map(|(seats, room)| {
                let places = places.clone();
                places.map(move |place| Client::join(&seats[place], Rc::clone(room), place))
            });
        stream::iter(joining).buffered(AT_ONCE).try_collect().await
    }

    /// Brings one person to the first room, and waits until they have the whole board.
    pub async fn seat(&self, place: usize) -> Result<Rc<Client>, String> {
        let seat = &self.seats[0][place];
        let client = Client::join(seat, Rc::clone(&self.rooms[0]), place).await?;
        client.all_come().await?;
        Ok(client)
    }

    /// Lets the first of each room begin so many notes.
    pub async fn fill(&self, notes: usize) -> Result<(), String> {
        for (clients, room) in self.clients.iter().zip(&self.rooms) {
            for _ in 0..notes / NOTES_AT_ONCE {
                room.prepare_notes(0, NOTES_AT_ONCE);
                clients[0].edit();
            }
        }
        settled(&self.tally, PATIENCE).await
    }

    /// Sends edits at a steady rate, in turn by every room and every person of it, and waits until
    /// all have come to everyone.
    pub async fn write(&self, per_second: u32, duration: Duration) -> Result<(), String> {
        let people = self.clients.iter().map(Vec::len).sum::<usize>();
        let edits = per_second as usize * usize::try_from(duration.as_secs()).unwrap_or(1);
        for room in &self.rooms {
            room.prepare(edits.div_ceil(people));
        }
        self.paced(per_second, duration, Client::edit).await;
        settled(&self.tally, PATIENCE).await
    }

    /// Moves cursors at a steady rate, everyone's in turn.
    pub async fn move_cursors(&self, per_second: u32, duration: Duration) -> Result<(), String> {
        self.paced(per_second, duration, Client::move_cursor).await;
        tokio::time::sleep(CURSORS).await;
        let tally = self.tally.borrow();
        tally
            .faults
            .first()
            .map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// Begins to count anew.
    pub fn reset(&self) {
        let mut tally = self.tally.borrow_mut();
        tally.latency = Histogram::default();
        tally.first_author = Histogram::default();
        tally.acknowledgement = Histogram::default();
        tally.lag = Histogram::default();
    }

    /// Lets everyone go.
    pub fn leave(&self) {
        for client in self.clients.iter().flatten() {
            client.leave();
        }
    }

    /// Acknowledged edits that somebody who comes anew to the first room does not find there.
    pub async fn lost_after_return(&self) -> Result<u64, String> {
        let afresh = self.rooms[0].afresh();
        let client = Client::join(&self.seats[0][0], Rc::clone(&afresh), 0).await?;
        client.leave();
        Ok(self.rooms[0].lost(&afresh, 0))
    }

    async fn paced(&self, per_second: u32, duration: Duration, act: impl Fn(&Client)) {
        let count = f64::from(per_second) * duration.as_secs_f64();
        let start = Instant::now();
        let mut done = 0_u32;
        while f64::from(done) < count {
            let due = start + Duration::from_secs_f64(f64::from(done) / f64::from(per_second));
            let now = Instant::now();
            if due > now {
                tokio::time::sleep(due - now).await;
                continue;
            }
            self.tally.borrow_mut().lag.record(now - due);
            act(self.client(done as usize));
            done += 1;
            if done.is_multiple_of(64) {
                // Who is late sends many; what comes must be read between.
                tokio::task::yield_now().await;
            }
        }
    }

    fn client(&self, turn: usize) -> &Client {
        let room = &self.clients[turn % self.clients.len()];
        &room[turn / self.clients.len() % room.len()]
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.leave();
    }
}

fn make_room(seats: &[Seat], tally: &Rc<RefCell<Tally>>) -> Rc<Room> {
    let places = seats.iter().enumerate();
    let authors = places.map(|(place, seat)| Author::new(place, &seat.participant));
    Room::new(authors.collect(), Rc::clone(tally))
}
