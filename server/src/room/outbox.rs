//! What a member has yet to be sent: bounded, shared by the room that fills it and the transport
//! that empties it.
//!
//! A member that reads too slowly keeps no growing queue: on overflow the document frames go,
//! and once the rest is written the transport asks for one diff in their place. Nothing is lost
//! silently, nothing grows. What all members of a node have waiting together,
//! [`super::under_way`] bounds.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hartslag_protocol::wire::close::CloseCode;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How often a document was changed since its room came into memory.
pub type Version = u64;

/// Bytes of document frames that wait for one member.
const DOCUMENT_BYTES: usize = 1 << 20;
/// Bytes of presence that wait for one member. More is left out, as it is renewed anyway.
const PRESENCE_BYTES: usize = 256 << 10;
/// Bytes of answers that wait for one member: twice the largest board, or one larger answer. Who
/// asks for more is closed.
const ANSWER_BYTES: usize = 16 << 20;
/// Bytes of facts and acknowledgements. Who has more waiting is closed.
const CONTROL_BYTES: usize = 256 << 10;
/// Bytes of what the transport itself answers, pongs above all. Who has more waiting is closed.
const RAW_BYTES: usize = 32 << 10;

/// What is sent without the detour over whoever takes it: more would keep the room waiting.
const AT_ONCE_BYTES: usize = 16 << 10;

/// Something to send. It is shared by all to whom it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A binary frame.
    Binary(Bytes),
    /// A text frame: UTF-8.
    Text(Bytes),
}

impl Outgoing {
    /// What it says.
    pub fn payload(&self) -> &Bytes {
        match self {
            Self::Binary(bytes) | Self::Text(bytes) => bytes,
        }
    }

    fn len(&self) -> usize {
        self.payload().len()
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
    /// Document frames were dropped after the document had this version. Once `frames` are
    /// written, ask for the difference.
    pub behind: Option<Version>,
    /// Close after `frames`.
    pub close: Option<CloseCode>,
}

/// What a frame is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What the member opens the room with; there is one such, so that it needs no bound here.
    Opening,
    /// Answers to what the member asked.
    Answer,
    /// Facts, acknowledgements.
    Control,
    /// The document.
    Document,
    /// Who is here, and where.
    Presence,
}

/// Whether the member is told of every change of the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    In,
    /// Changes were dropped after the document had this version.
    Behind(Version),
    /// The difference was asked for.
    Asked,
}

/// What was taken and is being written.
#[derive(Clone, Copy, Debug)]
struct Writing {
    bytes: usize,
    /// When the other side last took something of it.
    since: Instant,
}

/// Bytes that wait, by kind.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    opening: usize,
    answers: usize,
    control: usize,
    document: usize,
    presence: usize,
}

impl Waiting {
    fn of(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::Opening => &mut self.opening,
            Kind::Answer => &mut self.answers,
            Kind::Control => &mut self.control,
            Kind::Document => &mut self.document,
            Kind::Presence => &mut self.presence,
        }
    }

    fn all(self) -> usize {
        self.opening + self.answers + self.control + self.document + self.presence
    }
}

#[derive(Default)]
struct Queue {
    raw: Vec<u8>,
    frames: VecDeque<(Kind, Outgoing)>,
    waiting: Waiting,
    /// The document's version before the first document frame in `frames`.
    base: Option<Version>,
    step: Step,
    close: Option<CloseCode>,
    wire: Option<Box<dyn Wire>>,
    /// What was taken is still being written: nothing may come between.
    writing: Option<Writing>,
    /// Something came since [`Outbox::send`].
    has_news: bool,
    is_let_go: bool,
}

/// How much a member has waiting, and for how long it has taken nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backlog {
    pub(super) bytes: usize,
    pub(super) stalled: Duration,
    /// It was let go already, and what it holds is about to be given back.
    pub(super) is_let_go: bool,
}

