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

/// What a step cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) elapsed: Duration,
    /// Bytes at the peak beyond those at the start.
    pub(crate) bytes: usize,
}

impl Cost {
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
