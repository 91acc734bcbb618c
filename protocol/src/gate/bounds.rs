//! How much one reading may hold: what a client sends, or what the server itself kept.

use crate::limits;

/// Limits of one reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) blocks: usize,
    pub(super) clients: usize,
    pub(super) delete_ranges: usize,
    pub(super) values: usize,
    pub(super) text_bytes: usize,
    /// For each begun 64 KiB, and at most.
    pub(super) work: (u64, u64),
    /// Whether what depends on this gate's own count or order is refused too. It is not for what
    /// the log already holds: every node must come to the same state.
    pub(super) strict: bool,
}

impl Bounds {
    /// For an update of a client.
    pub(super) const CLIENT: Self = Self {
        blocks: limits::UPDATE_BLOCKS,
        clients: limits::UPDATE_CLIENTS,
        delete_ranges: limits::DELETE_RANGES,
        values: limits::ANY_NODES,
        text_bytes: limits::STRING_BYTES,
        work: (limits::UPDATE_WORK, limits::UPDATE_WORK_MOST),
        strict: true,
    };

    /// For what was admitted once, and perhaps grew together since: entries of the log, snapshots.
    pub(super) const KEPT: Self = Self {
        blocks: usize::MAX,
        clients: usize::MAX,
        delete_ranges: usize::MAX,
        values: usize::MAX,
        text_bytes: usize::MAX,
        work: (u64::MAX, u64::MAX),
        strict: false,
    };
    /// What an update of so many bytes may cost.
    pub(super) fn work_of(&self, bytes: usize) -> u64 {
        let (each, most) = self.work;
        each.saturating_mul(1 + (bytes as u64 >> 16)).min(most)
    }
}
