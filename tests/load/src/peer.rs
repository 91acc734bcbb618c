//! The servers that are compared: how each is started, and how its rooms are entered.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use hartslag_tests::process::{Process, free_port};
use serde::Serialize;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::{Seat, Wire};
use crate::figures::float;
use crate::machine::{CpuClock, SERVER_CORE, on_core, resident_bytes};
use crate::product::Api;
use crate::socket::Opening;

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One write per message, nothing else.
    Relay,
    /// A relay that joins what has gathered for a member into one write.
    BatchingRelay,
    /// Ours on SQLite.
    HartslagSqlite,
    /// Ours on Redis.
    HartslagRedis,
    /// `@y/websocket-server` from npm.
    YWebsocket,
    /// `@hocuspocus/server` from npm.
    Hocuspocus,
}

/// A running server on its core.
pub struct Peer {
    /// What it is.
    pub kind: Kind,
    /// The server.
    pub process: Process,
    /// What it keeps its data in, on the same core.
    pub redis: Option<Process>,
    redis_url: Option<String>,
    port: u16,
    /// Data of the run; goes with it.
    directory: TempDir,
}

const STARTING: Duration = Duration::from_secs(20);
/// Requests at the same time while rooms are made and entered.
const AT_ONCE: usize = 32;
/// Rooms that one address range makes; the product allows 300 at once.
const ROOMS_PER_RANGE: usize = 200;

/// Counts the processor time of a server, and of the store beside it.
#[derive(Debug)]
pub struct PeerClock {
    server: CpuClock,
    redis: Option<CpuClock>,
}

impl PeerClock {
    /// What both took.
    pub fn passed(&self) -> Duration {
        self.server.passed()
            + self
                .redis
                .as_ref()
                .map(CpuClock::passed)
                .unwrap_or_default()
    }

    /// What the server took, where that is not all.
    pub fn passed_without_redis(&self) -> Option<Duration> {
        self.redis.as_ref().map(|_redis| self.server.passed())
    }
}

impl Kind {
    /// Its name in tables and on the command line.
    pub fn name(self) -> String {
        let value = self.to_possible_value().expect("no kind is hidden");
        value.get_name().to_owned()
    }

    fn is_ours(self) -> bool {
        matches!(self, Self::HartslagSqlite | Self::HartslagRedis)
    }
}

impl Peer {
    /// Starts it and waits until it listens.
    pub async fn start(kind: Kind) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let port = free_port();
        let (redis, redis_url) = match kind {
            Kind::HartslagRedis => {
                let redis_port = free_port();
                let process = start_redis(redis_port, &directory);
                listening(redis_port).await?;
                (
                    Some(process),
                    Some(format!("redis://127.0.0.1:{redis_port}")),
                )
            }
            _ => (None, None),
        };
        let process = start_server(kind, port, &directory, redis_url.clone());
        listening(port).await?;
        Ok(Self {
            kind,
            process,
            redis,
            redis_url,
            port,
            directory,
        })
    }

    /// Makes rooms and a seat in them for each person.
    pub async fn seats(&self, rooms: usize, people: usize) -> Result<Vec<Vec<Seat>>, String> {
        if self.kind.is_ours() {
            return self.our_seats(rooms, people).await;
        }
        let wire = match self.kind {
            Kind::Relay | Kind::BatchingRelay => Wire::Relay,
            Kind::Hocuspocus => Wire::Hocuspocus,
            _ => Wire::Yjs,
        };
        let room = |room: usize| {
            let document = format!("room-{room}");
            let opening = Opening {
                address: self.address(),
                path: format!("/{document}"),
                headers: String::new(),
            };
            let seat = |person: usize| Seat {
                opening: opening.clone(),
                wire: wire.clone(),
                document: document.clone(),
                participant: format!("00000000-0000-7000-8000-{person:012}"),
            };
            (0..people).map(seat).collect()
        };
        Ok((0..rooms).map(room).collect())
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    async fn our_seats(&self, rooms: usize, people: usize) -> Result<Vec<Vec<Seat>>, String> {
        let mut all = Vec::new();
        let mut making = JoinSet::new();
        for room in 0..rooms {
            if making.len() >= AT_ONCE {
                all.extend(making.join_next().await.map(flatten).transpose()?);
            }
            making.spawn(self.api().seats(room / ROOMS_PER_RANGE, people));
        }
        while let Some(made) = making.join_next().await {
            all.push(flatten(made)?);
        }
        Ok(all)
    }

    /// Its HTTP API, if it is ours.
    pub fn api(&self) -> Api {
        Api::of(&self.address())
    }

    /// Resident memory of the server.
    pub fn resident_mebibytes(&self) -> f64 {
        float(resident_bytes(self.process.id()) / 1024) / 1024.0
    }

    /// Begins to count what it takes.
    pub fn clock(&self) -> PeerClock {
        PeerClock {
            server: CpuClock::start(self.process.id()),
            redis: self.redis.as_ref().map(|redis| CpuClock::start(redis.id())),
        }
    }

    /// Ends the server as a power cut would.
    pub fn crash(&mut self) {
        self.process.kill();
    }

    /// Starts a server that crashed on the same data, at the same address.
    pub async fn come_back(&mut self) -> Result<(), String> {
        let redis = self.redis_url.clone();
        self.process = start_server(self.kind, self.port, &self.directory, redis);
        listening(self.port).await
    }
}

