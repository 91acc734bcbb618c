//! Who comes and goes.

use hartslag_protocol::limits::PARTICIPANT_CONNECTIONS;
use hartslag_protocol::wire::message::RefusalReason;

use super::*;

#[test]
fn m1_who_connects_is_welcomed_with_everyone_present() {
    let mut desk = Desk::new();
    desk.join(Role::Coach, Dialect::Plain);
    let connection = desk.join(Role::Participant, Dialect::Hartslag);
    let participant = desk.state.members[&connection].participant;

    desk.receive(Event::Left { connection });
    let again = ConnectionId::generate();
    let effects = desk.receive(Event::Connected {
        connection: again,
        participant,
        role: Role::Observer,
        dialect: Dialect::Hartslag,
    });

    let ServerMessage::Welcome {
        participants, role, ..
    } = told(&effects, again)[0]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((participants.len(), *role), (2, Role::Participant));
}

#[test]
fn people_are_announced_by_their_first_connection_and_their_last() {
    let mut desk = Desk::new();
    let first = desk.join(Role::Participant, Dialect::Hartslag);
    let participant = desk.state.members[&first].participant;

    let second = desk.connect(participant, Dialect::Hartslag);
    let one_left = desk.receive(Event::Left { connection: first });
    let gone = desk.receive(Event::Left { connection: second });

    assert!(told_all(&one_left).is_empty());
    assert_eq!(
        told_all(&gone),
        [&ServerMessage::ParticipantLeft { participant }]
    );
}

#[test]
fn one_person_opens_so_many_connections_and_no_more() {
    let mut desk = Desk::new();
    let first = desk.join(Role::Participant, Dialect::Plain);
    let participant = desk.state.members[&first].participant;
    for _ in 1..PARTICIPANT_CONNECTIONS {
        desk.connect(participant, Dialect::Plain);
    }

    let connection = ConnectionId::generate();
    let effects = desk.receive(Event::Connected {
        connection,
        participant,
        role: Role::Participant,
        dialect: Dialect::Plain,
    });

    assert_eq!(closed(&effects, connection), Some(CloseCode::TooMany));
}

#[test]
fn m3_an_unknown_text_is_refused_and_the_connection_stays() {
    let mut desk = Desk::new();
    let connection = desk.join(Role::Coach, Dialect::Hartslag);
    let text = r#"{"type":"becomeEmperor"}"#.to_owned();

    let effects = desk.receive(Event::Text { connection, text });

    let refused = ServerMessage::Refused {
        message: None,
        reason: RefusalReason::UnknownMessage,
        place: None,
    };
    assert_eq!(told(&effects, connection), [&refused]);
    assert_eq!(closed(&effects, connection), None);
}

#[test]
fn a_room_without_members_rests_after_a_while() {
    let mut desk = Desk::new();
    let connection = desk.join(Role::Coach, Dialect::Plain);
    desk.receive(Event::Left { connection });

    let due = desk.state.due().unwrap();
    desk.now = due - 1;
    assert!(!desk.receive(Event::Tick).contains(&Effect::Rest));
    desk.now = due;
    assert!(desk.receive(Event::Tick).contains(&Effect::Rest));
    assert!(desk.state.due().unwrap() > due);
}

#[test]
fn presence_is_shown_to_all_and_never_appended() {
    let mut desk = Desk::new();
    let connection = desk.join(Role::Observer, Dialect::Plain);
    let awareness = [1, 5, 1, 2, b'{', b'}'];

    let effects = desk.frame(connection, frame::write_awareness(&awareness));

    let frame = Bytes::from(frame::write_awareness(&awareness));
    assert!(effects.contains(&Effect::Presence { frame }));
    assert!(desk.in_flight.is_empty());
}
