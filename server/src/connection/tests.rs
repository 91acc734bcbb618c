//! Two real sockets, a real room, a real store.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::wire::frame::{self, Message};
use hartslag_protocol::wire::message::{SUBPROTOCOL, ServerMessage};
use hartslag_protocol::workshop::Role;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Message as Frame, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;
use yrs::updates::decoder::Decode;
use yrs::{Any, Doc, Map, ReadTxn, StateVector, Transact, Update};

use super::websocket;
use crate::PATIENCE;
use crate::http::upgrade::Upgrade;
use crate::log::RoomLog;
use crate::log::sqlite::SqliteStore;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::room::{Rooms, snapshot};

#[tokio::test]
async fn w5_an_edit_reaches_the_other_client_and_comes_back_to_its_author() {
    let house = House::open().await;
    let mut author = house.visitor(Role::Coach, None).await;
    let mut reader = house.visitor(Role::Observer, None).await;
    author.greet().await;
    reader.greet().await;

    let title = edit("title", "Verhuizen");
    author.send(frame::write_update(&title)).await;

    assert_eq!(reader.see_update().await, "Verhuizen");
    assert_eq!(author.see_update().await, "Verhuizen");
    house.close().await;
}

#[tokio::test]
async fn w1_w2_w4_a_plain_client_is_answered_and_asked_and_never_sees_a_text() {
    let house = House::open().await;
    let mut plain = house.visitor(Role::Coach, None).await;
    let mut other = house.visitor(Role::Coach, Some("hartslag.v1")).await;
    other.greet().await;

    plain.send(frame::write_step1(&[0])).await;
    let mut told = Vec::new();
    while told.len() < 2 {
        match plain.next().await {
            Frame::Binary(frame) => told.push(frame),
            Frame::Text(text) => panic!("a text frame: {text}"),
            _ => {}
        }
    }

    let read = |frame| frame::read_frame(frame).unwrap();
    let (answer, question) = (read(&told[0]), read(&told[1]));
    assert!(matches!(answer[..], [Message::SyncStep2(_)]), "{answer:?}");
    assert!(
        matches!(question[..], [Message::SyncStep1(_)]),
        "{question:?}"
    );
    house.close().await;
}

#[tokio::test]
async fn m1_a_hartslag_client_is_welcomed_and_told_what_is_stored() {
    let house = House::open().await;
    let mut author = house.visitor(Role::Coach, Some("hartslag.v1")).await;

    let welcome = author.hear().await;
    author.greet().await;
    author.send(frame::write_update(&edit("title", "A"))).await;

    assert!(matches!(welcome, ServerMessage::Welcome { epoch: 1, .. }));
    assert_eq!(author.hear().await, ServerMessage::Stored { up_to: 1 });
    house.close().await;
}

#[tokio::test]
async fn w8_a_malformed_frame_closes_its_own_connection_and_no_other() {
    let house = House::open().await;
    let mut honest = house.visitor(Role::Coach, None).await;
    let mut hostile = house.visitor(Role::Coach, None).await;
    honest.greet().await;

    hostile.send(vec![9, 9, 9]).await;

    assert_eq!(hostile.close_code().await, 4400);
    honest.send(frame::write_update(&edit("title", "A"))).await;
    assert_eq!(honest.see_update().await, "A");
    house.close().await;
}

#[tokio::test]
async fn what_was_stored_is_there_after_the_server_was_closed() {
    let house = House::open().await;
    let mut author = house.visitor(Role::Coach, None).await;
    author.greet().await;
    author.send(frame::write_update(&edit("title", "A"))).await;
    author.see_update().await;

    house.rooms.close_all().await;

    assert_eq!(author.close_code().await, 1012);
    let rooms = Rooms::new(house.log.clone(), Arc::default());
    let room = rooms.open(house.room).await.unwrap();
    assert_eq!(room.overview().await.unwrap().title, "A");
    rooms.close_all().await;
}

#[tokio::test]
async fn who_reads_too_slowly_misses_nothing_in_the_end() {
    const EDITS: usize = 80;
    let house = House::open().await;
    let mut slow = house.visitor(Role::Observer, None).await;
    let mut author = house.visitor(Role::Coach, Some("hartslag.v1")).await;
    slow.greet().await;
    author.greet().await;
    let doc = Doc::new();
    let board = doc.get_or_insert_map("board");

    for edit in 1..=EDITS {
        let before = doc.transact().state_vector();
        board.insert(&mut doc.transact_mut(), "title", format!("{edit} "));
        board.insert(&mut doc.transact_mut(), "padding", padding());
        let update = doc.transact().encode_state_as_update_v1(&before);
        author.send(frame::write_update(&update)).await;
        // What was overwritten counts for the room until the next snapshot.
        if edit % 20 == 0 {
            let up_to = edit as u64;
            while author.hear().await != (ServerMessage::Stored { up_to }) {}
        }
    }

    let late = Doc::new();
    let seen = late.get_or_insert_map("board");
    let mut frames = 0;
    let last = format!("{EDITS} ");
    loop {
        let frame = slow.binary().await;
        if let Message::Update(update) | Message::SyncStep2(update) =
            frame::read_frame(&frame).unwrap()[0]
        {
            frames += 1;
            let update = Update::decode_v1(update).unwrap();
            late.transact_mut().apply_update(update).unwrap();
        }
        let transaction = late.transact();
        let title = seen.get(&transaction, "title");
        if title.is_some_and(|title| title.to_string(&transaction).starts_with(&last)) {
            break;
        }
    }
    assert!(frames < EDITS, "the slow client was sent everything");
    house.close().await;
}

