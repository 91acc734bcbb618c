//! What an embedded store says of itself, for who looks after it.

use std::path::{Path, PathBuf};

use super::FILE_NAME;
use super::connection::{open_for_reading, quick_check, require_sound_sqlite, wal_of};
use crate::log::LogError;

/// An embedded store as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteFacts {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// What of it stands in the write-ahead log.
    pub wal_bytes: u64,
    /// `wal` where all is well.
    pub journal_mode: String,
}

/// The SQLite that is built in.
pub fn version() -> &'static str {
    rusqlite::version()
}

/// Reads every page of the store in this directory; nothing where there is none yet.
pub fn inspect(directory: &Path) -> Result<Option<SqliteFacts>, LogError> {
    require_sound_sqlite()?;
    let file = directory.join(FILE_NAME);
    let Ok(found) = std::fs::metadata(&file) else {
        return Ok(None);
    };
    let connection = open_for_reading(&file)?;
    quick_check(&connection)?;
    let journal_mode = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    Ok(Some(SqliteFacts {
        wal_bytes: std::fs::metadata(wal_of(&file)).map_or(0, |found| found.len()),
        file,
        bytes: found.len(),
        journal_mode,
    }))
}
