//! Durations by rank, in little memory: 32 steps to each doubling, so within about 3 %.

use std::time::Duration;

const STEPS_LOG2: u32 = 5;
const STEPS: u64 = 1 << STEPS_LOG2;
const BUCKETS: usize = 64 << STEPS_LOG2;

/// Counts of durations.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            total: 0,
        }
    }
}

impl Histogram {
    /// Counts a duration.
    pub fn record(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.counts[bucket(micros)] += 1;
        self.total += 1;
    }

    /// The duration that this share of all stays below; nothing without any.
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Some(Duration::from_micros(upper_bound(bucket)));
            }
        }
        None
    }
}

/// A percentile in milliseconds.
pub fn millis(histogram: &Histogram, percent: u64) -> Option<f64> {
    let duration = histogram.percentile(percent)?;
    Some(duration.as_secs_f64() * 1e3)
}

fn bucket(micros: u64) -> usize {
    let doublings = micros
        .checked_ilog2()
        .unwrap_or(0)
        .saturating_sub(STEPS_LOG2);
    let step = micros >> doublings;
    usize::try_from(u64::from(doublings) * STEPS + step)
        .unwrap_or(usize::MAX)
        .min(BUCKETS - 1)
}

fn upper_bound(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * STEPS {
        return bucket;
    }
    let doublings = bucket / STEPS - 1;
    let step = bucket - doublings * STEPS;
    ((step + 1) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_within_three_percent() {
        let mut histogram = Histogram::default();
        for micros in 1..=100_000 {
            histogram.record(Duration::from_micros(micros));
        }

        for (percent, exact) in [(1, 1_000), (50, 50_000), (99, 99_000)] {
            let told = histogram.percentile(percent).unwrap();

            let most = Duration::from_micros(exact * 103 / 100);
            assert!(
                told >= Duration::from_micros(exact) && told <= most,
                "{percent}: {told:?}"
            );
        }
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(Histogram::default().percentile(50), None);
    }
}
