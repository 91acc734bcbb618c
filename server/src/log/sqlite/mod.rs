//! The embedded store: one SQLite file, one writer thread, a few readers.
//!
//! The writer commits what has gathered in one transaction, so that many rooms share one fsync;
//! a caller is answered after the commit. Another process may have the same file open.

mod access;
mod archive;
pub mod backup_file;
mod connection;
mod entries;
mod error;
pub mod inspect;
mod readers;
mod responses;
mod room_log;
mod schema;
mod snapshots;
#[cfg(test)]
mod tests;
mod values;
mod writer;

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::log::LogError;
use readers::Readers;
use writer::Writer;

/// Name of the file in the data directory.
pub const FILE_NAME: &str = "hartslag.sqlite3";

/// Keeps rooms and who may enter them in one file.
#[derive(Debug)]
pub struct SqliteStore {
    file: PathBuf,
    readers: Readers,
    writer: Writer,
    /// Held by the one process that serves or replaces rooms.
    _alone: Option<File>,
}

impl SqliteStore {
    /// Opens the store in this directory, and makes both where they are absent.
    pub fn open(directory: &Path) -> Result<Self, LogError> {
        make(directory)?;
        Self::open_made(directory, None)
    }

    /// The same for who serves or replaces rooms: one process at a time. Rooms live in the memory
    /// of the server; what another one wrote to them would not be seen there.
    pub fn open_alone(directory: &Path) -> Result<Self, LogError> {
        make(directory)?;
        let alone = connection::lock_alone(directory)?;
        Self::open_made(directory, Some(alone))
    }

    fn open_made(directory: &Path, alone: Option<File>) -> Result<Self, LogError> {
        connection::require_sound_sqlite()?;
        let _opening = connection::lock_opening(directory)?;
        let file = directory.join(FILE_NAME);
        let stopped_uncleanly = connection::has_unfinished_wal(&file);

        let mut writer = connection::open_for_writing(&file)?;
        schema::migrate(&mut writer)?;
        if stopped_uncleanly {
            connection::quick_check(&writer)?;
        }
        let readers = Readers::open(&file)?;
        Ok(Self {
            file,
            readers,
            writer: Writer::start(writer)?,
            _alone: alone,
        })
    }

    /// Finishes what was begun and leaves one file without a write-ahead log. Later calls are
    /// refused.
    pub async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }

    /// Runs work in a transaction of the writer; returns once it is on disk.
    async fn write<T, F>(&self, work: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, LogError> + Send + 'static,
    {
        self.writer.write(work).await
    }

    /// Runs work on one consistent state of the file.
    async fn read<T, F>(&self, work: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, LogError> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// A store that is full at so many pages, as a full disk would have it.
    #[cfg(test)]
    async fn limit_pages(&self, pages: u32) {
        self.write(move |connection| {
            connection.pragma_update(None, "max_page_count", pages)?;
            Ok(())
        })
        .await
        .unwrap();
    }
}

/// Private responses and secrets' hashes are in here: nobody else on the machine may look.
fn make(directory: &Path) -> Result<(), LogError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(error::unavailable)
}
