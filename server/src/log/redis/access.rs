//! Who may enter: [`AccessStore`] over keys of their own, by the hash of a secret.

use std::collections::BTreeMap;

use async_trait::async_trait;
use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::workshop::Role;
use redis::{Value, pipe};

use super::error::damaged;
use super::{RedisStore, keys, values};
use crate::access::arrival::{ARRIVALS, Arrival, KEPT, NetworkKey};
use crate::access::secret::Secret;
use crate::access::{AccessStore, Invitation, JoinCode, Membership, SecretHash, Ticket};
use crate::log::{LogError, Milliseconds};

/// How long something that expired can still be told from something that never was.
const REMEMBERED: Milliseconds = 7 * 24 * 60 * 60 * 1_000;

#[async_trait]
impl AccessStore for RedisStore {
    async fn put_invitation(
        &self,
        secret: SecretHash,
        invitation: Invitation,
    ) -> Result<(), LogError> {
        let (room, role) = (invitation.room, invitation.role.as_str());
        // Noted with its room first: a note without an invitation opens nothing, an invitation
        // without a note would be missing from backups.
        let mut note = pipe();
        note.hset(keys::invitations(room), keys::hexadecimal(&secret), role)
            .ignore();
        let () = self.query(&note).await?;
        self.query(pipe().set(keys::invitation(&secret), format!("{room} {role}")))
            .await
    }

    async fn invitation(&self, secret: SecretHash) -> Result<Option<Invitation>, LogError> {
        let (found,): (Option<String>,) = self.query(pipe().get(keys::invitation(&secret))).await?;
        found.as_deref().map(invitation).transpose()
    }

    /// Three steps in as many hash slots. A code counts only while its room names it, so
    /// that stopping between them leaves nothing that opens a door.
    async fn put_join_code(&self, code: JoinCode, now: Milliseconds) -> Result<bool, LogError> {
        let (room, key) = (code.room.to_string(), keys::code(&code.code));
        let kept_for = code
            .expires_at
            .saturating_sub(now)
            .saturating_add(REMEMBERED);
        let mut claim = self.scripts.claim_join_code.prepare_invoke();
        claim
            .key(key)
            .arg(&room)
            .arg(values::sortable(code.expires_at));
        claim.arg(values::sortable(now)).arg(kept_for);
        claim.arg(code.secret.as_ref().map_or("", Secret::reveal));
        let is_claimed: bool = self.invoke(&claim).await?;
        if !is_claimed {
            return Ok(false);
        }

        let mut name = pipe();
        name.getset(keys::code_of(code.room), &code.code);
        let (earlier,): (Option<String>,) = self.query(&name).await?;
        if let Some(earlier) = earlier.filter(|earlier| *earlier != code.code) {
            let mut release = self.scripts.release_join_code.prepare_invoke();
            release.key(keys::code(&earlier)).arg(&room);
            let _: Value = self.invoke(&release).await?;
        }
        Ok(true)
    }

    async fn join_code(&self, code: &str) -> Result<Option<JoinCode>, LogError> {
        let (found,): (BTreeMap<String, String>,) =
            self.query(pipe().hgetall(keys::code(code))).await?;
        let (Some(room), Some(expiry)) = (found.get("room"), found.get("expires")) else {
            return Ok(None);
        };
        let room = identifier(room)?;
        let (named,): (Option<String>,) = self.query(pipe().get(keys::code_of(room))).await?;
        if named.as_deref() != Some(code) {
            return Ok(None);
        }
        Ok(Some(JoinCode {
            code: code.to_owned(),
            room,
            expires_at: values::number(expiry.as_bytes())?,
            secret: found.get("secret").and_then(|text| Secret::read(text)),
        }))
    }

    async fn join_code_of(&self, room: RoomId) -> Result<Option<JoinCode>, LogError> {
        let (named,): (Option<String>,) = self.query(pipe().get(keys::code_of(room))).await?;
        let Some(named) = named else {
            return Ok(None);
        };
        // After its end another room may have taken it.
        let found = self.join_code(&named).await?;
        Ok(found.filter(|code| code.room == room))
    }

    async fn membership(
        &self,
        device: SecretHash,
        room: RoomId,
    ) -> Result<Option<Membership>, LogError> {
        let mut command = pipe();
        command.hget(keys::members(room), keys::hexadecimal(&device));
        let (found,): (Option<String>,) = self.query(&command).await?;
        found.as_deref().map(membership).transpose()
    }

    async fn put_membership(
        &self,
        device: SecretHash,
        room: RoomId,
        membership: Membership,
    ) -> Result<(), LogError> {
        let value = format!("{} {}", membership.participant, membership.role.as_str());
        let mut command = pipe();
        command
            .hset(keys::members(room), keys::hexadecimal(&device), value)
            .ignore();
        self.query(&command).await
    }

