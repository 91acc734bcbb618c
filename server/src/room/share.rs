//! What a room adds to counts over all rooms, and takes back when it leaves memory.

use std::sync::Arc;

use prometheus_client::metrics::gauge::Gauge;

use super::state::RoomState;
use crate::metrics::Metrics;

pub(super) struct Share {
    metrics: Arc<Metrics>,
    waiting: i64,
    unsnapshotted: i64,
}

impl Share {
    /// Of a room that has just come into memory.
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        metrics.rooms.inc();
        Self {
            metrics,
            waiting: 0,
            unsnapshotted: 0,
        }
    }

    /// Counts the room as it is.
    pub(super) fn update(&mut self, state: &RoomState) {
        let Self {
            metrics,
            waiting,
            unsnapshotted,
        } = self;
        change(
            &metrics.append_waiting_bytes,
            waiting,
            state.appending.bytes(),
        );
        change(
            &metrics.unsnapshotted_bytes,
            unsnapshotted,
            state.tail.bytes(),
        );
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.metrics.rooms.dec();
        change(&self.metrics.append_waiting_bytes, &mut self.waiting, 0);
        change(
            &self.metrics.unsnapshotted_bytes,
            &mut self.unsnapshotted,
            0,
        );
    }
}

fn change(total: &Gauge, share: &mut i64, bytes: usize) {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    if bytes != *share {
        total.inc_by(bytes - *share);
        *share = bytes;
    }
}
