//! What a member has yet to be sent: bounded, shared by the room that fills it and the transport
//! that empties it.
//!
//! A member that reads too slowly keeps no growing queue: on overflow the document frames go,
//! and once the rest is written the transport asks for one diff in their place. Nothing is lost
//! silently, nothing grows.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hartslag_protocol::wire::close::CloseCode;
use tokio::sync::Notify;

/// Bytes of document and presence frames that wait for one member.
const DOCUMENT_BYTES: usize = 1 << 20;
/// Bytes of everything else on top of that. Who has more waiting is closed.
const CONTROL_BYTES: usize = 256 << 10;

/// An answer from this size on does not count among [`CONTROL_BYTES`].
const LARGE_BYTES: usize = 64 << 10;

/// Something to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A binary frame.
    Binary(Bytes),
    /// A text frame.
    Text(String),
}

impl Outgoing {
    fn len(&self) -> usize {
        match self {
            Self::Binary(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
        }
    }
}

/// What was taken from an outbox to be written at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// In the order in which it is to be sent.
    pub frames: Vec<Outgoing>,
    /// Document frames were dropped after the document had this state vector. Once `frames` are
    /// written, ask for the difference.
    pub behind: Option<Bytes>,
    /// Close after `frames`.
    pub close: Option<CloseCode>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Control,
    Document,
    Presence,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<(Kind, Outgoing)>,
    document_bytes: usize,
    control_bytes: usize,
    has_large_answer: bool,
    /// The document's state vector before the first document frame in `frames`.
    base: Option<Bytes>,
    behind: Option<Bytes>,
    asked: bool,
    close: Option<CloseCode>,
}

/// A bounded queue to one member.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    wake: Notify,
}

