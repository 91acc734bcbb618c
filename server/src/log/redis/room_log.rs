//! [`RoomLog`] by scripts and reads.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use hartslag_protocol::ids::{ParticipantId, RoomId, RoundId};
use redis::streams::StreamRangeReply;
use redis::{Cmd, Value, cmd, pipe};
use tokio::sync::mpsc;

use super::error::{Patience, damaged};
use super::{RedisStore, durability, keys, values};
use crate::log::{
    Durability, Entry, Epoch, Hint, Known, LoadedRoom, LogError, Milliseconds, NewEntry,
    PutResponse, RoomLog, Sequence, Snapshot, StoredResponse, TRIM_MARGIN, Vitals,
    require_contiguous,
};

/// Field of a room: how often a loss was accepted.
const LOSSES: &str = "losses";

/// How often a room is read anew when its log is trimmed under the reader.
const LOADS: usize = 4;

#[async_trait]
impl RoomLog for RedisStore {
    async fn create(
        &self,
        room: RoomId,
        at: Milliseconds,
        snapshot: Bytes,
    ) -> Result<(), LogError> {
        self.list(room, at).await?;
        let maker: [u8; 16] = rand::random();
        let mut call = self.scripts.create.prepare_invoke();
        call.key(keys::room(room)).key(keys::snapshot(room));
        call.arg(maker.as_slice()).arg(at).arg(snapshot.as_ref());
        let _: Value = self.invoke(&call).await?;
        Ok(())
    }

    async fn recreate(
        &self,
        room: RoomId,
        at: Milliseconds,
        epoch: Epoch,
        snapshot: Snapshot,
    ) -> Result<(), LogError> {
        self.list(room, at).await?;
        let maker: [u8; 16] = rand::random();
        let mut call = self.scripts.recreate.prepare_invoke();
        call.key(keys::room(room)).key(keys::snapshot(room));
        call.key(keys::log(room)).key(keys::entry_keys(room));
        call.arg(maker.as_slice()).arg(at).arg(epoch);
        call.arg(snapshot.upto).arg(snapshot.bytes.as_ref());
        let _: Value = self.invoke(&call).await?;
        Ok(())
    }

    async fn exists(&self, room: RoomId) -> Result<bool, LogError> {
        let (exists,) = self.query(pipe().exists(keys::room(room))).await?;
        Ok(exists)
    }

    async fn rooms(&self) -> Result<Vec<RoomId>, LogError> {
        let (listed,): (Vec<String>,) = self.query(pipe().zrange(keys::ROOMS, 0, -1)).await?;
        if listed.is_empty() {
            return Ok(Vec::new());
        }
        let mut rooms = Vec::with_capacity(listed.len());
        let mut existing = pipe();
        for name in listed {
            let room = name
                .parse()
                .map_err(|_other| damaged("a room has no identifier"))?;
            existing.exists(keys::room(room));
            rooms.push(room);
        }
        let made: Vec<bool> = self.query(&existing).await?;
        let made = rooms.into_iter().zip(made).filter(|(_, made)| *made);
        Ok(made.map(|(room, _)| room).collect())
    }

    async fn load(&self, room: RoomId) -> Result<LoadedRoom, LogError> {
        let mut trimmed = LogError::NoSuchRoom;
        for _ in 0..LOADS {
            match self.load_once(room).await {
                Err(error @ LogError::Trimmed { .. }) => trimmed = error,
                answer => return answer,
            }
        }
        Err(trimmed)
    }

    async fn load_former(&self, room: RoomId) -> Result<Option<LoadedRoom>, LogError> {
        let mut trimmed = LogError::NoSuchRoom;
        for _ in 0..LOADS {
            match self.load_former_once(room).await {
                Err(error @ LogError::Trimmed { .. }) => trimmed = error,
                answer => return answer,
            }
        }
        Err(trimmed)
    }

