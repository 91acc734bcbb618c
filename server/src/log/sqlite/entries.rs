//! Rooms and the entries of their logs.

use bytes::Bytes;
use hartslag_protocol::ids::{ParticipantId, RoomId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::values;
use crate::log::{
    Entry, Epoch, LogError, Milliseconds, NewEntry, Sequence, Snapshot, require_contiguous,
};

/// Where the log of a room begins and ends.
pub(super) struct Head {
    pub(super) epoch: Epoch,
    pub(super) created_at: Milliseconds,
    pub(super) last: Sequence,
    pub(super) trimmed: Sequence,
    pub(super) snapshot_upto: Sequence,
}

pub(super) fn head(connection: &Connection, room: RoomId) -> Result<Head, LogError> {
    connection
        .prepare_cached(
            "SELECT epoch, created_at, last, trimmed, snapshot_upto FROM room WHERE id = ?1",
        )?
        .query_row([room.as_bytes()], |row| {
            Ok(Head {
                epoch: values::number(row, 0)?,
                created_at: values::number(row, 1)?,
                last: values::number(row, 2)?,
                trimmed: values::number(row, 3)?,
                snapshot_upto: values::number(row, 4)?,
            })
        })
        .optional()?
        .ok_or(LogError::NoSuchRoom)
}

/// L3: the room's head, if it is still of this epoch.
pub(super) fn fenced_head(
    connection: &Connection,
    room: RoomId,
    epoch: Epoch,
) -> Result<Head, LogError> {
    let head = head(connection, room)?;
    if head.epoch != epoch {
        return Err(LogError::Fenced {
            current: head.epoch,
        });
    }
    Ok(head)
}

pub(super) fn create(
    connection: &Connection,
    room: RoomId,
    at: Milliseconds,
    snapshot: &[u8],
) -> Result<(), LogError> {
    let snapshot = Snapshot {
        upto: 0,
        bytes: Bytes::copy_from_slice(snapshot),
    };
    recreate(connection, room, at, 1, &snapshot)
}

/// The same, of an epoch, with a log that goes on after the snapshot.
pub(super) fn recreate(
    connection: &Connection,
    room: RoomId,
    at: Milliseconds,
    epoch: Epoch,
    snapshot: &Snapshot,
) -> Result<(), LogError> {
    let (epoch, upto) = (epoch.cast_signed(), snapshot.upto.cast_signed());
    let made = connection
        .prepare_cached(
            "INSERT INTO room (id, epoch, created_at, last, trimmed, snapshot_upto)
             VALUES (?1, ?2, ?3, ?4, ?4, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![room.as_bytes(), epoch, at.cast_signed(), upto])?;
    if made == 0 {
        return Err(LogError::RoomExists);
    }
    connection
        .prepare_cached("INSERT INTO snapshot (room, bytes) VALUES (?1, ?2)")?
        .execute(params![room.as_bytes(), &*snapshot.bytes])?;
    Ok(())
}

pub(super) fn rooms(connection: &Connection) -> Result<Vec<RoomId>, LogError> {
    let mut statement = connection.prepare_cached("SELECT id FROM room ORDER BY created_at, id")?;
    let rooms = statement.query_map([], |row| values::room(row, 0))?;
    Ok(rooms.collect::<Result<_, _>>()?)
}

/// L2: a known key gives its number, a new one takes the next.
pub(super) fn append(
    connection: &Connection,
    room: RoomId,
    epoch: Epoch,
    entries: &[NewEntry],
) -> Result<Vec<Sequence>, LogError> {
    let head = fenced_head(connection, room, epoch)?;
    let mut known =
        connection.prepare_cached("SELECT sequence FROM entry WHERE room = ?1 AND key = ?2")?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO entry (room, sequence, key, kind, writer, at, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (room, key) DO NOTHING",
    )?;

    let mut last = head.last;
    let mut sequences = Vec::with_capacity(entries.len());
    for entry in entries {
        let next = last + 1;
        let inserted = insert.execute(params![
            room.as_bytes(),
            next.cast_signed(),
            entry.key,
            values::kind_word(entry.kind),
            entry.writer.as_ref().map(ParticipantId::as_bytes),
            entry.at.cast_signed(),
            entry.bytes.as_ref(),
        ])?;
        if inserted == 1 {
            last = next;
            sequences.push(next);
        } else {
            let earlier = known.query_row(params![room.as_bytes(), entry.key], |row| {
                values::number(row, 0)
            })?;
            sequences.push(earlier);
        }
    }
    connection
        .prepare_cached("UPDATE room SET last = ?2 WHERE id = ?1")?
        .execute(params![room.as_bytes(), last.cast_signed()])?;
    Ok(sequences)
}

/// L5: at most `limit` entries after `after`, or how far the log was trimmed.
pub(super) fn read(
    connection: &Connection,
    room: RoomId,
    after: Sequence,
    limit: usize,
) -> Result<Vec<Entry>, LogError> {
    let head = head(connection, room)?;
    if after < head.trimmed {
        return Err(LogError::Trimmed { upto: head.trimmed });
    }
    // Past the end; also keeps numbers that SQLite would take for negative out of the query.
    if after >= head.last {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT sequence, key, kind, writer, at, bytes FROM entry
         WHERE room = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![room.as_bytes(), after.cast_signed(), limit])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    require_contiguous(after, &entries)?;
    Ok(entries)
}

fn entry(row: &Row<'_>) -> Result<Entry, LogError> {
    let kind: String = row.get(2)?;
    let writer: Option<[u8; 16]> = row.get(3)?;
    Ok(Entry {
        sequence: values::number(row, 0)?,
        key: row.get(1)?,
        kind: values::kind(&kind)?,
        writer: writer.map(ParticipantId::from_bytes),
        at: values::number(row, 4)?,
        bytes: Bytes::from(row.get::<_, Vec<u8>>(5)?),
    })
}
