//! One client: joins in the words of its server, writes, and counts what comes.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hartslag_protocol::wire::reader::{Malformed, Reader};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::author::FIRST_CLIENT;
use crate::room::Room;
use crate::socket::{Frame, Opening, Socket};

const SYNC: u8 = 0;
const AWARENESS: u8 = 1;
const AUTH: u8 = 2;
const STEP1: u8 = 0;
const STEP2: u8 = 1;
const UPDATE: u8 = 2;
/// A state vector of somebody who has nothing, behind its length.
const NOTHING_KNOWN: &[u8] = &[1, 0];
/// An update with nothing in it, behind its length.
const NOTHING_NEW: &[u8] = &[2, 0, 0];
/// How long joining may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a server wants to be spoken to.
#[derive(Clone, Debug)]
pub enum Wire {
    /// Frames go to the others as they are.
    Relay,
    /// y-protocols.
    Yjs,
    /// y-protocols behind the document's name, and a token first.
    Hocuspocus,
    /// y-protocols and workshop messages; durable edits are acknowledged.
    Hartslag,
}

/// A place to take in a room.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Where to connect.
    pub opening: Opening,
    /// How to speak.
    pub wire: Wire,
    /// The room's name for who speaks Hocuspocus.
    pub document: String,
    /// Who signs the notes.
    pub participant: String,
}

/// A connected client.
pub struct Client {
    socket: Rc<Socket>,
    wire: Wire,
    /// What every message begins with.
    prefix: Vec<u8>,
    room: Rc<Room>,
    place: usize,
    joined: Cell<bool>,
    something_came: Notify,
    /// Reads the socket, and holds the client.
    listening: RefCell<Option<AbortHandle>>,
    /// Of the messages that are not acknowledged, oldest first: whether each is an edit.
    unacknowledged: RefCell<VecDeque<bool>>,
    acknowledged: Cell<u64>,
}

impl Client {
    /// Takes the seat and waits until the room's document has come.
    pub async fn join(seat: &Seat, room: Rc<Room>, place: usize) -> Result<Rc<Self>, String> {
        let socket = Socket::open(&seat.opening)
            .await
            .map_err(|error| error.to_string())?;
        let prefix = match seat.wire {
            Wire::Hocuspocus => block(seat.document.as_bytes()),
            _ => Vec::new(),
        };
        let client = Rc::new(Self {
            socket,
            wire: seat.wire.clone(),
            prefix,
            room,
            place,
            joined: Cell::new(matches!(seat.wire, Wire::Relay)),
            something_came: Notify::new(),
            listening: RefCell::default(),
            unacknowledged: RefCell::default(),
            acknowledged: Cell::new(0),
        });
        let listening = tokio::task::spawn_local(Rc::clone(&client).listen());
        *client.listening.borrow_mut() = Some(listening.abort_handle());
        client.greet();
        client.until(|| client.joined.get()).await?;
        Ok(client)
    }

    /// Waits until everything that others wrote has come.
    pub async fn all_come(&self) -> Result<(), String> {
        self.until(|| self.room.has_all(self.place)).await
    }

    /// Sends the author's next edit.
    pub fn edit(&self) {
        let update = self.room.write(self.place, Instant::now());
        self.unacknowledged.borrow_mut().push_back(true);
        self.say(&[&[SYNC, UPDATE], &number(update.len()), &update]);
    }

    /// Says that the cursor is elsewhere.
    pub fn move_cursor(&self) {
        let moved = self.room.move_cursor(self.place, Instant::now());
        let state = format!(
            r##"{{"user":{{"name":"Deelnemer {0}","color":"#30bced"}},"cell":{{"phase":"p{0}","touchpoint":"t{moved}"}}}}"##,
            self.place
        );
        let client = usize::try_from(FIRST_CLIENT).unwrap_or_default() + self.place;
        let entry = [
            vec![1],
            number(client),
            number(moved),
            block(state.as_bytes()),
        ]
        .concat();
        self.say(&[&[AWARENESS], &block(&entry)]);
    }

    /// Ends the connection.
    pub fn leave(&self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
        }
    }

    async fn until(&self, test: impl Fn() -> bool) -> Result<(), String> {
        let waiting = async {
            while !test() {
                self.something_came.notified().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.map_err(|_elapsed| {
            let tally = self.room.tally.borrow();
            tally
                .faults
                .first()
                .cloned()
                .unwrap_or_else(|| "joining took too long".to_owned())
        })
    }

    fn greet(&self) {
        match self.wire {
            Wire::Relay => {}
            // An empty token and no version: the form that every version takes.
            Wire::Hocuspocus => self.say(&[&[AUTH, 0, 0]]),
            Wire::Yjs | Wire::Hartslag => self.say(&[&[SYNC, STEP1], NOTHING_KNOWN]),
        }
        if matches!(self.wire, Wire::Hocuspocus) {
            self.say(&[&[SYNC, STEP1], NOTHING_KNOWN]);
        }
    }

    fn say(&self, parts: &[&[u8]]) {
        let mut all = vec![self.prefix.as_slice()];
        all.extend_from_slice(parts);
        self.socket.send(&all);
    }

    async fn listen(self: Rc<Self>) {
        let end = self.socket.read(|frame| self.hear(&frame)).await;
        self.room.tally.borrow_mut().fault(end);
    }

    fn hear(&self, frame: &Frame<'_>) {
        let heard = match frame {
            Frame::Binary(bytes) => self.hear_messages(bytes),
            Frame::Text(text) => self.hear_text(text),
        };
        if let Err(malformed) = heard {
            let fault = format!("a frame cannot be read: {malformed}");
            self.room.tally.borrow_mut().fault(fault);
        }
    }

    fn hear_messages(&self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        if !self.prefix.is_empty() {
            reader.block()?;
        }
        while !reader.is_at_end() {
            match reader.byte()? {
                SYNC => self.hear_sync(reader.byte()?, reader.block()?),
                AWARENESS => {
                    let awareness = reader.block()?;
                    self.room
                        .receive_cursors(self.place, awareness, Instant::now())?;
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    fn hear_sync(&self, kind: u8, payload: &[u8]) {
        if kind == STEP1 {
            self.unacknowledged.borrow_mut().push_back(false);
            self.say(&[&[SYNC, STEP2], NOTHING_NEW]);
            return;
        }
        self.room.receive(self.place, payload, Instant::now());
        if kind == STEP2 {
            self.joined.set(true);
        }
        self.something_came.notify_one();
    }

    fn hear_text(&self, text: &[u8]) -> Result<(), Malformed> {
        if let Some(rest) = text.strip_prefix(br#"{"type":"stored","upTo":"#) {
            let digits = rest.strip_suffix(b"}").unwrap_or(rest);
            let up_to = std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok());
            let up_to: u64 = up_to.ok_or(Malformed("`stored` without a number"))?;
            let now = Instant::now();
            for _ in self.acknowledged.replace(up_to)..up_to {
                let is_edit = self.unacknowledged.borrow_mut().pop_front();
                if is_edit == Some(true) {
                    self.room.store(self.place, now);
                }
            }
        } else if text.starts_with(br#"{"type":"refused""#) {
            let fault = String::from_utf8_lossy(text).into_owned();
            self.room.tally.borrow_mut().fault(fault);
        }
        Ok(())
    }
}

fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5);
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

fn block(bytes: &[u8]) -> Vec<u8> {
    [number(bytes.len()), bytes.to_vec()].concat()
}
