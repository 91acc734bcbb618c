//! The fields of a board, and what each may hold at most: one table by root and key.
//!
//! The gate weighs by it what clients write, files are measured by it, and the web client's
//! writers are tested against it. It bounds how much stands in a field, not what it means:
//! a reader passes over what it does not understand, and words of later versions come through.

use crate::board::schema::{keys, roots};
use crate::limits::{
    BOARD_ITEMS, BOARD_PERSONAS, FIELD_VALUES, ID_BYTES, KEY_BYTES, LIST_ITEMS, LONG_TEXT_UNITS,
    ORDER_KEY_BYTES, SHARED_TEXT_UNITS, SHORT_TEXT_UNITS, WORD_BYTES,
};

/// What kind of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Something with an id, in the root of that number.
    Thing(u8),
    /// An order key (B3).
    Order,
    /// The id of something, or of a person.
    Id,
    /// A word of a list.
    Word,
    /// True or false.
    Flag,
    /// A number, whole or not.
    Number,
    /// A whole number in a range.
    Whole {
        /// The smallest.
        min: i8,
        /// The largest.
        max: u32,
    },
    /// A text of so many UTF-16 units, plain or written together.
    Text(u16),
    /// A list of ids or words.
    Words,
    /// A list of texts of so many UTF-16 units.
    Texts(u16),
    /// An object.
    Object,
    /// What no table names: of a later version, or nested in an object.
    Other,
}

/// The longest text in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Longest {
    /// In bytes.
    Bytes(usize),
    /// In bytes, of visible ASCII: those of an order key are fewer, but any Yjs client may have
    /// ideas of its own.
    Visible(usize),
    /// In UTF-16 units.
    Units(u32),
}

/// A title, a name, and the like.
pub(crate) const SHORT: Field = Field::Text(units(SHORT_TEXT_UNITS));
/// A summary, a description, and the like.
pub(crate) const LONG: Field = Field::Text(units(LONG_TEXT_UNITS));
/// A text that people write together.
pub(crate) const SHARED: Field = Field::Text(units(SHARED_TEXT_UNITS));
const SHORT_TEXTS: Field = Field::Texts(units(SHORT_TEXT_UNITS));
const LONG_TEXTS: Field = Field::Texts(units(LONG_TEXT_UNITS));
/// The largest number in a field: up to here a float holds every whole number.
pub(crate) const LARGEST_NUMBER: f64 = 9_007_199_254_740_991.0;
/// An experience.
pub(crate) const SCORE: Field = Field::Whole { min: -2, max: 2 };
/// An estimate.
pub(crate) const ONE_TO_FIVE: Field = Field::Whole { min: 1, max: 5 };
/// A count.
pub(crate) const COUNT: Field = Field::Whole {
    min: 0,
    max: u32::MAX,
};

/// The fields of a root.
#[derive(Clone, Copy, Debug)]
enum Root {
    /// The root has the fields itself.
    Flat(&'static [(&'static str, Field)]),
    /// Each thing in the root has them.
    Things(&'static [(&'static str, Field)]),
}

/// Every root with its fields, in the order of [`crate::gate::ROOTS`].
const TABLE: [(&str, Root); 13] = [
    (roots::BOARD, Root::Flat(BOARD)),
    (roots::BRIEF, Root::Flat(BRIEF)),
    (roots::PERSONAS, Root::Things(PERSONA)),
    (roots::PHASES, Root::Things(PHASE)),
    (roots::TOUCHPOINTS, Root::Things(TOUCHPOINT)),
    (roots::SCORES, Root::Things(SCORES)),
    (roots::QUOTES, Root::Things(REMARK)),
    (roots::PAIN_POINTS, Root::Things(REMARK)),
    (roots::NOTES, Root::Things(NOTE)),
    (roots::GROUPS, Root::Things(GROUP)),
    (roots::ACTIONS, Root::Things(ACTION)),
    (roots::METRICS, Root::Things(METRIC)),
    (roots::VERSIONS, Root::Things(&[])),
];

const BOARD: &[(&str, Field)] = &[
    (keys::SCHEMA, COUNT),
    (keys::TITLE, SHORT),
    (keys::SUMMARY, LONG),
    (keys::MUNICIPALITY, SHORT),
    (keys::MUNICIPALITY_CODE, Field::Id),
    (keys::PRODUCT_NAME, SHORT),
    (keys::PRODUCT_URI, SHORT),
    (keys::LIFE_EVENT, SHORT),
    (keys::AUDIENCE, Field::Word),
    (keys::LANGUAGE, Field::Word),
    (keys::SLUG, SHORT),
    (keys::AS_OF, Field::Id),
    (keys::FICTIONAL, Field::Flag),
    (keys::WORKSHOP, Field::Object),
    (keys::ASSURANCE, Field::Object),
];