/// A bounded queue to one member. What is queued goes with the next [`Outbox::send`].
#[derive(Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    wake: Notify,
    gone: Notify,
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
        if queue.raw.len() + bytes.len() > RAW_BYTES {
            queue.close.get_or_insert(CloseCode::Behind);
        } else {
            queue.raw.extend_from_slice(bytes);
        }
    }

    /// Queues a fact or an acknowledgement, which must arrive.
    pub fn push(&self, frame: Outgoing) {
        let mut queue = self.lock();
        if queue.waiting.control + frame.len() > CONTROL_BYTES {
            queue.close_behind();
        } else {
            queue.push(Kind::Control, frame);
        }
    }

    /// Queues what the member opens the room with: the welcome, the document, who is here. Each
    /// may be larger than what may wait, and each comes once.
    pub fn push_opening(&self, frames: impl IntoIterator<Item = Outgoing>) {
        let mut queue = self.lock();
        for frame in frames {
            queue.push(Kind::Opening, frame);
        }
    }

    /// Queues an answer that may be as large as the document.
    pub fn push_answer(&self, frame: Bytes) {
        let mut queue = self.lock();
        let waiting = queue.waiting.answers;
        if waiting > 0 && waiting + frame.len() > ANSWER_BYTES {
            queue.close_behind();
        } else {
            queue.push(Kind::Answer, Outgoing::Binary(frame));
        }
    }

    /// Queues a change of the document, which had the version `base` before it. Returns whether
    /// the member fell behind by it.
    pub fn push_document(&self, frame: Bytes, base: Version) -> bool {
        let mut queue = self.lock();
        if queue.step != Step::In {
            return false;
        }
        let first = *queue.base.get_or_insert(base);
        let fits = queue.waiting.document + frame.len() <= DOCUMENT_BYTES;
        if fits {
            queue.push(Kind::Document, Outgoing::Binary(frame));
        } else {
            queue.frames.retain(|(kind, _)| *kind != Kind::Document);
            queue.waiting.document = 0;
            queue.step = Step::Behind(first);
            queue.has_news = true;
        }
        !fits
    }

    /// Queues presence; only the newest that fits, as it is renewed anyway.
    pub fn push_presence(&self, frame: Bytes) {
        let mut queue = self.lock();
        if queue.waiting.presence + frame.len() <= PRESENCE_BYTES {
            queue.push(Kind::Presence, Outgoing::Binary(frame));
        }
    }

    /// Queues the difference that [`Batch::behind`] asked for; document frames flow again.
    pub fn push_difference(&self, frame: Bytes) {
        let mut queue = self.lock();
        queue.step = Step::In;
        queue.base = None;
        queue.push(Kind::Answer, Outgoing::Binary(frame));
    }

    /// Closes the member after what is queued.
    pub fn close(&self, code: CloseCode) {
        self.lock().close.get_or_insert(code);
        self.wake.notify_one();
    }

    /// Waits for something to send and takes all of it. Whoever asks has written what they took
    /// before.
    pub async fn take(&self) -> Batch {
        self.lock().writing = None;
        loop {
            if let Some(batch) = self.take_now() {
                return batch;
            }
            self.wake.notified().await;
        }
    }

    /// The other side took so much of what is being written.
    pub fn wrote(&self, bytes: usize) {
        if let Some(writing) = &mut self.lock().writing {
            writing.bytes = writing.bytes.saturating_sub(bytes);
            writing.since = Instant::now();
        }
    }

    /// Ends when the member is let go: what is being written is to be dropped, and its connection
    /// with it.
    pub async fn let_go(&self) {
        self.gone.notified().await;
    }

    /// Drops all that waits, without a word.
    pub(super) fn drop_all(&self) {
        let mut queue = self.lock();
        queue.is_let_go = true;
        queue.empty();
        queue.raw = Vec::new();
        queue.close.get_or_insert(CloseCode::Behind);
        drop(queue);
        self.gone.notify_one();
    }

    /// What waits, as of a time.
    pub(super) fn backlog(&self, now: Instant) -> Backlog {
        let queue = self.lock();
        let (writing, since) = queue
            .writing
            .map_or((0, now), |writing| (writing.bytes, writing.since));
        Backlog {
            bytes: queue.waiting.all() + queue.raw.len() + writing,
            stalled: now.saturating_duration_since(since),
            is_let_go: queue.is_let_go,
        }
    }

    fn take_now(&self) -> Option<Batch> {
        let mut queue = self.lock();
        let is_empty = queue.frames.is_empty() && queue.raw.is_empty();
        if is_empty && !matches!(queue.step, Step::Behind(_)) && queue.close.is_none() {
            return None;
        }
        let behind = match queue.step {
            Step::In | Step::Asked => None,
            Step::Behind(base) => {
                queue.step = Step::Asked;
                Some(base)
            }
        };
        queue.writing = Some(Writing {
            bytes: queue.waiting.all() + queue.raw.len(),
            since: Instant::now(),
        });
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
    fn push(&mut self, kind: Kind, frame: Outgoing) {
        self.has_news = true;
        if !self.is_let_go {
            *self.waiting.of(kind) += frame.len();
            self.frames.push_back((kind, frame));
        }
    }

    fn close_behind(&mut self) {
        self.has_news = true;
        self.close.get_or_insert(CloseCode::Behind);
    }

    /// Takes every frame. What is taken is written in order before anything that comes later.
    fn empty(&mut self) -> VecDeque<(Kind, Outgoing)> {
        self.waiting = Waiting::default();
        self.base = None;
        // An idle member keeps no space.
        std::mem::take(&mut self.frames)
    }

    /// Sends everything without waiting. Returns whether nothing is left to do.
    fn send_at_once(&mut self) -> bool {
        let bytes = self.raw.len() + self.waiting.all();
        let must_wait = self.writing.is_some() || self.step != Step::In || self.close.is_some();
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
                all.extend_from_slice(frame.payload());
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
        outbox.push_document(frame(1, 2), 0);
        outbox.push(text("s"));

        outbox.send();

        assert_eq!(*sent.lock().unwrap(), [1, 1, b's']);
        assert!(outbox.take_now().is_none());
    }

    #[test]
    fn what_the_wire_left_goes_before_all_that_comes_later() {
        let (outbox, sent) = outbox_that_takes(3);
        outbox.push_document(frame(1, 5), 0);
        outbox.send();
        outbox.push_document(frame(2, 1), 1);

        let batch = outbox.take_now().unwrap();

        assert_eq!(*sent.lock().unwrap(), [1, 1, 1]);
        assert_eq!(batch.raw, [1, 1]);
        assert_eq!(batch.frames, [Outgoing::Binary(frame(2, 1))]);
    }

    #[tokio::test]
    async fn nothing_is_sent_at_once_while_what_was_taken_is_written() {
        let (outbox, sent) = outbox_that_takes(100);
        outbox.push_document(frame(1, 1), 0);
        let first = outbox.take().await;
        outbox.push_document(frame(2, 1), 1);
        outbox.send();
        assert!(sent.lock().unwrap().is_empty());

        let second = outbox.take().await;

        assert_eq!((first.frames.len(), second.frames.len()), (1, 1));
    }

    #[tokio::test]
    async fn a_wire_that_is_full_leaves_everything_to_who_waits() {
        let (outbox, _) = outbox_that_takes(0);
        outbox.push_document(frame(1, 5), 0);
        outbox.send();

        let batch = outbox.take().await;

        assert_eq!((batch.raw.len(), batch.frames.len()), (0, 1));
    }

    fn frame(fill: u8, len: usize) -> Bytes {
        Bytes::from(vec![fill; len])
    }

    fn text(text: &str) -> Outgoing {
        Outgoing::Text(text.to_owned().into())
    }

    #[test]
    fn what_is_queued_is_taken_in_order() {
        let outbox = Outbox::default();
        outbox.push_document(frame(1, 3), 0);
        outbox.push(text("stored"));

        let batch = outbox.take_now().unwrap();

        assert_eq!(
            batch.frames,
            [Outgoing::Binary(frame(1, 3)), text("stored")]
        );
        assert!(batch.behind.is_none() && outbox.take_now().is_none());
    }

    #[test]
    fn an_overflow_asks_once_for_a_difference_from_before_what_was_dropped() {
        let outbox = Outbox::default();
        outbox.push_document(frame(1, DOCUMENT_BYTES / 2), 7);
        outbox.push_document(frame(2, DOCUMENT_BYTES / 2), 8);

        let fell_behind = outbox.push_document(frame(3, 1), 9);
        outbox.push_document(frame(4, 1), 10);

        let batch = outbox.take_now().unwrap();
        assert!(fell_behind && batch.frames.is_empty());
        assert_eq!(batch.behind, Some(7));
        assert!(outbox.take_now().is_none());
    }

    #[test]
    fn document_frames_flow_again_after_the_difference() {
        let outbox = Outbox::default();
        outbox.push_document(frame(1, DOCUMENT_BYTES + 1), 7);
        assert!(outbox.take_now().unwrap().behind.is_some());

        outbox.push_difference(frame(5, 2 * DOCUMENT_BYTES));
        outbox.push_document(frame(6, 1), 11);

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
        assert!(bytes <= PRESENCE_BYTES);
    }

    #[test]
    fn what_is_opened_with_needs_no_bound_and_leaves_room_for_answers() {
        let outbox = Outbox::default();
        let large = || Outgoing::Binary(frame(1, DOCUMENT_BYTES));
        outbox.push_opening((0..20).map(|_| large()));
        outbox.push_answer(frame(2, 2 * ANSWER_BYTES));
        outbox.push_document(frame(3, 1), 0);
        assert_eq!(outbox.take_now().unwrap().close, None);

        outbox.push_answer(frame(2, ANSWER_BYTES));
        outbox.push_answer(frame(2, 1));

        let batch = outbox.take_now().unwrap();
        assert_eq!(
            (batch.frames.len(), batch.close),
            (1, Some(CloseCode::Behind))
        );
    }

    #[tokio::test]
    async fn what_is_being_written_counts_until_it_was_taken() {
        let outbox = Outbox::default();
        outbox.push_answer(frame(1, 1_000));
        let batch = outbox.take().await;
        outbox.push(text("stored"));
        assert_eq!(
            (batch.frames.len(), outbox.backlog(Instant::now()).bytes),
            (1, 1_006)
        );

        outbox.wrote(900);
        assert_eq!(outbox.backlog(Instant::now()).bytes, 106);

        outbox.take().await;
        assert_eq!(outbox.backlog(Instant::now()).bytes, 6);
    }

    #[test]
    fn m1_a_welcome_to_many_rounds_closes_nobody() {
        let outbox = Outbox::default();
        outbox.push_opening([text(&"x".repeat(2 * CONTROL_BYTES))]);
        outbox.push(text("x"));

        let batch = outbox.take_now().unwrap();

        assert_eq!((batch.frames.len(), batch.close), (2, None));
    }

    #[test]
    fn who_lets_answers_pile_up_is_closed() {
        let outbox = Outbox::default();
        outbox.push(text(&"x".repeat(CONTROL_BYTES)));
        outbox.push(text("x"));

        assert_eq!(outbox.take_now().unwrap().close, Some(CloseCode::Behind));
    }
}
