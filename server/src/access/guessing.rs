//! The rules of typed join codes: whose code is looked up at once, and who waits (H3).
//!
//! Whether a code is right is known only after it was looked up, and each look-up may be a guess.
//! So a network that used a code rightly goes on with that code without one; every other look-up
//! is paid for, and who cannot pay waits for the lot. A right one is paid back. What is refused
//! is typing alone: links and QR codes hold what nobody guesses, and never come here.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::SecretHash;
use super::known::Known;
use super::lot::{Lot, PLACES, Waiter, WaiterId};
use super::quota::{Allowance, NETWORKS, Rate};
use super::tries::Tries;
use crate::log::Milliseconds;
use crate::network::Network;

/// Look-ups that a quiet network has at once: a hall whose people mistype never notices.
pub const BURST: u32 = 30;
const NETWORK: Rate = Rate {
    burst: BURST,
    interval: Duration::from_secs(1),
};
/// With codes for 100 rooms, guessing finds one in about two months.
const EVERYONE: Rate = Rate {
    burst: 600,
    interval: Duration::from_millis(500),
};
/// Wrong codes that a network may have compared with those that it used rightly, in a day: they
/// find one with a chance of 0.11 %. After that it waits like any other.
pub(super) const COMPARISONS: u32 = 1_000_000;
/// Those of all networks who wait, at most.
const WAITING: usize = 2_000;
/// Tries in five minutes that coaches are told of.
pub(super) const TOLD_FROM: u32 = BURST;
/// Networks that coaches are told of, at most.
const TOLD: usize = 5;
const RETRY: Duration = Duration::from_secs(5);

/// Where someone is who types a code.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The network that pays.
    pub network: Network,
    /// Kept only while they wait, and by a network that guesses.
    pub address: IpAddr,
    /// The device, where it has a cookie.
    pub device: Option<SecretHash>,
}

/// A look-up that may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// The network used this code rightly.
    Known,
    /// It was paid for.
    Paid,
    /// Another of the network was right with the same code meanwhile.
    Followed,
}

/// What becomes of a typed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Knock {
    /// It is looked up at once.
    Goes(Pass),
    /// It waits; in a full lot another gives way, or the newcomer itself.
    Waits {
        id: WaiterId,
        gives_way: Option<WaiterId>,
    },
}

/// A network from which codes are guessed, as coaches are told of it: by no name or address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guessed {
    /// Codes that were tried in the last five minutes and not right.
    pub tries: u32,
    /// Whether who types the room's code there goes on at once.
    pub is_open: bool,
}

pub(super) struct Guessing {
    everyone: Allowance,
    networks: HashMap<Network, Standing>,
    lots: BTreeMap<Network, Lot>,
    known: Known,
    /// The networks that tried most.
    loud: Vec<Network>,
    chance: StdRng,
    waiters: WaiterId,
    swept_at: Milliseconds,
}

/// How a network stands.
#[derive(Default)]
struct Standing {
    allowance: Allowance,
    tries: Tries,
}

impl Guessing {
    pub(super) fn seeded(seed: u64) -> Self {
        Self {
            everyone: Allowance::default(),
            networks: HashMap::new(),
            lots: BTreeMap::new(),
            known: Known::default(),
            loud: Vec::new(),
            chance: StdRng::seed_from_u64(seed),
            waiters: 0,
            swept_at: 0,
        }
    }

    /// Someone typed a code.
    pub(super) fn knock(&mut self, from: Origin, code: &str, now: Milliseconds) -> Knock {
        let network = from.network;
        if self.may_compare(network, now) && self.known.has(network, code, now) {
            return Knock::Goes(Pass::Known);
        }
        self.count(network, now);
        // Who comes while others wait does not go before them.
        if !self.lots.contains_key(&network) && self.pay(network, now) {
            return Knock::Goes(Pass::Paid);
        }
        self.waiters += 1;
        let id = self.waiters;
        let waiter = Waiter {
            id,
            address: from.address,
            device: from.device,
            code: code.to_owned(),
        };
        let lot = self.lots.entry(network).or_default();
        let gives_way = lot.join(waiter, &mut self.chance);
        Knock::Waits {
            id,
            gives_way: gives_way.or_else(|| self.crowd_out()),
        }
    }

    /// Draws who goes on, a network first, as far as anyone can pay.
    pub(super) fn draw(&mut self, now: Milliseconds) -> Vec<WaiterId> {
        let mut drawn = Vec::new();
        while self.everyone.wait(EVERYONE, now).is_zero() {
            let able = |network: &&Network| self.wait_of(**network, now).is_zero();
            let networks: Vec<_> = self.lots.keys().filter(able).copied().collect();
            if networks.is_empty() {
                break;
            }
            let network = networks[self.chance.random_range(0..networks.len())];
            let standing = self.networks.get(&network);
            let guesser =
                |address| standing.is_some_and(|standing| standing.tries.is_guesser(address));
            let Some(lot) = self.lots.get_mut(&network) else {
                break;
            };
            drawn.extend(lot.draw(guesser, &mut self.chance));
            self.pay(network, now);
            self.tidy(network);
        }
        drawn
    }

    /// Where too many wait, one of the network that has most gives way.
    fn crowd_out(&mut self) -> Option<WaiterId> {
        if self.lots.len() <= WAITING / PLACES || self.waiting() <= WAITING {
            return None;
        }
        let longest = self.lots.values().map(Lot::len).max()?;
        let all = self.lots.iter_mut();
        let mut most: Vec<_> = all.filter(|(_, lot)| lot.len() == longest).collect();
        let (network, lot) = most.swap_remove(self.chance.random_range(0..most.len()));
        let network = *network;
        let gone = lot.crowd_out(&mut self.chance);
        self.tidy(network);
        gone
    }

