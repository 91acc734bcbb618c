//! The scenarios, and the order in which servers go through them.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use crate::peer::{Kind, Peer};
use crate::report::{Report, Row};
use crate::run::{Load, Measured, measure};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// One room of 20, 100 and 300, in which 50 edits a second are made.
    Fanout,
    /// A thousand rooms of five, in each of which one edit a second is made.
    Rooms,
}

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Bench {
    /// Scenarios; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub scenarios: Vec<Scenario>,
    /// Servers; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub peers: Vec<Kind>,
    /// Runs of each, of which the middle one counts.
    #[arg(long, default_value_t = 3)]
    pub repeat: usize,
    /// Where the tables go: `bench.json` and `bench.md`.
    #[arg(long, default_value = "target/bench")]
    pub output: PathBuf,
}

const WINDOW: Duration = Duration::from_secs(6);
/// In one room, whoever writes them: 50 people at a workshop who type at once.
const ROOM_EDITS_PER_SECOND: u32 = 50;

impl Scenario {
    fn loads(self) -> Vec<(String, Load)> {
        let room = |people| {
            let load = Load {
                rooms: 1,
                people,
                edits_per_second: ROOM_EDITS_PER_SECOND,
                duration: WINDOW,
            };
            (format!("fan-out, {people} clients, 50 edits/s"), load)
        };
        match self {
            Self::Fanout => [20, 100, 300].map(room).to_vec(),
            Self::Rooms => {
                let load = Load {
                    rooms: 1_000,
                    people: 5,
                    edits_per_second: 1_000,
                    duration: WINDOW,
                };
                vec![("1,000 rooms × 5, 1 edit/s in each".to_owned(), load)]
            }
        }
    }
}

/// Runs what was asked for and writes the tables.
pub async fn bench(bench: &Bench) -> Result<(), String> {
    let scenarios = all_or(&bench.scenarios);
    let peers = all_or(&bench.peers);
    let mut report = Report::of_today();
    for (name, load) in scenarios.into_iter().flat_map(Scenario::loads) {
        for &peer in &peers {
            let row = repeated(peer, &load, bench.repeat).await;
            eprintln!("{name} · {}: {}", peer.name(), row.summary());
            report.add(&name, peer, row);
        }
    }
    report.write(&bench.output)
}

fn all_or<T: ValueEnum + Clone>(asked: &[T]) -> Vec<T> {
    let all = if asked.is_empty() {
        T::value_variants()
    } else {
        asked
    };
    all.to_vec()
}

async fn repeated(kind: Kind, load: &Load, repeat: usize) -> Row {
    let mut runs: Vec<Measured> = Vec::new();
    for _ in 0..repeat.max(1) {
        let run = async { measure(&Peer::start(kind).await?, load).await };
        match run.await {
            Ok(measured) => runs.push(measured),
            Err(fault) => return Row::Void(fault),
        }
    }
    runs.sort_by(|a, b| a.cpu_micros_with_redis.total_cmp(&b.cpu_micros_with_redis));
    Row::Measured(runs.swap_remove(runs.len() / 2))
}
