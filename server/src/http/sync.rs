//! `GET /sync/{room}`: the way to a connection for edits.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::error::ApiError;
use super::member::Joining;
use crate::connection::websocket;

/// Opens a connection. Everything that can be wrong is told before the upgrade (W3).
pub(super) async fn open(
    Joining(member): Joining,
    State(app): State<AppState>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let room = member.open(&app).await?;
    match upgrade {
        Ok(upgrade) => Ok(websocket::accept(
            upgrade,
            room,
            member.participant,
            member.role,
        )),
        Err(rejection) => Ok(rejection.into_response()),
    }
}
