//! A server that goes, stalls, or loses an answer.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::*;
use crate::log::redis::lossy_proxy::LossyProxy;
use crate::log::{Durability, Sequence};

/// Three seconds of trying, the last attempt, and what a busy machine adds.
const TOLD_WITHIN: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_lost_redis_is_told_within_seconds_and_found_again() {
    let mut fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(1)).await.unwrap();

    fixture.server.kill();
    let start = Instant::now();
    let store = fixture.store();
    let (lost, read, check, follow) = tokio::join!(
        store.append(room, 1, entries(1)),
        store.load(room),
        store.check(),
        store.follow(room),
    );
    let patience = start.elapsed();
    fixture.server.restart();

    assert!(matches!(lost, Err(LogError::Unavailable(_))), "{lost:?}");
    assert!(matches!(read, Err(LogError::Unavailable(_))));
    assert!(matches!(check, Err(LogError::Unavailable(_))));
    assert!(matches!(follow, Err(LogError::Unavailable(_))));
    assert!(patience < TOLD_WITHIN, "{patience:?}");
    let later = fixture.store().append(room, 1, entries(1)).await;
    assert_eq!(later.unwrap(), [2]);
    assert_eq!(fixture.store().check().await.unwrap(), Durability::Disk);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l2_an_append_survives_a_redis_that_restarts_under_it() {
    let mut fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();
    let (told, mut acknowledged) = mpsc::channel(1);
    let writing = tokio::spawn(async move {
        for number in 1.. {
            let given = other.append(room, 1, entries(1)).await.unwrap();
            assert_eq!(given, [number]);
            if told.send(number).await.is_err() {
                return number;
            }
        }
        0
    });

    for _ in 0..5 {
        acknowledged.recv().await.unwrap();
        fixture.server.restart();
    }
    acknowledged.recv().await.unwrap();
    drop(acknowledged);

    let last = writing.await.unwrap();
    let read = fixture.store().read(room, 0, usize::MAX).await.unwrap();
    assert_eq!(read.len() as Sequence, last);
}

#[tokio::test]
async fn l2_a_lost_answer_is_asked_for_again() {
    let server = TestRedis::start();
    let proxy = LossyProxy::start(server.port()).await;
    let store = RedisStore::connect(&proxy.url()).await.unwrap();
    let room = new_room(&store).await;
    store.append(room, 1, entries(1)).await.unwrap();

    proxy.lose_next_answer();
    let answer = store.append(room, 1, entries(2)).await.unwrap();

    assert!(proxy.has_lost_it());
    assert_eq!(answer, [2, 3]);
    assert_eq!(store.read(room, 0, 10).await.unwrap().len(), 3);
    let another = RoomId::generate();
    proxy.lose_next_answer();
    store.create(another, 1, "start".into()).await.unwrap();
    assert!(proxy.has_lost_it());
}

#[tokio::test]
async fn l2_a_stalled_redis_is_told_and_the_retry_counts_once() {
    let fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(1)).await.unwrap();
    let retried = entries(2);

    fixture.server.signal("STOP");
    let stalled = fixture.store().append(room, 1, retried.clone()).await;
    fixture.server.signal("CONT");
    let again = fixture.store().append(room, 1, retried).await;

    assert!(
        matches!(stalled, Err(LogError::Unavailable(_))),
        "{stalled:?}"
    );
    assert_eq!(again.unwrap(), [2, 3]);
    assert_eq!(fixture.store().read(room, 0, 10).await.unwrap().len(), 3);
}
