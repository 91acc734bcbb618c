//! `POST /rooms/{room}/tickets`: a way in for clients without cookies.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AppState;
use super::error::ApiError;
use super::extract::JsonBody;
use super::member::Member;
use super::time::timestamp;
use crate::access::admission::issue_ticket;
use crate::access::secret::hash;
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
    params(Member),
    responses((status = 201, body = IssuedTicket), Member)
)]
pub(super) async fn issue(
    member: Member,
    State(app): State<AppState>,
) -> Result<(StatusCode, Json<IssuedTicket>), ApiError> {
    member.pay(&app)?;
    let access = app.access.as_ref();
    let (secret, expires_at) = issue_ticket(access, member.room, member.participant, now()).await?;
    let issued = IssuedTicket {
        ticket: secret.reveal().to_owned(),
        expires_at: timestamp(expires_at),
    };
    Ok((StatusCode::CREATED, Json(issued)))
}

/// A ticket to end.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RevokeTicket {
    ticket: String,
}

/// Ends a ticket: one's own or, for a coach, anyone's in the room. What is unknown has ended
/// already. Connections that were opened with it stay.
#[utoipa::path(
    delete,
    path = "/rooms/{room}/tickets",
    params(Member),
    request_body = RevokeTicket,
    responses((status = 204, description = "It has ended"), Member)
)]
pub(super) async fn revoke(
    member: Member,
    State(app): State<AppState>,
    JsonBody(asked): JsonBody<RevokeTicket>,
) -> Result<StatusCode, ApiError> {
    let secret = hash(&asked.ticket);
    let known = app.access.ticket(secret).await?;
    let is_theirs = known.is_some_and(|ticket| {
        ticket.room == member.room
            && (ticket.participant == member.participant || member.role.may_steer())
    });
    if is_theirs {
        app.access.revoke_ticket(secret).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
