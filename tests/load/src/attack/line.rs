//! A hostile connection: it says what it likes, and counts what it hears.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::task::AbortHandle;

use super::craft;
use super::scene::{Scene, pause};
use crate::client::Seat;
use crate::socket::{Frame, Socket};

/// Step 1 of somebody who has nothing.
pub(super) const STEP1: &[u8] = &[0, 0, 1, 0];

const STEP2: &[u8] = &[0, 1];
/// A barrier, and its answer.
const BARRIER: &str = r#"{"type":"barrier","id":1}"#;
const BARRIER_REACHED: &str = r#"{"type":"barrierReached""#;

/// What came over a connection.
#[derive(Debug, Default)]
pub(super) struct Heard {
    has_document: bool,
    has_reached_barrier: bool,
    /// Orders and edits that were refused.
    pub(super) refused: u64,
    /// The last word of `stored`.
    pub(super) stored: u64,
    /// Why the connection ended.
    pub(super) ended: Option<String>,
}

pub(super) struct Line {
    socket: Rc<Socket>,
    heard: Rc<RefCell<Heard>>,
    listening: AbortHandle,
    /// Updates that were sent.
    updates: Cell<u64>,
    /// What was refused before the last of them.
    refused_before: Cell<u64>,
    /// Who it is.
    pub(super) participant: String,
}

impl Line {
    /// Connects and asks for the document.
    pub(super) async fn open(seat: &Seat) -> Result<Self, String> {
        let socket = Socket::open(&seat.opening)
            .await
            .map_err(|error| error.to_string())?;
        let heard = Rc::new(RefCell::new(Heard::default()));
        let (reading, hearing) = (Rc::clone(&socket), Rc::clone(&heard));
        let listening = tokio::task::spawn_local(async move {
            let end = reading
                .read(|frame| hearing.borrow_mut().hear(&frame))
                .await;
            hearing.borrow_mut().ended = Some(end);
        });
        let line = Self {
            socket,
            heard,
            listening: listening.abort_handle(),
            updates: Cell::default(),
            refused_before: Cell::default(),
            participant: seat.participant.clone(),
        };
        line.say(STEP1);
        Ok(line)
    }

    /// Sends a frame.
    pub(super) fn say(&self, frame: &[u8]) {
        self.socket.send(&[frame]);
    }

    /// Sends an update.
    pub(super) fn update(&self, update: &[u8]) {
        self.refused_before.set(self.heard.borrow().refused);
        self.updates.set(self.updates.get() + 1);
        self.say(&craft::update_frame(update));
    }

    /// Sends a text frame.
    pub(super) fn say_text(&self, text: &str) {
        self.socket.send_text(text);
    }

    /// Whether the kernel took what was said.
    pub(super) fn is_said_already(&self) -> bool {
        self.socket.unsent() == 0
    }

    /// Waits until the kernel took what was said; false when the connection or the time is over.
    pub(super) async fn is_said(&self, scene: &Scene) -> bool {
        while self.socket.unsent() > 0 && self.is_open() && scene.goes_on() {
            pause().await;
        }
        self.is_open() && scene.goes_on()
    }

    /// Whether the last update was refused.
    pub(super) fn is_refused(&self) -> bool {
        self.heard.borrow().refused > self.refused_before.get()
    }

    /// Whether the last update is stored or refused.
    pub(super) fn is_answered(&self) -> bool {
        self.heard.borrow().stored >= self.updates.get() || self.is_refused()
    }

    /// Sends an update and waits for the answer; whether it was taken.
    pub(super) async fn takes(&self, update: &[u8], scene: &Scene) -> bool {
        self.update(update);
        while !self.is_answered() && self.is_open() && scene.goes_on() {
            pause().await;
        }
        self.is_answered() && !self.is_refused()
    }

    /// Waits until the document is there, and all that a newcomer is told with it.
    pub(super) async fn is_in(&self) -> Result<(), String> {
        self.say_text(BARRIER);
        while !self.heard.borrow().is_in() {
            if let Some(end) = &self.heard.borrow().ended {
                return Err(end.clone());
            }
            pause().await;
        }
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.heard.borrow().ended.is_none()
    }

    /// What came over it.
    pub(super) fn heard(&self) -> std::cell::Ref<'_, Heard> {
        self.heard.borrow()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Heard {
    fn is_in(&self) -> bool {
        self.has_document && self.has_reached_barrier
    }

    fn hear(&mut self, frame: &Frame<'_>) {
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Binary(bytes) => {
                self.has_document |= bytes.starts_with(STEP2);
                return;
            }
        };
        let text = String::from_utf8_lossy(text);
        if text.starts_with(BARRIER_REACHED) {
            self.has_reached_barrier = true;
        } else if text.starts_with(r#"{"type":"refused""#) {
            self.refused += 1;
        } else if let Some(rest) = text.strip_prefix(r#"{"type":"stored","upTo":"#) {
            let up_to = rest.trim_end_matches('}').parse();
            self.stored = up_to.unwrap_or(self.stored);
        }
    }
}

/// How many of these were refused, are still open, and how the others ended.
pub(super) fn summary(lines: &[Line]) -> String {
    let refused: u64 = lines.iter().map(|line| line.heard().refused).sum();
    let open = lines.iter().filter(|line| line.is_open()).count();
    let ended = lines.iter().find_map(|line| line.heard().ended.clone());
    let ended = ended.map_or(String::new(), |end| format!(", others {end}"));
    format!("{refused} refused, {open} of {} open{ended}", lines.len())
}
