//! Seeds that found something once, and broken logs and rooms that must be found out.

use super::flaw::Flaw;
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

/// The same for what came later: rights, and a store that goes back.
const LATER: [(u64, &str); 16] = [
    (
        92,
        "members were not told of a round that came with the store",
    ),
    (
        123,
        "what was queued when the store went back could not be built upon",
    ),
    (
        410,
        "own entries that were lost while others came before them were taken for durable",
    ),
    (622, "a snapshot held what the log had not yet got back"),
    (
        1148,
        "who dropped its document after a refusal never saw its own last edit",
    ),
    (
        1800,
        "a node did not look when told less than it had appended",
    ),
    (
        3538,
        "a node went on with a log that had grown again without it",
    ),
    (
        5044,
        "rounds that were on their way back stood before those of others",
    ),
    (17_723, "the same, for colours of people"),
    (
        5664,
        "the model took a node for one that had all, for as many entries of a log that was lost",
    ),
    (
        17_584,
        "what waited was taken as it was admitted before a recovery, and the room was given up",
    ),
    (
        19_573,
        "the model did not see that one of two values goes where what was lost meets what is new",
    ),
    (
        32_942,
        "a log shorter than what was folded in was taken for read to its end",
    ),
    (
        45_590,
        "the model compared who is here while a node was about to tell",
    ),
    (
        30_389,
        "what came back got the number and key that it had, and hid that others came before it",
    ),
    (43_759, "the same, for names of people"),
];

#[test]
fn what_was_found_once_stays_mended() {
    for (seed, found) in SEEDS {
        let outcome = run(seed, STEPS, Scope::Faults, Flaw::None);
        assert_eq!(outcome, Ok(()), "{seed}: {found}");
    }
    for (seed, found) in LATER {
        let outcome = run(seed, STEPS, Scope::Everything, Flaw::None);
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

#[test]
fn w10_a_room_that_lets_people_speak_for_others_is_found_out() {
    assert!(is_found(Flaw::TrustsNames));
}

#[test]
fn w11_a_room_that_does_not_hear_who_leaves_is_found_out() {
    assert!(is_found(Flaw::IgnoresLeaving));
}
