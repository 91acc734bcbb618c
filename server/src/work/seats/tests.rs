use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const NOW: Milliseconds = 1_700_000_000_000;

#[test]
fn one_person_with_a_thousand_requests_holds_nobody_up() {
    let mut seats = Seats::default();
    let greedy = asker(1);
    let mut refused = 0;
    for _ in 0..1_000 {
        refused += usize::from(seats.ask(greedy, 1, NOW) == Err(Refused::Person));
        let _seated = seats.next(NOW);
    }
    let other = asker(2);
    let ticket = seats.ask(other, 1, NOW).unwrap().ticket;

    assert_eq!(seats.next(NOW), Some(ticket));
    assert_eq!(refused, 1_000 - PERSON_WAITING - NETWORK_SEATS as usize);
}

#[test]
fn a_hundred_devices_of_one_network_cost_another_network_no_turn() {
    let mut seats = Seats::default();
    for device in 0..100 {
        seats.ask(device_of(7, device), 1, NOW).unwrap();
    }
    let busy: Vec<_> = std::iter::from_fn(|| seats.next(NOW)).collect();
    let other = seats.ask(asker(2), 1, NOW).unwrap().ticket;

    assert_eq!(busy.len(), NETWORK_SEATS as usize);
    assert_eq!(seats.next(NOW), Some(other));
}

#[test]
fn who_had_less_of_late_is_next_on_their_own_network_too() {
    let mut seats = Seats::default();
    let (often, seldom) = (device_of(7, 1), device_of(7, 2));
    for _ in 0..20 {
        let ticket = seats.ask(often, 1, NOW).unwrap().ticket;
        assert_eq!(seats.next(NOW), Some(ticket));
        seats.leave(ticket, NOW + UNIT);
    }
    seats.ask(often, 1, NOW).unwrap();
    let ticket = seats.ask(seldom, 1, NOW).unwrap().ticket;

    assert_eq!(seats.next(NOW), Some(ticket));
}

#[test]
fn what_was_used_fades() {
    let mut seats = Seats::default();
    seats.charge(&asker(1), 8.0, NOW);

    let used = |after| seats.used(&asker(1), NOW + after);

    // The person, their network and their room.
    assert!((used(0) - 24.0).abs() < 1e-9);
    assert!((used(3 * HALF_LIFE) - 3.0).abs() < 1e-9);
}

#[test]
fn coaches_have_seats_that_others_never_take() {
    let mut seats = Seats::default();
    for person in 0..50 {
        seats.ask(asker(person), 1, NOW).unwrap();
    }
    while seats.next(NOW).is_some() {}
    let coach = Asker {
        is_coach: true,
        ..asker(60)
    };
    let ticket = seats.ask(coach, LARGE, NOW).unwrap().ticket;

    assert_eq!(seats.next(NOW), Some(ticket));
    assert_eq!(seats.others.taken(|_| true), SEATS);
}

#[test]
fn a_large_request_is_not_passed_by() {
    let mut seats = Seats::default();
    let small: Vec<_> = (0..4).map(|it| seats.ask(asker(it), 1, NOW)).collect();
    while seats.next(NOW).is_some() {}
    let large = seats.ask(asker(10), LARGE, NOW).unwrap().ticket;
    seats.ask(asker(11), 1, NOW).unwrap();

    seats.leave(small[0].unwrap().ticket, NOW);
    assert_eq!(seats.next(NOW), None);
    seats.leave(small[1].unwrap().ticket, NOW);
    assert_eq!(seats.next(NOW), Some(large));
}

#[test]
fn a_full_queue_takes_who_has_less_waiting_in_place_of_who_has_most() {
    let mut seats = Seats::default();
    for device in 0..NETWORK_WAITING / PERSON_WAITING {
        for _ in 0..PERSON_WAITING {
            seats.ask(device_of(7, device), 1, NOW).unwrap();
        }
    }

    let honest = seats.ask(device_of(7, 900), 1, NOW).unwrap();

    assert!(honest.displaced.is_some());
    assert_eq!(seats.counts(), (0, NETWORK_WAITING));
    let ordinary = seats.ask(asker(80), 1, NOW).unwrap();
    assert_eq!(ordinary.displaced, None);
}

#[test]
fn who_leaves_the_queue_takes_no_seat() {
    let mut seats = Seats::default();
    let ticket = seats.ask(asker(1), 1, NOW).unwrap().ticket;

    seats.leave(ticket, NOW);

    assert_eq!((seats.next(NOW), seats.counts()), (None, (0, 0)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whoever asks is served, however the others ask, and no more is done at a time than there
    /// are seats.
    #[test]
    fn nobody_starves(steps in vec((0..12_usize, any::<bool>(), any::<usize>()), 400)) {
        let mut seats = Seats::default();
        let mut at_work = Vec::new();
        let patient = seats.ask(asker(99), LARGE, NOW).unwrap().ticket;
        let mut before = 0;
        for ((person, is_large, done), now) in steps.into_iter().zip(NOW..) {
            // Those who ask most are many at one place.
            let _refused = seats.ask(device_of(person % 3, person), 1 + u32::from(is_large), now);
            at_work.extend(std::iter::from_fn(|| seats.next(now)));
            prop_assert!(seats.counts().0 <= 2 * SEATS);
            if at_work.contains(&patient) {
                break;
            }
            before += 1;
            let done = done % at_work.len();
            seats.leave(at_work.swap_remove(done), now);
        }
        prop_assert!(before < 10, "{} others came first", before);
    }
}

/// A person of their own network and room.
fn asker(number: usize) -> Asker {
    device_of(100 + number, number)
}

/// A person of this network, in its room.
fn device_of(network: usize, person: usize) -> Asker {
    let [network, person] = [network, person].map(|it| u8::try_from(it % 256).unwrap());
    let range: IpAddr = [192, 0, network, 1].into();
    Asker {
        person: Some(ParticipantId::from_bytes([person; 16])),
        network: Some(range.into()),
        room: Some(RoomId::from_bytes([network; 16])),
        is_coach: false,
    }
}
