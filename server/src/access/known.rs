//! Which networks used which join codes rightly: they need not wait to use them again.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use crate::log::Milliseconds;
use crate::network::Network;

/// Pairs of network and code that are remembered, at most. A pair has one place, which only
/// chance gives to another pair too: so nobody can make room for theirs at the cost of one they
/// choose, as they could where the oldest goes.
pub(super) const SLOTS: u64 = 1 << 16;

#[derive(Default)]
pub(super) struct Known {
    uses: HashMap<u64, Use>,
    places: RandomState,
}

struct Use {
    network: Network,
    code: String,
    expires_at: Milliseconds,
}

impl Known {
    pub(super) fn remember(&mut self, network: Network, code: &str, expires_at: Milliseconds) {
        let used = Use {
            network,
            code: code.to_owned(),
            expires_at,
        };
        self.uses.insert(self.slot(network, code), used);
    }

    pub(super) fn has(&self, network: Network, code: &str, now: Milliseconds) -> bool {
        let used = self.uses.get(&self.slot(network, code));
        used.is_some_and(|used| used.is_of(network, code) && used.expires_at > now)
    }

    /// The code ended before its time.
    pub(super) fn forget(&mut self, network: Network, code: &str) {
        let slot = self.slot(network, code);
        if self
            .uses
            .get(&slot)
            .is_some_and(|used| used.is_of(network, code))
        {
            self.uses.remove(&slot);
        }
    }

    fn slot(&self, network: Network, code: &str) -> u64 {
        self.places.hash_one((network, code)) % SLOTS
    }
}

impl Use {
    fn is_of(&self, network: Network, code: &str) -> bool {
        self.network == network && self.code == code
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn h3_a_pair_is_known_until_the_code_ends() {
        let mut known = Known::default();
        let (here, there) = (network(1), network(2));

        known.remember(here, "K7M2PX", 10);

        assert!(known.has(here, "K7M2PX", 9));
        assert!(!known.has(here, "K7M2PX", 10));
        assert!(!known.has(here, "222222", 9));
        assert!(!known.has(there, "K7M2PX", 9));
        known.forget(here, "K7M2PX");
        assert!(!known.has(here, "K7M2PX", 9));
    }

    #[test]
    fn what_is_wrong_in_one_network_is_forgotten_nowhere_else() {
        let mut known = Known::default();
        known.remember(network(1), "K7M2PX", 10);

        // Some of them have the place of the pair that is known.
        for number in 2..20 * u32::try_from(SLOTS).unwrap() {
            known.forget(network(number), "K7M2PX");
        }

        assert!(known.has(network(1), "K7M2PX", 9));
    }

    #[test]
    fn what_many_networks_use_takes_bounded_memory() {
        let mut known = Known::default();

        for number in 0..2 * u32::try_from(SLOTS).unwrap() {
            known.remember(network(number), "K7M2PX", 10);
        }

        assert!(known.uses.len() as u64 <= SLOTS);
    }

    fn network(number: u32) -> Network {
        IpAddr::from(Ipv4Addr::from_bits(number << 8)).into()
    }
}
