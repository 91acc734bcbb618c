//! All chance of a run, from one number.

/// `SplitMix64`: small, good enough to choose with, and the same on every machine.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound that is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound as u64).unwrap_or(0)
    }

    /// True once in so many times; never for 0.
    pub(super) fn one_in(&mut self, times: usize) -> bool {
        times > 0 && self.below(times) == 0
    }

    pub(super) fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() {
            return None;
        }
        Some(from[self.below(from.len())].clone())
    }

    /// One of several, each as likely as its weight.
    pub(super) fn weigh<T: Clone>(&mut self, from: &[(usize, T)]) -> Option<T> {
        let all: usize = from.iter().map(|(weight, _)| weight).sum();
        if all == 0 {
            return None;
        }
        let mut left = self.below(all);
        for (weight, chosen) in from {
            if left < *weight {
                return Some(chosen.clone());
            }
            left -= weight;
        }
        None
    }

    pub(super) fn bytes(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.number().to_be_bytes());
        bytes[8..].copy_from_slice(&self.number().to_be_bytes());
        bytes
    }
}
