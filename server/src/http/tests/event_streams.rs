//! Connections without a WebSocket (W20 to W26).

use axum::body::BodyDataStream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hartslag_protocol::wire::bundle::{Bundled, write_bundle};
use hartslag_protocol::wire::frame::{self, Message};
use yrs::updates::decoder::Decode;
use yrs::{Any, Doc, Map, ReadTxn, StateVector, Transact, Update};

use super::*;
use crate::PATIENCE;

const UNKNOWN: &str = "AAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test]
async fn w20_w22_what_one_posts_the_other_is_sent() {
    let house = House::open().await;
    let mut author = house.visit("coach").await;
    let mut reader = house.visit("observer").await;
    reader.greet().await;
    author.greet().await;

    let update = author.retitle("Verhuizen");
    let status = author.post(&[Bundled::Binary(&update)]).await;

    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(reader.title().await, "Verhuizen");
    assert_eq!(author.hear("stored").await["upTo"], 1);
}

#[tokio::test]
async fn w23_a_post_that_is_sent_again_counts_once_and_order_is_kept() {
    let house = House::open().await;
    let mut author = house.visit("coach").await;
    author.greet().await;
    let first = write_bundle(&[Bundled::Binary(&author.retitle("A"))]);

    for _ in 0..3 {
        let status = author.post_as(2, first.clone()).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    author.posts = 2;
    let barrier = Bundled::Text(r#"{"type":"barrier","id":7}"#);
    let second = author.retitle("B");
    author.post(&[Bundled::Binary(&second), barrier]).await;

    assert_eq!(author.hear("barrierReached").await["id"], 7);
    let stored: Vec<_> = author.heard.iter().map(|it| &it["upTo"]).collect();
    assert_eq!(stored.last(), Some(&&json!(2)), "{:?}", author.heard);
}

#[tokio::test]
async fn w23_a_post_before_an_earlier_one_closes_its_connection() {
    let house = House::open().await;
    let mut hasty = house.visit("coach").await;

    let status = hasty
        .post_as(2, write_bundle(&[Bundled::Binary(&[3])]))
        .await;

    assert_eq!((status, hasty.close_code().await), (StatusCode::GONE, 4400));
}

#[tokio::test]
async fn w22_w24_hostile_bodies_close_their_own_connection_and_no_other() {
    let house = House::open().await;
    let mut honest = house.visit("coach").await;
    honest.greet().await;
    let large = vec![0; (1 << 20) + 4096];
    let long_text = "x".repeat(17 << 10);

    for (body, code) in [
        (vec![], 4400),
        (vec![9, 9, 9], 4400),
        (vec![1, 0xff, 0xff, 0xff, 0xff, 0x7f], 4400),
        (write_bundle(&[Bundled::Binary(&[9, 9])]), 4400),
        (write_bundle(&[Bundled::Text("[["); 65]), 4400),
        (write_bundle(&[Bundled::Text(&long_text)]), 4413),
        (write_bundle(&[Bundled::Binary(&large)]), 4400),
    ] {
        let mut hostile = house.visit("coach").await;
        let status = hostile.post_as(1, body).await;
        assert_eq!(
            (status, hostile.close_code().await),
            (StatusCode::GONE, code)
        );
        assert_eq!(hostile.post_as(2, vec![1, 1, 3]).await, StatusCode::GONE);
    }

    let update = honest.retitle("A");
    honest.post(&[Bundled::Binary(&update)]).await;
    assert_eq!(honest.hear("stored").await["upTo"], 1);
}

#[tokio::test]
async fn w22_a_body_over_the_limit_is_refused_unread_and_the_next_may_fit() {
    let house = House::open().await;
    let mut member = house.visit("coach").await;

    let status = member.post_as(1, vec![0; 17 << 20]).await;

    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    member.greet().await;
}

#[tokio::test]
async fn w22_one_body_may_be_as_large_as_work_done_offline() {
    let house = House::open().await;
    let mut member = house.visit("coach").await;
    member.greet().await;
    let work = Doc::new();
    let board = work.get_or_insert_map("board");
    for part in 0..8 {
        board.insert(&mut work.transact_mut(), format!("part{part}"), padding());
    }
    let whole = work
        .transact()
        .encode_state_as_update_v1(&StateVector::default());
    let large = frame::write_step2(&whole);

    let first = member.post(&[Bundled::Binary(&large)]).await;
    let stored = member.hear("stored").await;
    let second = member.post(&[Bundled::Binary(&large)]).await;

    assert_eq!(
        (first, &stored["upTo"]),
        (StatusCode::NO_CONTENT, &json!(1))
    );
    assert_eq!(second, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn w25_a_post_of_no_connection_of_this_room_is_gone() {
    let house = House::open().await;
    let mut member = house.visit("coach").await;
    let elsewhere = house.app.room().await;
    member.greet().await;

    let answer = house.post(&house.room.id, UNKNOWN, 1).await;
    assert_eq!(answer.problem(), ("connection-gone".into(), 410));
    let answer = house.post(&house.room.id, "%%", 1).await;
    assert_eq!(answer.problem(), ("connection-gone".into(), 410));
    let answer = house.post(&elsewhere.id, &member.secret, 2).await;
    assert_eq!(answer.problem(), ("connection-gone".into(), 410));
    let answer = house.post(&house.room.id, &member.secret, 0).await;
    assert_eq!(answer.problem(), ("invalid-body".into(), 400));
}

#[tokio::test]
async fn w26_a_connection_ends_with_its_stream() {
    let house = House::open().await;
    let mut first = house.visit("coach").await;
    let mut second = house.visit("coach").await;
    first.greet().await;
    let secret = first.secret.clone();

    drop(first);

    second.hear("participantLeft").await;
    let answer = house.post(&house.room.id, &secret, 2).await;
    assert_eq!(answer.problem(), ("connection-gone".into(), 410));
}

#[tokio::test]
async fn w26_who_reads_too_slowly_misses_nothing_in_the_end() {
    // More than what may wait, and no more: every one of them goes to the disk.
    const EDITS: usize = 24;
    let house = House::open().await;
    let mut slow = house.visit("observer").await;
    let mut author = house.visit("coach").await;
    slow.greet().await;
    author.greet().await;

    for edit in 1..=EDITS {
        let update = author.retitle_at_length(&format!("{edit} "));
        author.post(&[Bundled::Binary(&update)]).await;
    }
    while author.hear("stored").await["upTo"] != EDITS {}

    let last = format!("{EDITS} ");
    let mut frames = 1;
    while !slow.title().await.starts_with(&last) {
        frames += 1;
    }
    assert!(frames < EDITS, "the slow client was sent everything");
}

#[tokio::test]
async fn w24_a_server_that_stops_says_so() {
    let house = House::open().await;
    let mut member = house.visit("coach").await;
    member.greet().await;

    let closing = house.app.state.rooms.close_all();
    let ((), code) = tokio::join!(closing, member.close_code());

    assert_eq!(code, 1012);
}

#[tokio::test]
async fn w3_w20_who_may_not_join_is_told_before_the_stream_opens() {
    let app = TestApp::start();
    let room = app.room().await;
    let member = app.join_as(&room, "participant").await;
    let address = format!("/sync/{}/events", room.id);
    let ask = |address: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get(address).header("host", "hartslag.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        app.send(request.body(Body::empty()).unwrap())
    };
    let cookie = ("cookie", member.cookie.as_str());
    let nowhere = "/sync/0199f2c0-0000-7000-8000-000000000001/events";

    let issuing = format!("/api/v1/rooms/{}/tickets", room.id);
    let ticket = app.call("POST", &issuing, Some(&member), None).await.json();
    let ticket = ticket["ticket"].as_str().unwrap();

    let by_ticket = format!("{address}?ticket={ticket}");
    let opened = app.stream(&by_ticket, None).await;
    assert_eq!(opened.status(), StatusCode::OK);
    assert_eq!(
        ask(&format!("{address}?ticket=x"), &[cookie])
            .await
            .problem()
            .1,
        401
    );
    assert_eq!(ask(&address, &[]).await.problem().1, 401);
    assert_eq!(ask(nowhere, &[cookie]).await.problem().1, 404);
    for foreign in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let answer = ask(&address, &[cookie, foreign]).await;
        assert_eq!(answer.problem(), ("foreign-origin".into(), 403));
    }
}

#[tokio::test]
async fn w20_no_proxy_is_to_hold_a_stream_back() {
    let app = TestApp::start();
    let room = app.room().await;
    let member = app.join_as(&room, "participant").await;

    for of_whom in ["/sync", "/api/v1/rooms"] {
        let address = format!("{of_whom}/{}/events", room.id);
        let answer = app.call_head("GET", &address, Some(&member), None).await;

        assert_eq!(answer.header("content-type"), "text/event-stream");
        assert_eq!(answer.header("cache-control"), "no-store, no-transform");
        assert_eq!(answer.header("x-accel-buffering"), "no");
        assert_eq!(answer.header("content-encoding"), "");
    }
}

/// A server with one room.
struct House {
    app: TestApp,
    room: Created,
}

/// Someone connected without a WebSocket.
struct Visitor<'a> {
    house: &'a House,
    secret: String,
    events: BodyDataStream,
    unread: String,
    posts: u64,
    doc: Doc,
    /// Text messages that were passed over.
    heard: Vec<Value>,
}

impl House {
    async fn open() -> Self {
        let app = TestApp::start();
        let room = app.room().await;
        Self { app, room }
    }

    async fn visit(&self, role: &str) -> Visitor<'_> {
        let person = self.app.join_as(&self.room, role).await;
        let address = format!("/sync/{}/events", self.room.id);
        let response = self.app.stream(&address, Some(&person)).await;
        assert_eq!(response.status(), StatusCode::OK);
        let mut visitor = Visitor {
            house: self,
            secret: String::new(),
            events: response.into_body().into_data_stream(),
            unread: String::new(),
            posts: 0,
            doc: Doc::new(),
            heard: Vec::new(),
        };
        let (name, data) = visitor.event().await;
        assert_eq!(name, "opened");
        let opened: Value = serde_json::from_str(&data).unwrap();
        visitor.secret = opened["connection"].as_str().unwrap().to_owned();
        visitor
    }

    async fn post(&self, room: &str, secret: &str, number: u64) -> Answer {
        let body = write_bundle(&[Bundled::Binary(&[3])]);
        self.app.send(posted(room, secret, number, body)).await
    }
}

impl Visitor<'_> {
    /// Steps 1 and 2, both ways.
    async fn greet(&mut self) {
        self.hear("welcome").await;
        let step1 = frame::write_step1(&[0]);
        let status = self.post(&[Bundled::Binary(&step1)]).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        loop {
            let frame = self.frame().await;
            if let Message::SyncStep2(update) = frame::read_frame(&frame).unwrap()[0] {
                let update = Update::decode_v1(update).unwrap();
                self.doc.transact_mut().apply_update(update).unwrap();
                return;
            }
        }
    }

    async fn post(&mut self, frames: &[Bundled<'_>]) -> StatusCode {
        self.posts += 1;
        self.post_as(self.posts, write_bundle(frames)).await
    }

    async fn post_as(&mut self, number: u64, body: Vec<u8>) -> StatusCode {
        let request = posted(&self.house.room.id, &self.secret, number, body);
        self.house.app.send(request).await.status
    }

    async fn event(&mut self) -> (String, String) {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.unread = rest;
                if let Some(event) = event.strip_prefix("event: ") {
                    let (name, data) = event.split_once("\ndata: ").unwrap();
                    return (name.to_owned(), data.to_owned());
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.events.next()).await;
            let chunk = chunk.unwrap().expect("the stream ended").unwrap();
            self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn frame(&mut self) -> Vec<u8> {
        loop {
            let (name, data) = self.event().await;
            if name == "frame" {
                return STANDARD.decode(data).unwrap();
            }
        }
    }

    async fn hear(&mut self, kind: &str) -> Value {
        loop {
            let (name, data) = self.event().await;
            if name != "message" {
                continue;
            }
            let message: Value = serde_json::from_str(&data).unwrap();
            if message["type"] == kind {
                return message;
            }
            self.heard.push(message);
        }
    }

    /// An update with another title.
    fn retitle(&self, title: &str) -> Vec<u8> {
        let before = self.doc.transact().state_vector();
        let board = self.doc.get_or_insert_map("board");
        board.insert(&mut self.doc.transact_mut(), "title", title);
        frame::write_update(&self.doc.transact().encode_state_as_update_v1(&before))
    }

    /// The same, with a field of 200 KB.
    fn retitle_at_length(&self, title: &str) -> Vec<u8> {
        let before = self.doc.transact().state_vector();
        let board = self.doc.get_or_insert_map("board");
        board.insert(&mut self.doc.transact_mut(), "title", title);
        board.insert(&mut self.doc.transact_mut(), "padding", padding());
        frame::write_update(&self.doc.transact().encode_state_as_update_v1(&before))
    }

    /// The title after the next change of the document.
    async fn title(&mut self) -> String {
        loop {
            let frame = self.frame().await;
            if let Message::Update(update) | Message::SyncStep2(update) =
                frame::read_frame(&frame).unwrap()[0]
            {
                let board = self.doc.get_or_insert_map("board");
                let update = Update::decode_v1(update).unwrap();
                self.doc.transact_mut().apply_update(update).unwrap();
                let transaction = self.doc.transact();
                let title = board.get(&transaction, "title").unwrap();
                return title.to_string(&transaction);
            }
        }
    }

    async fn close_code(&mut self) -> u64 {
        loop {
            let (name, data) = self.event().await;
            if name == "closed" {
                let closed: Value = serde_json::from_str(&data).unwrap();
                return closed["code"].as_u64().unwrap();
            }
        }
    }
}

fn posted(room: &str, secret: &str, number: u64, body: Vec<u8>) -> Request<Body> {
    Request::post(format!("/sync/{room}/messages"))
        .header("host", "hartslag.example")
        .header("origin", "http://hartslag.example")
        .header("hartslag-connection", secret)
        .header("hartslag-post", number)
        .body(Body::from(body))
        .unwrap()
}

/// A field of 200 KB.
fn padding() -> Any {
    Any::from(vec![Any::from("x".repeat(2_000)); 100])
}
