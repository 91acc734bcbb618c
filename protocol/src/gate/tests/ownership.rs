//! Whose notes are: known before anything is applied, whatever an update says and in what order.

use super::craft::*;
use crate::gate::{Admission, Gate, Refusal};
use crate::ids::ParticipantId;
use crate::testing::Room;
use crate::wire::reader::write_block;

const ANNA: &str = "0199f2c0-0000-7000-8000-00000000000a";
const BO: &str = "0199f2c0-0000-7000-8000-00000000000b";
const COACH: &str = "0199f2c0-0000-7000-8000-00000000000c";

fn words(text: &str) -> Content {
    let mut encoded = vec![119];
    write_block(&mut encoded, text.as_bytes());
    values(&[&encoded])
}

fn null() -> Content {
    values(&[&[126]])
}

/// A note of 6 ticks: the map, its author, its text "abc", and that it was written after.
fn note(client: u64, id: &str, author: Content) -> Vec<Vec<u8>> {
    note_at(client, in_root("notes", id), author)
}

fn note_at(client: u64, links: Links<'_>, author: Content) -> Vec<Vec<u8>> {
    vec![
        item(links, map()),
        item(in_map((client, 0), "author"), author),
        item(in_map((client, 0), "text"), text_type()),
        item(in_sequence((client, 2)), text("abc")),
    ]
}

/// Anna's note `a` by client 1, and the coach's note `c` by client 3.
fn room() -> Room {
    let mut room = Room::new();
    room.hear(&blocks((1, 0), &note(1, "a", words(ANNA))))
        .unwrap();
    room.hear(&blocks((3, 0), &note(3, "c", null()))).unwrap();
    room
}

fn deletion(client: u64, clock: u32, length: u32) -> Vec<u8> {
    update(&[], &[(client, clock, length)])
}

/// Rights in short: all that matters here.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// Own notes.
    Participant,
    /// All notes, and new ones in no other's name.
    Coach,
}

fn send(gate: &mut Gate, role: Role, who: &str, update: &[u8]) -> Result<Admission, Refusal> {
    let who: Option<ParticipantId> = who.parse().ok();
    gate.admit(update, &mut |touch| {
        touch.note.is_none_or(|note| match role {
            Role::Participant => note.author == who,
            Role::Coach => !note.is_new || note.author.is_none() || note.author == who,
        })
    })
}

/// Sends an update that must be refused for rights alone, and must leave no trace.
fn assert_forbidden(room: &mut Room, role: Role, who: &str, name: &str, update: &[u8]) {
    let before = room.gate_at_rest();

    let refusal = send(&mut room.gate, role, who, update);

    assert!(
        matches!(refusal, Err(Refusal::Forbidden { .. })),
        "{name}: {refusal:?}"
    );
    assert!(room.gate_at_rest() == before, "{name} left a trace");
    assert!(
        room.hear(update).is_ok() || name.contains("author") || name.contains("over"),
        "{name} is malformed"
    );
}

fn assert_admitted(room: &mut Room, role: Role, who: &str, name: &str, update: &[u8]) {
    let admission = send(&mut room.gate, role, who, update);

    assert!(
        matches!(admission, Ok(Admission::Admitted { .. })),
        "{name}: {admission:?}"
    );
}

/// Everything that a modified client can think of to change the note of another.
fn attacks_on_a_note() -> Vec<(&'static str, Vec<u8>)> {
    let anna = (1, 0);
    let taken = |links| blocks((9, 0), &note_at(9, links, words(BO)));
    let one_block = |block| blocks((9, 0), &[block]);
    vec![
        ("typing in it", one_block(item(after((1, 5)), text("x")))),
        (
            "typing between its letters",
            one_block(item(between((1, 3), (1, 4)), text("x"))),
        ),
        (
            "typing at its start",
            one_block(item(in_sequence((1, 2)), text("x"))),
        ),
        ("moving it", one_block(item(in_map(anna, "order"), one()))),
        ("a map in it", one_block(item(in_map(anna, "x"), map()))),
        ("deleting a letter", deletion(1, 3, 1)),
        ("deleting its text", deletion(1, 2, 4)),
        ("deleting it", deletion(1, 0, 6)),
        ("deleting it alone", deletion(1, 0, 1)),
        ("taking it over", taken(after(anna))),
        ("taking it over at once", taken(in_root("notes", "a"))),
        ("a value over it", one_block(item(after(anna), one()))),
        ("a text over it", one_block(item(after(anna), text_type()))),
        (
            "something deleted over it",
            one_block(item(after(anna), deleted(1))),
        ),
        ("another author", one_block(item(after((1, 1)), words(BO)))),
        (
            "another author at once",
            one_block(item(in_map(anna, "author"), words(BO))),
        ),
        ("no author", one_block(item(after((1, 1)), null()))),
        ("deleting the author", deletion(1, 1, 1)),
        (
            "a note of one's own, and another's",
            update(&[section((9, 0), &note(9, "b", words(BO)))], &[(1, 3, 1)]),
        ),
    ]
}

