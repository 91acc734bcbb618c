//! SIGKILL at a random moment: what was acknowledged is there afterwards.

use hartslag_tests::member::Member;
use hartslag_tests::random::Random;
use hartslag_tests::server::{Store, TestServer};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::ballots::{open_vote, put};

const CRASHES: usize = 4;
const EDITS: usize = 40;

#[tokio::test]
async fn acknowledged_edits_survive_kill_9_of_the_server_on_sqlite() {
    edits_survive(TestServer::start_on_sqlite().await, 31, Victim::Server).await;
}

#[tokio::test]
async fn acknowledged_edits_survive_kill_9_of_the_server_on_redis() {
    edits_survive(TestServer::start_on_redis().await, 32, Victim::Server).await;
}

#[tokio::test]
async fn acknowledged_edits_survive_kill_9_of_redis() {
    edits_survive(TestServer::start_on_redis().await, 33, Victim::Redis).await;
}

#[derive(Clone, Copy)]
enum Victim {
    Server,
    Redis,
}

/// Members write notes that only they know of; each crash comes while some are under way.
async fn edits_survive(mut server: TestServer, seed: u64, victim: Victim) {
    let mut random = Random::from_environment(seed);
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.coach, "Fatima").await;
    let mut promised = Vec::new();

    for crash in 0..CRASHES {
        let mut writer = Member::connect(&server, &person).await;
        let moment = random.below(EDITS);
        let mut written = Vec::new();
        for edit in 0..EDITS {
            let note = format!("c{crash}e{edit}");
            writer.add_note(&note, "Bewaard is bewaard").await;
            let (_, sent) = writer.acknowledged();
            written.push((note, sent));
            if edit == moment {
                writer.all_stored().await;
            }
        }
        fell(&mut server, victim);
        // What had reached the writer before the fall was promised; drain that and no more.
        if matches!(victim, Victim::Server) {
            while writer.receive().await {}
        }
        let (stored, _) = writer.acknowledged();
        promised.extend(
            written
                .into_iter()
                .filter(|(_, sent)| *sent <= stored)
                .map(|(n, _)| n),
        );
        rose(&mut server, victim).await;

        let witness = server.join(&room.invitations.observer, "Getuige").await;
        let witness = Member::connect(&server, &witness).await;
        let notes = witness.notes();
        for note in &promised {
            assert!(
                notes.contains_key(note),
                "{note} was acknowledged and is gone"
            );
        }
    }
    assert!(promised.len() >= CRASHES, "something was acknowledged");
}

fn fell(server: &mut TestServer, victim: Victim) {
    match (victim, &mut server.store) {
        (Victim::Redis, Store::Redis(redis)) => redis.kill(),
        _ => server.process.kill(),
    }
}

async fn rose(server: &mut TestServer, victim: Victim) {
    match (victim, &mut server.store) {
        (Victim::Redis, Store::Redis(redis)) => {
            redis.start_again().await;
            server.ready().await;
        }
        _ => server.start_again().await,
    }
}

#[tokio::test]
async fn a_writer_that_stays_sends_again_what_was_not_acknowledged() {
    let mut server = TestServer::start().await;
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.participant, "Noor").await;
    let mut writer = Member::connect(&server, &person).await;
    for edit in 0..20 {
        writer.add_note(&format!("e{edit}"), "Onderweg").await;
    }

    server.crash_and_return().await;
    writer.reconnect().await;

    let witness = server.join(&room.invitations.observer, "Getuige").await;
    let witness = Member::connect(&server, &witness).await;
    assert_eq!(witness.notes().len(), 20);
    assert_eq!(witness.board(), writer.board());
}

#[tokio::test]
async fn acknowledged_ballots_survive_kill_9_on_sqlite() {
    ballots_survive(TestServer::start_on_sqlite().await).await;
}

#[tokio::test]
async fn acknowledged_ballots_survive_kill_9_on_redis() {
    ballots_survive(TestServer::start_on_redis().await).await;
}

async fn ballots_survive(mut server: TestServer) {
    let vote = open_vote(&server, 3).await;
    for revision in 1..=3_u32 {
        for voter in &vote.voters {
            let ballot = json!({ "revision": revision, "votes": { "a": 1, "b": revision.min(2) } });
            assert_eq!(put(&server, &vote, voter, &ballot).await.0, StatusCode::OK);
        }
        if revision == 2
            && let Store::Redis(redis) = &mut server.store
        {
            redis.kill();
            redis.start_again().await;
            server.ready().await;
        }
        server.crash_and_return().await;
    }

    let path = format!("/rounds/{}/reveal", vote.round);
    let (status, revealed) = server.api(&vote.coach, Method::POST, &path, None).await;

    assert_eq!(status, StatusCode::OK, "{revealed}");
    assert_eq!(revealed["result"]["votes"], json!(9));
    server.crash_and_return().await;
    let path = format!("/rounds/{}", vote.round);
    let (_, after) = server.api(&vote.coach, Method::GET, &path, None).await;
    assert_eq!(
        after["result"], revealed["result"],
        "a revealed result survives too"
    );
}
