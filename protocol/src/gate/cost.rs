//! What yrs may do for an update, in visits to a block (see [`crate::limits::UPDATE_WORK`]).
//!
//! An upper bound, from reading yrs and measuring it: yrs 0.28 compares an item that was made
//! beside others with each of them, moves all later blocks of a client when one is cut, and
//! copies texts when pieces are joined.

/// Taking a block in at all: read, allocated, linked.
pub(super) const BLOCK: u64 = 6;
/// Blocks of one client that move, to make a place in their list or to close one, in a visit.
const MOVED: u64 = 32;
/// Bytes of text that are walked over or copied in a visit.
const COPIED: u64 = 128;

/// Moving the blocks of a client on by one, to cut or to join one of them.
pub(super) fn cut(client_blocks: u64) -> u64 {
    client_blocks / MOVED
}

/// Walking over a text, or copying it.
pub(super) fn copy(bytes: u64) -> u64 {
    bytes / COPIED
}

/// Joining a block to the one before, among so many that one client adds.
pub(super) fn join(blocks: u64) -> u64 {
    blocks / (4 * MOVED)
}

/// Deleting this many blocks with what they stand in: each is noted in a sorted list.
pub(super) fn bury(blocks: u64) -> u64 {
    10 * blocks + blocks * blocks / 2_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_is_cheap() {
        assert_eq!((cut(20), copy(100), join(4), bury(0)), (0, 0, 0, 0));
    }

    #[test]
    fn what_costs_with_the_square_is_dear() {
        assert!(10_000 * join(10_000) > 500_000);
        assert!(bury(100_000) > 5_000_000);
    }
}
