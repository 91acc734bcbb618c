//! `GET /rooms/{room}/events`: wakes phones, which hold no connection for edits.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{StreamExt as _, stream};
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::{Round, RoundStatus};

use super::AppState;
use super::error::ApiError;
use super::member::Member;
use super::unbuffered::UNBUFFERED;
use crate::connection::events::PADDING_BYTES;

/// Below what proxies wait, and often enough to notice that a phone is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
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
) -> Result<impl IntoResponse, ApiError> {
    let room = member.open(&app).await?;
    // Subscribed before the round is read, so that no change falls between.
    let changes = room.subscribe(member.participant).await?;
    let current = room.workshop().await?.current_round().map(event);
    let retry = Duration::from_millis(rand::random_range(RETRY_MILLISECONDS));
    let greeting = current.unwrap_or_default().retry(retry);
    let events = stream::unfold(changes, |mut changes| async {
        loop {
            if let ServerMessage::RoundChanged { round } = changes.recv().await?.as_ref() {
                return Some((event(round), changes));
            }
        }
    });
    let first = [
        Event::default().comment(" ".repeat(PADDING_BYTES)),
        greeting,
    ];
    let events = stream::iter(first).chain(events).map(Ok::<_, Infallible>);
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok((UNBUFFERED, events))
}

fn event(round: &Round) -> Event {
    let round = round.public();
    let name = match round.status {
        RoundStatus::Revealed => "revealed",
        RoundStatus::Open | RoundStatus::Closed => "round",
    };
    let data = serde_json::to_string(&round).expect("plain data with text keys has a JSON form");
    Event::default().event(name).data(data)
}
