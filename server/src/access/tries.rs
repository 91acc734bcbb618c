//! What a network tried of late: how many codes that were not right, and from which addresses.

use std::net::IpAddr;

use crate::log::Milliseconds;
use crate::network::device_part;

const MINUTE: Milliseconds = 60_000;
const DAY: Milliseconds = 24 * 60 * MINUTE;
/// Minutes that coaches are told of.
const MINUTES: usize = 5;
/// Wrong codes after which an address is taken to guess: a person mistypes a few times.
const SLIPS: u32 = 5;
/// Addresses remembered of a network.
const ADDRESSES: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Tries {
    /// By minute; the newest is of `minute`.
    minutes: [u32; MINUTES],
    minute: u64,
    today: u32,
    day: u64,
    slips: Vec<(IpAddr, u32)>,
}

impl Tries {
    pub(super) fn count(&mut self, now: Milliseconds) {
        self.minutes = self.minutes_at(now);
        if self.minute != now / MINUTE && self.minutes == [0; MINUTES] {
            self.slips.clear();
        }
        self.minute = now / MINUTE;
        self.minutes[0] += 1;
        self.today = self.today(now) + 1;
        self.day = now / DAY;
    }

    /// The last one was right.
    pub(super) fn take_back(&mut self, now: Milliseconds) {
        self.minutes = self.minutes_at(now);
        self.minute = now / MINUTE;
        if let Some(tries) = self.minutes.iter_mut().find(|tries| **tries > 0) {
            *tries -= 1;
        }
        self.today = self.today.saturating_sub(1);
    }

    /// In the last five minutes.
    pub(super) fn of_late(&self, now: Milliseconds) -> u32 {
        self.minutes_at(now).iter().sum()
    }

    pub(super) fn today(&self, now: Milliseconds) -> u32 {
        if self.day == now / DAY { self.today } else { 0 }
    }

    /// A wrong code came from this address.
    pub(super) fn slip(&mut self, address: IpAddr) {
        let address = device_part(address);
        if let Some((_, slips)) = self.slips.iter_mut().find(|(known, _)| *known == address) {
            *slips = slips.saturating_add(1);
        } else if self.slips.len() < ADDRESSES {
            self.slips.push((address, 1));
        }
    }

    pub(super) fn is_guesser(&self, address: IpAddr) -> bool {
        let address = device_part(address);
        let mut slips = self.slips.iter();
        slips.any(|(known, slips)| *known == address && *slips >= SLIPS)
    }

    /// The minutes, moved on; a clock that was set back moves nothing.
    fn minutes_at(&self, now: Milliseconds) -> [u32; MINUTES] {
        let passed = (now / MINUTE).saturating_sub(self.minute);
        let passed = usize::try_from(passed).map_or(MINUTES, |passed| passed.min(MINUTES));
        let mut minutes = [0; MINUTES];
        minutes[passed..].copy_from_slice(&self.minutes[..MINUTES - passed]);
        minutes
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const NOW: Milliseconds = 1_700_000_000_000;

    #[test]
    fn tries_are_told_for_five_minutes() {
        let mut tries = Tries::default();
        for minute in 0..3 {
            tries.count(NOW + minute * MINUTE);
        }
        tries.count(NOW + 2 * MINUTE);
        tries.take_back(NOW + 2 * MINUTE);

        assert_eq!(tries.of_late(NOW + 2 * MINUTE), 3);
        assert_eq!(tries.of_late(NOW + 5 * MINUTE), 2);
        assert_eq!(tries.of_late(NOW + 60 * MINUTE), 0);
        assert_eq!(tries.today(NOW), 3);
        assert_eq!(tries.today(NOW + DAY), 0);
    }

    #[test]
    fn an_address_that_slips_again_and_again_is_a_guesser() {
        let mut tries = Tries::default();
        let address = |host| IpAddr::from(Ipv4Addr::new(192, 0, 2, host));
        for host in 0..=u8::MAX {
            tries.slip(address(host));
        }
        for _ in 1..SLIPS {
            tries.slip(address(0));
        }

        assert!(tries.is_guesser(address(0)) && !tries.is_guesser(address(1)));
        assert_eq!(tries.slips.len(), ADDRESSES);
    }
}