    async fn append(
        &self,
        room: RoomId,
        epoch: Epoch,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<Sequence>, LogError> {
        self.append_script(room, epoch, None, entries).await
    }

    async fn append_after(
        &self,
        room: RoomId,
        epoch: Epoch,
        known: Known,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<Sequence>, LogError> {
        self.append_script(room, epoch, Some(known), entries).await
    }

    async fn accepted_losses(&self, room: RoomId) -> Result<u64, LogError> {
        let (losses,): (Option<u64>,) = self.query(pipe().hget(keys::room(room), LOSSES)).await?;
        Ok(losses.unwrap_or(0))
    }

    async fn accept_loss(&self, room: RoomId) -> Result<(), LogError> {
        if !self.exists(room).await? {
            return Err(LogError::NoSuchRoom);
        }
        let _: Value = self
            .query(pipe().hincr(keys::room(room), LOSSES, 1))
            .await?;
        Ok(())
    }

    async fn read(
        &self,
        room: RoomId,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, LogError> {
        let mut commands = pipe();
        commands
            .atomic()
            .hmget(keys::room(room), &["trimmed", "last"]);
        let from = after.saturating_add(1);
        commands
            .cmd("XRANGE")
            .arg(keys::log(room))
            .arg(from)
            .arg("+");
        commands.arg("COUNT").arg(limit.min(usize::MAX >> 1));
        let (head, found): (Vec<Option<u64>>, StreamRangeReply) = self.query(&commands).await?;

        let [Some(trimmed), Some(last)] = head[..] else {
            return Err(LogError::NoSuchRoom);
        };
        if after < trimmed {
            return Err(LogError::Trimmed { upto: trimmed });
        }
        let entries: Result<Vec<_>, _> = found.ids.into_iter().map(values::entry).collect();
        let mut entries = entries?;
        // What comes after is of an append that was cut off, and goes with the next one.
        entries.retain(|entry| entry.sequence <= last);
        require_contiguous(after, &entries)?;
        let is_whole = entries.len() == limit || after.saturating_add(entries.len() as u64) >= last;
        if is_whole {
            Ok(entries)
        } else {
            Err(damaged("the log ends before its last entry"))
        }
    }

    async fn follow(&self, room: RoomId) -> Result<mpsc::Receiver<Hint>, LogError> {
        self.channel.follow(room).await
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn tell(&self, room: RoomId, bytes: Bytes) {
        self.writer.tell(room, self.own.name(), bytes);
    }

    async fn save_snapshot(
        &self,
        room: RoomId,
        epoch: Epoch,
        expected: Sequence,
        snapshot: Snapshot,
    ) -> Result<bool, LogError> {
        let mut call = self.scripts.save_snapshot.prepare_invoke();
        call.key(keys::room(room)).key(keys::log(room));
        call.key(keys::entry_keys(room)).key(keys::snapshot(room));
        call.arg(epoch).arg(expected).arg(snapshot.upto);
        call.arg(snapshot.bytes.as_ref()).arg(TRIM_MARGIN);
        self.invoke(&call).await
    }

    async fn open_round(&self, room: RoomId, round: RoundId) -> Result<bool, LogError> {
        let mut call = self.scripts.open_round.prepare_invoke();
        call.key(keys::room(room)).key(keys::rounds(room));
        call.arg(round.to_string());
        self.invoke(&call).await
    }

    async fn close_round(
        &self,
        room: RoomId,
        round: RoundId,
    ) -> Result<Vec<StoredResponse>, LogError> {
        let mut call = self.scripts.close_round.prepare_invoke();
        call.key(keys::room(room)).key(keys::rounds(room));
        call.key(keys::responses(room, round))
            .arg(round.to_string());
        let kept: Vec<(Vec<u8>, Vec<u8>)> = self.invoke(&call).await?;

        let responses = kept
            .into_iter()
            .map(|(participant, kept)| values::response(values::participant(&participant)?, &kept));
        let mut responses = responses.collect::<Result<Vec<_>, _>>()?;
        responses.sort_by_key(|response| response.participant);
        Ok(responses)
    }

    async fn put_response(
        &self,
        room: RoomId,
        round: RoundId,
        response: StoredResponse,
    ) -> Result<PutResponse, LogError> {
        let mut call = self.scripts.put_response.prepare_invoke();
        call.key(keys::rounds(room))
            .key(keys::responses(room, round));
        call.arg(round.to_string());
        call.arg(response.participant.as_bytes().as_slice());
        call.arg(values::sortable(response.revision))
            .arg(response.body.as_ref());
        match self.invoke(&call).await? {
            Value::Nil => Ok(PutResponse::NotOpen),
            Value::Int(_) => Ok(PutResponse::Stored),
            Value::BulkString(kept) => {
                values::response(response.participant, &kept).map(PutResponse::Stale)
            }
            _ => Err(damaged("a response is kept in an unknown form")),
        }
    }

    async fn response(
        &self,
        room: RoomId,
        round: RoundId,
        participant: ParticipantId,
    ) -> Result<Option<StoredResponse>, LogError> {
        let mut command = pipe();
        command.hget(
            keys::responses(room, round),
            participant.as_bytes().as_slice(),
        );
        let (kept,): (Option<Vec<u8>>,) = self.query(&command).await?;
        kept.map(|kept| values::response(participant, &kept))
            .transpose()
    }

    async fn responders(
        &self,
        room: RoomId,
        round: RoundId,
    ) -> Result<Vec<ParticipantId>, LogError> {
        let (found,): (Vec<Vec<u8>>,) = self
            .query(pipe().hkeys(keys::responses(room, round)))
            .await?;
        found.iter().map(|id| values::participant(id)).collect()
    }

    async fn erase_responses(&self, room: RoomId, round: RoundId) -> Result<(), LogError> {
        let mut call = self.scripts.erase_responses.prepare_invoke();
        call.key(keys::rounds(room))
            .key(keys::responses(room, round));
        call.arg(round.to_string());
        let _: Value = self.invoke(&call).await?;
        Ok(())
    }

    async fn check(&self) -> Result<Durability, LogError> {
        durability::read(self).await
    }

    fn vitals(&self) -> Vitals {
        Vitals {
            retries: self.retries.load(Ordering::Relaxed),
            reconnects: self.channel.losses(),
            ..Vitals::default()
        }
    }

    fn clock_ahead(&self) -> i64 {
        self.clock.ahead()
    }
}

impl RedisStore {
    /// Listed before it is made: a room that is listed and not made is passed over, one that is
    /// made and not listed would be lost.
    async fn list(&self, room: RoomId, at: Milliseconds) -> Result<(), LogError> {
        let mut list = pipe();
        list.cmd("ZADD")
            .arg(keys::ROOMS)
            .arg("NX")
            .arg(at)
            .arg(room.to_string());
        let _: Value = self.query(&list).await?;
        Ok(())
    }

    async fn append_script(
        &self,
        room: RoomId,
        epoch: Epoch,
        known: Option<Known>,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<Sequence>, LogError> {
        let bytes = entries.iter().map(|entry| entry.bytes.len()).sum();
        // Without entries nothing is told.
        let own = (!entries.is_empty()).then(|| self.own.append(room));
        let call = self.append_call(room, epoch, known, &entries);
        let mut patience = Patience::new();
        loop {
            match self.writer.append(call.clone(), bytes).await {
                Ok(numbers) => {
                    if let Some(own) = own {
                        own.answered();
                    }
                    return Ok(numbers);
                }
                Err(error) if patience.allows_another_try(&error).await => {
                    self.retries.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn append_call(
        &self,
        room: RoomId,
        epoch: Epoch,
        known: Option<Known>,
        entries: &[NewEntry],
    ) -> Cmd {
        let mut call = cmd("EVALSHA");
        call.arg(self.scripts.append.get_hash()).arg(3);
        call.arg(keys::room(room)).arg(keys::log(room));
        call.arg(keys::entry_keys(room));
        call.arg(epoch).arg(keys::channel(room));
        call.arg(self.own.name().to_string());
        let key = known.and_then(|known| known.key);
        call.arg(known.map_or_else(String::new, |known| known.sequence.to_string()))
            .arg(key.as_ref().map_or([].as_slice(), <[u8; 16]>::as_slice));
        for entry in entries {
            let writer = entry.writer.as_ref().map(ParticipantId::as_bytes);
            call.arg(entry.key.as_slice())
                .arg(values::kind_word(entry.kind))
                .arg(writer.map_or([].as_slice(), <[u8; 16]>::as_slice))
                .arg(entry.at)
                .arg(entry.bytes.as_ref());
        }
        call
    }

    /// The snapshot, then what follows it. The log may be trimmed between the two.
    async fn load_once(&self, room: RoomId) -> Result<LoadedRoom, LogError> {
        let mut commands = pipe();
        commands.atomic();
        commands.hmget(keys::room(room), &["epoch", "created", "upto"]);
        commands.get(keys::snapshot(room));
        let (head, bytes): (Vec<Option<u64>>, Option<Vec<u8>>) = self.query(&commands).await?;

        let [Some(epoch), Some(created_at), Some(upto)] = head[..] else {
            return Err(LogError::NoSuchRoom);
        };
        let bytes = bytes.ok_or_else(|| damaged("the room has no snapshot"))?;
        Ok(LoadedRoom {
            epoch,
            created_at,
            snapshot: Snapshot {
                upto,
                bytes: bytes.into(),
            },
            tail: self.read(room, upto, usize::MAX).await?,
        })
    }

    /// The snapshot before the kept one, then what follows it.
    async fn load_former_once(&self, room: RoomId) -> Result<Option<LoadedRoom>, LogError> {
        let mut commands = pipe();
        let fields = ["epoch", "created", "former", "former_upto"];
        commands.hmget(keys::room(room), &fields);
        let (head,): (FormerHead,) = self.query(&commands).await?;

        let (Some(epoch), Some(created_at), former, upto) = head else {
            return Err(LogError::NoSuchRoom);
        };
        let (Some(bytes), Some(upto)) = (former, upto) else {
            return Ok(None);
        };
        Ok(Some(LoadedRoom {
            epoch,
            created_at,
            snapshot: Snapshot {
                upto,
                bytes: bytes.into(),
            },
            tail: self.read(room, upto, usize::MAX).await?,
        }))
    }
}

/// Epoch, time it was made, former snapshot and up to where that goes.
type FormerHead = (Option<u64>, Option<u64>, Option<Vec<u8>>, Option<u64>);