#[test]
fn p2_nobody_but_a_coach_touches_the_note_of_another() {
    for (name, update) in attacks_on_a_note() {
        assert_forbidden(&mut room(), Role::Participant, BO, name, &update);
    }
    for (name, update) in attacks_on_a_note() {
        let by_coach = send(&mut room().gate, Role::Coach, COACH, &update);
        let of_author = name.contains("author") || name.contains("over");
        let is_trace = name == "something deleted over it";
        let in_bos_name = name.contains("one's own");
        let may = is_trace || !(of_author || in_bos_name);
        assert_eq!(by_coach.is_ok(), may, "{name}");
    }
}

#[test]
fn p2_a_note_without_author_is_the_coachs() {
    let typed = blocks((9, 0), &[item(after((3, 5)), text("x"))]);
    let claimed = blocks((9, 0), &[item(after((3, 1)), words(BO))]);

    for (name, update) in [("typing", &typed), ("the author", &claimed)] {
        assert_forbidden(&mut room(), Role::Participant, BO, name, update);
    }
    assert_admitted(&mut room(), Role::Coach, COACH, "typing", &typed);
}

#[test]
fn p3_a_new_note_names_its_writer() {
    let of = |author| blocks((9, 0), &note(9, "new", author));
    let parts = note(9, "new", words(ANNA));
    let shouted = BO.to_uppercase();
    let forged = [
        ("another's name: author", of(words(ANNA))),
        ("nobody's name", of(null())),
        ("a word for a name", of(words("bo"))),
        ("the id in capitals", of(words(&shouted))),
        ("a number for a name", of(one())),
        ("a text for a name", of(text_type())),
        ("a map for a name", of(map())),
        ("no name", blocks((9, 0), &parts[..1])),
        (
            "a value",
            blocks((9, 0), &[item(in_root("notes", "new"), one())]),
        ),
        (
            "a text",
            blocks((9, 0), &[item(in_root("notes", "new"), text_type())]),
        ),
    ];

    for (name, update) in &forged {
        assert_forbidden(&mut room(), Role::Participant, BO, name, update);
    }
    assert_admitted(&mut room(), Role::Participant, BO, "own", &of(words(BO)));
    let coach = Role::Coach;
    assert_forbidden(&mut room(), coach, COACH, "author", &of(words(ANNA)));
    assert_admitted(&mut room(), coach, COACH, "own", &of(words(COACH)));
    assert_admitted(&mut room(), coach, COACH, "nameless", &of(null()));
}

#[test]
fn p3_the_author_counts_wherever_it_stands_in_the_update() {
    let made = |author| {
        let late = vec![item(in_map((9, 0), "author"), author)];
        let first = vec![
            item(in_root("notes", "new"), map()),
            item(in_map((9, 0), "text"), text_type()),
            item(in_sequence((9, 1)), text("abc")),
        ];
        update(&[section((9, 0), &first), section((4, 0), &late)], &[])
    };

    assert_admitted(&mut room(), Role::Participant, BO, "own", &made(words(BO)));
    let forged = made(words(ANNA));
    assert_forbidden(&mut room(), Role::Participant, BO, "author", &forged);
}

#[test]
fn p3_one_author_is_named_and_not_another_behind_it() {
    let mut twice = note(9, "new", words(BO));
    twice.push(item(in_map((9, 0), "author"), words(ANNA)));
    let (mut first, mut second) = (vec![119], vec![119]);
    write_block(&mut first, BO.as_bytes());
    write_block(&mut second, ANNA.as_bytes());
    let two_values = [
        item(in_root("notes", "new"), map()),
        item(in_map((9, 0), "author"), values(&[&first, &second])),
    ];
    let sent = [
        ("author and another", blocks((9, 0), &twice)),
        ("two values as author", blocks((9, 0), &two_values)),
        (
            "an author that is gone again",
            update(&[section((9, 0), &note(9, "new", words(BO)))], &[(9, 1, 1)]),
        ),
    ];

    for (name, update) in &sent {
        assert_forbidden(&mut room(), Role::Participant, BO, name, update);
    }
}

