//! Rooms out of and into Redis whole: read in one step, staged under other names, then renamed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use hartslag_protocol::ids::{ParticipantId, RoomId, RoundId};
use redis::streams::StreamRangeReply;
use redis::{FromRedisValue, Pipeline, Value, pipe};

use super::access::{membership, role_of_word};
use super::error::damaged;
use super::{RedisStore, keys, values};
use crate::access::{AccessStore, Invitation, SecretHash};
use crate::log::archive::{Archive, KeptRoom, KeptRound, Standing};
use crate::log::{
    Entry, Epoch, LoadedRoom, LogError, Milliseconds, Snapshot, StoredResponse, require_contiguous,
};

/// How often a room is read anew when a round was added under the reader.
const READS: usize = 8;

/// Bytes and entries that are staged at once.
const PART_BYTES: usize = 1 << 20;
const PART_ENTRIES: usize = 500;

/// What a restore that was cut short staged goes by itself after so many seconds.
const STAGED_FOR: i64 = 24 * 60 * 60;

/// Keys looked through at once.
const SCAN: usize = 1_000;

#[async_trait]
impl Archive for RedisStore {
    async fn take_out(&self, room: RoomId) -> Result<KeptRoom, LogError> {
        for _ in 0..READS {
            if let Some(mut kept) = self.take_out_once(room).await? {
                kept.join_code = self.join_code_of(room).await?;
                return Ok(kept);
            }
        }
        Err(super::error::unavailable(
            "rounds came faster than the room could be read",
        ))
    }

    async fn put_in(
        &self,
        room: KeptRoom,
        standing: Standing,
        now: Milliseconds,
    ) -> Result<Epoch, LogError> {
        let id = room.id;
        let (is_there,): (bool,) = self.query(pipe().exists(keys::room(id))).await?;
        if is_there && standing == Standing::Stays {
            return Err(LogError::RoomExists);
        }
        self.stage(&room).await?;
        // Ways into a room that is not there open nothing, so they may come first.
        let mut list = pipe();
        list.cmd("ZADD").arg(keys::ROOMS).arg("NX");
        list.arg(room.content.created_at).arg(id.to_string());
        let _: Value = self.query(&list).await?;
        for (secret, role) in &room.invitations {
            let (room, role) = (id, *role);
            self.put_invitation(*secret, Invitation { room, role })
                .await?;
        }
        if is_there {
            self.end_tickets(id).await?;
        }
        let epoch = self.swap(id, standing).await?;
        self.give_back_code(&room, now).await?;
        Ok(epoch)
    }
}

impl RedisStore {
    /// All of a room in one step; nothing where a round came between asking which there are and
    /// reading them.
    async fn take_out_once(&self, room: RoomId) -> Result<Option<KeptRoom>, LogError> {
        let mut ask = pipe();
        ask.hget(keys::room(room), "upto").hkeys(keys::rounds(room));
        let (upto, asked): (Option<u64>, Vec<String>) = self.query(&ask).await?;
        let upto = upto.ok_or(LogError::NoSuchRoom)?;

        let mut read = pipe();
        read.atomic();
        read.hmget(keys::room(room), &["epoch", "created", "upto", "last"]);
        read.get(keys::snapshot(room));
        read.cmd("XRANGE").arg(keys::log(room));
        read.arg(upto.saturating_add(1)).arg("+");
        read.hgetall(keys::members(room));
        read.hgetall(keys::invitations(room));
        read.hgetall(keys::rounds(room));
        for round in &asked {
            read.hgetall(keys::responses(room, round_id(round)?));
        }
        let mut answers = self.query::<Vec<Value>>(&read).await?.into_iter();

        let head: Vec<Option<u64>> = next(&mut answers)?;
        let content = content(&head, next(&mut answers)?, next(&mut answers)?)?;
        let members: BTreeMap<String, String> = next(&mut answers)?;
        let invitations: BTreeMap<String, String> = next(&mut answers)?;
        let states: BTreeMap<String, String> = next(&mut answers)?;
        if states.len() != asked.len() {
            return Ok(None);
        }
        let mut rounds = Vec::with_capacity(asked.len());
        for round in &asked {
            rounds.push(KeptRound {
                id: round_id(round)?,
                is_open: states.get(round).is_some_and(|state| state == "open"),
                responses: responses(next(&mut answers)?)?,
            });
        }
        rounds.sort_by_key(|round| round.id);
        Ok(Some(KeptRoom {
            id: room,
            content,
            rounds,
            members: by_secret(&members, membership)?,
            invitations: by_secret(&invitations, role_of_word)?,
            join_code: None,
        }))
    }

