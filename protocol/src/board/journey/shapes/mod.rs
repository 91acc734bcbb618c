//! The shape of a journey: the Rust twin of `samples/journey.schema.json`, with what drafts add.

mod codes;

use self::codes::{
    ACTION_ID, DATE, IDEA_ID, MUNICIPALITY_CODE, PHASE_ID, SLUG, TOUCHPOINT_CODE, TOUCHPOINT_ID,
    UPL_URI,
};
use super::shape::{Key, REMARK, Shape, Stands};
use crate::board::words::{
    ActionStatus, Audience, Basis, Change, Channel, Direction, DurationUnit, Initiator, Language,
    MetricKind, MetricUnit, NoteKind, NoteStatus, Word, WorkshopMode,
};
use crate::fields::{self, Field};

/// A key of every finished journey.
const fn key(name: &'static str, shape: Shape) -> Key {
    Key {
        name,
        shape,
        stands: Stands::WhenFinished,
    }
}

/// A key of drafts.
const fn draft(name: &'static str, shape: Shape) -> Key {
    Key {
        name,
        shape,
        stands: Stands::InDrafts,
    }
}

const fn text(min: usize, max: usize, field: Field) -> Shape {
    Shape::Text { min, max, field }
}

const SHORT: Shape = text(2, 120, fields::SHORT);
const LONG: Shape = text(2, 300, fields::LONG);
const QUOTE: Shape = text(2, 140, REMARK);
const PAIN_POINT: Shape = text(2, 120, REMARK);
const SCORE_MIN: i64 = -2;
const SCORE_MAX: i64 = 2;
const SCORE: Shape = Shape::Bounded {
    min: SCORE_MIN,
    max: SCORE_MAX,
};
const SCORE_OR_NULL: Shape = Shape::BoundedOrNull {
    min: SCORE_MIN,
    max: SCORE_MAX,
};
const ONE_TO_FIVE: Shape = Shape::Bounded { min: 1, max: 5 };
const CHANNEL: Shape = Shape::Word(Channel::WORDS);

const fn texts(min: usize) -> Shape {
    Shape::List {
        of: &SHORT,
        min,
        max: usize::MAX,
    }
}

const REMARKS: Shape = Shape::List {
    of: &PAIN_POINT,
    min: 0,
    max: usize::MAX,
};

const fn at_least(min: i64) -> Shape {
    Shape::Integer { min, max: i64::MAX }
}

/// A whole journey.
pub(super) static JOURNEY: Shape = Shape::Object(&[
    Key {
        name: "schemaVersion",
        shape: text(0, usize::MAX, fields::SHORT),
        stands: Stands::Always,
    },
    draft("draft", Shape::Flag),
    key("asOf", DATE),
    key("language", Shape::Word(Language::WORDS)),
    key("fictional", Shape::True),
    key("slug", SLUG),
    key("title", SHORT),
    key("summary", LONG),
    key(
        "municipality",
        Shape::Object(&[key("name", SHORT), key("code", MUNICIPALITY_CODE)]),
    ),
    key(
        "product",
        Shape::Object(&[key("name", SHORT), key("uplUri", UPL_URI)]),
    ),
    key("lifeEvent", SHORT),
    key("audience", Shape::Word(Audience::WORDS)),
    key("brief", BRIEF),
    key(
        "workshop",
        Shape::Object(&[
            key("date", DATE),
            key("mode", Shape::Word(WorkshopMode::WORDS)),
            key("durationMinutes", at_least(30)),
            key("participants", at_least(2)),
            key("votesPerParticipant", at_least(1)),
        ]),
    ),
    key("persona", PERSONA),
    draft(
        "morePersonas",
        Shape::List {
            of: &PERSONA,
            min: 0,
            max: usize::MAX,
        },
    ),
    key(
        "phases",
        Shape::List {
            of: &PHASE,
            min: 5,
            max: 7,
        },
    ),
    key(
        "ideas",
        Shape::List {
            of: &IDEA,
            min: 6,
            max: 12,
        },
    ),
    key(
        "actions",
        Shape::List {
            of: &ACTION,
            min: 3,
            max: 6,
        },
    ),
    key(
        "assurance",
        Shape::Object(&[
            key("ownerRole", SHORT),
            key("forum", SHORT),
            key("frequency", SHORT),
            key("nextMeasurement", DATE),
        ]),
    ),
    draft("loose", LOOSE),
]);

const BRIEF: Shape = Shape::Object(&[
    key("reason", LONG),
    key("goal", LONG),
    key("scopeStart", LONG),
    key("scopeEnd", LONG),
    key("outOfScope", texts(0)),
    key("targetGroup", LONG),
    key(
        "roles",
        Shape::Object(&[
            key("sponsor", SHORT),
            key("projectLead", SHORT),
            key("coach", SHORT),
            key("team", texts(2)),
        ]),
    ),
    key(
        "questionnaire",
        Shape::List {
            of: &LONG,
            min: 3,
            max: usize::MAX,
        },
    ),
    key(
        "interviews",
        Shape::Object(&[
            key("planned", at_least(1)),
            key("held", at_least(0)),
            key("from", DATE),
            key("to", DATE),
        ]),
    ),
]);

