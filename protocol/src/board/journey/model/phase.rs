//! A column of a journey and what is in it.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::{is_false, one_whole, some_whole};
use crate::board::words::{
    Basis, Change, Channel, Direction, DurationUnit, Initiator, MetricKind, MetricUnit,
};

/// A column of the journey.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Phase {
    /// `f1`, `f2`, …
    pub id: String,
    /// Its name.
    pub title: String,
    /// What the customer wants here.
    pub customer_goal: String,
    /// How long it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
    /// How it goes.
    pub touchpoints: Vec<Touchpoint>,
    /// What is measured.
    pub metrics: Vec<Metric>,
    /// How it should go.
    pub desired: Desired,
}

/// How long something takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duration {
    /// How many.
    pub value: Number,
    /// Of what.
    pub unit: DurationUnit,
}

/// A moment of contact, or of waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Touchpoint {
    /// `f1t1`, …
    pub id: String,
    /// What happens.
    pub title: String,
    /// Through what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Who begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiator: Option<Initiator>,
    /// The team behind it.
    pub department: String,
    /// The first persona's experience; none means unknown.
    #[serde(
        deserialize_with = "some_whole",
        skip_serializing_if = "Option::is_none"
    )]
    pub score: Option<i8>,
    /// What that score rests on, where it is not interviews (1.1 only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Other personas' experience (1.1 only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_scores: Vec<PersonaScore>,
    /// One word.
    pub emotion: String,
    /// What somebody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What others said (1.1 only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_quotes: Vec<String>,
    /// What goes wrong.
    pub pain_points: Vec<String>,
    /// Whether the journey stands or falls here.
    pub moment_of_truth: bool,
}

/// The experience of a persona after the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonaScore {
    /// Which persona, counted from 1: 2 is the first of `morePersonas`.
    #[serde(deserialize_with = "one_whole")]
    pub persona: u32,
    /// The experience, -2 to 2.
    #[serde(deserialize_with = "one_whole")]
    pub score: i8,
    /// What it rests on.
    pub basis: Basis,
}

/// Something that is measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metric {
    /// What.
    pub name: String,
    /// Of what kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<MetricKind>,
    /// In what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<MetricUnit>,
    /// How it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Number>,
    /// How it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Number>,
    /// On which side of the baseline that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Where the figure comes from.
    pub source: String,
}

/// How a phase should go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Desired {
    /// In a sentence.
    pub summary: String,
    /// What changes.
    pub changes: Vec<String>,
    /// The moments of contact.
    pub touchpoints: Vec<DesiredTouchpoint>,
}

/// A moment of contact as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct DesiredTouchpoint {
    /// Its name, where a note hangs on it (1.1 only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The current touchpoint that it comes from; none for a new one.
    pub r#ref: Option<String>,
    /// What happens.
    pub title: String,
    /// Through what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The first persona's experience; none for what goes, or unknown.
    #[serde(deserialize_with = "some_whole")]
    pub score: Option<i8>,
    /// What becomes of the current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What that score rests on, where it is no assumption (1.1 only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Other personas' experience (1.1 only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_scores: Vec<PersonaScore>,
    /// Who begins (1.1 only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiator: Option<Initiator>,
    /// The team behind it (1.1 only).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub department: String,
    /// One word (1.1 only).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub emotion: String,
    /// What people said about it (1.1 only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quotes: Vec<String>,
    /// What could go wrong (1.1 only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pain_points: Vec<String>,
    /// Whether the journey stands or falls here (1.1 only).
    #[serde(skip_serializing_if = "is_false")]
    pub moment_of_truth: bool,
}
