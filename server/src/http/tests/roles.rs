//! Who may make which call: every call by everyone.

use serde_json::json;

use super::*;

/// Who may.
#[derive(Clone, Copy, PartialEq, Debug)]
enum May {
    /// Any member.
    Member,
    /// Coaches, participants and voters (R9).
    Answer,
    /// Coaches.
    Coach,
}

/// Every call on a room; `{round}` is an open round of it.
const CALLS: [(&str, &str, May); 31] = [
    ("GET", "", May::Member),
    ("POST", "/tickets", May::Member),
    ("DELETE", "/tickets", May::Member),
    ("GET", "/join-code", May::Coach),
    ("POST", "/join-code", May::Coach),
    ("POST", "/invitations", May::Coach),
    ("GET", "/invitation.svg", May::Coach),
    ("GET", "/guesses", May::Coach),
    ("POST", "/guesses/pass", May::Coach),
    ("GET", "/journey", May::Member),
    ("GET", "/exports/json", May::Member),
    ("GET", "/exports/csv", May::Member),
    ("GET", "/exports/svg", May::Member),
    ("GET", "/events", May::Member),
    ("PUT", "/timer", May::Coach),
    ("DELETE", "/timer", May::Coach),
    ("PUT", "/board-mode", May::Coach),
    ("GET", "/participants", May::Coach),
    ("PUT", "/door", May::Coach),
    ("POST", "/participants/{participant}/away", May::Coach),
    ("POST", "/networks/{network}/away", May::Coach),
    ("DELETE", "/dismissals/{dismissal}", May::Coach),
    ("POST", "/rounds", May::Coach),
    ("GET", "/rounds", May::Member),
    ("GET", "/rounds/{round}", May::Member),
    ("GET", "/rounds/{round}/response", May::Member),
    ("PUT", "/rounds/{round}/response", May::Answer),
    ("POST", "/rounds/{round}/close", May::Coach),
    ("GET", "/rounds/{round}", May::Member),
    ("POST", "/rounds/{round}/reveal", May::Coach),
    ("GET", "/rounds/{round}", May::Member),
];

#[tokio::test]
async fn h4_every_call_is_for_who_may_make_it() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let others = [
        ("observer", app.join_as(&room, "observer").await),
        ("voter", app.join_as_voter(&room, &coach).await),
        ("participant", app.join_as(&room, "participant").await),
    ];
    let round = rounds::open(&app, &room, &coach).await;

    for (method, path, may) in CALLS {
        let address = format!("/api/v1/rooms/{}{}", room.id, filled(path, &round.id));
        let call = async |by| {
            let answer = app
                .call_head(method, &address, by, body_of(path, &round))
                .await;
            (
                answer.status.as_u16(),
                format!("{method} {path}: {}", answer.text()),
            )
        };

        let (status, told) = call(None).await;
        assert_eq!(status, 401, "{told}");
        for (role, person) in &others {
            let allowed = match may {
                May::Member => true,
                May::Answer => *role != "observer",
                May::Coach => false,
            };
            let (status, told) = call(Some(person)).await;
            assert_eq!(status < 300, allowed, "{role} {told}");
            assert!(allowed || status == 403, "{role} {told}");
        }
        let (status, told) = call(Some(&coach)).await;
        assert!(status < 300, "coach {told}");
    }
}

#[tokio::test]
async fn h4_a_member_of_one_room_is_nobody_in_another() {
    let app = TestApp::start();
    let (room, other) = (app.room().await, app.room().await);
    let coach = app.join_as(&room, "coach").await;

    for (method, path, _) in CALLS {
        let address = format!("/api/v1/rooms/{}{}", other.id, filled(path, &room.id));

        let answer = app
            .call(method, &address, Some(&coach), Some(json!({})))
            .await;

        assert_eq!(
            answer.problem(),
            ("not-member".into(), 401),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_room_that_does_not_exist_is_told_so() {
    let app = TestApp::start();
    for id in ["0199f2c0-0000-7000-8000-000000000001", "none"] {
        let room = app.get(&format!("/api/v1/rooms/{id}")).await;
        let socket = app.get(&format!("/sync/{id}")).await;

        assert_eq!(room.problem(), ("room-not-found".into(), 404));
        assert_eq!(socket.problem(), ("room-not-found".into(), 404));
    }
}

#[tokio::test]
async fn the_table_above_has_every_call_on_a_room() {
    let described = TestApp::start().get("/api/v1/openapi.json").await.json();
    let mut missing = Vec::new();
    for (path, calls) in described["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/rooms/{room}") else {
            continue;
        };
        for method in calls.as_object().unwrap().keys() {
            let is_call = |(verb, known, _): &(&str, &str, May)| {
                verb.eq_ignore_ascii_case(method) && *known == path
            };
            if !CALLS.iter().any(is_call) {
                missing.push(format!("{method} {path}"));
            }
        }
    }

    assert!(missing.is_empty(), "{missing:?}");
}

/// The path with an identifier in each of its places.
fn filled(path: &str, id: &str) -> String {
    let places = ["{round}", "{participant}", "{network}", "{dismissal}"];
    places
        .iter()
        .fold(path.to_owned(), |path, place| path.replace(place, id))
}

fn body_of(path: &str, round: &rounds::Opened) -> Option<Value> {
    match path {
        "/tickets" => Some(json!({ "ticket": "guessed" })),
        "/board-mode" => Some(json!({ "mode": "notes" })),
        "/door" => Some(json!({ "open": true })),
        "/networks/{network}/away" => Some(json!({ "minutes": 10 })),
        "/timer" => Some(json!({ "seconds": 60 })),
        "/invitations" => Some(json!({ "role": "observer" })),
        "/rounds" => Some(json!({ "kind": "vote", "notes": round.notes, "budget": 2, "cap": 1 })),
        "/rounds/{round}/response" => {
            Some(json!({ "revision": 1, "votes": { &round.notes[0]: 1 } }))
        }
        _ => None,
    }
}
