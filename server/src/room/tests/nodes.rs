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
    let author = there.join(Role::Coach, Dialect::Plain);
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
    let author = there.join(Role::Coach, Dialect::Plain);
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
    let author = desk.join(Role::Coach, Dialect::Hartslag);
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
    let anna = here.join(Role::Coach, Dialect::Plain);
    catch_up(&mut there, &here.log);
    there.log.clone_from(&here.log);
    let bo = there.join(Role::Coach, Dialect::Plain);
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

#[test]
fn l1_an_own_entry_that_is_read_while_its_append_is_tried_again_is_applied() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    desk.update(author, &Replica::new().set_title("A"));
    let lost = std::mem::take(&mut desk.in_flight);
    desk.receive(Event::AppendFailed);
    let stored = lost.into_iter().map(|entry| Entry {
        sequence: 2,
        key: entry.key,
        kind: entry.kind,
        writer: entry.writer,
        at: entry.at,
        bytes: entry.bytes,
    });
    desk.log.extend(stored);

    let log = desk.log.clone();
    let read = catch_up(&mut desk, &log);
    desk.now += 10_000;
    desk.receive(Event::Tick);
    let retried = desk.receive(Event::Appended { sequences: vec![2] });

    assert_eq!(shown(&read), Shown::Everyone);
    assert_eq!(
        told(&retried, author),
        [&ServerMessage::Stored { up_to: 1 }]
    );
    assert_eq!(desk.title(), "A");
}

#[test]
fn l1_what_another_node_stored_first_is_shown_though_it_waits_here_too() {
    let (mut here, mut there) = (Desk::of_node(1), Desk::of_node(2));
    let anna = here.join(Role::Coach, Dialect::Plain);
    catch_up(&mut there, &here.log);
    there.log.clone_from(&here.log);
    let replica = Replica::new();
    let first = replica.set_title("A");
    replica.set_title("B");
    here.update(anna, &replica.everything());
    let elsewhere = there.join(Role::Coach, Dialect::Plain);
    there.update(elsewhere, &first);
    there.store();

    // The entry in flight here is stored behind those of the other node.
    here.log.clone_from(&there.log);
    here.store();
    let log = here.log.clone();
    let after = here.state.applied;
    let entries = log[usize::try_from(after).unwrap()..3].to_vec();
    let read = here.receive(Event::Read { entries });

    assert_eq!(here.title(), "B");
    assert_eq!(here.state.applied, 4);
    let frames = read
        .iter()
        .filter(|effect| matches!(effect, Effect::Document { .. }));
    assert_eq!(frames.count(), 1);
    catch_up(&mut there, &log);
    assert_eq!(
        here.state.document.encoded().unwrap(),
        there.state.document.encoded().unwrap()
    );
}

/// Each node gets other content under one client clock at the same moment, and edits that build
/// on it; the log has those of `there` first.
fn equivocate() -> (Desk, Desk) {
    let (mut here, mut there) = (Desk::of_node(1), Desk::of_node(2));
    let forger = here.join(Role::Coach, Dialect::Plain);
    catch_up(&mut there, &here.log);
    there.log.clone_from(&here.log);
    let elsewhere = there.join(Role::Coach, Dialect::Plain);
    let honest = there.join(Role::Coach, Dialect::Plain);
    here.log.clone_from(&there.log);
    let (one, other) = (Replica::of_client(7), Replica::of_client(7));
    for update in [one.set_title("one"), one.set("summary", "A")] {
        here.update(forger, &update);
    }
    for update in [other.set("slug", "other"), other.set_title("B")] {
        there.update(elsewhere, &update);
    }
    there.update(honest, &Replica::of_client(9).set("audience", "all"));
    while !there.in_flight.is_empty() {
        there.store();
    }
    (here, there)
}

#[test]
fn l8_forged_edits_with_one_clock_resolve_alike_on_every_node_without_a_reload() {
    let (mut here, mut there) = equivocate();

    // The answer to the append here comes before, or after, the other node's entries are read.
    here.log.clone_from(&there.log);
    while !here.in_flight.is_empty() {
        here.store();
    }
    let log = here.log.clone();
    catch_up_from(&mut here, &log);
    catch_up_from(&mut there, &log);

    let mut reader = Desk::of_node(3);
    catch_up(&mut reader, &log);
    let expected = reader.state.document.encoded().unwrap();
    assert_eq!(here.state.document.encoded().unwrap(), expected);
    assert_eq!(there.state.document.encoded().unwrap(), expected);
    assert_eq!(reader.title(), "B");
}

#[test]
fn l8_after_a_forged_conflict_every_gate_admits_alike() {
    let (mut here, mut there) = equivocate();
    let log = there.log.clone();
    catch_up_from(&mut here, &log);
    // What waits here lost its clocks: the rest of it counts as far as it fits.
    let author = here.connect(ParticipantId::generate(), Dialect::Plain);
    here.state.members.get_mut(&author).unwrap().role = Role::Coach;
    here.update(author, &Replica::of_client(11).set("language", "nl"));
    here.log.clone_from(&log);
    while !here.in_flight.is_empty() {
        here.store();
    }

    let log = here.log.clone();
    catch_up_from(&mut there, &log);
    let mut reader = Desk::of_node(3);
    catch_up(&mut reader, &log);

    let expected = reader.state.document.encoded().unwrap();
    assert_eq!(here.state.document.encoded().unwrap(), expected);
    assert_eq!(there.state.document.encoded().unwrap(), expected);
    assert_eq!(
        here.state.gate.state_vector().encode(),
        reader.state.gate.state_vector().encode()
    );
}

/// Takes in what the log has more, where there is any.
fn catch_up_from(desk: &mut Desk, log: &[Entry]) {
    let sequence = log.len() as Sequence;
    desk.receive(Event::Heard { sequence });
    let after = desk.state.applied;
    let missing = log.iter().filter(|entry| entry.sequence > after);
    let entries = missing.cloned().collect();
    desk.receive(Event::Read { entries });
}
