//! What a ballot sent as a plain form says.

use std::collections::BTreeMap;

use hartslag_protocol::ids::RoundId;
use hartslag_protocol::workshop::response::{Ballot, BallotFault};
use hartslag_protocol::workshop::round::Round;

/// Before an option's number in the name of its field. Options are told by their place in the
/// round: an id of 36 characters, three times per idea, would weigh as much as all else.
pub(super) const FIELD_PREFIX: &str = "v";

/// A ballot as it was filled in, readable or not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// The round it was filled in for.
    pub(super) round: Option<RoundId>,
    /// The revision that the form was made from.
    pub(super) revision: u64,
    /// What stood in the number fields, by option.
    pub(super) entered: BTreeMap<usize, String>,
    /// The person was done when the form was made.
    pub(super) was_done: bool,
    /// The button that was pressed.
    press: Press,
}

/// The buttons of the form.
#[derive(Debug, Default, PartialEq, Eq)]
enum Press {
    #[default]
    Save,
    Done(bool),
    More(usize),
    Fewer(usize),
}

/// What is wrong with a ballot, for the person who filled it in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FormFault {
    /// A field does not hold a number of votes.
    NotANumber {
        /// The option of the field.
        option: usize,
    },
    /// One vote more was asked for, and all were given.
    NoneLeft,
    /// The ballot breaks a rule of the round.
    Rule(BallotFault),
}

impl Form {
    /// Reads the fields; what is unknown is skipped.
    pub(super) fn read(fields: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "round" => form.round = value.parse().ok(),
                "revision" => form.revision = value.parse().unwrap_or_default(),
                "wasDone" => form.was_done = value == "true",
                "done" => form.press = Press::Done(value == "true"),
                "more" => form.press = value.parse().map_or(Press::Save, Press::More),
                "fewer" => form.press = value.parse().map_or(Press::Save, Press::Fewer),
                _ => {
                    let option = name.strip_prefix(FIELD_PREFIX).map(str::parse);
                    if let Some(Ok(option)) = option {
                        form.entered.insert(option, value);
                    }
                }
            }
        }
        form
    }

    /// The option whose button was pressed: where the person was on the page.
    pub(super) fn pressed_option(&self) -> Option<usize> {
        match self.press {
            Press::More(option) | Press::Fewer(option) => Some(option),
            Press::Save | Press::Done(_) => None,
        }
    }

    /// The ballot that the form asks for. Fields that are none of the round's are skipped.
    ///
    /// # Errors
    /// Every fault.
    pub(super) fn ballot(&self, round: &Round) -> Result<Ballot, Vec<FormFault>> {
        let mut faults = Vec::new();
        let mut votes = BTreeMap::new();
        for (index, option) in round.options.iter().enumerate() {
            let entered = self.entered.get(&index).map_or("", String::as_str);
            match number(entered) {
                Some(number) => {
                    votes.insert(option.note.clone(), self.pressed(index, number));
                }
                None => faults.push(FormFault::NotANumber { option: index }),
            }
        }
        let done = match self.press {
            Press::Done(done) => done,
            _ => self.was_done,
        };
        let checked = (Ballot { votes, done }).checked(round);
        match checked {
            Ok(ballot) if faults.is_empty() => Ok(ballot),
            Ok(_) => Err(faults),
            Err(rules) => {
                faults.extend(rules.into_iter().map(|rule| self.in_its_words(rule)));
                Err(faults)
            }
        }
    }

    /// A person who pressed a button thinks of one vote, not of the sum.
    fn in_its_words(&self, rule: BallotFault) -> FormFault {
        match (&self.press, &rule) {
            (Press::More(_), BallotFault::OverBudget { used, budget })
                if *used == u64::from(*budget) + 1 =>
            {
                FormFault::NoneLeft
            }
            _ => FormFault::Rule(rule),
        }
    }

    /// The number of an option after the button that was pressed.
    fn pressed(&self, option: usize, votes: u32) -> u32 {
        match self.press {
            Press::More(pressed) if pressed == option => votes.saturating_add(1),
            Press::Fewer(pressed) if pressed == option => votes.saturating_sub(1),
            _ => votes,
        }
    }
}

/// The number in a field; an empty field is none.
fn number(entered: &str) -> Option<u32> {
    match entered.trim() {
        "" => Some(0),
        digits => digits.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::round_of;
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        Form::read(fields.iter().map(owned).collect())
    }

    fn votes(form: &Form) -> Vec<(String, u32)> {
        let round = round_of(&["a", "b"], 3, 2);
        form.ballot(&round).unwrap().votes.into_iter().collect()
    }

    #[test]
    fn numbers_in_the_fields_are_votes_and_empty_is_none() {
        let form = form(&[("v0", " 2 "), ("v1", ""), ("other", "9")]);

        assert_eq!(votes(&form), [("a".to_owned(), 2)]);
    }

    #[test]
    fn a_button_adds_or_takes_one_vote_to_what_the_fields_say() {
        let more = form(&[("v0", "1"), ("v1", "1"), ("more", "1")]);
        let fewer = form(&[("v0", "1"), ("v1", "0"), ("fewer", "1")]);

        assert_eq!(votes(&more), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
        assert_eq!(votes(&fewer), [("a".to_owned(), 1)]);
        assert_eq!(more.pressed_option(), Some(1));
    }

    #[test]
    fn who_was_done_stays_done_until_they_say_otherwise() {
        let round = round_of(&["a", "b"], 3, 2);

        let done = |fields| form(fields).ballot(&round).unwrap().done;

        assert!(done(&[("done", "true")]));
        assert!(!done(&[("wasDone", "true"), ("done", "false")]));
        assert!(done(&[("wasDone", "true"), ("more", "0")]));
        assert!(!done(&[("wasDone", "false"), ("save", "")]));
    }

    #[test]
    fn r4_every_fault_of_a_form_is_reported() {
        let round = round_of(&["a", "b", "c"], 3, 2);
        let form = form(&[("v0", "twee"), ("v1", "3"), ("v2", "1"), ("v9", "1")]);

        let faults = form.ballot(&round).unwrap_err();

        let over_cap = BallotFault::OverCap {
            note: "b".into(),
            cap: 2,
        };
        let over_budget = BallotFault::OverBudget { used: 4, budget: 3 };
        assert_eq!(
            faults,
            [
                FormFault::NotANumber { option: 0 },
                FormFault::Rule(over_cap),
                FormFault::Rule(over_budget),
            ]
        );
    }

    #[test]
    fn one_vote_too_many_by_a_button_is_told_as_none_left() {
        let round = round_of(&["a", "b"], 3, 2);
        let pressed = form(&[("v0", "2"), ("v1", "1"), ("more", "1")]);
        let typed = form(&[("v0", "2"), ("v1", "2")]);

        let over_budget = BallotFault::OverBudget { used: 4, budget: 3 };
        assert_eq!(pressed.ballot(&round), Err(vec![FormFault::NoneLeft]));
        assert_eq!(
            typed.ballot(&round),
            Err(vec![FormFault::Rule(over_budget)])
        );
    }

    #[test]
    fn numbers_that_are_none_are_refused_and_huge_ones_do_not_overflow() {
        let round = round_of(&["a", "b"], 3, 2);

        for entered in ["-1", "1.5", "1e3", "99999999999"] {
            assert!(form(&[("v0", entered)]).ballot(&round).is_err());
        }
        assert!(
            form(&[("v0", "4294967295"), ("more", "0")])
                .ballot(&round)
                .is_err()
        );
    }
}
