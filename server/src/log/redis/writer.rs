//! Sends what rooms append and tell: what waits goes to Redis together.
//!
//! Redis then reads once, forces its disk once and answers once for all of it, and so does this
//! node. Each append stays a step of its own, on keys of one hash slot.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use hartslag_protocol::ids::RoomId;
use redis::aio::ConnectionManager;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, Script, ServerErrorKind, pipe};
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
    /// Starts the task, which ends with the store. `script` is the one that appends.
    pub(super) fn start(connection: ConnectionManager, script: Script) -> Self {
        let (appends, queue) = mpsc::channel(QUEUE);
        let (told, tellings) = mpsc::channel(TOLD);
        let sender = Sender {
            connection,
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
    connection: ConnectionManager,
    script: Script,
    appends: mpsc::Receiver<Append>,
    told: mpsc::Receiver<Told>,
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
        let mut calls = pipe();
        calls.ignore_errors();
        for told in group.told {
            let bytes = [told.by.to_bytes().as_slice(), &told.bytes].concat();
            calls.publish(keys::told(told.room), bytes).ignore();
        }
        let mut replies = Vec::with_capacity(group.appends.len());
        for append in group.appends {
            calls.add_command(append.call);
            replies.push(append.reply);
        }
        let mut answers: RedisResult<Vec<Numbers>> = calls.query_async(&mut self.connection).await;
        if answers.as_ref().is_ok_and(|all| all.iter().any(is_unknown)) {
            // A Redis that was started anew forgot the script. Those that ran count once, and to
            // be told something twice changes nothing.
            answers = match self.script.load_async(&mut self.connection).await {
                Ok(_) => calls.query_async(&mut self.connection).await,
                Err(error) => Err(error),
            };
        }
        match answers {
            Ok(answers) => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // Where nobody waits any more, the room is in doubt by then.
                    let _ = reply.send(answer);
                }
            }
            Err(error) => {
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }
}

fn is_unknown(answer: &Numbers) -> bool {
    answer
        .as_ref()
        .is_err_and(|error| error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
}
