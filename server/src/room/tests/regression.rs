//! A store that came back with less than it acknowledged.

use hartslag_protocol::workshop::BoardMode;

use super::*;
use crate::log::LoadedRoom;
use crate::room::event::Noticed;
use crate::room::recovery::Recovery;
use crate::room::tests::rounds::round;

/// A room with a coach, a timer and two edits: eight entries or so.
fn busy() -> (Desk, ConnectionId, Replica) {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Hartslag);
    let replica = Replica::of_client(7);
    for title in ["A", "B"] {
        desk.update(author, &replica.set_title(title));
        desk.store();
    }
    let ends_at = Some(desk.now + 60_000);
    desk.record(WorkshopEvent::TimerSet { ends_at });
    desk.join(Role::Participant, Dialect::Plain);
    desk.update(author, &replica.set("summary", "S"));
    desk.store();
    (desk, author, replica)
}

impl Desk {
    /// The store has no more than this of the log.
    fn go_back(&mut self, last: usize) {
        self.log.truncate(last);
    }

    fn stored(&self) -> LoadedRoom {
        LoadedRoom {
            epoch: 1,
            created_at: 0,
            snapshot: Snapshot {
                upto: 0,
                bytes: snapshot::initial(&[0, 0]),
            },
            tail: self.log.clone(),
        }
    }

    /// Looks and notices, and goes on from what is stored.
    pub(super) fn recover(&mut self) -> Vec<Effect> {
        self.recover_by(Noticed::Look)
    }

    fn recover_by(&mut self, by: Noticed) -> Vec<Effect> {
        self.in_flight.clear();
        let noticed = self.receive(Event::Regressed { by });
        assert!(noticed.contains(&Effect::Recover), "{noticed:?}");
        let stored = Some(Box::new(self.stored()));
        self.now += 10_000;
        self.receive(Event::Recovered { stored })
    }

    pub(super) fn store_all(&mut self) {
        while !self.in_flight.is_empty() {
            self.store();
        }
    }

    /// A node that has nothing but the log.
    fn loaded_anew(&self) -> Self {
        let mut other = Self::of_node(9);
        for entry in &self.log {
            other.state.replay(entry).unwrap();
        }
        other
    }

    fn board(&mut self) -> Bytes {
        self.state.document.encoded().unwrap()
    }
}

#[test]
fn l7_what_the_store_lost_is_brought_back_and_nobody_sees_less_of_it() {
    let (mut desk, author, _replica) = busy();
    let (before, workshop) = (desk.board(), desk.state.workshop.clone());
    desk.go_back(2);

    let effects = desk.recover();

    assert_eq!(desk.board(), before);
    assert_eq!(closed(&effects, author), None);
    assert!(desk.in_flight.len() >= 3, "{:?}", desk.in_flight);
    desk.store_all();
    let mut anew = desk.loaded_anew();
    assert_eq!(anew.board(), before);
    assert_eq!(anew.state.workshop, workshop);
    assert_eq!(desk.state.workshop, workshop);
    assert_eq!(desk.board(), before);
}

#[test]
fn l7_nothing_comes_twice_when_every_node_brings_it_back() {
    let (mut here, _author, _replica) = busy();
    let mut there = here.loaded_anew();
    there.state.workshop.clone_from(&here.state.workshop);
    let (before, workshop) = (here.board(), here.state.workshop.clone());
    here.go_back(2);
    there.log.clone_from(&here.log);

    here.recover();
    there.recover();
    here.store_all();
    there.log.clone_from(&here.log);
    there.store_all();

    let mut anew = there.loaded_anew();
    assert_eq!(anew.board(), before);
    assert_eq!(anew.state.workshop, workshop);
    let log = there.log.clone();
    there.receive(Event::Read {
        entries: log.clone(),
    });
    here.receive(Event::Read { entries: log });
    assert_eq!(here.board(), before);
    assert_eq!(there.board(), before);
}

#[test]
fn l7_what_another_node_added_meanwhile_is_kept_too() {
    let (mut desk, author, _replica) = busy();
    desk.go_back(2);
    let mut other = desk.loaded_anew();
    other.log.clone_from(&desk.log);
    let guest = other.join(Role::Coach, Dialect::Plain);
    other.update(guest, &Replica::of_client(8).set("audience", "all"));
    other.store();
    desk.log.clone_from(&other.log);

    let effects = desk.recover();
    desk.store_all();

    assert_eq!(shown(&effects), Shown::Everyone);
    assert_eq!(closed(&effects, author), None);
    let expected = desk.board();
    assert_eq!(desk.loaded_anew().board(), expected);
    let participants = &desk.state.workshop.participants;
    assert_eq!(participants.len(), 3);
    assert_eq!(desk.title(), "B");
}

