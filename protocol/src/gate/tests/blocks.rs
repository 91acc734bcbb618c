//! What the gate counts of blocks: no fewer than yrs keeps, and deletions that cut among them.

use yrs::updates::decoder::Decode;
use yrs::{GetString, Map, MapRef, Out, ReadTxn, StateVector, Text, TextRef, Transact, Update};

use super::craft::*;
use crate::gate::{Admission, Gate, Limit, Refusal, count_added, count_blocks};
use crate::limits::{ROOM_BLOCKS, ROOM_WORK, TEXT_BLOCKS};
use crate::testing::{Chance, Room, new_document};

/// So many letters of client 8 behind "abc", in the text of note "n".
fn room_with_letters(count: usize) -> Room {
    let mut room = room_with_a_note();
    let letters = item(after((1, 4)), text(&"x".repeat(count)));
    room.hear(&blocks((8, 0), &[letters])).unwrap();
    room
}

/// Deletes every other letter of client 8, up to so many of them.
fn shred(room: &mut Room, letters: u32) -> Result<(), Refusal> {
    let every_other = (1..letters).step_by(2);
    let mut deletions = every_other.map(|at| room.hear(&update(&[], &[(8, at, 1)])).map(drop));
    deletions.find(Result::is_err).unwrap_or(Ok(()))
}

fn too_large(limit: Limit) -> Result<(), Refusal> {
    Err(Refusal::TooLarge(limit))
}

#[test]
fn a_cut_counts_at_once_and_no_more_when_both_sides_are_deleted() {
    let mut room = room_with_letters(10);
    let mut counted = Vec::new();

    for (at, count) in [(4, 1), (6, 1), (5, 1), (0, 4), (7, 3)] {
        room.hear(&update(&[], &[(8, at, count)])).unwrap();
        counted.push(room.gate.blocks());
        room.check();
    }

    assert_eq!(counted, [7, 9, 7, 6, 5]);
}

#[test]
fn what_comes_in_within_a_text_cuts_it() {
    let mut room = room_with_letters(10);
    let before = room.gate.blocks();

    let within = item(between((8, 4), (8, 5)), text("y"));
    room.hear(&blocks((9, 0), &[within])).unwrap();
    let again = item(between((8, 4), (9, 0)), text("z"));
    room.hear(&blocks((10, 0), &[again])).unwrap();

    assert_eq!(room.gate.blocks(), before + 3);
    room.check();
}

#[test]
fn what_a_log_adds_is_foreseen() {
    let room = room_with_letters(1_000);
    let cut = [(8, 4), (8, 6), (8, 5), (8, 500)].map(|(client, at)| {
        let deletion = [(client, at, 1)];
        update(&[], &deletion)
    });
    let within = item(between((8, 700), (8, 701)), text("y"));
    let typed = blocks(
        (9, 0),
        &[within, item(between((9, 0), (8, 701)), text("z"))],
    );
    let log = [&cut[..], &[typed]].concat();

    let added = count_added(log.iter().map(Vec::as_slice));

    // Two for each of two ranges, two letters, and where they are. Yrs joins the letters.
    assert_eq!(added, 7);
    let before = count_blocks(&room.snapshot()).unwrap();
    for update in &log {
        crate::testing::apply(&room.doc, update);
    }
    assert_eq!(count_blocks(&room.snapshot()).unwrap(), before + 6);
}

#[test]
fn deleting_backwards_letter_by_letter_does_not_fill_a_text() {
    let mut room = room_with_letters(300);
    let before = room.gate.blocks();

    for at in (0..300).rev() {
        room.hear(&update(&[], &[(8, at, 1)])).unwrap();
        assert!(room.gate.blocks() <= before + 1);
    }

    assert_eq!(room.gate.blocks(), before);
    room.check();
}

#[test]
fn a_shredded_text_is_full_and_can_be_deleted() {
    let mut room = room_with_letters(9_000);
    let most = TEXT_BLOCKS as usize + 10;

    let shredded = shred(&mut room, 9_000);

    assert_eq!(shredded, too_large(Limit::TextBlocks));
    assert!((TEXT_BLOCKS as usize..most).contains(&room.gate.blocks()));
    // Beside what is deleted already, many pieces, and the note.
    for deletion in [(8, 0, 1), (8, 2, 300), (1, 0, 1)] {
        room.hear(&update(&[], &[deletion])).unwrap();
    }
    room.check();
}

