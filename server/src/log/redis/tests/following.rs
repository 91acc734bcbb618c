//! Hearing of what others appended.

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::PATIENCE;
use crate::log::{Hint, Sequence, TOLD_BYTES};

#[tokio::test]
async fn followers_hear_what_another_node_appended() {
    let fixture = RedisFixture::start().await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();
    let (room, quiet) = (new_room(&other).await, new_room(&other).await);
    other.append(room, 1, entries(2)).await.unwrap();

    let mut first = fixture.store().follow(room).await.unwrap();
    hear(&mut first, 2).await;
    let mut second = fixture.store().follow(room).await.unwrap();
    let mut of_quiet = fixture.store().follow(quiet).await.unwrap();
    other.append(room, 1, entries(3)).await.unwrap();

    hear(&mut first, 5).await;
    hear(&mut second, 5).await;
    hear(&mut of_quiet, 0).await;
    assert!(of_quiet.try_recv().is_err());
}

#[tokio::test]
async fn a_slow_follower_hears_the_latest() {
    let fixture = RedisFixture::start().await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();
    let room = new_room(&other).await;
    let mut follower = fixture.store().follow(room).await.unwrap();

    for _ in 0..50 {
        other.append(room, 1, entries(1)).await.unwrap();
    }

    hear(&mut follower, 50).await;
}

#[tokio::test]
async fn a_node_is_not_told_of_what_it_appended_itself() {
    let fixture = RedisFixture::start().await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();
    let room = new_room(&other).await;
    let mut follower = fixture.store().follow(room).await.unwrap();
    hear(&mut follower, 0).await;

    for _ in 0..3 {
        fixture.store().append(room, 1, entries(1)).await.unwrap();
    }
    other.append(room, 1, entries(1)).await.unwrap();

    let next = timeout(PATIENCE, follower.recv()).await.unwrap();
    assert_eq!(next, Some(Hint::Reached(4)));
}

#[tokio::test]
async fn an_append_whose_answer_nobody_got_is_told() {
    let fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    let mut follower = fixture.store().follow(room).await.unwrap();
    hear(&mut follower, 0).await;

    let append = fixture.store().append(room, 1, entries(1));
    let given_up = timeout(Duration::ZERO, append).await;

    assert!(given_up.is_err());
    hear(&mut follower, 1).await;
}

#[tokio::test]
async fn followers_are_told_to_look_after_redis_came_back() {
    let mut fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    let mut follower = fixture.store().follow(room).await.unwrap();
    hear(&mut follower, 0).await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();

    fixture.server.restart();
    other.append(room, 1, entries(4)).await.unwrap();

    hear(&mut follower, 4).await;
    other.append(room, 1, entries(1)).await.unwrap();
    hear(&mut follower, 5).await;
}

#[tokio::test]
async fn followers_hear_what_another_node_tells_of_their_room() {
    let mut fixture = RedisFixture::start().await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();
    let (room, quiet) = (new_room(&other).await, new_room(&other).await);
    let mut first = fixture.store().follow(room).await.unwrap();
    let mut teller = other.follow(room).await.unwrap();
    let mut of_quiet = other.follow(quiet).await.unwrap();
    hear(&mut of_quiet, 0).await;

    other.tell(room, vec![7; TOLD_BYTES + 1].into());
    other.tell(room, vec![7; TOLD_BYTES].into());
    let told = Hint::Told(vec![7; TOLD_BYTES].into());
    hear_hint(&mut first, &told).await;
    fixture.store().tell(room, vec![6].into());
    hear(&mut teller, 0).await;
    let next = timeout(PATIENCE, teller.recv()).await.unwrap();
    assert_eq!(next, Some(Hint::Told(vec![6].into())));
    assert!(of_quiet.try_recv().is_err());

    fixture.server.restart();
    other.append(room, 1, entries(4)).await.unwrap();
    hear(&mut first, 4).await;
    other.tell(room, vec![8].into());
    hear_hint(&mut first, &Hint::Told(vec![8].into())).await;
}

/// Waits until the follower is told this number.
async fn hear(follower: &mut mpsc::Receiver<Hint>, expected: Sequence) {
    hear_hint(follower, &Hint::Reached(expected)).await;
}

async fn hear_hint(follower: &mut mpsc::Receiver<Hint>, expected: &Hint) {
    let told = async {
        while let Some(hint) = follower.recv().await {
            if hint == *expected {
                return;
            }
        }
        panic!("the channel ended before {expected:?}");
    };
    timeout(PATIENCE, told).await.unwrap();
}
