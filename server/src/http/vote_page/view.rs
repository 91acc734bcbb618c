//! The ballot as HTML, in each of its states. It is whole without a script: the script only
//! spares the round trips.

use std::collections::BTreeMap;

use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::workshop::response::{Ballot, BallotFault};
use hartslag_protocol::workshop::round::{RankedOption, Round, RoundOption, RoundResult};
use maud::{DOCTYPE, Markup, html};

use super::form::{FIELD_PREFIX, FormFault};
use crate::http::texts::Texts;

/// Longer texts are folded to a few lines, to open at a press.
const FOLDED_CHARACTERS: usize = 140;
/// Ranks that have a word of their own in the message files.
const RANK_WORDS: [&str; 10] = [
    "vote.rank.1",
    "vote.rank.2",
    "vote.rank.3",
    "vote.rank.4",
    "vote.rank.5",
    "vote.rank.6",
    "vote.rank.7",
    "vote.rank.8",
    "vote.rank.9",
    "vote.rank.10",
];
/// More dots than this do not fit beside the words; the number says it all.
const MOST_DOTS: u32 = 10;
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

/// The page's style and script, under the names that the web client's build gives them.
const STYLE: &str = "/assets/vote.css";
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
    /// A round is open, and the visitor only watches (R9).
    Watching { round: &'a Round },
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

/// An open ballot.
pub(super) struct Sheet<'a> {
    pub(super) round: &'a Round,
    /// In the visitor's own order, each with its place in the round.
    pub(super) options: Vec<(usize, &'a RoundOption)>,
    /// What stands in the fields, by option.
    pub(super) entered: BTreeMap<usize, String>,
    /// The stored revision; 0 when none.
    pub(super) revision: u64,
    pub(super) done: bool,
    pub(super) faults: Vec<FormFault>,
    /// The ballot was changed on another screen in the meantime.
    pub(super) elsewhere: bool,
}

impl Sheet<'_> {
    fn entered(&self, option: usize) -> &str {
        self.entered.get(&option).map_or("0", String::as_str)
    }

    fn used(&self) -> u64 {
        let numbers = self.entered.values().filter_map(|text| text.parse().ok());
        numbers.fold(0, u64::saturating_add)
    }

    fn left(&self) -> u64 {
        u64::from(self.round.budget).saturating_sub(self.used())
    }
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
            State::Watching { round }
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
                    State::Watching { round } => (self.watching(round)),
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

    fn watching(&self, round: &Round) -> Markup {
        html! {
            section.card { p.lead { (self.texts.of("vote.watching")) } (self.ways_on(false)) }
            ul.ideas {
                @for option in &round.options { li.idea { (self.idea_text(option, None)) } }
            }
        }
    }

    fn open(&self, sheet: &Sheet) -> Markup {
        let texts = self.texts;
        let (budget, cap) = (sheet.round.budget, sheet.round.cap);
        html! {
            p.intro {
                (texts.counted("vote.intro", u64::from(budget))) " "
                @if cap < budget { (texts.counted("vote.cap", u64::from(cap))) " " }
                (texts.of("vote.secret"))
            }
            (self.faults(sheet))
            form method="post" novalidate action={ "/rooms/" (self.room) "/vote" } data-budget=(budget)
                data-cap=(cap) data-revision=(sheet.revision) data-done=(sheet.done) {
                // The first button is the one that Enter presses.
                button.unseen name="save" value="true" tabindex="-1" aria-hidden="true" {}
                input type="hidden" name="round" value=(sheet.round.id);
                input type="hidden" name="revision" value=(sheet.revision);
                input type="hidden" name="wasDone" value=(sheet.done);
                // What the buttons are called, in parts: they name the idea and its number too.
                span hidden id="more" { (texts.of("vote.more")) }
                span hidden id="fewer" { (texts.of("vote.fewer")) }
                span hidden id="now" { (texts.of("vote.now")) }
                ul.ideas {
                    @for (index, option) in &sheet.options { (self.idea(sheet, *index, option)) }
                }
                (self.footer(sheet))
            }
        }
    }

    fn faults(&self, sheet: &Sheet) -> Markup {
        let texts = self.texts;
        let whole: Vec<_> = sheet
            .faults
            .iter()
            .filter_map(|fault| self.fault_of_all(fault))
            .collect();
        html! {
            @if sheet.elsewhere { p.fault role="alert" { (texts.of("vote.elsewhere")) } }
            @if !sheet.faults.is_empty() {
                div.fault role="alert" {
                    p { b { (texts.of("vote.notSaved")) } }
                    @for fault in &whole { p { (fault) } }
                    @if whole.len() < sheet.faults.len() { p { (texts.of("vote.seeBelow")) } }
                }
            }
        }
    }

    /// A fault of the ballot as a whole, in words.
    fn fault_of_all(&self, fault: &FormFault) -> Option<String> {
        match fault {
            FormFault::NoneLeft => Some(self.texts.of("vote.noneLeft").to_owned()),
            FormFault::Rule(BallotFault::OverBudget { used, budget }) => {
                let over = used.saturating_sub(u64::from(*budget));
                Some(self.texts.filled(
                    "vote.overBudget",
                    &[
                        ("used", &used.to_string()),
                        ("budget", &budget.to_string()),
                        ("n", &over.to_string()),
                    ],
                ))
            }
            _ => None,
        }
    }

    fn idea(&self, sheet: &Sheet, index: usize, option: &RoundOption) -> Markup {
        let entered = sheet.entered(index);
        let mine = entered.parse::<u32>().is_ok_and(|votes| votes > 0);
        let fault = self.fault_at(sheet, index, option);
        let help = fault.as_ref().map(|_| format!("e{index}"));
        let label = |verb: &str| format!("{verb} t{index} now n{index}");
        html! {
            li.idea.mine[mine] id={ "i" (index) } data-note=(option.note) {
                (self.idea_text(option, Some(index)))
                div.votes role="group" aria-labelledby={ "t" (index) } {
                    button.step name="fewer" value=(index) aria-labelledby=(label("fewer")) { "−" }
                    input type="number" name={ (FIELD_PREFIX) (index) } value=(entered)
                        min="0" max=(sheet.round.cap) inputmode="numeric" autocomplete="off"
                        aria-labelledby={ "t" (index) } aria-describedby=[help.as_deref()]
                        aria-invalid=[fault.as_ref().map(|_| "true")];
                    output hidden id={ "n" (index) } { (entered) }
                    button.step name="more" value=(index) aria-labelledby=(label("more")) { "+" }
                }
                @if let Some(fault) = fault { p.fault id=[help] { (fault) } }
            }
        }
    }

    fn fault_at(&self, sheet: &Sheet, index: usize, option: &RoundOption) -> Option<String> {
        sheet.faults.iter().find_map(|fault| match fault {
            FormFault::NotANumber { option } if *option == index => {
                Some(self.texts.of("vote.notANumber").to_owned())
            }
            FormFault::Rule(BallotFault::OverCap { note, cap }) if *note == option.note => {
                Some(self.texts.counted("vote.overCap", u64::from(*cap)))
            }
            _ => None,
        })
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

    fn footer(&self, sheet: &Sheet) -> Markup {
        let texts = self.texts;
        let (budget, left) = (sheet.round.budget, sheet.left());
        let used = u64::from(budget) - left.min(u64::from(budget));
        let saved = if !sheet.faults.is_empty() {
            "vote.notSaved"
        } else if sheet.revision > 0 {
            "vote.saved"
        } else {
            "vote.notYet"
        };
        let done = if sheet.done {
            "vote.isDone"
        } else {
            "vote.done"
        };
        html! {
            footer {
                @if budget <= MOST_DOTS {
                    span.dots aria-hidden="true" {
                        @for dot in 0..u64::from(budget) { i.dot.used[dot < used] {} }
                    }
                }
                p.budget {
                    span id="left" role="status" { (self.left(left, budget)) }
                    small id="saved" { (texts.of(saved)) }
                }
                span.ends {
                    noscript { button.save name="save" value="true" { (texts.of("vote.save")) } }
                    button.done name="done" value=(!sheet.done)
                        aria-pressed=(sheet.done) { (texts.of(done)) }
                }
            }
        }
    }

    fn left(&self, left: u64, budget: u32) -> String {
        let numbers = [("left", left.to_string()), ("budget", budget.to_string())];
        let numbers = numbers
            .each_ref()
            .map(|(name, number)| (*name, number.as_str()));
        self.texts.filled("vote.left", &numbers)
    }

    fn closed(&self, round: &Round, ballot: &Ballot, late: bool) -> Markup {
        let texts = self.texts;
        let chosen = round.options.iter().filter_map(|option| {
            let votes = ballot
                .votes
                .get(&option.note)
                .copied()
                .filter(|&votes| votes > 0)?;
            Some((option, u64::from(votes)))
        });
        html! {
            @if late { p.fault role="alert" { (texts.of("vote.late")) } }
            section.card {
                p.lead { (texts.of("vote.closed.lead")) }
                p { (texts.of("vote.closed.next")) }
                (self.ways_on(true))
            }
            @if ballot.used() == 0 {
                p.intro { (texts.of("vote.closed.none")) }
            } @else {
                h2.own { (texts.of("vote.closed.yours")) }
                ul.ideas {
                    @for (option, votes) in chosen {
                        li.idea.mine {
                            (self.idea_text(option, None))
                            b.count { (texts.counted("vote.votes", votes)) }
                        }
                    }
                }
            }
        }
    }

    fn revealed(&self, round: &Round, result: &RoundResult) -> Markup {
        let texts = self.texts;
        let most = result.ranking.first().map_or(1, |first| first.votes.max(1));
        let people = texts.counted("vote.voters", u64::from(result.voters));
        let votes = texts.counted("vote.votes", result.votes);
        html! {
            p.intro {
                b { (people) " · " (votes) } " · " (texts.of("vote.perDevice"))
            }
            ol.ranking {
                @for ranked in &result.ranking {
                    @if let Some(option) =
                        round.options.iter().find(|option| option.note == ranked.note)
                    {
                        (self.ranked(option, ranked, most))
                    }
                }
            }
            (self.ways_on(true))
        }
    }

    fn ranked(&self, option: &RoundOption, ranked: &RankedOption, most: u64) -> Markup {
        let texts = self.texts;
        let votes = texts.counted("vote.votes", ranked.votes);
        let people = texts.counted("vote.from", u64::from(ranked.voters));
        html! {
            li.idea.first[ranked.rank == 1 && ranked.votes > 0] {
                span.rank { (self.rank(ranked)) }
                (self.idea_text(option, None))
                p.score {
                    svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                        rect width=(100 * ranked.votes / most) height="8" {}
                    }
                    b { (votes) } " " @if ranked.votes > 0 { (people) }
                }
            }
        }
    }

    fn rank(&self, ranked: &RankedOption) -> String {
        let word = usize::try_from(ranked.rank)
            .ok()
            .and_then(|rank| RANK_WORDS.get(rank.checked_sub(1)?));
        let rank = match word {
            Some(key) => self.texts.of(key).to_owned(),
            None => self
                .texts
                .filled("vote.rank.other", &[("n", &ranked.rank.to_string())]),
        };
        if ranked.tied {
            self.texts.filled("vote.rank.tied", &[("rank", &rank)])
        } else {
            rank
        }
    }
}

/// What is said where there is no ballot to show.
#[derive(Clone, Copy)]
pub(super) enum Message {
    /// The address is of no room.
    NoSuchRoom,
    /// The room does not answer.
    Failed,
}

/// A page that only says something.
pub(super) fn message(texts: Texts, message: Message) -> Markup {
    let (title, lead) = match message {
        Message::NoSuchRoom => ("vote.noRoom.title", "vote.noRoom.lead"),
        Message::Failed => ("vote.failed.title", "vote.failed.lead"),
    };
    html! {
        (DOCTYPE)
        html lang=(texts.language.tag()) {
            head { (head(texts.of(title))) }
            body {
                header { h1 { (texts.of(title)) } }
                main {
                    section.card {
                        p { (texts.of(lead)) }
                        @if let Message::NoSuchRoom = message {
                            p.ways { a.button href="/join" { (texts.of("vote.join.title")) } }
                        }
                    }
                }
            }
        }
    }
}

/// What stands in the head of each page that the server makes.
pub(in crate::http) fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="robots" content="noindex";
        title { (title) " – Hartslag" }
        link rel="icon" href="/icon.svg" type="image/svg+xml";
        link rel="stylesheet" href=(STYLE);
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
