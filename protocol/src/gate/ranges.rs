//! Ranges of clocks.

use std::collections::BTreeMap;

/// Disjoint ranges, start to end (exclusive), that never touch each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges {
    ends: BTreeMap<u32, u32>,
}

impl Ranges {
    /// Adds a range, joined with what it meets.
    pub(super) fn insert(&mut self, mut start: u32, mut end: u32) {
        if start >= end {
            return;
        }
        if let Some((&before, &until)) = self.ends.range(..=start).next_back()
            && until >= start
        {
            start = before;
            end = end.max(until);
        }
        while let Some((&next, &until)) = self.ends.range(start..=end).next() {
            self.ends.remove(&next);
            end = end.max(until);
        }
        self.ends.insert(start, end);
    }

    /// The parts of a range that are not in here, in order.
    pub(super) fn missing(&self, mut start: u32, end: u32) -> Vec<(u32, u32)> {
        let mut missing = Vec::new();
        if let Some((_, &until)) = self.ends.range(..=start).next_back() {
            start = start.max(until);
        }
        for (&next, &until) in self.ends.range(start.min(end)..end) {
            if start < next {
                missing.push((start, next));
            }
            start = until;
        }
        if start < end {
            missing.push((start, end));
        }
        missing
    }

    /// Whether some of a range is in here.
    pub(super) fn meets(&self, start: u32, end: u32) -> bool {
        let before = self.ends.range(..end).next_back();
        before.is_some_and(|(_, &until)| until > start)
    }

    /// Every range, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        self.ends.iter().map(|(&start, &end)| (start, end))
    }

    /// How many ranges there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_hold_exactly_what_was_put_in(
            ranges in prop::collection::vec((0..60_u32, 0..12_u32), 0..20),
            (start, length) in (0..60_u32, 0..30_u32),
        ) {
            let mut held = Ranges::default();
            let mut model = [false; 128];
            for (start, length) in ranges {
                held.insert(start, start + length);
                model[start as usize..(start + length) as usize].fill(true);
            }

            let missing = held.missing(start, start + length);

            let among = |clock: u32, list: &[(u32, u32)]| {
                list.iter().any(|&(from, to)| (from..to).contains(&clock))
            };
            for clock in start..start + length {
                prop_assert_eq!(among(clock, &missing), !model[clock as usize]);
            }
            let held: Vec<_> = held.iter().collect();
            prop_assert!(held.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}
