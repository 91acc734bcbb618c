//! The API's description of itself: `GET /api/v1/openapi.json`.
//!
//! Each call is described where it is handled; what its extractors read and refuse, here.

use std::collections::BTreeMap;

use axum::Extension;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{RefOr, Required, Response};
use utoipa::{IntoParams, IntoResponses, OpenApi};

use super::extract::RoundPath;
use super::member::{Coach, Member};

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

/// Who asks is a member of the room in the address.
impl IntoParams for Member {
    fn into_params(_place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![in_path("room", "The room")]
    }
}

impl IntoParams for Coach {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Member::into_params(place)
    }
}

impl IntoParams for RoundPath {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = Member::into_params(place);
        parameters.push(in_path("round", "The round"));
        parameters
    }
}

/// How everyone else is refused.
impl IntoResponses for Member {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [
            refusal("401", "Not a member"),
            refusal("404", "No such room"),
        ]
        .into()
    }
}

/// How everyone else is refused.
impl IntoResponses for Coach {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut refusals = Member::responses();
        refusals.extend([refusal("403", "Coaches only")]);
        refusals
    }
}

/// Stands after that of who asks, as it says more.
impl IntoResponses for RoundPath {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [refusal("404", "No such room, or no such round")].into()
    }
}

fn in_path(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(Object::with_type(Type::String)))
        .build()
}

fn refusal(status: &str, description: &str) -> (String, RefOr<Response>) {
    (status.to_owned(), Response::new(description).into())
}
