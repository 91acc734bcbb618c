//! How often an address range may guess a join code wrong.
//!
//! A guess is paid for before the code is looked up and paid back when it was right: so guesses
//! that run side by side cannot slip past the limit, and a room full of phones behind one
//! address that type the right code is never held up. A plain rate limiter, as of the `governor`
//! crate, cannot pay back; that is why this one is written out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::log::Milliseconds;

/// Wrong guesses that a range may make at once.
pub const BURST: u32 = 30;
/// How long it takes until a range may make one more.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// Wrong guesses of everyone together at once, and one more each [`ALL_INTERVAL`]:
/// with codes for 100 rooms, guessing finds one in about two months.
pub const ALL_BURST: u32 = 600;
/// How long it takes until everyone together may make one more.
pub const ALL_INTERVAL: Duration = Duration::from_millis(500);
/// Ranges remembered; beyond it only the limit of everyone together holds.
const RANGES: usize = 50_000;

/// The part of an address that stands for one network: /24 of IPv4, /56 of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressRange([u8; 7]);

impl From<IpAddr> for AddressRange {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self([0, 0, 0, 4, a, b, c])
            }
            IpAddr::V6(address) => {
                let mut range = [0; 7];
                range.copy_from_slice(&address.octets()[..7]);
                Self(range)
            }
        }
    }
}

impl std::fmt::Display for AddressRange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let [0, 0, 0, 4, network @ ..] = &self.0 {
            let [first, second, third] = network;
            return write!(formatter, "{first}.{second}.{third}.0/24");
        }
        let mut address = [0; 16];
        address[..self.0.len()].copy_from_slice(&self.0);
        write!(formatter, "{}/56", Ipv6Addr::from(address))
    }
}

/// Wrong guesses, by address range and of everyone together.
#[derive(Default)]
pub struct Guesses {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    everyone: Allowance,
    ranges: HashMap<AddressRange, Allowance>,
}

/// The moment at which nothing of the allowance is used any more; each use moves it on.
#[derive(Clone, Copy, Default)]
struct Allowance {
    whole_at: Milliseconds,
}

impl Allowance {
    /// Uses one, or tells how long to wait for it.
    fn pay(&mut self, burst: u32, interval: u64, now: Milliseconds) -> Result<(), u64> {
        let next = self.whole_at.max(now) + interval;
        let limit = now + u64::from(burst) * interval;
        if next > limit {
            return Err(next - limit);
        }
        self.whole_at = next;
        Ok(())
    }

    fn pay_back(&mut self, interval: u64) {
        self.whole_at = self.whole_at.saturating_sub(interval);
    }
}

impl Guesses {
    /// Pays for a guess from this range.
    ///
    /// # Errors
    /// How long to wait, when there were too many wrong ones.
    pub fn pay(&self, range: AddressRange, now: Milliseconds) -> Result<(), Duration> {
        let mut state = self.lock();
        let State { everyone, ranges } = &mut *state;
        if ranges.len() >= RANGES {
            ranges.retain(|_, allowance| allowance.whole_at > now);
        }
        if ranges.len() < RANGES || ranges.contains_key(&range) {
            let allowance = ranges.entry(range).or_default();
            allowance
                .pay(BURST, milliseconds(INTERVAL), now)
                .map_err(Duration::from_millis)?;
        }
        everyone
            .pay(ALL_BURST, milliseconds(ALL_INTERVAL), now)
            .map_err(|wait| {
                if let Some(allowance) = ranges.get_mut(&range) {
                    allowance.pay_back(milliseconds(INTERVAL));
                }
                Duration::from_millis(wait)
            })
    }

    /// Pays a guess back: it was right.
    pub fn pay_back(&self, range: AddressRange) {
        let mut state = self.lock();
        state.everyone.pay_back(milliseconds(ALL_INTERVAL));
        if let Some(allowance) = state.ranges.get_mut(&range) {
            allowance.pay_back(milliseconds(INTERVAL));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Each change is one assignment, so what a panic left behind is still sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Milliseconds = 1_700_000_000_000;

    #[test]
    fn h3_too_many_wrong_guesses_have_to_wait() {
        let guesses = Guesses::default();
        for _ in 0..BURST {
            guesses.pay(range("192.0.2.7"), NOW).unwrap();
        }

        let wait = guesses.pay(range("192.0.2.200"), NOW).unwrap_err();

        assert_eq!(wait, INTERVAL);
        let later = NOW + milliseconds(wait);
        assert_eq!(guesses.pay(range("192.0.2.7"), later), Ok(()));
        assert!(guesses.pay(range("192.0.2.7"), later).is_err());
    }

    #[test]
    fn h2_right_guesses_are_never_held_up() {
        let guesses = Guesses::default();

        for _ in 0..10 * ALL_BURST {
            guesses.pay(range("192.0.2.7"), NOW).unwrap();
            guesses.pay_back(range("192.0.2.7"));
        }
    }

    #[test]
    fn h2_another_range_has_an_allowance_of_its_own() {
        let guesses = Guesses::default();
        while guesses.pay(range("192.0.2.7"), NOW).is_ok() {}

        assert_eq!(guesses.pay(range("198.51.100.7"), NOW), Ok(()));
        assert_eq!(guesses.pay(range("2001:db8::1"), NOW), Ok(()));
    }

    #[test]
    fn many_ranges_together_are_limited_too() {
        let guesses = Guesses::default();
        let taken = (0..=u8::MAX)
            .flat_map(|network| (0..5).map(move |_| IpAddr::from([10, 0, network, 1])))
            .filter(|&address| guesses.pay(address.into(), NOW).is_ok())
            .count();

        assert_eq!(taken, ALL_BURST as usize);
    }

    #[test]
    fn a_range_is_24_bits_of_an_ipv4_and_56_of_an_ipv6_address() {
        assert_eq!(range("192.0.2.7"), range("192.0.2.8"));
        assert_eq!(range("192.0.2.7"), range("::ffff:192.0.2.8"));
        assert_ne!(range("192.0.2.7"), range("192.0.3.7"));
        assert_eq!(range("2001:db8:0:1::1"), range("2001:db8:0:ff::1"));
        assert_ne!(range("2001:db8:0:1::1"), range("2001:db8:0:100::1"));
        assert_eq!(range("192.0.2.7").to_string(), "192.0.2.0/24");
        assert_eq!(range("2001:db8:0:1::1").to_string(), "2001:db8::/56");
    }

    fn range(address: &str) -> AddressRange {
        address.parse::<IpAddr>().unwrap().into()
    }
}