    fn waiting(&self) -> usize {
        self.lots.values().map(Lot::len).sum()
    }

    /// How long until someone of the network can be drawn, at the earliest.
    pub(super) fn next_draw(&self, network: Network, now: Milliseconds) -> Duration {
        let everyone = self.everyone.wait(EVERYONE, now);
        self.wait_of(network, now).max(everyone)
    }

    /// When who was refused may try again.
    pub(super) fn retry_after(&self, network: Network) -> Duration {
        let waiting = self.lots.get(&network).map_or(0, Lot::len);
        RETRY.max(NETWORK.interval * u32::try_from(waiting).unwrap_or(u32::MAX))
    }

    /// Someone waits no longer.
    pub(super) fn leave(&mut self, network: Network, id: WaiterId) {
        if let Some(lot) = self.lots.get_mut(&network) {
            lot.leave(id);
            self.tidy(network);
        }
    }

    /// The code was right. Gives those of the network who typed the same, and go on with it.
    pub(super) fn right(
        &mut self,
        network: Network,
        code: &str,
        expires_at: Milliseconds,
        pass: Pass,
        now: Milliseconds,
    ) -> Vec<WaiterId> {
        self.give_back(network, pass, now);
        if expires_at <= now {
            return Vec::new();
        }
        self.know(network, code, expires_at);
        let lot = self.lots.get_mut(&network);
        let followers = lot.map(|lot| lot.take(code)).unwrap_or_default();
        self.tidy(network);
        followers
    }

    /// The look-up told nothing of use to who guesses.
    pub(super) fn give_back(&mut self, network: Network, pass: Pass, now: Milliseconds) {
        if pass == Pass::Known {
            return;
        }
        let standing = self.networks.get_mut(&network);
        if pass == Pass::Paid {
            self.everyone.pay_back(EVERYONE, 1);
        }
        if let Some(standing) = standing {
            standing.tries.take_back(now);
            if pass == Pass::Paid {
                standing.allowance.pay_back(NETWORK, 1);
            }
        }
    }

    /// No room has the code.
    pub(super) fn wrong(&mut self, from: Origin, code: &str) {
        self.known.forget(from.network, code);
        if let Some(standing) = self.networks.get_mut(&from.network) {
            standing.tries.slip(from.address);
        }
    }

    /// From here on whoever types this code in this network goes on at once.
    pub(super) fn know(&mut self, network: Network, code: &str, expires_at: Milliseconds) {
        self.known.remember(network, code, expires_at);
    }

    /// Where codes are guessed, as a room with this code is told.
    pub(super) fn guessed(&self, code: &str, now: Milliseconds) -> Vec<Guessed> {
        let told = self.loud.iter().map(|network| Guessed {
            tries: self.tries_of(*network, now),
            is_open: self.known.has(*network, code, now),
        });
        told.filter(|told| told.tries >= TOLD_FROM).collect()
    }

    /// Lets who types this code go on at once wherever codes are guessed.
    pub(super) fn open(&mut self, code: &str, expires_at: Milliseconds) {
        for network in self.loud.clone() {
            self.know(network, code, expires_at);
        }
    }

    fn tries_of(&self, network: Network, now: Milliseconds) -> u32 {
        let standing = self.networks.get(&network);
        standing.map_or(0, |standing| standing.tries.of_late(now))
    }

    fn may_compare(&self, network: Network, now: Milliseconds) -> bool {
        let standing = self.networks.get(&network);
        standing.is_none_or(|standing| standing.tries.today(now) < COMPARISONS)
    }

    /// Counts a try, and keeps which networks try most.
    fn count(&mut self, network: Network, now: Milliseconds) {
        let Some(standing) = self.standing(network, now) else {
            return;
        };
        standing.tries.count(now);
        let tries = standing.tries.of_late(now);
        if tries < TOLD_FROM || self.loud.contains(&network) {
            return;
        }
        if self.loud.len() < TOLD {
            self.loud.push(network);
            return;
        }
        let quietest = (0..TOLD).min_by_key(|at| self.tries_of(self.loud[*at], now));
        if let Some(at) = quietest
            && self.tries_of(self.loud[at], now) < tries
        {
            self.loud[at] = network;
        }
    }

    /// Pays for a look-up, where both can.
    fn pay(&mut self, network: Network, now: Milliseconds) -> bool {
        if !self.everyone.wait(EVERYONE, now).is_zero() {
            return false;
        }
        let paid = self
            .standing(network, now)
            .is_none_or(|standing| standing.allowance.pay(NETWORK, 1, now).is_ok());
        paid && self.everyone.pay(EVERYONE, 1, now).is_ok()
    }

    fn wait_of(&self, network: Network, now: Milliseconds) -> Duration {
        let standing = self.networks.get(&network);
        standing.map_or(Duration::ZERO, |standing| {
            standing.allowance.wait(NETWORK, now)
        })
    }

    /// The standing of a network; none where there are too many, and only the limit of everyone
    /// together holds.
    fn standing(&mut self, network: Network, now: Milliseconds) -> Option<&mut Standing> {
        let is_full = self.networks.len() >= NETWORKS;
        // Once a second: a flood of networks does not make each of them look through all.
        if is_full && now.abs_diff(self.swept_at) >= 1_000 {
            self.swept_at = now;
            self.networks
                .retain(|_, standing| !standing.allowance.is_whole(now));
        }
        if self.networks.len() >= NETWORKS {
            return self.networks.get_mut(&network);
        }
        Some(self.networks.entry(network).or_default())
    }

    /// Drops the lot of a network where nobody waits.
    fn tidy(&mut self, network: Network) {
        if self.lots.get(&network).is_some_and(Lot::is_empty) {
            self.lots.remove(&network);
        }
    }
}

#[cfg(test)]
mod tests;
