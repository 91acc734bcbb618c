//! Hand-made input that no honest client sends, each refused for its own reason.

use super::craft::*;
use crate::gate::{Admission, Gate, Limit, Refusal};
use crate::limits;

fn refusal_of(update: &[u8]) -> Refusal {
    room_with_a_note().hear(update).unwrap_err()
}

fn assert_malformed(update: &[u8]) {
    let refusal = refusal_of(update);
    assert!(matches!(refusal, Refusal::Malformed(_)), "{refusal:?}");
}

fn value_nested(depth: usize) -> Vec<u8> {
    [[117, 1].repeat(depth), vec![126]].concat()
}

#[test]
fn a_value_nested_ten_thousand_deep_is_too_large() {
    let deep = |depth| {
        let value = value_nested(depth);
        blocks((9, 0), &[item(in_root("board", "x"), values(&[&value]))])
    };

    // In an older log it may stand.
    let mut room = room_with_a_note();
    assert!(room.gate.replay(&deep(limits::ANY_DEPTH)).is_ok());
    for depth in [limits::ANY_DEPTH + 1, 10_000, 400_000] {
        assert_eq!(
            refusal_of(&deep(depth)),
            Refusal::TooLarge(Limit::ValueDepth)
        );
    }
}

#[test]
fn counts_are_not_believed() {
    for count in [1 << 25, 1 << 28, 1 << 52] {
        // Clients, blocks of a client, clients with deletions, deletions of a client.
        assert_malformed(&number(count));
        assert_malformed(&[&[1], &number(count)[..], &[9, 0, 0, 0]].concat());
        assert_malformed(&[&[0], &number(count)[..]].concat());
        assert_malformed(&[&[0, 1, 9], &number(count)[..]].concat());
    }
}

#[test]
fn nested_maps_that_claim_millions_of_fields_are_malformed() {
    let claiming = [&[118][..], &number(1 << 24), &[1, b'k']].concat();
    let value = claiming.repeat(limits::ANY_DEPTH);

    assert_malformed(&blocks(
        (9, 0),
        &[item(in_root("board", "x"), values(&[&value]))],
    ));
    assert_malformed(&blocks(
        (9, 0),
        &[item(in_root("board", "x"), (8, number(1 << 24)))],
    ));
}

#[test]
fn types_nested_beyond_the_limit_are_too_large() {
    let nested = |depth: u32| {
        let mut maps = vec![item(in_root("notes", "m"), map())];
        maps.extend((0..depth - 1).map(|clock| item(in_map((9, clock), "m"), map())));
        blocks((9, 0), &maps)
    };
    // The root itself is the first.
    let deepest = u32::try_from(limits::TYPE_DEPTH).unwrap() - 1;

    assert!(room_with_a_note().hear(&nested(deepest)).is_ok());
    assert_eq!(
        refusal_of(&nested(deepest + 1)),
        Refusal::TooLarge(Limit::TypeDepth)
    );
    assert_eq!(
        refusal_of(&nested(90_000)),
        Refusal::TooLarge(Limit::TypeDepth)
    );
    assert_eq!(
        refusal_of(&nested(200_000)),
        Refusal::TooLarge(Limit::Blocks)
    );
}

#[test]
fn a_root_that_is_not_the_boards_is_malformed() {
    assert_malformed(&blocks((9, 0), &[item(in_root("nodes", "n"), one())]));

    let many: Vec<_> = (0..50_000)
        .map(|root| item(in_root(&format!("root{root}"), "n"), one()))
        .collect();
    assert_malformed(&blocks((9, 0), &many));
}

#[test]
fn subdocuments_and_kinds_that_no_board_holds_are_malformed() {
    let guid = [&[4][..], b"guid", &[118, 0]].concat();
    for content in [
        (9, guid),
        // ContentJSON.
        (2, vec![1, 1, b'1']),
        // XML element, XML fragment, XML hook, XML text, weak link.
        (7, vec![3, 1, b'p']),
        (7, vec![4]),
        (7, vec![5, 1, b'p']),
        (7, vec![6]),
        (7, vec![7, 0, 1, 0]),
        (11, vec![0]),
        (0x18, vec![1, 126]),
    ] {
        assert_malformed(&blocks((9, 0), &[item(in_root("board", "x"), content)]));
    }
    assert_malformed(&blocks((9, 0), &[vec![0x80, 1, 2, 3]]));
}