#[test]
fn a_full_room_takes_deletions_that_cut_nothing() {
    for limit in [Limit::RoomBlocks, Limit::RoomWork] {
        let mut room = room_with_letters(1_000);
        match limit {
            Limit::RoomBlocks => room.gate.learn_size(0, ROOM_BLOCKS - 2),
            _ => room.gate.load = ROOM_WORK - 12,
        }

        let shredded = shred(&mut room, 1_000);

        assert_eq!(shredded, too_large(limit));
        for deletion in [(8, 2, 1), (8, 0, 1_000), (1, 0, 6)] {
            room.hear(&update(&[], &[deletion])).unwrap();
        }
    }
}

#[test]
fn what_an_older_log_holds_is_read_and_can_be_deleted() {
    let mut room = room_with_letters(9_000);
    let pieces: Vec<_> = (1..9_000).step_by(2).map(|at| (8, at, 1)).collect();
    room.gate.replay(&update(&[], &pieces)).unwrap();
    let before = room.gate.blocks();
    assert!(before > TEXT_BLOCKS as usize);

    let more = room.gate.admit(&update(&[], &[(1, 3, 1)]), &mut |_| true);
    let fewer = room.gate.admit(&update(&[], &[(8, 2, 5)]), &mut |_| true);

    assert_eq!(more.map(drop), too_large(Limit::TextBlocks));
    assert!(fewer.is_ok() && room.gate.blocks() < before);
}

/// Three people type and delete in one text, each a while without the others.
#[test]
fn whatever_people_do_in_a_text_no_block_that_yrs_keeps_is_left_out() {
    for seed in 0..60 {
        let mut chance = Chance::new(seed);
        let mut room = room_with_a_note();
        let people: Vec<_> = (0..3).map(|_| new_document()).collect();
        let before = count_blocks(&room.snapshot()).unwrap();
        let mut log = Vec::new();
        for _ in 0..60 {
            let person = chance.pick(&people).unwrap();
            if chance.one_in(3) {
                let state = person.transact().state_vector();
                let lacks = room.doc.transact().encode_diff_v1(&state);
                let lacks = Update::decode_v1(&lacks).unwrap();
                person.transact_mut().apply_update(lacks).unwrap();
            }
            for _ in 0..=chance.below(4) {
                edit(person, &mut chance);
            }
            if chance.one_in(2) {
                let all = person.transact().encode_diff_v1(&StateVector::default());
                if let Admission::Admitted { update, .. } = room.hear(&all).unwrap() {
                    log.push(update);
                }
                room.check_agreement();
            }
            match chance.below(16) {
                0 => {
                    let state = room.snapshot();
                    let kept = count_blocks(&state).unwrap();
                    room.gate.learn_size(state.len(), kept);
                }
                1 => room.gate = Gate::from_document(&room.snapshot()).unwrap(),
                _ => {}
            }
        }
        room.check();
        let added = count_added(log.iter().map(Vec::as_slice));
        assert!(count_blocks(&room.snapshot()).unwrap() <= before + added);
    }
}

/// Types or deletes a few letters in the text of note "n", where the person has it.
fn edit(person: &yrs::Doc, chance: &mut Chance) {
    let mut transaction = person.transact_mut();
    let notes: MapRef = transaction.get_map("notes").unwrap();
    let Some(Out::YMap(note)) = notes.get(&transaction, "n") else {
        return;
    };
    let Some(Out::YText(letters)) = note.get(&transaction, "text") else {
        return;
    };
    let letters: TextRef = letters;
    let length = u32::try_from(letters.get_string(&transaction).len()).unwrap();
    let at = chance.small(length + 1);
    if chance.one_in(2) {
        let typed = "xyz".get(..=chance.below(3)).unwrap();
        letters.insert(&mut transaction, at, typed);
    } else {
        let count = (length - at).min(chance.small(4));
        letters.remove_range(&mut transaction, at, count);
    }
}
