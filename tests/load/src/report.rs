//! The tables of a run: as Markdown for people, as JSON for other runs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::figures::{Figures, shown};
use crate::machine;
use crate::peer::Kind;

/// What became of a server in a scenario.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Row {
    /// The middle one of its runs.
    Measured(Figures),
    /// It lost edits, closed connections or did not start: a figure would mean nothing.
    Void(String),
}

#[derive(Debug, Serialize)]
struct Table {
    title: String,
    rows: Vec<(Kind, Row)>,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    date: String,
    machine: String,
    versions: Vec<String>,
    tables: Vec<Table>,
}

/// Between these the tables stand in a document.
const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

impl Row {
    /// In a few words.
    pub fn summary(&self) -> String {
        match self {
            Self::Void(fault) => format!("void: {fault}"),
            Self::Measured(figures) => {
                let told = figures
                    .0
                    .iter()
                    .map(|figure| format!("{} {}", figure.name, shown(figure.value)));
                told.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

impl Report {
    /// An empty one, of this machine and day.
    pub fn of_today() -> Self {
        Self {
            date: machine::today(),
            machine: machine::description(),
            versions: machine::versions(),
            tables: Vec::new(),
        }
    }

    /// Adds a server's row to a scenario's table.
    pub fn add(&mut self, title: &str, peer: Kind, row: Row) {
        let row = (peer, row);
        match self.tables.iter_mut().find(|table| table.title == title) {
            Some(table) => table.rows.push(row),
            None => self.tables.push(Table {
                title: title.to_owned(),
                rows: vec![row],
            }),
        }
    }

    /// Writes both forms, prints the one for people, and puts it into the document if one is told.
    pub fn write(&self, folder: &Path, document: Option<&Path>) -> Result<(), String> {
        let markdown = self.markdown();
        eprintln!("\n{markdown}");
        let json = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let written = fs::create_dir_all(folder)
            .and_then(|()| fs::write(folder.join("bench.json"), json))
            .and_then(|()| fs::write(folder.join("bench.md"), &markdown));
        written.map_err(|error| format!("{}: {error}", folder.display()))?;
        document.map_or(Ok(()), |document| put_into(document, &markdown))
    }

    fn markdown(&self) -> String {
        let versions = self.versions.join(", ");
        let mut text = format!(
            "Measured on {}: {}.\nVersions: {versions}.\n",
            self.date, self.machine
        );
        for table in &self.tables {
            text += &table.markdown();
        }
        text
    }
}

impl Table {
    fn markdown(&self) -> String {
        let measured = self.rows.iter().find_map(|(_, row)| match row {
            Row::Measured(figures) => Some(figures),
            Row::Void(_) => None,
        });
        let columns: Vec<_> = measured
            .into_iter()
            .flat_map(|figures| &figures.0)
            .collect();
        let relay = self.rows.iter().find_map(|(peer, row)| match row {
            Row::Measured(figures) if *peer == Kind::Relay => Some(figures.first()),
            _ => None,
        });
        let mut text = format!("\n### {}\n\n| server |", self.title);
        for column in &columns {
            text = text + " " + column.name + " |";
        }
        if relay.is_some() {
            text += " × relay |";
        }
        let count = columns.len() + usize::from(relay.is_some());
        text = text + "\n|---|" + &"--:|".repeat(count) + "\n";
        for (peer, row) in &self.rows {
            let cells = match row {
                Row::Void(fault) => {
                    let fault = fault.lines().next().unwrap_or_default();
                    format!(" void: {fault} {}", "|".repeat(count))
                }
                Row::Measured(figures) => cells(figures, relay),
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "| {} |{cells}", peer.name());
        }
        text
    }
}

fn cells(figures: &Figures, relay: Option<f64>) -> String {
    let own = figures.0.iter().map(|figure| figure.value);
    let ratio = relay.map(|relay| Some(figures.first() / relay));
    let cells = own.chain(ratio).map(|value| format!(" {} |", shown(value)));
    cells.collect()
}

fn put_into(document: &Path, tables: &str) -> Result<(), String> {
    let fault = |error: &dyn std::fmt::Display| format!("{}: {error}", document.display());
    let text = fs::read_to_string(document).map_err(|error| fault(&error))?;
    let (before, rest) = text
        .split_once(BEGIN)
        .ok_or_else(|| fault(&"it has no place for them"))?;
    let (_, after) = rest
        .split_once(END)
        .ok_or_else(|| fault(&"the place has no end"))?;
    let text = format!("{before}{BEGIN}\n{tables}{END}{after}");
    fs::write(document, text).map_err(|error| fault(&error))
}
