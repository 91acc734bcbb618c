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

/// What is sent without the detour over whoever takes it: more would keep the room waiting.
const AT_ONCE_BYTES: usize = 16 << 10;

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

/// A transport that can send without waiting. It saves waking the task that writes, which costs
/// about half of what the writing does.
pub trait Wire: Send + Sync {
    /// Sends `raw` and then the frames if that needs no waiting, and returns what is left of them
    /// in the transport's own form; or nothing if nothing could be sent.
    fn try_send(&self, raw: &[u8], frames: &VecDeque<(Kind, Outgoing)>) -> Option<Vec<u8>>;
}

/// What was taken from an outbox to be written at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// In the form of the transport that attached a [`Wire`]: goes before `frames`.
    pub raw: Vec<u8>,
    /// In the order in which it is to be sent.
    pub frames: Vec<Outgoing>,
    /// Document frames were dropped after the document had this state vector. Once `frames` are
    /// written, ask for the difference.
    pub behind: Option<Bytes>,
    /// Close after `frames`.
    pub close: Option<CloseCode>,
}

/// What a frame is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers, facts, acknowledgements.
    Control,
    /// The document.
    Document,
    /// Who is here, and where.
    Presence,
}

/// Whether the member is told of every change of the document.
#[derive(Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    In,
    /// Changes were dropped after the document had this state vector.
    Behind(Bytes),
    /// The difference was asked for.
    Asked,
}

#[derive(Default)]
struct Queue {
    raw: Vec<u8>,
    frames: VecDeque<(Kind, Outgoing)>,
    document_bytes: usize,
    control_bytes: usize,
    has_large_answer: bool,
    /// The document's state vector before the first document frame in `frames`.
    base: Option<Bytes>,
    step: Step,
    close: Option<CloseCode>,
    wire: Option<Box<dyn Wire>>,
    /// What was taken is still being written: nothing may come between.
    is_writing: bool,
    /// Something came since [`Outbox::send`].
    has_news: bool,
}

