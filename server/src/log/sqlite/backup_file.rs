//! A backup: rooms of any store in one SQLite file, with the tables of the embedded store and a
//! mark that says it is whole.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hartslag_protocol::ids::RoomId;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::archive::{insert, insert_join_code, take_out};
use super::connection::quick_check;
use super::{entries, schema};
use crate::log::archive::KeptRoom;
use crate::log::{LogError, Milliseconds};

/// Written last, so that a file that was cut short is no backup.
const MARK: &str = "CREATE TABLE backup (
  made_at INTEGER NOT NULL,
  store   TEXT NOT NULL,  -- where the rooms were: sqlite, redis
  version TEXT NOT NULL   -- of the Hartslag that made it
) STRICT;";

/// Pages copied at once when a backup of an earlier form is brought up to date.
const PAGES: i32 = 4_096;

/// Why a backup is not made or not read.
#[derive(Debug, thiserror::Error)]
pub enum BackupFileError {
    /// What stands there must not be overwritten.
    #[error("{} is there already and is no backup of Hartslag: choose another name", .0.display())]
    Occupied(PathBuf),
    /// It is something else, or was cut short.
    #[error("{} is no backup of Hartslag", .0.display())]
    Foreign(PathBuf),
    /// A later version made it.
    #[error(
        "{} was made by a later Hartslag: its form is {form}, this one reads up to {known}; \
         restore it with that version",
        .path.display()
    )]
    Later {
        /// The file.
        path: PathBuf,
        /// Its form.
        form: u32,
        /// The newest form that is known here.
        known: u32,
    },
    /// The file system refused.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its content cannot be written or read.
    #[error("{}: {source}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: LogError,
    },
}

/// Where a backup came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// When it was made.
    pub made_at: Milliseconds,
    /// The kind of store: `sqlite` or `redis`.
    pub store: String,
}

/// A backup that is being made, beside the place where it will stand.
pub struct NewBackup {
    connection: Connection,
    partial: Partial,
    target: PathBuf,
}

/// A backup that is written, and not yet in its place.
pub struct WrittenBackup {
    partial: Partial,
    target: PathBuf,
}

/// A backup that is read.
pub struct BackupFile {
    connection: Connection,
    path: PathBuf,
    /// Where it came from.
    pub origin: Origin,
}

/// A file that is removed unless it gets its name.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Gone already where it got its name; else it is rubbish, and its name says so.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl NewBackup {
    /// Begins a backup. An earlier backup in its place stays until this one is whole.
    pub fn create(target: &Path) -> Result<Self, BackupFileError> {
        let is_taken = std::fs::metadata(target).is_ok_and(|found| found.len() > 0);
        if is_taken
            && !matches!(
                BackupFile::open(target),
                Ok(_) | Err(BackupFileError::Later { .. })
            )
        {
            return Err(BackupFileError::Occupied(target.to_owned()));
        }
        let mut path = target.as_os_str().to_owned();
        path.push(format!(".{}.partial", std::process::id()));
        let path = PathBuf::from(path);
        // Private responses and secrets' hashes go in here: nobody else may read it.
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| refused(&path, source))?;
        let partial = Partial(path);
        let connection = prepared(&partial.0).map_err(|source| unfit(&partial.0, source))?;
        Ok(Self {
            connection,
            partial,
            target: target.to_owned(),
        })
    }

    /// Adds a room.
    pub fn add(&mut self, room: &KeptRoom) -> Result<(), BackupFileError> {
        self.try_add(room)
            .map_err(|source| unfit(&self.partial.0, source))
    }

    fn try_add(&mut self, room: &KeptRoom) -> Result<(), LogError> {
        let transaction = self.connection.transaction()?;
        insert(&transaction, room, room.content.epoch)?;
        if let Some(code) = &room.join_code {
            insert_join_code(&transaction, code)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Marks the backup as whole and puts it on disk.
    pub fn finish(self, origin: &Origin) -> Result<WrittenBackup, BackupFileError> {
        let Self {
            connection,
            partial,
            target,
        } = self;
        mark(connection, origin).map_err(|source| unfit(&partial.0, source))?;
        let synced = File::open(&partial.0).and_then(|file| file.sync_all());
        synced.map_err(|source| refused(&partial.0, source))?;
        Ok(WrittenBackup { partial, target })
    }
}

impl WrittenBackup {
    /// The backup as whoever restores it will read it.
    pub fn open(&self) -> Result<BackupFile, BackupFileError> {
        BackupFile::open(&self.partial.0)
    }

    /// Gives the backup its name, in place of an earlier one.
    pub fn publish(self) -> Result<(), BackupFileError> {
        std::fs::rename(&self.partial.0, &self.target)
            .map_err(|source| refused(&self.target, source))?;
        let folder = self.target.parent().filter(|path| *path != Path::new(""));
        let folder = folder.unwrap_or(Path::new("."));
        // The name is on disk with its folder.
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| refused(folder, source))
    }
}

