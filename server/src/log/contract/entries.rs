//! Rooms, appends, reads.

use std::sync::Arc;

use futures_util::future::join_all;

use super::*;
use crate::log::{Durability, Known, Snapshot};

pub(in crate::log) async fn l1_entries_are_numbered_from_one<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;

    let first = fixture.store().append(room, 1, entries(2)).await.unwrap();
    let second = fixture.store().append(room, 1, entries(1)).await.unwrap();
    let none = fixture.store().append(room, 1, Vec::new()).await.unwrap();

    assert_eq!((first, second, none), (vec![1, 2], vec![3], vec![]));
}

pub(in crate::log) async fn l1_concurrent_appends_stay_contiguous<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let rooms = [new_room(store).await, new_room(store).await];

    let appends = (0..60).map(|turn| store.append(rooms[turn % 2], 1, entries(1 + turn % 3)));
    let answers = join_all(appends).await;

    for (parity, room) in rooms.into_iter().enumerate() {
        let mut given: Vec<_> = answers
            .iter()
            .skip(parity)
            .step_by(2)
            .flat_map(|answer| answer.as_ref().unwrap().clone())
            .collect();
        given.sort_unstable();
        let read = store.read(room, 0, usize::MAX).await.unwrap();
        let kept: Vec<_> = read.iter().map(|entry| entry.sequence).collect();
        assert_eq!(kept, (1..=60).collect::<Vec<_>>());
        assert_eq!(given, kept);
    }
}

pub(in crate::log) async fn l1_a_batch_keeps_its_order_and_content<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    let mut batch = entries(3);
    batch[1].kind = EntryKind::Event;
    batch[1].writer = None;
    batch[2].bytes = Bytes::from_static(&[0, 255, 13, 10, 0]);

    fixture
        .store()
        .append(room, 1, batch.clone())
        .await
        .unwrap();
    let read = fixture.store().read(room, 0, 10).await.unwrap();
    let part = fixture.store().read(room, 1, 1).await.unwrap();

    let content: Vec<_> = read
        .iter()
        .map(|kept| NewEntry {
            key: kept.key,
            kind: kept.kind,
            writer: kept.writer,
            at: kept.at,
            bytes: kept.bytes.clone(),
        })
        .collect();
    assert_eq!(content, batch);
    assert_eq!(part, read[1..2]);
    assert_eq!(fixture.store().read(room, 3, 10).await.unwrap(), vec![]);
    assert_eq!(fixture.store().read(room, 0, 0).await.unwrap(), vec![]);
    assert_eq!(
        fixture.store().read(room, u64::MAX, 10).await.unwrap(),
        vec![]
    );
}

pub(in crate::log) async fn l2_a_known_key_gives_its_number<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    let batch = entries(3);
    fixture
        .store()
        .append(room, 1, batch.clone())
        .await
        .unwrap();

    let mixed = vec![batch[2].clone(), entry("new"), batch[0].clone()];
    let again = fixture.store().append(room, 1, mixed).await.unwrap();
    let twice = entry("twice");
    let within = vec![twice.clone(), twice];
    let within = fixture.store().append(room, 1, within).await.unwrap();

    assert_eq!((again, within), (vec![3, 4, 1], vec![5, 5]));
    assert_eq!(fixture.store().load(room).await.unwrap().tail.len(), 5);
}

pub(in crate::log) async fn l2_concurrent_retries_count_once<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    let retried = entries(2);

    let appends = (0..10).map(|_| fixture.store().append(room, 1, retried.clone()));
    let answers = join_all(appends).await;

    for answer in answers {
        assert_eq!(answer.unwrap(), vec![1, 2]);
    }
    assert_eq!(fixture.store().read(room, 0, 10).await.unwrap().len(), 2);
}

pub(in crate::log) async fn l2_keys_of_rooms_are_apart<F: Fixture>() {
    let fixture = F::start().await;
    let (one, other) = (
        new_room(fixture.store()).await,
        new_room(fixture.store()).await,
    );
    let same = entries(1);
    fixture.store().append(one, 1, entries(4)).await.unwrap();

    let in_one = fixture.store().append(one, 1, same.clone()).await.unwrap();
    let in_other = fixture.store().append(other, 1, same).await.unwrap();

    assert_eq!((in_one, in_other), (vec![5], vec![1]));
}

pub(in crate::log) async fn l3_another_epoch_is_fenced<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;

    let answer = fixture.store().append(room, 2, entries(1)).await;

    assert!(matches!(answer, Err(LogError::Fenced { current: 1 })));
    assert_eq!(fixture.store().read(room, 0, 10).await.unwrap(), vec![]);
}

