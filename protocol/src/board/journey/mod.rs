//! The exchange format: one customer journey as one JSON file (`docs/exchange-format.md`).
//!
//! [`Journey::parse`] reads a file from outside; what it gives has passed every check of
//! its edition. Fields stand in the order of the file, so that writing gives back what was read.

mod model;
mod reader;
mod rules;
mod shape;
mod shapes;
#[cfg(test)]
mod tests;

pub use model::{
    Action, Assurance, Brief, Desired, DesiredTouchpoint, Duration, Idea, Interviews, Journey,
    LoosePieces, Metric, Municipality, Persona, PersonaScore, Phase, Product, Roles, Touchpoint,
    WorkshopPlan,
};

use crate::problem::Fault;

/// Edition of a finished journey.
pub const COMPLETE_VERSION: &str = "1.0";
/// Edition of a board as it happens to be.
pub const DRAFT_VERSION: &str = "1.1";

/// What is asked of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    /// 1.0: everything is there, within its bounds, and the nine rules hold.
    Complete,
    /// 1.1: what is there is of the right type, and references lead somewhere.
    Draft,
}

impl Journey {
    /// Reads a journey from the bytes of a file.
    ///
    /// # Errors
    /// Every fault of the file at once.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        let value = reader::read(bytes)?;
        Self::from_value(value)
    }

    /// Reads a journey from JSON that was parsed already.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn from_value(value: serde_json::Value) -> Result<Self, Vec<Fault>> {
        let faults = faults(&value);
        if !faults.is_empty() {
            return Err(faults);
        }
        serde_json::from_value(value).map_err(|error| {
            vec![Fault {
                pointer: String::new(),
                detail: error.to_string(),
            }]
        })
    }

    /// What keeps this journey from being valid in its edition.
    pub fn faults(&self) -> Vec<Fault> {
        match serde_json::to_value(self) {
            Ok(value) => faults(&value),
            Err(error) => vec![Fault {
                pointer: String::new(),
                detail: error.to_string(),
            }],
        }
    }

    /// The file: indented by two spaces, with a newline at its end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("a journey has text keys only, and writing to memory does not fail");
        text.push('\n');
        text
    }
}

/// Every fault of a file: of its shape, its references and its rules.
fn faults(value: &serde_json::Value) -> Vec<Fault> {
    let (edition, mut faults) = edition(value);
    faults.extend(shape::faults(&shapes::JOURNEY, value, edition));
    faults.extend(rules::reference_faults(value, edition));
    if edition == Edition::Complete {
        faults.extend(rules::faults(value));
    }
    faults
}

/// The edition that a file claims; one of unknown edition is measured as a finished journey.
fn edition(value: &serde_json::Value) -> (Edition, Vec<Fault>) {
    let version = value.get("schemaVersion").and_then(|it| it.as_str());
    let draft = value.get("draft").and_then(serde_json::Value::as_bool);
    let fault = |pointer: &str, detail: &str| {
        vec![Fault {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        }]
    };
    match version {
        Some(DRAFT_VERSION) if draft == Some(true) => (Edition::Draft, Vec::new()),
        Some(DRAFT_VERSION) => (
            Edition::Draft,
            fault(
                "/draft",
                "version 1.1 is for boards in the making, and says so with true",
            ),
        ),
        // Its absence, or a wrong type, is a fault of shape.
        Some(COMPLETE_VERSION) | None => (Edition::Complete, Vec::new()),
        Some(_) => (
            Edition::Complete,
            fault(
                "/schemaVersion",
                "must be \"1.0\" (finished) or \"1.1\" (in the making)",
            ),
        ),
    }
}
