//! A question to everyone, answered in private, then revealed.

use serde::{Deserialize, Serialize};

use super::response::Ballot;
use crate::ids::RoundId;
use crate::limits::{ROUND_BUDGET, ROUND_NOTES, TITLE_CHARACTERS};

/// How far a round has come (R1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum RoundStatus {
    /// Responses are taken.
    Open,
    /// Responses are no longer taken; nobody has seen them.
    Closed,
    /// Everyone sees the result.
    Revealed,
}

/// A note that can be voted for, as it was when the round opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RoundOption {
    /// Id of the note.
    pub note: String,
    /// Its text.
    pub text: String,
    /// Where it hangs, in words: phase, and the touchpoint if any.
    pub place: String,
}

/// A voting round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Round {
    /// Its identifier.
    pub id: RoundId,
    /// The question.
    pub title: String,
    /// What can be voted for.
    pub options: Vec<RoundOption>,
    /// Votes per person.
    pub budget: u32,
    /// Votes per person on one note.
    pub cap: u32,
    /// Whether only those answer who were in the room before it began (R13).
    #[serde(default)]
    pub only_present: bool,
    /// How far it has come.
    pub status: RoundStatus,
    /// What came out; only once revealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub result: Option<RoundResult>,
}

/// What the reveal shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RoundResult {
    /// People who gave at least one vote.
    pub voters: u32,
    /// All votes.
    #[cfg_attr(test, ts(type = "number"))]
    pub votes: u64,
    /// Every option, most votes first.
    pub ranking: Vec<RankedOption>,
}

/// One option in the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RankedOption {
    /// Id of the note.
    pub note: String,
    /// Votes for it.
    #[cfg_attr(test, ts(type = "number"))]
    pub votes: u64,
    /// People who voted for it: five votes of one person are not five people.
    pub voters: u32,
    /// Place in the ranking, from 1; equal votes share a place (R7).
    pub rank: u32,
    /// Whether another option has as many votes.
    pub tied: bool,
}

/// Why a round cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenRoundError {
    /// The title is too long.
    #[error("a title has at most {TITLE_CHARACTERS} characters")]
    TitleTooLong,
    /// Too few or too many notes.
    #[error("a round has 2 to {ROUND_NOTES} notes, and {0} were chosen")]
    NoteCount(usize),
    /// A note was chosen twice.
    #[error("note {0} was chosen twice")]
    ChosenTwice(String),
    /// The budget is out of range.
    #[error("a budget is 1 to {ROUND_BUDGET} votes")]
    Budget,
    /// The cap is out of range.
    #[error("a cap is at least 1 and at most the budget")]
    Cap,
}

impl Round {
    /// A round that is open.
    ///
    /// # Errors
    /// When title, options, budget or cap are out of bounds.
    pub fn open(
        id: RoundId,
        title: String,
        options: Vec<RoundOption>,
        budget: u32,
        cap: u32,
        only_present: bool,
    ) -> Result<Self, OpenRoundError> {
        if title.chars().count() > TITLE_CHARACTERS {
            return Err(OpenRoundError::TitleTooLong);
        }
        if !(2..=ROUND_NOTES).contains(&options.len()) {
            return Err(OpenRoundError::NoteCount(options.len()));
        }
        let twice = options.iter().enumerate().find(|(index, option)| {
            options[..*index]
                .iter()
                .any(|earlier| earlier.note == option.note)
        });
        if let Some((_, option)) = twice {
            return Err(OpenRoundError::ChosenTwice(option.note.clone()));
        }
        if !(1..=ROUND_BUDGET).contains(&budget) {
            return Err(OpenRoundError::Budget);
        }
        if !(1..=budget).contains(&cap) {
            return Err(OpenRoundError::Cap);
        }
        Ok(Self {
            id,
            title,
            options,
            budget,
            cap,
            only_present,
            status: RoundStatus::Open,
            result: None,
        })
    }

    /// The round as anyone may see it: no result before the reveal (R6).
    #[must_use]
    pub fn public(&self) -> Self {
        let result = self
            .result
            .clone()
            .filter(|_| self.status == RoundStatus::Revealed);
        Self {
            result,
            ..self.clone()
        }
    }

    /// What these ballots come to (R7). Their order does not matter.
    pub fn result_of<'a>(&self, ballots: impl IntoIterator<Item = &'a Ballot>) -> RoundResult {
        let mut ranking: Vec<RankedOption> = self
            .options
            .iter()
            .map(|option| RankedOption {
                note: option.note.clone(),
                votes: 0,
                voters: 0,
                rank: 0,
                tied: false,
            })
            .collect();
        let mut voters = 0;
        for ballot in ballots {
            voters += u32::from(ballot.used() > 0);
            for option in &mut ranking {
                let given = ballot.votes.get(&option.note).copied().unwrap_or(0);
                option.votes += u64::from(given);
                option.voters += u32::from(given > 0);
            }
        }
        // Stable: among equals the order of the options stays.
        ranking.sort_by_key(|option| std::cmp::Reverse(option.votes));
        place(&mut ranking);
        RoundResult {
            voters,
            votes: ranking.iter().map(|option| option.votes).sum(),
            ranking,
        }
    }
}