const BRIEF: &[(&str, Field)] = &[
    (keys::REASON, LONG),
    (keys::GOAL, LONG),
    (keys::SCOPE_START, LONG),
    (keys::SCOPE_END, LONG),
    (keys::OUT_OF_SCOPE, SHORT_TEXTS),
    (keys::TARGET_GROUP, LONG),
    (keys::ROLES, Field::Object),
    (keys::QUESTIONNAIRE, LONG_TEXTS),
    (keys::INTERVIEWS, Field::Object),
];

const PERSONA: &[(&str, Field)] = &[
    (keys::ORDER, Field::Order),
    (keys::NAME, SHORT),
    (keys::AGE, Field::Number),
    (keys::OCCUPATION, SHORT),
    (keys::SITUATION, LONG),
    (keys::QUOTE, LONG),
    (keys::GOALS, SHORT_TEXTS),
    (keys::NEEDS, SHORT_TEXTS),
    (keys::FRUSTRATIONS, SHORT_TEXTS),
    (keys::PREFERRED_CHANNELS, Field::Words),
    (keys::DIGITAL_SKILL, Field::Number),
    (keys::BASED_ON_INTERVIEWS, Field::Number),
];

const PHASE: &[(&str, Field)] = &[
    (keys::ORDER, Field::Order),
    (keys::CODE, Field::Id),
    (keys::TITLE, SHORT),
    (keys::CUSTOMER_GOAL, SHORT),
    (keys::DURATION, Field::Object),
    (keys::DESIRED_SUMMARY, LONG),
    (keys::DESIRED_CHANGES, SHORT_TEXTS),
];

const TOUCHPOINT: &[(&str, Field)] = &[
    (keys::PHASE, Field::Id),
    (keys::ORDER, Field::Order),
    (keys::CODE, Field::Id),
    (keys::LAYER, Field::Word),
    (keys::ORIGIN, Field::Id),
    (keys::TITLE, SHORT),
    (keys::CHANNEL, Field::Word),
    (keys::INITIATOR, Field::Word),
    (keys::DEPARTMENT, SHORT),
    (keys::EMOTION, SHORT),
    (keys::MOMENT_OF_TRUTH, Field::Flag),
    (keys::CHANGE, Field::Word),
];

const SCORES: &[(&str, Field)] = &[
    (keys::TOUCHPOINT, Field::Id),
    (keys::PERSONA, Field::Id),
    (keys::VALUE, SCORE),
    (keys::BASIS, Field::Word),
];

const REMARK: &[(&str, Field)] = &[
    (keys::TOUCHPOINT, Field::Id),
    (keys::ORDER, Field::Order),
    (keys::TEXT, SHARED),
];

const NOTE: &[(&str, Field)] = &[
    (keys::TEXT, SHARED),
    (keys::ORDER, Field::Order),
    (keys::PHASE, Field::Id),
    (keys::TOUCHPOINT, Field::Id),
    (keys::KIND, Field::Word),
    (keys::AUTHOR, Field::Id),
    (keys::MUNICIPALITY, SHORT),
    (keys::CREATED_AT, Field::Number),
    (keys::STATUS, Field::Word),
    (keys::CODE, Field::Id),
    (keys::THEME, SHORT),
    (keys::EFFORT, ONE_TO_FIVE),
    (keys::IMPACT, ONE_TO_FIVE),
    (keys::VOTES, COUNT),
];

const GROUP: &[(&str, Field)] = &[(keys::TITLE, SHORT), (keys::ORDER, Field::Order)];

const ACTION: &[(&str, Field)] = &[
    (keys::ORDER, Field::Order),
    (keys::CODE, Field::Id),
    (keys::TITLE, SHORT),
    (keys::DESCRIPTION, LONG),
    (keys::NOTES, Field::Words),
    (keys::OWNER_ROLE, SHORT),
    (keys::START_DATE, Field::Id),
    (keys::DEADLINE, Field::Id),
    (keys::TIME_ESTIMATE_HOURS, Field::Number),
    (keys::COST_ESTIMATE_EURO, Field::Number),
    (keys::STATUS, Field::Word),
    (keys::EXPECTED_EFFECT, LONG),
];

const METRIC: &[(&str, Field)] = &[
    (keys::PHASE, Field::Id),
    (keys::ORDER, Field::Order),
    (keys::NAME, SHORT),
    (keys::KIND, Field::Word),
    (keys::UNIT, Field::Word),
    (keys::BASELINE, Field::Number),
    (keys::TARGET, Field::Number),
    (keys::DIRECTION, Field::Word),
    (keys::SOURCE, SHORT),
];

