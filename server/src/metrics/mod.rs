//! What is counted, for Prometheus. Counts and durations only: no names, no content.
//!
//! What is counted on the path of an edit costs an atomic addition, and no lock.

mod distribution;
mod names;
#[cfg(test)]
mod operations;

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::log::{Durability, Vitals};
pub use distribution::Distribution;

/// From half a millisecond (SQLite on a good disk) to four seconds (something is wrong).
const APPEND_SECONDS: [f64; 12] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 4.0,
];
/// From a single edit to a board that is encoded whole.
const TURN_SECONDS: [f64; 9] = [0.000_05, 0.0002, 0.0005, 0.002, 0.005, 0.02, 0.1, 0.5, 2.0];
/// From a blank board to the largest that there may be.
const SNAPSHOT_BYTES: [f64; 7] = [
    4_096.0,
    32_768.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

type Count = Counter<u64, AtomicU64>;

/// One word that tells counts apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reason {
    reason: &'static str,
}

/// A class of HTTP statuses: `2xx`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StatusClass {
    status: &'static str,
}

/// Everything that the server counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Rooms in memory.
    pub rooms: Gauge,
    /// Connections of members.
    pub connections: Gauge,
    /// What became of each message that carried an update.
    pub updates: Family<Reason, Count>,
    /// Connections closed by the server, by reason.
    pub closes: Family<Reason, Count>,
    /// Members that read too slowly and got a difference in place of what they missed.
    pub resyncs: Count,
    /// Presence that came too often and was left.
    pub presence_dropped: Count,
    /// What became of each ballot that was put.
    pub ballots: Family<Reason, Count>,
    /// Appends that the store did not take.
    pub append_failures: Count,
    /// Times that the store came back with less than it had acknowledged.
    pub log_regressions: Count,
    /// Seconds from asking the store to append to its answer.
    pub append_seconds: Distribution,
    /// Entries that were appended.
    pub entries: Count,
    /// Documents, whole or in part, that were encoded for members or snapshots.
    pub document_encodings: Count,
    /// Bytes that wait to be appended, over all rooms.
    pub append_waiting_bytes: Gauge,
    /// Bytes of log that came after the snapshots of the rooms in memory.
    pub unsnapshotted_bytes: Gauge,
    /// Bytes that are under way to members, over all rooms.
    pub under_way_bytes: Gauge,
    /// Sizes of snapshots that were saved.
    pub snapshot_bytes: Distribution,
    /// Snapshots that were not saved.
    pub snapshot_failures: Count,
    /// Turns of room tasks: each handles some events and sends what follows.
    pub turns: Count,
    /// Seconds of a turn: gate, document and encoding.
    pub turn_seconds: Distribution,
    /// Documents that could not be trusted any more; their rooms were dropped and rebuilt.
    pub poisoned: Count,
    /// Entries of a log that no document could take, at each load of their room.
    pub quarantined: Count,
    /// Stored snapshots that could not be read.
    pub damaged_snapshots: Count,
    /// Rooms that were dropped from memory because they could not go on.
    pub abandoned: Family<Reason, Count>,
    /// Seats for heavy work that are taken.
    pub work_seats: Gauge,
    /// Requests that wait for a seat.
    pub work_waiting: Gauge,
    /// Requests for heavy work that were refused.
    pub work_refused: Family<Reason, Count>,
    /// Memory that rooms and the work on them are charged for.
    pub work_memory_bytes: Gauge,
    /// Boards that were read to make something of them.
    pub boards_read: Count,
    /// HTTP requests by class of status.
    pub requests: Family<StatusClass, Count>,
    durability: Gauge,
    store: StoreGauges,
    memory_bytes: Gauge,
}

/// What the store says of itself when asked.
#[derive(Debug, Default)]
struct StoreGauges {
    free_bytes: Gauge,
    bytes: Gauge,
    wal_bytes: Gauge,
    retries: Gauge,
    reconnects: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::of_build("dev")
    }
}

