//! The form for the join code, for browsers without JavaScript: `POST /join`.
//!
//! The form itself stands in the web client's page; this answers it, and shows it again with what
//! was wrong.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::AppState;
use super::client_address::ClientRange;
use super::error::ApiError;
use super::join::{Join, admit};
use super::texts::{Language, Texts};
use super::vote_page::view::head;
use crate::access::admission::AdmissionError;

/// What was filled in.
#[derive(Clone, Default, Deserialize)]
pub(super) struct JoinForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    municipality: String,
}

/// Lets a device in by the code, and leads it to the ballot, which needs no script either.
pub(super) async fn submit(
    State(app): State<AppState>,
    range: ClientRange,
    headers: HeaderMap,
    form: Result<Form<JoinForm>, FormRejection>,
) -> Response {
    let texts = Texts::vote(Language::preferred(&headers));
    // A body that is no form has no code either.
    let form = form.map(|Form(form)| form).unwrap_or_default();
    match admit(&app, range, &headers, asked(&form)).await {
        Ok((device, joined)) => {
            let cookie = device.cookie(&app.settings);
            let ballot = Redirect::to(&format!("/rooms/{}/vote", joined.room));
            ([(SET_COOKIE, cookie)], ballot).into_response()
        }
        Err(error) => {
            let fault = texts.of(in_words(&error));
            (status(error), page(texts, &form, fault)).into_response()
        }
    }
}

/// What was left empty is not said: a device that comes back keeps its name.
fn asked(form: &JoinForm) -> Join {
    let said = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
    Join {
        invitation: None,
        code: Some(form.code.trim().to_owned()),
        name: said(&form.name),
        municipality: said(&form.municipality),
    }
}

fn in_words(error: &ApiError) -> &'static str {
    match error {
        ApiError::Admission(AdmissionError::CodeUnknown) => "vote.join.unknown",
        ApiError::Admission(AdmissionError::CodeExpired) => "vote.join.expired",
        ApiError::Admission(AdmissionError::TooManyGuesses { .. }) => "vote.join.tooMany",
        ApiError::RoomFull => "vote.join.full",
        ApiError::InvalidBody { .. } => "vote.join.name.fault",
        _ => "vote.join.failed",
    }
}

fn status(error: ApiError) -> StatusCode {
    error.into_response().status()
}

fn page(texts: Texts, form: &JoinForm, fault: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(texts.language.tag()) {
            head { (head(texts.of("vote.join.title"))) }
            body {
                header { h1 { (texts.of("vote.join.title")) } }
                main {
                    p.fault role="alert" id="fault" { (fault) }
                    form.card method="post" action="/join" {
                        p { (texts.of("vote.join.lead")) }
                        div.field {
                            label for="code" { (texts.of("vote.join.code")) }
                            input.code id="code" name="code" value=(form.code) required
                                autocomplete="off" autocapitalize="characters" spellcheck="false"
                                aria-describedby="fault code-help";
                            small id="code-help" { (texts.of("vote.join.code.help")) }
                        }
                        div.field {
                            label for="name" { (texts.of("vote.join.name")) }
                            input id="name" name="name" value=(form.name) autocomplete="nickname";
                        }
                        div.field {
                            label for="municipality" { (texts.of("vote.join.municipality")) }
                            input id="municipality" name="municipality"
                                value=(form.municipality) autocomplete="off";
                        }
                        button.go { (texts.of("vote.join.go")) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_and_is_text() {
        let form = JoinForm {
            code: r#""><script>"#.to_owned(),
            name: "Noor".to_owned(),
            municipality: String::new(),
        };
        let texts = Texts::vote(Language::Dutch);

        let page = page(texts, &form, texts.of("vote.join.unknown")).into_string();

        assert!(page.contains(r#"value="Noor""#) && !page.contains("<script>"));
        assert!(page.contains("Deze code kennen we niet."));
        assert!(!page.contains(">vote."));
    }

    #[test]
    fn h3_unknown_expired_and_too_many_are_told_apart() {
        let unknown = ApiError::Admission(AdmissionError::CodeUnknown);
        let expired = ApiError::Admission(AdmissionError::CodeExpired);

        assert_eq!(in_words(&unknown), "vote.join.unknown");
        assert_eq!(status(unknown), StatusCode::NOT_FOUND);
        assert_eq!(in_words(&expired), "vote.join.expired");
        assert_eq!(status(expired), StatusCode::GONE);
    }

    #[test]
    fn what_is_left_empty_is_not_said() {
        let join = asked(&JoinForm {
            code: " k7fm2p ".to_owned(),
            name: " ".to_owned(),
            municipality: "Duinrade".to_owned(),
        });

        assert_eq!(join.code.as_deref(), Some("k7fm2p"));
        assert_eq!(join.name, None);
        assert_eq!(join.municipality.as_deref(), Some("Duinrade"));
    }
}
