//! What handlers take from a request; whatever does not fit becomes a problem document.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use hartslag_protocol::problem::Fault;
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// Bytes that a body has at most where nothing else is said.
pub(crate) const BODY_BYTES: usize = 64 << 10;

/// A JSON body of at most `LIMIT` bytes.
pub(crate) struct JsonBody<T, const LIMIT: usize = BODY_BYTES>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync, const LIMIT: usize> FromRequest<S> for JsonBody<T, LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = UnreadJson::from_request(request, state).await?;
        parse(&body.read(LIMIT).await?).map(Self)
    }
}

/// A body that says to be JSON, before it is read.
pub(crate) struct UnreadJson {
    body: Body,
    length: Option<usize>,
}

impl<S: Sync> FromRequest<S> for UnreadJson {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let body = request.into_body();
        Ok(Self { body, length })
    }
}

impl UnreadJson {
    /// Its length, where it says so.
    pub(crate) fn length(&self) -> Option<usize> {
        self.length
    }

    /// Its bytes, of which there are at most `limit`.
    pub(crate) async fn read(self, limit: usize) -> Result<axum::body::Bytes, ApiError> {
        read(self.body, limit).await
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default().trim());
    media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"))
}

async fn read(body: Body, limit: usize) -> Result<axum::body::Bytes, ApiError> {
    to_bytes(body, limit).await.map_err(|error| {
        tracing::debug!(%error, "a request body was not read to its end: {error}");
        ApiError::TooLarge(limit)
    })
}

/// What the JSON says.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let fault = Fault {
            pointer: pointer(error.path()),
            detail: error.inner().to_string(),
        };
        ApiError::InvalidBody {
            detail: format!("the body is not what is asked: {}", fault.detail),
            errors: vec![fault],
        }
    })?;
    deserializer.end().map_err(|error| ApiError::InvalidBody {
        detail: format!("the body goes on after its end: {error}"),
        errors: Vec::new(),
    })?;
    Ok(value)
}

/// The path as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    pointer
}

/// One fault of the body, told with its place.
pub(crate) fn body_fault(pointer: &str, detail: impl std::fmt::Display) -> ApiError {
    let fault = Fault {
        pointer: pointer.to_owned(),
        detail: detail.to_string(),
    };
    ApiError::InvalidBody {
        detail: format!(
            "{}: {}",
            fault.pointer.trim_start_matches('/'),
            fault.detail
        ),
        errors: vec![fault],
    }
}

/// Room and round of the address. What is no identifier names no round.
pub(crate) struct RoundPath(pub(crate) hartslag_protocol::ids::RoundId);

impl<S: Send + Sync> FromRequestParts<S> for RoundPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        #[derive(serde::Deserialize)]
        struct Address {
            round: hartslag_protocol::ids::RoundId,
        }
        match Path::<Address>::from_request_parts(parts, state).await {
            Ok(Path(address)) => Ok(Self(address.round)),
            Err(rejection) => {
                tracing::debug!(%rejection, "no round has this address: {rejection}");
                Err(ApiError::RoundNotFound)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_fault_in_a_body_is_told_with_its_place() {
        let parsed = parse::<BTreeMap<String, BTreeMap<String, u32>>>(br#"{"a/b": {"c": -1}}"#);

        let Err(ApiError::InvalidBody { errors, .. }) = parsed else {
            panic!("it was taken");
        };
        assert_eq!(errors[0].pointer, "/a~1b/c");
    }

    #[test]
    fn a_body_ends_where_its_json_ends() {
        assert!(parse::<u32>(b"1 2").is_err());
        assert!(parse::<u32>(b" 1 ").is_ok());
    }
}
