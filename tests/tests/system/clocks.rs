//! Machines whose clocks are wrong, or jump.

use std::time::{Duration, Instant};

use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::timer::Timer;
use hartslag_tests::clock::TestClock;
use hartslag_tests::member::Member;
use hartslag_tests::nodes::Nodes;
use hartslag_tests::redis::TestRedis;
use hartslag_tests::server::{Person, Store, TestServer};
use hartslag_tests::{eventually, only_on};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::ballots::{Vote, open_vote, put};
use crate::nodes::{one_on_each, servers};

const HOUR: i64 = 3_600;
/// How far apart the nodes may be about what remains of the timer.
const TIMER_SPREAD: Duration = Duration::from_millis(200);

#[tokio::test]
async fn t2_every_node_tells_the_same_of_the_timer_whatever_its_clock_says() {
    if only_on("redis") {
        let clocks = [HOUR, -HOUR, 0].map(|ahead| Some(TestClock::ahead(ahead)));
        let nodes = Nodes::start_with(clocks.into_iter()).await;
        let [ahead, behind, right] = servers(&nodes);
        let room = ahead.create_room(None).await;
        let mut members = one_on_each(&nodes, &room).await;
        let coach = ahead.join(&room.invitations.coach, "Fatima").await;
        let right = good_until(right, &coach).await;
        for wrong in [ahead, behind] {
            assert_ne!(good_until(wrong, &coach).await, right);
        }

        let order = json!({ "seconds": 300 });
        let (status, answer) = ahead.api(&coach, Method::PUT, "/timer", Some(&order)).await;
        assert!(status.is_success(), "{answer}");

        for member in &mut members {
            let runs = |told: &ServerMessage| {
                matches!(told, ServerMessage::Timer(Timer { remaining_ms: Some(remaining) })
                    if (200_000..=301_000).contains(remaining))
            };
            member.hear(runs).await;
        }
        // A node measures its clock every few seconds; a measurement on a busy machine says less.
        eventually("the timers to be equal", || async {
            (spread(&servers(&nodes), &coach).await <= TIMER_SPREAD).then_some(())
        })
        .await;
    }
}

/// How far apart the ends of the timer are at least, by what the servers say: each end is known
/// to lie between the question and the answer.
async fn spread(servers: &[&TestServer], coach: &Person) -> Duration {
    let (mut earliest, mut latest) = (Vec::new(), Vec::new());
    for server in servers {
        let asked = Instant::now();
        let (_, shown) = server.api(coach, Method::GET, "", None).await;
        let answered = Instant::now();
        let remaining = shown["timer"]["remainingMs"].as_u64().expect("it runs");
        let remaining = Duration::from_millis(remaining);
        earliest.push(asked + remaining);
        latest.push(answered + remaining);
    }
    let first = latest.iter().min().unwrap();
    earliest
        .iter()
        .max()
        .unwrap()
        .saturating_duration_since(*first)
}

/// The day and the hour until which a ticket is good, by a server's clock.
async fn good_until(server: &TestServer, person: &Person) -> String {
    let (_, ticket) = server.api(person, Method::POST, "/tickets", None).await;
    let until = ticket["expiresAt"].as_str().unwrap();
    until.split(':').next().unwrap().to_owned()
}

#[tokio::test]
async fn whatever_a_clock_does_nothing_is_lost_and_nothing_waits_for_it() {
    let store = match std::env::var("HARTSLAG_TEST_STORE").as_deref() {
        Ok("redis") => Store::Redis(TestRedis::start().await),
        _ => Store::Sqlite,
    };
    let mut server = TestServer::start_with(store, Some(TestClock::ahead(0))).await;
    let mut vote = open_vote(&server, 2).await;
    let mut bo = Member::connect(&server, &vote.coach).await;
    let notes = bo.notes().len();

    for (turn, ahead) in (1_u32..).zip([-HOUR, 2 * HOUR, -30 * 24 * HOUR, HOUR]) {
        let before = good_until(&server, &vote.coach).await;
        server.clock.as_ref().unwrap().set(ahead);
        assert_ne!(good_until(&server, &vote.coach).await, before);
        everyone_works(&server, &mut vote, &mut bo, turn).await;
        if turn % 2 == 0 {
            server.crash_and_return().await;
            vote.at_coach.reconnect().await;
            bo.reconnect().await;
        }
    }

    assert_eq!(bo.notes().len(), notes + 4);
    assert_eq!(bo.board(), vote.at_coach.board());
    let path = format!("/rounds/{}/reveal", vote.round);
    let (_, revealed) = server.api(&vote.coach, Method::POST, &path, None).await;
    assert_eq!(revealed["result"]["votes"], json!(2));
}

/// The coach writes a note, the other sees it and where the coach is, and everyone votes.
async fn everyone_works(server: &TestServer, vote: &mut Vote, bo: &mut Member, turn: u32) {
    let note = format!("turn{turn}");
    vote.at_coach.add_note(&note, "Hoe laat is het?").await;
    // Past the clock under which the room may have let the last sign lapse.
    vote.at_coach.show(10 * turn, r#"{"cell":"a"}"#).await;
    vote.at_coach.all_stored().await;
    let client = vote.at_coach.doc.client_id().get();
    bo.see("the note and who wrote it", |bo| {
        bo.notes().contains_key(&note) && bo.shown.contains_key(&client)
    })
    .await;
    bo.shown.clear();
    for voter in &vote.voters {
        let ballot = json!({ "revision": turn, "votes": { "a": 1 } });
        let (status, answer) = put(server, vote, voter, &ballot).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}