    /// Writes the room beside where it will stand.
    async fn stage(&self, room: &KeptRoom) -> Result<(), LogError> {
        let content = &room.content;
        let upto = content.snapshot.upto;
        let mut head = pipe();
        for key in keys::whole(room.id) {
            head.unlink(keys::staged(&key)).ignore();
        }
        let key = keys::staged(&keys::room(room.id));
        let fields = [
            ("epoch", content.epoch),
            ("created", content.created_at),
            ("last", upto + content.tail.len() as u64),
            ("trimmed", upto),
            ("upto", upto),
        ];
        head.hset_multiple(&key, &fields).ignore();
        head.expire(&key, STAGED_FOR).ignore();
        let key = keys::staged(&keys::snapshot(room.id));
        head.set(&key, content.snapshot.bytes.as_ref()).ignore();
        head.expire(&key, STAGED_FOR).ignore();
        let () = self.query(&head).await?;
        self.stage_log(room.id, &content.tail).await?;
        self.stage_rounds(room).await?;

        let members = keys::staged(&keys::members(room.id));
        let fields = room.members.iter().map(|(device, member)| {
            let value = format!("{} {}", member.participant, member.role.as_str());
            (keys::hexadecimal(device).into_bytes(), value.into_bytes())
        });
        self.stage_hash(&members, fields).await
    }

    async fn stage_log(&self, room: RoomId, tail: &[Entry]) -> Result<(), LogError> {
        let (log, known) = (keys::log(room), keys::entry_keys(room));
        let (log, known) = (keys::staged(&log), keys::staged(&known));
        let mut part = Part::new();
        for entry in tail {
            let writer = entry.writer.as_ref().map(ParticipantId::as_bytes);
            let command = part.pipeline.cmd("XADD").arg(&log);
            command.arg(format!("{}-0", entry.sequence));
            command.arg("k").arg(entry.key.as_slice());
            command.arg("t").arg(values::kind_word(entry.kind));
            command
                .arg("w")
                .arg(writer.map_or([].as_slice(), <[u8; 16]>::as_slice));
            command.arg("a").arg(entry.at);
            command.arg("b").arg(entry.bytes.as_ref()).ignore();
            part.pipeline
                .hset(&known, entry.key.as_slice(), entry.sequence)
                .ignore();
            part.grow(entry.bytes.len());
            self.send_when_full(&mut part, &[&log, &known]).await?;
        }
        self.send(&mut part, &[&log, &known]).await
    }

    async fn stage_rounds(&self, room: &KeptRoom) -> Result<(), LogError> {
        let states = room.rounds.iter().map(|round| {
            let state = if round.is_open { "open" } else { "closed" };
            (round.id.to_string().into_bytes(), state.into())
        });
        self.stage_hash(&keys::staged(&keys::rounds(room.id)), states)
            .await?;
        for round in &room.rounds {
            let key = keys::staged(&keys::responses(room.id, round.id));
            let () = self.query(pipe().unlink(&key).ignore()).await?;
            let responses = round.responses.iter().map(|response| {
                let mut kept = values::sortable(response.revision).into_bytes();
                kept.extend_from_slice(&response.body);
                (response.participant.as_bytes().to_vec(), kept)
            });
            self.stage_hash(&key, responses).await?;
        }
        Ok(())
    }

    async fn stage_hash(
        &self,
        key: &str,
        fields: impl Iterator<Item = (Vec<u8>, Vec<u8>)> + Send,
    ) -> Result<(), LogError> {
        let mut part = Part::new();
        for (field, value) in fields {
            part.grow(value.len());
            part.pipeline.hset(key, field, value).ignore();
            self.send_when_full(&mut part, &[key]).await?;
        }
        self.send(&mut part, &[key]).await
    }

    async fn send_when_full(&self, part: &mut Part, staged: &[&str]) -> Result<(), LogError> {
        if part.is_full() {
            self.send(part, staged).await?;
        }
        Ok(())
    }

    async fn send(&self, part: &mut Part, staged: &[&str]) -> Result<(), LogError> {
        let mut part = std::mem::replace(part, Part::new());
        if part.entries == 0 {
            return Ok(());
        }
        for key in staged {
            part.pipeline.expire(*key, STAGED_FOR).ignore();
        }
        self.query(&part.pipeline).await
    }

