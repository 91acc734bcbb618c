//! Seeds that found something once, and broken logs that must be found out.

use super::log::Flaw;
use super::{STEPS, run};

/// How many seeds it may take to find a flaw.
const TRIES: u64 = 60;

fn is_found(flaw: Flaw) -> bool {
    (0..TRIES).any(|seed| run(seed, STEPS, flaw).is_err())
}

#[test]
fn a_log_that_loses_what_it_acknowledged_is_found_out() {
    assert!(is_found(Flaw::LosesEntries));
}

#[test]
fn l2_a_log_that_forgets_keys_is_found_out() {
    assert!(is_found(Flaw::ForgetsKeys));
}

#[test]
fn l4_a_log_that_takes_any_snapshot_is_found_out() {
    assert!(is_found(Flaw::TakesAnySnapshot));
}

#[test]
fn l5_a_log_that_skips_what_it_trimmed_is_found_out() {
    assert!(is_found(Flaw::SkipsSilently));
}
