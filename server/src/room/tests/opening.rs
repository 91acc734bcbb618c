//! Rooms over a real store.

use std::sync::Arc;

use futures_util::future::join_all;
use tempfile::TempDir;

use super::*;
use crate::log::RoomLog;
use crate::log::sqlite::SqliteStore;
use crate::metrics::Metrics;
use crate::room::{OpenRoomError, RoomHandle, Rooms};

pub(super) struct House {
    pub(super) rooms: Rooms,
    pub(super) log: Arc<dyn RoomLog>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) room: RoomId,
    _directory: TempDir,
}

impl House {
    pub(super) async fn with(board: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log: Arc<dyn RoomLog> = Arc::new(SqliteStore::open(directory.path()).unwrap());
        let room = RoomId::generate();
        log.create(room, 1, snapshot::initial(board)).await.unwrap();
        let metrics = Arc::new(Metrics::default());
        Self {
            rooms: Rooms::new(log.clone(), metrics.clone()),
            log,
            metrics,
            room,
            _directory: directory,
        }
    }

    pub(super) async fn open(&self) -> RoomHandle {
        self.rooms.open(self.room).await.unwrap()
    }

    pub(super) async fn admit(&self, role: Role) -> ParticipantId {
        let participant = ParticipantId::generate();
        let (name, place) = ("Noor".to_owned(), "Duinrade".to_owned());
        self.open()
            .await
            .admit_participant(participant, name, place, role)
            .await
            .unwrap();
        participant
    }
}

#[tokio::test]
async fn those_who_come_first_at_once_share_one_load() {
    let house = House::with(&[0, 0]).await;

    let opened = join_all((0..20).map(|_| house.open())).await;
    for handle in &opened {
        handle.overview().await.unwrap();
    }

    assert_eq!(house.metrics.rooms.get(), 1);
    house.rooms.close_all().await;
    assert_eq!(house.metrics.rooms.get(), 0);
}

#[tokio::test]
async fn a_room_that_does_not_exist_does_not_open() {
    let house = House::with(&[0, 0]).await;

    let opened = house.rooms.open(RoomId::generate()).await;

    assert!(matches!(opened, Err(OpenRoomError::NoSuchRoom)));
}

#[tokio::test]
async fn who_was_admitted_is_there_after_a_restart() {
    let house = House::with(&[0, 0]).await;
    let coach = house.admit(Role::Coach).await;
    house.rooms.close_all().await;

    let rooms = Rooms::new(house.log.clone(), Arc::default());
    let workshop = rooms
        .open(house.room)
        .await
        .unwrap()
        .workshop()
        .await
        .unwrap();

    assert_eq!(workshop.participants[&coach].role, Role::Coach);
    rooms.close_all().await;
}

#[tokio::test]
async fn a_crash_loses_nothing_that_was_told_to_be_stored() {
    let house = House::with(&[0, 0]).await;
    let coach = house.admit(Role::Coach).await;

    // No farewell: what is on disk is all there is, as after a crash.
    let rooms = Rooms::new(house.log.clone(), Arc::default());
    let handle = rooms.open(house.room).await.unwrap();

    let workshop = handle.workshop().await.unwrap();
    assert!(workshop.participants.contains_key(&coach));
    rooms.close_all().await;
    house.rooms.close_all().await;
}

#[tokio::test]
async fn a_server_that_stops_opens_no_room() {
    let house = House::with(&[0, 0]).await;
    house.rooms.close_all().await;

    let opened = house.rooms.open(house.room).await;

    assert!(matches!(opened, Err(OpenRoomError::ShuttingDown)));
}

#[tokio::test]
async fn a_snapshot_that_was_damaged_is_told_apart_from_a_room_that_is_absent() {
    let house = House::with(&[0, 0]).await;
    let damaged = RoomId::generate();
    let snapshot = Bytes::from_static(b"no snapshot");
    house.log.create(damaged, 1, snapshot).await.unwrap();

    let opened = house.rooms.open(damaged).await;

    assert!(matches!(opened, Err(OpenRoomError::Damaged(_))));
}
