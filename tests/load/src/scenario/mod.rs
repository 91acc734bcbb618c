//! The scenarios, and the order in which servers go through them.

mod awareness;
mod crash;
mod idle;
mod joins;
mod limit;
mod phones;
mod steady;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use crate::figures::Figures;
use crate::peer::Kind;
use crate::report::{Report, Row};
use steady::Load;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Bench {
    /// Scenarios; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub scenarios: Vec<Scenario>,
    /// Servers; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub peers: Vec<Kind>,
    /// Windows of each, of which the middle one counts.
    #[arg(long, default_value_t = 3)]
    pub repeat: usize,
    /// Where the tables go: `bench.json` and `bench.md`.
    #[arg(long, default_value = "target/bench")]
    pub output: PathBuf,
    /// A document with a marked place for the tables.
    #[arg(long)]
    pub document: Option<PathBuf>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// One room of 20, 100 and 300, in which 50 edits a second are made.
    Fanout,
    /// A thousand rooms of five, in each of which one edit a second is made.
    Rooms,
    /// The same as fan-out and rooms with a large board, and with fewer and more rooms.
    Growth,
    /// The most that comes through while 99 of 100 edits take less than 100 ms.
    Limit,
    /// Fifty people who move their cursors twenty times a second.
    Awareness,
    /// One after the other joins a board of 5,000 notes.
    Join,
    /// Two hundred join a board of 5,000 notes at once.
    Storm,
    /// Two thousand connections on which nothing happens.
    Idle,
    /// Five thousand phones that join by code and answer a round.
    Phones,
    /// The server is killed while people write.
    Crash,
}

/// One table.
struct Part {
    title: String,
    peers: &'static [Kind],
    task: Task,
}

enum Task {
    Steady(Load),
    Limit,
    Awareness,
    Join,
    Storm,
    Idle,
    Phones,
    Crash,
}

use Kind::{BatchingRelay, HartslagRedis, HartslagSqlite, Hocuspocus, Relay, YWebsocket};

const EVERYONE: &[Kind] = &[
    Relay,
    BatchingRelay,
    HartslagSqlite,
    HartslagRedis,
    YWebsocket,
    Hocuspocus,
];
/// Without the relays, which hold nothing that could be joined.
const WITH_DOCUMENT: &[Kind] = &[HartslagSqlite, HartslagRedis, YWebsocket, Hocuspocus];
/// How ours grows, beside what any server pays.
const WITH_RELAY: &[Kind] = &[Relay, HartslagSqlite];
const OURS: &[Kind] = &[HartslagSqlite, HartslagRedis];

/// Long enough that the whole takes about twelve minutes.
const WINDOW: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_secs(1);
/// In one room, whoever writes them: 50 people at a workshop who type at once.
const ROOM_EDITS_PER_SECOND: u32 = 50;

impl Scenario {
    fn parts(self) -> Vec<Part> {
        let part = |title: &str, peers, task| {
            vec![Part {
                title: title.to_owned(),
                peers,
                task,
            }]
        };
        match self {
            Self::Fanout => [20, 100, 300]
                .map(|people| fan_out(people, 0, EVERYONE))
                .into(),
            Self::Rooms => vec![small_rooms(1_000, EVERYONE)],
            Self::Growth => vec![
                fan_out(100, 5_000, WITH_DOCUMENT),
                small_rooms(100, WITH_RELAY),
                small_rooms(2_000, WITH_RELAY),
            ],
            Self::Limit => part(
                "Most delivered with p99 < 100 ms, 100 clients",
                EVERYONE,
                Task::Limit,
            ),
            Self::Awareness => part("Presence, 50 people × 20 Hz", EVERYONE, Task::Awareness),
            Self::Join => part("Joining a board of 5,000 notes", WITH_DOCUMENT, Task::Join),
            Self::Storm => part(
                "200 join a board of 5,000 notes at once",
                WITH_DOCUMENT,
                Task::Storm,
            ),
            Self::Idle => part("2,000 idle connections", EVERYONE, Task::Idle),
            Self::Phones => part(
                "5,000 phones join by code and answer a round",
                OURS,
                Task::Phones,
            ),
            Self::Crash => part("kill -9 while people write", OURS, Task::Crash),
        }
    }
}

fn fan_out(people: usize, notes: usize, peers: &'static [Kind]) -> Part {
    let edits_per_second = ROOM_EDITS_PER_SECOND;
    let load = Load {
        rooms: 1,
        people,
        edits_per_second,
        notes,
    };
    let board = if notes == 0 {
        String::new()
    } else {
        format!(", board of {notes} notes")
    };
    let title = format!("Fan-out to {people} clients, 50 edits/s in the room{board}");
    Part {
        title,
        peers,
        task: Task::Steady(load),
    }
}

fn small_rooms(rooms: usize, peers: &'static [Kind]) -> Part {
    let edits_per_second = u32::try_from(rooms).unwrap_or(u32::MAX);
    let load = Load {
        rooms,
        people: 5,
        edits_per_second,
        notes: 0,
    };
    let title = format!("{rooms} rooms × 5, 1 edit/s in each");
    Part {
        title,
        peers,
        task: Task::Steady(load),
    }
}

/// Runs what was asked for and writes the tables.
pub async fn bench(bench: &Bench) -> Result<(), String> {
    let asked = if bench.scenarios.is_empty() {
        Scenario::value_variants()
    } else {
        &bench.scenarios
    };
    let mut report = Report::of_today();
    for part in asked.iter().copied().flat_map(Scenario::parts) {
        for &peer in part.peers {
            if !bench.peers.is_empty() && !bench.peers.contains(&peer) {
                continue;
            }
            let row = match part.task.run(peer, bench.repeat.max(1)).await {
                Ok(runs) => {
                    Figures::middle(runs).map_or(Row::Void("no run".to_owned()), Row::Measured)
                }
                Err(fault) => Row::Void(fault),
            };
            eprintln!("{} · {}: {}", part.title, peer.name(), row.summary());
            report.add(&part.title, peer, row);
        }
    }
    report.write(&bench.output, bench.document.as_deref())
}

impl Task {
    async fn run(&self, kind: Kind, repeat: usize) -> Result<Vec<Figures>, String> {
        match self {
            Self::Steady(load) => steady::measure(kind, load, repeat).await,
            Self::Limit => limit::measure(kind).await.map(|figures| vec![figures]),
            Self::Awareness => awareness::measure(kind, repeat).await,
            Self::Join => joins::one_by_one(kind).await.map(|figures| vec![figures]),
            Self::Storm => joins::storm(kind, repeat).await,
            Self::Idle => idle::measure(kind).await.map(|figures| vec![figures]),
            Self::Phones => phones::measure(kind).await.map(|figures| vec![figures]),
            Self::Crash => crash::measure(kind).await.map(|figures| vec![figures]),
        }
    }
}