const PERSONA: Shape = Shape::Object(&[
    key("name", SHORT),
    key("age", Shape::Integer { min: 16, max: 110 }),
    key("occupation", SHORT),
    key("situation", LONG),
    key("quote", text(2, 140, fields::LONG)),
    key("goals", texts(1)),
    key("needs", texts(1)),
    key("frustrations", texts(1)),
    key(
        "preferredChannels",
        Shape::List {
            of: &CHANNEL,
            min: 1,
            max: usize::MAX,
        },
    ),
    key("digitalSkill", Shape::Integer { min: 1, max: 5 }),
    key("basedOnInterviews", at_least(1)),
]);

const PHASE: Shape = Shape::Object(&[
    key("id", PHASE_ID),
    key("title", SHORT),
    key("customerGoal", SHORT),
    key("duration", DURATION),
    key(
        "touchpoints",
        Shape::List {
            of: &TOUCHPOINT,
            min: 2,
            max: 4,
        },
    ),
    key(
        "metrics",
        Shape::List {
            of: &METRIC,
            min: 1,
            max: usize::MAX,
        },
    ),
    key(
        "desired",
        Shape::Object(&[
            key("summary", LONG),
            key("changes", texts(1)),
            key(
                "touchpoints",
                Shape::List {
                    of: &DESIRED_TOUCHPOINT,
                    min: 1,
                    max: usize::MAX,
                },
            ),
        ]),
    ),
]);

const DURATION: Shape = Shape::Object(&[
    Key {
        name: "value",
        shape: Shape::Positive,
        stands: Stands::Always,
    },
    Key {
        name: "unit",
        shape: Shape::Word(DurationUnit::WORDS),
        stands: Stands::Always,
    },
]);

const TOUCHPOINT: Shape = Shape::Object(&[
    key("id", TOUCHPOINT_ID),
    key("title", SHORT),
    key("channel", CHANNEL),
    key("initiator", Shape::Word(Initiator::WORDS)),
    key("department", SHORT),
    key("score", SCORE),
    draft("basis", Shape::Word(Basis::WORDS)),
    draft("moreScores", MORE_SCORES),
    key("emotion", SHORT),
    key("quote", QUOTE),
    draft("moreQuotes", REMARKS),
    key("painPoints", REMARKS),
    key("momentOfTruth", Shape::Flag),
]);

const DESIRED_TOUCHPOINT: Shape = Shape::Object(&[
    draft("id", text(2, 120, Field::Id)),
    key("ref", Shape::CodeOrNull(TOUCHPOINT_CODE)),
    key("title", SHORT),
    key("channel", CHANNEL),
    key("score", SCORE_OR_NULL),
    key("change", Shape::Word(Change::WORDS)),
    draft("basis", Shape::Word(Basis::WORDS)),
    draft("moreScores", MORE_SCORES),
    draft("initiator", Shape::Word(Initiator::WORDS)),
    draft("department", SHORT),
    draft("emotion", SHORT),
    draft("quotes", REMARKS),
    draft("painPoints", REMARKS),
    draft("momentOfTruth", Shape::Flag),
]);

const MORE_SCORES: Shape = Shape::List {
    of: &Shape::Object(&[
        Key {
            name: "persona",
            shape: Shape::Bounded { min: 2, max: 1_000 },
            stands: Stands::Always,
        },
        Key {
            name: "score",
            shape: SCORE,
            stands: Stands::Always,
        },
        Key {
            name: "basis",
            shape: Shape::Word(Basis::WORDS),
            stands: Stands::Always,
        },
    ]),
    min: 0,
    max: usize::MAX,
};

const METRIC: Shape = Shape::Object(&[
    key("name", SHORT),
    key("kind", Shape::Word(MetricKind::WORDS)),
    key("unit", Shape::Word(MetricUnit::WORDS)),
    key("baseline", Shape::Number),
    key("target", Shape::Number),
    key("direction", Shape::Word(Direction::WORDS)),
    key("source", SHORT),
]);

const IDEA: Shape = Shape::Object(&[
    key("id", IDEA_ID),
    draft("kind", Shape::Word(NoteKind::WORDS)),
    key("text", text(3, 140, REMARK)),
    key("theme", SHORT),
    key("phaseId", PHASE_ID),
    key("touchpointId", TOUCHPOINT_ID),
    key(
        "votes",
        Shape::Bounded {
            min: 0,
            max: u32::MAX as i64,
        },
    ),
    key("effort", ONE_TO_FIVE),
    key("impact", ONE_TO_FIVE),
    key("status", Shape::Word(NoteStatus::WORDS)),
    draft("municipality", SHORT),
]);

const ACTION: Shape = Shape::Object(&[
    key("id", ACTION_ID),
    key("title", SHORT),
    key("description", LONG),
    key(
        "ideaIds",
        Shape::List {
            of: &IDEA_ID,
            min: 1,
            max: usize::MAX,
        },
    ),
    key("ownerRole", SHORT),
    key("startDate", DATE),
    key("deadline", DATE),
    key("timeEstimateHours", at_least(0)),
    key("costEstimateEuro", at_least(0)),
    key("status", Shape::Word(ActionStatus::WORDS)),
    key("expectedEffect", LONG),
]);

const LOOSE: Shape = Shape::Object(&[
    draft(
        "touchpoints",
        Shape::List {
            of: &TOUCHPOINT,
            min: 0,
            max: usize::MAX,
        },
    ),
    draft(
        "desiredTouchpoints",
        Shape::List {
            of: &DESIRED_TOUCHPOINT,
            min: 0,
            max: usize::MAX,
        },
    ),
    draft("quotes", REMARKS),
    draft("painPoints", REMARKS),
    draft(
        "metrics",
        Shape::List {
            of: &METRIC,
            min: 0,
            max: usize::MAX,
        },
    ),
]);
