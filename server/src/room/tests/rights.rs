//! Who may change what on the board, in a room (section P of docs/protocol.md).

use hartslag_protocol::wire::message::{RefusalReason, RefusedPlace};
use hartslag_protocol::workshop::BoardMode;

use super::super::rights::GRACE;
use super::*;
use yrs::MapPrelim;

/// A change of a board by a client that has nothing of it.
fn change(change: impl FnOnce(&MapRef, &MapRef, &mut yrs::TransactionMut<'_>)) -> Vec<u8> {
    let doc = Doc::new();
    let notes = doc.get_or_insert_map("notes");
    let scores = doc.get_or_insert_map("scores");
    change(&notes, &scores, &mut doc.transact_mut());
    doc.transact()
        .encode_state_as_update_v1(&StateVector::default())
}

fn note_of(author: ParticipantId) -> Vec<u8> {
    change(|notes, _, transaction| {
        let note = notes.insert(transaction, "n", MapPrelim::default());
        note.insert(transaction, "order", "V");
        note.insert(transaction, "author", author.to_string());
    })
}

fn score() -> Vec<u8> {
    change(|_, scores, transaction| {
        scores.insert(transaction, "t:p", MapPrelim::default());
    })
}

fn refusal(effects: &[Effect], to: ConnectionId) -> Option<(RefusalReason, Option<RefusedPlace>)> {
    told(effects, to)
        .into_iter()
        .find_map(|message| match message {
            ServerMessage::Refused { reason, place, .. } => Some((*reason, place.clone())),
            _ => None,
        })
}

fn place(root: &str, id: &str) -> RefusedPlace {
    RefusedPlace {
        root: root.to_owned(),
        id: Some(id.to_owned()),
    }
}

impl Desk {
    fn turn_board(&mut self, mode: BoardMode) -> Vec<Effect> {
        self.record(WorkshopEvent::BoardModeChanged { mode })
    }

    fn participant_of(&self, connection: ConnectionId) -> ParticipantId {
        self.state.members[&connection].participant
    }
}

#[test]
fn p2_a_participant_writes_own_notes_and_not_those_of_others() {
    let mut desk = Desk::new();
    let anna = desk.join(Role::Participant, Dialect::Hartslag);
    let bo = desk.join(Role::Participant, Dialect::Hartslag);
    let annas = note_of(desk.participant_of(anna));

    let forged = desk.doubtful_update(bo, &annas);
    desk.doubtful_update(anna, &annas);

    let expected = (RefusalReason::NotYours, Some(place("notes", "n")));
    assert_eq!(refusal(&forged, bo), Some(expected));
    assert_eq!(desk.in_flight.len(), 1);
}

#[test]
fn p3_the_gate_alone_refuses_a_change_of_author() {
    let mut desk = Desk::new();
    let coach = desk.join(Role::Coach, Dialect::Hartslag);
    let anna = desk.join(Role::Participant, Dialect::Hartslag);
    let annas = desk.participant_of(anna);
    desk.update(anna, &note_of(annas));
    desk.store();

    let coachs = desk.participant_of(coach);
    let taken = desk.doubtful_update(coach, &note_of(coachs));

    let (reason, place) = refusal(&taken, coach).unwrap();
    assert_eq!(reason, RefusalReason::NotYours);
    assert_eq!(place.unwrap().root, "notes");
}

#[test]
fn p4_the_board_mode_says_what_participants_write() {
    let mut desk = Desk::new();
    let anna = desk.join(Role::Participant, Dialect::Hartslag);
    let annas = desk.participant_of(anna);

    desk.turn_board(BoardMode::Notes);
    desk.now += GRACE;
    let scored = desk.doubtful_update(anna, &score());
    desk.turn_board(BoardMode::Locked);
    desk.now += GRACE;
    let noted = desk.doubtful_update(anna, &note_of(annas));

    assert_eq!(
        refusal(&scored, anna),
        Some((RefusalReason::NotesOnly, Some(place("scores", "t:p"))))
    );
    let (reason, _) = refusal(&noted, anna).unwrap();
    assert_eq!(reason, RefusalReason::BoardLocked);
}

#[test]
fn p4_everyone_is_told_of_a_change_of_mode_and_who_comes_later_in_the_welcome() {
    let mut desk = Desk::new();
    let mode = BoardMode::Locked;

    let changed = desk.turn_board(mode);
    let same = desk.turn_board(mode);
    let connection = ConnectionId::generate();
    let welcomed = desk.receive(Event::Connected {
        connection,
        participant: ParticipantId::generate(),
        role: Role::Voter,
        network: Network::HERE,
        dialect: Dialect::Hartslag,
    });

    assert_eq!(told_all(&changed), [&ServerMessage::BoardMode { mode }]);
    assert!(told_all(&same).is_empty());
    let welcome = told(&welcomed, connection)[0];
    assert!(
        matches!(welcome, ServerMessage::Welcome { board_mode, .. } if *board_mode == mode),
        "{welcome:?}"
    );
}

#[test]
fn p6_earlier_rights_hold_for_a_moment_after_a_change_of_mode() {
    for (waited, may) in [(GRACE - 1, true), (GRACE, false)] {
        let mut desk = Desk::new();
        let anna = desk.join(Role::Participant, Dialect::Hartslag);
        let changed = desk.now;
        desk.turn_board(BoardMode::Locked);

        desk.now = changed + waited;
        let scored = desk.doubtful_update(anna, &score());

        assert_eq!(refusal(&scored, anna).is_none(), may, "after {waited} ms");
    }
}

#[test]
fn p6_turning_the_lock_again_and_again_makes_no_more_grace() {
    let mut desk = Desk::new();
    let anna = desk.join(Role::Participant, Dialect::Hartslag);
    desk.turn_board(BoardMode::Locked);
    desk.now += 1_500;
    desk.turn_board(BoardMode::Notes);
    desk.turn_board(BoardMode::Locked);

    desk.now += 500;
    let scored = desk.doubtful_update(anna, &score());
    let annas = desk.participant_of(anna);
    let noted = desk.doubtful_update(anna, &note_of(annas));

    assert!(refusal(&scored, anna).is_some(), "open ended 2 s ago");
    assert_eq!(refusal(&noted, anna), None, "notes ended half a second ago");
}

#[test]
fn p6_earlier_rights_hold_for_a_moment_after_a_change_of_role() {
    for (waited, may) in [(GRACE - 1, true), (GRACE, false)] {
        let mut desk = Desk::new();
        let anna = desk.join(Role::Participant, Dialect::Hartslag);
        let participant = desk.participant_of(anna);
        let changed = desk.now;
        desk.record(WorkshopEvent::ParticipantAdmitted {
            participant,
            name: "Noor".into(),
            municipality: "Duinrade".into(),
            role: Role::Voter,
        });

        desk.now = changed + waited;
        let noted = desk.doubtful_update(anna, &note_of(participant));

        assert_eq!(refusal(&noted, anna).is_none(), may, "after {waited} ms");
    }
}

#[test]
fn p6_a_room_that_is_loaded_locked_is_locked() {
    let mut desk = Desk::new();
    desk.turn_board(BoardMode::Locked);
    let mut loaded = Desk::new();
    for entry in &desk.log {
        loaded.state.replay(entry).unwrap();
    }
    loaded.log = desk.log;

    let anna = loaded.join(Role::Participant, Dialect::Plain);
    let closing = loaded.doubtful_update(anna, &score());

    assert_eq!(closed(&closing, anna), Some(CloseCode::Forbidden));
}

#[test]
fn p1_a_voter_writes_nothing() {
    let mut desk = Desk::new();
    let voter = desk.join(Role::Voter, Dialect::Hartslag);
    let own = desk.participant_of(voter);

    let refused = desk.doubtful_update(voter, &note_of(own));

    let (reason, _) = refusal(&refused, voter).unwrap();
    assert_eq!(reason, RefusalReason::NotAllowed);
}

#[test]
fn p7_what_others_wrote_on_another_node_is_no_violation() {
    let mut here = Desk::new();
    let anna = here.join(Role::Participant, Dialect::Plain);
    let bo = here.join(Role::Participant, Dialect::Hartslag);
    let annas = note_of(here.participant_of(anna));
    let mut there = Desk::of_node(2);
    for entry in &here.log {
        there.state.replay(entry).unwrap();
    }
    there.log.clone_from(&here.log);
    here.update(anna, &annas);
    here.store();

    let bos = here.participant_of(bo);
    let moved = there.connect(bos, Dialect::Hartslag);
    let brought = there.frame(moved, frame::write_step2(&annas));
    let own = change(|notes, _, transaction| {
        let note = notes.insert(transaction, "b", MapPrelim::default());
        note.insert(transaction, "author", bos.to_string());
    });
    there.update(moved, &own);
    let entries = here.log[there.log.len()..].to_vec();
    there.log.clone_from(&here.log);
    let mut settled = there.receive(Event::Read { entries });
    let entries = Vec::new();
    settled.extend(there.receive(Event::Read { entries }));
    let stored = there.store();

    assert!(told(&brought, moved).is_empty());
    assert_eq!(refusal(&settled, moved), None);
    assert_eq!(told(&stored, moved), [&ServerMessage::Stored { up_to: 2 }]);
}

#[test]
fn m4_a_barrier_waits_for_what_is_in_doubt() {
    let mut desk = Desk::new();
    let voter = desk.join(Role::Voter, Dialect::Hartslag);
    let own = desk.participant_of(voter);

    desk.update(voter, &note_of(own));
    let asked = desk.receive(Event::Text {
        connection: voter,
        text: r#"{"type":"barrier","id":3}"#.into(),
    });
    let entries = Vec::new();
    let settled = desk.receive(Event::Read { entries });

    assert!(told(&asked, voter).is_empty());
    let told = told(&settled, voter);
    let reached = ServerMessage::BarrierReached { id: 3 };
    assert!(matches!(told[0], ServerMessage::Refused { .. }));
    assert_eq!(told.last(), Some(&&reached));
}
