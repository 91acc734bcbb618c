//! The ballot as HTML, in each of its states. It is whole without a script: the script only
//! spares the round trips.

use std::collections::BTreeMap;

use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::workshop::response::Ballot;
use hartslag_protocol::workshop::round::{Round, RoundOption, RoundResult};
use maud::{DOCTYPE, Markup, html};

pub(super) use self::sheet::Sheet;
use crate::http::plain_page::head;
use crate::http::texts::Texts;

mod outcome;
mod sheet;

/// Longer texts are folded to a few lines, to open at a press.
const FOLDED_CHARACTERS: usize = 140;
/// Texts that the script needs.
const SCRIPT_TEXTS: [&str; 13] = [
    "vote.left",
    "vote.saved",
    "vote.saving",
    "vote.savedHere",
    "vote.notYet",
    "vote.noneLeft",
    "vote.atCap",
    "vote.done",
    "vote.isDone",
    "vote.isDone.help",
    "vote.changed",
    "vote.late",
    "vote.elsewhere",
];

/// The script, under the name that the web client's build gives it.
const SCRIPT: &str = "/assets/vote.js";

/// All that the page shows.
pub(super) struct Page<'a> {
    pub(super) texts: Texts,
    pub(super) room: RoomId,
    /// The visitor.
    pub(super) voter: ParticipantId,
    /// The title of the board.
    pub(super) board: &'a str,
    pub(super) state: State<'a>,
}

/// How far the vote has come, for this visitor.
pub(super) enum State<'a> {
    /// No round was opened yet.
    Waiting,
    /// A round is open, and the visitor only watches (R9), or came after it began (R13).
    Watching { round: &'a Round, came_later: bool },
    /// A round is open.
    Open(Sheet<'a>),
    /// The round is closed; these votes of the visitor's count.
    Closed {
        round: &'a Round,
        ballot: Ballot,
        late: bool,
    },
    /// Everyone sees what came out.
    Revealed {
        round: &'a Round,
        result: &'a RoundResult,
    },
}

impl Page<'_> {
    /// The whole document.
    pub(super) fn document(&self) -> Markup {
        let texts = self.texts;
        html! {
            (DOCTYPE)
            html lang=(texts.language.tag()) {
                head {
                    (head(self.heading()))
                    script type="module" src=(SCRIPT) {}
                }
                body {
                    (self.header())
                    (self.main())
                }
            }
        }
    }

    fn round(&self) -> Option<&Round> {
        match &self.state {
            State::Waiting => None,
            State::Open(sheet) => Some(sheet.round),
            State::Watching { round, .. }
            | State::Closed { round, .. }
            | State::Revealed { round, .. } => Some(round),
        }
    }

    fn heading(&self) -> &str {
        match self.round() {
            None => self.texts.of("vote.waiting.title"),
            Some(round) if round.title.trim().is_empty() => self.texts.of("vote.title"),
            Some(round) => &round.title,
        }
    }

    fn header(&self) -> Markup {
        let ideas = self.round().map(|round| {
            let n = round.options.len() as u64;
            self.texts.counted("vote.ideas", n)
        });
        html! {
            header {
                h1 { (self.heading()) }
                p.sub {
                    span { (self.board) @if let Some(ideas) = ideas { " · " (ideas) } }
                    @if let Some(badge) = self.badge() { b.badge { (badge) } }
                }
            }
        }
    }

    fn badge(&self) -> Option<&'static str> {
        let key = match self.state {
            State::Waiting => return None,
            State::Open(_) | State::Watching { .. } => "vote.badge.open",
            State::Closed { .. } => "vote.badge.closed",
            State::Revealed { .. } => "vote.badge.revealed",
        };
        Some(self.texts.of(key))
    }

    fn main(&self) -> Markup {
        let status = match self.state {
            State::Waiting => "waiting",
            State::Watching { .. } => "watching",
            State::Open(_) => "open",
            State::Closed { .. } => "closed",
            State::Revealed { .. } => "revealed",
        };
        let round = self.round().map(|round| round.id.to_string());
        html! {
            main data-room=(self.room) data-voter=(self.voter) data-status=(status) data-round=[round]
                data-texts=(self.script_texts()) {
                @match &self.state {
                    State::Waiting => (self.waiting()),
                    State::Watching { round, came_later } => (self.watching(round, *came_later)),
                    State::Open(sheet) => (self.open(sheet)),
                    State::Closed { round, ballot, late } => (self.closed(round, ballot, *late)),
                    State::Revealed { round, result } => (self.revealed(round, result)),
                }
                p.notice role="status" id="live" {}
            }
        }
    }

    fn script_texts(&self) -> String {
        let texts: BTreeMap<_, _> = SCRIPT_TEXTS
            .into_iter()
            .map(|key| (key.trim_start_matches("vote."), self.texts.of(key)))
            .collect();
        serde_json::to_string(&texts).unwrap_or_default()
    }

    fn waiting(&self) -> Markup {
        let texts = self.texts;
        html! {
            section.card {
                p.lead { (texts.of("vote.waiting.lead")) }
                p { (texts.of("vote.waiting.next")) }
                (self.ways_on(true))
            }
        }
    }

    /// Links for who has nothing to do here; without a script also one to look again.
    fn ways_on(&self, phone: bool) -> Markup {
        html! {
            p.ways {
                @if phone {
                    a.button href={ "/rooms/" (self.room) "/phone" } {
                        (self.texts.of("vote.toPhone"))
                    }
                }
                noscript {
                    a.button href={ "/rooms/" (self.room) "/vote" } {
                        (self.texts.of("vote.lookAgain"))
                    }
                }
            }
        }
    }

    fn watching(&self, round: &Round, came_later: bool) -> Markup {
        let why = if came_later {
            "vote.cameLater"
        } else {
            "vote.watching"
        };
        html! {
            section.card { p.lead { (self.texts.of(why)) } (self.ways_on(false)) }
            ul.ideas {
                @for option in &round.options { li.idea { (self.idea_text(option, None)) } }
            }
        }
    }

    /// An idea and where it hangs. With an index, a long text is named by its beginning, so that
    /// a screen reader does not read all of it with every button.
    fn idea_text(&self, option: &RoundOption, index: Option<usize>) -> Markup {
        let text = if option.text.trim().is_empty() {
            self.texts.of("vote.noText")
        } else {
            &option.text
        };
        let id = index.map(|index| format!("t{index}"));
        html! {
            div.text {
                @if text.chars().count() > FOLDED_CHARACTERS {
                    details {
                        summary {
                            h2 { (text) }
                            span.unfold aria-hidden="true" { (self.texts.of("vote.unfold")) }
                        }
                    }
                    @if id.is_some() { span hidden id=[id] { (short(text)) } }
                } @else {
                    h2 id=[id] { (text) }
                }
                @if !option.place.is_empty() { p.place { (option.place) } }
            }
        }
    }
}

/// The beginning of a text, to name an idea in a button's label.
fn short(text: &str) -> String {
    const CHARACTERS: usize = 60;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
