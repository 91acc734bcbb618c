//! How often a network may do something that costs others: guess a join code wrong, make
//! rooms; and how often a participant may do what is kept, or told to everyone.
//!
//! A guess is paid for before the code is looked up and paid back when it was right: so guesses
//! that run side by side cannot slip past the limit, and a room full of phones behind one
//! address that type the right code is never held up. Few are under way at a time, so that those
//! of a whole hall, paid for and not yet paid back, never use up what one network has. A
//! plain rate limiter, as of the `governor` crate, cannot pay back; that is why this one is
//! written out.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hartslag_protocol::ids::ParticipantId;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::log::Milliseconds;
use crate::network::Network;

/// So many at once, and one more each interval.
#[derive(Clone, Copy, Debug)]
struct Rate {
    burst: u32,
    interval: Duration,
}

/// Wrong guesses that a network may make at once.
pub const BURST: u32 = 30;
const GUESSES: Rate = Rate {
    burst: BURST,
    interval: Duration::from_secs(10),
};
/// Guesses that are paid for and not yet found right or wrong, at most: far below [`BURST`].
const UNDER_WAY: usize = 4;
/// With codes for 100 rooms, guessing finds one in about two months.
const ALL_GUESSES: Rate = Rate {
    burst: 600,
    interval: Duration::from_millis(500),
};

/// A room costs one, and one more for each of these in its board: it is the disk that is at stake.
pub const ROOM_COST_BYTES: usize = 64 << 10;
/// A municipality's training behind one address, and more than anyone makes by hand.
const ROOMS: Rate = Rate {
    burst: 300,
    interval: Duration::from_secs(10),
};
const ALL_ROOMS: Rate = Rate {
    burst: 3_000,
    interval: Duration::from_secs(1),
};

/// Orders of one participant at once, of those that are kept or told to everyone.
pub const ORDERS_BURST: u32 = 60;
const ORDERS: Rate = Rate {
    burst: ORDERS_BURST,
    interval: Duration::from_secs(5),
};
/// Answers of one participant at once: each tap on a ballot is one, and each is a write.
pub const ANSWERS_BURST: u32 = 120;
const ANSWERS: Rate = Rate {
    burst: ANSWERS_BURST,
    interval: Duration::from_secs(1),
};
/// No bound: else a few could keep every coach from giving orders, and everyone from answering.
const ALL_PARTICIPANTS: Rate = Rate {
    burst: u32::MAX,
    interval: Duration::ZERO,
};

/// Networks remembered; beyond it only the limit of everyone together holds.
const NETWORKS: usize = 50_000;

/// What networks, or participants, and everyone together may still do.
pub struct Quota<By = Network> {
    each: Rate,
    all: Rate,
    state: Mutex<State<By>>,
    turns: Semaphore,
}

struct State<By> {
    everyone: Allowance,
    each: HashMap<By, Allowance>,
}

/// The moment at which nothing of the allowance is used any more; each use moves it on.
#[derive(Clone, Copy, Default)]
struct Allowance {
    whole_at: Milliseconds,
}

