//! What becomes durable together is shown together.

use super::*;

/// The frames of a turn that change the document.
fn frames(effects: &[Effect]) -> Vec<&Bytes> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Document { frame, .. } => Some(frame),
        _ => None,
    });
    frames.collect()
}

/// Two people whose edits wait for the append of a third edit.
fn two_edits() -> (Desk, [ConnectionId; 2]) {
    let mut desk = Desk::new();
    let authors = [(); 2].map(|()| desk.join(Role::Coach, Dialect::Hartslag));
    // The title of the client with the highest id is kept.
    desk.update(authors[0], &Replica::of_client(1).set_title("A"));
    for (author, id) in authors.into_iter().zip([2, 3]) {
        let replica = Replica::of_client(id);
        desk.update(author, &replica.set_title("B"));
    }
    desk.store();
    (desk, authors)
}

#[test]
fn w1_edits_that_become_durable_together_are_one_update_in_one_frame() {
    let (mut desk, authors) = two_edits();

    let stored = desk.store();

    let frames = frames(&stored);
    assert_eq!((frames.len(), shown(&stored)), (1, Shown::Everyone));
    let messages = frame::read_frame(frames[0]).unwrap();
    let [frame::Message::Update(update)] = messages[..] else {
        panic!("{messages:?}");
    };
    let update = Update::decode_v1(update).unwrap();
    assert_eq!(update.state_vector().len(), 2);
    for (author, up_to) in authors.into_iter().zip([2, 1]) {
        assert_eq!(told(&stored, author), [&ServerMessage::Stored { up_to }]);
    }
}

#[test]
fn w5_a_lone_author_of_several_edits_is_told_stored_and_no_more() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    let replica = Replica::new();
    for title in ["A", "B", "C"] {
        desk.update(author, &replica.set_title(title));
    }
    desk.store();

    let stored = desk.store();

    assert_eq!(shown(&stored), Shown::EveryoneBut(author));
    assert_eq!(told(&stored, author), [&ServerMessage::Stored { up_to: 3 }]);
}

#[test]
fn who_asks_in_the_turn_of_an_append_gets_what_became_durable_by_it() {
    let (mut desk, authors) = two_edits();
    let sequences = vec![4, 5];

    let asking = Event::Frame {
        connection: authors[0],
        frame: frame::write_step1(&[0]).into(),
    };
    desk.in_flight.clear();
    let effects = desk
        .state
        .receive_all([Event::Appended { sequences }, asking], desk.now);

    let order: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Document { .. } => Some("shown"),
            Effect::Answer { frame, .. } if frame.starts_with(&[0, 1]) => Some("answered"),
            _ => None,
        })
        .collect();
    assert_eq!(order, ["shown", "answered"]);
    assert_eq!(desk.title(), "B");
}
