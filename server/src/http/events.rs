//! `GET /rooms/{room}/events`: wakes phones, which hold no connection for edits.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::{Round, RoundStatus};
use tokio::time::timeout;

use super::AppState;
use super::error::ApiError;
use super::member::Member;
use super::unbuffered::UNBUFFERED;
use crate::connection::events::PADDING_BYTES;

/// Below what proxies wait, and often enough to notice that a phone is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A comment, which browsers pass over.
const SIGN_OF_LIFE: &[u8] = b":\n\n";
/// Browsers come back after a time that they are told once; it differs, so that a full room
/// does not come back all at once.
const RETRY_MILLISECONDS: std::ops::Range<u64> = 1_000..6_000;

/// Tells of the newest round at once, then of every change of a round. Totals come with the
/// reveal only (R6).
#[utoipa::path(
    get,
    path = "/rooms/{room}/events",
    params(Member),
    responses(
        (
            status = 200,
            description = "Server-sent events: `round`, `revealed`",
            content_type = "text/event-stream"
        ),
        Member,
    )
)]
pub(super) async fn listen(
    member: Member,
    State(app): State<AppState>,
) -> Result<Response, ApiError> {
    let room = member.open(&app).await?;
    // Subscribed before the round is read, so that no change falls between.
    let changes = room.subscribe(member.participant).await?;
    let current = room.workshop().await?.current_round().map(event);
    let retry = rand::random_range(RETRY_MILLISECONDS);
    let current = current.unwrap_or_else(|| "\n".to_owned());
    let first = [
        format!(":{:PADDING_BYTES$}\n\n", ""),
        format!("retry: {retry}\n{current}"),
    ];
    let events = stream::unfold(changes, |mut changes| async {
        loop {
            let Ok(told) = timeout(KEEP_ALIVE, changes.recv()).await else {
                return Some((Bytes::from_static(SIGN_OF_LIFE), changes));
            };
            if let Some(event) = told?.form(form) {
                return Some((event, changes));
            }
        }
    });
    let events = stream::iter(first).map(Bytes::from).chain(events);
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    let body = Body::from_stream(events.map(Ok::<_, Infallible>));
    Ok((kind, UNBUFFERED, body).into_response())
}

fn form(message: &ServerMessage) -> Option<Bytes> {
    match message {
        ServerMessage::RoundChanged { round } => Some(event(round).into()),
        _ => None,
    }
}

fn event(round: &Round) -> String {
    let round = round.public();
    let name = match round.status {
        RoundStatus::Revealed => "revealed",
        RoundStatus::Open | RoundStatus::Closed => "round",
    };
    let data = serde_json::to_string(&round).expect("plain data with text keys has a JSON form");
    format!("event: {name}\ndata: {data}\n\n")
}