impl BackupFile {
    /// Opens a backup, reads every page, and leaves the file as it is. One of an earlier form is
    /// brought up to date in a copy.
    pub fn open(path: &Path) -> Result<Self, BackupFileError> {
        File::open(path).map_err(|source| refused(path, source))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|error| unfit(path, error.into()))?;
        // Whatever cannot be read is none of ours.
        let found = describe(&connection).ok().flatten();
        let (form, origin) = found.ok_or_else(|| BackupFileError::Foreign(path.to_owned()))?;
        let known = schema::newest();
        if form > known {
            return Err(BackupFileError::Later {
                path: path.to_owned(),
                form,
                known,
            });
        }
        let connection = if form < known {
            brought_up_to_date(&connection)
        } else {
            Ok(connection)
        };
        let checked = connection.and_then(|connection| {
            quick_check(&connection)?;
            Ok(connection)
        });
        Ok(Self {
            connection: checked.map_err(|source| unfit(path, source))?,
            path: path.to_owned(),
            origin,
        })
    }

    /// The rooms in it, oldest first.
    pub fn rooms(&self) -> Result<Vec<RoomId>, BackupFileError> {
        entries::rooms(&self.connection).map_err(|source| unfit(&self.path, source))
    }

    /// A room in it.
    pub fn room(&self, room: RoomId) -> Result<KeptRoom, BackupFileError> {
        take_out(&self.connection, room).map_err(|source| unfit(&self.path, source))
    }
}

fn refused(path: &Path, source: std::io::Error) -> BackupFileError {
    let path = path.to_owned();
    BackupFileError::File { path, source }
}

fn unfit(path: &Path, source: LogError) -> BackupFileError {
    let path = path.to_owned();
    BackupFileError::Content { path, source }
}

/// An empty store in the file. A crash leaves rubbish that has no mark, so nothing waits for the
/// disk before the end.
fn prepared(path: &Path) -> Result<Connection, LogError> {
    let mut connection = Connection::open(path)?;
    connection
        .pragma_update_and_check(None, "journal_mode", "OFF", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

fn mark(connection: Connection, origin: &Origin) -> Result<(), LogError> {
    connection.execute_batch(MARK)?;
    connection.execute(
        "INSERT INTO backup (made_at, store, version) VALUES (?1, ?2, ?3)",
        params![
            origin.made_at.cast_signed(),
            origin.store,
            env!("CARGO_PKG_VERSION")
        ],
    )?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// The form of a backup and where it came from; nothing where it is none.
fn describe(connection: &Connection) -> rusqlite::Result<Option<(u32, Origin)>> {
    if !schema::is_ours(connection)? {
        return Ok(None);
    }
    let origin = connection
        .query_row("SELECT made_at, store FROM backup", [], |row| {
            Ok(Origin {
                made_at: super::values::number(row, 0)?,
                store: row.get(1)?,
            })
        })
        .optional()?;
    let form = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(origin.map(|origin| (form, origin)))
}

/// A copy of it in a file without a name, in the form of today.
fn brought_up_to_date(earlier: &Connection) -> Result<Connection, LogError> {
    let mut copy = Connection::open("")?;
    Backup::new(earlier, &mut copy)?.run_to_completion(PAGES, std::time::Duration::ZERO, None)?;
    schema::migrate(&mut copy)?;
    Ok(copy)
}
