//! One's own ballot, as it is told to the one who put it.

use std::collections::BTreeMap;

use hartslag_protocol::workshop::Round;
use serde::Serialize;
use utoipa::ToSchema;

use crate::room::OwnBallot;

/// One's own ballot, as it is kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnResponse {
    /// Rises with each change; 0 where nothing is kept.
    revision: u64,
    /// Votes by note.
    votes: BTreeMap<String, u32>,
    /// Whether the person said to be done.
    done: bool,
    /// Votes on the ballot.
    used: u64,
    /// Votes that a person has in the round.
    budget: u32,
}

impl OwnResponse {
    /// The ballot in its round.
    pub(super) fn new(own: OwnBallot, round: &Round) -> Self {
        Self {
            revision: own.revision,
            used: own.ballot.used(),
            votes: own.ballot.votes,
            done: own.ballot.done,
            budget: round.budget,
        }
    }
}
