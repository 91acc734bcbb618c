//! How long the group has.

use hartslag_protocol::workshop::Timer;

use super::*;

fn remaining(message: &ServerMessage) -> Option<u64> {
    match message {
        ServerMessage::Timer(timer) | ServerMessage::Welcome { timer, .. } => timer.remaining_ms,
        other => panic!("{other:?} tells of no timer"),
    }
}

#[test]
fn t2_everyone_hears_what_remains_and_who_comes_later_what_is_left_then() {
    let mut desk = Desk::new();
    desk.join(Role::Coach, Dialect::Hartslag);
    let start = desk.now;
    let ends_at = Some(start + 60_000);

    let set = desk.record(WorkshopEvent::TimerSet { ends_at });
    desk.now = start + 20_000;
    let participant = ParticipantId::generate();
    let connection = ConnectionId::generate();
    let connected = desk.receive(Event::Connected {
        connection,
        participant,
        role: Role::Observer,
        network: Network::HERE,
        dialect: Dialect::Hartslag,
    });

    assert_eq!(remaining(told_all(&set)[0]), Some(60_000));
    assert_eq!(remaining(told(&connected, connection)[0]), Some(40_000));
    let stopped = desk.record(WorkshopEvent::TimerSet { ends_at: None });
    let nothing = Timer { remaining_ms: None };
    assert_eq!(told_all(&stopped), [&ServerMessage::Timer(nothing)]);
}

#[test]
fn t2_nodes_with_different_clocks_tell_the_same() {
    let (mut here, mut there) = (Desk::of_node(1), Desk::of_node(2));
    // The same moment: this node's clock is a minute ahead of the other's.
    there.now = here.now + 60_000;
    there.state.clock_ahead = -60_000;
    let ends_at = Some(here.now + 5_000);

    let told = [&mut here, &mut there].map(|desk| {
        let set = desk.record(WorkshopEvent::TimerSet { ends_at });
        remaining(told_all(&set)[0])
    });

    assert_eq!(told, [Some(5_000), Some(5_000)]);
}
