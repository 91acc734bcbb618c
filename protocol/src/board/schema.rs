//! The names in a board document: the one place where roots and keys are spelled.

/// Version of the board document that this code writes.
pub const SCHEMA_VERSION: u32 = 1;

/// Root types: each a map by name in the document.
pub mod roots {
    /// What the board is about; flat.
    pub const BOARD: &str = "board";
    /// The start document; flat.
    pub const BRIEF: &str = "brief";
    /// For whom the journey is.
    pub const PERSONAS: &str = "personas";
    /// The columns.
    pub const PHASES: &str = "phases";
    /// Moments of contact or waiting, of both layers.
    pub const TOUCHPOINTS: &str = "touchpoints";
    /// Experience at a touchpoint, by `{touchpoint}:{persona}`.
    pub const SCORES: &str = "scores";
    /// What people said.
    pub const QUOTES: &str = "quotes";
    /// What goes wrong.
    pub const PAIN_POINTS: &str = "painPoints";
    /// Sticky notes.
    pub const NOTES: &str = "notes";
    /// Groups of notes; reserved.
    pub const GROUPS: &str = "groups";
    /// The improvement plan.
    pub const ACTIONS: &str = "actions";
    /// What is measured, per phase.
    pub const METRICS: &str = "metrics";
    /// Versions for an audience; reserved.
    pub const VERSIONS: &str = "versions";

    /// Every root.
    pub const ALL: [&str; 13] = [
        BOARD,
        BRIEF,
        PERSONAS,
        PHASES,
        TOUCHPOINTS,
        SCORES,
        QUOTES,
        PAIN_POINTS,
        NOTES,
        GROUPS,
        ACTIONS,
        METRICS,
        VERSIONS,
    ];
}

macro_rules! keys {
    ($($name:ident = $key:literal),+ $(,)?) => {
        /// Keys of the maps in the roots. One that several maps have means the same in each.
        pub mod keys {
            $(
                #[doc = concat!("`", $key, "`")]
                pub const $name: &str = $key;
            )+

            /// Every key.
            pub const ALL: &[&str] = &[$($name),+];
        }
    };
}

keys! {
    AGE = "age",
    AS_OF = "asOf",
    ASSURANCE = "assurance",
    AUDIENCE = "audience",
    AUTHOR = "author",
    BASED_ON_INTERVIEWS = "basedOnInterviews",
    BASELINE = "baseline",
    BASIS = "basis",
    CHANGE = "change",
    CHANNEL = "channel",
    COACH = "coach",
    CODE = "code",
    COST_ESTIMATE_EURO = "costEstimateEuro",
    CREATED_AT = "createdAt",
    CUSTOMER_GOAL = "customerGoal",
    DATE = "date",
    DEADLINE = "deadline",
    DEPARTMENT = "department",
    DESCRIPTION = "description",
    DESIRED_CHANGES = "desiredChanges",
    DESIRED_SUMMARY = "desiredSummary",
    DIGITAL_SKILL = "digitalSkill",
    DIRECTION = "direction",
    DURATION = "duration",
    DURATION_MINUTES = "durationMinutes",
    EFFORT = "effort",
    EMOTION = "emotion",
    EXPECTED_EFFECT = "expectedEffect",
    FICTIONAL = "fictional",
    FORUM = "forum",
    FREQUENCY = "frequency",
    FROM = "from",
    FRUSTRATIONS = "frustrations",
    GOAL = "goal",
    GOALS = "goals",
    HELD = "held",
    IMPACT = "impact",
    INITIATOR = "initiator",
    INTERVIEWS = "interviews",
    KIND = "kind",
    LANGUAGE = "language",
    LAYER = "layer",
    LIFE_EVENT = "lifeEvent",
    MODE = "mode",
    MOMENT_OF_TRUTH = "momentOfTruth",
    MUNICIPALITY = "municipality",
    MUNICIPALITY_CODE = "municipalityCode",
    NAME = "name",
    NEEDS = "needs",
    NEXT_MEASUREMENT = "nextMeasurement",
    NOTES = "notes",
    OCCUPATION = "occupation",
    ORDER = "order",
    ORIGIN = "origin",
    OUT_OF_SCOPE = "outOfScope",
    OWNER_ROLE = "ownerRole",
    PARTICIPANTS = "participants",
    PERSONA = "persona",
    PHASE = "phase",
    PLANNED = "planned",
    PREFERRED_CHANNELS = "preferredChannels",
    PRODUCT_NAME = "productName",
    PRODUCT_URI = "productUri",
    PROJECT_LEAD = "projectLead",
    QUESTIONNAIRE = "questionnaire",
    QUOTE = "quote",
    REASON = "reason",
    ROLES = "roles",
    SCHEMA = "schema",
    SCOPE_END = "scopeEnd",
    SCOPE_START = "scopeStart",
    SITUATION = "situation",
    SLUG = "slug",
    SOURCE = "source",
    SPONSOR = "sponsor",
    START_DATE = "startDate",
    STATUS = "status",
    SUMMARY = "summary",
    TARGET = "target",
    TARGET_GROUP = "targetGroup",
    TEAM = "team",
    TEXT = "text",
    THEME = "theme",
    TIME_ESTIMATE_HOURS = "timeEstimateHours",
    TITLE = "title",
    TO = "to",
    TOUCHPOINT = "touchpoint",
    UNIT = "unit",
    VALUE = "value",
    VOTES = "votes",
    VOTES_PER_PARTICIPANT = "votesPerParticipant",
    WORKSHOP = "workshop",
}

/// What stands between touchpoint and persona in the key of a score.
pub const SCORE_SEPARATOR: char = ':';

/// The key of a score: of which touchpoint, for which persona.
pub fn score_key(touchpoint: &str, persona: &str) -> String {
    format!("{touchpoint}{SCORE_SEPARATOR}{persona}")
}
