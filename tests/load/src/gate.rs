//! The gate by itself, without a server: what an update costs it, and what it keeps of a board.

use std::time::{Duration, Instant};

use hartslag_protocol::gate::{Admission, Gate};
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::workshop::Role;
use hartslag_protocol::workshop::policy::{BoardMode, Writer};

use crate::author::Author;
use crate::figures::{Figures, float};
use crate::machine::{CpuClock, resident_bytes};

/// People who write in an empty room, and all their edits.
const PEOPLE: usize = 100;
const EDITS: usize = 180_000;
/// The large board is made in parts: an update may do only so much.
const PARTS: usize = 100;
const NOTES_EACH: usize = 50;
/// Edits of one person into the large board.
const EDITS_LARGE: usize = 20_000;
/// As many gates are kept to see what one takes.
const KEPT: usize = 20;

/// Measures and tells.
pub fn measure() -> Result<Figures, String> {
    // First of all: later, gates would live in what was freed.
    let (mut large, bytes) = large_board()?;
    let (blocks, notes) = (large.blocks() as u64, (PARTS * NOTES_EACH) as u64);

    let people = (0..PEOPLE).map(Person::new).collect();
    let busy = Turns::of(people, EDITS, &mut Gate::new())?;
    let late = Turns::of(vec![Person::new(PEOPLE)], EDITS_LARGE, &mut large)?;
    Ok(Figures::default()
        .with("100 people's edits: CPU µs", busy.cpu)
        .with("p50 µs", busy.percentile(50))
        .with("p99 µs", busy.percentile(99))
        .with("edits into 5,000 notes: CPU µs", late.cpu)
        .with("p50 µs", late.percentile(50))
        .with("p99 µs", late.percentile(99))
        .with("bytes per note", bytes / float(notes))
        .with("bytes per block", bytes / float(blocks)))
}

/// The large board, and what a gate of it takes.
fn large_board() -> Result<(Gate, f64), String> {
    let mut author = Author::new(PEOPLE + 1, &ParticipantId::generate().to_string());
    let mut updates = Vec::new();
    for _ in 0..PARTS {
        author.prepare_notes(NOTES_EACH);
        updates.push(author.next_edit().update);
    }
    let gate = || {
        let mut gate = Gate::new();
        for update in &updates {
            gate.replay(update).map_err(|refusal| refusal.to_string())?;
        }
        Ok::<_, String>(gate)
    };
    let board = gate()?;
    let resident = || resident_bytes(std::process::id());
    let before = resident();
    let kept: Vec<_> = (0..KEPT).map(|_| gate()).collect::<Result<_, _>>()?;
    let grown = resident().saturating_sub(before);
    Ok((board, float(grown) / float(kept.len() as u64)))
}

/// Somebody who writes, and what they may.
struct Person {
    author: Author,
    rights: Writer,
}

impl Person {
    fn new(index: usize) -> Self {
        let participant = ParticipantId::generate();
        Self {
            author: Author::new(index, &participant.to_string()),
            rights: Writer {
                participant,
                role: Role::Participant,
                mode: BoardMode::Open,
            },
        }
    }

    /// Lets the gate admit this person's next edit, and tells how long that took.
    fn edit(&mut self, gate: &mut Gate) -> Result<Duration, String> {
        let update = self.author.next_edit().update;
        let rights = self.rights;
        let start = Instant::now();
        let admission = gate.admit(&update, &mut |touch| rights.weigh(touch).is_ok());
        let took = start.elapsed();
        match admission {
            Ok(Admission::Admitted { .. }) => Ok(took),
            other => Err(format!("an honest edit is not admitted: {other:?}")),
        }
    }
}

/// People who write by turns.
struct Turns {
    /// Processor time of an edit in microseconds, whatever else the machine does.
    cpu: f64,
    /// Of each edit, the shortest first.
    took: Vec<Duration>,
}

impl Turns {
    fn of(mut people: Vec<Person>, edits: usize, gate: &mut Gate) -> Result<Self, String> {
        let rounds = edits / people.len();
        for person in &mut people {
            person.author.prepare(rounds);
        }
        let mut took = Vec::with_capacity(edits);
        let clock = CpuClock::start(std::process::id());
        for _ in 0..rounds {
            for person in &mut people {
                took.push(person.edit(gate)?);
            }
        }
        let cpu = micros(clock.passed()) / float(took.len() as u64);
        took.sort_unstable();
        Ok(Self { cpu, took })
    }

    fn percentile(&self, percent: usize) -> Option<f64> {
        let at = self.took.len() * percent / 100;
        self.took.get(at).copied().map(micros)
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
