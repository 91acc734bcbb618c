//! What came of an attack, held against the bounds, and the table of all.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::ground::Window;
use crate::figures::{float, shown};
use crate::machine;
use crate::peer::Kind;

/// An honest edit under attack takes at most this many times what it takes in calm …
const TIMES_CALM: f64 = 2.0;
/// … or this many milliseconds, where that is more.
const HONEST_MILLIS: f64 = 50.0;
const COACH_MILLIS: f64 = 500.0;
const WAY_IN: Duration = Duration::from_secs(2);
/// Opening a room after a restart, where it has to be loaded.
const LOADED: Duration = Duration::from_secs(10);
const MEBIBYTES: u64 = 512;

/// What honest people noticed of an attack, and what was left of the room.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) calm: Window,
    pub(super) attacked: Window,
    /// What the hostile side has to tell.
    pub(super) told: Result<String, String>,
    /// How long somebody took to come in afterwards.
    pub(super) after: Result<Duration, String>,
    pub(super) peak_bytes: u64,
    /// The same after a restart.
    pub(super) after_restart: Result<Duration, String>,
}

impl Outcome {
    /// Every bound that does not hold.
    fn faults(&self) -> Vec<String> {
        let Self { calm, attacked, .. } = self;
        let honest = calm.p99.unwrap_or_default() * TIMES_CALM;
        let honest = honest.max(HONEST_MILLIS);
        let mebibytes = self.peak_bytes >> 20;
        let mut faults = Vec::new();
        faults.extend(attacked.fault.clone());
        faults.extend(above("an honest edit", attacked.p99, honest));
        faults.extend(above("a coach's edit", attacked.coach_p99, COACH_MILLIS));
        faults.extend(later("the way in", &attacked.way_in, WAY_IN));
        faults.extend(later("the way in afterwards", &self.after, WAY_IN));
        faults.extend(later(
            "the way in after a restart",
            &self.after_restart,
            LOADED,
        ));
        if mebibytes >= MEBIBYTES {
            faults.push(format!("{mebibytes} MiB"));
        }
        faults.extend(self.told.as_ref().err().cloned());
        faults
    }

    fn cells(&self) -> [String; 9] {
        let waited = |waited: &Result<Duration, String>| match waited {
            Ok(waited) => shown(Some(waited.as_secs_f64() * 1e3)),
            Err(_) => "never".to_owned(),
        };
        // A fault stands with the others.
        let told = self.told.clone().unwrap_or_default();
        [
            shown(self.calm.p99),
            shown(self.attacked.p99),
            shown(self.calm.coach_p99),
            shown(self.attacked.coach_p99),
            waited(&self.attacked.way_in),
            waited(&self.after),
            waited(&self.after_restart),
            shown(Some(float(self.peak_bytes >> 20))),
            told,
        ]
    }
}

fn above(what: &str, millis: Option<f64>, bound: f64) -> Option<String> {
    match millis {
        None => Some(format!("{what} never came")),
        Some(millis) if millis > bound => Some(format!(
            "{what} took {} ms of {}",
            shown(Some(millis)),
            shown(Some(bound))
        )),
        Some(_) => None,
    }
}

fn later(what: &str, waited: &Result<Duration, String>, bound: Duration) -> Option<String> {
    match waited {
        Err(fault) => Some(format!("{what}: {fault}")),
        Ok(waited) if *waited > bound => Some(format!("{what} took {} ms", waited.as_millis())),
        Ok(_) => None,
    }
}

const HEAD: &str = "\
| attack | store | calm p99 ms | p99 ms | coach calm | coach | way in | after | after restart | peak MiB | the attacker | holds |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|
";

/// The table of all attacks.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: String,
    broken: usize,
}

impl Report {
    /// Adds what came of an attack, and tells of it at once.
    pub(super) fn add(&mut self, attack: &str, store: Kind, outcome: Result<Outcome, String>) {
        let (cells, faults) = match outcome {
            Ok(outcome) => (outcome.cells(), outcome.faults()),
            Err(fault) => (Default::default(), vec![fault]),
        };
        let verdict = if faults.is_empty() {
            "yes".to_owned()
        } else {
            self.broken += 1;
            format!("**no**: {}", faults.join("; "))
        };
        let cells = cells.join(" | ");
        let row = format!("| {attack} | {} | {cells} | {verdict} |", store.name());
        let row = row.replace('\n', " ");
        eprintln!("{row}");
        // Writing to a string does not fail.
        let _ = writeln!(self.rows, "{row}");
    }

    /// Writes and prints the table; fails when something did not hold.
    pub(super) fn write(&self, folder: &Path) -> Result<(), String> {
        let text = format!(
            "Attacked on {}: {}.\nVersions: {}.\n\n{HEAD}{}",
            machine::today(),
            machine::description(),
            machine::versions().join(", "),
            self.rows
        );
        eprintln!("\n{text}");
        let written =
            fs::create_dir_all(folder).and_then(|()| fs::write(folder.join("attacks.md"), text));
        written.map_err(|error| format!("{}: {error}", folder.display()))?;
        match self.broken {
            0 => Ok(()),
            broken => Err(format!("{broken} did not hold")),
        }
    }
}