fn flatten<T>(made: Result<Result<T, String>, tokio::task::JoinError>) -> Result<T, String> {
    made.map_err(|error| error.to_string())?
}

fn start_redis(port: u16, directory: &TempDir) -> Process {
    let mut command = on_core(SERVER_CORE, "redis-server");
    command
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ])
        .args(["--appendonly", "yes", "--appendfsync", "always", "--dir"])
        .arg(directory.path())
        .stdout(Stdio::null());
    Process::start(&mut command)
}

fn start_server(kind: Kind, port: u16, directory: &TempDir, redis: Option<String>) -> Process {
    let listen = format!("127.0.0.1:{port}");
    let mut command = match kind {
        Kind::Relay | Kind::BatchingRelay => {
            let own = std::env::current_exe().expect("a running program has a path");
            let mut command = on_core(SERVER_CORE, own);
            command.args(["relay", "--listen", &listen]);
            if kind == Kind::BatchingRelay {
                command.arg("--batching");
            }
            command
        }
        Kind::HartslagSqlite | Kind::HartslagRedis => {
            let mut command = on_core(SERVER_CORE, our_binary());
            command
                .args([
                    "serve",
                    "--listen",
                    &listen,
                    "--trust-forwarded-for",
                    "--data",
                ])
                .arg(directory.path().join("data"))
                .env("HARTSLAG_LOG", "warn")
                .env_remove("HARTSLAG_REDIS_URL");
            if let Some(url) = redis {
                command.env("HARTSLAG_REDIS_URL", url);
            }
            command
        }
        Kind::YWebsocket | Kind::Hocuspocus => {
            let mut command = on_core(SERVER_CORE, "node");
            command
                .arg(peers_folder().join(kind.name()).join("server.mjs"))
                .env("PORT", port.to_string())
                .env("NODE_ENV", "production");
            command
        }
    };
    Process::start(command.stdout(Stdio::null()))
}

/// The release binary beside this one, or where `HARTSLAG_BINARY` says.
fn our_binary() -> PathBuf {
    std::env::var_os("HARTSLAG_BINARY").map_or_else(
        || {
            let own = std::env::current_exe().expect("a running program has a path");
            own.with_file_name("hartslag")
        },
        PathBuf::from,
    )
}

fn peers_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers")
}

async fn listening(port: u16) -> Result<(), String> {
    let until = Instant::now() + STARTING;
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        if Instant::now() > until {
            return Err("the server does not listen".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
