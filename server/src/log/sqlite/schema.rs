//! The tables, and the steps by which an older file gets them.

use rusqlite::{Connection, TransactionBehavior};

use crate::log::LogError;

/// "hrts": marks the file as ours.
const APPLICATION_ID: i32 = 0x6872_7473;

/// Step n brings a file from version n to n + 1. Steps that were released never change.
const MIGRATIONS: [&str; 6] = [
    include_str!("schema.sql"),
    // A room is taken out with its invitations.
    "CREATE INDEX invitation_room ON invitation (room);",
    // The snapshot before the kept one, for when that is damaged.
    "ALTER TABLE snapshot ADD COLUMN former BLOB;
     ALTER TABLE snapshot ADD COLUMN former_upto INTEGER;",
    // An append writes its entry and nothing else: the entries tell which is the last, and whether
    // a key is known.
    "DROP INDEX entry_key;
     ALTER TABLE room DROP COLUMN last;",
    // What the link of a join code holds.
    "ALTER TABLE join_code ADD COLUMN secret TEXT;",
    // From which network people came in, for a day.
    "CREATE TABLE network_key (
       room    BLOB PRIMARY KEY,
       key     BLOB NOT NULL,
       ends_at INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE arrival (
       room        BLOB NOT NULL,
       participant BLOB NOT NULL,
       network     BLOB NOT NULL,
       at          INTEGER NOT NULL,
       PRIMARY KEY (room, participant)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX arrival_at ON arrival (at);",
];

/// The version that this build writes.
pub(super) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Whether the file has our mark.
pub(super) fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let owner: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(owner == APPLICATION_ID)
}

/// Brings the file up to date. Two processes may do so at once.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), LogError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let owner: i32 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;

    let is_new = owner == 0 && version == 0 && tables == 0;
    if owner != APPLICATION_ID && !is_new {
        return Err(LogError::Damaged(
            "the file belongs to another application".to_owned(),
        ));
    }
    let known = MIGRATIONS.len();
    let steps = usize::try_from(version)
        .ok()
        .and_then(|done| MIGRATIONS.get(done..));
    let Some(steps) = steps else {
        return Err(LogError::Damaged(format!(
            "the file has version {version}, from a later Hartslag; this one knows {known}"
        )));
    };
    for (step, version) in steps.iter().zip(version + 1..) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.commit()?;
    Ok(())
}
