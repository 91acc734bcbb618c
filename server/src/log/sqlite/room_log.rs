//! [`RoomLog`] over the writer and the readers.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use hartslag_protocol::ids::{ParticipantId, RoomId, RoundId};
use tokio::sync::mpsc;

use super::{SqliteStore, connection, entries, responses, snapshots};
use crate::log::{
    Durability, Entry, Epoch, Hint, LoadedRoom, LogError, Milliseconds, NewEntry, PutResponse,
    RoomLog, Sequence, Snapshot, StoredResponse, Vitals,
};

/// More than a page, so that the check asks the disk for space.
const PROBE_BYTES: i64 = 16 << 10;

#[async_trait]
impl RoomLog for SqliteStore {
    async fn create(
        &self,
        room: RoomId,
        at: Milliseconds,
        snapshot: Bytes,
    ) -> Result<(), LogError> {
        self.write(move |connection| entries::create(connection, room, at, &snapshot))
            .await
    }

    async fn recreate(
        &self,
        room: RoomId,
        at: Milliseconds,
        epoch: Epoch,
        snapshot: Snapshot,
    ) -> Result<(), LogError> {
        self.write(move |connection| entries::recreate(connection, room, at, epoch, &snapshot))
            .await
    }

    async fn exists(&self, room: RoomId) -> Result<bool, LogError> {
        self.read(move |connection| match entries::head(connection, room) {
            Ok(_) => Ok(true),
            Err(LogError::NoSuchRoom) => Ok(false),
            Err(error) => Err(error),
        })
        .await
    }

    async fn rooms(&self) -> Result<Vec<RoomId>, LogError> {
        self.read(entries::rooms).await
    }

    async fn load(&self, room: RoomId) -> Result<LoadedRoom, LogError> {
        self.read(move |connection| snapshots::load(connection, room))
            .await
    }

    async fn load_former(&self, room: RoomId) -> Result<Option<LoadedRoom>, LogError> {
        self.read(move |connection| snapshots::load_former(connection, room))
            .await
    }

    async fn append(
        &self,
        room: RoomId,
        epoch: Epoch,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<Sequence>, LogError> {
        self.write(move |connection| entries::append(connection, room, epoch, &entries))
            .await
    }

    async fn read(
        &self,
        room: RoomId,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, LogError> {
        self.read(move |connection| entries::read(connection, room, after, limit))
            .await
    }

    async fn follow(&self, _room: RoomId) -> Result<mpsc::Receiver<Hint>, LogError> {
        let (sender, receiver) = mpsc::channel(1);
        // Holds the sender for as long as someone listens, so that the channel stays open.
        tokio::spawn(async move { sender.closed().await });
        Ok(receiver)
    }

    async fn save_snapshot(
        &self,
        room: RoomId,
        epoch: Epoch,
        expected: Sequence,
        snapshot: Snapshot,
    ) -> Result<bool, LogError> {
        self.write(move |connection| snapshots::save(connection, room, epoch, expected, &snapshot))
            .await
    }

    async fn open_round(&self, room: RoomId, round: RoundId) -> Result<bool, LogError> {
        self.write(move |connection| responses::open(connection, room, round))
            .await
    }

    async fn close_round(
        &self,
        room: RoomId,
        round: RoundId,
    ) -> Result<Vec<StoredResponse>, LogError> {
        self.write(move |connection| responses::close(connection, room, round))
            .await
    }

    async fn put_response(
        &self,
        room: RoomId,
        round: RoundId,
        response: StoredResponse,
    ) -> Result<PutResponse, LogError> {
        self.write(move |connection| responses::put(connection, room, round, &response))
            .await
    }

    async fn response(
        &self,
        room: RoomId,
        round: RoundId,
        participant: ParticipantId,
    ) -> Result<Option<StoredResponse>, LogError> {
        self.read(move |connection| responses::own(connection, room, round, participant))
            .await
    }

    async fn responders(
        &self,
        room: RoomId,
        round: RoundId,
    ) -> Result<Vec<ParticipantId>, LogError> {
        self.read(move |connection| responses::responders(connection, room, round))
            .await
    }

    async fn erase_responses(&self, room: RoomId, round: RoundId) -> Result<(), LogError> {
        self.write(move |connection| responses::erase(connection, room, round))
            .await
    }

    async fn check(&self) -> Result<Durability, LogError> {
        self.write(|connection| {
            connection
                .prepare_cached("INSERT INTO probe (bytes) VALUES (zeroblob(?1))")?
                .execute([PROBE_BYTES])?;
            connection
                .prepare_cached("DELETE FROM probe")?
                .execute([])?;
            Ok(Durability::Disk)
        })
        .await
    }

    fn vitals(&self) -> Vitals {
        let size = |path: &Path| std::fs::metadata(path).ok().map(|found| found.len());
        Vitals {
            free_bytes: crate::disk::free_bytes(&self.file),
            bytes: size(&self.file),
            wal_bytes: size(&connection::wal_of(&self.file)),
            ..Vitals::default()
        }
    }
}
