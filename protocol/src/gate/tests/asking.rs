//! What the sender must be allowed to do for an update, as the gate asks it.

use super::craft::*;
use crate::gate::{Action, Admission, Refusal};

#[test]
fn what_may_not_be_touched_is_forbidden_with_its_place() {
    let mut room = room_with_a_note();
    let typed = blocks((9, 0), &[item(after((1, 4)), text("d"))]);
    let mut touched = Vec::new();

    let refusal = room.gate.admit(&typed, &mut |touch| {
        touched.push((touch.path.join("."), touch.action));
        false
    });

    let path = ["notes", "n", "text"].map(str::to_owned).to_vec();
    let action = Action::Insert;
    assert_eq!(refusal, Err(Refusal::Forbidden { path, action }));
    assert_eq!(touched, [("notes.n.text".to_owned(), Action::Insert)]);
    room.check();
}

#[test]
fn deleting_a_note_touches_everything_in_it() {
    let mut room = room_with_a_note();
    let mut touched = Vec::new();

    let admitted = room.gate.admit(&update(&[], &[(1, 0, 6)]), &mut |touch| {
        touched.push((touch.path.join("."), touch.action));
        true
    });

    assert!(admitted.is_ok());
    let deleted = |path: &str| (path.to_owned(), Action::Delete);
    assert_eq!(
        touched,
        [
            deleted("notes.n"),
            // The text, and what is typed in it.
            deleted("notes.n.text"),
            deleted("notes.n.text"),
            deleted("notes.n.order"),
        ]
    );
}

#[test]
fn what_is_known_already_needs_no_permission() {
    let mut room = room_with_a_note();
    room.hear(&update(&[], &[(1, 2, 1)])).unwrap();
    room.gate.learn_deletion(1, 3, 4);

    let resent = [&room.snapshot()[..], &update(&[], &[(1, 2, 2)])];

    for known in resent {
        assert_eq!(room.gate.admit(known, &mut |_| false), Ok(Admission::Known));
    }
}

#[test]
fn what_has_no_place_any_more_is_asked_about_too() {
    let mut room = room_with_a_note();
    let mut places = Vec::new();

    let refusal = room
        .gate
        .admit(&blocks((9, 0), &[collected(3)]), &mut |touch| {
            places.push(touch.path.len());
            false
        });

    assert!(matches!(refusal, Err(Refusal::Forbidden { path, .. }) if path.is_empty()));
    assert_eq!(places, [0]);
}
