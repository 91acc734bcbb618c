//! A member of a room over a real socket, with a document of its own.

mod reconnecting;

use std::collections::BTreeMap;

use futures_util::{FutureExt, SinkExt, StreamExt};
use hartslag_protocol::wire::awareness;
use hartslag_protocol::wire::frame::{self, Message as Frame};
use hartslag_protocol::wire::message::{SUBPROTOCOL, ServerMessage};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error as Fault, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use yrs::updates::decoder::Decode;
use yrs::{
    Any, Doc, GetString, Map, MapPrelim, MapRef, OffsetKind, Options, Out, ReadTxn, StateVector,
    Text, TextPrelim, Transact, Update, WriteTxn,
};

use crate::server::{Person, TestServer};
use crate::within;

/// The roots of a board that members write in these tests, and those of a blank one.
const ROOTS: [&str; 8] = [
    "board",
    "brief",
    "personas",
    "phases",
    "touchpoints",
    "scores",
    "notes",
    "actions",
];

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The subprotocol `hartslag.v1`: edits are acknowledged in words.
    Hartslag,
    /// As any Yjs client: an edit that comes back is acknowledged (W5).
    Plain,
}

/// One connection of a person, with the replica that their browser would hold.
#[derive(Debug)]
pub struct Member {
    person: Person,
    address: String,
    dialect: Dialect,
    socket: Option<Socket>,
    /// The replica.
    pub doc: Doc,
    sent: u64,
    stored: u64,
    /// Own clock up to which the server showed this replica's edits to hold them.
    confirmed: u32,
    /// Answers to its step 1 on this connection.
    answers: u32,
    barrier: u32,
    /// What others show of themselves, by client.
    pub shown: BTreeMap<u64, String>,
    /// Text messages that nobody has waited for.
    pub heard: Vec<ServerMessage>,
    /// The code with which the server closed the connection.
    pub closed: Option<u16>,
}

impl Member {
    /// Opens a connection and waits until the replica has the room's document.
    pub async fn connect(server: &TestServer, person: &Person) -> Self {
        let mut member = Self::apart(&server.address(), person, Dialect::Hartslag);
        member.reconnect().await;
        member
    }

    /// A member with an empty replica and no connection yet.
    pub fn apart(address: &str, person: &Person, dialect: Dialect) -> Self {
        Self {
            person: person.clone(),
            address: address.to_owned(),
            dialect,
            socket: None,
            doc: empty(),
            sent: 0,
            stored: 0,
            confirmed: 0,
            answers: 0,
            barrier: 0,
            shown: BTreeMap::new(),
            heard: Vec::new(),
            closed: None,
        }
    }

    /// Loses the connection without a word.
    pub fn cut(&mut self) {
        self.socket = None;
    }

    /// Changes the replica, and sends the change if there is a connection.
    pub async fn edit(&mut self, change: impl FnOnce(&mut yrs::TransactionMut)) {
        let update = {
            let mut transaction = self.doc.transact_mut();
            change(&mut transaction);
            transaction.encode_update_v1()
        };
        self.send_update(&update).await;
    }

    /// Sends an update, honest or not.
    pub async fn send_update(&mut self, update: &[u8]) {
        self.sent += 1;
        self.send(Message::Binary(frame::write_update(update).into()))
            .await;
    }

    /// Sends bytes as they are; a lost connection is noted, not a failure.
    pub async fn send(&mut self, message: Message) {
        if let Some(socket) = &mut self.socket
            && socket.send(message).await.is_err()
        {
            self.socket = None;
        }
    }

    /// Shows where it is.
    pub async fn show(&mut self, clock: u32, state: &str) {
        let entry = awareness::Entry {
            client: self.doc.client_id().get(),
            clock,
            state: Some(state),
        };
        let payload = awareness::write([entry].into_iter());
        self.send(Message::Binary(frame::write_awareness(&payload).into()))
            .await;
    }

    /// Adds a note; nothing is sent apart from it.
    pub async fn add_note(&mut self, id: &str, text: &str) {
        let author = self.person.participant.clone();
        self.edit(|transaction| {
            let notes = transaction.get_or_insert_map("notes");
            let note = notes.insert(transaction, id, MapPrelim::default());
            note.insert(transaction, "kind", "idea");
            note.insert(transaction, "author", author);
            note.insert(transaction, "order", "V");
            note.insert(transaction, "text", TextPrelim::new(text));
        })
        .await;
    }

