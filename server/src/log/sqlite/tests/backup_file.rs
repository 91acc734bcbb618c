//! Backups that are cut short, foreign, earlier or later.

use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::log::archive::{Archive, KeptRoom};
use crate::log::contract::{Fixture, NOW, new_room};
use crate::log::sqlite::backup_file::{BackupFile, BackupFileError, NewBackup, Origin};
use crate::log::sqlite::tests::SqliteFixture;

#[tokio::test]
async fn a_backup_holds_its_rooms_and_where_they_came_from() {
    let backup = Backup::make().await;

    let file = BackupFile::open(&backup.path).unwrap();

    assert_eq!(file.origin, origin());
    assert_eq!(file.rooms().unwrap(), [backup.room.id]);
    assert_eq!(file.room(backup.room.id).unwrap(), backup.room);
    assert_eq!(backup.names(), ["backup"], "nothing is left beside it");
}

#[tokio::test]
async fn a_backup_that_was_not_finished_is_none_and_leaves_nothing() {
    let mut backup = Backup::make().await;
    let before = std::fs::read(&backup.path).unwrap();
    backup.room.content.epoch = 7;

    let mut begun = NewBackup::create(&backup.path).unwrap();
    begun.add(&backup.room).unwrap();
    let partial = backup.names().into_iter().find(|name| name != "backup");
    let partial = backup.folder.path().join(partial.unwrap());
    let opened = BackupFile::open(&partial);
    drop(begun);

    assert!(matches!(opened, Err(BackupFileError::Foreign(_))));
    assert_eq!(backup.names(), ["backup"]);
    assert_eq!(std::fs::read(&backup.path).unwrap(), before);
}

#[tokio::test]
async fn a_backup_of_a_later_form_is_refused_and_may_be_replaced() {
    let backup = Backup::make().await;
    backup.change("PRAGMA user_version = 99");

    let refused = BackupFile::open(&backup.path).err().unwrap();

    assert!(refused.to_string().contains("made by a later Hartslag"));
    assert!(NewBackup::create(&backup.path).is_ok());
}

#[tokio::test]
async fn a_backup_of_the_first_form_is_read_and_stays_as_it_is() {
    let backup = Backup::make().await;
    backup.change(
        "DROP TABLE network_key;
         DROP TABLE arrival;
         ALTER TABLE join_code DROP COLUMN secret;
         DROP INDEX invitation_room;
         ALTER TABLE snapshot DROP COLUMN former;
         ALTER TABLE snapshot DROP COLUMN former_upto;
         ALTER TABLE room ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
         CREATE UNIQUE INDEX entry_key ON entry (room, key);
         PRAGMA user_version = 1",
    );
    let before = std::fs::read(&backup.path).unwrap();

    let file = BackupFile::open(&backup.path).unwrap();

    assert_eq!(file.room(backup.room.id).unwrap(), backup.room);
    assert_eq!(std::fs::read(&backup.path).unwrap(), before);
}

#[tokio::test]
async fn a_store_is_no_backup_and_is_not_overwritten_by_one() {
    let fixture = SqliteFixture::start().await;
    new_room(fixture.store()).await;

    let opened = BackupFile::open(&fixture.file());
    let begun = NewBackup::create(&fixture.file());

    assert!(matches!(opened, Err(BackupFileError::Foreign(_))));
    assert!(matches!(begun, Err(BackupFileError::Occupied(_))));
}

#[tokio::test]
async fn a_backup_with_a_damaged_page_is_told() {
    let backup = Backup::make().await;
    let mut bytes = std::fs::read(&backup.path).unwrap();
    let middle = bytes.len() / 2;
    bytes[4_096..middle].fill(0x5a);
    std::fs::write(&backup.path, bytes).unwrap();

    let opened = BackupFile::open(&backup.path);

    assert!(opened.is_err());
}

struct Backup {
    folder: TempDir,
    path: PathBuf,
    room: KeptRoom,
}

impl Backup {
    async fn make() -> Self {
        let fixture = SqliteFixture::start().await;
        let room = new_room(fixture.store()).await;
        let room = fixture.store().take_out(room).await.unwrap();
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("backup");
        let mut begun = NewBackup::create(&path).unwrap();
        begun.add(&room).unwrap();
        begun.finish(&origin()).unwrap().publish().unwrap();
        Self { folder, path, room }
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn change(&self, statements: &str) {
        let connection = Connection::open(&self.path).unwrap();
        connection.execute_batch(statements).unwrap();
    }
}

fn origin() -> Origin {
    Origin {
        made_at: NOW,
        store: "sqlite".to_owned(),
    }
}
