//! A stored room, taken into memory whatever is wrong with a part of it.
//!
//! An entry that no document can take is left out and the rest is served: the same one on every
//! node, as all of them replay the same entries one by one onto the same snapshot. It stays in
//! the store, for whoever looks into it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use hartslag_protocol::gate::Gate;
use hartslag_protocol::ids::RoomId;

use super::document::{Document, Poisoned};
use super::snapshot;
use super::state::{RestoreError, RoomState};
use crate::log::{Entry, EntryKind, LoadedRoom, Milliseconds, Sequence, Snapshot};

/// Entries that are left out at most: each takes the room up anew. A room with more of them has
/// something else wrong.
const QUARANTINED: usize = 16;

/// The room as its snapshot and log have it. `node` must be unlike that of any other load.
pub(super) fn load(
    room: RoomId,
    loaded: &LoadedRoom,
    node: [u8; 8],
    now: Milliseconds,
) -> Result<RoomState, RestoreError> {
    let mut quarantined = Vec::new();
    loop {
        let state = restore(room, loaded, node, now)?;
        match replay(state, &loaded.tail, &quarantined) {
            Ok(state) => return Ok(state),
            Err(sequence) if quarantined.len() < QUARANTINED => quarantined.push(sequence),
            Err(_more) => return Err(RestoreError::Document),
        }
    }
}

/// Fails unless a snapshot can be loaded again, and its document goes as far as it should. Gate
/// and document are built after each other, as nobody needs both: that halves the memory.
pub(super) fn verify(snapshot: &Snapshot, vector: &Bytes) -> Result<(), RestoreError> {
    let content = snapshot::decode(&snapshot.bytes)?;
    let is_whole = caught(|| {
        Gate::from_document(&content.board).map_err(|_refusal| RestoreError::Board)?;
        Ok::<_, RestoreError>(Document::load(&content.board)?.has_come_to(vector)?)
    });
    if is_whole.unwrap_or(Err(RestoreError::Document))? {
        Ok(())
    } else {
        Err(RestoreError::Document)
    }
}

fn restore(
    room: RoomId,
    loaded: &LoadedRoom,
    node: [u8; 8],
    now: Milliseconds,
) -> Result<RoomState, RestoreError> {
    caught(|| RoomState::restore(room, loaded.epoch, &loaded.snapshot, node, now))
        .unwrap_or(Err(RestoreError::Document))
}

/// The room with these entries, or the number of the one that it cannot take.
fn replay(
    mut state: RoomState,
    tail: &[Entry],
    quarantined: &[Sequence],
) -> Result<RoomState, Sequence> {
    for entry in tail {
        if quarantined.contains(&entry.sequence) {
            state.leave_out(entry);
            continue;
        }
        caught(|| state.replay(entry))
            .unwrap_or(Err(Poisoned))
            .map_err(|Poisoned| entry.sequence)?;
    }
    Ok(state)
}

impl RoomState {
    /// Passes over an entry that the document cannot take. Who has it still is refused with it.
    fn leave_out(&mut self, entry: &Entry) {
        self.applied = entry.sequence;
        self.heard = self.applied;
        self.tail.grow(entry.bytes.len());
        self.quarantined.push(entry.sequence);
        if entry.kind == EntryKind::Update {
            self.gate.quarantine(&entry.bytes);
        }
    }
}

/// What panicked is dropped and not looked at again.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
