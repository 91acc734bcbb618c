//! What clients asked and what they were told, and whether a room kept to it.
//!
//! Every change of the board carries a token of its own, so that in the end it can be seen
//! whether it is there, once. A change is *promised* once its author was told that it is stored,
//! or once anyone else saw it (W5: nobody sees what is not durable).

mod ballots;
mod board;
mod numbers;

use std::collections::BTreeSet;

pub use ballots::{Put, Votes};
pub use board::{Content, NoteContent, tokens};
pub use numbers::{StoredEntry, StoredLog};

/// What a client did to the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Wrote a token into a note; the first of a note made it.
    Write {
        /// The note.
        note: String,
        /// The token.
        token: String,
    },
    /// Gave a note another place.
    Move {
        /// The note, which only this client moves.
        note: String,
        /// The new place.
        order: String,
    },
    /// Deleted a note that nobody makes again.
    Delete {
        /// The note.
        note: String,
    },
}

/// What the client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing: it may have happened, or not.
    Unknown,
    /// It is stored.
    Acknowledged,
    /// It was not taken.
    Refused,
}

/// Place of a change or a ballot in its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(usize);

/// Everything that the clients of one room did, in the order in which they did it.
#[derive(Clone, Debug, Default)]
pub struct History {
    changes: Vec<(Change, Outcome)>,
    seen: BTreeSet<String>,
    puts: Vec<Put>,
    faults: Vec<String>,
}

impl History {
    /// A client makes this change.
    pub fn invoke(&mut self, change: Change) -> Place {
        self.changes.push((change, Outcome::Unknown));
        Place(self.changes.len() - 1)
    }

    /// A client that may not do so makes this change: it must never be seen.
    pub fn forge(&mut self, change: Change) {
        self.changes.push((change, Outcome::Refused));
    }

    /// The change's author was told that it is stored.
    pub fn acknowledge(&mut self, change: Place) {
        self.changes[change.0].1 = Outcome::Acknowledged;
    }

    /// Someone who is not its author saw this token.
    pub fn see(&mut self, token: &str) {
        self.seen.insert(token.to_owned());
    }

    /// Something happened to a client that must not happen.
    pub fn fault(&mut self, what: String) {
        self.faults.push(what);
    }

    /// How many changes and ballots were acknowledged.
    pub fn acknowledged(&self) -> usize {
        let changes = self.changes.iter().map(|(_, outcome)| outcome);
        let puts = self.puts.iter().map(|put| &put.outcome);
        changes
            .chain(puts)
            .filter(|outcome| **outcome == Outcome::Acknowledged)
            .count()
    }

    /// What clients ran into by themselves.
    pub fn faults(&self) -> Vec<String> {
        self.faults.clone()
    }
}

#[cfg(test)]
mod tests;
