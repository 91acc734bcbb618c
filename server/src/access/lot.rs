//! The lot: those of one network who wait to have a code looked up, and who of them goes next.
//!
//! It draws an address first and one of its waiters then, so that a machine that asks a hundred
//! times has one chance where machines have addresses of their own. An order of arrival would
//! give every place to whoever asks fastest.

use std::collections::BTreeMap;
use std::net::IpAddr;

use rand::RngExt as _;
use rand::rngs::StdRng;

use super::SecretHash;
use crate::network::device_part;

/// Those of one network who wait, at most.
pub(super) const PLACES: usize = 256;

/// Ties a place in the lot to whoever waits for it.
pub(super) type WaiterId = u64;

/// Someone who waits.
#[derive(Clone, Debug)]
pub(super) struct Waiter {
    pub(super) id: WaiterId,
    pub(super) address: IpAddr,
    /// Known by its cookie; it has one place.
    pub(super) device: Option<SecretHash>,
    pub(super) code: String,
}

#[derive(Debug, Default)]
pub(super) struct Lot {
    /// By what of their address tells devices apart.
    by_address: BTreeMap<IpAddr, Vec<Waiter>>,
}

impl Lot {
    pub(super) fn len(&self) -> usize {
        self.by_address.values().map(Vec::len).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_address.is_empty()
    }

    /// Gives a place. Who gives way, maybe the newcomer: the device's earlier try, or in a full
    /// lot one of the address that has most places.
    pub(super) fn join(&mut self, waiter: Waiter, chance: &mut StdRng) -> Option<WaiterId> {
        let earlier = waiter.device.and_then(|device| self.of_device(device));
        if let Some(earlier) = earlier {
            self.leave(earlier);
        }
        let places = self
            .by_address
            .entry(device_part(waiter.address))
            .or_default();
        places.push(waiter);
        if earlier.is_none() && self.len() > PLACES {
            return self.crowd_out(chance);
        }
        earlier
    }

    /// Takes the place of one of the address that has most, drawn where several have as many.
    pub(super) fn crowd_out(&mut self, chance: &mut StdRng) -> Option<WaiterId> {
        let longest = self.by_address.values().map(Vec::len).max()?;
        let all = self.by_address.values();
        let most: Vec<_> = all.filter(|places| places.len() == longest).collect();
        let most = most[chance.random_range(0..most.len())];
        let id = most[chance.random_range(0..most.len())].id;
        self.leave(id);
        Some(id)
    }

    /// Draws who goes next: of the addresses that did not guess wrong again and again, where
    /// there is one.
    pub(super) fn draw(
        &mut self,
        is_guesser: impl Fn(IpAddr) -> bool,
        chance: &mut StdRng,
    ) -> Option<WaiterId> {
        let mut addresses: Vec<_> = self.by_address.keys().copied().collect();
        if addresses.iter().any(|address| !is_guesser(*address)) {
            addresses.retain(|address| !is_guesser(*address));
        }
        let address = addresses.get(chance.random_range(0..addresses.len().max(1)))?;
        let places = self.by_address.get(address)?;
        let id = places[chance.random_range(0..places.len())].id;
        self.leave(id);
        Some(id)
    }

    /// Ends a place, wherever it is.
    pub(super) fn leave(&mut self, id: WaiterId) {
        self.keep(|waiter| waiter.id != id);
    }

    /// Takes out everyone who typed this code.
    pub(super) fn take(&mut self, code: &str) -> Vec<WaiterId> {
        let mut taken = Vec::new();
        self.keep(|waiter| {
            let is_other = waiter.code != code;
            if !is_other {
                taken.push(waiter.id);
            }
            is_other
        });
        taken
    }

    fn of_device(&self, device: SecretHash) -> Option<WaiterId> {
        let mut waiters = self.by_address.values().flatten();
        let held = waiters.find(|waiter| waiter.device == Some(device))?;
        Some(held.id)
    }

