//! How long an answer may take.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;

/// Longer than a slow disk or a large journey takes, shorter than people wait. What was asked
/// may still happen: calls that change something can be tried again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers for a handler that takes too long, for instance because the store is gone.
pub(super) async fn limit(request: Request, next: Next) -> Response {
    tokio::time::timeout(PATIENCE, next.run(request))
        .await
        .unwrap_or_else(|_elapsed| ApiError::TimedOut.into_response())
}
