//! What a handler can fail with, and how the API tells it: one table (RFC 9457).

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hartslag_protocol::problem::{Fault, PROBLEM_MEDIA_TYPE, Problem};
use serde::Serialize;

use crate::access::admission::AdmissionError;
use crate::http::responses::OwnResponse;
use crate::log::LogError;

/// How long a client waits before it asks an unavailable store again.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(5);

/// What a handler can fail with.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is none of the API's.
    #[error("the API has no such address; see /api/v1/openapi.json")]
    NotFound,
    /// The address does not take this method.
    #[error("this address does not take this method")]
    MethodNotAllowed,
    /// The body cannot be read as what is asked.
    #[error("{detail}")]
    InvalidBody {
        /// What is wrong.
        detail: String,
        /// Where.
        errors: Vec<Fault>,
    },
    /// The body is not JSON by its own saying.
    #[error("send JSON, as Content-Type: application/json")]
    UnsupportedMediaType,
    /// The body is over the limit of its address.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// A journey breaks rules of the exchange format.
    #[error("the journey has {} faults; nothing was made of it", .0.len())]
    InvalidJourney(Vec<Fault>),
    /// A ballot breaks rules of its round (R4).
    #[error("the ballot breaks the rules of the round; nothing was changed")]
    InvalidBallot(Vec<Fault>),
    /// There is no such room.
    #[error("there is no such room: check the address, or ask the coach for a new link")]
    RoomNotFound,
    /// The room has no such round.
    #[error("the room has no such round")]
    RoundNotFound,
    /// Nothing says who asks.
    #[error("join the room first")]
    NotMember,
    /// The role may not do this.
    #[error("your role in this room may not do this")]
    RoleNotAllowed,
    /// A page of another site asked.
    #[error("this request comes from another site")]
    ForeignOrigin,
    /// What was brought does not let its holder in.
    #[error(transparent)]
    Admission(AdmissionError),
    /// The room has as many people as it can have.
    #[error("the room is full")]
    RoomFull,
    /// The round takes no responses.
    #[error("the round is not open: responses are no longer taken")]
    RoundNotOpen,
    /// A later revision is kept (R3).
    #[error("a response of an equal or later revision is kept")]
    ResponseStale(OwnResponse),
    /// The server is about to stop.
    #[error("the server is stopping")]
    ShuttingDown,
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] LogError),
    /// A handler panicked, which is a bug.
    #[error("a handler panicked")]
    Panicked,
}

impl ApiError {
    /// Type and title of the problem, and its status.
    fn kind(&self) -> (&'static str, &'static str, StatusCode) {
        use StatusCode as Status;
        match self {
            Self::NotFound => ("not-found", "Not found", Status::NOT_FOUND),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                "Method not allowed",
                Status::METHOD_NOT_ALLOWED,
            ),
            Self::InvalidBody { .. } => {
                ("invalid-body", "Invalid request body", Status::BAD_REQUEST)
            }
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                "Unsupported media type",
                Status::UNSUPPORTED_MEDIA_TYPE,
            ),
            Self::TooLarge(_) => ("too-large", "Too large", Status::PAYLOAD_TOO_LARGE),
            Self::InvalidJourney(_) => ("invalid-journey", "Invalid journey", Status::BAD_REQUEST),
            Self::InvalidBallot(_) => ("invalid-ballot", "Invalid ballot", Status::BAD_REQUEST),
            Self::RoomNotFound => ("room-not-found", "Room not found", Status::NOT_FOUND),
            Self::RoundNotFound => ("round-not-found", "Round not found", Status::NOT_FOUND),
            Self::NotMember => (
                "not-member",
                "Not a member of the room",
                Status::UNAUTHORIZED,
            ),
            Self::RoleNotAllowed => ("role-not-allowed", "Role not allowed", Status::FORBIDDEN),
            Self::ForeignOrigin => ("foreign-origin", "Foreign origin", Status::FORBIDDEN),
            Self::Admission(error) => admission_kind(error),
            Self::RoomFull => ("room-full", "Room full", Status::CONFLICT),
            Self::RoundNotOpen => ("round-not-open", "Round not open", Status::CONFLICT),
            Self::ResponseStale(_) => ("response-stale", "Response stale", Status::CONFLICT),
            Self::ShuttingDown => (
                "shutting-down",
                "Shutting down",
                Status::SERVICE_UNAVAILABLE,
            ),
            Self::Store(LogError::Unavailable(_)) => (
                "store-unavailable",
                "Store unavailable",
                Status::SERVICE_UNAVAILABLE,
            ),
            Self::Store(_) | Self::Panicked => {
                ("internal", "Internal error", Status::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// How long to wait before trying again, where that can help.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Admission(AdmissionError::TooManyGuesses { retry_after }) => Some(*retry_after),
            Self::ShuttingDown | Self::Store(LogError::Unavailable(_)) => Some(UNAVAILABLE_RETRY),
            _ => None,
        }
    }
}

fn admission_kind(error: &AdmissionError) -> (&'static str, &'static str, StatusCode) {
    match error {
        AdmissionError::InvitationUnknown => (
            "invitation-unknown",
            "Invitation unknown",
            StatusCode::NOT_FOUND,
        ),
        AdmissionError::CodeUnknown => ("code-unknown", "Code unknown", StatusCode::NOT_FOUND),
        AdmissionError::CodeExpired => ("code-expired", "Code expired", StatusCode::GONE),
        AdmissionError::TooManyGuesses { .. } => (
            "too-many-guesses",
            "Too many wrong codes",
            StatusCode::TOO_MANY_REQUESTS,
        ),
        AdmissionError::Store(_) => (
            "internal",
            "Internal error",
            StatusCode::INTERNAL_SERVER_ERROR,
        ),
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::NoSuchRoom => Self::RoomNotFound,
            error => Self::Store(error),
        }
    }
}

impl From<AdmissionError> for ApiError {
    fn from(error: AdmissionError) -> Self {
        match error {
            AdmissionError::Store(error) => error.into(),
            error => Self::Admission(error),
        }
    }
}

/// A problem with what only one kind of problem tells.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    problem: Problem,
    /// The response that is kept, where a put one was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<OwnResponse>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (kind, title, status) = self.kind();
        let detail = if status.is_server_error() {
            tracing::error!(error = ?self, "request failed: {self}");
            "Try again in a moment.".to_owned()
        } else {
            self.to_string()
        };
        let retry_after = self.retry_after();
        let (errors, stored) = match self {
            Self::InvalidBody { errors, .. }
            | Self::InvalidJourney(errors)
            | Self::InvalidBallot(errors) => (errors, None),
            Self::ResponseStale(stored) => (Vec::new(), Some(stored)),
            _ => (Vec::new(), None),
        };
        let problem = Problem {
            r#type: format!("/problems/{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail,
            errors,
        };
        let mut response = (status, axum::Json(Told { problem, stored })).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(PROBLEM_MEDIA_TYPE),
        );
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 asks for a challenge with each 401.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = retry_after {
            let seconds = wait.as_secs_f64().ceil().max(1.0);
            let value =
                HeaderValue::try_from(format!("{seconds:.0}")).expect("digits are a header value");
            headers.insert(header::RETRY_AFTER, value);
        }
        response
    }
}

/// What a caller is told when a handler panicked. The panic itself is on standard error.
pub(super) fn after_panic(_panic: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::Panicked.into_response()
}
