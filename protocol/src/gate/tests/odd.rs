//! Hand-made input that is odd but well formed: what the gate makes of it.

use super::craft::*;
use crate::gate::{Admission, Gate, Refusal, StateVector, trim};
use crate::testing::{Room, content};

#[test]
fn a_skip_over_what_the_room_has_is_no_gap() {
    let mut room = room_with_a_note();

    let onwards = blocks((1, 0), &[skip(6), item(in_root("board", "x"), one())]);

    assert!(matches!(
        room.hear(&onwards),
        Ok(Admission::Admitted { .. })
    ));
    room.check();
}

#[test]
fn clients_that_take_turns_waiting_are_admitted() {
    let mut room = room_with_a_note();
    let turns = update(
        &[
            section(
                (8, 0),
                &[
                    item(after((1, 4)), text("a")),
                    item(after((9, 0)), text("b")),
                ],
            ),
            section(
                (9, 0),
                &[
                    item(after((8, 0)), text("c")),
                    item(after((8, 1)), text("d")),
                ],
            ),
        ],
        &[],
    );

    assert!(matches!(room.hear(&turns), Ok(Admission::Admitted { .. })));
    room.check();
}

/// Who deletes a note forgets what was written in it meanwhile, and others write beside that.
#[test]
fn what_stands_beside_something_collected_is_collected() {
    for links in [between((9, 0), (1, 3)), between((1, 2), (9, 0))] {
        let mut room = room_with_a_note();
        room.hear(&blocks((9, 0), &[collected(1)])).unwrap();
        let shown = content(&room.doc);

        let admission = room.hear(&blocks((8, 0), &[item(links, text("x"))]));

        let update = blocks((8, 0), &[collected(1)]);
        assert!(
            matches!(admission, Ok(Admission::Admitted { update: told, .. }) if told == update)
        );
        assert_eq!(content(&room.doc), shown);
        room.check();
    }
}

/// Yjs's own undo makes such items in a note that was deleted and restored.
#[test]
fn origins_that_were_never_neighbours_are_admitted() {
    for (left, right) in [(4, 2), (3, 2), (2, 4), (3, 3)] {
        let mut room = room_with_a_note();
        let crossed = blocks((9, 0), &[item(between((1, left), (1, right)), text("x"))]);

        let admission = room.hear(&crossed);

        assert!(matches!(admission, Ok(Admission::Admitted { .. })));
        room.check_but_for_order();
    }
}

#[test]
fn overlaps_are_trimmed_and_known_content_is_not_overwritten() {
    let mut room = room_with_a_note();
    // Claims other letters for items 2–4, and adds two.
    let overlapping = blocks(
        (1, 2),
        &[
            item(in_sequence((1, 1)), text("XYZ")),
            item(in_map((1, 0), "order"), values(&[&[125, 2], &[125, 3]])),
        ],
    );

    let admission = room.hear(&overlapping).unwrap();

    let update = match admission {
        Admission::Admitted { update, .. } => update,
        Admission::Known => panic!("item 6 is new"),
    };
    assert_eq!(
        update,
        blocks((1, 6), &[item(after((1, 5)), values(&[&[125, 3]]))])
    );
    assert!(content(&room.doc).contains("abc"));
    room.check();
}

#[test]
fn an_update_is_trimmed_to_what_a_state_lacks() {
    let whole = blocks((1, 2), &[item(after((1, 1)), text("abcd"))]);
    let at = |clock| StateVector::from_iter([(1, clock)]);

    let rest = blocks((1, 4), &[item(after((1, 3)), text("cd"))]);

    assert_eq!(trim(&whole, &at(2)), Ok(whole.clone()));
    assert_eq!(trim(&whole, &at(4)), Ok(rest));
    assert_eq!(trim(&whole, &at(6)), Ok(vec![0, 0]));
    assert_eq!(trim(&whole, &at(1)), Err(Refusal::Missing));
}

#[test]
fn values_joined_under_one_key_are_written_apart() {
    let mut room = room_with_a_note();
    let joined = values(&[&[125, 1], &[125, 2], &[125, 3]]);

    let admission = room.hear(&blocks((9, 0), &[item(in_root("board", "title"), joined)]));

    let apart = blocks(
        (9, 0),
        &[
            item(in_root("board", "title"), values(&[&[125, 1]])),
            item(after((9, 0)), values(&[&[125, 2]])),
            item(after((9, 1)), values(&[&[125, 3]])),
        ],
    );
    assert!(matches!(admission, Ok(Admission::Admitted { update, .. }) if update == apart));
    room.check();
}

#[test]
fn what_was_made_in_something_deleted_is_admitted_and_gone() {
    let mut room = room_with_a_note();
    room.hear(&update(&[], &[(1, 0, 6)])).unwrap();
    // The second gate knows only that there was something.
    let mut reloaded = Gate::from_document(&room.snapshot()).unwrap();
    let typed = blocks(
        (9, 0),
        &[
            item(after((1, 4)), text("d")),
            item(in_map((1, 0), "k"), one()),
        ],
    );

    let admitted = room.hear(&typed);

    assert!(matches!(admitted, Ok(Admission::Admitted { .. })));
    assert!(matches!(
        reloaded.replay(&typed),
        Ok(Admission::Admitted { .. })
    ));
    room.check();
}

#[test]
fn what_fits_nowhere_is_refused_and_collected_where_the_log_has_it() {
    let mut live = Room::new();
    live.hear(&blocks((1, 0), &[item(in_root("board", "x"), one())]))
        .unwrap();
    live.hear(&blocks((2, 0), &[item(after((1, 0)), one())]))
        .unwrap();
    let mut loaded = Gate::from_document(&live.snapshot()).unwrap();
    let forged = blocks((1, 1), &[item(in_map((1, 0), "k"), one())]);
    assert!(matches!(live.hear(&forged), Err(Refusal::Malformed(_))));

    for gate in [&mut live.gate, &mut loaded] {
        let taken = gate.replay(&forged);

        assert!(matches!(taken, Ok(Admission::Admitted { .. })), "{taken:?}");
        assert_eq!(gate.state_vector().clock(1), 2);
    }
}
