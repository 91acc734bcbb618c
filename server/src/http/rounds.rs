//! Rounds: opening, looking, closing, revealing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use hartslag_protocol::ids::RoundId;
use hartslag_protocol::limits::ROUND_NOTES;
use hartslag_protocol::workshop::Round;
use hartslag_protocol::workshop::round::OpenRoundError as RoundFault;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AppState;
use super::error::ApiError;
use super::extract::{JsonBody, RoundPath, body_fault};
use super::member::{Coach, Member};
use crate::access::quota::ROUND_COST_NOTES;
use crate::room::{NewRound, OpenRoundError};

/// What rounds take in memory from which on a list of them is made by those who do heavy work.
pub(super) const LARGE_LIST_BYTES: usize = 128 << 10;
/// What is made on the way, in rounds as the room has them: copies of them, and the list.
const LIST_COPIES: usize = 2;

/// A round to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenRound {
    /// `vote`.
    kind: RoundKind,
    /// The question; may be absent.
    #[serde(default)]
    title: String,
    /// Ids of the notes.
    notes: Vec<String>,
    /// Votes per person.
    budget: u32,
    /// Votes per person on one note.
    cap: u32,
    /// Whether only those answer who are in the room already (R13).
    #[serde(default)]
    only_present: bool,
}

/// What people answer with.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum RoundKind {
    /// Votes.
    Vote,
}

/// A round that was opened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenedRound {
    /// The round.
    #[schema(value_type = String, format = Uuid)]
    id: RoundId,
}

/// A round as one member sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoundView {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    round: Round,
    /// How many people answered; for coaches (R6).
    #[serde(skip_serializing_if = "Option::is_none")]
    answered: Option<u64>,
}

impl RoundView {
    /// What this member may see of the round.
    pub(super) async fn of(app: &AppState, member: Member, round: Round) -> Result<Self, ApiError> {
        let answered = answered(app, member, &round).await?;
        Ok(Self {
            round: round.public(),
            answered,
        })
    }
}

/// How many people answered, for who may know.
async fn answered(app: &AppState, member: Member, round: &Round) -> Result<Option<u64>, ApiError> {
    // Once revealed, the responses are erased and the result counts the voters.
    let counts = member.role.may_steer() && round.result.is_none();
    if !counts {
        return Ok(None);
    }
    Ok(Some(member.open(app).await?.answered(round.id).await?))
}

/// Opens a round on notes of the board.
#[utoipa::path(
    post,
    path = "/rooms/{room}/rounds",
    params(Coach),
    request_body = OpenRound,
    responses(
        (status = 201, body = OpenedRound),
        (status = 400, description = "Notes, budget or cap are out of bounds"),
        (status = 429, description = "Too many orders of one participant"),
        Coach,
    )
)]
pub(super) async fn open(
    Coach(coach): Coach,
    State(app): State<AppState>,
    JsonBody(asked): JsonBody<OpenRound>,
) -> Result<(StatusCode, Json<OpenedRound>), ApiError> {
    let RoundKind::Vote = asked.kind;
    let room = coach.order_of(&app, cost_of(&asked.notes)).await?;
    let new = NewRound {
        title: asked.title,
        notes: asked.notes,
        budget: asked.budget,
        cap: asked.cap,
        only_present: asked.only_present,
    };
    let round = room.open_round(new).await?;
    Ok((StatusCode::CREATED, Json(OpenedRound { id: round.id })))
}

/// Orders that a round on these notes weighs: it is kept with their texts, and told to everyone.
fn cost_of(notes: &[String]) -> u32 {
    let notes = notes.len().min(ROUND_NOTES);
    u32::try_from(1 + notes / ROUND_COST_NOTES).unwrap_or(u32::MAX)
}

