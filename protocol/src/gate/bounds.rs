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
    pub(super) work: u64,
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
        work: limits::UPDATE_WORK,
        strict: true,
    };

    /// For what was admitted once, and perhaps grew together since: entries of the log, snapshots.
    pub(super) const KEPT: Self = Self {
        blocks: usize::MAX,
        clients: usize::MAX,
        delete_ranges: usize::MAX,
        values: usize::MAX,
        text_bytes: usize::MAX,
        work: u64::MAX,
        strict: false,
    };
}
