//! Rooms and the entries of their logs.

use bytes::Bytes;
use hartslag_protocol::ids::{ParticipantId, RoomId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::values;
use crate::log::{
    Entry, Epoch, LogError, Milliseconds, NewEntry, Sequence, Snapshot, require_contiguous,
};

/// Bytes of a key that name the node; the rest counts.
const NODE_BYTES: usize = 8;

/// What is kept of a room beside its entries and its snapshot.
pub(super) struct Head {
    pub(super) epoch: Epoch,
    pub(super) created_at: Milliseconds,
    pub(super) trimmed: Sequence,
    pub(super) snapshot_upto: Sequence,
}

/// The end of a log.
pub(super) struct Last {
    pub(super) sequence: Sequence,
    /// Absent where no entry is left.
    key: Option<[u8; 16]>,
}

impl Last {
    /// Whether an entry with this key cannot be in the log: keys of one node rise with its entries
    /// of a room. Of other keys this says nothing.
    fn precedes(&self, key: &[u8; 16]) -> bool {
        let same_node = |last: &[u8; 16]| last[..NODE_BYTES] == key[..NODE_BYTES];
        self.key.is_some_and(|last| same_node(&last) && last < *key)
    }
}

pub(super) fn head(connection: &Connection, room: RoomId) -> Result<Head, LogError> {
    connection
        .prepare_cached("SELECT epoch, created_at, trimmed, snapshot_upto FROM room WHERE id = ?1")?
        .query_row([room.as_bytes()], |row| {
            Ok(Head {
                epoch: values::number(row, 0)?,
                created_at: values::number(row, 1)?,
                trimmed: values::number(row, 2)?,
                snapshot_upto: values::number(row, 3)?,
            })
        })
        .optional()?
        .ok_or(LogError::NoSuchRoom)
}

/// The last entry of a room, or up to where they were trimmed. A transaction that was cut short
/// takes its entries along, so that nothing else need say how many there should be.
pub(super) fn last(connection: &Connection, room: RoomId, head: &Head) -> Result<Last, LogError> {
    let newest = connection
        .prepare_cached(
            "SELECT sequence, key FROM entry WHERE room = ?1 ORDER BY sequence DESC LIMIT 1",
        )?
        .query_row([room.as_bytes()], |row| {
            Ok(Last {
                sequence: values::number(row, 0)?,
                key: Some(row.get(1)?),
            })
        })
        .optional()?;
    Ok(newest.unwrap_or(Last {
        sequence: head.trimmed,
        key: None,
    }))
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
            "INSERT INTO room (id, epoch, created_at, trimmed, snapshot_upto)
             VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT DO NOTHING",
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
///
/// The entries are the only thing written: one page for a room, the one that the last entries are
/// on. An index of keys and a counter would each cost another one in every commit.
pub(super) fn append(
    connection: &Connection,
    room: RoomId,
    epoch: Epoch,
    entries: &[NewEntry],
) -> Result<Vec<Sequence>, LogError> {
    let head = fenced_head(connection, room, epoch)?;
    let mut last = last(connection, room, &head)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO entry (room, sequence, key, kind, writer, at, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut sequences = Vec::with_capacity(entries.len());
    for entry in entries {
        if !last.precedes(&entry.key)
            && let Some(earlier) = known(connection, room, &entry.key)?
        {
            sequences.push(earlier);
            continue;
        }
        last = Last {
            sequence: last.sequence + 1,
            key: Some(entry.key),
        };
        insert.execute(params![
            room.as_bytes(),
            last.sequence.cast_signed(),
            entry.key,
            values::kind_word(entry.kind),
            entry.writer.as_ref().map(ParticipantId::as_bytes),
            entry.at.cast_signed(),
            entry.bytes.as_ref(),
        ])?;
        sequences.push(last.sequence);
    }
    Ok(sequences)
}

/// The number of an entry, found by looking through those that are left: some thousands at most,
/// when a node first appends to a room, or tries again.
fn known(
    connection: &Connection,
    room: RoomId,
    key: &[u8; 16],
) -> Result<Option<Sequence>, LogError> {
    let known = connection
        .prepare_cached("SELECT sequence FROM entry WHERE room = ?1 AND key = ?2")?
        .query_row(params![room.as_bytes(), key], |row| values::number(row, 0))
        .optional()?;
    Ok(known)
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
    if after >= last(connection, room, &head)?.sequence {
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
