//! Rounds and the private responses to them.

use hartslag_protocol::ids::{ParticipantId, RoomId, RoundId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::entries::head;
use super::values;
use crate::log::{LogError, PutResponse, StoredResponse};

pub(super) fn open(
    connection: &Connection,
    room: RoomId,
    round: RoundId,
) -> Result<bool, LogError> {
    head(connection, room)?;
    connection
        .prepare_cached(
            "INSERT INTO round (room, id, open) VALUES (?1, ?2, 1) ON CONFLICT DO NOTHING",
        )?
        .execute(params![room.as_bytes(), round.as_bytes()])?;
    Ok(is_open(connection, room, round)?)
}

fn is_open(connection: &Connection, room: RoomId, round: RoundId) -> rusqlite::Result<bool> {
    let known = connection
        .prepare_cached("SELECT open FROM round WHERE room = ?1 AND id = ?2")?
        .query_row(params![room.as_bytes(), round.as_bytes()], |row| {
            row.get::<_, bool>(0)
        })
        .optional()?;
    Ok(known == Some(true))
}

/// R1: closed for good, even where the round was never opened.
pub(super) fn close(
    connection: &Connection,
    room: RoomId,
    round: RoundId,
) -> Result<Vec<StoredResponse>, LogError> {
    head(connection, room)?;
    connection
        .prepare_cached(
            "INSERT INTO round (room, id, open) VALUES (?1, ?2, 0)
             ON CONFLICT DO UPDATE SET open = 0",
        )?
        .execute(params![room.as_bytes(), round.as_bytes()])?;
    let mut statement = connection.prepare_cached(
        "SELECT participant, revision, body FROM response
         WHERE room = ?1 AND round = ?2 ORDER BY participant",
    )?;
    let responses = statement.query_map(params![room.as_bytes(), round.as_bytes()], stored)?;
    Ok(responses.collect::<Result<_, _>>()?)
}

/// R5: the check that the round is open and the write are one transaction.
pub(super) fn put(
    connection: &Connection,
    room: RoomId,
    round: RoundId,
    new: &StoredResponse,
) -> Result<PutResponse, LogError> {
    if !is_open(connection, room, round)? {
        return Ok(PutResponse::NotOpen);
    }
    // Compared here and not in SQL, which would take the largest revisions for negative.
    if let Some(kept) = own(connection, room, round, new.participant)?
        && kept.revision >= new.revision
    {
        return Ok(PutResponse::Stale(kept));
    }
    connection
        .prepare_cached(
            "INSERT INTO response (room, round, participant, revision, body)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET revision = excluded.revision, body = excluded.body",
        )?
        .execute(params![
            room.as_bytes(),
            round.as_bytes(),
            new.participant.as_bytes(),
            new.revision.cast_signed(),
            new.body.as_ref(),
        ])?;
    Ok(PutResponse::Stored)
}

pub(super) fn own(
    connection: &Connection,
    room: RoomId,
    round: RoundId,
    participant: ParticipantId,
) -> Result<Option<StoredResponse>, LogError> {
    let kept = connection
        .prepare_cached(
            "SELECT participant, revision, body FROM response
             WHERE room = ?1 AND round = ?2 AND participant = ?3",
        )?
        .query_row(
            params![room.as_bytes(), round.as_bytes(), participant.as_bytes()],
            stored,
        )
        .optional()?;
    Ok(kept)
}

pub(super) fn responders(
    connection: &Connection,
    room: RoomId,
    round: RoundId,
) -> Result<Vec<ParticipantId>, LogError> {
    let mut statement = connection
        .prepare_cached("SELECT participant FROM response WHERE room = ?1 AND round = ?2")?;
    let found = statement.query_map(params![room.as_bytes(), round.as_bytes()], |row| {
        values::participant(row, 0)
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// R8: the responses of a closed round go; those of an open one stay.
pub(super) fn erase(connection: &Connection, room: RoomId, round: RoundId) -> Result<(), LogError> {
    connection
        .prepare_cached(
            "DELETE FROM response WHERE room = ?1 AND round = ?2
             AND EXISTS (SELECT 1 FROM round WHERE room = ?1 AND id = ?2 AND open = 0)",
        )?
        .execute(params![room.as_bytes(), round.as_bytes()])?;
    Ok(())
}

pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<StoredResponse> {
    Ok(StoredResponse {
        participant: values::participant(row, 0)?,
        revision: values::number(row, 1)?,
        body: values::bytes(row, 2)?,
    })
}