/// Gives sorted options their rank: 1, 2, 2, 4.
fn place(ranking: &mut [RankedOption]) {
    let votes: Vec<u64> = ranking.iter().map(|option| option.votes).collect();
    for option in ranking {
        let ahead = votes
            .iter()
            .filter(|&&others| others > option.votes)
            .count();
        option.rank = u32::try_from(ahead + 1).unwrap_or(u32::MAX);
        option.tied = votes
            .iter()
            .filter(|&&others| others == option.votes)
            .count()
            > 1;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn round_of(notes: &[&str], budget: u32, cap: u32) -> Round {
        Round::open(
            RoundId::generate(),
            "Which?".into(),
            options(notes),
            budget,
            cap,
            false,
        )
        .unwrap()
    }

    fn options(notes: &[&str]) -> Vec<RoundOption> {
        let option = |note: &&str| RoundOption {
            note: (*note).to_owned(),
            text: format!("Note {note}"),
            place: "Phase".into(),
        };
        notes.iter().map(option).collect()
    }

    fn ballot(votes: &[(&str, u32)]) -> Ballot {
        let votes = votes
            .iter()
            .map(|&(note, votes)| (note.to_owned(), votes))
            .collect();
        Ballot { votes, done: true }
    }

    #[test]
    fn r7_equal_votes_share_a_rank() {
        let round = round_of(&["a", "b", "c", "d"], 5, 5);
        let ballots = [ballot(&[("a", 1), ("b", 2), ("c", 2)]), ballot(&[("d", 5)])];

        let result = round.result_of(&ballots);

        let ranks: Vec<_> = result
            .ranking
            .iter()
            .map(|o| (o.note.as_str(), o.votes, o.rank, o.tied))
            .collect();
        assert_eq!(
            ranks,
            [
                ("d", 5, 1, false),
                ("b", 2, 2, true),
                ("c", 2, 2, true),
                ("a", 1, 4, false)
            ]
        );
        assert_eq!((result.voters, result.votes), (2, 10));
    }

    #[test]
    fn five_votes_of_one_person_are_one_person() {
        let round = round_of(&["a", "b"], 5, 5);

        let result = round.result_of(&[ballot(&[("a", 5)]), ballot(&[])]);

        assert_eq!((result.ranking[0].votes, result.ranking[0].voters), (5, 1));
        assert_eq!(result.voters, 1);
    }

    #[test]
    fn r6_a_result_does_not_show_before_the_reveal() {
        let mut round = round_of(&["a", "b"], 5, 5);
        round.result = Some(round.result_of(&[]));

        assert_eq!(round.public().result, None);
        round.status = RoundStatus::Revealed;
        assert!(round.public().result.is_some());
    }

    #[test]
    fn a_round_out_of_bounds_does_not_open() {
        let open = |notes: &[&str], budget, cap| {
            Round::open(
                RoundId::generate(),
                String::new(),
                options(notes),
                budget,
                cap,
                false,
            )
            .map(|_| ())
        };

        assert_eq!(open(&["a"], 3, 1), Err(OpenRoundError::NoteCount(1)));
        assert_eq!(
            open(&["a", "a"], 3, 1),
            Err(OpenRoundError::ChosenTwice("a".into()))
        );
        assert_eq!(open(&["a", "b"], 0, 1), Err(OpenRoundError::Budget));
        assert_eq!(open(&["a", "b"], 3, 4), Err(OpenRoundError::Cap));
        assert_eq!(open(&["a", "b"], 3, 3), Ok(()));
    }

    proptest! {
        #[test]
        fn r7_a_result_is_the_sum_of_its_ballots(
            ballots in prop::collection::vec(
                prop::collection::btree_map("[a-c]", 1_u32..4, 0..3), 0..12),
        ) {
            let round = round_of(&["a", "b", "c"], 9, 3);
            let mut ballots: Vec<_> =
                ballots.into_iter().map(|votes| Ballot { votes, done: false }).collect();

            let result = round.result_of(&ballots);
            ballots.reverse();

            prop_assert_eq!(result.votes, ballots.iter().map(Ballot::used).sum::<u64>());
            prop_assert!(result.ranking.windows(2).all(|pair| pair[0].votes >= pair[1].votes));
            let counts = |result: &RoundResult| {
                let mut counts: Vec<_> =
                    result.ranking.iter().map(|o| (o.note.clone(), o.votes, o.rank)).collect();
                counts.sort();
                counts
            };
            prop_assert_eq!(counts(&result), counts(&round.result_of(&ballots)));
        }
    }
}
