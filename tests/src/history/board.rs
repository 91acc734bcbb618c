//! Whether a board holds what was promised, once, and nothing that was refused.

use std::collections::{BTreeMap, BTreeSet};

use yrs::Any;

use super::{Change, History, Outcome};

/// The notes of a board, as a replica holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// By id.
    pub notes: BTreeMap<String, NoteContent>,
}

/// One note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoteContent {
    /// Its text.
    pub text: String,
    /// Its place.
    pub order: String,
}

impl Content {
    /// The notes of a board that was read as a value.
    pub fn of(board: &BTreeMap<String, Any>) -> Self {
        let Some(Any::Map(notes)) = board.get("notes") else {
            return Self::default();
        };
        let notes = notes.iter().map(|(id, note)| {
            let text = |key: &str| match note {
                Any::Map(note) => match note.get(key) {
                    Some(Any::String(text)) => text.to_string(),
                    _ => String::new(),
                },
                _ => String::new(),
            };
            let note = NoteContent {
                text: text("text"),
                order: text("order"),
            };
            (id.clone(), note)
        });
        Self {
            notes: notes.collect(),
        }
    }

    /// Every token on the board, as often as it is there.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.notes.values().flat_map(|note| tokens(&note.text))
    }
}

/// The tokens in a text; each ends with a semicolon.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').filter(|token| !token.is_empty())
}

impl History {
    /// Every way in which this board breaks what was promised. It was read after everything in
    /// this history had happened, and nothing was made since.
    pub fn check_board(&self, content: &Content) -> Vec<String> {
        let mut faults = Vec::new();
        let counts = content
            .tokens()
            .fold(BTreeMap::<_, usize>::new(), |mut counts, token| {
                *counts.entry(token).or_default() += 1;
                counts
            });
        for (token, count) in counts.iter().filter(|(_, count)| **count > 1) {
            faults.push(format!("{token} is there {count} times"));
        }
        self.check_writes(&counts, &mut faults);
        self.check_deletions(content, &mut faults);
        self.check_moves(content, &mut faults);
        faults
    }

    fn check_writes(&self, counts: &BTreeMap<&str, usize>, faults: &mut Vec<String>) {
        let deleted: BTreeSet<&str> = self.deletions().map(|(note, _)| note).collect();
        let mut written = BTreeSet::new();
        for (change, outcome) in &self.changes {
            let Change::Write { note, token } = change else {
                continue;
            };
            written.insert(token.as_str());
            let is_there = counts.contains_key(token.as_str());
            let is_promised = *outcome == Outcome::Acknowledged || self.seen.contains(token);
            if *outcome == Outcome::Refused && (is_there || self.seen.contains(token)) {
                faults.push(format!("{token} was refused and is visible"));
            } else if is_promised && !is_there && !deleted.contains(note.as_str()) {
                faults.push(format!("{token} was promised ({outcome:?}) and is gone"));
            }
        }
        for token in counts.keys().filter(|token| !written.contains(*token)) {
            faults.push(format!("{token} is there and nobody wrote it"));
        }
    }

    fn check_deletions(&self, content: &Content, faults: &mut Vec<String>) {
        for (note, outcome) in self.deletions() {
            if outcome == Outcome::Acknowledged && content.notes.contains_key(note) {
                faults.push(format!("{note} was deleted and is back"));
            }
        }
    }

    /// A note stands where its only mover put it last, or where a move whose outcome is unknown
    /// would put it.
    fn check_moves(&self, content: &Content, faults: &mut Vec<String>) {
        let mut possible: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (change, outcome) in &self.changes {
            let Change::Move { note, order } = change else {
                continue;
            };
            let orders = possible.entry(note).or_default();
            if *outcome == Outcome::Acknowledged {
                orders.clear();
            }
            if *outcome != Outcome::Refused {
                orders.insert(order);
            }
        }
        for (change, outcome) in &self.changes {
            if let (Change::Move { note, .. }, Outcome::Acknowledged) = (change, outcome)
                && let Some(found) = content.notes.get(note)
                && !possible[note.as_str()].contains(found.order.as_str())
            {
                let expected = &possible[note.as_str()];
                let order = &found.order;
                faults.push(format!("{note} stands at {order}, not at {expected:?}"));
            }
        }
    }

    fn deletions(&self) -> impl Iterator<Item = (&str, Outcome)> {
        let changes = self.changes.iter();
        changes.filter_map(|(change, outcome)| match change {
            Change::Delete { note } => Some((note.as_str(), *outcome)),
            _ => None,
        })
    }
}
