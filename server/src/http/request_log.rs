//! A line in the log for each request that changes something: action, object, result, origin,
//! actor; the time is the line's own.
//!
//! The address is logged without its query, which may hold a ticket; the origin is a network,
//! not a person's address.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::AppState;
use super::client_network::ClientNetwork;

/// Takes the frames of a connection: one a moment, and no more worth a line than those of a
/// WebSocket.
const FRAMES: &str = "/sync/{room}/messages";
/// The field of a request's span that [`record_actor`] fills in.
const ACTOR: &str = "actor";

/// Logs requests.
pub(super) async fn log(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let route = parts
        .extensions
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        action = %format_args!("{} {route}", parts.method),
        object = if route == "other" { "" } else { parts.uri.path() },
        origin = %ClientNetwork::of(&parts, &app).0,
        { ACTOR } = tracing::field::Empty,
    );
    let changes =
        !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) && route != FRAMES;
    let request = Request::from_parts(parts, body);
    async move {
        let response = next.run(request).await;
        let result = response.status().as_u16();
        app.metrics.count_request(result);
        if changes {
            tracing::info!(result, "request handled: {result}");
        } else {
            tracing::debug!(result, "request handled: {result}");
        }
        response
    }
    .instrument(span)
    .await
}

/// Notes who makes the current request.
pub(super) fn record_actor(actor: &dyn std::fmt::Display) {
    tracing::Span::current().record(ACTOR, tracing::field::display(actor));
}
