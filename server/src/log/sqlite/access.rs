//! Who may enter: [`AccessStore`] over the same file.

use async_trait::async_trait;
use hartslag_protocol::ids::{NetworkMark, ParticipantId, RoomId};
use hartslag_protocol::workshop::Role;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{SqliteStore, values};
use crate::access::arrival::{ARRIVALS, Arrival, KEPT, NetworkKey};
use crate::access::secret::Secret;
use crate::access::{AccessStore, Invitation, JoinCode, Membership, SecretHash, Ticket};
use crate::log::{LogError, Milliseconds};

/// How long something that expired can still be told from something that never was.
const REMEMBERED: Milliseconds = 7 * 24 * 60 * 60 * 1_000;

#[async_trait]
impl AccessStore for SqliteStore {
    async fn put_invitation(
        &self,
        secret: SecretHash,
        invitation: Invitation,
    ) -> Result<(), LogError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO invitation (secret, room, role) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![
                    secret,
                    invitation.room.as_bytes(),
                    invitation.role.as_str()
                ])?;
            Ok(())
        })
        .await
    }

    async fn invitation(&self, secret: SecretHash) -> Result<Option<Invitation>, LogError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached("SELECT room, role FROM invitation WHERE secret = ?1")?
                .query_row([secret], |row| {
                    Ok((values::room(row, 0)?, row.get::<_, String>(1)?))
                })
                .optional()?;
            found
                .map(|(room, word)| {
                    let role = values::role(&word)?;
                    Ok(Invitation { room, role })
                })
                .transpose()
        })
        .await
    }

    async fn put_join_code(&self, code: JoinCode, now: Milliseconds) -> Result<bool, LogError> {
        self.write(move |connection| put_join_code(connection, &code, now))
            .await
    }

    async fn join_code(&self, code: &str) -> Result<Option<JoinCode>, LogError> {
        let code = code.to_owned();
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT code, room, expires_at, secret FROM join_code WHERE code = ?1",
                )?
                .query_row([code], join_code)
                .optional()?;
            Ok(found)
        })
        .await
    }

    async fn join_code_of(&self, room: RoomId) -> Result<Option<JoinCode>, LogError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT code, room, expires_at, secret FROM join_code WHERE room = ?1",
                )?
                .query_row([room.as_bytes()], join_code)
                .optional()?;
            Ok(found)
        })
        .await
    }

    async fn membership(
        &self,
        device: SecretHash,
        room: RoomId,
    ) -> Result<Option<Membership>, LogError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT participant, role FROM membership WHERE device = ?1 AND room = ?2",
                )?
                .query_row(params![device, room.as_bytes()], |row| {
                    Ok((values::participant(row, 0)?, row.get::<_, String>(1)?))
                })
                .optional()?;
            found
                .map(|(participant, word)| {
                    let role = values::role(&word)?;
                    Ok(Membership { participant, role })
                })
                .transpose()
        })
        .await
    }

    async fn put_membership(
        &self,
        device: SecretHash,
        room: RoomId,
        membership: Membership,
    ) -> Result<(), LogError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO membership (device, room, participant, role)
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    device,
                    room.as_bytes(),
                    membership.participant.as_bytes(),
                    membership.role.as_str(),
                ])?;
            Ok(())
        })
        .await
    }

    async fn role_of(
        &self,
        room: RoomId,
        participant: ParticipantId,
    ) -> Result<Option<Role>, LogError> {
        self.read(move |connection| role_of(connection, room, participant))
            .await
    }

    async fn put_ticket(&self, secret: SecretHash, ticket: Ticket) -> Result<(), LogError> {
        self.write(move |connection| put_ticket(connection, &secret, ticket))
            .await
    }

    async fn ticket(&self, secret: SecretHash) -> Result<Option<Ticket>, LogError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT room, participant, expires_at FROM ticket WHERE secret = ?1",
                )?
                .query_row([secret], |row| {
                    Ok(Ticket {
                        room: values::room(row, 0)?,
                        participant: values::participant(row, 1)?,
                        expires_at: values::number(row, 2)?,
                    })
                })
                .optional()?;
            Ok(found)
        })
        .await
    }

    async fn revoke_ticket(&self, secret: SecretHash) -> Result<(), LogError> {
        self.write(move |connection| {
            connection
                .prepare_cached("DELETE FROM ticket WHERE secret = ?1")?
                .execute([secret])?;
            Ok(())
        })
        .await
    }

    async fn network_key(&self, room: RoomId, now: Milliseconds) -> Result<NetworkKey, LogError> {
        let known = self.read(move |connection| network_key(connection, room, now));
        if let Some(key) = known.await? {
            return Ok(key);
        }
        self.write(move |connection| {
            // Another request may have been first.
            if let Some(key) = network_key(connection, room, now)? {
                return Ok(key);
            }
            let key: NetworkKey = rand::random();
            connection
                .prepare_cached("DELETE FROM network_key WHERE room = ?1 OR ends_at <= ?2")?
                .execute(params![room.as_bytes(), now.cast_signed()])?;
            connection
                .prepare_cached("INSERT INTO network_key (room, key, ends_at) VALUES (?1, ?2, ?3)")?
                .execute(params![room.as_bytes(), key, (now + KEPT).cast_signed()])?;
            Ok(key)
        })
        .await
    }

    async fn put_arrival(&self, room: RoomId, arrival: Arrival) -> Result<(), LogError> {
        self.write(move |connection| {
            connection
                .prepare_cached("DELETE FROM arrival WHERE at <= ?1")?
                .execute([arrival.at.saturating_sub(KEPT).cast_signed()])?;
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO arrival (room, participant, network, at)
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    room.as_bytes(),
                    arrival.participant.as_bytes(),
                    arrival.network.as_bytes(),
                    arrival.at.cast_signed(),
                ])?;
            Ok(())
        })
        .await
    }

    async fn arrivals(&self, room: RoomId, since: Milliseconds) -> Result<Vec<Arrival>, LogError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT participant, network, at FROM arrival WHERE room = ?1 AND at >= ?2
                 ORDER BY at DESC LIMIT ?3",
            )?;
            let most = i64::try_from(ARRIVALS).unwrap_or(i64::MAX);
            let found = statement.query_map(
                params![room.as_bytes(), since.cast_signed(), most],
                |row| {
                    Ok(Arrival {
                        participant: values::participant(row, 0)?,
                        network: NetworkMark::from_bytes(row.get(1)?),
                        at: values::number(row, 2)?,
                    })
                },
            )?;
            Ok(found.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn network_key(
    connection: &Connection,
    room: RoomId,
    now: Milliseconds,
) -> Result<Option<NetworkKey>, LogError> {
    let found = connection
        .prepare_cached("SELECT key FROM network_key WHERE room = ?1 AND ends_at > ?2")?
        .query_row(params![room.as_bytes(), now.cast_signed()], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(found)
}

pub(super) fn put_join_code(
    connection: &Connection,
    code: &JoinCode,
    now: Milliseconds,
) -> Result<bool, LogError> {
    let holder = connection
        .prepare_cached("SELECT code, room, expires_at, secret FROM join_code WHERE code = ?1")?
        .query_row([&code.code], join_code)
        .optional()?;
    if holder.is_some_and(|holder| holder.room != code.room && holder.expires_at > now) {
        return Ok(false);
    }
    connection
        .prepare_cached("DELETE FROM join_code WHERE room = ?1 OR code = ?2 OR expires_at <= ?3")?
        .execute(params![
            code.room.as_bytes(),
            code.code,
            now.saturating_sub(REMEMBERED).cast_signed()
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO join_code (code, room, expires_at, secret) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            code.code,
            code.room.as_bytes(),
            code.expires_at.cast_signed(),
            code.secret.as_ref().map(Secret::reveal),
        ])?;
    Ok(true)
}

fn role_of(
    connection: &Connection,
    room: RoomId,
    participant: ParticipantId,
) -> Result<Option<Role>, LogError> {
    let mut statement = connection
        .prepare_cached("SELECT role FROM membership WHERE room = ?1 AND participant = ?2")?;
    let mut rows = statement.query(params![room.as_bytes(), participant.as_bytes()])?;
    let mut highest = None;
    while let Some(row) = rows.next()? {
        let word: String = row.get(0)?;
        highest = highest.max(Some(values::role(&word)?));
    }
    Ok(highest)
}

/// Also forgets tickets that ended a week before this one does: all last equally long.
fn put_ticket(
    connection: &Connection,
    secret: &SecretHash,
    ticket: Ticket,
) -> Result<(), LogError> {
    connection
        .prepare_cached("DELETE FROM ticket WHERE expires_at <= ?1")?
        .execute([ticket.expires_at.saturating_sub(REMEMBERED).cast_signed()])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO ticket (secret, room, participant, expires_at)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            secret,
            ticket.room.as_bytes(),
            ticket.participant.as_bytes(),
            ticket.expires_at.cast_signed(),
        ])?;
    Ok(())
}

pub(super) fn join_code(row: &Row<'_>) -> rusqlite::Result<JoinCode> {
    Ok(JoinCode {
        code: row.get(0)?,
        room: values::room(row, 1)?,
        expires_at: values::number(row, 2)?,
        secret: row
            .get::<_, Option<String>>(3)?
            .as_deref()
            .and_then(Secret::read),
    })
}
