//! Who is here on several nodes.

use hartslag_protocol::wire::awareness;

use super::*;
use crate::log::TOLD_BYTES;
use crate::room::neighbours::{BEAT, SILENCE};

/// More than waits for a moment of its own.
const MOMENT: Milliseconds = 50;

/// A node that has said hello.
fn node(number: u8) -> Desk {
    let mut desk = Desk::of_node(number);
    desk.state.share();
    desk.receive(Event::Tick);
    desk
}

fn tells(effects: &[Effect]) -> Vec<Bytes> {
    let tells = effects.iter().filter_map(|effect| match effect {
        Effect::Tell { bytes } => Some(bytes.clone()),
        _ => None,
    });
    tells.collect()
}

/// Lets time pass on both until they have told each other everything.
fn meet(one: &mut Desk, other: &mut Desk) -> (Vec<Effect>, Vec<Effect>) {
    let (mut of_one, mut of_other) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        one.now += MOMENT;
        other.now = one.now;
        pass(one, other, &mut of_one, &mut of_other);
        pass(other, one, &mut of_other, &mut of_one);
    }
    (of_one, of_other)
}

fn pass(from: &mut Desk, to: &mut Desk, of_from: &mut Vec<Effect>, of_to: &mut Vec<Effect>) {
    of_from.extend(from.receive(Event::Tick));
    for bytes in std::mem::take(&mut from.tells) {
        of_to.extend(to.receive(Event::Told { bytes }));
    }
}

fn admit(desks: [&mut Desk; 2]) -> ParticipantId {
    let participant = ParticipantId::generate();
    for desk in desks {
        desk.record(WorkshopEvent::ParticipantAdmitted {
            participant,
            name: "Noor".into(),
            municipality: "Duinrade".into(),
            role: Role::Participant,
        });
    }
    participant
}

fn show(desk: &mut Desk, connection: ConnectionId, client: u64, clock: u32, state: &str) {
    let entry = awareness::Entry {
        client,
        clock,
        state: Some(state),
    };
    let payload = awareness::write([entry].into_iter());
    desk.frame(connection, frame::write_awareness(&payload));
}

fn arrived(effects: &[Effect]) -> Vec<ParticipantId> {
    let messages = told_all(effects).into_iter();
    let arrived = messages.filter_map(|message| match message {
        ServerMessage::ParticipantArrived { participant } => Some(participant.id),
        _ => None,
    });
    arrived.collect()
}

fn left(effects: &[Effect]) -> Vec<ParticipantId> {
    let messages = told_all(effects).into_iter();
    let left = messages.filter_map(|message| match message {
        ServerMessage::ParticipantLeft { participant } => Some(*participant),
        _ => None,
    });
    left.collect()
}

const HERE: &str = r#"{"cell":"a"}"#;

#[test]
fn w11_who_comes_and_goes_on_one_node_is_seen_on_the_other() {
    let (mut a, mut b) = (node(1), node(2));
    let anna = admit([&mut a, &mut b]);
    let connection = a.connect(anna, Dialect::Hartslag);
    show(&mut a, connection, 1, 1, HERE);

    let (_, at_b) = meet(&mut a, &mut b);
    assert_eq!(arrived(&at_b), [anna]);
    assert_eq!(b.state.overview(0).unwrap().online, 1);
    assert_eq!(b.state.presence.picture(), a.state.presence.picture());
    assert!(at_b.iter().any(|it| matches!(it, Effect::Presence { .. })));
    // On a second node, nobody hears of it again.
    let second = b.connect(anna, Dialect::Hartslag);
    let (at_a, _) = meet(&mut a, &mut b);
    a.receive(Event::Left { connection });
    let (more_at_a, at_b) = meet(&mut a, &mut b);
    assert!(arrived(&at_a).is_empty());
    assert!(left(&more_at_a).is_empty() && left(&at_b).is_empty());
    assert!(b.state.presence.picture().is_empty());

    b.receive(Event::Left { connection: second });
    let (at_a, _) = meet(&mut a, &mut b);
    assert_eq!(left(&at_a), [anna]);
    assert!(a.state.here().is_empty());
}

#[test]
fn w11_who_starts_later_asks_for_what_is_known() {
    let mut a = node(1);
    let connection = a.join(Role::Participant, Dialect::Hartslag);
    show(&mut a, connection, 1, 1, HERE);
    a.now += MOMENT;
    a.receive(Event::Tick);

    let mut b = Desk::of_node(2);
    b.state.share();
    b.now = a.now;
    assert!(b.state.due() <= Some(b.now), "it waits with its hello");
    a.tells.clear();
    meet(&mut b, &mut a);

    assert_eq!(b.state.here(), a.state.here());
    assert_eq!(b.state.presence.picture().len(), 1);
}

