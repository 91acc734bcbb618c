//! Seeds that found something once, and broken logs that must be found out.

use super::log::Flaw;
use super::plan::Scope;
use super::{STEPS, run};

/// How many seeds it may take to find a flaw.
const TRIES: u64 = 60;

fn is_found(flaw: Flaw) -> bool {
    (0..TRIES).any(|seed| run(seed, STEPS, Scope::Faults, flaw).is_err())
}

/// Seeds that once failed, with the word for what they found.
const SEEDS: [(u64, &str); 9] = [
    (
        382,
        "an honest edit beside something collected was malformed",
    ),
    (
        1382,
        "a gate that began with a snapshot took what another refused",
    ),
    (2420, "the same, with a node that loaded meanwhile"),
    (4172, "the same, and an honest member was closed for it"),
    (4592, "the same, after a snapshot"),
    (
        1245,
        "an honest member was refused beside something forged that waited",
    ),
    (3012, "the same, for a parent of another kind"),
    (5049, "the same, for content of another kind"),
    (
        5225,
        "forged neighbours: letters are ordered differently after a reload",
    ),
];

#[test]
fn what_was_found_once_stays_mended() {
    for (seed, found) in SEEDS {
        let outcome = run(seed, STEPS, Scope::Faults, Flaw::None);
        assert_eq!(outcome, Ok(()), "{seed}: {found}");
    }
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
