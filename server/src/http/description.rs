//! The API's description of itself: `GET /api/v1/openapi.json`.

use axum::Extension;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::OpenApi;

/// What the description says besides the calls.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hartslag",
        description = "Collaborative customer journeys (klantreizen). The words are those of \
            the project's glossary, docs/glossary.md. Errors are application/problem+json.",
        contact(
            name = "Hartslag",
            email = "hartslag@hartslag.example",
            url = "https://github.com/hartslag/hartslag"
        ),
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    servers((url = "/api/v1")),
)]
pub(super) struct Api;

/// The description as JSON, made once.
#[derive(Clone)]
pub(super) struct Text(Bytes);

impl Text {
    pub(super) fn of(description: &utoipa::openapi::OpenApi) -> Self {
        let text = description
            .to_pretty_json()
            .expect("plain data with text keys has a JSON form");
        Self(text.into())
    }
}

/// `GET /openapi.json`; open to pages of other sites, such as editors of API descriptions.
pub(super) async fn show(Extension(Text(text)): Extension<Text>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, text)
}
