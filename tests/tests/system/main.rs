//! The running server, from outside: one module per thing a visitor does, and per fault.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod backups;
mod ballots;
mod clocks;
mod convergence;
mod crashes;
mod event_streams;
mod examinations;
mod heavy_work;
mod hostile;
mod impostors;
mod interruptions;
mod joining;
mod journeys;
mod judging;
mod node_failures;
mod nodes;
mod opening;
mod outages;
mod people;
mod random_failures;
mod regressions;
mod rights;
mod slow_and_many;
mod trimming;
