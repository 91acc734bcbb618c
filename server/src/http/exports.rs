//! The board as something to take along.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hartslag_protocol::board::words::Language as BoardLanguage;

use self::making::{Form, Made};
use super::AppState;
use super::error::ApiError;
use super::member::Member;
use super::texts::Language;

mod making;

pub use making::Exports;

/// The board in the exchange format.
#[utoipa::path(
    get,
    path = "/rooms/{room}/journey",
    params(Member),
    responses(
        (status = 200, description = "The journey", content_type = "application/json"),
        Member,
    )
)]
pub(super) async fn journey(
    member: Member,
    State(app): State<AppState>,
) -> Result<impl IntoResponse, ApiError> {
    let made = app.exports.of(&app, &member, Form::Json).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], made.content))
}

/// The journey as a file.
#[utoipa::path(
    get,
    path = "/rooms/{room}/exports/json",
    params(Member),
    responses(
        (status = 200, description = "A download", content_type = "application/json"),
        Member,
    )
)]
pub(super) async fn json(
    member: Member,
    State(app): State<AppState>,
) -> Result<Response, ApiError> {
    let made = app.exports.of(&app, &member, Form::Json).await?;
    Ok(download(made, "json", "application/json"))
}

/// A table for spreadsheets, in the language of the one who asks.
#[utoipa::path(
    get,
    path = "/rooms/{room}/exports/csv",
    params(Member),
    responses((status = 200, description = "A download", content_type = "text/csv"), Member)
)]
pub(super) async fn csv(
    member: Member,
    State(app): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let form = Form::Csv(language(&headers));
    let made = app.exports.of(&app, &member, form).await?;
    Ok(download(made, "csv", "text/csv; charset=utf-8"))
}

/// The heartbeat as a drawing, in the language of the one who asks.
#[utoipa::path(
    get,
    path = "/rooms/{room}/exports/svg",
    params(Member),
    responses((status = 200, description = "A download", content_type = "image/svg+xml"), Member)
)]
pub(super) async fn svg(
    member: Member,
    State(app): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let form = Form::Svg(language(&headers));
    let made = app.exports.of(&app, &member, form).await?;
    Ok(download(made, "svg", "image/svg+xml"))
}

fn language(headers: &HeaderMap) -> BoardLanguage {
    match Language::preferred(headers) {
        Language::Dutch => BoardLanguage::Dutch,
        Language::English => BoardLanguage::English,
    }
}

fn download(made: Made, extension: &str, media_type: &'static str) -> Response {
    let Made { name, content } = made;
    let disposition = format!("attachment; filename=\"{name}.{extension}\"");
    let disposition = HeaderValue::try_from(disposition).expect("a name is letters, digits and -");
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, content).into_response()
}
