//! The board mode: a coach opens more, or less, of the board to participants (P4).

use axum::Json;
use axum::extract::State;
use hartslag_protocol::workshop::BoardMode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AppState;
use super::error::ApiError;
use super::extract::JsonBody;
use super::member::Coach;

/// How much of the board is open to participants.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChosenMode {
    /// `open`, `notes` or `locked`.
    #[schema(value_type = String)]
    mode: BoardMode,
}

/// Sets how much of the board is open to participants; what it is already is fine.
#[utoipa::path(
    put,
    path = "/rooms/{room}/board-mode",
    params(Coach),
    request_body = ChosenMode,
    responses(
        (status = 200, body = ChosenMode),
        (status = 400, description = "No such mode"),
        Coach,
    )
)]
pub(super) async fn set(
    Coach(coach): Coach,
    State(app): State<AppState>,
    JsonBody(asked): JsonBody<ChosenMode>,
) -> Result<Json<ChosenMode>, ApiError> {
    let room = coach.order(&app).await?;
    room.set_board_mode(asked.mode, coach.participant).await?;
    Ok(Json(asked))
}
