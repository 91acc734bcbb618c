//! What Redis's errors mean to a caller of the store, and which are worth another try.

use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};
use tokio::time::Instant;

use crate::log::LogError;

/// How long a lost connection is tried again before the caller is told.
const PATIENCE: Duration = Duration::from_secs(3);

/// The first pause; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

impl From<RedisError> for LogError {
    fn from(error: RedisError) -> Self {
        // In a pipeline the first one is the cause.
        let errors = error.clone().into_server_errors();
        let first = errors.as_deref().and_then(|all| all.first());
        let (code, detail) = match first {
            Some((_, first)) => (first.code(), first.details()),
            None => ("", None),
        };
        match (code, error.kind()) {
            ("NOROOM", _) => Self::NoSuchRoom,
            ("ROOMEXISTS", _) => Self::RoomExists,
            ("FENCED", _) => fenced(detail),
            ("REGRESSED", _) => told(detail).map_or_else(unclear, |last| Self::Regressed { last }),
            ("TRIMMED", _) => told(detail).map_or_else(unclear, |upto| Self::Trimmed { upto }),
            ("DAMAGED" | "WRONGTYPE", _)
            | (_, ErrorKind::UnexpectedReturnType | ErrorKind::Parse) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Unavailable(Box::new(error)),
        }
    }
}

/// The script names the epoch that is in force.
fn fenced(detail: Option<&str>) -> LogError {
    told(detail).map_or_else(unclear, |current| LogError::Fenced { current })
}

/// The number that a script tells with its error.
fn told(detail: Option<&str>) -> Option<u64> {
    detail.and_then(|number| number.trim().parse().ok())
}

fn unclear() -> LogError {
    damaged("a number of the room is not one")
}

pub(super) fn damaged(what: &str) -> LogError {
    LogError::Damaged(what.to_owned())
}

pub(super) fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LogError {
    LogError::Unavailable(cause.into())
}

/// Decides about another try. Every call of the store may be made twice, so an answer that was
/// lost with its connection is simply asked for again.
#[derive(Debug)]
pub(super) struct Patience {
    until: Instant,
    pause: Duration,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self {
            until: Instant::now() + PATIENCE,
            pause: FIRST_PAUSE,
        }
    }

    /// Waits a little if the call is worth another try, and returns whether it is.
    pub(super) async fn allows_another_try(&mut self, error: &RedisError) -> bool {
        let may_pass = error.is_io_error()
            || matches!(
                error.kind(),
                ErrorKind::Server(ServerErrorKind::BusyLoading | ServerErrorKind::TryAgain)
            );
        if !may_pass || Instant::now() + self.pause > self.until {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause *= 2;
        true
    }
}