#[test]
fn l8_what_comes_back_stands_where_the_log_has_it() {
    let (mut desk, _author, _replica) = busy();
    let (lost, later) = (round(), round());
    desk.record(WorkshopEvent::RoundOpened {
        round: lost.clone(),
    });
    desk.go_back(2);
    let mut other = desk.loaded_anew();
    desk.recover();
    assert!(desk.state.workshop.round(lost.id).is_some());

    // Before what was lost is there again, another node opens a round.
    other.log.clone_from(&desk.log);
    other.record(WorkshopEvent::RoundOpened { round: later });
    desk.log.clone_from(&other.log);
    desk.store_all();
    let entries = desk.log.clone();
    desk.receive(Event::Read { entries });
    desk.store_all();

    assert_eq!(desk.state.workshop.rounds.len(), 2);
    let anew = desk.loaded_anew().state.workshop;
    assert_eq!(desk.state.workshop, anew);
}

#[test]
fn l7_what_waits_is_appended_after_what_was_lost_and_then_told_stored() {
    let (mut desk, author, replica) = busy();
    let sent = desk.state.members[&author].counted + 1;
    desk.update(author, &replica.set_title("waits"));
    desk.go_back(1);
    desk.recover_by(Noticed::Append);

    let mut told_stored = Vec::new();
    while !desk.in_flight.is_empty() {
        let effects = desk.store();
        told_stored.extend(told(&effects, author).into_iter().cloned());
    }

    assert!(told_stored.contains(&ServerMessage::Stored { up_to: sent }));
    assert_eq!(desk.title(), "waits");
    let expected = desk.board();
    assert_eq!(desk.loaded_anew().board(), expected);
}

#[test]
fn l7_a_room_that_was_made_anew_from_memory_goes_on() {
    let (mut desk, author, replica) = busy();
    let applied = desk.state.applied;
    let by = Noticed::Read;
    assert!(
        desk.receive(Event::Regressed { by })
            .contains(&Effect::Recover)
    );

    desk.receive(Event::Recovered { stored: None });
    let next = desk.update(author, &replica.set_title("C"));

    let known = next.iter().find_map(|effect| match effect {
        Effect::Append { known, .. } => Some(*known),
        _ => None,
    });
    let known = known.expect("it is appended");
    assert_eq!((known.sequence, known.key), (applied, None));
}

#[test]
fn l7_nothing_is_appended_or_read_while_the_store_is_read_anew() {
    let (mut desk, author, replica) = busy();
    desk.receive(Event::Regressed { by: Noticed::Look });
    assert_eq!(desk.state.recovery, Recovery::Running);

    let sequence = desk.state.applied + 5;
    let heard = desk.receive(Event::Heard { sequence });
    let effects = desk.update(author, &replica.set_title("C"));

    let is_asked = |effect: &Effect| matches!(effect, Effect::Append { .. } | Effect::Read { .. });
    assert!(!heard.iter().chain(&effects).any(is_asked));
}

#[test]
fn l7_a_number_below_what_was_appended_here_makes_the_room_look() {
    let (mut desk, _author, _replica) = busy();
    let sequence = desk.state.applied - 1;

    let heard = desk.receive(Event::Heard { sequence });

    assert!(heard.contains(&Effect::Verify), "{heard:?}");
}

#[test]
fn l7_a_log_that_grew_again_is_noticed_by_its_last_entry() {
    let (mut desk, _author, _replica) = busy();
    let sequence = desk.state.applied;
    let heard = desk.receive(Event::Heard {
        sequence: sequence + 1,
    });
    let after = sequence - 1;
    assert!(heard.contains(&Effect::Read { after }), "{heard:?}");

    let mut entries = vec![desk.log[desk.log.len() - 1].clone()];
    entries[0].key = [9; 16];
    let read = desk.receive(Event::Read { entries });

    assert!(read.contains(&Effect::Recover), "{read:?}");
}

#[test]
fn l7_an_own_entry_that_waits_for_others_must_still_be_there() {
    let (mut desk, author, replica) = busy();
    let sequence = desk.state.applied;
    desk.update(author, &replica.set_title("C"));
    let key = desk.in_flight[0].key;
    desk.in_flight.clear();

    let sequences = vec![sequence + 3];
    desk.receive(Event::Appended { sequences });

    let known = desk.state.known();
    assert_eq!((known.sequence, known.key), (sequence + 3, Some(key)));
}

