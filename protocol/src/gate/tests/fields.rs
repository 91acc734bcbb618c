//! B8: what a field may hold, weighed before it is taken in.

use super::craft::*;
use crate::gate::{Admission, Limit, Refusal};
use crate::limits::{
    BOARD_ITEMS, FIELD_DEPTH, ID_BYTES, LIST_ITEMS, ORDER_KEY_BYTES, SHARED_TEXT_UNITS,
    SHORT_TEXT_UNITS, THING_FIELDS, WORD_BYTES,
};
use crate::testing::Room;
use crate::wire::reader::{write_block, write_number};

/// Puts a value under a key of the note "n".
fn put(room: &mut Room, client: u64, key: &str, value: &[u8]) -> Result<Admission, Refusal> {
    room.hear(&blocks(
        (client, 0),
        &[item(in_map((1, 0), key), values(&[value]))],
    ))
}

fn refusal_of(key: &str, value: &[u8]) -> Option<Refusal> {
    put(&mut room_with_a_note(), 9, key, value).err()
}

const TOO_MUCH: Option<Refusal> = Some(Refusal::TooLarge(Limit::Field));

fn string(text: &str) -> Vec<u8> {
    let mut bytes = vec![119];
    write_block(&mut bytes, text.as_bytes());
    bytes
}

fn list(count: u32, of: &[u8]) -> Vec<u8> {
    let mut bytes = vec![117];
    write_number(&mut bytes, count.into());
    bytes.extend(of.repeat(count as usize));
    bytes
}

fn float(number: f64) -> Vec<u8> {
    [&[123], &number.to_be_bytes()[..]].concat()
}

#[test]
fn b8_an_order_key_has_at_most_64_digits() {
    let order = |text: &str| refusal_of("order", &string(text));

    assert_eq!(order(&"z".repeat(ORDER_KEY_BYTES)), None);
    assert_eq!(order(&"z".repeat(ORDER_KEY_BYTES + 1)), TOO_MUCH);
    assert_eq!(order(&"z".repeat(60_000)), TOO_MUCH);
    assert_eq!(order("\0\u{7f}"), TOO_MUCH);
}

#[test]
fn b8_ids_and_words_are_short_and_later_words_come_through() {
    assert_eq!(
        refusal_of("phase", &string(&"é".repeat(ID_BYTES / 2))),
        None
    );
    assert_eq!(
        refusal_of("phase", &string(&"x".repeat(ID_BYTES + 1))),
        TOO_MUCH
    );
    assert_eq!(refusal_of("kind", &string("a_word-of-2030")), None);
    assert_eq!(
        refusal_of("kind", &string(&"x".repeat(WORD_BYTES + 1))),
        TOO_MUCH
    );
}

#[test]
fn b8_numbers_are_finite_and_in_their_range() {
    for number in [f64::NAN, f64::INFINITY, -1e300, 9_007_199_254_740_992.0] {
        assert_eq!(
            refusal_of("createdAt", &float(number)),
            TOO_MUCH,
            "{number}"
        );
        assert_eq!(refusal_of("of2030", &float(number)), TOO_MUCH, "{number}");
    }
    assert_eq!(refusal_of("createdAt", &float(1_795_000_000_123.0)), None);
    // 2^53 below zero as a whole number, and above it as a BigInt.
    let least = [125, 0xc0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20];
    assert_eq!(refusal_of("createdAt", &least), TOO_MUCH);
    assert_eq!(
        refusal_of("createdAt", &[122, 0, 0x20, 0, 0, 0, 0, 0, 0]),
        TOO_MUCH
    );
    for (effort, refusal) in [(1, None), (5, None), (0, TOO_MUCH), (6, TOO_MUCH)] {
        assert_eq!(refusal_of("effort", &[125, effort]), refusal, "{effort}");
    }
    assert_eq!(refusal_of("effort", &float(1.5)), TOO_MUCH);
}

/// A reader passes over it, so a client that writes it loses nothing by being let in.
#[test]
fn b8_a_small_value_of_another_kind_is_admitted() {
    for value in [&[126][..], &[127], &[120], &[125, 7], &string("?")] {
        for key in ["text", "phase", "votes", "author", "createdAt", "of2030"] {
            assert_eq!(refusal_of(key, value), None, "{key} {value:?}");
        }
    }
}

#[test]
fn b8_texts_lists_and_objects_are_as_long_as_their_field_needs() {
    let long = |units: u32| string(&"é".repeat(units as usize));
    assert_eq!(refusal_of("theme", &long(SHORT_TEXT_UNITS)), None);
    assert_eq!(refusal_of("theme", &long(SHORT_TEXT_UNITS + 1)), TOO_MUCH);
    assert_eq!(refusal_of("text", &long(SHARED_TEXT_UNITS)), None);
    assert_eq!(refusal_of("text", &long(SHARED_TEXT_UNITS + 1)), TOO_MUCH);
    assert_eq!(refusal_of("theme", &list(1, &[126])), TOO_MUCH);

    let action = |value: &[u8]| {
        let action = [
            item(in_root("actions", "a"), map()),
            item(in_map((9, 0), "notes"), values(&[value])),
        ];
        Room::new().hear(&blocks((9, 0), &action)).err()
    };
    assert_eq!(action(&list(LIST_ITEMS, &string("n"))), None);
    assert_eq!(action(&list(LIST_ITEMS + 1, &string("n"))), TOO_MUCH);
    assert_eq!(action(&list(1, &list(1, &[126]))), TOO_MUCH);
}

