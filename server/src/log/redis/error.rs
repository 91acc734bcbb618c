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
        let told = error.clone().into_server_errors();
        let told = told.as_deref().and_then(|all| all.first());
        let (code, detail) = match told {
            Some((_, told)) => (told.code(), told.details()),
            None => ("", None),
        };
        match (code, error.kind()) {
            ("NOROOM", _) => Self::NoSuchRoom,
            ("ROOMEXISTS", _) => Self::RoomExists,
            ("FENCED", _) => fenced(detail),
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
    match detail.and_then(|epoch| epoch.trim().parse().ok()) {
        Some(current) => LogError::Fenced { current },
        None => damaged("the room's epoch is not a number"),
    }
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
