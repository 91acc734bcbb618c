//! What waits to become durable: in order, bounded, one append in flight.

use std::collections::VecDeque;

use bytes::Bytes;
use hartslag_protocol::ids::{ConnectionId, ParticipantId};

use super::event::Ticket;
use crate::log::{EntryKind, Milliseconds, NewEntry};

/// Entries and bytes that may wait while the store does not answer.
const WAITING_ENTRIES: usize = 20_000;
const WAITING_BYTES: usize = 32 << 20;
/// Entries and bytes of one append: what a store takes in a moment.
const BATCH_ENTRIES: usize = 1_024;
const BATCH_BYTES: usize = 4 << 20;
/// Least time from one append to the next: what a busy room gathers meanwhile goes to the disk,
/// and out to everyone, at once. The more members, the dearer it is to tell them one by one, and
/// the longer what comes next may wait for company: in a full room as long as presence does.
pub(super) const PACE: Milliseconds = 5;
const PACE_PER_20_MEMBERS: Milliseconds = 7;
const LONGEST_PACE: Milliseconds = 50;
/// Between two tries of an append that failed.
const FIRST_PAUSE: Milliseconds = 100;
const LONGEST_PAUSE: Milliseconds = 2_000;

/// Place of an entry among all that this room on this node ever queued, from 1.
pub(super) type Position = u64;

/// Something to append.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) kind: EntryKind,
    pub(super) writer: Option<ParticipantId>,
    pub(super) at: Milliseconds,
    pub(super) bytes: Bytes,
    pub(super) author: Option<ConnectionId>,
    pub(super) ticket: Option<Ticket>,
    pub(super) work: u64,
}

/// An entry that waits, and who waits for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Waiting {
    pub(super) entry: NewEntry,
    /// What applying it may cost, as the gate counts.
    work: u64,
    /// The connection that sent it, if one did.
    pub(super) author: Option<ConnectionId>,
    /// The order that it carries out, if it does.
    pub(super) ticket: Option<Ticket>,
    /// The document has it already, as it was durable once (L7).
    pub(super) is_shown: bool,
}

/// The queue to the log.
#[derive(Debug)]
pub(super) struct Appending {
    node: [u8; 8],
    queued: Position,
    /// Keys that were given to entries that had one.
    renewed: u64,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    in_flight: usize,
    pause: Milliseconds,
    pace: Milliseconds,
    /// The last append, and how long the next one waits after it.
    last: Option<(Milliseconds, Milliseconds)>,
}

impl Appending {
    /// `node` makes the keys of this room's entries on this node unlike all others (L2).
    pub(super) fn new(node: [u8; 8]) -> Self {
        Self {
            node,
            queued: 0,
            renewed: 0,
            waiting: VecDeque::new(),
            bytes: 0,
            in_flight: 0,
            pause: FIRST_PAUSE,
            pace: PACE,
            last: None,
        }
    }

    /// Learns how many there are to tell.
    pub(super) fn serve(&mut self, members: usize) {
        let more = members as Milliseconds * PACE_PER_20_MEMBERS / 20;
        self.pace = (PACE + more).min(LONGEST_PACE);
    }

    /// Queues an entry.
    pub(super) fn push(&mut self, draft: Draft) {
        let waiting = self.numbered(draft);
        self.waiting.push_back(waiting);
    }

    fn numbered(&mut self, draft: Draft) -> Waiting {
        self.queued += 1;
        self.bytes += draft.bytes.len();
        let entry = NewEntry {
            key: self.key(self.queued),
            kind: draft.kind,
            writer: draft.writer,
            at: draft.at,
            bytes: draft.bytes,
        };
        Waiting {
            entry,
            work: draft.work,
            author: draft.author,
            ticket: draft.ticket,
            is_shown: false,
        }
    }

    /// Puts drafts that were shown before, then entries that were appended and are lost, before
    /// all that waits; nothing may be in flight. Returns by how many places that moved on.
    pub(super) fn put_first(
        &mut self,
        shown: Vec<Draft>,
        lost: impl Iterator<Item = Waiting>,
    ) -> Position {
        let mut first = VecDeque::new();
        for draft in shown {
            let mut waiting = self.numbered(draft);
            waiting.is_shown = true;
            first.push_back(waiting);
        }
        let moved = first.len() as Position;
        for waiting in lost {
            self.bytes += waiting.entry.bytes.len();
            first.push_back(waiting);
        }
        first.append(&mut self.waiting);
        self.waiting = first;
        moved
    }

    /// A key for an entry that had another one, counted down from the end.
    pub(super) fn new_key(&mut self) -> [u8; 16] {
        let number = u64::MAX - self.renewed;
        self.renewed += 1;
        self.key(number)
    }

    /// What makes its keys unlike those of others.
    pub(super) fn node(&self) -> [u8; 8] {
        self.node
    }