#[tokio::test]
async fn who_pings_without_end_is_read_no_faster_than_anyone_pings() {
    const PINGS: usize = 1_000;
    let house = House::open().await;
    let mut honest = house.visitor(Role::Coach, None).await;
    let mut flooding = house.visitor(Role::Observer, Some("hartslag.v1")).await;
    honest.greet().await;

    for _ in 0..PINGS {
        flooding
            .socket
            .feed(Frame::Ping(Bytes::new()))
            .await
            .unwrap();
    }
    flooding.socket.flush().await.unwrap();
    while !flooding.next().await.is_pong() {}
    for title in 0..20 {
        let title = edit("title", &title.to_string());
        honest.send(frame::write_update(&title)).await;
        honest.see_update().await;
    }

    let mut pongs = 1;
    while let Some(Some(Ok(frame))) = flooding.socket.next().now_or_never() {
        pongs += usize::from(frame.is_pong());
    }
    assert!(pongs < PINGS / 2, "{pongs}");
    house.close().await;
}

/// A server with one room.
struct House {
    room: RoomId,
    rooms: Rooms,
    log: Arc<dyn RoomLog>,
    address: String,
    server: tokio::task::JoinHandle<()>,
    _directory: tempfile::TempDir,
}

#[derive(Clone)]
struct Hall {
    rooms: Rooms,
    room: RoomId,
}

impl House {
    async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log: Arc<dyn RoomLog> = Arc::new(SqliteStore::open(directory.path()).unwrap());
        let room = RoomId::generate();
        log.create(room, 1, snapshot::initial(&[0, 0]))
            .await
            .unwrap();
        let rooms = Rooms::new(log.clone(), Arc::new(Metrics::default()));
        let hall = Hall {
            rooms: rooms.clone(),
            room,
        };
        let routes = Router::new().route("/{role}", get(enter)).with_state(hall);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(crate::listening::serve(
            listener,
            routes,
            CancellationToken::new(),
        ));
        Self {
            room,
            rooms,
            log,
            address,
            server,
            _directory: directory,
        }
    }

    async fn visitor(&self, role: Role, protocol: Option<&str>) -> Visitor {
        let address = format!("ws://{}/{}", self.address, role.as_str());
        let mut request = address.into_client_request().unwrap();
        if let Some(protocol) = protocol {
            let headers = request.headers_mut();
            headers.insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await.unwrap();
        Visitor { socket }
    }

    async fn close(self) {
        self.rooms.close_all().await;
        self.server.abort();
    }
}

async fn enter(
    State(hall): State<Hall>,
    axum::extract::Path(role): axum::extract::Path<String>,
    upgrade: Upgrade,
) -> Response {
    let room = hall.rooms.open(hall.room).await.unwrap();
    let role = Role::from_word(&role).unwrap();
    upgrade.accept(SUBPROTOCOL, move |socket, ahead, speaks| {
        let person = (ParticipantId::generate(), role);
        let network = Network::HERE;
        websocket::serve(socket, ahead, speaks, room, person, network)
    })
}

struct Visitor {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Visitor {
    /// Steps 1 and 2, both ways.
    async fn greet(&mut self) {
        self.send(frame::write_step1(&[0])).await;
        let is_step1 =
            |frame: &[u8]| matches!(frame::read_frame(frame).unwrap()[0], Message::SyncStep1(_));
        while !is_step1(&self.binary().await) {}
    }

    async fn send(&mut self, frame: Vec<u8>) {
        self.socket.send(Frame::Binary(frame.into())).await.unwrap();
    }

    async fn next(&mut self) -> Frame {
        tokio::time::timeout(PATIENCE, self.socket.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap()
    }

    async fn binary(&mut self) -> Bytes {
        loop {
            if let Frame::Binary(bytes) = self.next().await {
                return bytes;
            }
        }
    }

    /// The title in the next update.
    async fn see_update(&mut self) -> String {
        loop {
            let frame = self.binary().await;
            if let Message::Update(update) = frame::read_frame(&frame).unwrap()[0] {
                return title_in(update);
            }
        }
    }

    async fn hear(&mut self) -> ServerMessage {
        loop {
            if let Frame::Text(text) = self.next().await {
                return serde_json::from_str(Utf8Bytes::as_str(&text)).unwrap();
            }
        }
    }

    async fn close_code(&mut self) -> u16 {
        loop {
            if let Frame::Close(Some(close)) = self.next().await {
                return close.code.into();
            }
        }
    }
}

/// A field of 200 KB.
fn padding() -> Any {
    Any::from(vec![Any::from("x".repeat(2_000)); 100])
}

fn edit(key: &str, value: &str) -> Vec<u8> {
    let doc = Doc::new();
    let board = doc.get_or_insert_map("board");
    board.insert(&mut doc.transact_mut(), key, value);
    doc.transact()
        .encode_state_as_update_v1(&StateVector::default())
}

fn title_in(update: &[u8]) -> String {
    let doc = Doc::new();
    let board = doc.get_or_insert_map("board");
    let update = Update::decode_v1(update).unwrap();
    doc.transact_mut().apply_update(update).unwrap();
    board
        .get(&doc.transact(), "title")
        .unwrap()
        .to_string(&doc.transact())
}
