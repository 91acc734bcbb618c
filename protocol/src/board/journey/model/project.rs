//! For whom a journey is made, why, and by whom.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::board::words::{Channel, WorkshopMode};

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