impl Metrics {
    /// Nothing is counted yet; `web_client` is the build that the server carries.
    pub fn of_build(web_client: &str) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            rooms: Gauge::default(),
            connections: Gauge::default(),
            updates: Family::default(),
            closes: Family::default(),
            resyncs: Counter::default(),
            presence_dropped: Counter::default(),
            ballots: Family::default(),
            append_failures: Counter::default(),
            log_regressions: Counter::default(),
            append_seconds: Distribution::new(&APPEND_SECONDS),
            entries: Counter::default(),
            document_encodings: Counter::default(),
            append_waiting_bytes: Gauge::default(),
            unsnapshotted_bytes: Gauge::default(),
            under_way_bytes: Gauge::default(),
            snapshot_bytes: Distribution::new(&SNAPSHOT_BYTES),
            snapshot_failures: Counter::default(),
            turns: Counter::default(),
            turn_seconds: Distribution::new(&TURN_SECONDS),
            poisoned: Counter::default(),
            quarantined: Counter::default(),
            damaged_snapshots: Counter::default(),
            abandoned: Family::default(),
            work_seats: Gauge::default(),
            work_waiting: Gauge::default(),
            work_refused: Family::default(),
            work_memory_bytes: Gauge::default(),
            boards_read: Counter::default(),
            requests: Family::default(),
            durability: Gauge::default(),
            store: StoreGauges::default(),
            memory_bytes: Gauge::default(),
        };
        metrics.registry = names::registry(&metrics, web_client);
        metrics
    }

    /// Notes what an acknowledgement is worth; nothing where the store did not say.
    pub fn set_durability(&self, durability: Option<Durability>) {
        self.durability.set(match durability {
            Some(Durability::Disk) => 2,
            Some(Durability::Memory) => 1,
            None => 0,
        });
    }

    /// Notes what the store says of itself.
    pub fn set_vitals(&self, vitals: &Vitals) {
        let set = |gauge: &Gauge, value: Option<u64>| {
            gauge.set(value.map_or(0, |value| i64::try_from(value).unwrap_or(i64::MAX)));
        };
        set(&self.store.free_bytes, vitals.free_bytes);
        set(&self.store.bytes, vitals.bytes);
        set(&self.store.wal_bytes, vitals.wal_bytes);
        set(&self.store.retries, Some(vitals.retries));
        set(&self.store.reconnects, Some(vitals.reconnects));
        set(&self.memory_bytes, resident_bytes());
    }

    /// Counts a request by its status.
    pub fn count_request(&self, status: u16) {
        let status = match status / 100 {
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            5 => "5xx",
            _ => "1xx",
        };
        self.requests.get_or_create(&StatusClass { status }).inc();
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

/// What of this process is in memory, where Linux tells it.
fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let resident: u64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    Some(resident * rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_show_with_their_reason() {
        let metrics = Metrics::default();
        metrics.updates.get_or_create(&reason("admitted")).inc();
        metrics.rooms.inc();
        metrics.count_request(204);

        let text = metrics.text();

        assert!(text.contains("hartslag_updates_total{reason=\"admitted\"} 1"));
        assert!(text.contains("hartslag_rooms 1"));
        assert!(text.contains("hartslag_requests_total{status=\"2xx\"} 1"));
        assert!(text.contains("hartslag_build_info{version="));
    }

    #[test]
    fn the_store_and_the_process_show_what_they_say() {
        let metrics = Metrics::default();

        metrics.set_durability(Some(Durability::Disk));
        metrics.set_vitals(&Vitals {
            free_bytes: Some(7),
            retries: 3,
            ..Vitals::default()
        });

        let text = metrics.text();
        for line in ["durability 2", "store_free_bytes 7", "store_retries 3"] {
            assert!(text.contains(&format!("hartslag_{line}\n")), "{line}");
        }
        assert!(!text.contains("hartslag_memory_bytes 0\n"));
    }
}
