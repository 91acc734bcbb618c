//! Opens connections, each with the settings that the promise of durability rests on.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::error::unavailable;
use crate::log::LogError;

/// Older ones can lose a commit when a checkpoint and a reset of the write-ahead log coincide.
const OLDEST_SOUND_SQLITE: i32 = 3_051_003;

/// How long another process may hold the file before a call gives up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Holds the page that the last entries are on for some two thousand rooms: what does not fit is
/// read from the file again in every commit.
const WRITER_CACHE_KIBIBYTES: i64 = 16 << 10;

pub(super) fn require_sound_sqlite() -> Result<(), LogError> {
    if rusqlite::version_number() < OLDEST_SOUND_SQLITE {
        let version = rusqlite::version();
        return Err(unavailable(format!(
            "SQLite {version} is too old: 3.51.3 or later is needed"
        )));
    }
    Ok(())
}

/// Keeps other processes from opening the file until what is returned is dropped: SQLite does not
/// wait for whoever turns a new file's write-ahead log on at the same moment.
pub(super) fn lock_opening(directory: &Path) -> Result<File, LogError> {
    let lock = File::create(directory.join("hartslag.lock")).map_err(unavailable)?;
    lock.lock().map_err(unavailable)?;
    Ok(lock)
}

/// Makes this process the one that serves or replaces rooms, until what is returned is dropped.
pub(super) fn lock_alone(directory: &Path) -> Result<File, LogError> {
    let lock = File::create(directory.join("serving.lock")).map_err(unavailable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(unavailable(format!(
            "another hartslag serves or restores {}: stop it first",
            directory.display()
        ))),
        Err(TryLockError::Error(error)) => Err(unavailable(error)),
    }
}

/// Whether the last process to use the file left without closing it, or is still there.
pub(super) fn has_unfinished_wal(file: &Path) -> bool {
    std::fs::metadata(wal_of(file)).is_ok_and(|found| found.len() > 0)
}

/// Where SQLite keeps the write-ahead log of a file.
pub(super) fn wal_of(file: &Path) -> PathBuf {
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    wal.into()
}

pub(super) fn open_for_writing(file: &Path) -> Result<Connection, LogError> {
    let connection = open(file)?;
    connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The writer does this itself, after its callers were answered.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIBIBYTES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // R8: what is erased must not stay readable in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

pub(super) fn open_for_reading(file: &Path) -> Result<Connection, LogError> {
    let connection = open(file)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn open(file: &Path) -> Result<Connection, LogError> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    // A truncated file under a memory map ends the process with a signal.
    connection.pragma_update(None, "mmap_size", 0)?;
    // Else every other value of `LIMIT ?` makes SQLite compile the statement again.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Reads every page; after a crash, before anything is built on the file.
pub(super) fn quick_check(connection: &Connection) -> Result<(), LogError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(LogError::Damaged(verdict))
    }
}
