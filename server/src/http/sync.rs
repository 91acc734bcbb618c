//! `/sync/{room}`: the ways to a connection for edits.

use std::convert::Infallible;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use hartslag_protocol::wire::message::SUBPROTOCOL;

use super::AppState;
use super::client_network::ClientNetwork;
use super::error::ApiError;
use super::member::Joining;
use super::unbuffered::UNBUFFERED;
use super::upgrade::{Upgrade, UpgradeRefusal};
use crate::connection::event_stream::PostError;
use crate::connection::websocket;

/// Names the connection that a POST belongs to.
const CONNECTION: &str = "hartslag-connection";
/// Numbers the POSTs of a connection, from 1.
const POST: &str = "hartslag-post";

/// Opens a connection over a WebSocket. Everything that can be wrong is told before the upgrade
/// (W3).
pub(super) async fn open(
    Joining(member): Joining,
    State(app): State<AppState>,
    ClientNetwork(network): ClientNetwork,
    upgrade: Result<Upgrade, UpgradeRefusal>,
) -> Result<Response, ApiError> {
    let room = member.open(&app).await?;
    match upgrade {
        Ok(upgrade) => Ok(upgrade.accept(SUBPROTOCOL, move |socket, ahead, speaks| {
            let person = (member.participant, member.role);
            websocket::serve(socket, ahead, speaks, room, person, network)
        })),
        Err(rejection) => Ok(rejection.into_response()),
    }
}

/// Opens a connection over server-sent events (W20).
pub(super) async fn listen(
    Joining(member): Joining,
    State(app): State<AppState>,
    ClientNetwork(network): ClientNetwork,
) -> Result<Response, ApiError> {
    let room = member.open(&app).await?;
    let streams = &app.event_streams;
    let (participant, role) = (member.participant, member.role);
    let events = streams.open(room, participant, role, network).await?;
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    let body = Body::from_stream(events.map(Ok::<_, Infallible>));
    Ok((kind, UNBUFFERED, body).into_response())
}

/// Takes frames of a connection that [`listen`] opened (W22). Who knows its secret opened it.
pub(super) async fn post(
    State(app): State<AppState>,
    Path(room): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let room = room.parse().map_err(|_no_id| ApiError::RoomNotFound)?;
    let number = text_of(&headers, POST).and_then(|text| text.parse::<u64>().ok());
    let Some(number) = number.filter(|number| *number > 0) else {
        return Err(ApiError::InvalidBody {
            detail: "the header Hartslag-Post counts from 1".into(),
            errors: Vec::new(),
        });
    };
    let secret = text_of(&headers, CONNECTION).unwrap_or_default();
    let line = app.event_streams.line(room, secret)?;
    if line.has_handed_in(number) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let limit = line.largest_body();
    let slot = line.reserve()?;
    let body = to_bytes(body, limit).await.map_err(|error| {
        tracing::debug!(%error, "a POST was not read to its end: {error}");
        ApiError::TooLarge(limit)
    })?;
    slot.hand_in(number, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl From<PostError> for ApiError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Gone => Self::ConnectionGone,
            PostError::Busy => Self::PostUnderWay,
        }
    }
}