    /// Appends to the text of a note that exists.
    pub async fn extend_note(&mut self, id: &str, more: &str) {
        self.edit(|transaction| {
            let notes = transaction.get_or_insert_map("notes");
            if let Some(note) = map_in(&notes, transaction, id)
                && let Some(Out::YText(text)) = note.get(transaction, "text")
            {
                text.push(transaction, more);
            }
        })
        .await;
    }

    /// Sets a plain value on a note that exists.
    pub async fn set_on_note(&mut self, id: &str, key: &str, value: impl Into<Any>) {
        let value = value.into();
        self.edit(|transaction| {
            let notes = transaction.get_or_insert_map("notes");
            if let Some(note) = map_in(&notes, transaction, id) {
                note.insert(transaction, key.to_owned(), value);
            }
        })
        .await;
    }

    /// Gives a note that exists a field of 200 KB that nobody shows.
    pub async fn pad_note(&mut self, id: &str, mark: &str) {
        let padding = vec![Any::from(format!("{mark}{}", "x".repeat(1_900))); 100];
        self.set_on_note(id, "padding", padding).await;
    }

    /// Deletes a note.
    pub async fn delete_note(&mut self, id: &str) {
        self.edit(|transaction| {
            let notes = transaction.get_or_insert_map("notes");
            notes.remove(transaction, id);
        })
        .await;
    }

    /// Every note's text by its id.
    pub fn notes(&self) -> BTreeMap<String, String> {
        let transaction = self.doc.transact();
        let Some(notes) = transaction.get_map("notes") else {
            return BTreeMap::new();
        };
        let text_of = |note: Out| match note {
            Out::YMap(note) => match note.get(&transaction, "text") {
                Some(Out::YText(text)) => text.get_string(&transaction),
                _ => String::new(),
            },
            _ => String::new(),
        };
        notes
            .iter(&transaction)
            .map(|(id, note)| (id.to_owned(), text_of(note)))
            .collect()
    }

    /// The whole board as a value, to compare replicas by.
    pub fn board(&self) -> BTreeMap<String, Any> {
        use yrs::types::ToJson;
        // A root that nobody has named yet in this replica has no kind and reads as nothing.
        let mut transaction = self.doc.transact_mut();
        let read = |root: &str| {
            let map = transaction.get_or_insert_map(root);
            (root.to_owned(), map.to_json(&transaction))
        };
        ROOTS.into_iter().map(read).collect()
    }

    /// How far the replica has come.
    pub fn state_vector(&self) -> StateVector {
        self.doc.transact().state_vector()
    }

    /// Messages with an update that this connection sent, and how many are acknowledged.
    pub fn acknowledged(&self) -> (u64, u64) {
        (self.stored, self.sent)
    }

    /// Own edits so far, as Yjs counts them.
    pub fn clock(&self) -> u32 {
        let own = self.doc.client_id();
        self.state_vector().get(&own)
    }

    /// Own clock up to which the server showed that it holds the edits.
    pub fn confirmed(&self) -> u32 {
        self.confirmed
    }

    /// What the connection speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether there is a connection, as far as is known.
    pub fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// Waits until the replica satisfies the test.
    pub async fn see(&mut self, what: &str, mut test: impl FnMut(&Self) -> bool) {
        within(what, async {
            while !test(self) {
                assert!(self.receive().await, "the connection closed before {what}");
            }
        })
        .await;
    }

    /// Waits for a text message and takes it.
    pub async fn hear(&mut self, wanted: impl Fn(&ServerMessage) -> bool) -> ServerMessage {
        let heard = within("a message", self.next_heard(wanted)).await;
        heard.unwrap_or_else(|| panic!("the connection closed ({:?})", self.closed))
    }

    /// Waits until everything sent so far was handled.
    pub async fn settle(&mut self) {
        let settled = within("the barrier", self.try_settle()).await;
        assert!(settled, "the connection closed ({:?})", self.closed);
    }

    /// Waits until every edit sent on this connection is acknowledged.
    pub async fn all_stored(&mut self) {
        within("all edits to be stored", async {
            while self.stored < self.sent {
                assert!(
                    self.receive().await,
                    "the connection closed ({:?})",
                    self.closed
                );
            }
        })
        .await;
    }