impl Field {
    /// What stands under a key of the root with this number.
    pub fn in_root(root: usize, key: &str) -> Self {
        match TABLE.get(root) {
            Some((_, Root::Flat(fields))) => named(fields, key),
            Some((_, Root::Things(_))) => u8::try_from(root).map_or(Self::Other, Self::Thing),
            None => Self::Other,
        }
    }

    /// What stands under a key of what stands in this field.
    #[must_use]
    pub fn under(self, key: &str) -> Self {
        let Self::Thing(root) = self else {
            return Self::Other;
        };
        match TABLE.get(usize::from(root)) {
            Some((_, Root::Things(fields))) => named(fields, key),
            _ => Self::Other,
        }
    }

    /// What each item of a list or an object in this field is; none where neither stands.
    pub fn item(self) -> Option<Self> {
        match self {
            Self::Words => Some(Self::Id),
            Self::Texts(units) => Some(Self::Text(units)),
            Self::Object => Some(Self::Object),
            Self::Other | Self::Thing(_) => Some(Self::Other),
            _ => None,
        }
    }

    /// How many plain values it holds, nested ones counted.
    pub fn values(self) -> u32 {
        match self {
            Self::Words | Self::Texts(_) => LIST_ITEMS + 1,
            Self::Object | Self::Other | Self::Thing(_) => FIELD_VALUES,
            _ => 1,
        }
    }

    /// The longest text in it.
    pub fn longest(self) -> Longest {
        match self {
            Self::Order => Longest::Visible(ORDER_KEY_BYTES),
            Self::Word => Longest::Bytes(WORD_BYTES),
            Self::Text(units) | Self::Texts(units) => Longest::Units(units.into()),
            Self::Object | Self::Other | Self::Thing(_) => Longest::Units(LONG_TEXT_UNITS),
            Self::Id | Self::Words | Self::Flag | Self::Number | Self::Whole { .. } => {
                Longest::Bytes(ID_BYTES)
            }
        }
    }

    /// The longest key of a thing of this kind, in bytes.
    pub fn key_bytes(self) -> usize {
        match self {
            // Two ids with a colon between them.
            Self::Thing(root) if TABLE[usize::from(root)].0 == roots::SCORES => KEY_BYTES,
            _ => ID_BYTES,
        }
    }
}

impl Longest {
    /// How many UTF-16 units that is at most.
    pub fn units(self) -> u32 {
        match self {
            Self::Bytes(bytes) | Self::Visible(bytes) => u32::try_from(bytes).unwrap_or(u32::MAX),
            Self::Units(units) => units,
        }
    }

    /// Whether a text is within.
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::Bytes(bytes) => text.len() <= bytes,
            Self::Visible(bytes) => {
                text.len() <= bytes && text.bytes().all(|it| it.is_ascii_graphic())
            }
            // No text has more units than bytes, so most need no counting.
            Self::Units(units) => {
                let most = units as usize;
                text.len() <= most || text.encode_utf16().count() <= most
            }
        }
    }
}

/// How many things the root with this number holds.
pub fn most_things(root: u8) -> usize {
    match TABLE.get(usize::from(root)) {
        Some(&(roots::PERSONAS, _)) => BOARD_PERSONAS,
        _ => BOARD_ITEMS,
    }
}

fn named(fields: &[(&str, Field)], key: &str) -> Field {
    let known = fields.iter().find(|(name, _)| *name == key);
    known.map_or(Field::Other, |&(_, field)| field)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a limit, known when this compiles"
)]
const fn units(limit: u32) -> u16 {
    assert!(
        limit <= u16::MAX as u32,
        "a text is longer than its field can say"
    );
    limit as u16
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::board::golden;
    use crate::gate::ROOTS;

    #[test]
    fn b8_the_table_has_every_root_in_the_order_of_the_gate() {
        assert_eq!(TABLE.map(|(root, _)| root), ROOTS);
        assert_eq!(ROOTS, roots::ALL);
    }

    /// The web client's tests hold its writers to it.
    #[test]
    fn b8_the_golden_fields_are_up_to_date() {
        let told = |fields: &[(&str, Field)]| -> Map<String, Value> {
            let fields = fields.iter().map(|&(key, field)| {
                let longest = field.longest().units();
                let told = json!({"longest": longest, "values": field.values()});
                (key.to_owned(), told)
            });
            fields.collect()
        };
        let roots: Map<_, _> = TABLE
            .iter()
            .map(|&(name, root)| {
                let told = match root {
                    Root::Flat(fields) => json!({"isFlat": true, "fields": told(fields)}),
                    Root::Things(fields) => json!({"isFlat": false, "fields": told(fields)}),
                };
                (name.to_owned(), told)
            })
            .collect();

        golden::check("fields.json", &json!({"idBytes": ID_BYTES, "roots": roots}));
    }
}