#[test]
fn a_gap_is_missing() {
    let far = |clock| blocks((9, clock), &[item(in_root("board", "x"), one())]);

    assert_eq!(refusal_of(&far(1)), Refusal::Missing);
    assert_eq!(refusal_of(&far(2_000_000_000)), Refusal::Missing);
    let skipping = [skip(5), item(in_root("board", "x"), one())];
    assert_eq!(refusal_of(&blocks((9, 0), &skipping)), Refusal::Missing);
    let halfway = [
        item(in_root("board", "x"), one()),
        skip(1),
        item(in_root("board", "y"), one()),
    ];
    assert_eq!(refusal_of(&blocks((9, 0), &halfway)), Refusal::Missing);
}

#[test]
fn whatever_builds_on_the_unknown_is_missing() {
    for links in [
        after((7, 0)),
        after((1, 6)),
        between((1, 2), (7, 0)),
        in_map((7, 0), "k"),
    ] {
        let update = blocks((9, 0), &[item(links, one())]);
        assert_eq!(refusal_of(&update), Refusal::Missing, "{links:?}");
    }
    for deletion in [(7, 0, 1), (1, 5, 2), (1, 6, 1)] {
        assert_eq!(refusal_of(&update(&[], &[deletion])), Refusal::Missing);
    }
}

#[test]
fn clocks_beyond_31_bits_are_malformed() {
    assert_malformed(&blocks((9, 0), &[collected(u32::MAX), collected(2)]));
    assert_malformed(&blocks((9, u32::MAX), &[collected(1)]));
    assert_malformed(&blocks(
        (9, 0),
        &[item(in_root("board", "x"), deleted(1 << 31))],
    ));
    assert_malformed(&update(&[], &[(1, u32::MAX, 1)]));
    assert_malformed(&update(&[], &[(1, 0, u32::MAX)]));
}

#[test]
fn items_that_wait_for_each_other_are_malformed() {
    let circle = update(
        &[
            section((8, 0), &[item(after((9, 0)), text("x"))]),
            section((9, 0), &[item(after((8, 0)), text("y"))]),
        ],
        &[],
    );
    assert_malformed(&circle);
    assert_malformed(&blocks((9, 0), &[item(after((9, 0)), text("x"))]));
    assert_malformed(&blocks(
        (9, 0),
        &[item(after((9, 1)), text("x")), collected(1)],
    ));
}

#[test]
fn content_that_does_not_fit_its_parent_is_malformed() {
    let text_in_map = item(in_map((1, 0), "k"), text("x"));
    let map_in_text = item(after((1, 3)), map());
    let value_in_text = item(after((1, 3)), one());
    let mark_in_map = item(in_map((1, 0), "k"), (6, vec![1, b'b', 1, b'1']));
    let value_without_key = item(in_sequence((1, 0)), one());
    let key_in_text = item(in_map((1, 1), "k"), text("x"));
    let child_of_value = item(in_map((1, 5), "k"), one());
    let child_of_letter = item(in_sequence((1, 2)), text("x"));
    let right_origin_under_key = item(between((1, 5), (1, 5)), one());
    for fault in [
        text_in_map,
        map_in_text,
        value_in_text,
        mark_in_map,
        value_without_key,
        key_in_text,
        child_of_value,
        child_of_letter,
        right_origin_under_key,
    ] {
        assert_malformed(&blocks((9, 0), &[fault]));
    }
}

#[test]
fn origins_in_two_places_are_malformed() {
    assert_malformed(&blocks((9, 0), &[item(between((1, 2), (1, 5)), text("x"))]));
    let right_only = Links {
        right_origin: Some((1, 5)),
        ..Links::default()
    };
    assert_malformed(&blocks((9, 0), &[item(right_only, one())]));
}

#[test]
fn what_is_in_quarantine_is_refused_and_what_builds_on_it_is_missing() {
    let mut room = room_with_a_note();
    let value = |at| blocks(at, &[item(in_root("board", "x"), one())]);
    room.gate.quarantine(&value((9, 0)));

    let again = room.hear(&value((9, 0)));
    let next = room.hear(&value((9, 1)));

    assert!(matches!(again, Err(Refusal::Malformed(_))), "{again:?}");
    assert_eq!(next, Err(Refusal::Missing));
    assert!(room.hear(&value((8, 0))).is_ok());
    room.check();
}

#[test]
fn empty_blocks_trailing_bytes_and_repeated_clients_are_malformed() {
    assert_malformed(&blocks((9, 0), &[collected(0)]));
    assert_malformed(&blocks((9, 0), &[skip(0)]));
    assert_malformed(&blocks((9, 0), &[item(in_root("board", "x"), values(&[]))]));
    assert_malformed(&blocks((9, 0), &[item(after((1, 4)), text(""))]));
    assert_malformed(&[0, 0, 0]);
    let twice = section((9, 0), &[collected(1)]);
    assert_malformed(&update(&[twice.clone(), twice], &[]));
}

