//! Answering rounds, and answering again where the outcome is unknown.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::writer::{Kind, Writer};
use super::{BUDGET, CAP, VOTED_NOTES};
use crate::history::{Outcome, Place, Put, Votes};

/// Where a voter is.
#[derive(Debug, Default)]
pub(super) struct Voting {
    round: String,
    revision: u64,
    trying: Option<Trying>,
}

/// A ballot without a definite answer yet.
#[derive(Debug)]
struct Trying {
    put: Place,
    votes: Votes,
    /// Whether an earlier try may have worked.
    may_count: bool,
}

impl Voting {
    pub(super) fn is_done(&self) -> bool {
        self.trying.is_none()
    }
}

impl Writer {
    /// Puts a ballot, or the last one again.
    pub(super) async fn vote(&mut self) {
        if self.kind == Kind::Observer {
            return;
        }
        if self.voting.trying.is_none() {
            let Some(round) = self.stage.round.borrow().clone() else {
                return;
            };
            self.fill_in(round);
        }
        self.put_ballot().await;
    }

    /// Tries until the answer is definite.
    pub(super) async fn finish_ballot(&mut self) {
        if !self.voting.is_done() {
            self.put_ballot().await;
        }
    }

    fn fill_in(&mut self, round: String) {
        if self.voting.round != round {
            self.voting = Voting {
                round,
                ..Voting::default()
            };
        }
        self.voting.revision += 1;
        let mut left = BUDGET;
        let mut votes = Votes::new();
        for note in VOTED_NOTES {
            let most = usize::try_from(left.min(CAP)).unwrap_or_default();
            let given = u32::try_from(self.random.below(most + 1)).unwrap_or_default();
            left -= given;
            if given > 0 {
                votes.insert(note.to_owned(), given);
            }
        }
        let put = Put {
            round: self.voting.round.clone(),
            voter: self.name.clone(),
            revision: self.voting.revision,
            votes: votes.clone(),
            outcome: Outcome::Unknown,
        };
        let put = self.stage.history(|history| history.put(put));
        let may_count = false;
        self.voting.trying = Some(Trying {
            put,
            votes,
            may_count,
        });
    }

    async fn put_ballot(&mut self) {
        let Some(trying) = &mut self.voting.trying else {
            return;
        };
        let path = format!("/rounds/{}/response", self.voting.round);
        let body = json!({ "revision": self.voting.revision, "votes": trying.votes });
        let call = self
            .api
            .call(&self.address, Method::PUT, &path, Some(&body));
        match call.await {
            None => trying.may_count = true,
            // This node has not heard of the round yet.
            Some((StatusCode::NOT_FOUND, _)) => {}
            Some((StatusCode::OK, _)) => {
                self.stage.answer_put(trying.put, Outcome::Acknowledged);
                self.voting.trying = None;
            }
            Some((StatusCode::CONFLICT, problem))
                if problem["type"] == "/problems/round-not-open" =>
            {
                if !trying.may_count {
                    self.stage.answer_put(trying.put, Outcome::Refused);
                }
                self.voting.trying = None;
            }
            Some((status, problem)) => {
                let fault = format!("{}: a good ballot got {status}: {problem}", self.name);
                self.stage.history(|history| history.fault(fault));
                self.voting.trying = None;
            }
        }
    }
}
