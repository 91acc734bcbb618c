//! Frames that no honest client sends: made by hand, or honest ones with bytes changed.

use crate::random::Random;

/// A frame with a name for the failure message.
pub type Named = (&'static str, Vec<u8>);

const MAP: u8 = 1;
const TEXT_FLAG: u64 = 4;
const TYPE_FLAG: u8 = 7;
const ANY_FLAG: u8 = 8;
const DOC_FLAG: u8 = 9;
const WITH_KEY: u8 = 0x20;
const WITH_ORIGIN: u8 = 0x80;
const ANY_MAP: u8 = 118;
const ANY_ARRAY: u8 = 117;
const ANY_NULL: u8 = 126;

/// Hand-made frames, each an attack that brings yrs down or makes it allocate without measure.
pub fn made_by_hand() -> Vec<Named> {
    [lies_about_size(), odd_content()].concat()
}

/// Frames that are cut short, or claim more than they hold.
fn lies_about_size() -> Vec<Named> {
    vec![
        ("nothing at all", vec![]),
        ("an unknown message type", vec![99, 1, 2, 3]),
        ("a message cut short", vec![0, 2, 200]),
        (
            "an update with a client count of 2^25",
            update_frame(&varint(1 << 25)),
        ),
        (
            "an update with a client count of 2^28",
            update_frame(&varint(1 << 28)),
        ),
        (
            "a block count of 2^30",
            update_frame(&[varint(1), varint(1 << 30), varint(7)].concat()),
        ),
        (
            "a state vector with 2^27 clients",
            message(&[0, 0], &varint(1 << 27)),
        ),
        (
            "an awareness update with 2^25 entries",
            message(&[1], &varint(1 << 25)),
        ),
        (
            "awareness that is no JSON",
            message(&[1], &[1, 5, 1, 3, b'{', b'{', b'{']),
        ),
    ]
}

/// Frames whose content no honest client makes.
fn odd_content() -> Vec<Named> {
    vec![
        (
            "a value nested 10,000 deep",
            update_frame(&one_any(&deep_array(10_000))),
        ),
        (
            "40 nested maps that claim 2^24 keys",
            update_frame(&one_any(&claiming_maps(40))),
        ),
        (
            "50,000 maps in each other",
            update_frame(&nested_types(50_000)),
        ),
        ("20,000 roots", update_frame(&many_roots(20_000))),
        (
            "a document in the document",
            update_frame(&one_block(DOC_FLAG, &[1, b'x', ANY_NULL])),
        ),
        (
            "a clock of two thousand million",
            update_frame(&at_clock(2_000_000_000)),
        ),
        (
            "a text in a map that claims 2^40 bytes",
            update_frame(&claiming_text(1 << 40)),
        ),
        (
            "an item after an unknown item",
            update_frame(&after_unknown()),
        ),
        (
            "a deletion of what nobody has",
            update_frame(&deletion(77, 0, 1_000_000)),
        ),
        (
            "a deletion that claims 2^31 ranges",
            update_frame(&claiming_deletion()),
        ),
        (
            "an unknown kind of block",
            update_frame(&one_block(31, &[0])),
        ),
        ("bytes after the end", update_frame(&[0, 0, 1, 2, 3])),
    ]
}

/// An honest frame with a few bytes changed, cut or added.
pub fn mutated(honest: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = honest.to_vec();
    for _ in 0..=random.below(4) {
        let place = random.below(bytes.len().max(1));
        match random.below(5) {
            0 if place < bytes.len() => bytes[place] = low_byte(random.number()),
            1 if place < bytes.len() => bytes[place] ^= 1 << random.below(8),
            2 => bytes.truncate(place.max(2)),
            3 => bytes.insert(place.min(bytes.len()), low_byte(random.number())),
            _ => bytes.extend_from_slice(&varint(random.number() >> random.below(64))),
        }
    }
    bytes
}

/// A frame with one update.
pub fn update_frame(update: &[u8]) -> Vec<u8> {
    message(&[0, 2], update)
}

fn message(kind: &[u8], payload: &[u8]) -> Vec<u8> {
    [kind, &varint(payload.len() as u64), payload].concat()
}

/// A number as lib0 writes it.
pub fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7F {
        bytes.push(low_byte(number) | 0x80);
        number >>= 7;
    }
    bytes.push(low_byte(number));
    bytes
}