#[test]
fn b8_what_no_table_names_is_kept_while_it_is_small() {
    let nested = |depth: u32| [&[117, 1].repeat(depth as usize)[..], &[126]].concat();

    assert_eq!(refusal_of("of2030", &nested(FIELD_DEPTH)), None);
    assert_eq!(refusal_of("of2030", &nested(FIELD_DEPTH + 1)), TOO_MUCH);
    assert_eq!(refusal_of("of2030", &list(1_000, &[126])), TOO_MUCH);
    assert_eq!(refusal_of("of2030", &string(&"x".repeat(3_000))), TOO_MUCH);
}

#[test]
fn b8_a_text_grows_to_its_bound_and_no_further() {
    let mut room = room_with_a_note();
    let most = SHARED_TEXT_UNITS as usize;
    let grow = |clock, units: usize| {
        let typed = item(after((1, 4)), text(&"x".repeat(units)));
        blocks((9, clock), &[typed])
    };

    assert!(room.hear(&grow(0, most - 3)).is_ok());
    let full = u32::try_from(most - 3).unwrap();
    assert_eq!(
        room.hear(&grow(full, 1)),
        Err(Refusal::TooLarge(Limit::Field))
    );

    // What is deleted makes room, in the same update too.
    let replaced = section((9, full), &[item(after((1, 4)), text("yy"))]);
    assert!(room.hear(&update(&[replaced], &[(1, 2, 2)])).is_ok());
    assert_eq!(
        room.hear(&grow(full + 2, 1)),
        Err(Refusal::TooLarge(Limit::Field))
    );
    room.check();
}

#[test]
fn b8_what_an_older_log_holds_can_be_made_smaller() {
    let mut room = room_with_a_note();
    let long = blocks(
        (9, 0),
        &[
            item(after((1, 4)), text(&"x".repeat(50_000))),
            item(
                in_map((1, 0), "kind"),
                values(&[&string(&"z".repeat(60_000))]),
            ),
        ],
    );
    assert!(room.gate.replay(&long).is_ok());

    let swapped = section((8, 0), &[item(after((1, 4)), text("shorter"))]);
    assert!(
        room.gate
            .admit(&update(&[swapped], &[(9, 0, 40_000)]), &mut |_| true)
            .is_ok()
    );
    let grown = blocks((8, 7), &[item(after((8, 6)), text("!"))]);
    assert_eq!(
        room.gate.admit(&grown, &mut |_| true),
        Err(Refusal::TooLarge(Limit::Field))
    );
}

#[test]
fn b8_an_order_key_written_together_is_no_longer_either() {
    let mut room = room_with_a_note();
    let shared = |length| {
        blocks(
            (9, 0),
            &[
                item(in_map((1, 0), "order"), text_type()),
                item(in_sequence((9, 0)), text(&"z".repeat(length))),
            ],
        )
    };

    assert_eq!(
        room.hear(&shared(ORDER_KEY_BYTES + 1)),
        Err(Refusal::TooLarge(Limit::Field))
    );
    assert!(room.hear(&shared(ORDER_KEY_BYTES)).is_ok());
}

#[test]
fn b8_a_thing_has_so_many_fields_and_short_names() {
    let mut room = room_with_a_note();
    let fields: Vec<_> = (2..THING_FIELDS)
        .map(|field| item(in_map((1, 0), &format!("f{field}")), one()))
        .collect();
    assert!(room.hear(&blocks((9, 0), &fields)).is_ok());

    let fresh = blocks((8, 0), &[item(in_map((1, 0), "one more"), one())]);
    assert_eq!(room.hear(&fresh), Err(Refusal::TooLarge(Limit::Fields)));
    assert!(
        room.hear(&blocks((8, 0), &[item(in_map((1, 0), "f9"), one())]))
            .is_ok()
    );

    let id = "n".repeat(ID_BYTES + 1);
    let named = blocks((7, 0), &[item(in_root("notes", &id), map())]);
    assert_eq!(room.hear(&named), Err(Refusal::TooLarge(Limit::Key)));
    let score = blocks((7, 0), &[item(in_root("scores", &id), map())]);
    assert!(room.hear(&score).is_ok());
    room.check();
}

#[test]
fn b8_a_board_has_so_many_things_and_deleting_makes_room() {
    let mut room = Room::new();
    let note = |client: u64, id: u64| {
        blocks(
            (client, 0),
            &[item(in_root("notes", &format!("n{id}")), map())],
        )
    };
    let many: Vec<_> = (0..BOARD_ITEMS)
        .map(|id| item(in_root("notes", &format!("n{id}")), map()))
        .collect();
    room.hear(&blocks((1, 0), &many)).unwrap();

    assert_eq!(
        room.hear(&note(2, 99_999)),
        Err(Refusal::TooLarge(Limit::Items))
    );

    room.hear(&update(&[], &[(1, 7, 1)])).unwrap();
    assert!(room.hear(&note(2, 99_999)).is_ok());
    assert_eq!(
        room.hear(&note(3, 99_998)),
        Err(Refusal::TooLarge(Limit::Items))
    );
    room.check();
}
