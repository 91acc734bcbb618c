//! What real Yjs clients send is admitted.

use crate::gate::{Admission, Gate};
use crate::testing::{Room, SESSIONS, content, updates_of};

#[test]
fn everything_that_yjs_clients_send_is_admitted() {
    for (name, bytes) in SESSIONS {
        let mut room = Room::new();

        for (at, update) in updates_of(bytes).into_iter().enumerate() {
            if let Err(refusal) = room.hear(update) {
                panic!("{name}: update {at} is refused: {refusal}");
            }
        }

        room.check();
    }
}

#[test]
fn a_document_of_yjs_is_the_document_that_its_updates_made() {
    for (name, bytes) in SESSIONS {
        let updates = updates_of(bytes);
        let (state, updates) = updates.split_last().unwrap();
        let mut heard = Room::new();
        for update in updates {
            heard.hear(update).unwrap();
        }

        let mut loaded = Room::new();
        loaded.hear(state).unwrap();

        assert_eq!(content(&loaded.doc), content(&heard.doc), "{name}");
        assert_eq!(loaded.gate.state_vector(), heard.gate.state_vector());
    }
}

#[test]
fn what_was_heard_before_is_known() {
    for (name, bytes) in SESSIONS {
        let mut room = Room::new();
        for update in updates_of(bytes) {
            room.hear(update).unwrap();
        }

        for (at, update) in updates_of(bytes).into_iter().enumerate() {
            assert_eq!(
                room.hear(update),
                Ok(Admission::Known),
                "{name}: update {at}"
            );
        }
    }
}

#[test]
fn a_gate_that_began_with_a_snapshot_admits_the_same() {
    for (name, bytes) in SESSIONS {
        let mut live = Room::new();
        let mut reloaded = Room::new();
        for (at, update) in updates_of(bytes).into_iter().enumerate() {
            if at % 7 == 0 {
                reloaded.gate = Gate::from_document(&reloaded.snapshot()).unwrap();
            }

            let admitted = [&mut live, &mut reloaded].map(|room| match room.hear(update) {
                Ok(Admission::Admitted { update, .. }) => update,
                Ok(Admission::Known) => Vec::new(),
                Err(refusal) => panic!("{name}: update {at} is refused: {refusal}"),
            });

            assert_eq!(admitted[0], admitted[1], "{name}: update {at}");
        }
        reloaded.check();
    }
}

#[test]
fn a_log_of_admitted_updates_replays_to_the_same_document() {
    let mut room = Room::new();
    let mut log = Vec::new();
    for update in updates_of(SESSIONS[1].1) {
        if let Admission::Admitted { update, .. } = room.hear(update).unwrap() {
            log.push(update);
        }
    }

    let mut replayed = Gate::new();
    for update in &log {
        let again = replayed.replay(update).unwrap();

        assert!(matches!(again, Admission::Admitted { update: same, .. } if same == *update));
    }
    assert_eq!(replayed.state_vector(), room.gate.state_vector());
}
