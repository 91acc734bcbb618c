//! Headers that every response has, whoever made it.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::AppState;
use super::pages::is_api;

/// Nothing but what this server itself serves: no inline script or style, no other host.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// `same-origin` and not `no-referrer`: under the latter browsers send `Origin: null` with a
/// plain form, and the ballot without JavaScript would be refused as foreign.
const REFERRER_POLICY: &str = "same-origin";

/// On every response.
const ALWAYS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::REFERRER_POLICY, REFERRER_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Two years, over the one year that the standard for public sites asks.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000; includeSubDomains";

/// The API's version, on each of its responses.
pub(crate) const API_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Sets the headers that every response has.
pub(crate) async fn secure(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.settings.is_secure() {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(STRICT_TRANSPORT_SECURITY),
        );
    }
    response
}

/// Sets the headers of the API's responses: its version, and that no cache keeps them, where they
/// do not say so themselves.
pub(crate) async fn describe_api(request: Request, next: Next) -> Response {
    let is_api = is_api(request.uri());
    let mut response = next.run(request).await;
    if is_api {
        let headers = response.headers_mut();
        headers.insert("API-Version", HeaderValue::from_static(API_VERSION));
        let caching = headers.entry(header::CACHE_CONTROL);
        caching.or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
