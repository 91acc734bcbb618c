//! What was written in a room, and how much of it has come to whom.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hartslag_protocol::wire::reader::{Malformed, Reader};

use crate::author::{Author, FIRST_CLIENT};
use crate::clocks;
use crate::histogram::Histogram;

/// What a run has seen so far, over all its rooms.
#[derive(Debug, Default)]
pub struct Tally {
    /// Edits that came to somebody else: what a bench pays for.
    pub delivered: u64,
    /// Edits times those who are to get them.
    pub due: u64,
    /// Edits that are durable.
    pub acknowledged: u64,
    /// Cursors that came to somebody else.
    pub presence_arrived: u64,
    /// Bytes of the largest update that came.
    pub largest_update: u64,
    /// From sending to each arrival, of edits or of cursors.
    pub latency: Histogram,
    /// The same, of the first author's edits alone.
    pub first_author: Histogram,
    /// From sending an edit to its durable acknowledgement.
    pub acknowledgement: Histogram,
    /// From the moment something was planned to the moment it was sent.
    pub lag: Histogram,
    /// What must not happen; the run is void then.
    pub faults: Vec<String>,
}

impl Tally {
    /// Notes what makes the run void.
    pub fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    clock: u32,
    at: Instant,
}

/// A room as the load sees it.
pub struct Room {
    authors: RefCell<Vec<Author>>,
    written: RefCell<Written>,
    /// Of the whole run.
    pub tally: Rc<RefCell<Tally>>,
}

struct Written {
    sent: Vec<Vec<Sent>>,
    /// Per author: edits that are durable.
    stored: Vec<usize>,
    /// Per receiver and author: edits that came.
    seen: Vec<usize>,
    /// Per author: when each place of the cursor was sent.
    cursors: Vec<Vec<Instant>>,
    /// Per receiver and author: places of the cursor until the newest that came.
    cursors_seen: Vec<usize>,
}

impl Written {
    fn of(people: usize) -> Self {
        Self {
            sent: vec![Vec::new(); people],
            stored: vec![0; people],
            seen: vec![0; people * people],
            cursors: vec![Vec::new(); people],
            cursors_seen: vec![0; people * people],
        }
    }
}

impl Room {
    /// A room in which these write.
    pub fn new(authors: Vec<Author>, tally: Rc<RefCell<Tally>>) -> Rc<Self> {
        let written = RefCell::new(Written::of(authors.len()));
        let authors = RefCell::new(authors);
        Rc::new(Self {
            authors,
            written,
            tally,
        })
    }

    /// The same room, of which nobody has seen anything yet.
    pub fn afresh(&self) -> Rc<Self> {
        let mut written = Written::of(self.people());
        written.sent.clone_from(&self.written.borrow().sent);
        Rc::new(Self {
            authors: RefCell::default(),
            written: RefCell::new(written),
            tally: Rc::default(),
        })
    }

    /// How many people are in it.
    pub fn people(&self) -> usize {
        self.written.borrow().sent.len()
    }

    /// Makes each author's next edits.
    pub fn prepare(&self, edits: usize) {
        for author in self.authors.borrow_mut().iter_mut() {
            author.prepare(edits);
        }
    }

    /// Makes an edit of that author that begins so many notes.
    pub fn prepare_notes(&self, author: usize, notes: usize) {
        self.authors.borrow_mut()[author].prepare_notes(notes);
    }

    /// Ids of the notes that an author made in one go.
    pub fn notes(&self, author: usize) -> Vec<String> {
        self.authors.borrow()[author].notes().to_vec()
    }

    /// The author's next edit, which is sent now.
    pub fn write(&self, author: usize, now: Instant) -> Vec<u8> {
        let edit = self.authors.borrow_mut()[author].next_edit();
        let sent = Sent {
            clock: edit.clock,
            at: now,
        };
        self.written.borrow_mut().sent[author].push(sent);
        self.tally.borrow_mut().due += self.people() as u64 - 1;
        edit.update
    }

    /// Notes that the author's next edit is durable.
    pub fn store(&self, author: usize, now: Instant) {
        let mut written = self.written.borrow_mut();
        let place = written.stored[author];
        written.stored[author] += 1;
        let mut tally = self.tally.borrow_mut();
        tally.acknowledged += 1;
        if let Some(edit) = written.sent[author].get(place) {
            let waited = now.saturating_duration_since(edit.at);
            tally.acknowledgement.record(waited);
        }
    }

