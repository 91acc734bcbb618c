//! How values spread over buckets, counted without a lock: rooms count at every turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// Parts of a unit in which the sum is kept: microseconds, for seconds.
const PARTS: f64 = 1_000_000.0;

/// Counts of values up to given bounds, and their sum. A reader may see a value in one and not
/// yet in the other.
#[derive(Clone, Debug)]
pub struct Distribution(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: &'static [f64],
    /// One per bound, and one for what is above all of them.
    counts: Box<[AtomicU64]>,
    /// In millionths.
    sum: AtomicU64,
}

impl Distribution {
    /// Over these bounds, which rise.
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self(Arc::new(Inner {
            bounds,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }))
    }

    /// Counts a value; what is negative or no number counts as 0.
    pub fn observe(&self, value: f64) {
        let value = value.max(0.0);
        let place = self.0.bounds.partition_point(|bound| *bound < value);
        self.0.counts[place].fetch_add(1, Ordering::Relaxed);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and a sum of 500,000 years is large enough"
        )]
        let parts = (value * PARTS) as u64;
        self.0.sum.fetch_add(parts, Ordering::Relaxed);
    }

    /// Counts a time in seconds.
    pub fn observe_time(&self, time: Duration) {
        self.observe(time.as_secs_f64());
    }
}

impl TypedMetric for Distribution {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Distribution {
    fn encode(&self, mut encoder: MetricEncoder) -> Result<(), std::fmt::Error> {
        let counts = self.0.counts.iter();
        let counts: Vec<u64> = counts.map(|count| count.load(Ordering::Relaxed)).collect();
        let bounds = self.0.bounds.iter().copied().chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(counts.iter().copied()).collect();
        #[expect(clippy::cast_precision_loss, reason = "a sum, to fifteen digits")]
        let sum = self.0.sum.load(Ordering::Relaxed) as f64 / PARTS;
        encoder.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn values_are_counted_up_to_their_bounds() {
        let distribution = Distribution::new(&[0.5, 1.0]);
        for value in [0.25, 0.5, 0.75, 7.5, -1.0, f64::NAN] {
            distribution.observe(value);
        }

        let mut registry = Registry::default();
        registry.register("seconds", "Seconds", distribution);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();

        for line in [
            "seconds_sum 9.0",
            "seconds_count 6",
            "seconds_bucket{le=\"0.5\"} 4",
            "seconds_bucket{le=\"1.0\"} 5",
            "seconds_bucket{le=\"+Inf\"} 6",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