impl From<OpenRoundError> for ApiError {
    fn from(error: OpenRoundError) -> Self {
        match error {
            OpenRoundError::NoSuchNote(_) => body_fault("/notes", error),
            OpenRoundError::Invalid(ref fault) => body_fault(place_of(fault), error),
            OpenRoundError::TooManyRounds => Self::TooManyRounds,
            OpenRoundError::Log(error) => error.into(),
            OpenRoundError::Closed(error) => error.into(),
        }
    }
}

/// The field of the body that the fault is about.
fn place_of(fault: &RoundFault) -> &'static str {
    match fault {
        RoundFault::TitleTooLong => "/title",
        RoundFault::NoteCount(_) | RoundFault::ChosenTwice(_) => "/notes",
        RoundFault::Budget => "/budget",
        RoundFault::Cap => "/cap",
    }
}

/// Every round, oldest first.
#[utoipa::path(
    get,
    path = "/rooms/{room}/rounds",
    params(Member),
    responses((status = 200, body = [RoundView]), Member)
)]
pub(super) async fn list(
    member: Member,
    State(app): State<AppState>,
) -> Result<impl IntoResponse, ApiError> {
    let room = member.open(&app).await?;
    let mut rounds = Vec::new();
    for round in room.rounds().await? {
        let answered = answered(&app, member, &round).await?;
        rounds.push((round, answered));
    }
    let bytes = room.rounds_bytes();
    let list = if bytes > LARGE_LIST_BYTES {
        let work = app.rooms.work();
        let seat = work.making.seat(member.asker(), 1).await?;
        let charge = app.rooms.reserve(bytes * LIST_COPIES, 0).await?;
        let made = work.hands.work(move || {
            // Held as long as the work goes on, whoever waits for it.
            let _held = (seat, charge);
            written(&rounds)
        });
        made.await.ok().flatten()
    } else {
        written(&rounds)
    };
    let list = list.ok_or(ApiError::Internal("a list of rounds was not written"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], list))
}

/// The list as JSON.
fn written(rounds: &[(Arc<Round>, Option<u64>)]) -> Option<Vec<u8>> {
    let views = rounds.iter().map(|(round, answered)| RoundView {
        round: round.public(),
        answered: *answered,
    });
    serde_json::to_vec(&views.collect::<Vec<_>>()).ok()
}

/// One round.
#[utoipa::path(
    get,
    path = "/rooms/{room}/rounds/{round}",
    params(RoundPath),
    responses((status = 200, body = RoundView), Member, RoundPath)
)]
pub(super) async fn show(
    member: Member,
    RoundPath(id): RoundPath,
    State(app): State<AppState>,
) -> Result<Json<RoundView>, ApiError> {
    let round = member.open(&app).await?.round(id).await?;
    let round = round.ok_or(ApiError::RoundNotFound)?;
    Ok(Json(RoundView::of(&app, member, round).await?))
}

/// Closes a round; closed already is fine.
#[utoipa::path(
    post,
    path = "/rooms/{room}/rounds/{round}/close",
    params(RoundPath),
    responses((status = 200, body = RoundView), Coach, RoundPath)
)]
pub(super) async fn close(
    Coach(coach): Coach,
    RoundPath(id): RoundPath,
    State(app): State<AppState>,
) -> Result<Json<RoundView>, ApiError> {
    let round = coach.order(&app).await?.close_round(id).await?;
    Ok(Json(RoundView::of(&app, coach, round).await?))
}

/// Reveals a round, closing it first when it is open; revealed already is fine.
#[utoipa::path(
    post,
    path = "/rooms/{room}/rounds/{round}/reveal",
    params(RoundPath),
    responses((status = 200, body = RoundView), Coach, RoundPath)
)]
pub(super) async fn reveal(
    Coach(coach): Coach,
    RoundPath(id): RoundPath,
    State(app): State<AppState>,
) -> Result<Json<RoundView>, ApiError> {
    let round = coach.order(&app).await?.reveal_round(id).await?;
    Ok(Json(RoundView::of(&app, coach, round).await?))
}
