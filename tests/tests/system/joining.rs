//! Coming in: invitations, codes, tickets, and what does not work says so.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hartslag_tests::server::{Person, TestServer};
use reqwest::header::{HeaderMap, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn join(server: &TestServer, body: Value) -> (StatusCode, Value) {
    let request = server
        .request(Method::POST, "/api/v1/join", None)
        .json(&body);
    let response = request.send().await.unwrap();
    (
        response.status(),
        response.json().await.unwrap_or(Value::Null),
    )
}

#[tokio::test]
async fn h1_a_device_comes_back_as_the_same_participant() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let first = server.join_by_code(&room.join_code).await;

    let body = json!({ "code": room.join_code.to_lowercase(), "name": "Noor" });
    let request = server
        .request(Method::POST, "/api/v1/join", Some(&first))
        .json(&body);
    let again: Value = request.send().await.unwrap().json().await.unwrap();

    assert_eq!(again["participant"], json!(first.participant));
}

#[tokio::test]
async fn h1_a_better_invitation_raises_the_role_and_a_lesser_one_does_not_lower_it() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let person = server.join_by_code(&room.join_code).await;
    let rejoin = async |invitation: &str| {
        let body = json!({ "invitation": invitation });
        let request = server
            .request(Method::POST, "/api/v1/join", Some(&person))
            .json(&body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["role"].as_str().unwrap().to_owned()
    };

    assert_eq!(rejoin(&room.invitations.coach).await, "coach");
    assert_eq!(rejoin(&room.invitations.observer).await, "coach");
}

#[tokio::test]
async fn h3_an_unknown_code_says_so() {
    let server = TestServer::start().await;

    let (status, problem) = join(&server, json!({ "code": "222222" })).await;

    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::NOT_FOUND, &json!("/problems/code-unknown"))
    );
}

#[tokio::test]
async fn h3_wrong_codes_of_one_phone_keep_nobody_of_its_network_out() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let coach = server.join(&room.invitations.coach, "Karin").await;
    let (_, shown) = server.api(&coach, Method::GET, "/join-code", None).await;
    let wrong = if room.join_code == "333333" {
        "222222"
    } else {
        "333333"
    };
    let guess = async || join(&server, json!({ "code": wrong })).await.0;
    let mut guesses: FuturesUnordered<_> = (0..400).map(|_| guess()).collect();
    while guesses.next().await != Some(StatusCode::TOO_MANY_REQUESTS) {}

    // The other guesses are under way, and wait.
    for brought in [
        json!({ "code": room.join_code }),
        json!({ "invitation": shown["invitation"] }),
        json!({ "invitation": room.invitations.participant }),
    ] {
        let (status, answer) = join(&server, brought).await;
        assert_eq!(
            (status, &answer["role"]),
            (StatusCode::OK, &json!("participant"))
        );
    }

    let (_, told) = server.api(&coach, Method::GET, "/guesses", None).await;
    assert!(told["networks"][0]["tries"].as_u64() >= Some(30), "{told}");
    assert_eq!(told["networks"][0]["open"], json!(true));
}

#[tokio::test]
async fn h2_a_hall_behind_one_address_comes_in_with_the_right_code() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;

    for _ in 0..150 {
        let (status, problem) = join(&server, json!({ "code": room.join_code })).await;
        assert_eq!(status, StatusCode::OK, "{problem}");
    }
}

#[tokio::test]
async fn w3_a_stranger_cannot_open_a_connection() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let path = format!("/sync/{}", room.id);
    let upgrade_from = |origin: &str, person: Option<&Person>| {
        let origin = HeaderMap::from_iter([(ORIGIN, origin.parse().unwrap())]);
        server
            .request(Method::GET, &path, person)
            .headers(origin)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    };
    let own = format!("http://{}", server.address());
    let upgrade = |person| upgrade_from(&own, person);
    let member = server.join_by_code(&room.join_code).await;
    let other = server.create_room(None).await;
    let stranger = server.join_by_code(&other.join_code).await;

    assert_eq!(
        upgrade(None).send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        upgrade(Some(&stranger)).send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let foreign = upgrade_from("https://elsewhere.example", Some(&member));
    assert_eq!(
        foreign.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_ticket_opens_a_connection_without_a_cookie() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.participant, "Noor").await;
    let (status, ticket) = server.api(&person, Method::POST, "/tickets", None).await;
    assert_eq!(status, StatusCode::CREATED, "{ticket}");

    for _ in 0..2 {
        let url = format!(
            "ws://{}/sync/{}?ticket={}",
            server.address(),
            room.id,
            ticket["ticket"].as_str().unwrap()
        );
        assert!(
            tokio_tungstenite::connect_async(url).await.is_ok(),
            "a ticket serves reconnects"
        );
    }
    let wrong = format!("ws://{}/sync/{}?ticket=nonsense", server.address(), room.id);
    assert!(tokio_tungstenite::connect_async(wrong).await.is_err());
}
