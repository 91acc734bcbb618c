//! Who comes and goes.

use hartslag_protocol::limits::{PARTICIPANT_CONNECTIONS, ROOM_CONNECTIONS};
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
        network: Network::HERE,
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
        network: Network::HERE,
        dialect: Dialect::Plain,
    });

    assert_eq!(closed(&effects, connection), Some(CloseCode::TooMany));
}

fn closed_ones(effects: &[Effect]) -> Vec<ConnectionId> {
    let closes = |effect: &Effect| match effect {
        Effect::Close { connection, code } if *code == CloseCode::TooMany => Some(*connection),
        _ => None,
    };
    effects.iter().filter_map(closes).collect()
}

fn comes(desk: &mut Desk, role: Role) -> (ConnectionId, Vec<Effect>) {
    let connection = ConnectionId::generate();
    let effects = desk.receive(Event::Connected {
        connection,
        participant: ParticipantId::generate(),
        role,
        network: Network::HERE,
        dialect: Dialect::Plain,
    });
    (connection, effects)
}

#[test]
fn who_has_most_connections_keeps_nobody_out_of_a_full_room() {
    let mut desk = Desk::new();
    for _ in 0..ROOM_CONNECTIONS / PARTICIPANT_CONNECTIONS {
        let greedy = ParticipantId::generate();
        for _ in 0..PARTICIPANT_CONNECTIONS {
            desk.connect(greedy, Dialect::Plain);
        }
    }

    let (newcomer, effects) = comes(&mut desk, Role::Participant);

    let closed = closed_ones(&effects);
    assert!(closed.len() == 1 && closed[0] != newcomer, "{closed:?}");
    assert!(desk.state.members.contains_key(&newcomer));
    assert_eq!(desk.state.members.len(), ROOM_CONNECTIONS);
}

#[test]
fn a_coach_is_let_into_a_room_that_is_full_of_people() {
    let mut desk = Desk::new();
    for _ in 0..ROOM_CONNECTIONS {
        comes(&mut desk, Role::Participant);
    }

    let (participant, full) = comes(&mut desk, Role::Participant);
    let (coach, made_place) = comes(&mut desk, Role::Coach);

    assert_eq!(closed_ones(&full), [participant]);
    assert_eq!(closed_ones(&made_place).len(), 1);
    assert!(desk.state.members.contains_key(&coach));
    assert_eq!(desk.state.members.len(), ROOM_CONNECTIONS);
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
