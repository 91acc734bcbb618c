use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

const NOW: Milliseconds = 1_700_000_000_000;
const SECOND: Milliseconds = 1_000;
const DAY: Milliseconds = 24 * 60 * 60 * SECOND;
const RIGHT: &str = "K7M2PX";
const WRONG: &str = "222222";

#[test]
fn h3_a_quiet_network_looks_up_at_once_and_one_a_second_after_that() {
    let mut guessing = Guessing::seeded(1);
    for _ in 0..BURST {
        assert_eq!(guessing.knock(host(1, 1), WRONG, NOW), PAID);
    }

    for _ in 0..5 {
        assert!(waits(guessing.knock(host(1, 1), WRONG, NOW)));
    }

    assert!(guessing.draw(NOW).is_empty());
    assert_eq!(guessing.next_draw(network(1), NOW), Duration::from_secs(1));
    assert_eq!(guessing.draw(NOW + SECOND).len(), 1);
    assert_eq!(guessing.draw(NOW + 3 * SECOND).len(), 2);
    assert_eq!(guessing.knock(host(2, 1), WRONG, NOW), PAID);
}

#[test]
fn h3_who_comes_later_does_not_go_before_those_who_wait() {
    let mut guessing = Guessing::seeded(1);
    flood(&mut guessing, 1, NOW);

    let knock = guessing.knock(host(1, 2), RIGHT, NOW + 5 * SECOND);

    assert!(waits(knock));
}

proptest! {
    /// Of any number of wrong codes, of its own and of other networks, at any time.
    #[test]
    fn h3_wrong_codes_never_hold_up_a_network_that_used_the_code(
        guesses in prop::collection::vec((0_u8..4, any::<u8>(), 0_u64..3 * SECOND), 0..500),
    ) {
        let mut guessing = Guessing::seeded(1);
        guessing.know(network(0), RIGHT, NOW + DAY);
        let mut now = NOW;

        for (hall, machine, later) in guesses {
            now += later;
            if guessing.knock(host(hall, machine), WRONG, now) == PAID {
                guessing.wrong(host(hall, machine), WRONG);
            }
            guessing.draw(now);

            let right = guessing.knock(host(0, machine), RIGHT, now);
            prop_assert_eq!(right, KNOWN);
        }
    }
}

#[test]
fn h3_guesses_of_a_network_and_of_all_together_are_bounded() {
    let mut guessing = Guessing::seeded(1);
    let mut looked_up = 0;
    for second in 0..3_600 {
        let now = NOW + second * SECOND;
        for hall in 0..20 {
            for machine in 0..3 {
                looked_up += usize::from(guessing.knock(host(hall, machine), WRONG, now) == PAID);
            }
        }
        looked_up += guessing.draw(now).len();
    }

    assert_eq!(looked_up, 600 + 2 * 3_599);
}

#[test]
fn h3_one_network_guesses_once_a_second() {
    let mut guessing = Guessing::seeded(1);
    let mut looked_up = 0;
    for tick in 0..36_000 {
        let now = NOW + tick * SECOND / 10;
        looked_up += usize::from(guessing.knock(host(1, 1), WRONG, now) == PAID);
        looked_up += guessing.draw(now).len();
    }

    assert_eq!(looked_up, BURST as usize + 3_599);
}

#[test]
fn h3_where_all_networks_wait_each_has_its_chance() {
    let mut guessing = Guessing::seeded(1);
    for hall in 0..20 {
        flood(&mut guessing, hall, NOW);
    }
    let Knock::Waits { id, .. } = guessing.knock(host(99, 1), RIGHT, NOW) else {
        panic!("everyone together has used up what there is");
    };

    let drawn = (1..=60).find(|second| guessing.draw(NOW + second * SECOND).contains(&id));

    assert!(drawn.is_some(), "one of 21 is drawn among 120 look-ups");
}

#[test]
fn h3_those_who_wait_with_a_code_go_on_when_one_of_them_was_right() {
    let mut guessing = Guessing::seeded(1);
    flood(&mut guessing, 1, NOW);
    let Knock::Waits { id, .. } = guessing.knock(host(1, 2), RIGHT, NOW) else {
        panic!("the network has used up what it has");
    };

    let followers = guessing.right(network(1), RIGHT, NOW + DAY, Pass::Paid, NOW);

    assert_eq!(followers, [id]);
    assert_eq!(guessing.knock(host(1, 3), RIGHT, NOW), KNOWN);
}

