//! What a handler can fail with, and how the API tells it: one table (RFC 9457).

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hartslag_protocol::problem::{Fault, PROBLEM_MEDIA_TYPE, Problem};
use serde::Serialize;

use crate::access::admission::AdmissionError;
use crate::http::own_response::OwnResponse;
use crate::log::LogError;
use crate::room::{ChangeRoundError, LookError, OpenRoomError, RoomClosed};
use crate::work::Busy;

/// How long a client waits before it asks an unavailable store again.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(5);
/// How long the work takes that someone has waiting.
const BUSY_RETRY: Duration = Duration::from_secs(2);
/// How long a room takes to leave memory.
const ROOM_CLOSED_RETRY: Duration = Duration::from_secs(1);

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
    /// The round is for who was in the room when it began (R13).
    #[error("this round is for who was in the room when it began")]
    CameLater,
    /// The coach sent this person away (H14).
    #[error("the coach sent this device away from the room")]
    SentAway,
    /// Nobody new comes in (H13).
    #[error("the door is closed: nobody new comes in until the coach opens it")]
    DoorClosed,
    /// Nobody new comes in from this network for a while (H14).
    #[error("nobody new comes in from this network for some minutes")]
    NetworkShut {
        /// How long to wait.
        retry_after: Duration,
    },
    /// A page of another site asked.
    #[error("this request comes from another site")]
    ForeignOrigin,
    /// What was brought does not let its holder in.
    #[error(transparent)]
    Admission(AdmissionError),
    /// The room has as many people as it can have.
    #[error("the room is full")]
    RoomFull,
    /// This network made too many rooms of late (H10).
    #[error("too many rooms were made from this network: try again later")]
    TooManyRooms {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The participant gave too many orders of late (H11).
    #[error("too many changes at once: try again later")]
    TooManyOrders {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The round takes no responses.
    #[error("the round is not open: responses are no longer taken")]
    RoundNotOpen,
    /// A later revision is kept (R3).
    #[error("a response of an equal or later revision is kept")]
    ResponseStale(OwnResponse),
    /// A POST of a connection that ended, or that another node has (W25).
    #[error("the connection is gone: open a new one")]
    ConnectionGone,
    /// A POST before the answer to the one before it.
    #[error("another POST of this connection is under way")]
    PostUnderWay,
    /// The server is about to stop.
    #[error("the server is stopping")]
    ShuttingDown,
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] Arc<LogError>),
    /// The room left memory while it was asked.
    #[error(transparent)]
    RoomClosed(#[from] RoomClosed),
    /// The store has less of the room than was acknowledged (L7).
    #[error("the room went back to an older state")]
    RoomRegressed,
    /// What is kept of the room cannot be read.
    #[error("the room is damaged")]
    RoomDamaged(#[source] OpenRoomError),
    /// The room has as many rounds as it can have.
    #[error("the room has too many rounds, or too long ones: open a new room for more")]
    TooManyRounds,
    /// It took too long.
    #[error("the answer took too long")]
    TimedOut,
    /// It costs more than its request, and others come first.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A bug.
    #[error("{0}")]
    Internal(&'static str),
}

impl ApiError {
    /// The kind of problem and its status. The kind with blanks is its title.
    fn kind(&self) -> (&'static str, StatusCode) {
        use StatusCode as Status;
        match self {
            Self::NotFound => ("not-found", Status::NOT_FOUND),
            Self::MethodNotAllowed => ("method-not-allowed", Status::METHOD_NOT_ALLOWED),
            Self::InvalidBody { .. } => ("invalid-body", Status::BAD_REQUEST),
            Self::UnsupportedMediaType => {
                ("unsupported-media-type", Status::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::TooLarge(_) => ("too-large", Status::PAYLOAD_TOO_LARGE),
            Self::InvalidJourney(_) => ("invalid-journey", Status::BAD_REQUEST),
            Self::InvalidBallot(_) => ("invalid-ballot", Status::BAD_REQUEST),
            Self::RoomNotFound => ("room-not-found", Status::NOT_FOUND),
            Self::RoundNotFound => ("round-not-found", Status::NOT_FOUND),
            Self::NotMember => ("not-member", Status::UNAUTHORIZED),
            Self::RoleNotAllowed => ("role-not-allowed", Status::FORBIDDEN),
            Self::CameLater => ("came-later", Status::FORBIDDEN),
            Self::SentAway => ("sent-away", Status::FORBIDDEN),
            Self::DoorClosed => ("door-closed", Status::FORBIDDEN),
            Self::NetworkShut { .. } => ("network-shut", Status::TOO_MANY_REQUESTS),
            Self::ForeignOrigin => ("foreign-origin", Status::FORBIDDEN),
            Self::Admission(error) => admission_kind(error),
            Self::RoomFull => ("room-full", Status::CONFLICT),
            Self::TooManyRooms { .. } => ("too-many-rooms", Status::TOO_MANY_REQUESTS),
            Self::TooManyOrders { .. } => ("too-many-orders", Status::TOO_MANY_REQUESTS),
            Self::TooManyRounds => ("too-many-rounds", Status::CONFLICT),
            Self::RoundNotOpen => ("round-not-open", Status::CONFLICT),
            Self::ResponseStale(_) => ("response-stale", Status::CONFLICT),
            Self::ConnectionGone => ("connection-gone", Status::GONE),
            Self::PostUnderWay => ("post-under-way", Status::TOO_MANY_REQUESTS),
            Self::ShuttingDown => ("shutting-down", Status::SERVICE_UNAVAILABLE),
            Self::RoomClosed(_) => ("room-closed", Status::SERVICE_UNAVAILABLE),
            Self::RoomRegressed => ("room-regressed", Status::SERVICE_UNAVAILABLE),
            Self::TimedOut => ("timed-out", Status::SERVICE_UNAVAILABLE),
            Self::Store(error) if matches!(**error, LogError::Unavailable(_)) => {
                ("store-unavailable", Status::SERVICE_UNAVAILABLE)
            }
            Self::Busy(Busy::Person) => ("too-much-at-once", Status::TOO_MANY_REQUESTS),
            Self::Busy(Busy::Crowded | Busy::Memory) => ("busy", Status::SERVICE_UNAVAILABLE),
            Self::RoomDamaged(_) | Self::Store(_) | Self::Busy(_) | Self::Internal(_) => {
                ("internal", Status::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// How long to wait before trying again, where that can help.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Admission(AdmissionError::TooManyGuesses { retry_after })
            | Self::NetworkShut { retry_after }
            | Self::TooManyRooms { retry_after }
            | Self::TooManyOrders { retry_after } => Some(*retry_after),
            Self::ShuttingDown
            | Self::TimedOut
            | Self::RoomRegressed
            | Self::Busy(Busy::Crowded | Busy::Memory) => Some(UNAVAILABLE_RETRY),
            Self::Store(error) if matches!(**error, LogError::Unavailable(_)) => {
                Some(UNAVAILABLE_RETRY)
            }
            Self::Busy(Busy::Person) => Some(BUSY_RETRY),
            Self::RoomClosed(_) | Self::PostUnderWay => Some(ROOM_CLOSED_RETRY),
            _ => None,
        }
    }
}

fn admission_kind(error: &AdmissionError) -> (&'static str, StatusCode) {
    match error {
        AdmissionError::InvitationUnknown => ("invitation-unknown", StatusCode::NOT_FOUND),
        AdmissionError::CodeUnknown => ("code-unknown", StatusCode::NOT_FOUND),
        AdmissionError::CodeExpired => ("code-expired", StatusCode::GONE),
        AdmissionError::TooManyGuesses { .. } => {
            ("too-many-guesses", StatusCode::TOO_MANY_REQUESTS)
        }
        AdmissionError::Store(_) => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::NoSuchRoom => Self::RoomNotFound,
            error => Self::Store(Arc::new(error)),
        }
    }
}

impl From<LookError> for ApiError {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Log(error) => error.into(),
            LookError::Closed(error) => error.into(),
        }
    }
}

impl From<OpenRoomError> for ApiError {
    fn from(error: OpenRoomError) -> Self {
        match error {
            OpenRoomError::NoSuchRoom => Self::RoomNotFound,
            OpenRoomError::ShuttingDown => Self::ShuttingDown,
            OpenRoomError::Regressed => Self::RoomRegressed,
            damaged @ OpenRoomError::Damaged(_) => Self::RoomDamaged(damaged),
            OpenRoomError::Log(error) => Self::Store(error),
            OpenRoomError::Busy(busy) => Self::Busy(busy),
        }
    }
}

impl From<ChangeRoundError> for ApiError {
    fn from(error: ChangeRoundError) -> Self {
        match error {
            ChangeRoundError::NoSuchRound => Self::RoundNotFound,
            ChangeRoundError::Log(error) => error.into(),
            ChangeRoundError::Closed(error) => error.into(),
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

/// `room-not-found` as "Room not found".
fn titled(kind: &str) -> String {
    let words = kind.replace('-', " ");
    let (first, rest) = words.split_at(1);
    first.to_uppercase() + rest
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
        let (kind, status) = self.kind();
        let detail = if matches!(self, Self::Busy(_)) && status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::debug!(error = ?self, "request refused: {self}");
            "Others come first. Try again in a moment.".to_owned()
        } else if status.is_server_error() {
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
            title: titled(kind),
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
    ApiError::Internal("a handler panicked").into_response()
}
