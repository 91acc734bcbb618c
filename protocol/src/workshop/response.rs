//! One person's answer to a round.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::round::Round;

/// The answer to a voting round: votes by note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Ballot {
    /// Votes by note id; a note that is absent has none.
    pub votes: BTreeMap<String, u32>,
    /// The person says to be done. Votes can still change until the round closes.
    #[serde(default)]
    pub done: bool,
}

/// Why a ballot is not valid (R4). Every fault is reported, not only the first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BallotFault {
    /// The note is not in the round.
    #[error("this note is not in the round")]
    NotInRound {
        /// The note.
        note: String,
    },
    /// More votes on one note than the cap.
    #[error("at most {cap} on one note")]
    OverCap {
        /// The note.
        note: String,
        /// The cap of the round.
        cap: u32,
    },
    /// More votes in all than the budget.
    #[error("{used} votes, and the budget is {budget}")]
    OverBudget {
        /// Votes on the ballot.
        used: u64,
        /// The budget of the round.
        budget: u32,
    },
}

impl Ballot {
    /// Votes on this ballot.
    pub fn used(&self) -> u64 {
        self.votes.values().map(|&votes| u64::from(votes)).sum()
    }

    /// Checks the ballot against the round, and drops notes with no votes, so that equal
    /// ballots have equal bytes.
    ///
    /// # Errors
    /// Every way in which it breaks R4.
    pub fn checked(self, round: &Round) -> Result<Self, Vec<BallotFault>> {
        let mut faults = Vec::new();
        for (note, &votes) in &self.votes {
            if !round.options.iter().any(|option| &option.note == note) {
                faults.push(BallotFault::NotInRound { note: note.clone() });
            } else if votes > round.cap {
                faults.push(BallotFault::OverCap {
                    note: note.clone(),
                    cap: round.cap,
                });
            }
        }
        if self.used() > u64::from(round.budget) {
            faults.push(BallotFault::OverBudget {
                used: self.used(),
                budget: round.budget,
            });
        }
        if faults.is_empty() {
            let votes = self
                .votes
                .into_iter()
                .filter(|&(_, votes)| votes > 0)
                .collect();
            Ok(Self {
                votes,
                done: self.done,
            })
        } else {
            Err(faults)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workshop::round::tests::round_of;

    fn ballot(votes: &[(&str, u32)]) -> Ballot {
        let votes = votes
            .iter()
            .map(|&(note, votes)| (note.to_owned(), votes))
            .collect();
        Ballot { votes, done: false }
    }

    #[test]
    fn r4_a_ballot_within_budget_and_cap_is_taken_without_its_zeros() {
        let round = round_of(&["a", "b", "c"], 3, 2);

        let checked = ballot(&[("a", 2), ("b", 1), ("c", 0)]).checked(&round);

        assert_eq!(checked, Ok(ballot(&[("a", 2), ("b", 1)])));
    }

    #[test]
    fn r4_every_fault_of_a_ballot_is_reported() {
        let round = round_of(&["a", "b"], 3, 2);

        let faults = ballot(&[("a", 3), ("x", 1)]).checked(&round).unwrap_err();

        assert_eq!(
            faults,
            [
                BallotFault::OverCap {
                    note: "a".into(),
                    cap: 2
                },
                BallotFault::NotInRound { note: "x".into() },
                BallotFault::OverBudget { used: 4, budget: 3 },
            ]
        );
    }

    #[test]
    fn votes_that_overflow_are_over_budget_and_nothing_else_happens() {
        let round = round_of(&["a", "b"], 3, 2);

        assert!(
            ballot(&[("a", u32::MAX), ("b", u32::MAX)])
                .checked(&round)
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn r4_what_is_taken_is_within_budget_and_cap(
            votes in prop::collection::btree_map("[a-d]", 0_u32..5, 0..4),
            budget in 1_u32..8,
            cap in 1_u32..4,
        ) {
            prop_assume!(cap <= budget);
            let round = round_of(&["a", "b", "c"], budget, cap);

            if let Ok(taken) = (Ballot { votes, done: true }).checked(&round) {
                prop_assert!(taken.used() <= u64::from(budget));
                prop_assert!(taken.votes.values().all(|&votes| 0 < votes && votes <= cap));
                prop_assert!(taken.votes.keys().all(|note| "abc".contains(note.as_str())));
            }
        }
    }
}
