//! A journey as the file has it.
//!
//! Missing text is empty text, and so on: what must be there is the validation's business. Keys
//! that only drafts have are left out where they are empty. Numbers stay as they were written.

mod phase;
mod project;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;

pub use self::phase::{
    Desired, DesiredTouchpoint, Duration, Metric, PersonaScore, Phase, Touchpoint,
};
pub use self::project::{
    Assurance, Brief, Interviews, Municipality, Persona, Product, Roles, WorkshopPlan,
};
use super::shape::whole;
use crate::board::words::{ActionStatus, Audience, Language, NoteKind, NoteStatus};

/// A whole journey.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Journey {
    /// Edition of the format: `1.0` finished, `1.1` in the making.
    pub schema_version: String,
    /// Whether the board was in the making (1.1 only).
    #[serde(skip_serializing_if = "is_false")]
    pub draft: bool,
    /// The day that the statuses describe.
    pub as_of: String,
    /// Language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Whether people and places are invented.
    pub fictional: bool,
    /// Short name for addresses and files.
    pub slug: String,
    /// "Ik wil …".
    pub title: String,
    /// In two sentences.
    pub summary: String,
    /// Whose journey it is.
    pub municipality: Municipality,
    /// The product of the municipality.
    pub product: Product,
    /// The event in the customer's life.
    pub life_event: String,
    /// Who the product is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    /// The start document.
    pub brief: Brief,
    /// The workshop in which ideas were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workshop: Option<WorkshopPlan>,
    /// The customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persona: Option<Persona>,
    /// Customers after the first (1.1 only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_personas: Vec<Persona>,
    /// The columns.
    pub phases: Vec<Phase>,
    /// Sticky notes.
    pub ideas: Vec<Idea>,
    /// The improvement plan.
    pub actions: Vec<Action>,
    /// How the result is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assurance: Option<Assurance>,
    /// What has lost its place (1.1 only).
    #[serde(skip_serializing_if = "LoosePieces::is_empty")]
    pub loose: LoosePieces,
}

/// A sticky note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Idea {
    /// `i01`, …
    pub id: String,
    /// What it says, where it is not an idea (1.1 only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<NoteKind>,
    /// Its text.
    pub text: String,
    /// One or two words.
    pub theme: String,
    /// The phase it hangs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase_id: Option<String>,
    /// The touchpoint it hangs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touchpoint_id: Option<String>,
    /// Votes it got.
    #[serde(
        deserialize_with = "some_whole",
        skip_serializing_if = "Option::is_none"
    )]
    pub votes: Option<u32>,
    /// What it takes, 1 to 5.
    #[serde(
        deserialize_with = "some_whole",
        skip_serializing_if = "Option::is_none"
    )]
    pub effort: Option<u32>,
    /// What it brings, 1 to 5.
    #[serde(
        deserialize_with = "some_whole",
        skip_serializing_if = "Option::is_none"
    )]
    pub impact: Option<u32>,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<NoteStatus>,
    /// Where its author is from (1.1 only); who that is stays in the room.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub municipality: String,
}

/// Something that will be done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Action {
    /// `a1`, …
    pub id: String,
    /// What.
    pub title: String,
    /// In a sentence.
    pub description: String,
    /// The ideas it comes from.
    pub idea_ids: Vec<String>,
    /// Who sees to it.
    pub owner_role: String,
    /// First day.
    pub start_date: String,
    /// Last day.
    pub deadline: String,
    /// Hours it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_estimate_hours: Option<Number>,
    /// Euros it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_estimate_euro: Option<Number>,
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ActionStatus>,
    /// What it brings.
    pub expected_effect: String,
}

/// What has lost its place on the board (1.1 only).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct LoosePieces {
    /// Current touchpoints without a phase.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub touchpoints: Vec<Touchpoint>,
    /// Desired touchpoints without a phase.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub desired_touchpoints: Vec<DesiredTouchpoint>,
    /// Quotes without a touchpoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quotes: Vec<String>,
    /// Pain points without a touchpoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pain_points: Vec<String>,
    /// Metrics without a phase.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
}

impl LoosePieces {
    /// Whether everything has its place.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What serde asks before it leaves a flag out.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A whole number or null, also where it is written as 4.0.
fn some_whole<'de, D, N>(deserializer: D) -> Result<Option<N>, D::Error>
where
    D: Deserializer<'de>,
    N: TryFrom<i64>,
{
    let number = Option::<Number>::deserialize(deserializer)?;
    number.map(|number| in_range(&number)).transpose()
}

/// A whole number, also where it is written as 4.0.
fn one_whole<'de, D, N>(deserializer: D) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: TryFrom<i64>,
{
    in_range(&Number::deserialize(deserializer)?)
}

fn in_range<N: TryFrom<i64>, E: serde::de::Error>(number: &Number) -> Result<N, E> {
    let whole = whole(number).and_then(|whole| N::try_from(whole).ok());
    whole.ok_or_else(|| E::custom(format_args!("{number} is not a whole number in range")))
}
