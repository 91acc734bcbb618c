//! Votes: within the budget at every moment, secret until the reveal, counted once.

use std::collections::BTreeMap;

use hartslag_protocol::limits::ROUND_NOTES;
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::RoundStatus;
use hartslag_tests::member::Member;
use hartslag_tests::random::Random;
use hartslag_tests::server::{Person, TestServer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const NOTES: [&str; 4] = ["a", "b", "c", "d"];
const BUDGET: u64 = 5;
const CAP: u64 = 2;

/// A room with four notes, a coach and a round on them.
pub(crate) struct Vote {
    pub(crate) coach: Person,
    pub(crate) voters: Vec<Person>,
    pub(crate) round: String,
    pub(crate) at_coach: Member,
}

pub(crate) async fn open_vote(server: &TestServer, voters: usize) -> Vote {
    let room = server.create_room(None).await;
    let coach = server.join(&room.invitations.coach, "Fatima").await;
    let mut at_coach = Member::connect(server, &coach).await;
    for note in NOTES {
        at_coach.add_note(note, &format!("Idee {note}")).await;
    }
    at_coach.all_stored().await;
    let mut people = Vec::new();
    for _ in 0..voters {
        people.push(server.join_by_code(&room.join_code).await);
    }
    let order = json!({ "kind": "vote", "title": "Wat pakken we op?", "notes": NOTES,
        "budget": BUDGET, "cap": CAP });
    let (status, opened) = server
        .api(&coach, Method::POST, "/rounds", Some(&order))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{opened}");
    let round = opened["id"].as_str().expect("a round has an id").to_owned();
    Vote {
        coach,
        voters: people,
        round,
        at_coach,
    }
}

pub(crate) async fn put(
    server: &TestServer,
    vote: &Vote,
    voter: &Person,
    ballot: &Value,
) -> (StatusCode, Value) {
    let path = format!("/rounds/{}/response", vote.round);
    server.api(voter, Method::PUT, &path, Some(ballot)).await
}

#[tokio::test]
async fn r4_and_r7_hold_at_every_moment_of_a_random_round_on_sqlite() {
    random_round(TestServer::start_on_sqlite().await, 21).await;
}

#[tokio::test]
async fn r4_and_r7_hold_at_every_moment_of_a_random_round_on_redis() {
    random_round(TestServer::start_on_redis().await, 22).await;
}

async fn random_round(server: TestServer, seed: u64) {
    let mut random = Random::from_environment(seed);
    let vote = open_vote(&server, 6).await;
    let mut model: BTreeMap<usize, (u64, BTreeMap<String, u64>)> = BTreeMap::new();

    for _ in 0..120 {
        let number = random.below(vote.voters.len());
        let voter = &vote.voters[number];
        let known = model.get(&number).map_or(0, |(revision, _)| *revision);
        let revision = (known + 2).saturating_sub(random.number() % 4);
        let votes = random_votes(&mut random);
        let within =
            votes.values().sum::<u64>() <= BUDGET && votes.values().all(|&votes| votes <= CAP);

        let ballot = json!({ "revision": revision, "votes": votes });
        let (status, answer) = put(&server, &vote, voter, &ballot).await;

        let same = model.get(&number) == Some(&(revision, votes.clone()));
        let expected = match (within && revision > 0, revision > known || same) {
            (false, _) => StatusCode::BAD_REQUEST,
            (true, false) => StatusCode::CONFLICT,
            (true, true) => StatusCode::OK,
        };
        assert_eq!(
            status, expected,
            "revision {revision} over {known}, {votes:?}: {answer}"
        );
        if status == StatusCode::OK {
            model.insert(number, (revision, votes));
        }
        let path = format!("/rounds/{}/response", vote.round);
        let (_, own) = server.api(voter, Method::GET, &path, None).await;
        let used = model
            .get(&number)
            .map_or(0, |(_, votes)| votes.values().sum::<u64>());
        assert_eq!(own["used"], json!(used));
        assert!(used <= BUDGET);
    }

    let path = format!("/rounds/{}/reveal", vote.round);
    let (status, revealed) = server.api(&vote.coach, Method::POST, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{revealed}");
    let counted: BTreeMap<String, u64> = revealed["result"]["ranking"]
        .as_array()
        .expect("a ranking")
        .iter()
        .map(|option| {
            (
                option["note"].as_str().expect("a note").into(),
                option["votes"].as_u64().expect("votes"),
            )
        })
        .collect();
    for note in NOTES {
        let sum: u64 = model
            .values()
            .filter_map(|(_, votes)| votes.get(note))
            .sum();
        assert_eq!(counted[note], sum, "votes for {note}");
    }
}

fn random_votes(random: &mut Random) -> BTreeMap<String, u64> {
    NOTES
        .iter()
        .map(|note| ((*note).to_owned(), random.number() % 4))
        .filter(|&(_, votes)| votes > 0)
        .collect()
}

#[tokio::test]
async fn r6_nobody_gets_totals_before_the_reveal() {
    let server = TestServer::start().await;
    let mut vote = open_vote(&server, 2).await;
    for voter in &vote.voters {
        let ballot = json!({ "revision": 1, "votes": { "a": 2, "b": 1 } });
        assert_eq!(put(&server, &vote, voter, &ballot).await.0, StatusCode::OK);
    }
    let round = format!("/rounds/{}", vote.round);

    let progress = vote
        .at_coach
        .hear(|message| matches!(message, ServerMessage::RoundProgress { answered: 2, .. }))
        .await;
    let (_, open) = server.api(&vote.coach, Method::GET, &round, None).await;
    let (_, closed) = server
        .api(&vote.coach, Method::POST, &format!("{round}/close"), None)
        .await;

    assert!(matches!(progress, ServerMessage::RoundProgress { .. }));
    for view in [&open, &closed] {
        assert!(view["result"].is_null(), "{view}");
        assert!(!view.to_string().contains("\"votes\""), "{view}");
    }
    let (_, revealed) = server
        .api(&vote.coach, Method::POST, &format!("{round}/reveal"), None)
        .await;
    assert_eq!(revealed["result"]["votes"], json!(6));
    assert_eq!(revealed["result"]["voters"], json!(2));
    let shown = vote
        .at_coach
        .hear(|message| matches!(message, ServerMessage::RoundChanged { round } if round.status == RoundStatus::Revealed))
        .await;
    let ServerMessage::RoundChanged { round } = shown else {
        unreachable!()
    };
    assert_eq!(round.result.expect("it is revealed").votes, 6);
}

#[tokio::test]
async fn r1_a_closed_round_takes_no_ballot() {
    let server = TestServer::start().await;
    let vote = open_vote(&server, 1).await;
    let path = format!("/rounds/{}/close", vote.round);
    server.api(&vote.coach, Method::POST, &path, None).await;

    let ballot = json!({ "revision": 1, "votes": { "a": 1 } });
    let (status, problem) = put(&server, &vote, &vote.voters[0], &ballot).await;

    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], json!("/problems/round-not-open"));
}

