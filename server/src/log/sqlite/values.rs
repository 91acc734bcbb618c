//! How our values stand in SQLite's columns.

use bytes::Bytes;
use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::workshop::Role;
use rusqlite::Row;

use crate::log::{EntryKind, LogError};

/// The column's number. SQLite has no unsigned ones; the bits are kept.
pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

pub(super) fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    Ok(row.get::<_, Vec<u8>>(column)?.into())
}

pub(super) fn room(row: &Row<'_>, column: usize) -> rusqlite::Result<RoomId> {
    row.get(column).map(RoomId::from_bytes)
}

pub(super) fn participant(row: &Row<'_>, column: usize) -> rusqlite::Result<ParticipantId> {
    row.get(column).map(ParticipantId::from_bytes)
}

pub(super) fn role(word: &str) -> Result<Role, LogError> {
    Role::from_word(word).ok_or_else(|| LogError::Damaged("a role has an unknown word".to_owned()))
}

pub(super) fn kind(word: &str) -> Result<EntryKind, LogError> {
    match word {
        "update" => Ok(EntryKind::Update),
        "event" => Ok(EntryKind::Event),
        _ => Err(LogError::Damaged("an entry has an unknown kind".to_owned())),
    }
}

pub(super) fn kind_word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Update => "update",
        EntryKind::Event => "event",
    }
}
