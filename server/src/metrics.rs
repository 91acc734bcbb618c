//! What is counted, for Prometheus. Counts and durations only: no names, no content.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// From half a millisecond (SQLite on a good disk) to four seconds (something is wrong).
const APPEND_SECONDS: [f64; 12] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 4.0,
];

/// One word that tells counts apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reason {
    reason: &'static str,
}

/// Everything that the server counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Rooms in memory.
    pub rooms: Gauge,
    /// Open connections, over whichever transport.
    pub connections: Gauge,
    /// What became of each message that carried an update.
    pub updates: Family<Reason, Counter<u64, AtomicU64>>,
    /// Connections closed by the server, by reason.
    pub closes: Family<Reason, Counter<u64, AtomicU64>>,
    /// Members that read too slowly and got a difference in place of what they missed.
    pub resyncs: Counter<u64, AtomicU64>,
    /// Appends that the store did not take.
    pub append_failures: Counter<u64, AtomicU64>,
    /// Seconds from asking the store to append to its answer.
    pub append_seconds: Histogram,
    /// Entries that were appended.
    pub entries: Counter<u64, AtomicU64>,
    /// Documents, whole or in part, that were encoded for members or snapshots.
    pub document_encodings: Counter<u64, AtomicU64>,
    /// Turns of room tasks: each handles one event and sends what follows.
    pub turns: Counter<u64, AtomicU64>,
    /// Rooms that were dropped from memory because they could not go on.
    pub abandoned: Family<Reason, Counter<u64, AtomicU64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("hartslag"),
            rooms: Gauge::default(),
            connections: Gauge::default(),
            updates: Family::default(),
            closes: Family::default(),
            resyncs: Counter::default(),
            append_failures: Counter::default(),
            append_seconds: Histogram::new(APPEND_SECONDS),
            entries: Counter::default(),
            document_encodings: Counter::default(),
            turns: Counter::default(),
            abandoned: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("rooms", "Rooms in memory", self.rooms.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register(
            "updates",
            "What became of messages with an update",
            self.updates.clone(),
        );
        registry.register(
            "closes",
            "Connections closed by the server",
            self.closes.clone(),
        );
        registry.register(
            "resyncs",
            "Members that fell behind and got a difference",
            self.resyncs.clone(),
        );
        registry.register(
            "append_failures",
            "Appends that the store did not take",
            self.append_failures.clone(),
        );
        registry.register(
            "append_seconds",
            "Time until an append is durable",
            self.append_seconds.clone(),
        );
        registry.register("entries", "Entries appended", self.entries.clone());
        registry.register(
            "document_encodings",
            "Documents, whole or in part, that were encoded",
            self.document_encodings.clone(),
        );
        registry.register("turns", "Turns of room tasks", self.turns.clone());
        registry.register(
            "abandoned",
            "Rooms dropped from memory because they could not go on",
            self.abandoned.clone(),
        );
    }

    /// Everything in the text form of `OpenMetrics`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // Writing to a string does not fail; should it ever, scrapers see why.
            let _ = writeln!(text, "# the metrics could not be written");
        }
        text
    }
}

/// The label with that word.
pub fn reason(reason: &'static str) -> Reason {
    Reason { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_show_with_their_reason() {
        let metrics = Metrics::default();
        metrics.updates.get_or_create(&reason("admitted")).inc();
        metrics.rooms.inc();

        let text = metrics.text();

        assert!(text.contains("hartslag_updates_total{reason=\"admitted\"} 1"));
        assert!(text.contains("hartslag_rooms 1"));
    }
}