#[test]
fn h3_expired_codes_open_no_network() {
    let mut guessing = Guessing::seeded(1);

    let followers = guessing.right(network(1), RIGHT, NOW, Pass::Paid, NOW);

    assert!(followers.is_empty());
    assert_eq!(guessing.knock(host(1, 1), RIGHT, NOW), PAID);
}

#[test]
fn h3_a_network_that_guesses_all_day_at_a_code_that_it_used_waits_in_the_end() {
    let mut guessing = Guessing::seeded(1);
    guessing.know(network(1), RIGHT, NOW + 2 * DAY);
    for _ in 0..COMPARISONS {
        guessing.count(network(1), NOW);
    }

    let same_day = guessing.knock(host(1, 1), RIGHT, NOW);
    let next_day = guessing.knock(host(1, 1), RIGHT, NOW + DAY);

    assert_ne!(same_day, KNOWN);
    assert_eq!(next_day, KNOWN);
}

#[test]
fn h3_coaches_are_told_of_many_tries_and_not_of_right_ones() {
    let mut guessing = Guessing::seeded(1);
    for _ in 0..2 * TOLD_FROM {
        guessing.knock(host(1, 1), RIGHT, NOW);
        guessing.right(network(1), RIGHT, NOW, Pass::Paid, NOW);
    }
    assert!(guessing.guessed(RIGHT, NOW).is_empty());

    for hall in 2..20 {
        flood(&mut guessing, hall, NOW);
    }

    let told = guessing.guessed(RIGHT, NOW);
    assert_eq!(told.len(), TOLD);
    assert!(
        told.iter()
            .all(|told| told.tries >= TOLD_FROM && !told.is_open)
    );
    guessing.open(RIGHT, NOW + DAY);
    assert!(guessing.guessed(RIGHT, NOW).iter().all(|told| told.is_open));
    assert!(guessing.guessed(RIGHT, NOW + 5 * 60 * SECOND).is_empty());
}

#[test]
fn those_who_wait_take_bounded_places() {
    let mut guessing = Guessing::seeded(1);

    for hall in 0..=u8::MAX {
        flood(&mut guessing, hall, NOW);
    }

    assert_eq!(guessing.waiting(), WAITING);
}

const KNOWN: Knock = Knock::Goes(Pass::Known);
const PAID: Knock = Knock::Goes(Pass::Paid);

/// More wrong codes than a network may try at once, of one machine.
fn flood(guessing: &mut Guessing, hall: u8, now: Milliseconds) {
    for _ in 0..2 * BURST {
        let from = host(hall, 1);
        if guessing.knock(from, WRONG, now) == PAID {
            guessing.wrong(from, WRONG);
        }
    }
}

#[test]
fn h3_of_networks_in_which_as_many_wait_any_gives_one_up() {
    let halls = 10;
    let each = WAITING / usize::from(halls);
    let gone = (0..20).map(|seed| {
        let mut guessing = Guessing::seeded(seed);
        let mut hall_of = HashMap::new();
        for hall in 1..=halls {
            for _ in 0..BURST as usize + each {
                if let Knock::Waits { id, gives_way } = guessing.knock(host(hall, 1), WRONG, NOW) {
                    assert_eq!(gives_way, None);
                    hall_of.insert(id, hall);
                }
            }
        }
        loop {
            if let Knock::Waits { gives_way, .. } = guessing.knock(host(0, 1), WRONG, NOW) {
                break hall_of[&gives_way.unwrap()];
            }
        }
    });

    let gone: std::collections::BTreeSet<_> = gone.collect();
    assert!(gone.len() > 3, "{gone:?}");
}

fn waits(knock: Knock) -> bool {
    matches!(knock, Knock::Waits { .. })
}

fn network(hall: u8) -> Network {
    host(hall, 0).network
}

fn host(hall: u8, machine: u8) -> Origin {
    let address = IpAddr::from(Ipv4Addr::new(10, 0, hall, machine));
    Origin {
        network: address.into(),
        address,
        device: None,
    }
}
