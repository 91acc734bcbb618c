//! What of the members' updates is taken, asked for again, or refused.

use hartslag_protocol::wire::message::{RefusalReason, RefusedPlace};

use super::*;

#[test]
fn w7_a_gap_is_asked_for_and_nothing_is_acknowledged_until_it_is_filled() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    let replica = Replica::new();
    replica.set_title("lost");
    let ahead = replica.set_title("B");

    let gap = desk.update(author, &ahead);
    let more = desk.update(author, &replica.set_title("C"));

    assert!(asked(&gap, author) && !asked(&more, author));
    assert!(told(&gap, author).is_empty() && told(&more, author).is_empty());
    desk.frame(author, frame::write_step2(&replica.everything()));
    let filled = desk.store();
    assert_eq!(told(&filled, author), [&ServerMessage::Stored { up_to: 3 }]);
    assert_eq!(desk.title(), "C");
}

#[test]
fn w7_who_never_fills_a_gap_is_closed() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    let replica = Replica::new();
    replica.set_title("lost");
    let ahead = replica.set_title("B");

    for _ in 0..3 {
        let effects = desk.frame(author, frame::write_step2(&ahead));
        assert!(asked(&effects, author));
    }
    let last = desk.frame(author, frame::write_step2(&ahead));

    assert_eq!(closed(&last, author), Some(CloseCode::Behind));
}

#[test]
fn w7_a_gap_that_was_filled_counts_no_more() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);

    for _ in 0..6 {
        let replica = Replica::new();
        replica.set_title("dropped");
        let gap = desk.update(author, &replica.set_title("B"));
        assert!(asked(&gap, author));

        let filled = desk.frame(author, frame::write_step2(&[0, 0]));

        assert_eq!(closed(&filled, author), None);
    }
}

#[test]
fn w5_who_starts_over_is_shown_what_was_its_own() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    let replica = Replica::new();
    desk.update(author, &replica.set_title("A"));
    assert_eq!(shown(&desk.store()), Shown::EveryoneBut(author));

    desk.update(author, &replica.set_title("B"));
    desk.frame(author, frame::write_step1(&[0]));

    assert_eq!(shown(&desk.store()), Shown::Everyone);
}

#[test]
fn an_observer_changes_nothing_and_hears_why() {
    let mut desk = Desk::new();
    let observer = desk.join(Role::Observer, Dialect::Hartslag);
    let plain = desk.join(Role::Observer, Dialect::Plain);
    let update = Replica::new().set_title("A");

    let refused = desk.doubtful_update(observer, &update);
    let closing = desk.doubtful_update(plain, &update);

    let reason = RefusalReason::NotAllowed;
    assert_eq!(
        told(&refused, observer),
        [
            &ServerMessage::Refused {
                message: Some(1),
                reason,
                place: Some(RefusedPlace {
                    root: "board".to_owned(),
                    id: Some("title".to_owned())
                }),
            },
            &ServerMessage::Stored { up_to: 1 },
        ]
    );
    assert_eq!(closed(&closing, plain), Some(CloseCode::Forbidden));
    assert!(desk.in_flight.is_empty());
}

#[test]
fn an_observer_may_send_what_the_room_has() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    let observer = desk.join(Role::Observer, Dialect::Plain);
    let replica = Replica::new();
    desk.update(author, &replica.set_title("A"));
    desk.store();

    let effects = desk.frame(observer, frame::write_step2(&replica.everything()));

    assert_eq!(closed(&effects, observer), None);
}

#[test]
fn a_better_role_counts_at_once() {
    let mut desk = Desk::new();
    let observer = desk.join(Role::Observer, Dialect::Hartslag);
    let participant = desk.state.members[&observer].participant;

    desk.record(WorkshopEvent::ParticipantAdmitted {
        participant,
        name: "Noor".into(),
        municipality: "Duinrade".into(),
        role: Role::Coach,
    });
    desk.update(observer, &Replica::new().set_title("A"));

    assert_eq!(desk.in_flight.len(), 1);
}

#[test]
fn w8_a_malformed_update_is_refused_and_the_room_goes_on() {
    let mut desk = Desk::new();
    let hostile = desk.join(Role::Coach, Dialect::Plain);
    let honest = desk.join(Role::Coach, Dialect::Plain);

    let closing = desk.update(hostile, &[1, 1, 1, 0xff]);
    let broken = desk.frame(hostile, vec![200]);
    desk.update(honest, &Replica::new().set_title("A"));
    desk.store();

    assert_eq!(closed(&closing, hostile), Some(CloseCode::Malformed));
    assert_eq!(closed(&broken, hostile), Some(CloseCode::Malformed));
    assert_eq!(desk.title(), "A");
}

#[test]
fn a_state_vector_that_claims_too_much_is_malformed() {
    let mut desk = Desk::new();
    let hostile = desk.join(Role::Coach, Dialect::Plain);

    let effects = desk.frame(hostile, frame::write_step1(&[0xff, 0xff, 0xff, 0xff, 0x0f]));

    assert_eq!(closed(&effects, hostile), Some(CloseCode::Malformed));
}

#[test]
fn a_client_that_starts_anew_after_a_refusal_is_acknowledged_again() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    let lost = Replica::new();
    lost.set_title("lost");
    desk.update(author, &lost.set_title("B"));

    desk.frame(author, frame::write_step1(&[0]));
    let fresh = Replica::new();
    desk.frame(author, frame::write_step2(&fresh.everything()));
    desk.update(author, &fresh.set_title("C"));
    let stored = desk.store();

    assert_eq!(told(&stored, author), [&ServerMessage::Stored { up_to: 3 }]);
}

#[test]
fn who_fell_behind_gets_the_difference() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    let slow = desk.join(Role::Observer, Dialect::Plain);
    let replica = Replica::new();
    desk.update(author, &replica.set_title("A"));
    let base = desk.store().into_iter().find_map(|effect| match effect {
        Effect::Document { base, .. } => Some(base),
        _ => None,
    });

    let effects = desk.receive(Event::CaughtUp {
        connection: slow,
        base: base.unwrap(),
    });

    let difference = effects.iter().find_map(|effect| match effect {
        Effect::Difference { to, frame } if *to == slow => Some(frame),
        _ => None,
    });
    let missed = frame::read_frame(difference.unwrap()).unwrap();
    let frame::Message::SyncStep2(update) = missed[0] else {
        panic!("{missed:?}");
    };
    let late = Replica::new();
    late.apply(update);
    let transaction = late.doc.transact();
    let title = late.board.get(&transaction, "title").unwrap();
    assert_eq!(title.to_string(&transaction), "A");
}

#[test]
fn w6_what_was_known_again_and_again_is_promised_once() {
    let mut desk = Desk::new();
    let connection = desk.join(Role::Coach, Dialect::Hartslag);
    let update = Replica::new().set_title("A");
    for _ in 0..100 {
        desk.update(connection, &update);
    }
    assert_eq!(desk.state.members[&connection].promises.len(), 1);

    let stored = desk.store();

    assert_eq!(
        told(&stored, connection),
        [&ServerMessage::Stored { up_to: 100 }]
    );
}