pub(in crate::log) async fn rooms_are_listed_oldest_first<F: Fixture>() {
    let fixture = F::start().await;
    let rooms = [RoomId::generate(), RoomId::generate(), RoomId::generate()];
    for (room, at) in rooms.into_iter().zip([NOW + 2, NOW, NOW + 1]) {
        let snapshot = Bytes::from_static(b"start");
        fixture.store().create(room, at, snapshot).await.unwrap();
    }

    let listed = fixture.store().rooms().await.unwrap();

    assert_eq!(listed, [rooms[1], rooms[2], rooms[0]]);
}

pub(in crate::log) async fn a_room_is_made_once<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(1)).await.unwrap();

    let again = fixture
        .store()
        .create(room, NOW + 1, Bytes::from_static(b"other"))
        .await;

    assert!(matches!(again, Err(LogError::RoomExists)));
    let loaded = fixture.store().load(room).await.unwrap();
    assert_eq!((loaded.epoch, loaded.created_at), (1, NOW));
    assert_eq!(loaded.snapshot.bytes, "start");
    assert_eq!(loaded.tail.len(), 1);
    assert_eq!(fixture.store().rooms().await.unwrap(), [room]);
}

pub(in crate::log) async fn an_unknown_room_is_told<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let room = RoomId::generate();
    let round = hartslag_protocol::ids::RoundId::generate();

    assert!(is_no_such_room(&store.load(room).await));
    assert!(is_no_such_room(&store.read(room, 0, 1).await));
    assert!(is_no_such_room(&store.append(room, 1, entries(1)).await));
    assert!(is_no_such_room(&store.open_round(room, round).await));
    assert!(is_no_such_room(&store.close_round(room, round).await));
    assert_eq!(store.rooms().await.unwrap(), []);
}

pub(in crate::log) async fn a_crash_loses_nothing_acknowledged<F: Fixture>() {
    let mut fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    let batch = Arc::new(entries(20));
    for entry in batch.iter() {
        let one = vec![entry.clone()];
        fixture.store().append(room, 1, one).await.unwrap();
    }

    fixture.crash().await;

    let loaded = fixture.store().load(room).await.unwrap();
    let keys: Vec<_> = loaded.tail.iter().map(|kept| kept.key).collect();
    assert_eq!(
        keys,
        batch.iter().map(|entry| entry.key).collect::<Vec<_>>()
    );
    let again = fixture
        .store()
        .append(room, 1, vec![batch[4].clone()])
        .await;
    assert_eq!(again.unwrap(), vec![5]);
    let next = fixture.store().append(room, 1, entries(1)).await;
    assert_eq!(next.unwrap(), vec![21]);
}

pub(in crate::log) async fn the_check_names_the_durability<F: Fixture>() {
    let fixture = F::start().await;

    assert_eq!(fixture.store().check().await.unwrap(), Durability::Disk);
}

pub(in crate::log) async fn a_room_exists_from_when_it_is_made<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();

    let made = new_room(store).await;

    assert!(store.exists(made).await.unwrap());
    assert!(!store.exists(RoomId::generate()).await.unwrap());
    let unknown = store.accept_loss(RoomId::generate()).await;
    assert!(is_no_such_room(&unknown));
    store.accept_loss(made).await.unwrap();
}

pub(in crate::log) async fn a_room_that_was_lost_is_made_anew_and_goes_on<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let room = RoomId::generate();
    let snapshot = Snapshot {
        upto: 41,
        bytes: Bytes::from_static(b"held in memory"),
    };

    store
        .recreate(room, NOW, 3, snapshot.clone())
        .await
        .unwrap();
    let again = store.recreate(room, NOW, 3, snapshot.clone()).await;

    assert!(matches!(again, Err(LogError::RoomExists)), "{again:?}");
    assert_eq!(store.append(room, 3, entries(1)).await.unwrap(), [42]);
    let loaded = store.load(room).await.unwrap();
    assert_eq!((loaded.epoch, loaded.snapshot), (3, snapshot));
    assert_eq!(loaded.tail.len(), 1);
    let behind = store.read(room, 40, 1).await;
    assert!(matches!(behind, Err(LogError::Trimmed { upto: 41 })));
    assert_eq!(store.rooms().await.unwrap(), [room]);
}

pub(in crate::log) async fn l7_a_node_that_knows_the_log_appends<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let room = new_room(store).await;
    let batch = entries(2);
    let known = Known {
        sequence: 2,
        key: Some(batch[1].key),
    };
    store.append(room, 1, batch).await.unwrap();

    let sure = store.append_after(room, 1, known, Vec::new()).await;
    let next = store.append_after(room, 1, known, entries(1)).await;

    assert_eq!((sure.unwrap(), next.unwrap()), (vec![], vec![3]));
    let fenced = store.append_after(room, 2, known, Vec::new()).await;
    assert!(matches!(fenced, Err(LogError::Fenced { current: 1 })));
}
