//! Rooms out of and into SQLite whole: [`Archive`] over one transaction each.

use async_trait::async_trait;
use hartslag_protocol::ids::{ParticipantId, RoomId, RoundId};
use hartslag_protocol::workshop::Role;
use rusqlite::{Connection, OptionalExtension, params};

use super::access::put_join_code;
use super::entries::head;
use super::responses::stored;
use super::{SqliteStore, snapshots, values};
use crate::access::secret::Secret;
use crate::access::{JoinCode, Membership, SecretHash};
use crate::log::archive::{Archive, KeptRoom, KeptRound, Standing};
use crate::log::{Epoch, LogError, Milliseconds, StoredResponse};

#[async_trait]
impl Archive for SqliteStore {
    async fn take_out(&self, room: RoomId) -> Result<KeptRoom, LogError> {
        self.read(move |connection| take_out(connection, room))
            .await
    }

    async fn put_in(
        &self,
        room: KeptRoom,
        standing: Standing,
        now: Milliseconds,
    ) -> Result<Epoch, LogError> {
        self.write(move |connection| put_in(connection, &room, standing, now))
            .await
    }
}

/// All that is kept of a room; the caller holds a transaction.
pub(super) fn take_out(connection: &Connection, room: RoomId) -> Result<KeptRoom, LogError> {
    Ok(KeptRoom {
        id: room,
        content: snapshots::load(connection, room)?,
        rounds: rounds(connection, room)?,
        members: members(connection, room)?,
        invitations: invitations(connection, room)?,
        join_code: join_code(connection, room)?,
    })
}

fn put_in(
    connection: &Connection,
    room: &KeptRoom,
    standing: Standing,
    now: Milliseconds,
) -> Result<Epoch, LogError> {
    let before = match head(connection, room.id) {
        Ok(_) if standing == Standing::Stays => return Err(LogError::RoomExists),
        Ok(head) => head.epoch,
        Err(LogError::NoSuchRoom) => 0,
        Err(error) => return Err(error),
    };
    let epoch = before.max(room.content.epoch) + 1;
    clear(connection, room.id)?;
    insert(connection, room, epoch)?;
    let current = join_code(connection, room.id)?;
    let is_current = |code: &JoinCode| code.expires_at > now;
    if let Some(code) = room.join_code.as_ref().filter(|code| is_current(code))
        && !current.as_ref().is_some_and(is_current)
    {
        // Where another room has the code by now, the coach gets a new one.
        put_join_code(connection, code, now)?;
    }
    Ok(epoch)
}

/// Removes all of a room but its invitations and its code.
fn clear(connection: &Connection, room: RoomId) -> Result<(), LogError> {
    for table in [
        "entry",
        "response",
        "round",
        "snapshot",
        "membership",
        "ticket",
    ] {
        connection.execute(
            &format!("DELETE FROM {table} WHERE room = ?1"),
            [room.as_bytes()],
        )?;
    }
    connection.execute("DELETE FROM room WHERE id = ?1", [room.as_bytes()])?;
    Ok(())
}

/// Writes a room, its join code aside, where there is none.
pub(super) fn insert(
    connection: &Connection,
    room: &KeptRoom,
    epoch: Epoch,
) -> Result<(), LogError> {
    let (id, content) = (room.id.as_bytes(), &room.content);
    let upto = content.snapshot.upto;
    connection.execute(
        "INSERT INTO room (id, epoch, created_at, trimmed, snapshot_upto)
         VALUES (?1, ?2, ?3, ?4, ?4)",
        params![
            id,
            epoch.cast_signed(),
            content.created_at.cast_signed(),
            upto.cast_signed()
        ],
    )?;
    connection.execute(
        "INSERT INTO snapshot (room, bytes) VALUES (?1, ?2)",
        params![id, content.snapshot.bytes.as_ref()],
    )?;
    let mut entry = connection.prepare_cached(
        "INSERT INTO entry (room, sequence, key, kind, writer, at, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for kept in &content.tail {
        entry.execute(params![
            id,
            kept.sequence.cast_signed(),
            kept.key,
            values::kind_word(kept.kind),
            kept.writer.as_ref().map(ParticipantId::as_bytes),
            kept.at.cast_signed(),
            kept.bytes.as_ref(),
        ])?;
    }
    insert_rounds(connection, room)?;
    insert_access(connection, room)
}

