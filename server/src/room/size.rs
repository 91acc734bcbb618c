//! What a room takes in memory, by what it holds.

use hartslag_protocol::gate::{count_added, count_blocks};
use hartslag_protocol::workshop::{Round, Workshop};

use super::snapshot;
use super::state::RoomState;
use crate::log::{EntryKind, LoadedRoom};

/// A room with nothing on its board.
const ROOM: usize = 64 << 10;
/// A block, in the document and in the gate. A board of 9,000 short pain points makes the process
/// 27 MiB larger, and up to 31 with what the allocator keeps beside it.
const BLOCK: usize = 500;
/// A byte of the board as one update: its text, and the encoding that is kept for who comes in.
const BYTE: usize = 4;
/// A person in the room.
const PERSON: usize = 512;
/// A round, its title and what the list of rounds has of it.
const ROUND: usize = 512;
/// A note to vote on, with its place in the result, beside its text.
const OPTION: usize = 256;
/// A byte of such a note: the text, and what the allocator keeps of the event that brought it.
const OPTION_BYTE: usize = 2;

/// What a room in memory takes.
pub(super) fn of(state: &RoomState) -> usize {
    let people = state.workshop.participants.len();
    ROOM + board(state.gate.blocks(), state.document.size()) + people * PERSON + state.rounds_bytes
}

/// What the rounds of a room take.
pub(super) fn of_rounds(workshop: &Workshop) -> usize {
    workshop.rounds.iter().map(|round| of_round(round)).sum()
}

/// What a round takes. It is the same before and after the reveal.
pub(super) fn of_round(round: &Round) -> usize {
    let options = round.options.iter();
    let texts = options.map(|it| it.note.len() + it.text.len() + it.place.len());
    ROUND
        + texts
            .map(|bytes| OPTION + bytes * OPTION_BYTE)
            .sum::<usize>()
}

/// What a stored room will take. What cannot be read takes nothing, as it will not load.
pub(super) fn foreseen(loaded: &LoadedRoom) -> usize {
    let snapshot = snapshot::board(&loaded.snapshot.bytes).unwrap_or_default();
    let (updates, events): (Vec<_>, Vec<_>) = loaded
        .tail
        .iter()
        .partition(|entry| entry.kind == EntryKind::Update);
    let updates = updates.iter().map(|entry| &entry.bytes[..]);
    let blocks = count_blocks(&snapshot).unwrap_or_default() + count_added(updates.clone());
    let bytes = snapshot.len() + updates.map(<[u8]>::len).sum::<usize>();
    let beside = loaded.snapshot.bytes.len() - snapshot.len();
    let beside = beside + events.iter().map(|entry| entry.bytes.len()).sum::<usize>();
    ROOM + board(blocks, bytes) + beside * BYTE
}

fn board(blocks: usize, bytes: usize) -> usize {
    blocks
        .saturating_mul(BLOCK)
        .saturating_add(bytes.saturating_mul(BYTE))
}
