//! Nobody sees, and nobody is told, what is not durable.

use super::*;

#[test]
fn w5_an_edit_is_shown_only_once_it_is_durable() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    desk.join(Role::Coach, Dialect::Plain);

    let before = desk.update(author, &Replica::new().set_title("A"));
    let after = desk.store();

    assert_eq!(shown(&before), Shown::Nobody);
    assert_eq!(
        told(&before, author),
        [&ServerMessage::Saving { available: true }; 0]
    );
    assert_eq!(shown(&after), Shown::EveryoneBut(author));
    assert_eq!(told(&after, author), [&ServerMessage::Stored { up_to: 1 }]);
}

#[test]
fn w5_a_plain_author_gets_its_own_update_back() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);

    desk.update(author, &Replica::new().set_title("A"));
    let after = desk.store();

    assert_eq!(shown(&after), Shown::Everyone);
    assert!(told(&after, author).is_empty());
}

#[test]
fn a_joiner_gets_only_what_is_durable() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    desk.update(author, &Replica::new().set_title("A"));

    assert_eq!(desk.title(), "");
    desk.store();
    assert_eq!(desk.title(), "A");
}

#[test]
fn w6_what_is_known_is_acknowledged_only_once_it_is_durable() {
    let mut desk = Desk::new();
    let first = desk.join(Role::Coach, Dialect::Hartslag);
    let second = desk.join(Role::Coach, Dialect::Hartslag);
    let update = Replica::new().set_title("A");
    desk.update(first, &update);

    let known = desk.update(second, &update);
    let stored = desk.store();

    assert!(told(&known, second).is_empty());
    assert_eq!(told(&stored, second), [&ServerMessage::Stored { up_to: 1 }]);
    let again = desk.update(second, &update);
    assert_eq!(told(&again, second), [&ServerMessage::Stored { up_to: 2 }]);
}

#[test]
fn l2_a_failed_append_is_tried_again_and_people_are_told() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    desk.update(author, &Replica::new().set_title("A"));
    let first = std::mem::take(&mut desk.in_flight);

    let failed = desk.receive(Event::AppendFailed);
    desk.now += 10_000;
    desk.receive(Event::Tick);
    let second = desk.in_flight.clone();
    let stored = desk.store();

    assert_eq!(
        told_all(&failed),
        [&ServerMessage::Saving { available: false }]
    );
    assert_eq!(first, second);
    assert_eq!(
        told_all(&stored),
        [&ServerMessage::Saving { available: true }]
    );
    assert_eq!(told(&stored, author), [&ServerMessage::Stored { up_to: 1 }]);
}

#[test]
fn who_joins_while_nothing_is_stored_is_told_so() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    desk.update(author, &Replica::new().set_title("A"));
    desk.in_flight.clear();
    desk.receive(Event::AppendFailed);

    let connection = ConnectionId::generate();
    let joined = desk.receive(Event::Connected {
        connection,
        participant: ParticipantId::generate(),
        role: Role::Coach,
        network: Network::HERE,
        dialect: Dialect::Hartslag,
    });

    assert!(told(&joined, connection).contains(&&ServerMessage::Saving { available: false }));
}

#[test]
fn edits_that_come_while_an_append_is_in_flight_go_together_in_the_next() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    let replica = Replica::new();
    desk.update(author, &replica.set_title("A"));
    desk.update(author, &replica.set_title("B"));
    desk.update(author, &replica.set_title("C"));

    assert_eq!(desk.in_flight.len(), 1);
    desk.store();
    assert_eq!(desk.in_flight.len(), 2);
    let stored = desk.store();

    assert_eq!(told(&stored, author), [&ServerMessage::Stored { up_to: 3 }]);
    assert_eq!(desk.title(), "C");
}

#[test]
fn m4_a_barrier_is_reached_after_what_came_before_it_is_durable() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    desk.update(author, &Replica::new().set_title("A"));

    let asked = desk.receive(Event::Text {
        connection: author,
        text: r#"{"type":"barrier","id":4}"#.into(),
    });
    let stored = desk.store();

    assert!(told(&asked, author).is_empty());
    assert_eq!(
        told(&stored, author),
        [
            &ServerMessage::Stored { up_to: 1 },
            &ServerMessage::BarrierReached { id: 4 },
        ]
    );
}

#[test]
fn a_snapshot_holds_the_board_and_the_people() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    desk.update(author, &Replica::new().set_title("A"));
    desk.store();

    let (expected, snapshot) = desk.state.snapshot().unwrap();
    let mut again = RoomState::restore(desk.state.room, 1, &snapshot, [2; 8], 0).unwrap();

    assert_eq!((expected, snapshot.upto), (0, 2));
    assert_eq!(again.workshop, desk.state.workshop);
    assert_eq!(again.overview(0).unwrap().title, "A");
}
