//! Whether the server lives and can take writes, for whoever runs it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::{BoxFuture, FutureExt as _, Shared};
use serde::Serialize;

use super::AppState;
use crate::log::{Durability, RoomLog};

/// How long the store may take to say that it is well.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long what it said holds: asking writes to the disk, and anyone may ask.
const FRESH: Duration = Duration::from_secs(1);

/// What the store said of itself last, or why it does not take writes.
type Said = Shared<BoxFuture<'static, Result<Durability, Arc<str>>>>;

/// Asks the store how it is, once for all who want to know at the same time.
#[derive(Clone, Default)]
pub struct Checks {
    last: Arc<Mutex<Option<(Instant, Said)>>>,
}

impl Checks {
    async fn check(&self, log: &Arc<dyn RoomLog>) -> Result<Durability, Arc<str>> {
        self.said(log, Instant::now()).await
    }

    fn said(&self, log: &Arc<dyn RoomLog>, now: Instant) -> Said {
        // It is replaced whole.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |asked: Instant| now.saturating_duration_since(asked) < FRESH;
        match last.as_ref() {
            Some((asked, said)) if said.peek().is_none() || is_fresh(*asked) => said.clone(),
            _ => {
                let said = ask(Arc::clone(log)).boxed().shared();
                *last = Some((now, said.clone()));
                said
            }
        }
    }
}

async fn ask(log: Arc<dyn RoomLog>) -> Result<Durability, Arc<str>> {
    match tokio::time::timeout(PATIENCE, log.check()).await {
        Ok(Ok(durability)) => Ok(durability),
        Ok(Err(error)) => {
            tracing::warn!(error = ?error, "not ready: {error}");
            Err(error.to_string().into())
        }
        Err(_elapsed) => Err("the store does not answer".into()),
    }
}

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// What `/readyz` says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Readiness {
    ready: bool,
    /// Where an acknowledged edit is: `disk`, or `memory` (of another process, its disk follows).
    #[serde(skip_serializing_if = "Option::is_none")]
    durability: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Arc<str>>,
}

/// `GET /readyz`: the store takes writes, and what its word is worth.
pub(super) async fn ready(State(app): State<AppState>) -> Response {
    let checked = app.checks.check(&app.log).await;
    app.metrics.set_durability(checked.as_ref().ok().copied());
    let status = match checked {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let readiness = Readiness {
        ready: checked.is_ok(),
        durability: checked.as_ref().ok().map(|durability| match durability {
            Durability::Disk => "disk",
            Durability::Memory => "memory",
        }),
        reason: checked.err(),
    };
    (status, Json(readiness)).into_response()
}

/// `GET /metrics`, for Prometheus.
pub(super) async fn metrics(State(app): State<AppState>) -> impl IntoResponse {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    app.metrics.set_vitals(&app.log.vitals());
    ([(header::CONTENT_TYPE, media_type)], app.metrics.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::sqlite::SqliteStore;

    #[tokio::test]
    async fn however_many_ask_the_store_is_asked_once_a_moment() {
        let directory = tempfile::tempdir().unwrap();
        let log: Arc<dyn RoomLog> = Arc::new(SqliteStore::open(directory.path()).unwrap());
        let checks = Checks::default();
        let now = Instant::now();

        let first = checks.said(&log, now);
        let meanwhile = checks.said(&log, now + 2 * FRESH);
        assert!(first.ptr_eq(&meanwhile), "nobody asked for its answer yet");
        assert_eq!(first.clone().await, Ok(Durability::Disk));

        assert!(first.ptr_eq(&checks.said(&log, now + FRESH / 2)));
        assert!(!first.ptr_eq(&checks.said(&log, now + FRESH)));
    }
}