    /// Durable edits that a receiver has not seen in the room that was come back to.
    pub fn lost(&self, afresh: &Self, receiver: usize) -> u64 {
        let stored = &self.written.borrow().stored;
        let seen = &afresh.written.borrow().seen[receiver * stored.len()..];
        let lost = stored
            .iter()
            .zip(seen)
            .map(|(stored, seen)| stored.saturating_sub(*seen));
        lost.sum::<usize>() as u64
    }

    /// Whether everything that others wrote has come to the receiver.
    pub fn has_all(&self, receiver: usize) -> bool {
        let written = self.written.borrow();
        let seen = &written.seen[receiver * written.sent.len()..];
        let mut authors = written.sent.iter().zip(seen).enumerate();
        authors.all(|(author, (sent, seen))| author == receiver || sent.len() == *seen)
    }

    /// Counts what an update brings a receiver.
    pub fn receive(&self, receiver: usize, update: &[u8], now: Instant) {
        let mut tally = self.tally.borrow_mut();
        tally.largest_update = tally.largest_update.max(update.len() as u64);
        let mut written = self.written.borrow_mut();
        let Written { sent, seen, .. } = &mut *written;
        let people = sent.len();
        let read = clocks::read(update, |client, clock| {
            let Some(author) = place_of(client).filter(|place| *place < people) else {
                return;
            };
            let seen = &mut seen[receiver * people + author];
            while let Some(edit) = sent[author].get(*seen).filter(|edit| edit.clock <= clock) {
                *seen += 1;
                if author != receiver {
                    tally.delivered += 1;
                    let waited = now.saturating_duration_since(edit.at);
                    tally.latency.record(waited);
                    if author == 0 {
                        tally.first_author.record(waited);
                    }
                }
            }
        });
        if let Err(malformed) = read {
            tally.fault(format!("an update cannot be read: {malformed}"));
        }
    }

    /// Notes that the author's cursor moves now; how often it has.
    pub fn move_cursor(&self, author: usize, now: Instant) -> usize {
        let cursors = &mut self.written.borrow_mut().cursors[author];
        cursors.push(now);
        cursors.len()
    }

    /// Counts the cursors that an awareness update brings a receiver.
    pub fn receive_cursors(
        &self,
        receiver: usize,
        awareness: &[u8],
        now: Instant,
    ) -> Result<(), Malformed> {
        let mut tally = self.tally.borrow_mut();
        let mut written = self.written.borrow_mut();
        let Written {
            cursors,
            cursors_seen,
            ..
        } = &mut *written;
        let people = cursors.len();
        let mut reader = Reader::new(awareness);
        for _ in 0..reader.number()? {
            let author = place_of(reader.number()?).filter(|place| *place < people);
            let moved = reader.number32()? as usize;
            reader.block()?;
            let Some(author) = author.filter(|author| *author != receiver) else {
                continue;
            };
            let seen = &mut cursors_seen[receiver * people + author];
            let at = moved
                .checked_sub(1)
                .and_then(|place| cursors[author].get(place));
            if let Some(at) = at.filter(|_| moved > *seen) {
                *seen = moved;
                tally.presence_arrived += 1;
                tally.latency.record(now.saturating_duration_since(*at));
            }
        }
        Ok(())
    }
}

fn place_of(client: u64) -> Option<usize> {
    usize::try_from(client.checked_sub(FIRST_CLIENT)?).ok()
}

/// Waits until everything that was written is with everyone.
pub async fn settled(tally: &RefCell<Tally>, patience: Duration) -> Result<(), String> {
    let until = Instant::now() + patience;
    loop {
        {
            let tally = tally.borrow();
            if let Some(fault) = tally.faults.first() {
                return Err(format!("{fault} ({} faults)", tally.faults.len()));
            }
            if tally.delivered == tally.due {
                return Ok(());
            }
            if Instant::now() > until {
                let lost = tally.due - tally.delivered;
                return Err(format!("{lost} of {} deliveries never came", tally.due));
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