    async fn role_of(
        &self,
        room: RoomId,
        participant: ParticipantId,
    ) -> Result<Option<Role>, LogError> {
        let (found,): (Vec<String>,) = self.query(pipe().hvals(keys::members(room))).await?;
        let mut highest = None;
        for text in found {
            let member = membership(&text)?;
            if member.participant == participant {
                highest = highest.max(Some(member.role));
            }
        }
        Ok(highest)
    }

    async fn put_ticket(&self, secret: SecretHash, ticket: Ticket) -> Result<(), LogError> {
        let value = format!(
            "{} {} {}",
            ticket.expires_at, ticket.room, ticket.participant
        );
        let mut command = pipe();
        command
            .cmd("SET")
            .arg(keys::ticket(&secret))
            .arg(value)
            .ignore();
        command
            .arg("PXAT")
            .arg(ticket.expires_at.saturating_add(REMEMBERED));
        self.query(&command).await
    }

    async fn ticket(&self, secret: SecretHash) -> Result<Option<Ticket>, LogError> {
        let (found,): (Option<String>,) = self.query(pipe().get(keys::ticket(&secret))).await?;
        found
            .map(|text| {
                let (expires_at, who) = two_words(&text)?;
                let (room, participant) = two_words(who)?;
                Ok(Ticket {
                    room: identifier(room)?,
                    participant: identifier(participant)?,
                    expires_at: values::number(expires_at.as_bytes())?,
                })
            })
            .transpose()
    }

    async fn revoke_ticket(&self, secret: SecretHash) -> Result<(), LogError> {
        self.query(pipe().del(keys::ticket(&secret)).ignore()).await
    }

    async fn network_key(&self, room: RoomId, _now: Milliseconds) -> Result<NetworkKey, LogError> {
        let key = keys::network_key(room);
        let fresh: NetworkKey = rand::random();
        let mut command = pipe();
        command.cmd("SET").arg(&key).arg(fresh.as_slice());
        command.arg("NX").arg("PX").arg(KEPT).ignore();
        command.get(&key);
        let (known,): (Option<Vec<u8>>,) = self.query(&command).await?;
        // One that ended between the two steps is as good as the fresh one.
        known.map_or(Ok(fresh), |known| {
            let key = known.try_into();
            key.map_err(|_other| damaged("a key of networks has another length"))
        })
    }

    /// By time, so that old ones go; all of them a day after the last.
    async fn put_arrival(&self, room: RoomId, arrival: Arrival) -> Result<(), LogError> {
        let key = keys::arrivals(room);
        let value = format!("{} {}", arrival.participant, arrival.network);
        let old = arrival.at.saturating_sub(KEPT);
        let mut command = pipe();
        command.zrembyscore(&key, 0, old).ignore();
        command.zadd(&key, value, arrival.at).ignore();
        command.cmd("PEXPIRE").arg(&key).arg(KEPT).ignore();
        self.query(&command).await
    }

    async fn arrivals(&self, room: RoomId, since: Milliseconds) -> Result<Vec<Arrival>, LogError> {
        let mut command = pipe();
        command.cmd("ZREVRANGEBYSCORE").arg(keys::arrivals(room));
        command.arg("+inf").arg(since).arg("WITHSCORES");
        command.arg("LIMIT").arg(0).arg(ARRIVALS);
        let (found,): (Vec<(String, u64)>,) = self.query(&command).await?;
        let arrivals = found.iter().map(|(value, at)| {
            let (participant, network) = two_words(value)?;
            Ok(Arrival {
                participant: identifier(participant)?,
                network: identifier(network)?,
                at: *at,
            })
        });
        arrivals.collect()
    }
}

pub(super) fn invitation(text: &str) -> Result<Invitation, LogError> {
    let (room, role) = two_words(text)?;
    Ok(Invitation {
        room: identifier(room)?,
        role: role_of_word(role)?,
    })
}

pub(super) fn membership(text: &str) -> Result<Membership, LogError> {
    let (participant, role) = two_words(text)?;
    Ok(Membership {
        participant: identifier(participant)?,
        role: role_of_word(role)?,
    })
}

fn two_words(text: &str) -> Result<(&str, &str), LogError> {
    text.split_once(' ')
        .ok_or_else(|| damaged("a record of access misses a part"))
}

fn identifier<T: std::str::FromStr>(text: &str) -> Result<T, LogError> {
    text.parse()
        .map_err(|_other| damaged("an identifier in a record of access is not one"))
}

pub(super) fn role_of_word(word: &str) -> Result<Role, LogError> {
    Role::from_word(word).ok_or_else(|| damaged("a role has an unknown word"))
}
