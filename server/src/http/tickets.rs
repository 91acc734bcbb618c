//! `POST /rooms/{room}/tickets`: a way in for clients without cookies.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::AppState;
use super::error::ApiError;
use super::member::Member;
use super::time::timestamp;
use crate::access::admission::issue_ticket;
use crate::clock::now;

/// A ticket; it is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssuedTicket {
    /// For `?ticket=` of the connection, or `Authorization: Bearer` of this API.
    ticket: String,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Makes a ticket for the one who asks, good for a day and as often as needed.
#[utoipa::path(
    post,
    path = "/rooms/{room}/tickets",
    params(("room" = String, Path, description = "The room")),
    responses(
        (status = 201, body = IssuedTicket),
        (status = 401, description = "Not a member"),
        (status = 404, description = "No such room"),
    )
)]
pub(super) async fn issue(
    member: Member,
    State(app): State<AppState>,
) -> Result<(StatusCode, Json<IssuedTicket>), ApiError> {
    let access = app.access.as_ref();
    let (secret, expires_at) = issue_ticket(access, member.room, member.participant, now()).await?;
    let issued = IssuedTicket {
        ticket: secret.reveal().to_owned(),
        expires_at: timestamp(expires_at),
    };
    Ok((StatusCode::CREATED, Json(issued)))
}