    /// Waits for the server to close the connection; its code.
    pub async fn closing(&mut self) -> Option<u16> {
        within("the connection to close", async {
            while self.receive().await {}
        })
        .await;
        self.closed
    }

    /// Takes in one frame; false where the connection has ended.
    pub async fn receive(&mut self) -> bool {
        let Some(socket) = &mut self.socket else {
            return false;
        };
        let message = socket.next().await;
        self.take(message).await;
        self.socket.is_some()
    }

    /// Takes in what has come already.
    pub async fn take_what_came(&mut self) {
        while let Some(socket) = &mut self.socket
            && let Some(message) = socket.next().now_or_never()
        {
            self.take(message).await;
        }
    }

    async fn take(&mut self, message: Option<Result<Message, Fault>>) {
        match message {
            Some(Ok(Message::Binary(bytes))) => self.take_frame(&bytes).await,
            Some(Ok(Message::Text(text))) => self.take_text(&text),
            Some(Ok(Message::Close(close))) => {
                self.closed = close.map(|close| close.code.into());
                self.socket = None;
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => self.socket = None,
        }
    }

    fn take_text(&mut self, text: &str) {
        let message = serde_json::from_str(text).expect("the server sends known messages");
        if let ServerMessage::Stored { up_to } = message {
            self.stored = up_to;
        } else {
            self.heard.push(message);
        }
    }

    async fn take_frame(&mut self, bytes: &[u8]) {
        for message in frame::read_frame(bytes).expect("the server sends good frames") {
            match message {
                Frame::SyncStep1(theirs) => {
                    let theirs = StateVector::decode_v1(theirs).expect("a state vector");
                    self.confirm(theirs.get(&self.doc.client_id()));
                    let missing = self.doc.transact().encode_state_as_update_v1(&theirs);
                    self.sent += 1;
                    self.send(Message::Binary(frame::write_step2(&missing).into()))
                        .await;
                }
                Frame::SyncStep2(update) => {
                    self.take_update(update);
                    self.answers += 1;
                }
                Frame::Update(update) => self.take_update(update),
                Frame::Awareness(payload) => self.take_awareness(payload),
                _ => {}
            }
        }
    }

    fn take_awareness(&mut self, payload: &[u8]) {
        for entry in awareness::read(payload).expect("good awareness") {
            match entry.state {
                Some(state) => self.shown.insert(entry.client, state.to_owned()),
                None => self.shown.remove(&entry.client),
            };
        }
    }

    fn take_update(&mut self, update: &[u8]) {
        let update = Update::decode_v1(update).expect("an update");
        let inserted = update.insertions(true);
        if let Some(own) = inserted.get(&self.doc.client_id()) {
            let end = own.iter().map(|(range, ())| range.end).max();
            self.confirm(end.unwrap_or_default());
        }
        self.doc
            .transact_mut()
            .apply_update(update)
            .expect("it fits");
    }

    /// The server holds own edits up to here, and keeps what it tells of (W5).
    fn confirm(&mut self, clock: u32) {
        self.confirmed = self.confirmed.max(clock);
    }
}

/// A replica of nothing.
fn empty() -> Doc {
    Doc::with_options(Options {
        offset_kind: OffsetKind::Utf16,
        ..Options::default()
    })
}

async fn open(address: &str, person: &Person, dialect: Dialect) -> Result<Socket, Fault> {
    let url = format!("ws://{address}/sync/{}", person.room);
    let mut request = url.into_client_request().expect("a good address");
    let headers = request.headers_mut();
    headers.insert("cookie", person.cookie.parse().expect("a cookie"));
    headers.insert(
        "origin",
        format!("http://{address}").parse().expect("an origin"),
    );
    if dialect == Dialect::Hartslag {
        headers.insert(
            "sec-websocket-protocol",
            SUBPROTOCOL.parse().expect("a name"),
        );
    }
    Ok(connect_async(request).await?.0)
}

fn map_in(map: &MapRef, transaction: &impl ReadTxn, key: &str) -> Option<MapRef> {
    match map.get(transaction, key) {
        Some(Out::YMap(inner)) => Some(inner),
        _ => None,
    }
}
