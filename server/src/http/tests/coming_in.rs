//! Joining, coming back, and being refused.

use serde_json::json;

use super::*;
use crate::access::JoinCode;
use crate::access::guessing::BURST;
use crate::access::quota::ORDERS_BURST;
use crate::clock::now;

#[tokio::test]
async fn h1_a_device_comes_back_as_the_same_participant_with_the_better_role() {
    let app = TestApp::start();
    let room = app.room().await;
    let noor = app
        .join(
            None,
            json!({ "code": room.answer["joinCode"], "name": "Noor" }),
        )
        .await;
    let invitations = &room.answer["invitations"];

    let raised = app
        .join(Some(&noor), json!({ "invitation": invitations["coach"] }))
        .await;
    let again = app
        .join(
            Some(&noor),
            json!({ "invitation": invitations["observer"] }),
        )
        .await;

    assert_eq!(noor.joined["role"], "participant");
    assert_eq!(raised.joined["participant"], noor.joined["participant"]);
    assert_eq!(
        (&raised.joined["role"], &again.joined["role"]),
        (&json!("coach"), &json!("coach"))
    );
    assert_eq!(raised.cookie, noor.cookie);
    let shown = app
        .call(
            "GET",
            &format!("/api/v1/rooms/{}", room.id),
            Some(&noor),
            None,
        )
        .await;
    assert_eq!(
        (&shown.json()["name"], &shown.json()["role"]),
        (&json!("Noor"), &json!("coach"))
    );
    assert_eq!(shown.json()["counts"]["participants"], 1);
}

