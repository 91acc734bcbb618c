//! The tables of a run: as Markdown for people, as JSON for other runs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::machine;
use crate::peer::Kind;
use crate::run::Measured;

/// What became of a server in a scenario.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Row {
    /// The middle one of its runs.
    Measured(Measured),
    /// It lost edits, closed connections or did not start: a figure would mean nothing.
    Void(String),
}

#[derive(Debug, Serialize)]
struct Entry {
    scenario: String,
    server: String,
    outcome: Row,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    date: String,
    machine: String,
    entries: Vec<Entry>,
}

impl Row {
    /// In a few words.
    pub fn summary(&self) -> String {
        match self {
            Self::Void(fault) => format!("void: {fault}"),
            Self::Measured(run) => format!(
                "{:.1} µs ({:.1} with Redis), p50 {:.1} ms, p99 {:.1} ms, {:.0} MiB, load at {:.0} %",
                run.cpu_micros,
                run.cpu_micros_with_redis,
                run.p50_millis,
                run.p99_millis,
                run.memory_mebibytes,
                run.load_core_percent
            ),
        }
    }
}

impl Report {
    /// An empty one, of this machine and day.
    pub fn of_today() -> Self {
        Self {
            date: machine::today(),
            machine: machine::description(),
            entries: Vec::new(),
        }
    }

    /// Adds a line.
    pub fn add(&mut self, scenario: &str, peer: Kind, outcome: Row) {
        let (scenario, server) = (scenario.to_owned(), peer.name());
        self.entries.push(Entry {
            scenario,
            server,
            outcome,
        });
    }

    /// Writes both tables and prints the one for people.
    pub fn write(&self, folder: &Path) -> Result<(), String> {
        let markdown = self.markdown();
        let json = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let written = fs::create_dir_all(folder)
            .and_then(|()| fs::write(folder.join("bench.json"), json))
            .and_then(|()| fs::write(folder.join("bench.md"), &markdown));
        eprintln!("\n{markdown}");
        written.map_err(|error| format!("{}: {error}", folder.display()))
    }

    fn markdown(&self) -> String {
        let mut text = format!("Measured on {}: {}.\n\n", self.date, self.machine);
        text += "| scenario | server | CPU µs per delivered edit | with Redis | ratio to relay | \
                 p50 ms | p99 ms | durable p99 ms | delivered/s | MiB | load core % |\n";
        text += "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
        for entry in &self.entries {
            let line = match &entry.outcome {
                Row::Void(fault) => format!("void: {fault} | | | | | | | |"),
                Row::Measured(run) => self.line(&entry.scenario, run),
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "| {} | {} | {line} |", entry.scenario, entry.server);
        }
        text
    }

    fn line(&self, scenario: &str, run: &Measured) -> String {
        let relay = self.entries.iter().find_map(|entry| match &entry.outcome {
            Row::Measured(relay)
                if entry.scenario == scenario && entry.server == Kind::Relay.name() =>
            {
                Some(relay.cpu_micros)
            }
            _ => None,
        });
        let or_dash =
            |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
        format!(
            "{:.1} | {:.1} | {} | {:.1} | {:.1} | {} | {:.0} | {:.0} | {:.0}",
            run.cpu_micros,
            run.cpu_micros_with_redis,
            or_dash(relay.map(|relay| run.cpu_micros_with_redis / relay)),
            run.p50_millis,
            run.p99_millis,
            or_dash(run.acknowledged_p99_millis),
            run.delivered_per_second,
            run.memory_mebibytes,
            run.load_core_percent
        )
    }
}
