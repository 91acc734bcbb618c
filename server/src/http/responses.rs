//! One's own response to a round: `…/rounds/{round}/response`.

use std::collections::BTreeMap;

use serde::Serialize;

/// One's own ballot, as it is kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnResponse {
    /// Rises with each change; 0 where nothing is kept.
    pub revision: u64,
    /// Votes by note.
    pub votes: BTreeMap<String, u32>,
    /// Whether the person said to be done.
    pub done: bool,
    /// Votes on the ballot.
    pub used: u64,
    /// Votes that a person has in the round.
    pub budget: u32,
}