/// A bounded queue to one member. What is queued goes with the next [`Outbox::send`].
#[derive(Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    wake: Notify,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl Outbox {
    /// From here on what is queued is sent over this where that needs no waiting.
    pub fn attach(&self, wire: Box<dyn Wire>) {
        self.lock().wire = Some(wire);
    }

    /// Lets go of what was attached.
    pub fn detach(&self) {
        self.lock().wire = None;
    }

    /// Sends what is queued: at once where that needs no waiting, else by whoever takes it.
    pub fn send(&self) {
        let mut queue = self.lock();
        if std::mem::take(&mut queue.has_news) && !queue.send_at_once() {
            drop(queue);
            self.wake.notify_one();
        }
    }

    /// Queues something of the transport's own, in its own form.
    pub fn push_raw(&self, bytes: &[u8]) {
        let mut queue = self.lock();
        queue.has_news = true;
        queue.control_bytes += bytes.len();
        if queue.control_bytes > CONTROL_BYTES {
            queue.close.get_or_insert(CloseCode::Behind);
        } else {
            queue.raw.extend_from_slice(bytes);
        }
    }

    /// Queues something that must arrive: answers, facts, acknowledgements.
    pub fn push(&self, frame: Outgoing) {
        let mut queue = self.lock();
        queue.control_bytes += frame.len();
        if queue.control_bytes > CONTROL_BYTES {
            queue.close.get_or_insert(CloseCode::Behind);
        } else {
            queue.frames.push_back((Kind::Control, frame));
        }
        queue.has_news = true;
    }

    /// Queues the first frame. It names everyone who is here and every round: it may be larger
    /// than what may wait, and as there is one, it needs no bound.
    pub fn push_welcome(&self, frame: Outgoing) {
        let mut queue = self.lock();
        queue.frames.push_back((Kind::Control, frame));
        queue.has_news = true;
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
        queue.has_news = true;
    }

    /// Queues a change of the document, whose state vector was `base` before it. Returns whether
    /// the member fell behind by it.
    pub fn push_document(&self, frame: Bytes, base: &Bytes) -> bool {
        let mut queue = self.lock();
        if queue.step != Step::In {
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
            queue.step = Step::Behind(first);
        }
        queue.has_news = true;
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
        queue.has_news = true;
    }

    /// Queues the difference that [`Batch::behind`] asked for; document frames flow again.
    pub fn push_difference(&self, frame: Bytes) {
        let mut queue = self.lock();
        queue.step = Step::In;
        queue.base = None;
        queue
            .frames
            .push_back((Kind::Control, Outgoing::Binary(frame)));
        queue.has_news = true;
    }

    /// Closes the member after what is queued.
    pub fn close(&self, code: CloseCode) {
        self.lock().close.get_or_insert(code);
        self.wake.notify_one();
    }

    /// Waits for something to send and takes all of it. Whoever asks has written what they took
    /// before.
    pub async fn take(&self) -> Batch {
        self.lock().is_writing = false;
        loop {
            if let Some(batch) = self.take_now() {
                return batch;
            }
            self.wake.notified().await;
        }
    }

    fn take_now(&self) -> Option<Batch> {
        let mut queue = self.lock();
        let is_empty = queue.frames.is_empty() && queue.raw.is_empty();
        if is_empty && !matches!(queue.step, Step::Behind(_)) && queue.close.is_none() {
            return None;
        }
        let behind = match std::mem::take(&mut queue.step) {
            Step::In => None,
            Step::Asked => {
                queue.step = Step::Asked;
                None
            }
            Step::Behind(base) => {
                queue.step = Step::Asked;
                Some(base)
            }
        };
        queue.is_writing = true;
        let raw = std::mem::take(&mut queue.raw);
        let frames = queue.empty().into_iter().map(|(_, frame)| frame).collect();
        let close = queue.close;
        Some(Batch {
            raw,
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

impl Queue {
    /// Takes every frame. What is taken is written in order before anything that comes later.
    fn empty(&mut self) -> VecDeque<(Kind, Outgoing)> {
        self.document_bytes = 0;
        self.control_bytes = 0;
        self.has_large_answer = false;
        self.base = None;
        // An idle member keeps no space.
        std::mem::take(&mut self.frames)
    }

    /// Sends everything without waiting. Returns whether nothing is left to do.
    fn send_at_once(&mut self) -> bool {
        let bytes = self.raw.len() + self.frames.iter().map(|(_, it)| it.len()).sum::<usize>();
        let must_wait = self.is_writing || self.step != Step::In || self.close.is_some();
        if must_wait || bytes > AT_ONCE_BYTES {
            return false;
        }
        let wire = self.wire.as_ref();
        let Some(rest) = wire.and_then(|wire| wire.try_send(&self.raw, &self.frames)) else {
            return false;
        };
        self.empty();
        self.raw = rest;
        self.raw.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A transport that takes so many bytes of what is sent at once, each frame as it is.
    #[derive(Default)]
    struct Narrow {
        takes: usize,
        sent: Arc<Mutex<Vec<u8>>>,
    }

    impl Wire for Narrow {
        fn try_send(&self, raw: &[u8], frames: &VecDeque<(Kind, Outgoing)>) -> Option<Vec<u8>> {
            let mut all = raw.to_vec();
            for (_, frame) in frames {
                match frame {
                    Outgoing::Binary(bytes) => all.extend_from_slice(bytes),
                    Outgoing::Text(text) => all.extend_from_slice(text.as_bytes()),
                }
            }
            let rest = all.split_off(all.len().min(self.takes));
            self.sent.lock().unwrap().extend_from_slice(&all);
            (!all.is_empty()).then_some(rest)
        }
    }

    fn outbox_that_takes(takes: usize) -> (Outbox, Arc<Mutex<Vec<u8>>>) {
        let outbox = Outbox::default();
        let sent = Arc::default();
        let wire = Narrow {
            takes,
            sent: Arc::clone(&sent),
        };
        outbox.attach(Box::new(wire));
        (outbox, sent)
    }

    #[test]
    fn what_fits_the_wire_is_sent_at_once() {
        let (outbox, sent) = outbox_that_takes(100);
        outbox.push_document(frame(1, 2), &base(0));
        outbox.push(Outgoing::Text("s".into()));

        outbox.send();

        assert_eq!(*sent.lock().unwrap(), [1, 1, b's']);
        assert!(outbox.take_now().is_none());
    }

    #[test]
    fn what_the_wire_left_goes_before_all_that_comes_later() {
        let (outbox, sent) = outbox_that_takes(3);
        outbox.push_document(frame(1, 5), &base(0));
        outbox.send();
        outbox.push_document(frame(2, 1), &base(1));

        let batch = outbox.take_now().unwrap();

        assert_eq!(*sent.lock().unwrap(), [1, 1, 1]);
        assert_eq!(batch.raw, [1, 1]);
        assert_eq!(batch.frames, [Outgoing::Binary(frame(2, 1))]);
    }

    #[tokio::test]
    async fn nothing_is_sent_at_once_while_what_was_taken_is_written() {
        let (outbox, sent) = outbox_that_takes(100);
        outbox.push_document(frame(1, 1), &base(0));
        let first = outbox.take().await;
        outbox.push_document(frame(2, 1), &base(1));
        outbox.send();
        assert!(sent.lock().unwrap().is_empty());

        let second = outbox.take().await;

        assert_eq!((first.frames.len(), second.frames.len()), (1, 1));
    }

    #[tokio::test]
    async fn a_wire_that_is_full_leaves_everything_to_who_waits() {
        let (outbox, _) = outbox_that_takes(0);
        outbox.push_document(frame(1, 5), &base(0));
        outbox.send();

        let batch = outbox.take().await;

        assert_eq!((batch.raw.len(), batch.frames.len()), (0, 1));
    }

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
