//! The checker finds each kind of wrong.

use hartslag_protocol::workshop::RoundResult;
use serde_json::json;

use super::*;

fn write(note: &str, token: &str) -> Change {
    Change::Write {
        note: note.into(),
        token: token.into(),
    }
}

fn delete(note: &str) -> Change {
    Change::Delete { note: note.into() }
}

fn place(note: &str, order: &str) -> Change {
    Change::Move {
        note: note.into(),
        order: order.into(),
    }
}

fn board(notes: &[(&str, &str, &str)]) -> Content {
    let note = |&(id, text, order): &(&str, &str, &str)| {
        let (text, order) = (text.to_owned(), order.to_owned());
        (id.to_owned(), NoteContent { text, order })
    };
    Content {
        notes: notes.iter().map(note).collect(),
    }
}

/// Two notes: one promised and moved, one of unknown outcome; a third deleted; a forged one.
fn sound() -> (History, Content) {
    let mut history = History::default();
    for change in [
        write("n1", "a"),
        place("n1", "k1"),
        write("n3", "c"),
        delete("n3"),
    ] {
        let place = history.invoke(change);
        history.acknowledge(place);
    }
    history.invoke(write("n2", "b"));
    history.invoke(place("n1", "k2"));
    history.forge(write("n4", "x"));
    (history, board(&[("n1", "a;", "k2"), ("n2", "b;", "V")]))
}

#[test]
fn a_sound_history_has_no_fault() {
    let (history, content) = sound();

    assert_eq!(history.check_board(&content), [""; 0]);
    let without_unknown = board(&[("n1", "a;", "k1")]);
    assert_eq!(history.check_board(&without_unknown), [""; 0]);
}

#[test]
fn what_was_acknowledged_and_is_gone_is_found() {
    let (history, _) = sound();

    let faults = history.check_board(&board(&[("n2", "b;", "V")]));

    assert_eq!(faults, ["a was promised (Acknowledged) and is gone"]);
}

#[test]
fn what_others_saw_and_is_gone_is_found() {
    let (mut history, _) = sound();
    history.see("b");

    let faults = history.check_board(&board(&[("n1", "a;", "k2")]));

    assert_eq!(faults, ["b was promised (Unknown) and is gone"]);
}

#[test]
fn what_is_there_twice_is_found() {
    let (history, mut content) = sound();
    content.notes.get_mut("n2").unwrap().text = "b;a;".into();

    assert_eq!(history.check_board(&content), ["a is there 2 times"]);
}

#[test]
fn what_was_refused_or_never_written_and_is_visible_is_found() {
    let (history, mut content) = sound();
    content.notes.get_mut("n2").unwrap().text = "b;x;y;".into();

    assert_eq!(
        history.check_board(&content),
        [
            "x was refused and is visible",
            "y is there and nobody wrote it"
        ]
    );
}

#[test]
fn what_was_refused_and_seen_by_someone_is_found() {
    let (mut history, content) = sound();
    history.see("x");

    assert_eq!(
        history.check_board(&content),
        ["x was refused and is visible"]
    );
}

#[test]
fn a_deleted_note_that_is_back_is_found() {
    let (history, mut content) = sound();
    content.notes.insert("n3".into(), NoteContent::default());

    assert_eq!(
        history.check_board(&content),
        ["n3 was deleted and is back"]
    );
}

#[test]
fn a_note_at_an_older_place_is_found() {
    let (mut history, content) = sound();
    let last = history.invoke(place("n1", "k3"));
    history.acknowledge(last);

    let faults = history.check_board(&content);

    assert!(faults.contains(&"n1 stands at k2, not at {\"k3\"}".to_owned()));
}

fn ballot(history: &mut History, voter: &str, a: u32, outcome: Outcome) {
    history.put(Put {
        round: "r".into(),
        voter: voter.into(),
        revision: 1,
        votes: Votes::from([("a".to_owned(), a), ("b".to_owned(), 1)]),
        outcome,
    });
}

fn result(a: (u64, u32), b: (u64, u32), voters: u32) -> RoundResult {
    serde_json::from_value(json!({ "voters": voters, "votes": a.0 + b.0, "ranking": [
        { "note": "a", "votes": a.0, "voters": a.1, "rank": 1, "tied": false },
        { "note": "b", "votes": b.0, "voters": b.1, "rank": 2, "tied": false },
    ]}))
    .unwrap()
}

#[test]
fn a_result_of_the_promised_ballots_with_or_without_unknown_ones_is_sound() {
    let mut history = History::default();
    ballot(&mut history, "noor", 1, Outcome::Acknowledged);
    ballot(&mut history, "noor", 2, Outcome::Acknowledged);
    ballot(&mut history, "bo", 1, Outcome::Unknown);
    ballot(&mut history, "cem", 3, Outcome::Refused);

    for sound in [result((2, 1), (1, 1), 1), result((3, 2), (2, 2), 2)] {
        assert_eq!(history.check_result("r", &sound), [""; 0]);
    }
}

#[test]
fn a_ballot_that_is_lost_counted_twice_or_counted_late_is_found() {
    let mut history = History::default();
    ballot(&mut history, "noor", 1, Outcome::Acknowledged);
    ballot(&mut history, "noor", 2, Outcome::Acknowledged);
    ballot(&mut history, "bo", 3, Outcome::Refused);

    let lost = result((0, 0), (0, 0), 0);
    let twice = result((4, 1), (2, 1), 1);
    let older = result((1, 1), (1, 1), 1);
    let late = result((5, 2), (2, 2), 2);

    for wrong in [lost, twice, older, late] {
        assert_eq!(history.check_result("r", &wrong).len(), 1, "{wrong:?}");
    }
}

#[test]
fn an_own_ballot_that_is_not_the_promised_one_is_found() {
    let mut history = History::default();
    ballot(&mut history, "noor", 2, Outcome::Acknowledged);

    let kept = Votes::from([("a".into(), 2), ("b".into(), 1)]);

    assert_eq!(history.check_own("r", "noor", &kept), [""; 0]);
    assert_eq!(history.check_own("r", "noor", &Votes::new()).len(), 1);
}

fn log(sequences: &[u64]) -> StoredLog {
    let entry = |&sequence: &u64| StoredEntry {
        sequence,
        key: sequence.to_be_bytes().to_vec(),
    };
    StoredLog {
        last: sequences.last().copied().unwrap_or_default(),
        entries: sequences.iter().map(entry).collect(),
        ..StoredLog::default()
    }
}

#[test]
fn l1_a_gap_an_early_end_and_an_entry_twice_are_found() {
    assert_eq!(log(&[1, 2, 3]).check(), [""; 0]);
    assert_eq!(log(&[1, 3]).check(), ["entry 3 stands in place of 2"]);

    let mut early = log(&[1, 2]);
    early.last = 3;
    assert_eq!(early.check(), ["the log ends at 2, its room says 3"]);

    let mut twice = log(&[1, 2]);
    twice.entries[1].key = twice.entries[0].key.clone();
    assert_eq!(twice.check(), ["entry 2 is there twice"]);

    let mut apart = log(&[3, 4]);
    apart.trimmed = 2;
    assert_eq!(apart.check(), ["the snapshot does not meet the log"]);
}
