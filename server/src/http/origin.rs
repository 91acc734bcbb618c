//! Keeps pages of other sites from acting in someone's name.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::error::ApiError;
use super::settings::Settings;

/// Refuses requests of foreign pages that change something or open a connection.
pub(crate) async fn check(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let matters = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) || headers.contains_key(header::UPGRADE);
    let is_foreign = if matters {
        !is_own(&app.settings, uri, headers)
    } else {
        uri.path().starts_with("/sync/") && is_told_foreign(&app.settings, uri, headers)
    };
    if is_foreign {
        return ApiError::ForeignOrigin.into_response();
    }
    next.run(request).await
}

/// Whether the browser says that a page of another site asks. With a GET it does not name an
/// origin that is the server's own.
fn is_told_foreign(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> bool {
    let names_foreign = headers.contains_key(header::ORIGIN) && !is_own(settings, uri, headers);
    let site = headers.get("sec-fetch-site");
    names_foreign || site.is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Whether the request comes from a page of this server, or from no page at all: browsers always
/// name the origin, and what names none may not ride on a cookie.
fn is_own(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return !headers.contains_key(header::COOKIE);
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    if settings
        .public_origin()
        .is_some_and(|own| own.eq_ignore_ascii_case(origin))
    {
        return true;
    }
    let host = uri
        .authority()
        .map(axum::http::uri::Authority::as_str)
        .or_else(|| headers.get(header::HOST)?.to_str().ok());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    matches!((authority, host), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(pairs: &[(header::HeaderName, &str)]) -> bool {
        let settings = Settings {
            public_url: Some("https://hartslag.example".into()),
            ..Settings::default()
        };
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect();
        is_own(&settings, &Uri::from_static("/api/v1/join"), &headers)
    }

    #[test]
    fn h5_the_same_host_and_the_public_address_are_own() {
        let host = (header::HOST, "10.0.0.1:8080");

        assert!(verdict(&[
            host.clone(),
            (header::ORIGIN, "http://10.0.0.1:8080")
        ]));
        assert!(verdict(&[
            host,
            (header::ORIGIN, "https://hartslag.example")
        ]));
    }

    #[test]
    fn h5_another_host_port_or_no_origin_at_all_is_foreign() {
        for origin in [
            "http://10.0.0.1",
            "http://10.0.0.1:8081",
            "https://evil.example",
            "null",
        ] {
            assert!(
                !verdict(&[(header::HOST, "10.0.0.1:8080"), (header::ORIGIN, origin)]),
                "{origin}"
            );
        }
    }

    #[test]
    fn h5_without_origin_only_a_client_without_cookies_may_act() {
        assert!(verdict(&[(header::HOST, "10.0.0.1:8080")]));
        assert!(!verdict(&[
            (header::HOST, "10.0.0.1:8080"),
            (header::COOKIE, "hartslag=x")
        ]));
    }
}
