//! Snapshots and trimming.

use super::*;
use crate::log::{Sequence, Snapshot, TRIM_MARGIN};

pub(in crate::log) async fn l1_a_loaded_room_is_its_snapshot_and_what_followed<F: Fixture>() {
    let mut fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(5)).await.unwrap();
    let saved = fixture.store().save_snapshot(room, 1, 0, upto(3)).await;

    fixture.crash().await;

    assert!(saved.unwrap());
    let loaded = fixture.store().load(room).await.unwrap();
    let tail: Vec<_> = loaded.tail.iter().map(|entry| entry.sequence).collect();
    assert_eq!((loaded.snapshot, tail), (upto(3), vec![4, 5]));
}

pub(in crate::log) async fn l4_a_snapshot_replaces_only_the_one_it_knew<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(5)).await.unwrap();

    let first = fixture.store().save_snapshot(room, 1, 0, upto(2)).await;
    let stale = fixture.store().save_snapshot(room, 1, 0, upto(5)).await;
    let second = fixture.store().save_snapshot(room, 1, 2, upto(4)).await;
    let back = fixture.store().save_snapshot(room, 1, 4, upto(3)).await;

    let answers = [first, stale, second, back].map(Result::unwrap);
    assert_eq!(answers, [true, false, true, false]);
    assert_eq!(fixture.store().load(room).await.unwrap().snapshot, upto(4));
}

pub(in crate::log) async fn l4_of_two_snapshots_at_once_one_wins<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(5)).await.unwrap();

    let (one, other) = tokio::join!(
        fixture.store().save_snapshot(room, 1, 0, upto(4)),
        fixture.store().save_snapshot(room, 1, 0, upto(5)),
    );

    let kept = fixture.store().load(room).await.unwrap().snapshot;
    match (one.unwrap(), other.unwrap()) {
        (true, false) => assert_eq!(kept, upto(4)),
        (false, true) => assert_eq!(kept, upto(5)),
        both => panic!("exactly one may win, not {both:?}"),
    }
}

pub(in crate::log) async fn l4_a_retried_save_is_answered_alike<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(5)).await.unwrap();

    let first = fixture.store().save_snapshot(room, 1, 0, upto(5)).await;
    let again = fixture.store().save_snapshot(room, 1, 0, upto(5)).await;
    let other = Snapshot {
        upto: 5,
        bytes: Bytes::from_static(b"other"),
    };
    let other = fixture.store().save_snapshot(room, 1, 0, other).await;

    let answers = [first, again, other].map(Result::unwrap);
    assert_eq!(answers, [true, true, false]);
}

pub(in crate::log) async fn l4_a_snapshot_beyond_the_log_is_refused<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(5)).await.unwrap();

    let beyond = fixture.store().save_snapshot(room, 1, 0, upto(6)).await;
    let far = fixture
        .store()
        .save_snapshot(room, 1, 0, upto(u64::MAX))
        .await;

    assert!(!beyond.unwrap() && !far.unwrap());
    assert_eq!(fixture.store().load(room).await.unwrap().snapshot.upto, 0);
}

pub(in crate::log) async fn l4_a_snapshot_of_another_epoch_is_fenced<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(5)).await.unwrap();

    let answer = fixture.store().save_snapshot(room, 2, 0, upto(5)).await;

    assert!(matches!(answer, Err(LogError::Fenced { current: 1 })));
}

pub(in crate::log) async fn l6_the_former_snapshot_and_the_log_since_it_are_kept<F: Fixture>() {
    let mut fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    let none = fixture.store().load_former(room).await.unwrap();
    let count = TRIM_MARGIN + 20;
    let batch = entries(usize::try_from(count).unwrap());
    fixture.store().append(room, 1, batch).await.unwrap();
    for (expected, saved) in [(0, 3), (3, 5), (5, count)] {
        let saved = upto(saved);
        let saved = fixture
            .store()
            .save_snapshot(room, 1, expected, saved)
            .await;
        assert!(saved.unwrap());
    }

    fixture.crash().await;

    let former = fixture.store().load_former(room).await.unwrap().unwrap();
    let tail: Vec<_> = former.tail.iter().map(|entry| entry.sequence).collect();
    assert_eq!((none, former.snapshot), (None, upto(5)));
    assert_eq!(tail, (6..=count).collect::<Vec<_>>());
    let unknown = RoomId::generate();
    assert!(is_no_such_room(&fixture.store().load_former(unknown).await));
}

pub(in crate::log) async fn l6_a_snapshot_in_place_of_a_damaged_one_keeps_the_former<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(5)).await.unwrap();
    for (expected, text) in [(0, "torn"), (5, "whole")] {
        let snapshot = Snapshot {
            upto: 5,
            bytes: Bytes::from_static(text.as_bytes()),
        };
        let saved = fixture.store().save_snapshot(room, 1, expected, snapshot);
        assert!(saved.await.unwrap());
    }

    let kept = fixture.store().load(room).await.unwrap().snapshot;
    let former = fixture.store().load_former(room).await.unwrap().unwrap();

    assert_eq!(kept.bytes, "whole");
    assert_eq!((former.snapshot.upto, former.tail.len()), (0, 5));
}

pub(in crate::log) async fn l5_a_reader_behind_the_trim_is_told<F: Fixture>() {
    let fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    let count = TRIM_MARGIN + 20;
    let batch = entries(usize::try_from(count).unwrap());
    fixture
        .store()
        .append(room, 1, batch.clone())
        .await
        .unwrap();
    let first = fixture.store().save_snapshot(room, 1, 0, upto(30)).await;
    let last = upto(count);
    let second = fixture.store().save_snapshot(room, 1, 30, last).await;
    assert!(first.unwrap() && second.unwrap());

    let behind = fixture.store().read(room, 19, 5).await;
    let inside = fixture.store().read(room, 20, 5).await.unwrap();

    assert!(matches!(behind, Err(LogError::Trimmed { upto: 20 })));
    assert_eq!(inside[0].sequence, 21);
    let loaded = fixture.store().load(room).await.unwrap();
    assert_eq!((loaded.snapshot.upto, loaded.tail.len()), (count, 0));
    let retried = vec![batch[25].clone(), entry("new")];
    let retried = fixture.store().append(room, 1, retried).await.unwrap();
    assert_eq!(retried, [26, count + 1]);
}

fn upto(sequence: Sequence) -> Snapshot {
    Snapshot {
        upto: sequence,
        bytes: Bytes::from(format!("upto {sequence}")),
    }
}
