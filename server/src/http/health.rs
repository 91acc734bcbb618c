//! Whether the server lives and can take writes, for whoever runs it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::AppState;
use crate::log::Durability;

/// How long the store may take to say that it is well.
const PATIENCE: Duration = Duration::from_secs(5);

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
    reason: Option<String>,
}

/// `GET /readyz`: the store takes writes, and what its word is worth.
pub(super) async fn ready(State(app): State<AppState>) -> Response {
    let checked = tokio::time::timeout(PATIENCE, app.log.check()).await;
    let reason = match checked {
        Ok(Ok(durability)) => {
            app.metrics.set_durability(Some(durability));
            let durability = match durability {
                Durability::Disk => "disk",
                Durability::Memory => "memory",
            };
            let readiness = Readiness {
                ready: true,
                durability: Some(durability),
                reason: None,
            };
            return Json(readiness).into_response();
        }
        Ok(Err(error)) => {
            tracing::warn!(error = ?error, "not ready: {error}");
            error.to_string()
        }
        Err(_elapsed) => "the store does not answer".to_owned(),
    };
    app.metrics.set_durability(None);
    let readiness = Readiness {
        ready: false,
        durability: None,
        reason: Some(reason),
    };
    (StatusCode::SERVICE_UNAVAILABLE, Json(readiness)).into_response()
}

/// `GET /metrics`, for Prometheus.
pub(super) async fn metrics(State(app): State<AppState>) -> impl IntoResponse {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    app.metrics.set_vitals(&app.log.vitals());
    ([(header::CONTENT_TYPE, media_type)], app.metrics.text())
}
