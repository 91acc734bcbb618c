//! Sends what rooms append: the scripts that wait go to Redis together.
//!
//! Redis then reads once, forces its disk once and answers once for all of them, and so does this
//! node. Each stays a step of its own, on keys of one hash slot.

use std::io;
use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, Script, ServerErrorKind, pipe};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::log::Sequence;

/// Callers beyond this wait for room in the queue.
const QUEUE: usize = 1_024;

/// Scripts that go together, and bytes of them from which on no more are added.
const GROUP: usize = 256;
const GROUP_BYTES: usize = 1 << 20;

/// Least time from one group to the next: under load the appends of many rooms share a round
/// trip and an fsync, while one that comes alone goes at once.
const PACE: Duration = Duration::from_millis(5);

type Numbers = RedisResult<Vec<Sequence>>;

/// The way to the task that sends.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

/// A script to run, and who waits for the numbers that it gives.
struct Job {
    call: Cmd,
    bytes: usize,
    reply: oneshot::Sender<Numbers>,
}

impl Writer {
    /// Starts the task, which ends with the store. `script` is the one that appends.
    pub(super) fn start(connection: ConnectionManager, script: Script) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(serve(connection, script, queue));
        Self { jobs }
    }

    /// Runs the script once, with what else waits. Its error is that of the script, or that of
    /// the way to Redis.
    pub(super) async fn append(&self, call: Cmd, bytes: usize) -> Numbers {
        let (reply, answer) = oneshot::channel();
        let job = Job { call, bytes, reply };
        self.jobs.send(job).await.map_err(|_closed| gone())?;
        answer.await.map_err(|_dropped| gone())?
    }
}

fn gone() -> RedisError {
    io::Error::other("the writer has stopped").into()
}

async fn serve(mut connection: ConnectionManager, script: Script, mut queue: mpsc::Receiver<Job>) {
    let mut next = Instant::now();
    while let Some(first) = queue.recv().await {
        sleep_until(next).await;
        next = Instant::now() + PACE;
        let group = gather(first, &mut queue);
        send(&mut connection, &script, group).await;
    }
}

fn gather(first: Job, queue: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let mut bytes = first.bytes;
    let mut group = vec![first];
    while group.len() < GROUP
        && bytes < GROUP_BYTES
        && let Ok(job) = queue.try_recv()
    {
        bytes += job.bytes;
        group.push(job);
    }
    group
}

async fn send(connection: &mut ConnectionManager, script: &Script, group: Vec<Job>) {
    let mut calls = pipe();
    calls.ignore_errors();
    let mut replies = Vec::with_capacity(group.len());
    for job in group {
        calls.add_command(job.call);
        replies.push(job.reply);
    }
    let mut answers: RedisResult<Vec<Numbers>> = calls.query_async(connection).await;
    if answers.as_ref().is_ok_and(|all| all.iter().any(is_unknown)) {
        // A Redis that was started anew forgot the script. Those that ran count once.
        answers = match script.load_async(connection).await {
            Ok(_) => calls.query_async(connection).await,
            Err(error) => Err(error),
        };
    }
    match answers {
        Ok(answers) => {
            for (reply, answer) in replies.into_iter().zip(answers) {
                // Who no longer waits is asked for by the store's guard.
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

fn is_unknown(answer: &Numbers) -> bool {
    answer
        .as_ref()
        .is_err_and(|error| error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
}
