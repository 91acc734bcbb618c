//! The words that fields are restricted to, spelled as in the exchange format (B6).

use serde::{Deserialize, Serialize};

/// A closed list of words.
pub trait Word: Copy + Sized + 'static {
    /// The words as they are written, in the order of the list.
    const WORDS: &'static [&'static str];

    /// This word as it is written.
    fn word(self) -> &'static str;

    /// The word that is written so.
    fn from_word(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }

        impl Word for $name {
            const WORDS: &'static [&'static str] = &[$($word),+];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// How contact takes place.
    Channel {
        /// The municipality's website.
        Website = "website",
        /// A form on it.
        OnlineForm = "online_form",
        /// A personal page behind a login.
        Portal = "portal",
        /// An app.
        App = "app",
        /// Chat.
        Chat = "chat",
        /// Social media.
        SocialMedia = "social_media",
        /// E-mail.
        Email = "email",
        /// A text message.
        Sms = "sms",
        /// Telephone.
        Phone = "phone",
        /// A video call.
        VideoCall = "video_call",
        /// A letter on paper.
        Letter = "letter",
        /// The desk in the town hall.
        Desk = "desk",
        /// A conversation on site.
        Meeting = "meeting",
        /// A visit at home.
        HomeVisit = "home_visit",
        /// Another organisation.
        ThirdParty = "third_party",
        /// No contact: waiting is an experience too.
        None = "none",
    }
}

words! {
    /// Who begins the contact.
    Initiator {
        /// The customer.
        Customer = "customer",
        /// The municipality.
        Municipality = "municipality",
        /// Someone else.
        ThirdParty = "third_party",
    }
}

words! {
    /// Which of the two journeys a touchpoint is in.
    Layer {
        /// How it goes.
        Current = "current",
        /// How it should go.
        Desired = "desired",
    }
}

words! {
    /// What becomes of a touchpoint in the desired journey.
    Change {
        /// It stays.
        Keep = "keep",
        /// It gets better.
        Improve = "improve",
        /// It is new.
        Add = "add",
        /// It goes.
        Remove = "remove",
    }
}

words! {
    /// What a score rests on.
    Basis {
        /// Nobody asked yet.
        Assumption = "assumption",
        /// Interviews.
        Interview = "interview",
        /// Measurements.
        Data = "data",
    }
}

words! {
    /// What a sticky note says.
    NoteKind {
        /// How it could be better.
        Idea = "idea",
        /// What goes wrong.
        PainPoint = "painPoint",
        /// What somebody wants to know.
        Question = "question",
        /// What goes well.
        Compliment = "compliment",
    }
}

words! {
    /// What was decided about a note.
    NoteStatus {
        /// Nothing.
        New = "new",
        /// It will be done.
        Selected = "selected",
        /// Not at present.
        Parked = "parked",
        /// It will not be done.
        Rejected = "rejected",
    }
}

words! {
    /// How far an action is.
    ActionStatus {
        /// It has not begun.
        Planned = "planned",
        /// It is being done.
        InProgress = "in_progress",
        /// It cannot go on.
        Blocked = "blocked",
        /// It is ready.
        Done = "done",
        /// It will not be done.
        Cancelled = "cancelled",
    }
}

words! {
    /// Who the product is for.
    Audience {
        /// A resident.
        Resident = "inwoner",
        /// An entrepreneur.
        Entrepreneur = "ondernemer",
        /// An association.
        Association = "vereniging",
    }
}

words! {
    /// The language of a board's texts.
    Language {
        /// Dutch.
        Dutch = "nl",
        /// English.
        English = "en",
    }
}

words! {
    /// Where the people of a workshop are.
    WorkshopMode {
        /// Each in their own place.
        Remote = "remote",
        /// Some in one place.
        Hybrid = "hybrid",
        /// All in one place.
        OnSite = "on_site",
    }
}

words! {
    /// Unit of a phase's duration.
    DurationUnit {
        /// Minutes.
        Minutes = "minutes",
        /// Calendar days.
        Days = "days",
        /// Working days.
        WorkingDays = "working_days",
        /// Weeks.
        Weeks = "weeks",
    }
}

words! {
    /// What a metric measures.
    MetricKind {
        /// From begin to end.
        LeadTime = "lead_time",
        /// Time that a person waits.
        WaitingTime = "waiting_time",
        /// Within the term.
        OnTime = "on_time",
        /// Right at once.
        FirstTimeRight = "first_time_right",
        /// People who come back with the same question.
        RepeatContact = "repeat_contact",
        /// How many choose a channel.
        ChannelShare = "channel_share",
        /// How many finish, or give up.
        Completion = "completion",
        /// What it takes of the customer.
        Effort = "effort",
        /// How content the customer is.
        Satisfaction = "satisfaction",
        /// Net promoter score.
        Nps = "nps",
        /// Customer effort score.
        Ces = "ces",
    }
}

words! {
    /// Unit of a metric.
    MetricUnit {
        /// Of a hundred.
        Percent = "percent",
        /// Minutes.
        Minutes = "minutes",
        /// Calendar days.
        Days = "days",
        /// Working days.
        WorkingDays = "working_days",
        /// Weeks.
        Weeks = "weeks",
        /// How many.
        Count = "count",
        /// How many in each case.
        CountPerCase = "count_per_case",
        /// A mark from 1 to 10.
        Grade = "grade_1_10",
        /// A score from 1 to 5.
        Score = "score_1_5",
        /// -100 to 100.
        Nps = "nps",
    }
}

words! {
    /// On which side of a metric's baseline things are better.
    Direction {
        /// Higher is better.
        Higher = "higher",
        /// Lower is better.
        Lower = "lower",
    }
}
