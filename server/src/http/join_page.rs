//! The form for the join code, for browsers without JavaScript: `POST /join`.
//!
//! The form itself stands in the web client's page; this answers it, and shows it again with what
//! was wrong.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::AppState;
use super::client_network::ClientAddress;
use super::error::ApiError;
use super::join::{Join, admit};
use super::plain_page::head;
use super::texts::{Language, Texts};
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
    address: ClientAddress,
    headers: HeaderMap,
    form: Result<Form<JoinForm>, FormRejection>,
) -> Response {
    let texts = Texts::vote(Language::preferred(&headers));
    // A body that is no form has no code either.
    let form = form.map(|Form(form)| form).unwrap_or_default();
    match admit(&app, address, &headers, asked(&form)).await {
        Ok((device, joined)) => {
            let cookie = device.cookie(&app.settings);
            let ballot = Redirect::to(&format!("/rooms/{}/vote", joined.room));
            ([(SET_COOKIE, cookie)], ballot).into_response()
        }
        Err(error) => refused(texts, &form, error),
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
        ApiError::DoorClosed => "vote.join.doorClosed",
        ApiError::SentAway => "vote.join.sentAway",
        ApiError::NetworkShut { .. } => "vote.join.networkShut",
        ApiError::InvalidBody { .. } => "vote.join.name.fault",
        _ => "vote.join.failed",
    }
}

/// The form again, with the status and the waiting time that the API would tell.
fn refused(texts: Texts, form: &JoinForm, error: ApiError) -> Response {
    let page = page(texts, form, texts.of(in_words(&error)));
    let problem = error.into_response();
    let mut response = (problem.status(), page).into_response();
    if let Some(wait) = problem.headers().get(RETRY_AFTER) {
        response.headers_mut().insert(RETRY_AFTER, wait.clone());
    }
    response
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
        let told = |error| {
            let error = ApiError::Admission(error);
            let fault = in_words(&error);
            let answer = refused(Texts::vote(Language::Dutch), &JoinForm::default(), error);
            let waits = answer.headers().contains_key(RETRY_AFTER);
            (fault, answer.status().as_u16(), waits)
        };
        let too_many = AdmissionError::TooManyGuesses {
            retry_after: std::time::Duration::from_secs(9),
        };

        assert_eq!(
            told(AdmissionError::CodeUnknown),
            ("vote.join.unknown", 404, false)
        );
        assert_eq!(
            told(AdmissionError::CodeExpired),
            ("vote.join.expired", 410, false)
        );
        assert_eq!(told(too_many), ("vote.join.tooMany", 429, true));
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
