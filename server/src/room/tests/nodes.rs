//! Several nodes on one log.

use super::*;

/// Takes in what is in the log and not yet in the room.
fn catch_up(desk: &mut Desk, log: &[Entry]) -> Vec<Effect> {
    let sequence = log.len() as Sequence;
    desk.receive(Event::Heard { sequence });
    assert!(desk.state.is_reading, "nothing is to be read");
    let after = desk.state.applied;
    let entries = log
        .iter()
        .filter(|entry| entry.sequence > after)
        .cloned()
        .collect();
    desk.receive(Event::Read { entries })
}

#[test]
fn l1_an_entry_of_another_node_is_read_and_shown() {
    let (mut here, mut there) = (Desk::of_node(1), Desk::of_node(2));
    let author = there.join(Role::Participant, Dialect::Plain);
    here.connect(ParticipantId::generate(), Dialect::Plain);
    there.update(author, &Replica::new().set_title("A"));
    there.store();

    let effects = catch_up(&mut here, &there.log);

    assert_eq!(shown(&effects), Shown::Everyone);
    assert_eq!(here.title(), "A");
    assert_eq!(here.state.workshop, there.state.workshop);
}

#[test]
fn l1_own_entries_wait_for_those_of_others_before_them() {
    let (mut here, mut there) = (Desk::of_node(1), Desk::of_node(2));
    let author = there.join(Role::Participant, Dialect::Plain);
    there.update(author, &Replica::new().set_title("first"));
    there.store();
    let event = WorkshopEvent::RoundClosed {
        round: hartslag_protocol::ids::RoundId::generate(),
    };
    here.receive(Event::Record {
        event,
        writer: None,
        ticket: 5,
    });
    here.log.clone_from(&there.log);

    let appended = here.store();
    assert!(!appended.contains(&Effect::Recorded { ticket: 5 }));
    assert!(appended.contains(&Effect::Read { after: 0 }));
    let entries = here.log[..2].to_vec();
    let read = here.receive(Event::Read { entries });

    assert!(read.contains(&Effect::Recorded { ticket: 5 }));
    assert_eq!(here.state.applied, 3);
    assert_eq!(here.title(), "first");
}

#[test]
fn an_own_entry_that_is_read_before_its_append_is_answered_counts_once() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Participant, Dialect::Hartslag);
    desk.update(author, &Replica::new().set_title("A"));
    let entry = desk.in_flight[0].clone();
    let read = Entry {
        sequence: 2,
        key: entry.key,
        kind: entry.kind,
        writer: entry.writer,
        at: entry.at,
        bytes: entry.bytes,
    };

    let early = desk.receive(Event::Read {
        entries: vec![read],
    });
    let stored = desk.store();

    assert_eq!(shown(&early), Shown::Nobody);
    assert_eq!(shown(&stored), Shown::EveryoneBut(author));
    assert_eq!(told(&stored, author), [&ServerMessage::Stored { up_to: 1 }]);
}

#[test]
fn nodes_that_fold_the_same_log_hold_the_same_room() {
    let (mut here, mut there) = (Desk::of_node(1), Desk::of_node(2));
    let anna = here.join(Role::Participant, Dialect::Plain);
    catch_up(&mut there, &here.log);
    there.log.clone_from(&here.log);
    let bo = there.join(Role::Participant, Dialect::Plain);
    catch_up(&mut here, &there.log);
    here.log.clone_from(&there.log);
    let (annas, bos) = (Replica::new(), Replica::new());

    for turn in 0..20 {
        here.update(anna, &annas.set_title(&format!("Anna {turn}")));
        here.store();
        there.log.clone_from(&here.log);
        there.update(bo, &bos.set_title(&format!("Bo {turn}")));
        there.store();
        catch_up(&mut there, &here.log.clone());
        here.log.clone_from(&there.log);
        catch_up(&mut here, &there.log);
    }

    assert_eq!(here.title(), there.title());
    assert_eq!(
        here.state.document.encoded().unwrap(),
        there.state.document.encoded().unwrap()
    );
    assert_eq!(here.state.applied, there.state.applied);
}
