//! A vote, from opening to reveal.

use hartslag_protocol::limits::ROUND_NOTES;
use serde_json::json;

use super::*;
use crate::access::quota::{ANSWERS_BURST, ORDERS_BURST, ROUND_COST_NOTES};
use crate::http::rounds::LARGE_LIST_BYTES;
use crate::room::NewRound;
use crate::until;

/// An open round with a budget of 3 and a cap of 2.
pub(super) struct Opened {
    pub(super) id: String,
    pub(super) notes: Vec<String>,
    pub(super) path: String,
}

/// Opens a round on two notes of the board.
pub(super) async fn open(app: &TestApp, room: &Created, coach: &Person) -> Opened {
    open_for(app, room, coach, false).await
}

/// The same for who is in the room already (R13).
pub(super) async fn open_for_present(app: &TestApp, room: &Created, coach: &Person) -> Opened {
    open_for(app, room, coach, true).await
}

async fn open_for(app: &TestApp, room: &Created, coach: &Person, only_present: bool) -> Opened {
    let notes = notes_of(app, room, 2).await;
    let rounds = format!("/api/v1/rooms/{}/rounds", room.id);
    let asked = json!({
        "kind": "vote", "title": "Which?", "notes": notes, "budget": 3, "cap": 2,
        "onlyPresent": only_present,
    });

    let answer = app.post(&rounds, Some(coach), asked).await;

    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let path = format!("{rounds}/{id}");
    Opened { id, notes, path }
}

/// The first notes of the board.
async fn notes_of(app: &TestApp, room: &Created, count: usize) -> Vec<String> {
    let room = room.id.parse().unwrap();
    let handle = app.state.rooms.open(room).await.unwrap();
    let board = handle.document().await.unwrap();
    let board = hartslag_protocol::board::reading::Board::from_update(&board).unwrap();
    let notes: Vec<_> = board.notes.into_iter().take(count).collect();
    assert_eq!(notes.len(), count);
    notes.into_iter().map(|note| note.id).collect()
}

impl Opened {
    pub(super) async fn put(
        &self,
        app: &TestApp,
        by: &Person,
        revision: u64,
        votes: [u32; 2],
    ) -> Answer {
        let votes = json!({ &self.notes[0]: votes[0], &self.notes[1]: votes[1] });
        let ballot = json!({ "revision": revision, "votes": votes });
        app.call(
            "PUT",
            &format!("{}/response", self.path),
            Some(by),
            Some(ballot),
        )
        .await
    }
}

#[tokio::test]
async fn h11_rounds_are_orders_and_large_ones_weigh_more() {
    let app = TestApp::start();
    let made = app.room().await;
    let coach = app.join_as(&made, "coach").await;
    let other = app.join_as(&made, "coach").await;
    let rounds = format!("/api/v1/rooms/{}/rounds", made.id);
    let round = |notes: &[String]| json!({ "kind": "vote", "notes": notes, "budget": 3, "cap": 1 });
    let small = round(&notes_of(&app, &made, 2).await);
    let unknown: Vec<_> = (0..ROUND_NOTES).map(|note| note.to_string()).collect();
    let opened = app.post(&rounds, Some(&coach), small.clone()).await.json();
    let close = format!("{rounds}/{}/close", opened["id"].as_str().unwrap());

    // Whatever comes of it, the board was looked through for it.
    let large = u32::try_from(1 + ROUND_NOTES / ROUND_COST_NOTES).unwrap();
    for _ in 0..ORDERS_BURST / large {
        let answer = app.post(&rounds, Some(&coach), round(&unknown)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    for _ in 1..ORDERS_BURST % large {
        let closed = app.post(&close, Some(&coach), json!({})).await;
        assert_eq!(closed.status, StatusCode::OK);
    }
    let refused = app.post(&rounds, Some(&coach), small.clone()).await;
    let reveal = close.replace("/close", "/reveal");
    let unrevealed = app.post(&reveal, Some(&coach), json!({})).await;
    let others = app.post(&rounds, Some(&other), small).await;

    for refused in [refused, unrevealed] {
        assert_eq!(refused.problem(), ("too-many-orders".into(), 429));
    }
    assert_eq!(others.status, StatusCode::CREATED);
}

#[tokio::test]
async fn h16_a_large_list_of_rounds_waits_for_a_seat_and_a_small_one_does_not() {
    let app = TestApp::start();
    let (large, small) = (app.room().await, app.room().await);
    let observer = app.join_as(&large, "observer").await;
    let other = app.join_as(&small, "observer").await;
    open_many(&app, &large).await;
    let list = |room: &Created| format!("/api/v1/rooms/{}/rounds", room.id);
    let (all, few) = (list(&large), list(&small));
    let seats = app.take_all_seats().await;
    let mut asked = Box::pin(app.call("GET", &all, Some(&observer), None));
    tokio::select! {
        _ = &mut asked => panic!("there was no seat"),
        () = until(|| app.waiting() == 1) => {}
    }

    let served = app.call("GET", &few, Some(&other), None).await;
    drop(seats);
    let listed = asked.await;

    assert_eq!((served.status, served.text()), (StatusCode::OK, "[]"));
    assert_eq!(listed.header("content-type"), "application/json");
    assert!(listed.json().as_array().unwrap().len() > 10);
}

/// Opens rounds until a list of them is large.
async fn open_many(app: &TestApp, room: &Created) {
    let notes = notes_of(app, room, 9).await;
    let handle = app
        .state
        .rooms
        .open(room.id.parse().unwrap())
        .await
        .unwrap();
    while handle.rounds_bytes() <= LARGE_LIST_BYTES {
        let new = NewRound {
            title: "Which?".into(),
            notes: notes.clone(),
            budget: 1,
            cap: 1,
            only_present: false,
        };
        handle.open_round(new).await.unwrap();
    }
}

#[tokio::test]
async fn h12_who_answers_faster_than_anyone_taps_has_to_wait_and_nobody_else_has() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let greedy = app.join_as(&room, "participant").await;
    let noor = app.join_as(&room, "participant").await;
    let round = open(&app, &room, &coach).await;

    let mut revision = 0;
    let refused = loop {
        revision += 1;
        let answer = round.put(&app, &greedy, revision, [1, 0]).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
    };
    let other = round.put(&app, &noor, 1, [0, 1]).await;

    assert!(revision > u64::from(ANSWERS_BURST), "{revision}");
    assert_eq!(refused.problem(), ("too-many-orders".into(), 429));
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn r3_h7_a_ballot_is_put_whole_and_again_changes_nothing() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let noor = app.join_as(&room, "participant").await;
    let round = open(&app, &room, &coach).await;

    let none = app
        .call(
            "GET",
            &format!("{}/response", round.path),
            Some(&noor),
            None,
        )
        .await;
    let first = round.put(&app, &noor, 1, [2, 1]).await;
    let again = round.put(&app, &noor, 1, [2, 1]).await;
    let other = round.put(&app, &noor, 1, [0, 1]).await;

    assert_eq!(
        none.json(),
        json!({ "revision": 0, "votes": {}, "done": false, "used": 0, "budget": 3 })
    );
    assert_eq!(
        (first.status, first.json()["used"].as_u64()),
        (StatusCode::OK, Some(3))
    );
    assert_eq!(again.json(), first.json());
    assert_eq!(other.problem(), ("response-stale".into(), 409));
    assert_eq!(other.json()["stored"], first.json());
}

#[tokio::test]
async fn r4_h6_every_fault_of_a_ballot_is_told_with_its_place() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let round = open(&app, &room, &coach).await;

    let over = round.put(&app, &coach, 1, [3, 1]).await;
    let negative = json!({ "revision": 1, "votes": { &round.notes[0]: -1 } });
    let address = format!("{}/response", round.path);
    let negative = app
        .call("PUT", &address, Some(&coach), Some(negative))
        .await;

    assert_eq!(over.problem(), ("invalid-ballot".into(), 400));
    let pointers: Vec<_> = over.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        pointers,
        [format!("/votes/{}", round.notes[0]), "/votes".into()]
    );
    assert_eq!(negative.problem(), ("invalid-body".into(), 400));
    assert_eq!(
        negative.json()["errors"][0]["pointer"],
        format!("/votes/{}", round.notes[0])
    );
}

