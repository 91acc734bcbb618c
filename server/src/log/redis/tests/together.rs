//! Appends of many rooms that go to Redis together.

use futures_util::future::join_all;

use super::*;

#[tokio::test]
async fn one_that_is_refused_harms_no_other() {
    let fixture = RedisFixture::start().await;
    let store = fixture.store();
    let rooms = join_all((0..40).map(|_| new_room(store))).await;

    // Every other one names an epoch that is not in force.
    let appends = (1..)
        .zip(&rooms)
        .map(|(number, room)| store.append(*room, 1 + number % 2, entries(2)));
    let answers = join_all(appends).await;

    for (place, answer) in answers.into_iter().enumerate() {
        match (place, answer) {
            (place, Err(LogError::Fenced { current: 1 })) => assert_eq!(place % 2, 0),
            (place, answer) => assert_eq!((place % 2, answer.unwrap()), (1, vec![1, 2])),
        }
    }
}

#[tokio::test]
async fn a_script_that_redis_forgot_is_given_again() {
    let fixture = RedisFixture::start().await;
    let rooms = [
        new_room(fixture.store()).await,
        new_room(fixture.store()).await,
    ];

    for number in 1..=3 {
        fixture.run("SCRIPT", &["FLUSH"]).await;
        let appends = rooms.map(|room| fixture.store().append(room, 1, entries(1)));
        for answer in join_all(appends).await {
            assert_eq!(answer.unwrap(), [number]);
        }
    }
}
