//! Where join codes are guessed, as coaches are told; and letting a network go on with theirs.

use axum::Json;
use axum::extract::State;
use hartslag_protocol::ids::RoomId;
use serde::Serialize;
use utoipa::ToSchema;

use super::AppState;
use super::error::ApiError;
use super::member::Coach;
use crate::access::JoinCode;
use crate::access::guessing::Guessed;
use crate::clock::now;
use crate::log::LogError;

/// Where codes are guessed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Guesses {
    /// The networks that tried most in the last five minutes, at most five.
    networks: Vec<GuessingNetwork>,
}

/// A network from which codes are guessed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GuessingNetwork {
    /// Codes that were not right, in the last five minutes.
    tries: u32,
    /// Whether who types the room's code there goes on at once.
    open: bool,
}

impl From<Guessed> for GuessingNetwork {
    fn from(guessed: Guessed) -> Self {
        Self {
            tries: guessed.tries,
            open: guessed.is_open,
        }
    }
}

/// Where codes are guessed on this node. A wrong code names no room, so coaches of all rooms
/// are told.
#[utoipa::path(
    get,
    path = "/rooms/{room}/guesses",
    params(Coach),
    responses((status = 200, body = Guesses), Coach)
)]
pub(super) async fn list(
    Coach(coach): Coach,
    State(app): State<AppState>,
) -> Result<Json<Guesses>, ApiError> {
    let code = valid_code(&app, coach.room).await?;
    Ok(Json(told(&app, code)))
}

/// Lets who types the room's code go on at once wherever codes are guessed, while the code is
/// valid.
#[utoipa::path(
    post,
    path = "/rooms/{room}/guesses/pass",
    params(Coach),
    responses((status = 200, body = Guesses), Coach)
)]
pub(super) async fn pass(
    Coach(coach): Coach,
    State(app): State<AppState>,
) -> Result<Json<Guesses>, ApiError> {
    coach.pay(&app)?;
    let code = valid_code(&app, coach.room).await?;
    if let Some(code) = &code {
        app.codes.open(code);
    }
    Ok(Json(told(&app, code)))
}

fn told(app: &AppState, code: Option<JoinCode>) -> Guesses {
    let guessed = code.map(|code| app.codes.guessed(&code, now()));
    let networks = guessed.unwrap_or_default().into_iter().map(Into::into);
    Guesses {
        networks: networks.collect(),
    }
}

/// The code of the room, unless it expired: then nobody can guess it.
async fn valid_code(app: &AppState, room: RoomId) -> Result<Option<JoinCode>, LogError> {
    let code = app.access.join_code_of(room).await?;
    Ok(code.filter(|code| code.expires_at > now()))
}
