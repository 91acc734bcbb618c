//! `GET /healthz/proxy`: what a request looks like once it is here, for `hartslag doctor`.
//!
//! It tells only what the asker sent, and what the server is told to make of it.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use super::AppState;

/// Between the two parts of the answer: a proxy that holds the first back gives both at once.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Arrived<'a> {
    /// The words of a WebSocket upgrade arrived.
    upgrade: bool,
    /// Addresses in `X-Forwarded-For`.
    forwarded_for: usize,
    trusts_forwarded_for: bool,
    public_url: Option<&'a str>,
}

pub(super) async fn show(State(app): State<AppState>, headers: HeaderMap) -> Response {
    let has = |name: HeaderName, word: &str| {
        let mut values = headers.get_all(name).iter();
        values.any(|value| {
            let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
            value.split(',').any(|part| part.trim() == word)
        })
    };
    let forwarded = headers.get_all("x-forwarded-for").iter();
    let arrived = Arrived {
        upgrade: has(header::UPGRADE, "websocket") && has(header::CONNECTION, "upgrade"),
        forwarded_for: forwarded
            .filter_map(|value| value.to_str().ok())
            .map(|value| value.split(',').count())
            .sum(),
        trusts_forwarded_for: app.settings.trust_forwarded_for,
        public_url: app.settings.public_url.as_deref(),
    };
    // Plain data with text keys always has a JSON form.
    let told = serde_json::to_string(&arrived).unwrap_or_default();
    let parts = [format!("data: {told}\n\n"), "data: end\n\n".to_owned()];
    let body = stream::unfold(parts.into_iter(), async |mut parts| {
        let part = parts.next()?;
        if parts.len() == 0 {
            tokio::time::sleep(PAUSE).await;
        }
        Some((Ok::<_, Infallible>(part), parts))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(body)).into_response()
}
