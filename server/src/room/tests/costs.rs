//! Dear work waits, and nobody else waits for it.

use hartslag_protocol::wire::message::RefusalReason;
use yrs::{MapPrelim, Text, TextPrelim, TextRef, WriteTxn};

use super::*;

/// Pieces that are each compared with all before: some 35,000 visits.
const DEAR: u32 = 260;

/// A note whose text was written from its end to its beginning.
fn dear_note(id: &str, pieces: u32) -> Vec<u8> {
    let doc = Doc::new();
    let mut transaction = doc.transact_mut();
    let notes = transaction.get_or_insert_map("notes");
    let note = notes.insert(&mut transaction, id, MapPrelim::default());
    let text: TextRef = note.insert(&mut transaction, "text", TextPrelim::new(""));
    for _ in 0..pieces {
        text.insert(&mut transaction, 0, "x");
    }
    drop(transaction);
    doc.transact()
        .encode_state_as_update_v1(&StateVector::default())
}

fn there() -> Network {
    std::net::IpAddr::from([192, 0, 2, 1]).into()
}

impl Desk {
    /// A coach who connects from a network.
    fn join_from(&mut self, network: Network) -> ConnectionId {
        let connection = ConnectionId::generate();
        self.receive(Event::Connected {
            connection,
            participant: ParticipantId::generate(),
            role: Role::Coach,
            network,
            dialect: Dialect::Hartslag,
        });
        self.frame(connection, frame::write_step1(&[0]));
        connection
    }

    /// Lets time pass up to when something is due.
    fn pass(&mut self) -> Vec<Effect> {
        self.now = self.state.due().unwrap().max(self.now + 1);
        let mut effects = self.receive(Event::Tick);
        effects.extend(self.store());
        effects
    }
}

#[test]
fn a_dear_update_waits_while_the_edit_of_another_goes_on() {
    let mut desk = Desk::new();
    let (greedy, other) = (desk.join_from(there()), desk.join_from(Network::HERE));
    desk.update(greedy, &dear_note("n1", DEAR));
    desk.store();

    desk.update(greedy, &dear_note("n2", DEAR));
    let waits = desk.state.doubts.holds(greedy);
    desk.update(other, &Replica::new().set_title("A"));
    let stored = desk.store();

    assert!(waits);
    assert_eq!(told(&stored, other), [&ServerMessage::Stored { up_to: 1 }]);
    assert!(told(&stored, greedy).is_empty());
}

#[test]
fn what_waits_is_taken_in_its_order_and_nobody_is_closed() {
    let mut desk = Desk::new();
    let greedy = desk.join_from(there());
    let replica = Replica::new();
    desk.update(greedy, &dear_note("n1", DEAR));
    desk.store();

    desk.update(greedy, &dear_note("n2", DEAR));
    desk.update(greedy, &replica.set_title("A"));
    let behind = desk.update(greedy, &replica.set_title("B"));
    let mut later = desk.pass();
    while desk.state.doubts.holds(greedy) {
        later.extend(desk.pass());
    }
    later.extend(desk.store());

    assert!(told(&behind, greedy).is_empty());
    let told = told(&later, greedy);
    assert_eq!(told.last(), Some(&&ServerMessage::Stored { up_to: 4 }));
    assert_eq!(closed(&later, greedy), None);
    assert_eq!(desk.title(), "B");
}

#[test]
fn many_people_of_one_network_get_together_what_one_gets() {
    let mut desk = Desk::new();
    let many: Vec<_> = (0..100).map(|_| desk.join_from(there())).collect();
    let one = desk.join_from(Network::HERE);
    for (at, &greedy) in many.iter().enumerate() {
        desk.update(greedy, &dear_note(&format!("n{at}"), DEAR));
    }
    desk.store();
    desk.update(one, &dear_note("one", DEAR));

    desk.pass();

    let waiting = |desk: &Desk| {
        many.iter()
            .filter(|&&it| desk.state.doubts.holds(it))
            .count()
    };
    assert!(!desk.state.doubts.holds(one));
    assert_eq!(waiting(&desk), 99);
    desk.update(one, &dear_note("another", DEAR));
    while desk.state.doubts.holds(one) {
        desk.pass();
    }
    assert!(waiting(&desk) >= 97, "{}", waiting(&desk));
}

#[test]
fn what_nobody_may_ever_pay_is_refused_and_others_go_on() {
    let mut desk = Desk::new();
    let (greedy, other) = (desk.join_from(there()), desk.join_from(Network::HERE));

    let refused = desk.update(greedy, &dear_note("n1", 1_000));
    desk.update(other, &Replica::new().set_title("A"));
    let stored = desk.store();

    let [ServerMessage::Refused { reason, .. }, ..] = told(&refused, greedy)[..] else {
        panic!("it is not refused: {refused:?}");
    };
    assert_eq!(*reason, RefusalReason::TooLarge);
    assert_eq!(told(&stored, other), [&ServerMessage::Stored { up_to: 1 }]);
}

#[test]
fn what_is_known_or_refused_is_paid_for_too() {
    let mut desk = Desk::new();
    let sender = desk.join_from(there());
    let large = Replica::new().set("title", &"x".repeat(250_000));
    desk.update(sender, &large);
    desk.store();

    let sent = (0..50).take_while(|_| {
        desk.update(sender, &large);
        !desk.state.doubts.holds(sender)
    });

    assert!(sent.count() < 10);
}
