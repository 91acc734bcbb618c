//! What was written in a room, and how much of it has come to whom.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

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
    /// From sending an edit to each arrival.
    pub latency: Histogram,
    /// From sending an edit to its durable acknowledgement.
    pub acknowledgement: Histogram,
    /// From the moment an edit was planned to the moment it was sent.
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
    /// Per receiver and author: edits that came.
    seen: Vec<usize>,
}

impl Room {
    /// A room in which these write.
    pub fn new(authors: Vec<Author>, tally: Rc<RefCell<Tally>>) -> Rc<Self> {
        let count = authors.len();
        let sent = authors.iter().map(|_| Vec::new()).collect();
        Rc::new(Self {
            authors: RefCell::new(authors),
            written: RefCell::new(Written {
                sent,
                seen: vec![0; count * count],
            }),
            tally,
        })
    }

    /// How many people are in it.
    pub fn people(&self) -> usize {
        self.authors.borrow().len()
    }

    /// Makes each author's next edits.
    pub fn prepare(&self, edits: usize) {
        for author in self.authors.borrow_mut().iter_mut() {
            author.prepare(edits);
        }
    }

    /// The author's next edit, which is sent now.
    pub fn write(&self, author: usize, now: Instant) -> Vec<u8> {
        let edit = self.authors.borrow_mut()[author].next_edit();
        self.written.borrow_mut().sent[author].push(Sent {
            clock: edit.clock,
            at: now,
        });
        self.tally.borrow_mut().due += self.people() as u64 - 1;
        edit.update
    }

    /// Counts what an update brings a receiver.
    pub fn receive(&self, receiver: usize, update: &[u8], now: Instant) {
        let mut tally = self.tally.borrow_mut();
        let mut written = self.written.borrow_mut();
        let Written { sent, seen } = &mut *written;
        let people = sent.len();
        let read = clocks::read(update, |client, clock| {
            let author = usize::try_from(client.wrapping_sub(FIRST_CLIENT)).unwrap_or(usize::MAX);
            if author == receiver || author >= people {
                return;
            }
            let seen = &mut seen[receiver * people + author];
            while let Some(edit) = sent[author].get(*seen).filter(|edit| edit.clock <= clock) {
                *seen += 1;
                tally.delivered += 1;
                tally.latency.record(now.saturating_duration_since(edit.at));
            }
        });
        if let Err(malformed) = read {
            tally.fault(format!("an update cannot be read: {malformed}"));
        }
    }
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
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