    fn keep(&mut self, mut stays: impl FnMut(&Waiter) -> bool) {
        self.by_address.retain(|_, places| {
            places.retain(&mut stays);
            !places.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::{Ipv4Addr, Ipv6Addr};

    use rand::SeedableRng as _;

    use super::*;

    fn waiter(id: WaiterId, host: u8) -> Waiter {
        Waiter {
            id,
            address: address(host),
            device: None,
            code: "K7M2PX".to_owned(),
        }
    }

    fn address(host: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, host).into()
    }

    /// The lot of a flood of one machine, and one other machine.
    fn flooded(chance: &mut StdRng) -> Lot {
        let mut lot = Lot::default();
        for id in 0..10 * PLACES as u64 {
            lot.join(waiter(id, 1), chance);
        }
        assert_eq!(
            lot.join(waiter(9_999, 2), chance).map(|id| id < 9_999),
            Some(true)
        );
        lot
    }

    #[test]
    fn h3_a_machine_that_floods_has_the_chance_of_one() {
        let firsts = (0..1_000).filter(|seed| {
            let mut chance = StdRng::seed_from_u64(*seed);
            flooded(&mut chance).draw(|_| false, &mut chance) == Some(9_999)
        });

        assert!((430..570).contains(&firsts.count()));
    }

    #[test]
    fn h3_a_machine_has_one_chance_whatever_ipv6_addresses_it_takes() {
        let mut chance = StdRng::seed_from_u64(1);
        let of = |id: u64, subnet: u16| Waiter {
            address: Ipv6Addr::from([0x2001, 0xdb8, 0, subnet, 0, 0, 1, low(id)]).into(),
            ..waiter(id, 0)
        };
        let mut lot = Lot::default();
        for id in 0..PLACES as u64 - 1 {
            assert_eq!(lot.join(of(id, 1), &mut chance), None);
        }
        assert_eq!(lot.join(of(9_999, 2), &mut chance), None);

        let gives_way = lot.join(of(9_998, 3), &mut chance);

        assert!(gives_way.is_some_and(|id| id < 9_998));
        assert_eq!(lot.by_address.len(), 3);
    }

    #[test]
    fn h3_of_addresses_that_have_as_many_any_gives_way() {
        let gone = (0..100).filter_map(|seed| {
            let mut chance = StdRng::seed_from_u64(seed);
            let mut lot = Lot::default();
            let ids = 0..=PLACES as u64;
            let joined = ids.map(|id| {
                let address = Ipv4Addr::from_bits(u32::from(low(id))).into();
                let waiter = Waiter {
                    address,
                    ..waiter(id, 0)
                };
                lot.join(waiter, &mut chance)
            });
            joined.last().flatten()
        });

        let gone: BTreeSet<_> = gone.collect();
        assert!(gone.len() > 50, "{gone:?}");
    }

    fn low(id: WaiterId) -> u16 {
        u16::try_from(id).unwrap()
    }

    #[test]
    fn h3_who_guessed_wrong_again_and_again_comes_after_the_others() {
        for seed in 0..100 {
            let mut chance = StdRng::seed_from_u64(seed);
            let mut lot = flooded(&mut chance);

            let first = lot.draw(|one| one == address(1), &mut chance);
            let second = lot.draw(|one| one == address(1), &mut chance);

            assert_eq!(first, Some(9_999));
            assert!(second.is_some_and(|id| id < 9_999));
        }
    }

    #[test]
    fn h3_a_device_has_one_place() {
        let mut chance = StdRng::seed_from_u64(1);
        let mut lot = Lot::default();
        for id in 0..10 {
            let device = Some([7; 32]);
            let gone = lot.join(
                Waiter {
                    device,
                    ..waiter(id, 1)
                },
                &mut chance,
            );
            assert_eq!(gone, id.checked_sub(1));
        }

        assert_eq!(lot.len(), 1);
        assert_eq!(lot.draw(|_| false, &mut chance), Some(9));
        assert!(lot.is_empty());
        assert_eq!(lot.draw(|_| false, &mut chance), None);
    }

    #[test]
    fn those_who_typed_a_code_leave_together() {
        let mut chance = StdRng::seed_from_u64(1);
        let mut lot = Lot::default();
        let other = Waiter {
            code: "222222".to_owned(),
            ..waiter(2, 1)
        };
        for waiter in [waiter(1, 1), other, waiter(3, 2)] {
            lot.join(waiter, &mut chance);
        }

        assert_eq!(lot.take("K7M2PX"), [1, 3]);
        assert_eq!(lot.len(), 1);
    }
}