#[tokio::test]
async fn a_ballot_over_budget_says_every_fault() {
    let server = TestServer::start().await;
    let vote = open_vote(&server, 1).await;

    let ballot = json!({ "revision": 1, "votes": { "a": 3, "b": 2, "x": 1 } });
    let (status, problem) = put(&server, &vote, &vote.voters[0], &ballot).await;

    assert_eq!(status, StatusCode::BAD_REQUEST);
    let pointers: Vec<_> = problem["errors"]
        .as_array()
        .expect("the faults")
        .iter()
        .map(|fault| fault["pointer"].as_str().expect("a place"))
        .collect();
    assert_eq!(pointers, ["/votes/a", "/votes/x", "/votes"]);
}

/// The web client's test of the 60 KiB counts on this for the page itself.
#[tokio::test]
async fn the_largest_ballot_page_is_sent_within_20_kib() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let coach = server.join(&room.invitations.coach, "Fatima").await;
    let mut at_coach = Member::connect(&server, &coach).await;
    let notes: Vec<_> = (0..ROUND_NOTES)
        .map(|number| format!("note{number:02}"))
        .collect();
    for note in &notes {
        let text =
            format!("{note}: stuur elke twee weken een kort bericht over hoe het ervoor staat");
        at_coach.add_note(note, &text).await;
    }
    at_coach.all_stored().await;
    let order = json!({ "kind": "vote", "notes": notes, "budget": 7, "cap": 2 });
    let (status, opened) = server
        .api(&coach, Method::POST, "/rounds", Some(&order))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{opened}");

    let path = format!("/rooms/{}/vote", room.id);
    let request = server
        .request(Method::GET, &path, Some(&coach))
        .header("accept-encoding", "gzip");
    let response = request.send().await.unwrap();

    assert_eq!(response.headers()["content-encoding"], "gzip");
    let bytes = response.bytes().await.unwrap().len();
    assert!(bytes <= 20 << 10, "{bytes} bytes");
}
