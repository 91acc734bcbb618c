//! A journey as the file has it.
//!
//! Missing text is empty text, and so on: what must be there is the validation's business. Keys
//! that only drafts have are left out where they are empty. Numbers stay as they were written.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::board::words::{
    ActionStatus, Audience, Basis, Change, Channel, Direction, DurationUnit, Initiator, Language,
    MetricKind, MetricUnit, NoteKind, NoteStatus, WorkshopMode,
};

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

/// A municipality.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Municipality {
    /// Its name.
    pub name: String,
    /// Its CBS code, such as `GM0344`; none for an invented one.
    pub code: Option<String>,
}

/// A product of the Uniforme Productnamenlijst.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Product {
    /// Its name.
    pub name: String,
    /// Its address in the list.
    pub upl_uri: String,
}

/// The start document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Brief {
    /// Why this journey.
    pub reason: String,
    /// What it should bring.
    pub goal: String,
    /// Where it begins.
    pub scope_start: String,
    /// Where it ends.
    pub scope_end: String,
    /// What is left out.
    pub out_of_scope: Vec<String>,
    /// For whom.
    pub target_group: String,
    /// Who does what.
    pub roles: Roles,
    /// Questions for the interviews.
    pub questionnaire: Vec<String>,
    /// The interviews.
    pub interviews: Interviews,
}

/// Who does what in a journey project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Roles {
    /// Who asked for it.
    pub sponsor: String,
    /// Who leads it.
    pub project_lead: String,
    /// Who guides it.
    pub coach: String,
    /// Who works on it.
    pub team: Vec<String>,
}

/// The interviews with customers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Interviews {
    /// How many there should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned: Option<Number>,
    /// How many there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Number>,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
}

/// The workshop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct WorkshopPlan {
    /// The day.
    pub date: String,
    /// Where people are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<WorkshopMode>,
    /// How long it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_minutes: Option<Number>,
    /// How many people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participants: Option<Number>,
    /// Votes that each may give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes_per_participant: Option<Number>,
}

/// A customer, made up out of many.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Persona {
    /// First name.
    pub name: String,
    /// In years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<Number>,
    /// Work.
    pub occupation: String,
    /// How things are.
    pub situation: String,
    /// In the persona's own words.
    pub quote: String,
    /// What the persona wants.
    pub goals: Vec<String>,
    /// What that takes.
    pub needs: Vec<String>,
    /// What stands in the way.
    pub frustrations: Vec<String>,
    /// Channels, dearest first.
    pub preferred_channels: Vec<Channel>,
    /// From 1 (little) to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digital_skill: Option<Number>,
    /// How many interviews the persona rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub based_on_interviews: Option<Number>,
}

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
    #[serde(skip_serializing_if = "Option::is_none")]
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
    pub persona: u32,
    /// The experience, -2 to 2.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<u32>,
    /// What it takes, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<u32>,
    /// What it brings, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
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

/// How the result is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Assurance {
    /// Who sees to it.
    pub owner_role: String,
    /// In which meeting.
    pub forum: String,
    /// How often.
    pub frequency: String,
    /// When it is measured again.
    pub next_measurement: String,
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
