//! The timer: a coach sets and stops it, everyone is told.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hartslag_protocol::limits::{TIMER_LONGEST, TIMER_SHORTEST};
use hartslag_protocol::workshop::Timer;
use hartslag_protocol::workshop::timer::may_last;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AppState;
use super::error::ApiError;
use super::extract::{JsonBody, body_fault};
use super::member::Coach;

/// A timer to be set.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetTimer {
    /// How long, from now on.
    seconds: u64,
}

/// The timer as it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownTimer {
    /// Milliseconds until the time is over; null when no timer is set.
    remaining_ms: Option<u64>,
}

impl From<Timer> for ShownTimer {
    fn from(timer: Timer) -> Self {
        Self {
            remaining_ms: timer.remaining_ms,
        }
    }
}

/// Sets the timer, in place of one that runs.
#[utoipa::path(
    put,
    path = "/rooms/{room}/timer",
    params(Coach),
    request_body = SetTimer,
    responses(
        (status = 200, body = ShownTimer),
        (status = 400, description = "Less than a second, or more than eight hours"),
        Coach,
    )
)]
pub(super) async fn set(
    Coach(coach): Coach,
    State(app): State<AppState>,
    JsonBody(asked): JsonBody<SetTimer>,
) -> Result<Json<ShownTimer>, ApiError> {
    let span = Duration::from_secs(asked.seconds);
    if !may_last(span) {
        let (least, most) = (TIMER_SHORTEST.as_secs(), TIMER_LONGEST.as_secs());
        let detail = format!("must be from {least} to {most}");
        return Err(body_fault("/seconds", detail));
    }
    let room = coach.order(&app).await?;
    let timer = room.set_timer(Some(span)).await?;
    Ok(Json(timer.into()))
}

/// Stops the timer; stopped already is fine.
#[utoipa::path(
    delete,
    path = "/rooms/{room}/timer",
    params(Coach),
    responses((status = 204, description = "No timer is set"), Coach)
)]
pub(super) async fn stop(
    Coach(coach): Coach,
    State(app): State<AppState>,
) -> Result<StatusCode, ApiError> {
    coach.order(&app).await?.set_timer(None).await?;
    Ok(StatusCode::NO_CONTENT)
}
