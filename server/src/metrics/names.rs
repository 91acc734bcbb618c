//! What each count is called where it is shown, and what is said of it.

use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

use super::Metrics;

/// Everything that is shown, under its name.
pub(super) fn registry(metrics: &Metrics, web_client: &str) -> Registry {
    let mut names = Names(Registry::with_prefix("hartslag"));
    names.add_rooms(metrics);
    names.add_members(metrics);
    names.add_log(metrics);
    names.add_work(metrics);
    names.add_store(metrics);
    names.add_process(metrics, web_client);
    names.0
}

struct Names(Registry);

impl Names {
    fn add(&mut self, name: &str, metric: &(impl Metric + Clone), help: &str) {
        self.0.register(name, help, metric.clone());
    }

    fn add_rooms(&mut self, of: &Metrics) {
        self.add("rooms", &of.rooms, "Rooms in memory");
        self.add("turns", &of.turns, "Turns of room tasks");
        self.add("turn_seconds", &of.turn_seconds, "Time of a turn of a room");
        self.add(
            "document_encodings",
            &of.document_encodings,
            "Documents, whole or in part, that were encoded",
        );
        self.add(
            "poisoned",
            &of.poisoned,
            "Documents that could not be trusted any more",
        );
        self.add(
            "abandoned",
            &of.abandoned,
            "Rooms dropped from memory because they could not go on",
        );
    }

    fn add_members(&mut self, of: &Metrics) {
        self.add("connections", &of.connections, "Connections of members");
        self.add(
            "updates",
            &of.updates,
            "What became of messages with an update",
        );
        self.add("ballots", &of.ballots, "What became of ballots");
        self.add("closes", &of.closes, "Connections closed by the server");
        self.add(
            "under_way_bytes",
            &of.under_way_bytes,
            "Bytes that members were not sent yet",
        );
        self.add(
            "resyncs",
            &of.resyncs,
            "Members that fell behind and got a difference",
        );
        self.add(
            "presence_dropped",
            &of.presence_dropped,
            "Presence that came too often",
        );
    }

    fn add_log(&mut self, of: &Metrics) {
        self.add("entries", &of.entries, "Entries appended");
        self.add(
            "append_seconds",
            &of.append_seconds,
            "Time until an append is durable",
        );
        self.add(
            "append_failures",
            &of.append_failures,
            "Appends that the store did not take",
        );
        self.add(
            "append_waiting_bytes",
            &of.append_waiting_bytes,
            "Bytes that wait to be appended",
        );
        self.add(
            "log_regressions",
            &of.log_regressions,
            "Times that the store came back with less than it had acknowledged",
        );
        self.add(
            "quarantined",
            &of.quarantined,
            "Entries of a log that no document could take",
        );
        self.add(
            "unsnapshotted_bytes",
            &of.unsnapshotted_bytes,
            "Bytes of log after the snapshots of the rooms in memory",
        );
        self.add(
            "snapshot_bytes",
            &of.snapshot_bytes,
            "Sizes of saved snapshots",
        );
        self.add(
            "snapshot_failures",
            &of.snapshot_failures,
            "Snapshots that were not saved",
        );
        self.add(
            "damaged_snapshots",
            &of.damaged_snapshots,
            "Stored snapshots that could not be read",
        );
    }

    fn add_work(&mut self, of: &Metrics) {
        self.add(
            "work_seats",
            &of.work_seats,
            "Seats for heavy work that are taken",
        );
        self.add(
            "work_waiting",
            &of.work_waiting,
            "Requests that wait for a seat",
        );
        self.add(
            "work_refused",
            &of.work_refused,
            "Requests for heavy work that were refused",
        );
        self.add(
            "work_memory_bytes",
            &of.work_memory_bytes,
            "Memory that rooms and the work on them are charged for",
        );
        self.add(
            "boards_read",
            &of.boards_read,
            "Boards that were read to make something of them",
        );
    }

    fn add_store(&mut self, of: &Metrics) {
        self.add(
            "durability",
            &of.durability,
            "What an acknowledgement is worth: 2 on disk, 1 in memory, 0 not known",
        );
        let of = &of.store;
        self.add(
            "store_free_bytes",
            &of.free_bytes,
            "Free space on the disk of the embedded store",
        );
        self.add("store_bytes", &of.bytes, "Size of the embedded store");
        self.add(
            "store_wal_bytes",
            &of.wal_bytes,
            "Size of its write-ahead log",
        );
        self.add(
            "store_retries",
            &of.retries,
            "Calls to Redis that were made again",
        );
        self.add(
            "store_reconnects",
            &of.reconnects,
            "Times that the Redis subscription was lost",
        );
    }

    fn add_process(&mut self, of: &Metrics, web_client: &str) {
        self.add("requests", &of.requests, "HTTP requests by class of status");
        self.add("memory_bytes", &of.memory_bytes, "Resident memory");
        let build = Info::new(vec![
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("web_client", web_client.to_owned()),
        ]);
        self.0.register("build", "What runs", build);
    }
}
