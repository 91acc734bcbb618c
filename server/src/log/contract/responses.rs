//! Rounds and private responses.

use futures_util::future::join_all;
use hartslag_protocol::ids::RoundId;

use super::*;
use crate::log::{PutResponse, StoredResponse};

pub(in crate::log) async fn r2_a_participant_counts_once<F: Fixture>() {
    let fixture = F::start().await;
    let (room, round) = open_round(fixture.store()).await;
    let (noor, ali) = (ParticipantId::generate(), ParticipantId::generate());

    let puts = (1..=20).map(|turn| {
        let person = if turn % 2 == 0 { noor } else { ali };
        fixture
            .store()
            .put_response(room, round, response(person, turn))
    });
    join_all(puts).await.into_iter().for_each(|put| {
        put.unwrap();
    });

    let mut responders = fixture.store().responders(room, round).await.unwrap();
    responders.sort();
    let mut both = [noor, ali];
    both.sort();
    assert_eq!(responders, both);
    let all = fixture.store().close_round(room, round).await.unwrap();
    assert_eq!(all, [response(noor, 20), response(ali, 19)]);
}

pub(in crate::log) async fn r3_a_revision_must_rise<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let (room, round) = open_round(store).await;
    let noor = ParticipantId::generate();
    let put = |revision| store.put_response(room, round, response(noor, revision));

    assert_eq!(put(2).await.unwrap(), PutResponse::Stored);
    let stale = PutResponse::Stale(response(noor, 2));
    assert_eq!(put(2).await.unwrap(), stale);
    assert_eq!(put(1).await.unwrap(), stale);
    assert_eq!(put(10).await.unwrap(), PutResponse::Stored);
    assert_eq!(
        put(9).await.unwrap(),
        PutResponse::Stale(response(noor, 10))
    );

    let own = store.response(room, round, noor).await.unwrap();
    assert_eq!(own, Some(response(noor, 10)));
    let nobody = ParticipantId::generate();
    assert_eq!(store.response(room, round, nobody).await.unwrap(), None);
}

pub(in crate::log) async fn r3_revisions_use_their_whole_range<F: Fixture>() {
    let fixture = F::start().await;
    let (room, round) = open_round(fixture.store()).await;
    let noor = ParticipantId::generate();
    let rising = [
        1,
        (1 << 53) + 1,
        (1 << 53) + 2,
        i64::MAX as u64 + 1,
        u64::MAX,
    ];

    for revision in rising {
        let new = response(noor, revision);
        let put = fixture.store().put_response(room, round, new).await;
        assert_eq!(put.unwrap(), PutResponse::Stored, "revision {revision}");
    }

    let own = fixture.store().response(room, round, noor).await.unwrap();
    assert_eq!(own, Some(response(noor, u64::MAX)));
}

pub(in crate::log) async fn r5_a_closed_round_takes_nothing<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let (room, round) = open_round(store).await;
    let (noor, ali) = (ParticipantId::generate(), ParticipantId::generate());
    let never_opened = RoundId::generate();
    store
        .put_response(room, round, response(noor, 1))
        .await
        .unwrap();

    let closed = store.close_round(room, round).await.unwrap();
    let again = store.close_round(room, round).await.unwrap();
    let reopened = store.open_round(room, round).await.unwrap();
    let late = store.put_response(room, round, response(ali, 1)).await;
    let unknown = store
        .put_response(room, never_opened, response(ali, 1))
        .await;

    assert_eq!(closed, [response(noor, 1)]);
    assert_eq!(again, closed);
    assert!(!reopened);
    assert_eq!(late.unwrap(), PutResponse::NotOpen);
    assert_eq!(unknown.unwrap(), PutResponse::NotOpen);
}

pub(in crate::log) async fn r5_nothing_is_stored_after_close_returned<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let (room, round) = open_round(store).await;
    let people: Vec<_> = (0..40).map(|_| ParticipantId::generate()).collect();

    let puts = people
        .iter()
        .map(|&person| store.put_response(room, round, response(person, 1)));
    let (early, late) = (join_all(puts.clone().take(20)), join_all(puts.skip(20)));
    let (early, closed, late) = tokio::join!(early, store.close_round(room, round), late);

    let put: Vec<_> = people
        .iter()
        .zip(early.into_iter().chain(late))
        .filter(|(_, put)| matches!(put, Ok(PutResponse::Stored)))
        .map(|(&person, _)| response(person, 1))
        .collect();
    assert_eq!(closed.unwrap(), put);
    assert_eq!(store.close_round(room, round).await.unwrap(), put);
}

pub(in crate::log) async fn r8_erased_responses_are_gone<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let (room, round) = open_round(store).await;
    let noor = ParticipantId::generate();
    store
        .put_response(room, round, response(noor, 1))
        .await
        .unwrap();
    store.close_round(room, round).await.unwrap();

    store.erase_responses(room, round).await.unwrap();
    store.erase_responses(room, round).await.unwrap();

    assert_eq!(store.response(room, round, noor).await.unwrap(), None);
    assert_eq!(store.responders(room, round).await.unwrap(), []);
    assert_eq!(store.close_round(room, round).await.unwrap(), []);
    let late = store.put_response(room, round, response(noor, 2)).await;
    assert_eq!(late.unwrap(), PutResponse::NotOpen);
}

pub(in crate::log) async fn responses_of_an_open_round_are_not_erased<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let (room, round) = open_round(store).await;
    let noor = ParticipantId::generate();
    store
        .put_response(room, round, response(noor, 1))
        .await
        .unwrap();

    store.erase_responses(room, round).await.unwrap();

    let own = store.response(room, round, noor).await.unwrap();
    assert_eq!(own, Some(response(noor, 1)));
}

pub(in crate::log) async fn a_crash_keeps_responses_and_the_state_of_the_round<F: Fixture>() {
    let mut fixture = F::start().await;
    let noor = ParticipantId::generate();
    let (room, open) = open_round(fixture.store()).await;
    let closed = RoundId::generate();
    fixture.store().open_round(room, closed).await.unwrap();
    for round in [open, closed] {
        let put = fixture.store().put_response(room, round, response(noor, 1));
        put.await.unwrap();
    }
    fixture.store().close_round(room, closed).await.unwrap();

    fixture.crash().await;

    let store = fixture.store();
    let put = |round| store.put_response(room, round, response(noor, 2));
    assert_eq!(put(open).await.unwrap(), PutResponse::Stored);
    assert_eq!(put(closed).await.unwrap(), PutResponse::NotOpen);
    let kept = store.response(room, closed, noor).await.unwrap();
    assert_eq!(kept, Some(response(noor, 1)));
}

async fn open_round(store: &impl RoomLog) -> (RoomId, RoundId) {
    let (room, round) = (new_room(store).await, RoundId::generate());
    assert!(store.open_round(room, round).await.unwrap());
    assert!(store.open_round(room, round).await.unwrap());
    (room, round)
}

fn response(participant: ParticipantId, revision: u64) -> StoredResponse {
    StoredResponse {
        participant,
        revision,
        body: Bytes::from(format!(r#"{{"revision":{revision}}}"#)),
    }
}
