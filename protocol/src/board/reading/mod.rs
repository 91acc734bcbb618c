//! A document as a typed board. Reading never fails: what is malformed is skipped or taken as
//! empty, and what refers to something that is gone has lost its place, not its text.

mod collecting;
mod finding;

use std::collections::BTreeMap;

use serde_json::Number;
use yrs::updates::decoder::Decode;
use yrs::{Doc, ReadTxn, Transact, Update};

pub use super::journey::{Assurance, Brief, Duration, Interviews, Roles, WorkshopPlan};
use super::words::{
    ActionStatus, Audience, Basis, Change, Channel, Direction, Initiator, Language, Layer,
    MetricKind, MetricUnit, NoteKind, NoteStatus,
};
pub use finding::{Counts, NotePlace};

/// Everything on a board, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// What the board is about.
    pub about: About,
    /// The start document.
    pub brief: Brief,
    /// For whom the journey is.
    pub personas: Vec<Persona>,
    /// The columns.
    pub phases: Vec<Phase>,
    /// Every note of every kind, in order over the whole board.
    pub notes: Vec<Note>,
    /// The improvement plan.
    pub actions: Vec<Action>,
    /// What has lost its place.
    pub loose: Loose,
}

/// What a board is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// "Ik wil …".
    pub title: String,
    /// In two sentences.
    pub summary: String,
    /// Whose journey it is.
    pub municipality: String,
    /// Its CBS code.
    pub municipality_code: Option<String>,
    /// The product of the municipality.
    pub product_name: String,
    /// Its address in the Uniforme Productnamenlijst.
    pub product_uri: String,
    /// The event in the customer's life.
    pub life_event: String,
    /// Who the product is for.
    pub audience: Option<Audience>,
    /// Language of the texts.
    pub language: Option<Language>,
    /// Short name for addresses and files.
    pub slug: String,
    /// The day that the statuses describe.
    pub as_of: String,
    /// Whether people and places are invented.
    pub fictional: bool,
    /// The workshop in which ideas were made.
    pub workshop: Option<WorkshopPlan>,
    /// How the result is kept.
    pub assurance: Option<Assurance>,
}

/// A customer, made up out of many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Persona {
    /// Id on the board.
    pub id: String,
    /// Who it is.
    pub about: super::journey::Persona,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Phase {
    /// Id on the board.
    pub id: String,
    /// Id in the exchange format, where it came from there.
    pub code: Option<String>,
    /// Its name.
    pub title: String,
    /// What the customer wants here.
    pub customer_goal: String,
    /// How long it takes.
    pub duration: Option<Duration>,
    /// How it goes.
    pub current: Vec<Touchpoint>,
    /// How it should go.
    pub desired: Vec<Touchpoint>,
    /// How it should go, in a sentence.
    pub desired_summary: String,
    /// What changes.
    pub desired_changes: Vec<String>,
    /// What is measured.
    pub metrics: Vec<Metric>,
}

/// A moment of contact, or of waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touchpoint {
    /// Id on the board.
    pub id: String,
    /// Id in the exchange format, where it came from there.
    pub code: Option<String>,
    /// The current touchpoint that a desired one comes from (B1).
    pub origin: Option<String>,
    /// What happens.
    pub title: String,
    /// Through what.
    pub channel: Option<Channel>,
    /// Who begins.
    pub initiator: Option<Initiator>,
    /// The team behind it.
    pub department: String,
    /// One word.
    pub emotion: String,
    /// Whether the journey stands or falls here.
    pub moment_of_truth: bool,
    /// What becomes of it (desired only).
    pub change: Option<Change>,
    /// The experience of each persona, by id; no entry means unknown.
    pub scores: BTreeMap<String, Score>,
    /// What people said.
    pub quotes: Vec<Text>,
    /// What goes wrong.
    pub pain_points: Vec<Text>,
}

/// An experience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// From -2 to 2.
    pub value: i8,
    /// What it rests on.
    pub basis: Basis,
}

