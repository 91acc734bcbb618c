//! An open ballot, as a form.

use std::collections::BTreeMap;

use hartslag_protocol::workshop::response::BallotFault;
use hartslag_protocol::workshop::round::{Round, RoundOption};
use maud::{Markup, html};

use super::Page;
use crate::http::vote_page::form::{FIELD_PREFIX, FormFault};

/// More dots than this do not fit beside the words; the number says it all.
const MOST_DOTS: u32 = 10;

/// An open ballot.
pub(in crate::http::vote_page) struct Sheet<'a> {
    pub(in crate::http::vote_page) round: &'a Round,
    /// In the visitor's own order, each with its place in the round.
    pub(in crate::http::vote_page) options: Vec<(usize, &'a RoundOption)>,
    /// What stands in the fields, by option.
    pub(in crate::http::vote_page) entered: BTreeMap<usize, String>,
    /// The stored revision; 0 when none.
    pub(in crate::http::vote_page) revision: u64,
    pub(in crate::http::vote_page) done: bool,
    pub(in crate::http::vote_page) faults: Vec<FormFault>,
    /// The ballot was changed on another screen in the meantime.
    pub(in crate::http::vote_page) elsewhere: bool,
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
    pub(super) fn open(&self, sheet: &Sheet) -> Markup {
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
}
