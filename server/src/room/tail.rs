//! How much log came after the last snapshot, and when that is worth a new one.

use crate::log::Sequence;

/// Log that is worth a snapshot, at least: loading it again takes a moment.
const WORTH_BYTES: usize = 256 << 10;

/// The log since the last snapshot.
#[derive(Debug)]
pub(super) struct Tail {
    /// Up to where the stored snapshot goes.
    snapshot_upto: Sequence,
    snapshot_bytes: usize,
    bytes: usize,
    is_taking: bool,
    /// The stored snapshot cannot be read.
    is_damaged: bool,
}

impl Tail {
    pub(super) fn after(snapshot_upto: Sequence, snapshot_bytes: usize) -> Self {
        Self {
            snapshot_upto,
            snapshot_bytes,
            bytes: 0,
            is_taking: false,
            is_damaged: false,
        }
    }

    /// Bytes of log since the last snapshot that was taken.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The stored snapshot goes up to here and cannot be read: it is to be replaced at once.
    pub(super) fn replaces(&mut self, damaged: Sequence) {
        self.snapshot_upto = damaged;
        self.is_damaged = true;
    }

    /// An entry was folded in.
    pub(super) fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Whether to take a snapshot; said once until one was kept or failed.
    pub(super) fn wants_snapshot(&mut self) -> bool {
        let is_due = self.is_damaged || self.bytes > self.snapshot_bytes.max(WORTH_BYTES);
        let wants = is_due && !self.is_taking;
        self.is_taking |= wants;
        wants
    }

    /// A snapshot was taken; it replaces the one up to the number that this returns.
    pub(super) fn taken(&mut self, bytes: usize) -> Sequence {
        self.snapshot_bytes = bytes;
        self.bytes = 0;
        self.snapshot_upto
    }

    /// The store holds a snapshot up to here.
    pub(super) fn kept(&mut self, upto: Sequence) {
        self.is_taking = false;
        self.is_damaged = false;
        self.snapshot_upto = self.snapshot_upto.max(upto);
    }

    /// The store did not take the snapshot: the next is due when the tail has grown again.
    pub(super) fn failed(&mut self) {
        self.is_taking = false;
        self.is_damaged = false;
        self.bytes = 0;
    }

    /// Whether the stored snapshot lacks something of what is up to here.
    pub(super) fn lacks(&self, applied: Sequence) -> bool {
        self.is_damaged || applied > self.snapshot_upto
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_due_when_the_log_outgrows_the_last_one() {
        let mut tail = Tail::after(0, 2 * WORTH_BYTES);
        tail.grow(2 * WORTH_BYTES);
        assert!(!tail.wants_snapshot());
        tail.grow(1);

        assert!(tail.wants_snapshot() && !tail.wants_snapshot());
        assert_eq!(tail.taken(10), 0);
        tail.kept(7);
        tail.grow(WORTH_BYTES + 1);
        assert!(tail.wants_snapshot() && tail.lacks(8) && !tail.lacks(7));
    }

    #[test]
    fn a_damaged_snapshot_is_replaced_at_once() {
        let mut tail = Tail::after(3, 0);
        tail.replaces(7);

        assert!(tail.wants_snapshot() && tail.lacks(7));
        assert_eq!(tail.taken(10), 7);
        tail.kept(7);
        assert!(!tail.wants_snapshot() && !tail.lacks(7));
    }

    #[test]
    fn a_snapshot_that_failed_is_not_tried_at_once() {
        let mut tail = Tail::after(0, 0);
        tail.grow(WORTH_BYTES + 1);
        assert!(tail.wants_snapshot());

        tail.failed();

        assert!(!tail.wants_snapshot());
    }
}