#[test]
fn every_cut_of_an_update_is_malformed() {
    let whole = update(
        &[section((9, 0), &[item(between((1, 2), (1, 3)), text("é"))])],
        &[(1, 4, 1)],
    );

    assert!(room_with_a_note().hear(&whole).is_ok());
    for end in 0..whole.len() {
        assert_malformed(&whole[..end]);
    }
}

#[test]
fn too_many_of_anything_is_too_large() {
    let too_many = |limit| Refusal::TooLarge(limit);
    let sections: Vec<_> = (10..)
        .take(limits::UPDATE_CLIENTS + 1)
        .map(|client| section((client, 0), &[collected(1)]))
        .collect();
    assert_eq!(
        refusal_of(&update(&sections, &[])),
        too_many(Limit::Clients)
    );

    let many = vec![collected(1); limits::UPDATE_BLOCKS + 1];
    assert_eq!(refusal_of(&blocks((9, 0), &many)), too_many(Limit::Blocks));

    let list = vec![&[126][..]; limits::ANY_NODES + 1];
    let list = blocks((9, 0), &[item(in_root("board", "x"), values(&list))]);
    assert_eq!(refusal_of(&list), too_many(Limit::Values));

    let long = item(after((1, 4)), text(&"x".repeat(limits::STRING_BYTES + 1)));
    assert_eq!(refusal_of(&blocks((9, 0), &[long])), too_many(Limit::Text));

    let key = "k".repeat(limits::KEY_BYTES + 1);
    let keyed = item(in_root("board", &key), one());
    assert_eq!(refusal_of(&blocks((9, 0), &[keyed])), too_many(Limit::Key));

    let ranges = [0, 1].repeat(limits::DELETE_RANGES + 1);
    let count = number(limits::DELETE_RANGES as u64 + 1);
    let ranges = [&[0, 1, 1], &count[..], &ranges].concat();
    assert_eq!(refusal_of(&ranges), too_many(Limit::DeleteRanges));
}

/// The forged pattern: a long text, then many items that yrs must cut it for.
#[test]
fn an_update_that_would_keep_yrs_busy_for_minutes_is_too_large() {
    let long = text(&"x".repeat(limits::STRING_BYTES));
    let cuts: Vec<_> = (0..4_000)
        .map(|at| item(between((8, at), (8, at + 1)), text("y")))
        .collect();
    let forged = update(
        &[
            section((8, 0), &[item(after((1, 2)), long)]),
            section((9, 0), &cuts),
        ],
        &[],
    );

    assert_eq!(refusal_of(&forged), Refusal::TooLarge(Limit::Work));
}

#[test]
fn a_refused_update_changes_nothing() {
    let mut room = room_with_a_note();
    let before = room.gate_at_rest();
    // Most of it is fine: a new client, new places, a new key; the last item is not.
    let mixed = update(
        &[
            section((1, 6), &[item(after((1, 4)), text("d"))]),
            section(
                (9, 0),
                &[
                    item(in_root("notes", "other"), map()),
                    item(in_map((9, 0), "new key"), one()),
                    item(after((1, 5)), one()),
                    item(in_root("unknown", "x"), one()),
                ],
            ),
        ],
        &[(1, 2, 1)],
    );

    assert!(matches!(room.hear(&mixed), Err(Refusal::Malformed(_))));

    assert!(room.gate_at_rest() == before, "the gate remembers");
    room.check();
}

#[test]
fn a_room_does_not_outgrow_its_clients() {
    let mut gate = Gate::new();
    let mut all = |_: &crate::gate::Touch<'_>| true;
    let of = |client| blocks((client, 0), &[collected(1)]);
    for client in 0..limits::ROOM_CLIENTS as u64 {
        gate.admit(&of(client), &mut all).unwrap();
    }

    let one_more = gate.admit(&of(u64::from(u32::MAX)), &mut all);

    assert_eq!(one_more, Err(Refusal::TooLarge(Limit::RoomClients)));
    assert!(
        gate.admit(&blocks((3, 1), &[collected(1)]), &mut all)
            .is_ok()
    );
}

#[test]
fn a_full_room_takes_what_adds_no_block_and_nothing_else() {
    let mut room = room_with_a_note();
    room.gate.learn_size(limits::ROOM_BYTES, 1);

    let more = room.hear(&blocks((9, 0), &[item(in_root("board", "x"), one())]));
    let pieces = room.hear(&update(&[], &[(1, 3, 1)]));
    let less = room.hear(&update(&[], &[(1, 2, 3)]));

    assert_eq!(more, Err(Refusal::TooLarge(Limit::RoomBytes)));
    assert_eq!(pieces, Err(Refusal::TooLarge(Limit::RoomBytes)));
    assert!(matches!(less, Ok(Admission::Admitted { .. })));
}