    /// The one step from the old room, or none, to the new one.
    async fn swap(&self, room: RoomId, standing: Standing) -> Result<Epoch, LogError> {
        let maker: [u8; 16] = rand::random();
        let mut call = self.scripts.restore.prepare_invoke();
        for key in keys::whole(room) {
            call.key(key);
        }
        for key in keys::whole(room) {
            call.key(keys::staged(&key));
        }
        call.arg(maker.as_slice())
            .arg(u8::from(standing == Standing::GivesWay));
        call.arg(keys::responses_of(room)).arg(keys::STAGED);
        call.arg(keys::channel(room));
        self.invoke(&call).await
    }

    async fn give_back_code(&self, room: &KeptRoom, now: Milliseconds) -> Result<(), LogError> {
        let Some(code) = room.join_code.clone() else {
            return Ok(());
        };
        let current = self.join_code_of(room.id).await?;
        let is_wanted = current.is_none_or(|current| current.expires_at <= now);
        if code.expires_at > now && is_wanted {
            // Where another room has the code by now, the coach gets a new one.
            self.put_join_code(code, now).await?;
        }
        Ok(())
    }

    /// Some of the keys like `pattern`, and from where to go on: 0 at the end.
    pub(super) async fn scan(
        &self,
        pattern: &str,
        cursor: u64,
    ) -> Result<(u64, Vec<String>), LogError> {
        let mut scan = pipe();
        scan.cmd("SCAN").arg(cursor);
        scan.arg("MATCH").arg(pattern).arg("COUNT").arg(SCAN);
        let (part,) = self.query(&scan).await?;
        Ok(part)
    }

    /// Ends every ticket of the room. They are kept by secret, so all are looked through.
    async fn end_tickets(&self, room: RoomId) -> Result<(), LogError> {
        let mut cursor = 0_u64;
        loop {
            let (next, found) = self.scan(keys::TICKETS, cursor).await?;
            for key in found {
                let (kept,): (Option<String>,) = self.query(pipe().get(&key)).await?;
                let of_room = kept.is_some_and(|kept| kept.contains(&room.to_string()));
                if of_room {
                    let () = self.query(pipe().del(&key).ignore()).await?;
                }
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }
}

/// Commands that go together.
struct Part {
    pipeline: Pipeline,
    entries: usize,
    bytes: usize,
}

impl Part {
    fn new() -> Self {
        Self {
            pipeline: pipe(),
            entries: 0,
            bytes: 0,
        }
    }

    fn grow(&mut self, bytes: usize) {
        self.entries += 1;
        self.bytes += bytes;
    }

    fn is_full(&self) -> bool {
        self.entries >= PART_ENTRIES || self.bytes >= PART_BYTES
    }
}

fn next<T: FromRedisValue>(answers: &mut impl Iterator<Item = Value>) -> Result<T, LogError> {
    let answer = answers
        .next()
        .ok_or_else(|| damaged("an answer is missing"))?;
    T::from_redis_value(answer).map_err(|error| LogError::Damaged(error.to_string()))
}

fn content(
    head: &[Option<u64>],
    snapshot: Option<Vec<u8>>,
    tail: StreamRangeReply,
) -> Result<LoadedRoom, LogError> {
    let [Some(epoch), Some(created_at), Some(upto), Some(last)] = *head else {
        return Err(LogError::NoSuchRoom);
    };
    let bytes = snapshot.ok_or_else(|| damaged("the room has no snapshot"))?;
    let tail: Result<Vec<_>, _> = tail.ids.into_iter().map(values::entry).collect();
    let mut tail = tail?;
    // A newer snapshot may have been saved since it was asked where the tail begins.
    tail.retain(|entry| entry.sequence > upto);
    require_contiguous(upto, &tail)?;
    if upto + tail.len() as u64 != last {
        return Err(damaged("the log ends before its last entry"));
    }
    Ok(LoadedRoom {
        epoch,
        created_at,
        snapshot: Snapshot {
            upto,
            bytes: bytes.into(),
        },
        tail,
    })
}

fn responses(kept: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Vec<StoredResponse>, LogError> {
    let responses = kept
        .into_iter()
        .map(|(participant, kept)| values::response(values::participant(&participant)?, &kept));
    let mut responses = responses.collect::<Result<Vec<_>, _>>()?;
    responses.sort_by_key(|response| response.participant);
    Ok(responses)
}

fn by_secret<T>(
    kept: &BTreeMap<String, String>,
    read: fn(&str) -> Result<T, LogError>,
) -> Result<Vec<(SecretHash, T)>, LogError> {
    kept.iter()
        .map(|(secret, text)| Ok((keys::hash(secret)?, read(text)?)))
        .collect()
}

fn round_id(text: &str) -> Result<RoundId, LogError> {
    text.parse()
        .map_err(|_other| damaged("a round has no identifier"))
}
