//! The snapshot of a room, and the log that it makes superfluous.

use hartslag_protocol::ids::RoomId;
use rusqlite::{Connection, OptionalExtension, params};

use super::entries::{fenced_head, head, last, read};
use super::values;
use crate::log::{Epoch, LoadedRoom, LogError, Sequence, Snapshot, TRIM_MARGIN};

pub(super) fn load(connection: &Connection, room: RoomId) -> Result<LoadedRoom, LogError> {
    let head = head(connection, room)?;
    let bytes = connection
        .prepare_cached("SELECT bytes FROM snapshot WHERE room = ?1")?
        .query_row([room.as_bytes()], |row| values::bytes(row, 0))
        .optional()?
        .ok_or_else(|| LogError::Damaged("the room has no snapshot".to_owned()))?;
    let tail = read(connection, room, head.snapshot_upto, usize::MAX)?;
    Ok(LoadedRoom {
        epoch: head.epoch,
        created_at: head.created_at,
        snapshot: Snapshot {
            upto: head.snapshot_upto,
            bytes,
        },
        tail,
    })
}

/// L6: the room from the snapshot before the kept one.
pub(super) fn load_former(
    connection: &Connection,
    room: RoomId,
) -> Result<Option<LoadedRoom>, LogError> {
    let head = head(connection, room)?;
    let former = connection
        .prepare_cached(
            "SELECT former, former_upto FROM snapshot
             WHERE room = ?1 AND former IS NOT NULL",
        )?
        .query_row([room.as_bytes()], |row| {
            let upto: i64 = row.get(1)?;
            Ok(Snapshot {
                upto: upto.cast_unsigned(),
                bytes: values::bytes(row, 0)?,
            })
        })
        .optional()?;
    let Some(snapshot) = former else {
        return Ok(None);
    };
    let tail = read(connection, room, snapshot.upto, usize::MAX)?;
    Ok(Some(LoadedRoom {
        epoch: head.epoch,
        created_at: head.created_at,
        snapshot,
        tail,
    }))
}

/// L4: replaces the snapshot that the caller knew, and trims the log with a margin.
pub(super) fn save(
    connection: &Connection,
    room: RoomId,
    epoch: Epoch,
    expected: Sequence,
    snapshot: &Snapshot,
) -> Result<bool, LogError> {
    let head = fenced_head(connection, room, epoch)?;
    if head.snapshot_upto != expected {
        return is_kept(connection, room, head.snapshot_upto, snapshot);
    }
    if snapshot.upto < head.snapshot_upto || snapshot.upto > last(connection, room, &head)?.sequence
    {
        return Ok(false);
    }
    let mut trimmed = head.trimmed;
    if snapshot.upto > head.snapshot_upto {
        connection
            .prepare_cached("UPDATE snapshot SET former = bytes, former_upto = ?2 WHERE room = ?1")?
            .execute(params![room.as_bytes(), head.snapshot_upto.cast_signed()])?;
        // The log since the former snapshot stays with it (L6).
        let margin = snapshot.upto.saturating_sub(TRIM_MARGIN);
        trimmed = trimmed.max(margin.min(head.snapshot_upto));
    }
    connection
        .prepare_cached("UPDATE snapshot SET bytes = ?2 WHERE room = ?1")?
        .execute(params![room.as_bytes(), snapshot.bytes.as_ref()])?;
    connection
        .prepare_cached("UPDATE room SET snapshot_upto = ?2, trimmed = ?3 WHERE id = ?1")?
        .execute(params![
            room.as_bytes(),
            snapshot.upto.cast_signed(),
            trimmed.cast_signed()
        ])?;
    connection
        .prepare_cached("DELETE FROM entry WHERE room = ?1 AND sequence <= ?2")?
        .execute(params![room.as_bytes(), trimmed.cast_signed()])?;
    Ok(true)
}

/// Whether this very snapshot is kept already: a save that is tried again is answered alike.
fn is_kept(
    connection: &Connection,
    room: RoomId,
    upto: Sequence,
    snapshot: &Snapshot,
) -> Result<bool, LogError> {
    if upto != snapshot.upto {
        return Ok(false);
    }
    let same = connection
        .prepare_cached("SELECT bytes = ?2 FROM snapshot WHERE room = ?1")?
        .query_row(params![room.as_bytes(), snapshot.bytes.as_ref()], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(same.unwrap_or(false))
}
