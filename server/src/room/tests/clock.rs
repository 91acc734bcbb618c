//! The machine's clock jumps: nothing waits for as long as it was set back, nothing is lost.

use hartslag_protocol::ids::RoundId;
use hartslag_protocol::wire::awareness::{self, Entry};

use super::*;

const HOUR: Milliseconds = 3_600_000;
/// The longest that anything in a room with members waits by itself.
const LONGEST_WAIT: Milliseconds = 60_000;

/// A room at a late hour, and a member.
fn at_night() -> (Desk, ConnectionId) {
    let mut desk = Desk::new();
    desk.now = 100 * HOUR;
    let coach = desk.join(Role::Coach, Dialect::Hartslag);
    (desk, coach)
}

fn presence(desk: &mut Desk, connection: ConnectionId, clock: u32) -> bool {
    let entry = Entry {
        client: 7,
        clock,
        state: Some("{}"),
    };
    let payload = awareness::write([entry].into_iter());
    let effects = desk.frame(connection, frame::write_awareness(&payload));
    let is_shown = |effect: &Effect| matches!(effect, Effect::Presence { .. });
    effects.iter().any(is_shown)
}

#[test]
fn presence_is_shown_after_the_clock_is_set_back() {
    let (mut desk, coach) = at_night();
    assert!(presence(&mut desk, coach, 1));

    desk.now -= HOUR;
    presence(&mut desk, coach, 2);
    desk.now += 100;

    let effects = desk.receive(Event::Tick);
    let is_shown = |effect: &Effect| matches!(effect, Effect::Presence { .. });
    assert!(effects.iter().any(is_shown));
}

#[test]
fn coaches_hear_how_many_answered_after_the_clock_is_set_back() {
    let (mut desk, _) = at_night();
    let round = RoundId::generate();
    let counts = |effects: &[Effect]| effects.contains(&Effect::CountResponses { round });
    assert!(counts(&desk.receive(Event::Answered { round })));

    desk.now -= HOUR;
    desk.receive(Event::Answered { round });
    desk.now += 1_000;

    assert!(counts(&desk.receive(Event::Tick)));
}

#[test]
fn an_append_is_tried_again_after_the_clock_is_set_back() {
    let (mut desk, coach) = at_night();
    desk.update(coach, &Replica::new().set_title("A"));
    let failed = std::mem::take(&mut desk.in_flight);
    desk.receive(Event::AppendFailed);

    desk.now -= HOUR;
    desk.receive(Event::Tick);
    desk.now += 5_000;
    desk.receive(Event::Tick);

    assert_eq!(desk.in_flight, failed);
}

#[test]
fn a_room_never_waits_for_as_long_as_the_clock_was_set_back() {
    let (mut desk, coach) = at_night();
    presence(&mut desk, coach, 1);

    desk.now -= HOUR;
    desk.receive(Event::Tick);

    let due = desk.state.due().expect("presence lapses");
    assert!(due <= desk.now + LONGEST_WAIT, "{} later", due - desk.now);
}

#[test]
fn a_clock_that_jumps_forward_loses_nothing() {
    let (mut desk, coach) = at_night();
    desk.update(coach, &Replica::new().set_title("A"));

    desk.now += 1_000 * HOUR;
    let ticked = desk.receive(Event::Tick);
    let stored = desk.store();

    assert!(!ticked.contains(&Effect::Rest), "someone is here");
    assert_eq!(told(&stored, coach), [&ServerMessage::Stored { up_to: 1 }]);
    assert_eq!(desk.title(), "A");
    assert!(presence(&mut desk, coach, 1));
}
