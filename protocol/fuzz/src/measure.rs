//! What a step costs: time, and memory on top of what was there.

use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// No step takes longer.
pub(crate) const LONGEST: Duration = Duration::from_millis(100);
/// Memory that a step may take besides what follows from its size.
const BASE_BYTES: usize = 1 << 20;
/// Memory that a step may take per byte of its input: a block of three bytes is read into a
/// record of some hundred, and one new client makes tables grow.
const BYTES_PER_BYTE: usize = 64;

/// What a step may take besides what the gate said it would cost.
const BASE_TIME: Duration = Duration::from_millis(20);
/// What it may take for each visit that the gate counted: many times as much as in a release
/// build on a quiet machine, as it must hold in a debug build on a busy one.
const PER_VISIT: Duration = Duration::from_micros(4);

/// What a step may take that the gate said would cost so much.
pub(crate) fn affordable(work: u64) -> Duration {
    let visits = u32::try_from(work).unwrap_or(u32::MAX);
    BASE_TIME + PER_VISIT * visits
}

/// What a step cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) elapsed: Duration,
    /// Bytes at the peak beyond those at the start.
    pub(crate) bytes: usize,
}

impl Cost {
    /// Whether it took longer than what the gate counted accounts for.
    pub(crate) fn is_underpriced(self, work: u64) -> bool {
        self.elapsed > affordable(work)
    }

    /// Whether it took more memory than an input of this length may.
    pub(crate) fn is_greedy(self, input: usize) -> bool {
        self.bytes > BASE_BYTES + BYTES_PER_BYTE * input
    }
}

/// Does something and tells what it cost. Nothing else may run in this process meanwhile.
pub(crate) fn measure<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let started = Instant::now();
    let outcome = work();
    let cost = Cost {
        elapsed: started.elapsed(),
        bytes: MEMORY.peak_usage().saturating_sub(before),
    };
    (outcome, cost)
}
