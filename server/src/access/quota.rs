//! How often a network may make rooms, which costs others; and how often a participant may do
//! what is kept, or told to everyone.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hartslag_protocol::ids::ParticipantId;

use crate::log::Milliseconds;
use crate::network::Network;

/// So many at once, and one more each interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub(super) burst: u32,
    pub(super) interval: Duration,
}

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
/// A round weighs one order, and one more for each so many notes of it: each is kept with its text.
pub const ROUND_COST_NOTES: usize = 10;
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
pub(super) const NETWORKS: usize = 50_000;

/// Least time between two looks for those that may be forgotten.
const SWEEP: Milliseconds = 1_000;

/// What networks, or participants, and everyone together may still do.
pub struct Quota<By = Network> {
    each: Rate,
    all: Rate,
    state: Mutex<State<By>>,
}

struct State<By> {
    everyone: Allowance,
    each: HashMap<By, Allowance>,
    /// When those who may do all again were last forgotten.
    swept_at: Milliseconds,
}

/// The moment at which nothing of the allowance is used any more; each use moves it on.
#[derive(Clone, Copy, Default)]
pub(super) struct Allowance {
    whole_at: Milliseconds,
}

impl Rate {
    fn interval(&self) -> Milliseconds {
        u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Allowance {
    /// Uses `cost`, or tells how long to wait for it.
    pub(super) fn pay(&mut self, rate: Rate, cost: u32, now: Milliseconds) -> Result<(), Duration> {
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

    /// How long until one can be paid.
    pub(super) fn wait(mut self, rate: Rate, now: Milliseconds) -> Duration {
        self.pay(rate, 1, now).err().unwrap_or_default()
    }

    /// Whether nothing of it is used.
    pub(super) fn is_whole(self, now: Milliseconds) -> bool {
        self.whole_at <= now
    }

    pub(super) fn pay_back(&mut self, rate: Rate, cost: u32) {
        let paid = u64::from(cost) * rate.interval();
        self.whole_at = self.whole_at.saturating_sub(paid);
    }
}

impl Quota {
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
            swept_at: 0,
        };
        Self {
            each,
            all,
            state: Mutex::new(state),
        }
    }

    /// Pays `cost` for what is about to be done; what costs more than anyone ever has takes all
    /// of it.
    ///
    /// # Errors
    /// How long to wait, when it was too much.
    pub fn pay(&self, by: By, cost: u32, now: Milliseconds) -> Result<(), Duration> {
        let cost = cost.min(self.each.burst);
        let mut state = self.lock();
        let State {
            everyone,
            each,
            swept_at,
        } = &mut *state;
        // All are looked through for it: not for each who comes while it is full.
        if each.len() >= NETWORKS && now.abs_diff(*swept_at) >= SWEEP {
            *swept_at = now;
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