impl Rate {
    fn interval(&self) -> Milliseconds {
        u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Allowance {
    /// Uses `cost`, or tells how long to wait for it.
    fn pay(&mut self, rate: Rate, cost: u32, now: Milliseconds) -> Result<(), Duration> {
        let limit = now + u64::from(rate.burst) * rate.interval();
        if self.whole_at > limit {
            // Only under a clock that was set back, which holds nobody up.
            self.whole_at = now;
        }
        let next = self.whole_at.max(now) + u64::from(cost) * rate.interval();
        if next > limit {
            return Err(Duration::from_millis(next - limit));
        }
        self.whole_at = next;
        Ok(())
    }

    fn pay_back(&mut self, rate: Rate, cost: u32) {
        let paid = u64::from(cost) * rate.interval();
        self.whole_at = self.whole_at.saturating_sub(paid);
    }
}

impl Quota {
    /// For wrong guesses of join codes (H2).
    pub fn of_guesses() -> Self {
        Self::new(GUESSES, ALL_GUESSES)
    }

    /// For rooms (H10).
    pub fn of_rooms() -> Self {
        Self::new(ROOMS, ALL_ROOMS)
    }
}

impl Quota<ParticipantId> {
    /// For orders of participants (H11).
    pub fn of_orders() -> Self {
        Self::new(ORDERS, ALL_PARTICIPANTS)
    }

    /// For answers to rounds (H12).
    pub fn of_answers() -> Self {
        Self::new(ANSWERS, ALL_PARTICIPANTS)
    }
}

impl<By: Copy + Eq + Hash> Quota<By> {
    fn new(each: Rate, all: Rate) -> Self {
        let state = State {
            everyone: Allowance::default(),
            each: HashMap::new(),
        };
        Self {
            each,
            all,
            state: Mutex::new(state),
            turns: Semaphore::new(UNDER_WAY),
        }
    }

    /// Waits until few enough others have paid and do not know yet whether they are paid back.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes it, so there is always a permit to come.
        self.turns.acquire().await.ok()
    }

    /// Pays `cost` for what is about to be done; what costs more than anyone ever has takes all
    /// of it.
    ///
    /// # Errors
    /// How long to wait, when it was too much.
    pub fn pay(&self, by: By, cost: u32, now: Milliseconds) -> Result<(), Duration> {
        let cost = cost.min(self.each.burst);
        let mut state = self.lock();
        let State { everyone, each } = &mut *state;
        if each.len() >= NETWORKS {
            each.retain(|_, allowance| allowance.whole_at > now);
        }
        if each.len() < NETWORKS || each.contains_key(&by) {
            let allowance = each.entry(by).or_default();
            allowance.pay(self.each, cost, now)?;
        }
        everyone.pay(self.all, cost, now).inspect_err(|_wait| {
            if let Some(allowance) = each.get_mut(&by) {
                allowance.pay_back(self.each, cost);
            }
        })
    }

    /// Pays one back: the guess was right.
    pub fn pay_back(&self, by: By) {
        let mut state = self.lock();
        state.everyone.pay_back(self.all, 1);
        if let Some(allowance) = state.each.get_mut(&by) {
            allowance.pay_back(self.each, 1);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<By>> {
        // Each change is one assignment, so what a panic left behind is still sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const NOW: Milliseconds = 1_700_000_000_000;

    #[test]
    fn h3_too_many_wrong_guesses_have_to_wait() {
        let guesses = Quota::of_guesses();
        for _ in 0..BURST {
            guesses.pay(network("192.0.2.7"), 1, NOW).unwrap();
        }

        let wait = guesses.pay(network("192.0.2.200"), 1, NOW).unwrap_err();

        assert_eq!(wait, GUESSES.interval);
        let later = NOW + GUESSES.interval();
        assert_eq!(guesses.pay(network("192.0.2.7"), 1, later), Ok(()));
        assert!(guesses.pay(network("192.0.2.7"), 1, later).is_err());
    }

    #[test]
    fn h2_right_guesses_are_never_held_up() {
        let guesses = Quota::of_guesses();

        for _ in 0..10 * ALL_GUESSES.burst {
            guesses.pay(network("192.0.2.7"), 1, NOW).unwrap();
            guesses.pay_back(network("192.0.2.7"));
        }
    }

    #[test]
    fn h2_another_network_has_an_allowance_of_its_own() {
        let guesses = Quota::of_guesses();
        while guesses.pay(network("192.0.2.7"), 1, NOW).is_ok() {}

        assert_eq!(guesses.pay(network("198.51.100.7"), 1, NOW), Ok(()));
        assert_eq!(guesses.pay(network("2001:db8::1"), 1, NOW), Ok(()));
    }

    #[test]
    fn many_networks_together_are_limited_too() {
        let guesses = Quota::of_guesses();
        let taken = (0..=u8::MAX)
            .flat_map(|network| (0..5).map(move |_| IpAddr::from([10, 0, network, 1])))
            .filter(|&address| guesses.pay(address.into(), 1, NOW).is_ok())
            .count();

        assert_eq!(taken, ALL_GUESSES.burst as usize);
    }

    #[test]
    fn h10_large_rooms_use_up_more_and_no_room_is_too_large() {
        let rooms = Quota::of_rooms();
        rooms
            .pay(network("192.0.2.7"), ROOMS.burst - 2, NOW)
            .unwrap();

        assert!(rooms.pay(network("192.0.2.7"), 3, NOW).is_err());
        assert_eq!(rooms.pay(network("192.0.2.7"), 2, NOW), Ok(()));
        assert_eq!(rooms.pay(network("198.51.100.7"), u32::MAX, NOW), Ok(()));
    }

    #[test]
    fn h11_orders_are_counted_by_participant() {
        let orders = Quota::of_orders();
        let (greedy, other) = (ParticipantId::generate(), ParticipantId::generate());
        for _ in 0..ORDERS_BURST {
            orders.pay(greedy, 1, NOW).unwrap();
        }

        assert_eq!(orders.pay(greedy, 1, NOW), Err(ORDERS.interval));
        assert_eq!(orders.pay(other, 1, NOW), Ok(()));
        assert_eq!(orders.pay(greedy, 1, NOW + ORDERS.interval()), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nobody_up() {
        let orders = Quota::of_orders();
        let participant = ParticipantId::generate();
        while orders.pay(participant, 1, NOW).is_ok() {}

        assert_eq!(orders.pay(participant, 1, NOW - 3_600_000), Ok(()));
    }

    fn network(address: &str) -> Network {
        address.parse::<IpAddr>().unwrap().into()
    }
}
