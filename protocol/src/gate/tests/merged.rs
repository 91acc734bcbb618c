//! Updates merged: the room comes to the same as by one after the other.

use yrs::{Doc, ReadTxn, StateVector, Transact};

use super::craft;
use crate::gate::{Admission, Refusal, merge};
use crate::testing::{Chance, Room, SESSIONS, apply, content, new_document, updates_of};

/// Rooms per corpus.
const CASES: u64 = 40;

/// What the room admitted of a whole session, in order.
fn admitted(name: &str, updates: &[&[u8]], chance: &mut Chance) -> Vec<Vec<u8>> {
    let mut room = Room::new();
    let taken = 1 + chance.below(updates.len());
    let mut admitted = Vec::new();
    for update in &updates[..taken] {
        match room.hear(update) {
            Ok(Admission::Admitted { update, .. }) => admitted.push(update),
            Ok(Admission::Known) => {}
            Err(refusal) => panic!("{name}: {refusal}"),
        }
    }
    admitted
}

fn vector(doc: &Doc) -> StateVector {
    doc.transact().state_vector()
}

#[test]
fn merged_updates_come_to_what_they_come_to_one_by_one_and_merged_by_yrs() {
    for (name, bytes) in SESSIONS {
        for seed in 0..CASES {
            let mut chance = Chance::new(seed);
            let updates = admitted(name, &updates_of(bytes), &mut chance);
            let (alone, ours, theirs) = (new_document(), new_document(), new_document());

            let mut rest = &updates[..];
            while !rest.is_empty() {
                let (turn, later) = rest.split_at(1 + chance.below(rest.len().min(40)));
                rest = later;
                for update in turn {
                    apply(&alone, update);
                }
                apply(&ours, &merge(turn.iter().map(Vec::as_slice)).unwrap());
                apply(&theirs, &yrs::merge_updates_v1(turn).unwrap());
            }

            for other in [&alone, &theirs] {
                assert_eq!(content(&ours), content(other), "{name}, seed {seed}");
                assert_eq!(vector(&ours), vector(other), "{name}, seed {seed}");
            }
            assert!(!ours.transact().has_missing_updates());
        }
    }
}

#[test]
fn a_merged_update_is_read_as_strictly_as_any_other_and_says_nothing_twice() {
    for (name, bytes) in SESSIONS {
        let updates = admitted(name, &updates_of(bytes), &mut Chance::new(7));

        let merged = merge(updates.iter().map(Vec::as_slice)).unwrap();

        let mut room = Room::new();
        let Ok(Admission::Admitted { update, .. }) = room.hear(&merged) else {
            panic!("{name}: not admitted");
        };
        assert_eq!(update, merged, "{name}");
        assert_eq!(room.hear(&merged), Ok(Admission::Known), "{name}");
    }
}

#[test]
fn what_does_not_follow_is_not_merged() {
    let updates = admitted("alone", &updates_of(SESSIONS[3].1), &mut Chance::new(1));
    let merged = merge(updates.iter().map(Vec::as_slice)).unwrap();
    let two_ticks_at =
        |clock| craft::update(&[craft::section((7, clock), &[craft::collected(2)])], &[]);
    let (first, apart) = (two_ticks_at(0), two_ticks_at(3));

    assert_eq!(
        merge([first.as_slice(), apart.as_slice()]),
        Err(Refusal::Missing)
    );
    assert!(matches!(
        merge([first.as_slice(), &merged[..merged.len() - 1]]),
        Err(Refusal::Malformed(_))
    ));
    let nothing: [&[u8]; 0] = [];
    assert_eq!(merge(nothing), Ok(vec![0, 0]));
}