#[test]
fn p2_whoever_wrote_a_note_edits_moves_and_deletes_it() {
    let own = [
        ("typing", blocks((9, 0), &[item(after((1, 5)), text("x"))])),
        (
            "moving",
            blocks((9, 0), &[item(in_map((1, 0), "order"), one())]),
        ),
        ("deleting", deletion(1, 0, 6)),
        (
            "deleting something deleted",
            update(&[section((9, 0), &[collected(3)])], &[(1, 0, 1)]),
        ),
        (
            "saying the same author",
            update(
                &[section((9, 0), &[item(after((1, 1)), words(ANNA))])],
                &[(1, 1, 1)],
            ),
        ),
    ];

    for (name, update) in &own {
        assert_admitted(&mut room(), Role::Participant, ANNA, name, update);
    }
    let removed = update(
        &[section((9, 0), &[item(after((1, 1)), words(ANNA))])],
        &[(1, 1, 1), (9, 0, 1)],
    );
    assert_forbidden(&mut room(), Role::Participant, ANNA, "author", &removed);
}

#[test]
fn p3_a_deleted_note_comes_back_to_its_author_only() {
    let restored = |author| blocks((9, 0), &note_at(9, after((1, 0)), author));
    let mut gone = room();
    assert_admitted(
        &mut gone,
        Role::Coach,
        COACH,
        "deleting",
        &deletion(1, 0, 6),
    );
    let sent = |role, who, author| send(&mut gone.gate.clone(), role, who, &restored(author));

    assert!(sent(Role::Participant, ANNA, words(ANNA)).is_ok());
    assert!(sent(Role::Coach, COACH, words(ANNA)).is_ok());
    assert!(sent(Role::Participant, BO, words(BO)).is_err());
    assert!(sent(Role::Participant, BO, words(ANNA)).is_err());
    assert!(sent(Role::Coach, COACH, words(COACH)).is_err());
    assert!(sent(Role::Coach, COACH, null()).is_err());
}

#[test]
fn p3_what_was_made_and_deleted_before_the_room_heard_of_it_is_taken() {
    let kept = update(&[section((9, 0), &note(9, "new", words(BO)))], &[(9, 0, 6)]);
    let gone = blocks(
        (9, 0),
        &[item(in_root("notes", "new"), deleted(1)), collected(5)],
    );
    let half_gone = update(
        &[section((9, 0), &note(9, "new", deleted(1)))],
        &[(9, 0, 6)],
    );
    let made_again = update(
        &[section(
            (9, 0),
            &[
                vec![item(in_root("notes", "new"), deleted(1))],
                vec![item(after((9, 0)), map())],
                vec![item(in_map((9, 1), "author"), words(BO))],
            ]
            .concat(),
        )],
        &[],
    );

    for (name, update) in [
        ("kept", kept),
        ("collected", gone),
        ("half collected", half_gone),
        ("made again", made_again),
    ] {
        assert_admitted(&mut room(), Role::Participant, BO, name, &update);
    }
}

#[test]
fn p2_who_wrote_what_is_known_again_after_a_reload() {
    let mut live = room();
    // A restored note: the document has the first one deleted, and the second.
    live.hear(&deletion(1, 0, 6)).unwrap();
    live.hear(&blocks((2, 0), &note_at(2, after((1, 0)), words(ANNA))))
        .unwrap();
    live.gate = Gate::from_document(&live.snapshot()).unwrap();

    let typed = blocks((9, 0), &[item(after((2, 5)), text("x"))]);
    let taken = blocks((9, 0), &note_at(9, in_root("notes", "a"), words(BO)));

    let mut sent = |who, update| send(&mut live.gate, Role::Participant, who, update);
    assert!(sent(BO, &typed).is_err());
    assert!(sent(BO, &taken).is_err());
    assert!(sent(ANNA, &typed).is_ok());
}

#[test]
fn what_the_log_says_of_an_author_counts_and_can_be_taken_back() {
    let mut room = room();
    let before = room.gate_at_rest();
    let changed = section((9, 0), &[item(after((1, 1)), words(BO))]);
    let missing = update(std::slice::from_ref(&changed), &[(1, 1, 1), (77, 0, 1)]);
    assert_eq!(room.gate.replay(&missing), Err(Refusal::Missing));
    assert!(room.gate_at_rest() == before);

    room.gate.replay(&update(&[changed], &[(1, 1, 1)])).unwrap();

    let typed = blocks((8, 0), &[item(after((1, 5)), text("x"))]);
    assert!(send(&mut room.gate, Role::Participant, ANNA, &typed).is_err());
    assert!(send(&mut room.gate, Role::Participant, BO, &typed).is_ok());
}

#[test]
fn an_author_is_known_by_id() {
    let id: ParticipantId = BO.parse().unwrap();

    assert_eq!(id.to_string(), BO);
}
