//! What a role may not, the server does not do, whatever the client sends.

use hartslag_protocol::wire::message::{RefusalReason, ServerMessage};
use hartslag_tests::member::Member;
use hartslag_tests::server::TestServer;
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn an_observer_that_writes_is_refused_and_nothing_changes() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let observer = server.join(&room.invitations.observer, "Oscar").await;
    let coach = server.join(&room.invitations.coach, "Fatima").await;
    let mut oscar = Member::connect(&server, &observer).await;

    oscar.add_note("forged", "Ik mag dit niet").await;

    let refused = oscar
        .hear(|message| matches!(message, ServerMessage::Refused { .. }))
        .await;
    assert!(matches!(
        refused,
        ServerMessage::Refused {
            reason: RefusalReason::NotAllowed,
            ..
        }
    ));
    let fatima = Member::connect(&server, &coach).await;
    assert!(fatima.notes().is_empty());
}

#[tokio::test]
async fn an_observer_that_only_says_what_is_known_is_not_refused() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let coach = server.join(&room.invitations.coach, "Fatima").await;
    let mut fatima = Member::connect(&server, &coach).await;
    fatima.add_note("n1", "Een idee").await;
    fatima.all_stored().await;
    let observer = server.join(&room.invitations.observer, "Oscar").await;
    let mut oscar = Member::connect(&server, &observer).await;

    oscar.cut();
    oscar.reconnect().await;

    assert!(
        oscar
            .heard
            .iter()
            .all(|message| !matches!(message, ServerMessage::Refused { .. }))
    );
}

#[tokio::test]
async fn only_a_coach_steers() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let participant = server.join_by_code(&room.join_code).await;
    let order = json!({ "kind": "vote", "notes": ["a", "b"], "budget": 3, "cap": 1 });
    let orders = [
        (Method::POST, "/rounds", Some(order)),
        (Method::GET, "/join-code", None),
        (Method::POST, "/join-code", None),
        (
            Method::POST,
            "/invitations",
            Some(json!({ "role": "coach" })),
        ),
    ];

    for (method, path, body) in orders {
        let (status, problem) = server.api(&participant, method, path, body.as_ref()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {problem}");
    }
}
