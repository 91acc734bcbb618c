//! One's own response to a round: `…/rounds/{round}/response`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use hartslag_protocol::problem::Fault;
use hartslag_protocol::workshop::{Ballot, BallotFault};
use serde::Deserialize;
use utoipa::ToSchema;

use super::AppState;
use super::error::ApiError;
use super::extract::{JsonBody, RoundPath, body_fault};
use super::member::Member;
use super::own_response::OwnResponse;
use crate::room::PutBallotError;

/// A ballot, whole (R3).
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutResponse {
    /// Higher than that of the kept one.
    revision: u64,
    /// Votes by note.
    votes: BTreeMap<String, u32>,
    /// Whether the person says to be done.
    #[serde(default)]
    done: bool,
}

/// One's own response.
#[utoipa::path(
    get,
    path = "/rooms/{room}/rounds/{round}/response",
    params(RoundPath),
    responses((status = 200, body = OwnResponse), Member, RoundPath)
)]
pub(super) async fn show(
    member: Member,
    RoundPath(id): RoundPath,
    State(app): State<AppState>,
) -> Result<Json<OwnResponse>, ApiError> {
    let room = member.open(&app).await?;
    let round = room.round(id).await?.ok_or(ApiError::RoundNotFound)?;
    let own = room.own_ballot(member.participant, id).await?;
    Ok(Json(OwnResponse::new(own, &round)))
}

/// Puts one's own response, whole; the same once more changes nothing (R2, R3, R4, R5).
#[utoipa::path(
    put,
    path = "/rooms/{room}/rounds/{round}/response",
    params(RoundPath),
    request_body = PutResponse,
    responses(
        (status = 200, body = OwnResponse),
        (status = 400, description = "Every fault of the ballot, with its place"),
        (status = 403, description = "Observers do not answer; nor who came after a round for who was there"),
        (status = 409, description = "Not open, or a later revision is kept: `stored`"),
        (status = 429, description = "More answers of one participant than taps on a ballot"),
        Member,
        RoundPath,
    )
)]
pub(super) async fn put(
    member: Member,
    RoundPath(id): RoundPath,
    State(app): State<AppState>,
    JsonBody(put): JsonBody<PutResponse>,
) -> Result<Json<OwnResponse>, ApiError> {
    if !member.role.may_respond() {
        return Err(ApiError::RoleNotAllowed);
    }
    if put.revision == 0 {
        return Err(body_fault("/revision", "revisions begin at 1"));
    }
    member.pay_answer(&app)?;
    let room = member.open(&app).await?;
    let round = room.round(id).await?.ok_or(ApiError::RoundNotFound)?;
    let ballot = Ballot {
        votes: put.votes,
        done: put.done,
    };
    match room
        .put_ballot(member.participant, id, put.revision, ballot)
        .await
    {
        Ok(own) => Ok(Json(OwnResponse::new(own, &round))),
        Err(PutBallotError::Conflict(kept)) => {
            Err(ApiError::ResponseStale(OwnResponse::new(kept, &round)))
        }
        Err(PutBallotError::Invalid(faults)) => Err(invalid(&faults)),
        Err(PutBallotError::NotOpen) => Err(ApiError::RoundNotOpen),
        Err(PutBallotError::NoSuchRound) => Err(ApiError::RoundNotFound),
        Err(PutBallotError::NotAllowed) => Err(ApiError::RoleNotAllowed),
        Err(PutBallotError::CameLater) => Err(ApiError::CameLater),
        Err(PutBallotError::Log(error)) => Err(error.into()),
        Err(PutBallotError::Closed(error)) => Err(error.into()),
    }
}

/// The faults of a ballot, each at its place in the body.
fn invalid(faults: &[BallotFault]) -> ApiError {
    let place = |fault: &BallotFault| match fault {
        BallotFault::NotInRound { note } | BallotFault::OverCap { note, .. } => {
            format!("/votes/{}", note.replace('~', "~0").replace('/', "~1"))
        }
        BallotFault::OverBudget { .. } => "/votes".to_owned(),
    };
    let told = |fault| Fault {
        pointer: place(fault),
        detail: fault.to_string(),
    };
    ApiError::InvalidBallot(faults.iter().map(told).collect())
}