#[tokio::test]
async fn h3_each_way_of_being_refused_has_its_own_words() {
    let app = TestApp::start();
    let room = app.room().await;
    let expired = JoinCode {
        code: "222222".into(),
        room: room.id.parse().unwrap(),
        expires_at: now() - 1,
        secret: None,
    };
    let cases = [
        (json!({ "code": "333333" }), "code-unknown", 404),
        (json!({ "code": "O0" }), "code-unknown", 404),
        (json!({ "code": "222222" }), "code-expired", 410),
        (
            json!({ "invitation": "guessed" }),
            "invitation-unknown",
            404,
        ),
        (json!({}), "invalid-body", 400),
        (
            json!({ "code": "222222", "invitation": "x" }),
            "invalid-body",
            400,
        ),
        (
            json!({ "code": "222222", "name": "a\nb" }),
            "invalid-body",
            400,
        ),
        (
            json!({ "code": "222222", "name": "x".repeat(61) }),
            "invalid-body",
            400,
        ),
    ];
    app.state.access.put_join_code(expired, 0).await.unwrap();

    for (brought, kind, status) in cases {
        let answer = app.post("/api/v1/join", None, brought.clone()).await;

        assert_eq!(answer.problem(), (kind.into(), status), "{brought}");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn h3_too_many_wrong_codes_are_told_when_to_try_again() {
    let app = TestApp::start();
    let room = app.room().await;
    for _ in 0..BURST {
        app.post("/api/v1/join", None, json!({ "code": "333333" }))
            .await;
    }

    let wrong = app
        .post("/api/v1/join", None, json!({ "code": "333333" }))
        .await;

    assert_eq!(wrong.problem(), ("too-many-guesses".into(), 429));
    assert_eq!(wrong.header("retry-after"), "5");
    app.join_as(&room, "participant").await;
}

#[tokio::test]
async fn h2_a_room_full_of_phones_behind_one_address_comes_in() {
    let app = TestApp::start();
    let room = app.room().await;
    let code = room.answer["joinCode"].as_str().unwrap().to_lowercase();

    for _ in 0..3 * BURST {
        app.join(None, json!({ "code": code })).await;
    }
}

#[tokio::test]
async fn w3_a_ticket_is_as_good_as_the_cookie() {
    let app = TestApp::start();
    let room = app.room().await;
    let noor = app.join_as(&room, "participant").await;
    let address = format!("/api/v1/rooms/{}", room.id);
    let issued = app
        .post(&format!("{address}/tickets"), Some(&noor), json!({}))
        .await;
    let ticket = issued.json()["ticket"].as_str().unwrap().to_owned();
    let bearing = |ticket: &str, address: &str| {
        let request = Request::get(address).header("authorization", format!("Bearer {ticket}"));
        request.body(Body::empty()).unwrap()
    };

    let shown = app.send(bearing(&ticket, &address)).await;
    let wrong = app.send(bearing("guessed", &address)).await;
    let socket = app.get(&format!("/sync/{}?ticket={ticket}", room.id)).await;
    let refused = app.get(&format!("/sync/{}?ticket=guessed", room.id)).await;

    assert_eq!(issued.status, StatusCode::CREATED);
    assert_eq!(shown.json()["participant"], noor.joined["participant"]);
    assert_eq!(wrong.problem(), ("not-member".into(), 401));
    // Let in, and then told that this is no WebSocket handshake.
    assert!(socket.status.is_client_error() && socket.status != StatusCode::UNAUTHORIZED);
    assert_eq!(refused.problem(), ("not-member".into(), 401));
}

#[tokio::test]
async fn h2_a_new_code_ends_the_old_one_and_the_picture_shows_it() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let address = format!("/api/v1/rooms/{}/join-code", room.id);

    let shown = app.call("GET", &address, Some(&coach), None).await;
    let renewed = app.post(&address, Some(&coach), json!({})).await;
    let picture = app
        .call(
            "GET",
            &format!("/api/v1/rooms/{}/invitation.svg", room.id),
            Some(&coach),
            None,
        )
        .await;

    assert_eq!(shown.json()["joinCode"], room.answer["joinCode"]);
    assert_eq!(renewed.status, StatusCode::CREATED);
    assert!(renewed.json()["expiresAt"].as_str().unwrap().ends_with('Z'));
    let old = app
        .post(
            "/api/v1/join",
            None,
            json!({ "code": shown.json()["joinCode"] }),
        )
        .await;
    assert_eq!(old.problem(), ("code-unknown".into(), 404));
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    let by_link = async |code: &Answer| {
        let brought = json!({ "invitation": code.json()["invitation"] });
        app.post("/api/v1/join", None, brought).await
    };
    let ended = by_link(&shown).await;
    assert_eq!(ended.problem(), ("invitation-unknown".into(), 404));
    assert_eq!(by_link(&renewed).await.json()["role"], "participant");
}

#[tokio::test]
async fn a_network_is_told_by_a_proxy_only_where_one_is_trusted() {
    for trusted in [false, true] {
        let app = TestApp::with(Settings {
            trust_forwarded_for: trusted,
            ..Settings::default()
        });
        let guess = |forwarded: &str| {
            let request = Request::post("/api/v1/join")
                .header("content-type", "application/json")
                .header("x-forwarded-for", forwarded);
            app.send(request.body(Body::from(r#"{"code":"333333"}"#)).unwrap())
        };
        for _ in 0..BURST {
            guess("203.0.113.9, 192.0.2.1").await;
        }

        let same = guess("198.51.100.1, 192.0.2.2").await;
        let other = guess("192.0.2.1, 198.51.100.1").await;

        assert_eq!(same.problem().1, 429);
        assert_eq!(other.problem().1, if trusted { 404 } else { 429 });
    }
}

#[tokio::test]
async fn a_ticket_can_be_ended_by_its_holder() {
    let app = TestApp::start();
    let room = app.room().await;
    let noor = app.join_as(&room, "participant").await;
    let other = app.join_as(&room, "observer").await;
    let address = format!("/api/v1/rooms/{}/tickets", room.id);
    let ticket = app.post(&address, Some(&noor), json!({})).await.json()["ticket"].clone();
    let body = Some(json!({ "ticket": ticket }));
    let socket = format!("/sync/{}?ticket={}", room.id, ticket.as_str().unwrap());

    let by_other = app
        .call("DELETE", &address, Some(&other), body.clone())
        .await;
    let still = app.get(&socket).await;
    app.call("DELETE", &address, Some(&noor), body).await;
    let ended = app.get(&socket).await;

    assert_eq!(by_other.status, StatusCode::NO_CONTENT);
    assert_ne!(still.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ended.problem(), ("not-member".into(), 401));
}

#[tokio::test]
async fn h10_a_network_that_made_too_many_rooms_has_to_wait() {
    let app = TestApp::start();
    let made = app.room().await;
    let range = std::net::IpAddr::from([0, 0, 0, 0]).into();
    while app.state.creations.pay(range, 1, now()).is_ok() {}

    let refused = app
        .post("/api/v1/rooms", None, json!({ "title": "Verhuizen" }))
        .await;

    assert_eq!(refused.problem(), ("too-many-rooms".into(), 429));
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    app.join_as(&made, "participant").await;
}

#[tokio::test]
async fn h11_who_changes_too_much_at_once_has_to_wait_and_nobody_else_has() {
    let app = TestApp::start();
    let made = app.room().await;
    let greedy = app.join_as(&made, "participant").await;
    let coach = app.join_as(&made, "coach").await;
    let tickets = format!("/api/v1/rooms/{}/tickets", made.id);
    let timer = format!("/api/v1/rooms/{}/timer", made.id);

    for _ in 0..ORDERS_BURST {
        let answer = app.post(&tickets, Some(&greedy), json!({})).await;
        assert_eq!(answer.status, StatusCode::CREATED);
    }
    let refused = app.post(&tickets, Some(&greedy), json!({})).await;
    let renamed =
        json!({ "invitation": made.answer["invitations"]["participant"], "name": "Iemand" });
    let renamed = app.post("/api/v1/join", Some(&greedy), renamed).await;
    let set = app
        .call("PUT", &timer, Some(&coach), Some(json!({ "seconds": 60 })))
        .await;

    for refused in [refused, renamed] {
        assert_eq!(refused.problem(), ("too-many-orders".into(), 429));
        assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    assert_eq!(set.status, StatusCode::OK);
}