fn low_byte(number: u64) -> u8 {
    number.to_le_bytes()[0]
}

fn text(text: &str) -> Vec<u8> {
    [&varint(text.len() as u64), text.as_bytes()].concat()
}

/// An update of one block, under key `k` of the root `notes`, by client 7.
fn one_block(kind: u8, content: &[u8]) -> Vec<u8> {
    let head = [
        varint(1),
        varint(1),
        varint(7),
        varint(0),
        vec![kind | WITH_KEY],
    ]
    .concat();
    [
        head,
        varint(1),
        text("notes"),
        text("k"),
        content.to_vec(),
        varint(0),
    ]
    .concat()
}

fn one_any(value: &[u8]) -> Vec<u8> {
    one_block(ANY_FLAG, &[&varint(1), value].concat())
}

fn deep_array(depth: usize) -> Vec<u8> {
    let mut bytes = [ANY_ARRAY, 1].repeat(depth);
    bytes.push(ANY_NULL);
    bytes
}

fn claiming_maps(depth: usize) -> Vec<u8> {
    let level = [vec![ANY_MAP], varint(1 << 24), text("a")].concat();
    level.repeat(depth)
}

fn nested_types(depth: u64) -> Vec<u8> {
    let mut bytes = [varint(1), varint(depth), varint(7), varint(0)].concat();
    for clock in 0..depth {
        bytes.push(TYPE_FLAG | WITH_KEY);
        if clock == 0 {
            bytes.extend([varint(1), text("notes")].concat());
        } else {
            bytes.extend([varint(0), varint(7), varint(clock - 1)].concat());
        }
        bytes.extend(text("k"));
        bytes.push(MAP);
    }
    bytes.push(0);
    bytes
}

fn many_roots(count: u64) -> Vec<u8> {
    let mut bytes = [varint(1), varint(count), varint(7), varint(0)].concat();
    for root in 0..count {
        bytes.push(ANY_FLAG | WITH_KEY);
        bytes.extend([varint(1), text(&format!("root{root}")), text("k")].concat());
        bytes.extend([varint(1), vec![ANY_NULL]].concat());
    }
    bytes.push(0);
    bytes
}

fn at_clock(clock: u64) -> Vec<u8> {
    let head = [
        varint(1),
        varint(1),
        varint(7),
        varint(clock),
        vec![ANY_FLAG | WITH_KEY],
    ]
    .concat();
    [
        head,
        varint(1),
        text("notes"),
        text("k"),
        varint(1),
        vec![ANY_NULL],
        varint(0),
    ]
    .concat()
}

fn claiming_text(length: u64) -> Vec<u8> {
    let head = [varint(1), varint(1), varint(7), varint(0)].concat();
    let kind = vec![u8::try_from(TEXT_FLAG).expect("a small number")];
    [
        head,
        kind,
        varint(1),
        text("notes"),
        varint(length),
        b"short".to_vec(),
    ]
    .concat()
}

fn after_unknown() -> Vec<u8> {
    let head = [
        varint(1),
        varint(1),
        varint(7),
        varint(0),
        vec![ANY_FLAG | WITH_ORIGIN],
    ]
    .concat();
    [
        head,
        varint(999),
        varint(5),
        varint(1),
        vec![ANY_NULL],
        varint(0),
    ]
    .concat()
}

fn deletion(client: u64, clock: u64, length: u64) -> Vec<u8> {
    [
        varint(0),
        varint(1),
        varint(client),
        varint(1),
        varint(clock),
        varint(length),
    ]
    .concat()
}

fn claiming_deletion() -> Vec<u8> {
    [varint(0), varint(1), varint(7), varint(1 << 31)].concat()
}
