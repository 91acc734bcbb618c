//! The machine: its clock, and how many sockets a process may hold.

use rustix::process::{Resource, getrlimit};

use super::Finding;
use crate::clock::now;
use crate::log::Milliseconds;

const CLOCK: &str = "clock";
const FILES: &str = "open files";

/// 2025-01-01 and 2100-01-01.
const PLAUSIBLE: std::ops::Range<Milliseconds> = 1_735_689_600_000..4_102_444_800_000;
/// A hall of phones, some boards, and the files of the store.
const FEW_FILES: u64 = 4_096;

pub(super) fn clock() -> Finding {
    judged_clock(now())
}

pub(super) fn judged_clock(now: Milliseconds) -> Finding {
    if PLAUSIBLE.contains(&now) {
        Finding::ok(CLOCK, "plausible")
    } else {
        Finding::error(
            CLOCK,
            "the year cannot be right",
            "codes, tickets and cookies end by the clock: let NTP set it",
        )
    }
}

/// Each person at a board or with a phone holds one.
pub(super) fn open_files() -> Finding {
    judged_files(getrlimit(Resource::Nofile).current)
}

pub(super) fn judged_files(limit: Option<u64>) -> Finding {
    match limit {
        Some(limit) if limit < FEW_FILES => Finding::warning(
            FILES,
            format!("at most {limit}"),
            "each connection takes one: LimitNOFILE=65536 in the unit, or `ulimit -n 65536`",
        ),
        Some(limit) => Finding::ok(FILES, format!("at most {limit}")),
        None => Finding::ok(FILES, "unlimited"),
    }
}
