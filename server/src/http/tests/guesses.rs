//! Thirty wrong codes from one network, and who still comes in.

use serde_json::json;

use super::*;
use crate::access::guessing::BURST;

#[tokio::test]
async fn h3_wrong_codes_of_one_phone_hold_up_nobody_of_a_network_that_knows_the_code() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let address = format!("/api/v1/rooms/{}/join-code", room.id);
    let shown = app.call("GET", &address, Some(&coach), None).await.json();

    guess(&app).await;

    for brought in [
        json!({ "code": shown["joinCode"] }),
        json!({ "invitation": shown["invitation"] }),
        json!({ "invitation": room.answer["invitations"]["participant"] }),
    ] {
        let person = app.join(None, brought).await;
        assert_eq!(person.joined["role"], "participant");
    }
}

#[tokio::test]
async fn h3_a_coach_is_told_of_guesses_and_opens_the_network() {
    let app = TestApp::with(Settings {
        trust_forwarded_for: true,
        ..Settings::default()
    });
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let noor = app.join_as(&room, "participant").await;
    let address = format!("/api/v1/rooms/{}/guesses", room.id);
    let told = async || app.call("GET", &address, Some(&coach), None).await.json();
    let join = async || typed(&app, &room.answer["joinCode"]).await;
    assert_eq!(told().await["networks"], json!([]));
    guess(&app).await;
    let held_up = join().await;
    let networks = told().await["networks"].clone();
    let pass = format!("{address}/pass");

    let refused = app.post(&pass, Some(&noor), json!({})).await;
    let opened = app.post(&pass, Some(&coach), json!({})).await.json();

    assert_eq!(held_up.problem(), ("too-many-guesses".into(), 429));
    assert_eq!(networks, json!([{ "tries": 2 * BURST + 1, "open": false }]));
    assert_eq!(refused.problem(), ("role-not-allowed".into(), 403));
    assert_eq!(opened["networks"][0]["open"], true);
    assert_eq!(told().await, opened);
    assert_eq!(join().await.status, StatusCode::OK);
}

/// Twice as many wrong codes as one network may try at once.
async fn guess(app: &TestApp) {
    for number in 0..2 * BURST {
        let answer = typed(app, &json!("333333")).await;
        let status = if number < BURST { 404 } else { 429 };
        assert_eq!(answer.problem().1, status);
    }
}

/// A code that someone types elsewhere, where a proxy is trusted to say so.
async fn typed(app: &TestApp, code: &Value) -> Answer {
    let request = Request::post("/api/v1/join")
        .header("content-type", "application/json")
        .header("x-forwarded-for", "192.0.2.7");
    let body = json!({ "code": code }).to_string();
    app.send(request.body(Body::from(body)).unwrap()).await
}