fn insert_rounds(connection: &Connection, room: &KeptRoom) -> Result<(), LogError> {
    let id = room.id.as_bytes();
    for round in &room.rounds {
        connection
            .prepare_cached("INSERT INTO round (room, id, open) VALUES (?1, ?2, ?3)")?
            .execute(params![id, round.id.as_bytes(), round.is_open])?;
        for response in &round.responses {
            connection
                .prepare_cached(
                    "INSERT INTO response (room, round, participant, revision, body)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    id,
                    round.id.as_bytes(),
                    response.participant.as_bytes(),
                    response.revision.cast_signed(),
                    response.body.as_ref(),
                ])?;
        }
    }
    Ok(())
}

fn insert_access(connection: &Connection, room: &KeptRoom) -> Result<(), LogError> {
    let id = room.id.as_bytes();
    for (device, member) in &room.members {
        connection
            .prepare_cached(
                "INSERT INTO membership (device, room, participant, role) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                device,
                id,
                member.participant.as_bytes(),
                member.role.as_str()
            ])?;
    }
    for (secret, role) in &room.invitations {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO invitation (secret, room, role) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![secret, id, role.as_str()])?;
    }
    Ok(())
}

fn rounds(connection: &Connection, room: RoomId) -> Result<Vec<KeptRound>, LogError> {
    let mut statement =
        connection.prepare_cached("SELECT id, open FROM round WHERE room = ?1 ORDER BY id")?;
    let known = statement.query_map([room.as_bytes()], |row| {
        Ok((row.get(0).map(RoundId::from_bytes)?, row.get(1)?))
    })?;
    let known: Vec<(RoundId, bool)> = known.collect::<Result<_, _>>()?;
    known
        .into_iter()
        .map(|(id, is_open)| {
            let responses = responses(connection, room, id)?;
            Ok(KeptRound {
                id,
                is_open,
                responses,
            })
        })
        .collect()
}

fn responses(
    connection: &Connection,
    room: RoomId,
    round: RoundId,
) -> Result<Vec<StoredResponse>, LogError> {
    let mut statement = connection.prepare_cached(
        "SELECT participant, revision, body FROM response
         WHERE room = ?1 AND round = ?2 ORDER BY participant",
    )?;
    let found = statement.query_map(params![room.as_bytes(), round.as_bytes()], stored)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn members(
    connection: &Connection,
    room: RoomId,
) -> Result<Vec<(SecretHash, Membership)>, LogError> {
    let mut statement = connection.prepare_cached(
        "SELECT device, participant, role FROM membership WHERE room = ?1 ORDER BY device",
    )?;
    let mut rows = statement.query([room.as_bytes()])?;
    let mut members = Vec::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(2)?;
        let membership = Membership {
            participant: values::participant(row, 1)?,
            role: values::role(&word)?,
        };
        members.push((row.get(0)?, membership));
    }
    Ok(members)
}

fn invitations(connection: &Connection, room: RoomId) -> Result<Vec<(SecretHash, Role)>, LogError> {
    let mut statement = connection
        .prepare_cached("SELECT secret, role FROM invitation WHERE room = ?1 ORDER BY secret")?;
    let mut rows = statement.query([room.as_bytes()])?;
    let mut invitations = Vec::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(1)?;
        invitations.push((row.get(0)?, values::role(&word)?));
    }
    Ok(invitations)
}

fn join_code(connection: &Connection, room: RoomId) -> Result<Option<JoinCode>, LogError> {
    let found = connection
        .prepare_cached("SELECT code, room, expires_at, secret FROM join_code WHERE room = ?1")?
        .query_row([room.as_bytes()], super::access::join_code)
        .optional()?;
    Ok(found)
}

/// Writes the join code of a room as it is, valid or not.
pub(super) fn insert_join_code(connection: &Connection, code: &JoinCode) -> Result<(), LogError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO join_code (code, room, expires_at, secret)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            code.code,
            code.room.as_bytes(),
            code.expires_at.cast_signed(),
            code.secret.as_ref().map(Secret::reveal),
        ])?;
    Ok(())
}
