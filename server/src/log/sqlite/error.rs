//! What SQLite's errors mean to a caller of the store.

use rusqlite::{Error, ErrorCode};

use crate::log::LogError;

impl From<Error> for LogError {
    fn from(error: Error) -> Self {
        if is_damage(&error) {
            Self::Damaged(error.to_string())
        } else {
            Self::Unavailable(Box::new(error))
        }
    }
}

/// The same error for one of several callers.
pub(super) fn shared(error: &Error) -> LogError {
    if is_damage(error) {
        LogError::Damaged(error.to_string())
    } else {
        LogError::Unavailable(error.to_string().into())
    }
}

/// Anything else that keeps the store from its work.
pub(super) fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LogError {
    LogError::Unavailable(cause.into())
}

fn is_damage(error: &Error) -> bool {
    match error {
        Error::SqliteFailure(failure, _) => matches!(
            failure.code,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase
        ),
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => true,
        _ => false,
    }
}
