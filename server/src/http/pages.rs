//! Pages and files for browsers, and what is said where there is none.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp, Unit};
use maud::html;

use super::AppState;
use super::error::ApiError;
use super::plain_page::plain_page;
use super::texts::{Language, Texts};
use super::web_client;

/// How far ahead `security.txt` says to expire: within the year that its standard asks, and
/// longer than a server runs without a restart or a look.
const SECURITY_TXT_DAYS: i64 = 180;

/// The web client for laptops and the wall.
pub(super) async fn board(headers: HeaderMap) -> Response {
    client_page("index.html", &headers)
}

/// The web client for phones, which is small.
pub(super) async fn phone(headers: HeaderMap) -> Response {
    client_page("phone.html", &headers)
}

fn client_page(name: &str, headers: &HeaderMap) -> Response {
    web_client::file(name, headers).unwrap_or_else(|| {
        let text =
            "This server was built without its web client: run `make web` and build again.\n";
        (StatusCode::NOT_FOUND, text).into_response()
    })
}

/// `GET /.well-known/security.txt` (RFC 9116).
pub(super) async fn security_txt(State(app): State<AppState>, headers: HeaderMap) -> Response {
    let Some(contact) = &app.settings.security_contact else {
        return not_found(&headers);
    };
    let expires = Timestamp::now()
        .saturating_add(SignedDuration::from_hours(24 * SECURITY_TXT_DAYS))
        .and_then(|expires| expires.round(Unit::Hour))
        .unwrap_or(Timestamp::MAX);
    let text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: nl, en\n");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// Any other address: a file of the web client, or nothing.
pub(super) async fn other(request: Request) -> Response {
    if is_api(request.uri()) {
        return ApiError::NotFound.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    web_client::file(path, request.headers()).unwrap_or_else(|| not_found(request.headers()))
}

/// An address that exists, with a method that it does not take.
pub(super) async fn wrong_method() -> ApiError {
    ApiError::MethodNotAllowed
}

/// Whether programs rather than people ask this address.
pub(super) fn is_api(uri: &Uri) -> bool {
    uri.path() == "/api" || uri.path().starts_with("/api/")
}

/// A friendly page for an address that does not exist.
fn not_found(headers: &HeaderMap) -> Response {
    let texts = Texts::server(Language::preferred(headers));
    let content = html! {
        p { (texts.of("server.notFound.text")) }
        p { a href="/" { (texts.of("server.home")) } }
    };
    let page = plain_page(texts, "server.notFound.title", &content);
    (StatusCode::NOT_FOUND, page).into_response()
}