impl Outbox {
    /// Queues something that must arrive: answers, facts, acknowledgements.
    pub fn push(&self, frame: Outgoing) {
        let mut queue = self.lock();
        queue.control_bytes += frame.len();
        if queue.control_bytes > CONTROL_BYTES {
            queue.close.get_or_insert(CloseCode::Behind);
        } else {
            queue.frames.push_back((Kind::Control, frame));
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Queues the first frame. It names everyone who is here and every round: it may be larger
    /// than what may wait, and as there is one, it needs no bound.
    pub fn push_welcome(&self, frame: Outgoing) {
        self.lock().frames.push_back((Kind::Control, frame));
        self.wake.notify_one();
    }

    /// Queues an answer that may be as large as the document; one such waits at a time.
    pub fn push_answer(&self, frame: Bytes) {
        if frame.len() < LARGE_BYTES {
            return self.push(Outgoing::Binary(frame));
        }
        let mut queue = self.lock();
        if std::mem::replace(&mut queue.has_large_answer, true) {
            queue.close.get_or_insert(CloseCode::Behind);
        } else {
            let frame = Outgoing::Binary(frame);
            queue.frames.push_back((Kind::Control, frame));
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Queues a change of the document, whose state vector was `base` before it. Returns whether
    /// the member fell behind by it.
    pub fn push_document(&self, frame: Bytes, base: &Bytes) -> bool {
        let mut queue = self.lock();
        if queue.behind.is_some() {
            return false;
        }
        let first = queue.base.get_or_insert_with(|| base.clone()).clone();
        let fits = queue.document_bytes + frame.len() <= DOCUMENT_BYTES;
        if fits {
            queue.document_bytes += frame.len();
            queue
                .frames
                .push_back((Kind::Document, Outgoing::Binary(frame)));
        } else {
            queue.frames.retain(|(kind, _)| *kind != Kind::Document);
            queue.document_bytes = 0;
            queue.behind = Some(first);
        }
        drop(queue);
        self.wake.notify_one();
        !fits
    }

    /// Queues presence; only the newest that fits, as it is renewed anyway.
    pub fn push_presence(&self, frame: Bytes) {
        let mut queue = self.lock();
        let waiting: usize = queue
            .frames
            .iter()
            .filter(|(kind, _)| *kind == Kind::Presence)
            .map(|(_, frame)| frame.len())
            .sum();
        if waiting + frame.len() > DOCUMENT_BYTES / 4 {
            return;
        }
        queue
            .frames
            .push_back((Kind::Presence, Outgoing::Binary(frame)));
        drop(queue);
        self.wake.notify_one();
    }

    /// Queues the difference that [`Batch::behind`] asked for; document frames flow again.
    pub fn push_difference(&self, frame: Bytes) {
        let mut queue = self.lock();
        queue.behind = None;
        queue.asked = false;
        queue.base = None;
        queue
            .frames
            .push_back((Kind::Control, Outgoing::Binary(frame)));
        drop(queue);
        self.wake.notify_one();
    }

    /// Closes the member after what is queued.
    pub fn close(&self, code: CloseCode) {
        self.lock().close.get_or_insert(code);
        self.wake.notify_one();
    }

    /// Waits for something to send and takes all of it.
    pub async fn take(&self) -> Batch {
        loop {
            if let Some(batch) = self.take_now() {
                return batch;
            }
            self.wake.notified().await;
        }
    }

    fn take_now(&self) -> Option<Batch> {
        let mut queue = self.lock();
        let behind = queue.behind.clone().filter(|_| !queue.asked);
        if queue.frames.is_empty() && behind.is_none() && queue.close.is_none() {
            return None;
        }
        queue.asked |= behind.is_some();
        queue.document_bytes = 0;
        queue.control_bytes = 0;
        queue.has_large_answer = false;
        // What is taken is written in order before anything that comes later.
        queue.base = None;
        let frames = queue.frames.drain(..).map(|(_, frame)| frame).collect();
        let close = queue.close;
        Some(Batch {
            frames,
            behind,
            close,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole between any two statements: a panic elsewhere leaves it usable.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(fill: u8, len: usize) -> Bytes {
        Bytes::from(vec![fill; len])
    }

    fn base(fill: u8) -> Bytes {
        frame(fill, 1)
    }

    #[test]
    fn what_is_queued_is_taken_in_order() {
        let outbox = Outbox::default();
        outbox.push_document(frame(1, 3), &base(0));
        outbox.push(Outgoing::Text("stored".into()));

        let batch = outbox.take_now().unwrap();

        assert_eq!(
            batch.frames,
            [
                Outgoing::Binary(frame(1, 3)),
                Outgoing::Text("stored".into())
            ]
        );
        assert!(batch.behind.is_none() && outbox.take_now().is_none());
    }

    #[test]
    fn an_overflow_asks_once_for_a_difference_from_before_what_was_dropped() {
        let outbox = Outbox::default();
        outbox.push_document(frame(1, DOCUMENT_BYTES / 2), &base(7));
        outbox.push_document(frame(2, DOCUMENT_BYTES / 2), &base(8));

        let fell_behind = outbox.push_document(frame(3, 1), &base(9));
        outbox.push_document(frame(4, 1), &base(10));

        let batch = outbox.take_now().unwrap();
        assert!(fell_behind && batch.frames.is_empty());
        assert_eq!(batch.behind, Some(base(7)));
        assert!(outbox.take_now().is_none());
    }

    #[test]
    fn document_frames_flow_again_after_the_difference() {
        let outbox = Outbox::default();
        outbox.push_document(frame(1, DOCUMENT_BYTES + 1), &base(7));
        assert!(outbox.take_now().unwrap().behind.is_some());

        outbox.push_difference(frame(5, 2 * DOCUMENT_BYTES));
        outbox.push_document(frame(6, 1), &base(11));

        let batch = outbox.take_now().unwrap();
        assert_eq!(batch.frames.len(), 2);
        assert_eq!(batch.behind, None);
    }

    #[test]
    fn presence_never_grows_without_bound() {
        let outbox = Outbox::default();
        for _ in 0..1_000 {
            outbox.push_presence(frame(1, 1_000));
        }

        let bytes: usize = outbox
            .take_now()
            .unwrap()
            .frames
            .iter()
            .map(Outgoing::len)
            .sum();
        assert!(bytes <= DOCUMENT_BYTES / 4);
    }

    #[test]
    fn one_large_answer_waits_at_a_time() {
        let outbox = Outbox::default();
        outbox.push_answer(frame(1, DOCUMENT_BYTES));
        outbox.push_answer(frame(2, 10));
        assert_eq!(outbox.take_now().unwrap().close, None);

        outbox.push_answer(frame(1, DOCUMENT_BYTES));
        outbox.push_answer(frame(2, DOCUMENT_BYTES));

        let batch = outbox.take_now().unwrap();
        assert_eq!(
            (batch.frames.len(), batch.close),
            (1, Some(CloseCode::Behind))
        );
    }

    #[test]
    fn m1_a_welcome_to_many_rounds_closes_nobody() {
        let outbox = Outbox::default();
        outbox.push_welcome(Outgoing::Text("x".repeat(2 * CONTROL_BYTES)));
        outbox.push(Outgoing::Text("x".into()));

        let batch = outbox.take_now().unwrap();

        assert_eq!((batch.frames.len(), batch.close), (2, None));
    }

    #[test]
    fn who_lets_answers_pile_up_is_closed() {
        let outbox = Outbox::default();
        outbox.push(Outgoing::Text("x".repeat(CONTROL_BYTES)));
        outbox.push(Outgoing::Text("x".into()));

        assert_eq!(outbox.take_now().unwrap().close, Some(CloseCode::Behind));
    }
}
