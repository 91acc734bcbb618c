//! Updates of the hostile, byte for byte.

use hartslag_protocol::ids::ParticipantId;

pub(super) use hartslag_protocol::testing::craft::*;

/// The text of a note that [`note`] makes, by its clock.
pub(super) const NOTE_TEXT: u32 = 2;
/// Clocks that [`note`] takes.
pub(super) const NOTE_LENGTH: u32 = 3;
/// Client ids of each device: low ones, because they take fewer bytes.
const IDS_EACH: u64 = 64;
/// A value inside a text, as JSON.
const EMBED: u8 = 5;

/// A client id of the device in this place.
pub(super) fn client(device: usize, which: u64) -> u64 {
    device as u64 * IDS_EACH + which + 1
}

/// A note of this author without a word.
pub(super) fn note(client: u64, author: &str) -> Vec<Vec<u8>> {
    note_at((client, 0), author)
}

fn note_at(map_id: Id, author: &str) -> Vec<Vec<u8>> {
    named_at(&ParticipantId::generate().to_string(), map_id, author)
}

/// The same under a key of one's own choice.
pub(super) fn note_named(id: &str, client: u64, author: &str) -> Vec<Vec<u8>> {
    named_at(id, (client, 0), author)
}

fn named_at(id: &str, map_id: Id, author: &str) -> Vec<Vec<u8>> {
    vec![
        item(in_root("notes", id), map()),
        item(in_map(map_id, "author"), values(&[&string(author)])),
        item(in_map(map_id, "text"), text_type()),
    ]
}

/// So many notes in one update.
pub(super) fn notes(client: u64, author: &str, count: usize) -> Vec<u8> {
    let mut made = Vec::new();
    for clock in (0..).step_by(NOTE_LENGTH as usize).take(count) {
        made.extend(note_at((client, clock), author));
    }
    blocks((client, 0), &made)
}

/// A plain text, as lib0 encodes it.
pub(super) fn string(text: &str) -> Vec<u8> {
    [vec![119], block(text.as_bytes())].concat()
}

/// A value that stands in a text.
pub(super) fn embed() -> Content {
    (EMBED, block(b"1"))
}

/// Deletes ranges of one client, each by its first clock and its length.
pub(super) fn deletion(client: u64, ranges: impl Iterator<Item = (u32, u32)>) -> Vec<u8> {
    let ranges: Vec<_> = ranges.collect();
    let mut bytes = [&[0, 1][..], &number(client), &number(ranges.len() as u64)].concat();
    for (clock, length) in ranges {
        bytes.extend(number(clock.into()));
        bytes.extend(number(length.into()));
    }
    bytes
}

/// Asks for what is missing beside what a client id has: anew, where the clock is another.
pub(super) fn question(client: u64, clock: u32) -> Vec<u8> {
    let vector = [number(1), number(client), number(clock.into())].concat();
    [&[0, 0][..], &block(&vector)].concat()
}

/// Bytes behind their length.
pub(super) fn block(bytes: &[u8]) -> Vec<u8> {
    [number(bytes.len() as u64), bytes.to_vec()].concat()
}

/// The frame that brings an update.
pub(super) fn update_frame(update: &[u8]) -> Vec<u8> {
    [&[0, 2][..], &block(update)].concat()
}
