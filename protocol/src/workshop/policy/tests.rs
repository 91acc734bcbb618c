//! The whole matrix of rights: role × board mode × place × action × whose.

use super::*;
use crate::gate::{Action, ROOTS, TouchedNote};

/// What the sender may do, by place. `y`: yes; otherwise the denial.
struct Row {
    role: Role,
    mode: BoardMode,
    /// Making, editing, moving and deleting a note of one's own.
    own: &'static str,
    /// Making a note in the name of another.
    forged: &'static str,
    /// Making a note without an author.
    nameless: &'static str,
    /// Editing, moving and deleting the note of another.
    other: &'static str,
    /// Editing, moving and deleting a note without an author: the coach's.
    none: &'static str,
    /// Scores, quotes and pain points.
    content: &'static str,
    /// Every other root.
    structure: &'static str,
    /// What was deleted before the room heard of it.
    trace: &'static str,
}

#[rustfmt::skip]
const MATRIX: [Row; 12] = {
    use BoardMode::{Locked, Notes, Open};
    use Role::{Coach, Observer, Participant, Voter};
    [
        row(Observer,    Locked, ["role",   "role",   "role",   "role",   "role",   "role",   "role",      "role"]),
        row(Observer,    Notes,  ["role",   "role",   "role",   "role",   "role",   "role",   "role",      "role"]),
        row(Observer,    Open,   ["role",   "role",   "role",   "role",   "role",   "role",   "role",      "role"]),
        row(Voter,       Locked, ["role",   "role",   "role",   "role",   "role",   "role",   "role",      "role"]),
        row(Voter,       Notes,  ["role",   "role",   "role",   "role",   "role",   "role",   "role",      "role"]),
        row(Voter,       Open,   ["role",   "role",   "role",   "role",   "role",   "role",   "role",      "role"]),
        row(Participant, Locked, ["locked", "locked", "locked", "locked", "locked", "locked", "locked",    "locked"]),
        row(Participant, Notes,  ["y",      "own",    "own",    "own",    "own",    "notes",  "structure", "y"]),
        row(Participant, Open,   ["y",      "own",    "own",    "own",    "own",    "y",      "structure", "y"]),
        row(Coach,       Locked, ["y",      "own",    "y",      "y",      "y",      "y",      "y",         "y"]),
        row(Coach,       Notes,  ["y",      "own",    "y",      "y",      "y",      "y",      "y",         "y"]),
        row(Coach,       Open,   ["y",      "own",    "y",      "y",      "y",      "y",      "y",         "y"]),
    ]
};

const fn row(role: Role, mode: BoardMode, may: [&'static str; 8]) -> Row {
    let [
        own,
        forged,
        nameless,
        other,
        none,
        content,
        structure,
        trace,
    ] = may;
    Row {
        role,
        mode,
        own,
        forged,
        nameless,
        other,
        none,
        content,
        structure,
        trace,
    }
}

/// What a member does with a thing under an id, as touches of a path below it.
const MAKE: &[(Action, &[&str])] = &[
    (Action::Insert, &[]),
    (Action::Insert, &["text"]),
    (Action::Insert, &["author"]),
];
const CHANGE: &[(Action, &[&str])] = &[
    (Action::Insert, &["text"]),
    (Action::Delete, &["text"]),
    (Action::Insert, &["phase"]),
    (Action::Insert, &["touchpoint"]),
    (Action::Insert, &["order"]),
    (Action::Delete, &["order"]),
    (Action::Delete, &[]),
    (Action::Delete, &["author"]),
    (Action::Insert, &["nested", "author"]),
];

const CONTENT: [&str; 3] = ["scores", "quotes", "painPoints"];

#[test]
fn p1_to_p5_the_matrix_of_rights() {
    let [me, other] = [ParticipantId::generate(), ParticipantId::generate()];
    let note = |author, is_new| Some(TouchedNote { author, is_new });
    for row in MATRIX {
        let check = |root, acts: &[(Action, &[&str])], note, expected| {
            for (action, below) in acts {
                let path: Vec<_> = [root, "id"].iter().chain(*below).copied().collect();
                check(&row, me, &path, *action, note, expected);
            }
        };

        check("notes", MAKE, note(Some(me), true), row.own);
        check("notes", CHANGE, note(Some(me), false), row.own);
        check("notes", MAKE, note(Some(other), true), row.forged);
        check("notes", MAKE, note(None, true), row.nameless);
        check("notes", MAKE, note(Some(other), false), row.other);
        check("notes", CHANGE, note(Some(other), false), row.other);
        check("notes", CHANGE, note(None, false), row.none);
        check("notes", MAKE, None, row.trace);
        for root in ROOTS.into_iter().filter(|&root| root != "notes") {
            let is_content = CONTENT.contains(&root);
            let expected = if is_content {
                row.content
            } else {
                row.structure
            };
            check(root, MAKE, None, expected);
            check(root, CHANGE, None, expected);
        }
        for action in [Action::Insert, Action::Delete] {
            super::tests::check(&row, me, &[], action, None, row.trace);
        }
    }
}

#[test]
fn p5_nobody_but_a_coach_gives_a_note_votes() {
    let me = ParticipantId::generate();
    for key in ["votes", "code"] {
        for is_new in [true, false] {
            let weigh = |role, action| {
                let writer = Writer {
                    participant: me,
                    role,
                    mode: BoardMode::Open,
                };
                let author = Some(me);
                let note = Some(TouchedNote { author, is_new });
                let path = &["notes", "id", key];
                writer.weigh(&Touch { path, action, note })
            };

            let forged = weigh(Role::Participant, Action::Insert);

            assert_eq!(forged, Err(Denial::Structure));
            assert_eq!(weigh(Role::Coach, Action::Insert), Ok(()));
            // Deleting one's note deletes all that is in it.
            assert_eq!(weigh(Role::Participant, Action::Delete), Ok(()));
        }
    }
}

#[test]
fn p5_every_root_that_is_not_named_is_the_coachs() {
    let writer = Writer {
        participant: ParticipantId::generate(),
        role: Role::Participant,
        mode: BoardMode::Open,
    };
    let touch = Touch {
        path: &["later", "x"],
        action: Action::Insert,
        note: None,
    };

    assert_eq!(writer.weigh(&touch), Err(Denial::Structure));
}

fn check(
    row: &Row,
    participant: ParticipantId,
    path: &[&str],
    action: Action,
    note: Option<TouchedNote>,
    expected: &str,
) {
    let writer = Writer {
        participant,
        role: row.role,
        mode: row.mode,
    };
    let touch = Touch { path, action, note };

    let word = match writer.weigh(&touch) {
        Ok(()) => "y",
        Err(Denial::Role) => "role",
        Err(Denial::Locked) => "locked",
        Err(Denial::NotesOnly) => "notes",
        Err(Denial::NotOwn) => "own",
        Err(Denial::Structure) => "structure",
    };

    assert_eq!(word, expected, "{writer:?} {touch:?}");
}
