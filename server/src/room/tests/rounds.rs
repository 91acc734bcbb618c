//! Rounds, as far as the room tells of them.

use hartslag_protocol::ids::RoundId;
use hartslag_protocol::workshop::round::RoundOption;
use hartslag_protocol::workshop::{Ballot, Round, RoundStatus};

use super::*;

pub(super) fn round() -> Round {
    let option = |note: &str| RoundOption {
        note: note.into(),
        text: "Idee".into(),
        place: "Fase".into(),
    };
    let options = vec![option("a"), option("b")];
    Round::open(RoundId::generate(), "Kies".into(), options, 3, 2, false).unwrap()
}

fn changed(effects: &[Effect]) -> &Round {
    match told_all(effects)[..] {
        [ServerMessage::RoundChanged { round }] => round,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn r1_each_step_of_a_round_is_told_once_and_in_order() {
    let mut desk = Desk::new();
    let round = round();
    let id = round.id;
    let result = round.result_of(&[Ballot::default()]);

    let opened = desk.record(WorkshopEvent::RoundOpened { round });
    let closed = desk.record(WorkshopEvent::RoundClosed { round: id });
    let again = desk.record(WorkshopEvent::RoundClosed { round: id });
    let event = WorkshopEvent::RoundRevealed { round: id, result };
    let revealed = desk.record(event);

    assert_eq!(changed(&opened).status, RoundStatus::Open);
    assert_eq!(changed(&closed).status, RoundStatus::Closed);
    assert!(told_all(&again).is_empty());
    assert!(changed(&revealed).result.is_some());
}

#[test]
fn r6_only_coaches_hear_how_many_answered_and_at_most_once_a_second() {
    let mut desk = Desk::new();
    let coach = desk.join(Role::Coach, Dialect::Hartslag);
    let voter = desk.join(Role::Participant, Dialect::Hartslag);
    let round = round();
    let id = round.id;
    desk.record(WorkshopEvent::RoundOpened { round });
    let count = Effect::CountResponses { round: id };

    assert!(desk.receive(Event::Answered { round: id }).contains(&count));
    assert!(!desk.receive(Event::Answered { round: id }).contains(&count));
    desk.now += 1_000;
    assert!(desk.receive(Event::Tick).contains(&count));
    let by = [(); 2].map(|()| ParticipantId::generate());
    for participant in by {
        desk.record(WorkshopEvent::ParticipantAdmitted {
            participant,
            name: String::new(),
            municipality: String::new(),
            role: Role::Voter,
        });
    }
    let gone = ParticipantId::generate();
    let effects = desk.receive(Event::Counted {
        round: id,
        by: vec![by[0], gone, by[1]],
    });

    let progress = ServerMessage::RoundProgress {
        round: id,
        answered: 2,
    };
    assert_eq!(told(&effects, coach), [&progress]);
    assert!(told(&effects, voter).is_empty() && told_all(&effects).is_empty());
}

#[test]
fn an_order_is_answered_once_its_event_is_durable() {
    let mut desk = Desk::new();
    let event = WorkshopEvent::RoundOpened { round: round() };

    let asked = desk.receive(Event::Record {
        event,
        writer: None,
        ticket: 9,
    });
    let stored = desk.store();

    let answered = Effect::Recorded { ticket: 9 };
    assert!(!asked.contains(&answered) && stored.contains(&answered));
}
