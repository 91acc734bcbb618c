//! Sends what rooms append and tell: what waits goes to Redis together.
//!
//! Redis then reads once, forces its disk once and answers once for all of it, and so does this
//! node. Each append stays a step of its own, on keys of one hash slot.
//!
//! Appends have a connection to themselves, as each names the run of the server that it goes to:
//! a connection reaches one run and no other.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use hartslag_protocol::ids::RoomId;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, InfoDict, RedisError, RedisResult, Script,
    ServerErrorKind, cmd, pipe,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::keys;
use super::own::Name;
use crate::log::Sequence;

/// Callers beyond this wait for room in the queue.
const QUEUE: usize = 1_024;

/// Appends that go together, and bytes of them from which on no more are added.
const GROUP: usize = 256;
const GROUP_BYTES: usize = 1 << 20;

/// What is told and waits while Redis does not answer; what comes on top of that is lost.
const TOLD: usize = 256;

/// What is told and goes together.
const TOLD_GROUP: usize = 32;

/// Least time from one group to the next: under load many rooms share a round trip and an fsync,
/// while what comes alone goes at once.
const PACE: Duration = Duration::from_millis(10);

type Numbers = RedisResult<Vec<Sequence>>;

/// The way to the task that sends.
#[derive(Debug)]
pub(super) struct Writer {
    appends: mpsc::Sender<Append>,
    told: mpsc::Sender<Told>,
}

/// A script to run, and who waits for the numbers that it gives.
struct Append {
    call: Cmd,
    bytes: usize,
    reply: oneshot::Sender<Numbers>,
}

/// What other nodes are told, for which nobody waits.
struct Told {
    room: RoomId,
    by: Name,
    bytes: Bytes,
}

impl Writer {
    /// Starts the task, which ends with the store. `script` is the one that appends; the run of
    /// the server is added to what it is called with.
    pub(super) fn start(client: Client, config: AsyncConnectionConfig, script: Script) -> Self {
        let (appends, queue) = mpsc::channel(QUEUE);
        let (told, tellings) = mpsc::channel(TOLD);
        let sender = Sender {
            client,
            config,
            link: None,
            script,
            appends: queue,
            told: tellings,
        };
        tokio::spawn(sender.run());
        Self { appends, told }
    }

    /// Runs the script once, with what else waits. Its error is that of the script, or that of
    /// the way to Redis.
    pub(super) async fn append(&self, call: Cmd, bytes: usize) -> Numbers {
        let (reply, answer) = oneshot::channel();
        let append = Append { call, bytes, reply };
        self.appends.send(append).await.map_err(|_closed| gone())?;
        answer.await.map_err(|_dropped| gone())?
    }

    pub(super) fn tell(&self, room: RoomId, by: Name, bytes: Bytes) {
        // Whoever tells something tells it again later.
        let _ = self.told.try_send(Told { room, by, bytes });
    }
}

fn gone() -> RedisError {
    io::Error::other("the writer has stopped").into()
}

struct Sender {
    client: Client,
    config: AsyncConnectionConfig,
    link: Option<Link>,
    script: Script,
    appends: mpsc::Receiver<Append>,
    told: mpsc::Receiver<Told>,
}

/// A connection, and the run of the server that it leads to.
#[derive(Clone)]
struct Link {
    connection: MultiplexedConnection,
    run: String,
}

/// What goes together.
#[derive(Default)]
struct Group {
    appends: Vec<Append>,
    told: Vec<Told>,
}

impl Sender {
    async fn run(mut self) {
        let mut next = Instant::now();
        loop {
            let mut group = Group::default();
            tokio::select! {
                append = self.appends.recv() => match append {
                    Some(append) => group.appends.push(append),
                    None => return,
                },
                Some(told) = self.told.recv() => group.told.push(told),
            }
            sleep_until(next).await;
            next = Instant::now() + PACE;
            self.fill(&mut group);
            self.send(group).await;
        }
    }

    /// Adds what waits by now.
    fn fill(&mut self, group: &mut Group) {
        let mut bytes: usize = group.appends.iter().map(|append| append.bytes).sum();
        while group.appends.len() < GROUP
            && bytes < GROUP_BYTES
            && let Ok(append) = self.appends.try_recv()
        {
            bytes += append.bytes;
            group.appends.push(append);
        }
        while group.told.len() < TOLD_GROUP
            && let Ok(told) = self.told.try_recv()
        {
            group.told.push(told);
        }
    }

    async fn send(&mut self, group: Group) {
        let Group { appends, told } = group;
        let (calls, replies): (Vec<_>, Vec<_>) = appends
            .into_iter()
            .map(|append| (append.call, append.reply))
            .unzip();
        match self.try_send(calls, told).await {
            Ok(answers) => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // Where nobody waits any more, the room is in doubt by then.
                    let _ = reply.send(answer);
                }
            }
            Err(error) => {
                self.link = None;
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    async fn try_send(&mut self, appends: Vec<Cmd>, told: Vec<Told>) -> RedisResult<Vec<Numbers>> {
        let Link {
            mut connection,
            run,
        } = self.link().await?;
        let mut calls = pipe();
        calls.ignore_errors();
        for told in told {
            let bytes = [told.by.to_bytes().as_slice(), &told.bytes].concat();
            calls.publish(keys::told(told.room), bytes).ignore();
        }
        for mut call in appends {
            call.arg(&run);
            calls.add_command(call);
        }
        let answers: Vec<Numbers> = calls.query_async(&mut connection).await?;
        if !answers.iter().any(is_unknown) {
            return Ok(answers);
        }
        // A Redis that was started anew forgot the script. Those that ran count once, and to be
        // told something twice changes nothing.
        self.script.load_async(&mut connection).await?;
        calls.query_async(&mut connection).await
    }

    async fn link(&mut self) -> RedisResult<Link> {
        if let Some(link) = &self.link {
            return Ok(link.clone());
        }
        let config = &self.config;
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(config);
        let mut connection = connecting.await?;
        let told: RedisResult<InfoDict> =
            cmd("INFO").arg("server").query_async(&mut connection).await;
        let run = match told {
            Ok(told) => told.get("run_id"),
            Err(error) if error.is_io_error() => return Err(error),
            Err(_forbidden) => None,
        };
        // Where it is not told, every connection counts as another run: that only costs more.
        let run = run.unwrap_or_else(|| format!("{:032x}", rand::random::<u128>()));
        let link = Link { connection, run };
        self.link = Some(link.clone());
        Ok(link)
    }
}

fn is_unknown(answer: &Numbers) -> bool {
    answer
        .as_ref()
        .is_err_and(|error| error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
}