#[test]
fn w11_a_node_that_is_silent_or_says_goodbye_takes_its_people_along() {
    for says_goodbye in [false, true] {
        let (mut a, mut b) = (node(1), node(2));
        let anna = admit([&mut a, &mut b]);
        let connection = a.connect(anna, Dialect::Hartslag);
        show(&mut a, connection, 1, 1, HERE);
        meet(&mut a, &mut b);
        let old = tells(&a.receive(Event::Left { connection }));

        let effects = if says_goodbye {
            let bytes = a.state.goodbye().unwrap();
            b.receive(Event::Told { bytes })
        } else {
            assert!(b.state.due() <= Some(b.now + SILENCE));
            b.now += SILENCE;
            b.receive(Event::Tick)
        };

        assert_eq!(left(&effects), [anna]);
        assert!(b.state.here().is_empty() && b.state.presence.picture().is_empty());
        for bytes in old {
            b.receive(Event::Told { bytes });
        }
        assert!(b.state.here().is_empty());
    }
}

#[test]
fn w11_a_node_with_people_is_never_silent_for_long() {
    let mut a = node(1);
    a.join(Role::Participant, Dialect::Plain);
    a.now += MOMENT;
    a.receive(Event::Tick);

    for _ in 0..5 {
        let due = a.state.due().unwrap();
        assert!(due <= a.now + BEAT);
        a.now = due.max(a.now);
        assert_eq!(tells(&a.receive(Event::Tick)).len(), 1);
    }
}

#[test]
fn w10_nobody_speaks_for_a_client_of_another_node() {
    let (mut a, mut b) = (node(1), node(2));
    let anna = a.join(Role::Participant, Dialect::Plain);
    let mallory = b.join(Role::Participant, Dialect::Plain);
    show(&mut a, anna, 1, 1, HERE);
    meet(&mut a, &mut b);
    let known = a.state.presence.picture();

    show(&mut b, mallory, 1, 9, r#"{"cell":"elsewhere"}"#);
    meet(&mut a, &mut b);

    assert_eq!(a.state.presence.picture(), known);
    assert_eq!(b.state.presence.picture(), known);
}

#[test]
fn w10_of_two_nodes_that_took_a_client_at_one_moment_the_same_keeps_it_everywhere() {
    let (mut a, mut b) = (node(1), node(2));
    let anna = a.join(Role::Participant, Dialect::Plain);
    let bo = b.join(Role::Participant, Dialect::Plain);
    show(&mut b, bo, 1, 9, r#"{"cell":"b"}"#);
    show(&mut a, anna, 1, 1, HERE);

    meet(&mut a, &mut b);

    assert_eq!(a.state.presence.picture()[&1], (1, HERE.to_owned()));
    assert_eq!(b.state.presence.picture(), a.state.presence.picture());
}

#[test]
fn what_was_told_before_changes_nothing_any_more() {
    let (mut a, mut b) = (node(1), node(2));
    let anna = a.join(Role::Participant, Dialect::Plain);
    a.now += MOMENT;
    let first = tells(&a.receive(Event::Tick));
    show(&mut a, anna, 1, 1, HERE);
    a.now += MOMENT;
    let second = tells(&a.receive(Event::Tick));

    for bytes in second.iter().chain(&first).chain(&second) {
        let bytes = bytes.clone();
        b.receive(Event::Told { bytes });
    }

    assert_eq!(b.state.presence.picture().len(), 1);
}

#[test]
fn a_table_of_any_size_goes_in_bounded_messages() {
    let (mut a, mut b) = (node(1), node(2));
    let large = format!(r#"{{"cell":"{}"}}"#, "x".repeat(4_000));
    for number in 0..40 {
        let connection = a.join(Role::Participant, Dialect::Plain);
        show(&mut a, connection, number, 1, &large);
    }
    let mut messages = 0;
    // What changed is lost; all of it comes with the next beat.
    for until in [a.now + BEAT, a.now + 2 * BEAT + 20 * MOMENT] {
        while a.now < until {
            a.now += MOMENT;
            for bytes in tells(&a.receive(Event::Tick)) {
                assert!(bytes.len() <= TOLD_BYTES);
                messages += 1;
                if a.now > until - BEAT {
                    b.now = a.now;
                    b.receive(Event::Told { bytes });
                }
            }
        }
    }

    assert!(messages > 4, "{messages}");
    assert_eq!(b.state.presence.picture().len(), 40);
    assert_eq!(b.state.here().len(), 40);
}

#[test]
fn a_node_that_is_alone_tells_nothing() {
    let mut desk = Desk::new();
    let connection = desk.join(Role::Participant, Dialect::Plain);
    show(&mut desk, connection, 1, 1, HERE);
    desk.now += 2 * BEAT;

    assert!(tells(&desk.receive(Event::Tick)).is_empty());
    assert!(desk.state.due() > Some(desk.now + SILENCE));
    assert!(desk.state.goodbye().is_none() && !desk.state.presence.has_news());
}

#[test]
fn what_cannot_be_read_is_left() {
    let mut desk = node(1);
    for bytes in [&[][..], &[9; 40], &[1; 12], &[0xff; 300]] {
        let bytes = Bytes::copy_from_slice(bytes);
        assert!(desk.receive(Event::Told { bytes }).is_empty());
    }
    assert!(desk.state.here().is_empty());
}
