//! What an update costs is known before it is applied: shapes that kept yrs busy, by name.

use super::craft::*;
use crate::gate::{Admission, Gate, Limit, Refusal};
use crate::limits::{ROOM_WORK, TEXT_BLOCKS, THING_BLOCKS, UPDATE_WORK, UPDATE_WORK_MOST};

/// What the update comes to, in a room with note "n", whose text is item 1 of client 1.
fn heard(gate: &mut Gate, update: &[u8]) -> Result<u64, Refusal> {
    gate.admit(update, &mut |_| true).map(|it| match it {
        Admission::Known => 0,
        Admission::Admitted { work, .. } => work,
    })
}

fn mark() -> Content {
    (5, vec![1, b'1'])
}

/// So many pieces that yrs cannot join, each behind the one before, in the text of note "n".
fn marks(client: u64, count: u32) -> Vec<u8> {
    let first = [item(after((1, 4)), mark())];
    let others = (0..count - 1).map(|at| item(after((client, at)), mark()));
    let all: Vec<_> = first.into_iter().chain(others).collect();
    blocks((client, 0), &all)
}

#[test]
fn a_text_of_ninety_thousand_pieces_is_too_large() {
    let mut gate = room_with_a_note().gate;

    let at_once = heard(&mut gate, &marks(8, 90_000));
    let in_parts = [8, 9].map(|client| heard(&mut gate, &marks(client, TEXT_BLOCKS - 10)));

    assert_eq!(at_once, Err(Refusal::TooLarge(Limit::Work)));
    assert!(in_parts[0].is_ok());
    assert_eq!(in_parts[1], Err(Refusal::TooLarge(Limit::TextBlocks)));
}

#[test]
fn items_that_are_compared_with_a_whole_text_cost_as_much_as_they_are_compared() {
    let mut gate = room_with_a_note().gate;
    heard(&mut gate, &marks(8, 4_000)).unwrap();
    let beside = |client, count| blocks((client, 0), &vec![item(after((1, 2)), text("y")); count]);

    let two_kilobytes = heard(&mut gate, &beside(9, 300));
    let a_few = heard(&mut gate, &beside(9, 50)).unwrap();

    assert_eq!(two_kilobytes, Err(Refusal::TooLarge(Limit::Work)));
    assert!((50 * 4_000..=UPDATE_WORK).contains(&a_few), "{a_few}");
}

#[test]
fn deleting_a_note_costs_as_much_as_there_is_in_it() {
    let mut gate = room_with_a_note().gate;
    heard(&mut gate, &marks(8, 4_000)).unwrap();

    let six_bytes = update(&[], &[(1, 0, 1)]);
    let work = heard(&mut gate, &six_bytes).unwrap();

    assert!(work > 40_000, "{work}");
}

#[test]
fn cutting_a_text_costs_as_many_blocks_as_stand_behind_it() {
    let mut gate = room_with_a_note().gate;
    let keys = (0..10_000).map(|at| item(in_root("scores", &format!("key {at}")), one()));
    heard(&mut gate, &blocks((1, 6), &keys.collect::<Vec<_>>())).unwrap();

    let work = heard(&mut gate, &update(&[], &[(1, 3, 1)])).unwrap();

    assert!(work > 3 * 10_000 / 32, "{work}");
}

#[test]
fn pieces_that_are_joined_cost_with_the_square() {
    let typed = |count: u32| {
        let letter = |at: u32| item(after(if at == 0 { (1, 4) } else { (8, at - 1) }), text("x"));
        blocks((8, 0), &(0..count).map(letter).collect::<Vec<_>>())
    };

    let some = heard(&mut room_with_a_note().gate, &typed(1_000)).unwrap();
    let more = heard(&mut room_with_a_note().gate, &typed(4_000)).unwrap();

    assert!(more > 6 * some, "{more} {some}");
}

#[test]
fn one_thing_on_the_board_is_bounded_and_can_be_deleted() {
    let mut room = room_with_a_note();
    let text = |of: u64, marks: u32| {
        let name = format!("text {of}");
        let begun = [
            item(in_map((1, 0), &name), text_type()),
            item(in_sequence((of, 0)), mark()),
        ];
        let others = (1..marks).map(|at| item(after((of, at)), mark()));
        let all: Vec<_> = begun.into_iter().chain(others).collect();
        blocks((of, 0), &all)
    };
    for of in 10..20 {
        heard(&mut room.gate, &text(of, THING_BLOCKS / 10 - 10)).unwrap();
    }

    let more = heard(&mut room.gate, &text(20, 200));
    let deleted = heard(&mut room.gate, &update(&[], &[(1, 0, 1)]));

    assert_eq!(more, Err(Refusal::TooLarge(Limit::ThingBlocks)));
    assert!(deleted.unwrap() < UPDATE_WORK_MOST);
}

#[test]
fn what_a_room_costs_to_load_is_bounded_as_it_is_written() {
    let mut gate = Gate::new();
    let mut refused = None;
    'rooms: for text_of in 0..4 {
        let (note, name) = (2 * text_of + 1, format!("n{text_of}"));
        let begun = [item(in_root("notes", &name), map()), {
            item(in_map((note, 0), "text"), text_type())
        }];
        heard(&mut gate, &blocks((note, 0), &begun)).unwrap();
        for at in 0..TEXT_BLOCKS / 50 {
            let front = vec![item(in_sequence((note, 1)), mark()); 50];
            if let Err(refusal) = heard(&mut gate, &blocks((note + 1, at * 50), &front)) {
                refused = Some((refusal, text_of));
                break 'rooms;
            }
        }
    }

    assert_eq!(refused, Some((Refusal::TooLarge(Limit::RoomWork), 1)));
    let most_of_one = u64::from(TEXT_BLOCKS) * u64::from(TEXT_BLOCKS) / 2;
    assert!(most_of_one < ROOM_WORK);
}

#[test]
fn people_who_type_in_one_text_at_once_do_not_fill_it() {
    let mut gate = room_with_a_note().gate;
    let begun = [8, 9].map(|client| blocks((client, 0), &[item(after((1, 4)), text("x"))]));
    for update in begun {
        heard(&mut gate, &update).unwrap();
    }

    let letter = |client, at| blocks((client, at), &[item(after((client, at - 1)), text("x"))]);
    // Together more blocks than a text may have, if each letter were one.
    for at in 1..TEXT_BLOCKS - 10 {
        heard(&mut gate, &letter(8, at)).unwrap();
        let work = heard(&mut gate, &letter(9, at)).unwrap();
        assert!(work < 400, "{work}");
    }
}

#[test]
fn an_ordinary_edit_is_cheap() {
    let mut gate = room_with_a_note().gate;

    let typed = heard(
        &mut gate,
        &blocks((1, 6), &[item(after((1, 4)), text("d"))]),
    )
    .unwrap();
    let made = heard(
        &mut gate,
        &blocks((9, 0), &[item(in_root("board", "x"), one())]),
    );

    assert!(typed < 20 && made.unwrap() < 20, "{typed}");
}
