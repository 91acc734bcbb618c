//! What a room adds to counts and charges over all rooms, and takes back when it leaves memory;
//! and what others see of it without asking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use prometheus_client::metrics::gauge::Gauge;

use super::size;
use super::state::RoomState;
use crate::log::Milliseconds;
use crate::metrics::Metrics;
use crate::work::memory::Charge;

/// A room as it was after its last turn.
#[derive(Debug, Default)]
pub(super) struct Glance {
    /// Tells the times apart that the room came into memory.
    pub(super) stay: u64,
    /// Rises with each change of its board.
    pub(super) version: AtomicU64,
    /// What it takes in memory.
    pub(super) bytes: AtomicUsize,
    /// What of that is for its rounds.
    pub(super) rounds_bytes: AtomicUsize,
    /// Whether work on its board takes long.
    pub(super) is_large: AtomicBool,
    /// Since when nobody is in it; 0 while someone is.
    pub(super) idle_since: AtomicU64,
}

pub(super) struct Share {
    metrics: Arc<Metrics>,
    glance: Arc<Glance>,
    charge: Charge,
    waiting: i64,
    unsnapshotted: i64,
}

impl Share {
    /// Of a room that has just come into memory.
    pub(super) fn new(
        metrics: Arc<Metrics>,
        glance: Arc<Glance>,
        charge: Charge,
        state: &RoomState,
    ) -> Self {
        metrics.rooms.inc();
        let mut share = Self {
            metrics,
            glance,
            charge,
            waiting: 0,
            unsnapshotted: 0,
        };
        share.update(state, state.alone_since);
        share
    }

    /// Counts the room as it is.
    pub(super) fn update(&mut self, state: &RoomState, idle_since: Option<Milliseconds>) {
        let bytes = size::of(state);
        self.charge.resize(bytes);
        let glance = &self.glance;
        glance.bytes.store(bytes, Ordering::Relaxed);
        let rounds = state.rounds_bytes;
        glance.rounds_bytes.store(rounds, Ordering::Relaxed);
        let is_large = state.document.is_large();
        glance.is_large.store(is_large, Ordering::Relaxed);
        let idle_since = idle_since.unwrap_or_default();
        glance.idle_since.store(idle_since, Ordering::Relaxed);
        // Whoever was told of a change finds its version.
        glance
            .version
            .store(state.document.version(), Ordering::Release);
        let Self {
            metrics,
            waiting,
            unsnapshotted,
            ..
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

    /// What the room takes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.glance.bytes.load(Ordering::Relaxed)
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
