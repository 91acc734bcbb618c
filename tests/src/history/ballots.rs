//! Whether a result counts what was promised, each person once.

use std::collections::{BTreeMap, BTreeSet};

use hartslag_protocol::workshop::RoundResult;

use super::{History, Outcome, Place};

/// Sums that are followed at once.
const MOST_SUMS: usize = 20_000;

/// Votes by note.
pub type Votes = BTreeMap<String, u32>;

/// A ballot that a client put, perhaps several times with the same revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// In which round.
    pub round: String,
    /// Whose.
    pub voter: String,
    /// Rises with each ballot of this voter in this round.
    pub revision: u64,
    /// The votes.
    pub votes: Votes,
    /// What the voter was told.
    pub outcome: Outcome,
}

impl History {
    /// A client puts a ballot; trying it again is the same ballot.
    pub fn put(&mut self, put: Put) -> Place {
        self.puts.push(put);
        Place(self.puts.len() - 1)
    }

    /// The voter was told that the ballot counts, or that it does not.
    pub fn answer_put(&mut self, put: Place, outcome: Outcome) {
        self.puts[put.0].outcome = outcome;
    }

    /// Every way in which this result breaks what was promised to the voters of the round.
    pub fn check_result(&self, round: &str, result: &RoundResult) -> Vec<String> {
        let notes: Vec<&str> = result.ranking.iter().map(|option| &*option.note).collect();
        let target: Vec<u64> = result
            .ranking
            .iter()
            .flat_map(|option| [option.votes, u64::from(option.voters)])
            .chain([result.votes, u64::from(result.voters)])
            .collect();
        let mut voters: Vec<Vec<Vec<u64>>> = self
            .voters(round)
            .into_iter()
            .map(|voter| {
                let possible = self.possible(round, voter);
                possible.map(|votes| counted(votes, &notes)).collect()
            })
            .collect();
        // Few choices first: sums are fewer for longer.
        voters.sort_by_key(Vec::len);
        if can_sum_to(&target, &voters) {
            Vec::new()
        } else {
            vec![format!("no ballots of round {round} give {result:?}")]
        }
    }

    /// Whether a voter's own ballot, as the server shows it, is one that it may be.
    pub fn check_own(&self, round: &str, voter: &str, shown: &Votes) -> Vec<String> {
        let empty = Votes::new();
        let without_zeros = |votes: &Votes| -> Votes {
            let given = votes.iter().filter(|(_, votes)| **votes > 0);
            given.map(|(note, votes)| (note.clone(), *votes)).collect()
        };
        let may_be = self
            .possible(round, voter)
            .any(|votes| without_zeros(votes.unwrap_or(&empty)) == without_zeros(shown));
        if may_be {
            Vec::new()
        } else {
            vec![format!("{voter} finds {shown:?} in round {round}")]
        }
    }

    /// The voters of a round.
    pub fn voters(&self, round: &str) -> BTreeSet<&str> {
        let puts = self.puts.iter().filter(|put| put.round == round);
        puts.map(|put| put.voter.as_str()).collect()
    }

    /// The ballots that may count: the last one that was promised, or one after it whose outcome
    /// is unknown.
    fn possible(&self, round: &str, voter: &str) -> impl Iterator<Item = Option<&Votes>> {
        let own: Vec<&Put> = self
            .puts
            .iter()
            .filter(|put| put.round == round && put.voter == voter)
            .collect();
        let promised = own
            .iter()
            .rposition(|put| put.outcome == Outcome::Acknowledged);
        let base = promised.map(|place| &own[place].votes);
        let later = promised.map_or(0, |place| place + 1);
        let unknown: Vec<_> = own[later..]
            .iter()
            .filter(|put| put.outcome == Outcome::Unknown)
            .map(|put| Some(&put.votes))
            .collect();
        std::iter::once(base).chain(unknown)
    }
}

/// Whether one choice of each voter sums to this. A kill with every ballot under way leaves too
/// many choices to try them all; then it is enough that the bounds of each number hold.
fn can_sum_to(target: &[u64], voters: &[Vec<Vec<u64>>]) -> bool {
    let mut sums = BTreeSet::from([vec![0; target.len()]]);
    for (number, choices) in voters.iter().enumerate() {
        let later = &voters[number + 1..];
        let bound = |place: usize, pick: fn(u64, u64) -> u64| -> u64 {
            let of = |choices: &Vec<Vec<u64>>| {
                let values = choices.iter().map(|choice| choice[place]);
                values.reduce(pick).unwrap_or_default()
            };
            later.iter().map(of).sum()
        };
        let bounds: Vec<(u64, u64)> = (0..target.len())
            .map(|place| (bound(place, u64::min), bound(place, u64::max)))
            .collect();
        let may_become = |sum: &Vec<u64>| {
            let places = sum.iter().zip(target).zip(&bounds);
            places
                .into_iter()
                .all(|((sum, goal), (least, most))| (sum + least..=sum + most).contains(goal))
        };
        sums = sums
            .iter()
            .flat_map(|sum| choices.iter().map(move |choice| (sum, choice)))
            .map(|(sum, choice)| sum.iter().zip(choice).map(|(a, b)| a + b).collect())
            .filter(may_become)
            .collect();
        if sums.len() > MOST_SUMS {
            return true;
        }
    }
    sums.contains(target)
}

/// What one ballot adds: votes and people per note, votes and people in all.
fn counted(votes: Option<&Votes>, notes: &[&str]) -> Vec<u64> {
    let of = |note: &str| {
        let votes = votes.and_then(|votes| votes.get(note));
        u64::from(votes.copied().unwrap_or_default())
    };
    let all: u64 = notes.iter().map(|note| of(note)).sum();
    let per_note = notes
        .iter()
        .flat_map(|note| [of(note), u64::from(of(note) > 0)]);
    per_note.chain([all, u64::from(all > 0)]).collect()
}
