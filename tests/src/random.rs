//! Chance that can be told again: a failing test names its seed.

/// A small generator (`splitmix64`): the same seed gives the same session.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed in `HARTSLAG_SEED`, or else this one; printed, so that a failure can be replayed.
    pub fn from_environment(otherwise: u64) -> Self {
        let seed = std::env::var("HARTSLAG_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or(otherwise);
        eprintln!("HARTSLAG_SEED={seed}");
        Self::new(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is above zero.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a usize fits in 64 bits");
        usize::try_from(self.number() % bound).expect("it is below a usize")
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
