//! What all clients of a crowd share.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::history::{Change, History, Outcome, Place};

/// What clients may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Connect and work.
    Working,
    /// Read what is on its way, and wait.
    Held,
    /// Finish and stop.
    Finishing,
}

/// What all clients of a crowd share.
#[derive(Debug)]
pub(super) struct Stage {
    /// Where to connect.
    pub(super) addresses: Vec<String>,
    /// How fast each works.
    pub(super) pace: Option<Duration>,
    pub(super) gate: watch::Sender<Gate>,
    /// Clients that wait at the gate.
    pub(super) resting: watch::Sender<usize>,
    /// Changes and ballots.
    pub(super) acknowledged: watch::Sender<usize>,
    /// The round that is open, as far as its coach knows.
    pub(super) round: watch::Sender<Option<String>>,
    history: Mutex<History>,
    longest_absence: Mutex<Duration>,
}

impl Stage {
    pub(super) fn new(addresses: Vec<String>, pace: Option<Duration>) -> Self {
        Self {
            addresses,
            pace,
            gate: watch::Sender::new(Gate::Working),
            resting: watch::Sender::new(0),
            acknowledged: watch::Sender::new(0),
            round: watch::Sender::new(None),
            history: Mutex::default(),
            longest_absence: Mutex::default(),
        }
    }

    /// Looks at the history, or writes in it.
    pub(super) fn history<T>(&self, act: impl FnOnce(&mut History) -> T) -> T {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut history)
    }

    pub(super) fn invoke_write(&self, note: &str, token: &str) -> Place {
        let (note, token) = (note.to_owned(), token.to_owned());
        self.history(|history| history.invoke(Change::Write { note, token }))
    }

    pub(super) fn acknowledge(&self, change: Place) {
        self.history(|history| history.acknowledge(change));
        self.acknowledged.send_modify(|count| *count += 1);
    }

    pub(super) fn answer_put(&self, put: Place, outcome: Outcome) {
        self.history(|history| history.answer_put(put, outcome));
        if outcome == Outcome::Acknowledged {
            self.acknowledged.send_modify(|count| *count += 1);
        }
    }

    /// A client is back that was away since then.
    pub(super) fn came_back(&self, lost_at: Instant) {
        let mut longest = self
            .longest_absence
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *longest = lost_at.elapsed().max(*longest);
    }

    pub(super) fn longest_absence(&self) -> Duration {
        *self
            .longest_absence
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