/// A text with an id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Id on the board.
    pub id: String,
    /// What it says.
    pub text: String,
}

/// Something that is measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metric {
    /// Id on the board.
    pub id: String,
    /// What.
    pub name: String,
    /// Of what kind.
    pub kind: Option<MetricKind>,
    /// In what.
    pub unit: Option<MetricUnit>,
    /// How it was.
    pub baseline: Option<Number>,
    /// How it should be.
    pub target: Option<Number>,
    /// On which side of the baseline that is.
    pub direction: Option<Direction>,
    /// Where the figure comes from.
    pub source: String,
}

/// A sticky note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Id on the board.
    pub id: String,
    /// Id in the exchange format, where it came from there.
    pub code: Option<String>,
    /// What it says.
    pub kind: NoteKind,
    /// Its text.
    pub text: String,
    /// The phase it hangs in.
    pub phase: Option<String>,
    /// The touchpoint it hangs on.
    pub touchpoint: Option<String>,
    /// Who wrote it: the id of a participant. Not for exports.
    pub author: Option<String>,
    /// Where the author is from.
    pub municipality: String,
    /// When, in milliseconds since 1970; 0 where unknown.
    pub created_at: i64,
    /// One or two words.
    pub theme: String,
    /// What it takes, 1 to 5.
    pub effort: Option<u32>,
    /// What it brings, 1 to 5.
    pub impact: Option<u32>,
    /// What was decided.
    pub status: Option<NoteStatus>,
    /// Votes it got in an imported round.
    pub votes: Option<u32>,
}

/// Something that will be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Action {
    /// Id on the board.
    pub id: String,
    /// Id in the exchange format, where it came from there.
    pub code: Option<String>,
    /// What.
    pub title: String,
    /// In a sentence.
    pub description: String,
    /// Ids of the notes it comes from.
    pub notes: Vec<String>,
    /// Who sees to it.
    pub owner_role: String,
    /// First day.
    pub start_date: String,
    /// Last day.
    pub deadline: String,
    /// Hours it takes.
    pub time_estimate_hours: Option<Number>,
    /// Euros it takes.
    pub cost_estimate_euro: Option<Number>,
    /// How far it is.
    pub status: Option<ActionStatus>,
    /// What it brings.
    pub expected_effect: String,
}

/// What has lost its place: the thing it hung on is gone (B2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loose {
    /// Current touchpoints without a phase.
    pub current: Vec<Touchpoint>,
    /// Desired touchpoints without a phase.
    pub desired: Vec<Touchpoint>,
    /// Quotes without a touchpoint.
    pub quotes: Vec<Text>,
    /// Pain points without a touchpoint.
    pub pain_points: Vec<Text>,
    /// Metrics without a phase.
    pub metrics: Vec<Metric>,
}

/// The bytes are no update of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no update of a board")]
pub struct UnreadableUpdate;

impl Board {
    /// The board that a document holds. Takes a read transaction of the document, so the caller
    /// must not hold one that writes.
    pub fn read(doc: &Doc) -> Self {
        Self::read_in(&doc.transact())
    }

    /// The board that one update holds, as [`super::writing::whole_update`] makes it.
    ///
    /// # Errors
    /// When it is no update, or builds on something that it does not hold.
    pub fn from_update(update: &[u8]) -> Result<Self, UnreadableUpdate> {
        let doc = super::writing::fresh_document();
        let update = Update::decode_v1(update).map_err(|_malformed| UnreadableUpdate)?;
        doc.transact_mut()
            .apply_update(update)
            .map_err(|_malformed| UnreadableUpdate)?;
        Ok(Self::read(&doc))
    }

    /// The board that a document holds, seen in a transaction.
    pub fn read_in<T: ReadTxn>(txn: &T) -> Self {
        collecting::board(txn)
    }
}

impl Phase {
    /// Its touchpoints in one layer, in order.
    pub fn touchpoints(&self, layer: Layer) -> &[Touchpoint] {
        match layer {
            Layer::Current => &self.current,
            Layer::Desired => &self.desired,
        }
    }
}
