//! The door, and who is sent away.

use hartslag_protocol::ids::DismissalId;

use super::*;
use crate::room::people::Standing;
use crate::room::tests::rounds::round;

#[test]
fn h14_connections_of_who_is_sent_away_end_and_write_nothing_more() {
    let mut desk = Desk::new();
    let coach = desk.join(Role::Coach, Dialect::Hartslag);
    let guest = desk.join(Role::Participant, Dialect::Hartslag);
    let participant = desk.state.members[&guest].participant;
    let replica = Replica::of_client(7);

    let effects = desk.dismiss(vec![participant]);

    assert_eq!(closed(&effects, guest), Some(CloseCode::Unauthorised));
    assert_eq!(closed(&effects, coach), None);
    let left = ServerMessage::ParticipantLeft { participant };
    assert!(told_all(&effects).contains(&&left), "{effects:?}");
    assert!(effects.contains(&Effect::Unsubscribe { participant }));
    assert!(desk.update(guest, &replica.set_title("A")).is_empty());
    assert_eq!(desk.state.standing(participant), Standing::Dismissed);
}

#[test]
fn h14_who_was_sent_away_does_not_connect_until_that_is_undone() {
    let mut desk = Desk::new();
    let guest = desk.join(Role::Participant, Dialect::Hartslag);
    let participant = desk.state.members[&guest].participant;
    desk.dismiss(vec![participant]);
    let dismissal = desk.state.workshop.dismissals.iter().next().unwrap().id;

    let refused = desk.connect_told(participant);
    desk.record(WorkshopEvent::DismissalUndone { dismissal });
    let taken = desk.connect_told(participant);

    assert_eq!((refused, taken), (Some(CloseCode::Unauthorised), None));
}

#[test]
fn h14_answers_are_counted_anew_when_people_are_sent_away_and_let_in() {
    let mut desk = Desk::new();
    let guest = admitted(&mut desk);
    let round = round();
    let counts = Effect::CountResponses { round: round.id };
    desk.record(WorkshopEvent::RoundOpened { round });

    let sent = desk.dismiss(vec![guest]);
    let dismissal = desk.state.workshop.dismissals.iter().next().unwrap().id;
    desk.now += 5_000;
    let back = desk.record(WorkshopEvent::DismissalUndone { dismissal });

    assert!(sent.contains(&counts), "{sent:?}");
    assert!(back.contains(&counts), "{back:?}");
}

#[test]
fn r13_who_came_after_a_round_began_is_after_it_in_a_log_that_was_brought_back() {
    let mut desk = Desk::new();
    let round = round();
    let id = round.id;
    let early = admitted(&mut desk);
    desk.record(WorkshopEvent::RoundOpened { round });
    let late = admitted(&mut desk);
    let guest = admitted(&mut desk);
    desk.dismiss(vec![guest]);
    desk.record(WorkshopEvent::DoorSet { is_open: false });
    let before = desk.state.workshop.clone();

    desk.log.clear();
    desk.recover();
    desk.store_all();

    let after = &desk.state.workshop;
    let was_before = |who| after.was_before(who, id);
    assert_eq!([early, late].map(was_before), [true, false]);
    assert!(after.dismissals.has(guest) && after.door_is_closed);
    assert_eq!(after.participants.len(), before.participants.len());
}

fn admitted(desk: &mut Desk) -> ParticipantId {
    let participant = ParticipantId::generate();
    desk.record(WorkshopEvent::ParticipantAdmitted {
        participant,
        name: "Noor".into(),
        municipality: String::new(),
        role: Role::Voter,
    });
    participant
}

impl Desk {
    fn dismiss(&mut self, people: Vec<ParticipantId>) -> Vec<Effect> {
        let at = self.now;
        self.record(WorkshopEvent::PeopleDismissed {
            dismissal: DismissalId::generate(),
            people,
            network: None,
            at,
        })
    }

    /// With which code a connection of this person closes at once, if it does.
    fn connect_told(&mut self, participant: ParticipantId) -> Option<CloseCode> {
        let connection = ConnectionId::generate();
        let effects = self.receive(Event::Connected {
            connection,
            participant,
            role: Role::Participant,
            network: Network::HERE,
            dialect: Dialect::Hartslag,
        });
        closed(&effects, connection)
    }
}
