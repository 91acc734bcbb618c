//! The one thread that writes: it commits what has gathered in one transaction.

use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior, ffi};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

use super::error::{shared, unavailable};
use crate::log::LogError;

/// Callers beyond this wait for room in the queue.
const QUEUE: usize = 1_024;

/// Bounds how long the first of a group waits for the last.
const GROUP: usize = 256;

/// Least time from one commit to the next: under load the jobs of several rooms share one, while a
/// job that comes alone is done at once.
const PACE: Duration = Duration::from_millis(10);

/// Jobs after which the write-ahead log is looked at: to look is dear beside a commit.
const LOOK_AFTER: usize = 8;

/// Pages in the write-ahead log from which it is worth copying them to the file: 4 MiB.
const CHECKPOINT_PAGES: i64 = 1_024;

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, LogError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(connection, queue))
            .map_err(unavailable)?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs `work` in a savepoint and returns its answer once that is on disk. It runs again
    /// where the transaction that it shared with others failed.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, LogError> + Send + 'static,
    {
        let jobs = lock(&self.jobs).clone();
        let jobs = jobs.ok_or_else(|| unavailable("the store is closed"))?;
        let (reply, answer) = oneshot::channel();
        let job = Work {
            run: work,
            outcome: None,
            reply,
        };
        jobs.send(Box::new(job))
            .await
            .map_err(|_closed| unavailable("the writer has stopped"))?;
        drop(jobs);
        answer.await.map_err(unavailable)?
    }

    /// Lets the thread finish its queue and ends it.
    pub(super) async fn close(&self) {
        lock(&self.jobs).take();
        let Some(thread) = lock(&self.thread).take() else {
            return;
        };
        let ended = tokio::task::spawn_blocking(move || thread.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            error!("the store's writer ended in a panic");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something to write, and someone who waits for it.
trait Job: Send {
    /// Does the work in the transaction itself, which is kept only if this returns true.
    fn run_openly(&mut self, transaction: &Transaction<'_>) -> bool;

    /// Does the work in a savepoint. Fails only where the whole transaction is lost.
    fn run(&mut self, transaction: &mut Transaction<'_>) -> rusqlite::Result<()>;

    /// Answers the caller, with its own failure or else with that of the commit.
    fn answer(self: Box<Self>, committed: Result<(), &rusqlite::Error>);
}

struct Work<T, F> {
    run: F,
    outcome: Option<Result<T, LogError>>,
    reply: oneshot::Sender<Result<T, LogError>>,
}

impl<T, F> Job for Work<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<T, LogError> + Send,
{
    fn run_openly(&mut self, transaction: &Transaction<'_>) -> bool {
        let outcome = (self.run)(transaction);
        let is_done = outcome.is_ok();
        self.outcome = Some(outcome);
        is_done
    }

    fn run(&mut self, transaction: &mut Transaction<'_>) -> rusqlite::Result<()> {
        self.outcome = None;
        let savepoint = transaction.savepoint()?;
        let outcome = (self.run)(&savepoint);
        // A full disk may have ended the transaction by itself, savepoints and all.
        let is_lost = savepoint.is_autocommit();
        let closed = match (&outcome, is_lost) {
            (_, true) => Err(transaction_undone()),
            (Ok(_), false) => savepoint.commit(),
            (Err(_), false) => savepoint.finish(),
        };
        self.outcome = Some(outcome);
        closed
    }

    fn answer(self: Box<Self>, committed: Result<(), &rusqlite::Error>) {
        let answer = match (self.outcome, committed) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(shared(error)),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(unavailable("the work was not run")),
        };
        // A caller that went away no longer needs the answer.
        let _ = self.reply.send(answer);
    }
}

fn transaction_undone() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK), None)
}

fn serve(mut connection: Connection, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut unseen = 0;
    let mut last: Option<Instant> = None;
    while let Some(first) = queue.blocking_recv() {
        if let Some(last) = last {
            std::thread::sleep(PACE.saturating_sub(last.elapsed()));
        }
        last = Some(Instant::now());
        let mut group = vec![first];
        while group.len() < GROUP {
            let Ok(next) = queue.try_recv() else { break };
            group.push(next);
        }
        unseen += group.len();
        commit_group(&mut connection, group);
        if unseen < LOOK_AFTER {
            continue;
        }
        unseen = 0;
        if let Err(error) = checkpoint_when_due(&connection) {
            warn!(%error, "the write-ahead log could not be copied into the file: {error}");
        }
    }
    if let Err(error) = checkpoint(&connection, "TRUNCATE") {
        warn!(%error, "the write-ahead log stays until the next start: {error}");
    }
}

/// Commits the group at once. Where that fails, each on its own: what one job does to the
/// transaction, such as filling the disk, must not fail its neighbours.
fn commit_group(connection: &mut Connection, mut group: Vec<Box<dyn Job>>) {
    match commit(connection, &mut group) {
        Ok(()) => answer_all(group, Ok(())),
        Err(Failure::NotBegun(error)) => answer_all(group, Err(&error)),
        Err(Failure::Lost(error)) if group.len() == 1 => answer_all(group, Err(&error)),
        Err(Failure::Lost(_)) => {
            for job in group {
                commit_group(connection, vec![job]);
            }
        }
    }
}

fn answer_all(group: Vec<Box<dyn Job>>, committed: Result<(), &rusqlite::Error>) {
    for job in group {
        job.answer(committed);
    }
}

enum Failure {
    /// Another process holds the file, or it cannot be written at all.
    NotBegun(rusqlite::Error),
    /// The transaction was begun and is undone.
    Lost(rusqlite::Error),
}

/// Runs the jobs in one transaction. Most groups need no savepoints, which cost about as much as
/// a job: only where one fails is the whole run again with them.
fn commit(connection: &mut Connection, group: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    let transaction = begin(connection)?;
    let all_done = group.iter_mut().all(|job| job.run_openly(&transaction));
    if all_done {
        return transaction.commit().map_err(Failure::Lost);
    }
    transaction.rollback().map_err(Failure::Lost)?;
    if group.len() == 1 {
        return Ok(());
    }
    let mut transaction = begin(connection)?;
    for job in group {
        job.run(&mut transaction).map_err(Failure::Lost)?;
    }
    transaction.commit().map_err(Failure::Lost)
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, Failure> {
    connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(Failure::NotBegun)
}

/// Copies the write-ahead log into the file once it has grown, after callers were answered.
fn checkpoint_when_due(connection: &Connection) -> rusqlite::Result<()> {
    let (in_log, copied) = checkpoint(connection, "NOOP")?;
    if in_log - copied >= CHECKPOINT_PAGES {
        checkpoint(connection, "PASSIVE")?;
    }
    Ok(())
}

/// Returns the pages in the write-ahead log, and how many of them are in the file.
fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<(i64, i64)> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok((row.get(1)?, row.get(2)?))
    })
}