#[tokio::test]
async fn r6_h8_nobody_sees_totals_before_the_reveal() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let noor = app.join_as(&room, "participant").await;
    let round = open(&app, &room, &coach).await;
    round.put(&app, &noor, 1, [2, 1]).await;

    let seen = app
        .call("GET", &round.path, Some(&coach), None)
        .await
        .json();
    let closed = app
        .post(&format!("{}/close", round.path), Some(&coach), json!({}))
        .await
        .json();
    let late = round.put(&app, &noor, 2, [0, 0]).await;
    let own = app.call("GET", &round.path, Some(&noor), None).await.json();
    let revealed = app
        .post(&format!("{}/reveal", round.path), Some(&coach), json!({}))
        .await
        .json();

    assert_eq!(
        (seen["answered"].as_u64(), &seen["result"]),
        (Some(1), &Value::Null)
    );
    assert_eq!(
        (&closed["status"], &closed["result"]),
        (&json!("closed"), &Value::Null)
    );
    assert_eq!(late.problem(), ("round-not-open".into(), 409));
    assert_eq!(
        (&own["answered"], &own["result"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(revealed["result"]["votes"], 3);
    assert_eq!(
        revealed["result"]["ranking"][0]["note"],
        round.notes[0].as_str()
    );
}

#[tokio::test]
async fn a_round_out_of_bounds_says_which_field() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let round = open(&app, &room, &coach).await;
    let address = format!("/api/v1/rooms/{}/rounds", room.id);
    let notes = &round.notes;
    let cases = [
        (
            json!({ "kind": "vote", "notes": notes, "budget": 0, "cap": 1 }),
            "/budget",
        ),
        (
            json!({ "kind": "vote", "notes": notes, "budget": 2, "cap": 3 }),
            "/cap",
        ),
        (
            json!({ "kind": "vote", "notes": [notes[0]], "budget": 2, "cap": 1 }),
            "/notes",
        ),
        (
            json!({ "kind": "vote", "notes": ["x", "y"], "budget": 2, "cap": 1 }),
            "/notes",
        ),
        (
            json!({ "kind": "dance", "notes": notes, "budget": 2, "cap": 1 }),
            "/kind",
        ),
    ];

    for (asked, pointer) in cases {
        let answer = app.post(&address, Some(&coach), asked).await;

        assert_eq!(answer.problem(), ("invalid-body".into(), 400), "{pointer}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
    }
}

#[tokio::test]
async fn a_phone_is_told_of_the_round_at_once() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let round = open(&app, &room, &coach).await;
    let address = format!("/api/v1/rooms/{}/events", room.id);

    let first = app.first_event(&address, &coach).await;

    assert!(first.contains("event: round\n"), "{first}");
    assert!(
        first.contains(&round.id) && first.contains("retry: "),
        "{first}"
    );
    assert!(!first.contains("result"), "{first}");
}