/// A room with an own entry that is durable behind one of another node.
fn numbered() -> (Desk, NewEntry) {
    let (mut desk, author, replica) = busy();
    desk.update(author, &replica.set_title("C"));
    let entry = desk.in_flight[0].clone();
    let sequences = vec![desk.state.applied + 2];
    desk.in_flight.clear();
    desk.receive(Event::Appended { sequences });
    (desk, entry)
}

#[test]
fn l7_what_was_lost_comes_back_under_another_key() {
    let (mut desk, entry) = numbered();

    desk.recover_by(Noticed::Read);

    let keys: Vec<_> = desk.in_flight.iter().map(|entry| entry.key).collect();
    assert!(!keys.is_empty() && !keys.contains(&entry.key), "{keys:?}");
    desk.store_all();
    assert_eq!(desk.title(), "C");
}

#[test]
fn l2_what_the_log_kept_comes_again_under_its_key() {
    let (mut desk, entry) = numbered();
    desk.log.push(Entry {
        sequence: desk.state.applied + 1,
        key: entry.key,
        kind: entry.kind,
        writer: entry.writer,
        at: entry.at,
        bytes: entry.bytes.clone(),
    });

    desk.recover_by(Noticed::Read);

    let keys: Vec<_> = desk.in_flight.iter().map(|entry| entry.key).collect();
    assert_eq!(keys, [entry.key]);
}

#[test]
fn l8_no_snapshot_holds_what_the_log_lacks() {
    let (mut desk, _author, _replica) = busy();
    desk.go_back(2);
    assert!(desk.state.may_be_kept());

    desk.recover();
    assert!(!desk.state.may_be_kept() && !desk.state.is_ahead_of_snapshot());

    desk.store_all();
    assert!(desk.state.may_be_kept() && desk.state.is_ahead_of_snapshot());
}

#[test]
fn l7_what_waits_can_be_built_upon_after_a_recovery() {
    let (mut desk, author, replica) = busy();
    desk.update(author, &replica.set_title("waits"));
    desk.go_back(2);
    desk.recover_by(Noticed::Append);

    let effects = desk.update(author, &replica.set_title("on top"));

    assert!(!asked(&effects, author), "{effects:?}");
    desk.store_all();
    assert_eq!(desk.title(), "on top");
}

#[test]
fn l8_after_a_recovery_the_log_says_what_counts_of_what_waited() {
    let (mut desk, author, replica) = busy();
    desk.update(author, &replica.set_title("waits"));
    desk.go_back(2);
    let mut other = desk.loaded_anew();
    other.log.clone_from(&desk.log);
    // Who sent it goes over to another node, and brings it along with more.
    replica.set_title("later");
    let there = other.connect(desk.state.members[&author].participant, Dialect::Plain);
    other.update(there, &replica.everything());
    other.store();
    desk.log.clone_from(&other.log);
    desk.recover_by(Noticed::Append);
    desk.update(author, &replica.set_title("last"));
    let ends_at = None;
    other.record(WorkshopEvent::TimerSet { ends_at });
    desk.log.clone_from(&other.log);
    desk.store_all();

    let entries = desk.log.clone();
    let read = desk.receive(Event::Read { entries });

    assert_eq!(shown(&read), Shown::EveryoneBut(author), "{read:?}");
    let expected = desk.board();
    assert_eq!(desk.loaded_anew().board(), expected);
    assert_eq!(desk.title(), "last");
}

#[test]
fn l7_members_hear_what_came_with_the_store() {
    let (mut desk, _author, _replica) = busy();
    desk.go_back(2);
    let mut other = desk.loaded_anew();
    other.log.clone_from(&desk.log);
    let mode = BoardMode::Locked;
    other.record(WorkshopEvent::BoardModeChanged { mode });
    let stranger = other.join(Role::Coach, Dialect::Plain);
    let stranger = other.state.members[&stranger].participant;
    desk.log.clone_from(&other.log);

    let effects = desk.recover();

    let told = told_all(&effects);
    assert!(
        told.contains(&&ServerMessage::BoardMode { mode }),
        "{told:?}"
    );
    assert!(desk.state.workshop.participants.contains_key(&stranger));
}

#[test]
fn l7_a_number_that_falls_makes_the_room_look() {
    let (mut desk, _author, _replica) = busy();
    let sequence = desk.state.applied;
    assert!(
        !desk
            .receive(Event::Heard { sequence })
            .contains(&Effect::Verify)
    );

    let fallen = desk.receive(Event::Heard { sequence: 1 });

    assert!(fallen.contains(&Effect::Verify));
}