    /// Place of the last entry that was queued.
    pub(super) fn queued(&self) -> Position {
        self.queued
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_in_flight(&self) -> bool {
        self.in_flight > 0
    }

    /// What waits, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter()
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether more waits than may.
    pub(super) fn is_over_full(&self) -> bool {
        self.waiting.len() > WAITING_ENTRIES || self.bytes > WAITING_BYTES
    }

    /// What applying the append in flight may cost.
    pub(super) fn work_in_flight(&self) -> u64 {
        let in_flight = self.waiting.iter().take(self.in_flight);
        in_flight.map(|waiting| waiting.work).sum()
    }

    /// Whether an entry with this key is in flight, so that its number is on its way.
    pub(super) fn has_in_flight(&self, key: &[u8; 16]) -> bool {
        let mut in_flight = self.waiting.iter().take(self.in_flight);
        in_flight.any(|waiting| &waiting.entry.key == key)
    }

    /// What to append, when nothing is in flight and no pause is on. A batch that failed comes
    /// again with the same keys.
    pub(super) fn next(&mut self, now: Milliseconds) -> Option<Vec<NewEntry>> {
        let waits = self.last.is_some_and(|(at, pause)| {
            // A clock that was set back holds nobody up.
            now.checked_sub(at).is_some_and(|passed| passed < pause)
        });
        if self.in_flight > 0 || waits || self.waiting.is_empty() {
            return None;
        }
        let mut bytes = 0;
        let fitting = self
            .waiting
            .iter()
            .take(BATCH_ENTRIES)
            .take_while(|waiting| {
                bytes += waiting.entry.bytes.len();
                bytes <= BATCH_BYTES
            });
        // An entry larger than a batch goes alone.
        self.in_flight = fitting.count().max(1);
        self.last = Some((now, self.pace));
        let batch = self.waiting.iter().take(self.in_flight);
        Some(batch.map(|waiting| waiting.entry.clone()).collect())
    }

    /// The append in flight happened.
    pub(super) fn appended(&mut self) -> impl Iterator<Item = Waiting> + use<'_> {
        self.pause = FIRST_PAUSE;
        let done = self.in_flight;
        self.in_flight = 0;
        let bytes: usize = self
            .waiting
            .iter()
            .take(done)
            .map(|waiting| waiting.entry.bytes.len())
            .sum();
        self.bytes -= bytes;
        self.waiting.drain(..done)
    }

    /// The append in flight failed: it is tried again after a pause that grows.
    pub(super) fn failed(&mut self, now: Milliseconds) {
        self.in_flight = 0;
        self.last = Some((now, self.pause));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// When to append next, if something waits for that.
    pub(super) fn due(&self) -> Option<Milliseconds> {
        let (at, pause) = self.last?;
        let is_waiting = self.in_flight == 0 && !self.waiting.is_empty();
        is_waiting.then_some(at + pause)
    }

    fn key(&self, number: u64) -> [u8; 16] {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&self.node);
        key[8..].copy_from_slice(&number.to_be_bytes());
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(lengths: &[usize]) -> Appending {
        let mut appending = Appending::new([7; 8]);
        for &length in lengths {
            appending.push(draft(length));
        }
        appending
    }

    fn draft(length: usize) -> Draft {
        Draft {
            kind: EntryKind::Update,
            writer: None,
            at: 0,
            bytes: Bytes::from(vec![0; length]),
            author: None,
            ticket: None,
            work: 0,
        }
    }

    #[test]
    fn one_append_is_in_flight_and_what_gathers_goes_next() {
        let mut appending = queue(&[1, 1]);

        assert_eq!(appending.next(0).map(|batch| batch.len()), Some(2));
        appending.push(draft(0));
        assert_eq!(appending.next(PACE), None);

        assert_eq!(appending.appended().count(), 2);
        assert_eq!(appending.next(PACE).map(|batch| batch.len()), Some(1));
    }

    #[test]
    fn l2_a_failed_append_comes_again_with_the_same_keys() {
        let mut appending = queue(&[1]);
        let first = appending.next(0).unwrap();

        appending.failed(1_000);

        assert_eq!(appending.next(1_000 + FIRST_PAUSE - 1), None);
        assert_eq!(appending.next(1_000 + FIRST_PAUSE), Some(first));
    }

    #[test]
    fn a_quiet_room_appends_at_once_and_a_busy_one_at_its_pace() {
        let mut appending = queue(&[1]);
        assert!(appending.next(1_000).is_some() && appending.due().is_none());
        assert_eq!(appending.appended().count(), 1);

        appending.push(draft(1));

        assert_eq!(appending.next(1_000 + PACE - 1), None);
        assert_eq!(appending.due(), Some(1_000 + PACE));
        assert!(appending.next(1_000 + PACE).is_some());
    }

    #[test]
    fn the_more_members_the_slower_the_pace() {
        for (members, pace) in [(0, PACE), (20, 12), (100, 40), (500, LONGEST_PACE)] {
            let mut appending = queue(&[1]);
            appending.serve(members);
            assert!(appending.next(1_000).is_some());
            assert_eq!(appending.appended().count(), 1);
            appending.push(draft(1));

            assert_eq!(appending.due(), Some(1_000 + pace), "{members}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nothing_up() {
        let mut appending = queue(&[1]);
        assert!(appending.next(90_000).is_some());
        appending.failed(90_000);

        assert!(appending.next(30_000).is_some());
    }

    #[test]
    fn a_batch_is_bounded_and_a_large_entry_goes_alone() {
        let mut appending = queue(&[BATCH_BYTES + 1, BATCH_BYTES, 1]);

        for turn in 0..3 {
            assert_eq!(
                appending.next(turn * PACE).map(|batch| batch.len()),
                Some(1)
            );
            assert_eq!(appending.appended().count(), 1);
        }
        assert!(appending.is_empty() && appending.bytes == 0);
    }

    #[test]
    fn what_waits_is_bounded() {
        assert!(queue(&[WAITING_BYTES + 1]).is_over_full());
        assert!(!queue(&[WAITING_BYTES]).is_over_full());
    }
}
