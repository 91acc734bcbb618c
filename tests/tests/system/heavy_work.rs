//! Work that costs more than its request: bounded, and in nobody else's way.

use std::net::IpAddr;

use futures_util::future::join_all;
use hartslag_tests::member::Member;
use hartslag_tests::server::{CreatedRoom, Person, TestServer};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::slow_and_many::metric;

/// What a machine for several workshops must do with.
const MEMORY: u64 = 512 << 20;
/// What rooms may be charged, and one of them once more while its snapshot is looked at.
const CHARGED: u64 = 340 << 20;
/// Touchpoints of the sample.
const TOUCHPOINTS: usize = 16;
/// Pain points of a large workshop.
const LARGE: usize = 5_000;
/// Pain points of a board that is nearly as large as one may be.
const LARGEST: usize = 9_000;
const ROOMS: u8 = 12;

#[tokio::test]
async fn h16_a_hundred_exports_at_once_keep_nobody_out_and_fit_in_memory() {
    let server = TestServer::start().await;
    let room = server.create_room(Some(&journey(LARGE))).await;
    let observer = server.join(&room.invitations.observer, "").await;
    let forms = ["/exports/csv", "/exports/svg", "/exports/json"];
    let exports = forms.into_iter().cycle().take(100);
    let exports = exports.map(|form| get(&server, &observer, form));
    let meanwhile = async {
        let noor = server.join(&room.invitations.participant, "Noor").await;
        let mut noor = Member::connect(&server, &noor).await;
        noor.add_note("mine", "Ik ben er").await;
        noor.all_stored().await;
    };

    let (answers, ()) = tokio::join!(join_all(exports), meanwhile);

    let (served, refused): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|answer| answer.status() == StatusCode::OK);
    assert!(served.len() >= 3, "{} were served", served.len());
    for answer in &refused {
        let known = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
        ];
        assert!(known.contains(&answer.status()), "{answer:?}");
        assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
    }
    let peak = server.process.peak_bytes();
    assert!(
        peak < MEMORY,
        "{} exports: {} MiB",
        served.len(),
        peak >> 20
    );
}

#[tokio::test]
async fn h16_large_rooms_that_are_left_make_room_for_those_that_open() {
    let server = TestServer::start().await;
    let coaches = coaches(&large_rooms(&server).await, &server).await;

    for coach in coaches.iter().chain(&coaches) {
        let shown = get(&server, coach, "").await;
        assert_eq!(shown.status(), StatusCode::OK, "{shown:?}");
    }

    let kept = metric(&server, "hartslag_rooms").await;
    assert!(kept < u64::from(ROOMS), "all rooms fit: none had to leave");
    let charged = metric(&server, "hartslag_work_memory_bytes").await;
    assert!(charged < CHARGED, "{kept} rooms: {} MiB", charged >> 20);
}

#[tokio::test]
async fn h16_nobody_loses_their_large_room_for_those_that_would_open() {
    let server = TestServer::start().await;
    let mut coaches = coaches(&large_rooms(&server).await, &server)
        .await
        .into_iter();
    let mut inside = Vec::new();

    let (outside, refusal) = loop {
        let coach = coaches.next().expect("one of the rooms does not fit");
        let shown = get(&server, &coach, "").await;
        if shown.status() != StatusCode::OK {
            break (coach, shown);
        }
        inside.push(Member::connect(&server, &coach).await);
    };

    assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refusal.headers().contains_key("retry-after"), "{refusal:?}");
    for member in &mut inside {
        member.add_note("mine", "Ik ben er nog").await;
        member.all_stored().await;
    }
    let charged = metric(&server, "hartslag_work_memory_bytes").await;
    assert!(
        charged < CHARGED,
        "{} rooms: {} MiB",
        inside.len(),
        charged >> 20
    );
    inside.pop();
    let shown = get(&server, &outside, "").await;
    assert_eq!(shown.status(), StatusCode::OK, "{shown:?}");
}

async fn get(server: &TestServer, person: &Person, path: &str) -> Response {
    let path = format!("/api/v1/rooms/{}{path}", person.room);
    let request = server.request(Method::GET, &path, Some(person));
    request.send().await.expect("the server answers")
}

/// Rooms of networks of their own, as one network makes few that are so large.
async fn large_rooms(server: &TestServer) -> Vec<CreatedRoom> {
    let body = json!({ "title": "Wij willen trouwen", "municipality": "Duinrade",
        "journey": journey(LARGEST) });
    let address = format!("http://{}", server.address());
    let mut rooms = Vec::new();
    for network in 1..=ROOMS {
        let client = Client::builder().local_address(IpAddr::from([127, 0, network, 1]));
        let request = client
            .build()
            .unwrap()
            .post(format!("{address}/api/v1/rooms"))
            .header("origin", &address);
        let made = request.json(&body).send().await.unwrap();
        assert_eq!(
            made.status(),
            StatusCode::CREATED,
            "{:?}",
            made.text().await
        );
        rooms.push(made.json().await.unwrap());
    }
    rooms
}

async fn coaches(rooms: &[CreatedRoom], server: &TestServer) -> Vec<Person> {
    let mut coaches = Vec::new();
    for room in rooms {
        coaches.push(server.join(&room.invitations.coach, "").await);
    }
    coaches
}

/// A sample with so many pain points.
fn journey(pain_points: usize) -> Value {
    let sample = include_str!("../../../samples/trouwen.json");
    let mut journey: Value = serde_json::from_str(sample).expect("it is checked in");
    for phase in journey["phases"].as_array_mut().expect("it has phases") {
        for touchpoint in phase["touchpoints"].as_array_mut().expect("they have them") {
            let pains = (0..pain_points / TOUCHPOINTS)
                .map(|pain| format!("Pijnpunt {pain}: wij wisten niet welk formulier"));
            touchpoint["painPoints"] = json!(pains.collect::<Vec<_>>());
        }
    }
    journey
}
