//! A page without script and with the least of style, for what must work when little does; and
//! the head that it shares with all pages that the server writes.

use axum::http::{HeaderName, header};
use maud::{DOCTYPE, Markup, html};

use super::texts::Texts;

/// The pages' style, under the name that the web client's build gives it.
const STYLE: &str = "/assets/vote.css";

/// The page with a heading, whose text is under this key, and this content.
pub(super) fn plain_page(
    texts: Texts,
    heading: &'static str,
    content: &Markup,
) -> ([(HeaderName, &'static str); 1], Markup) {
    let heading = texts.of(heading);
    let page = html! {
        (DOCTYPE)
        html lang=(texts.language.tag()) {
            head { (head(heading)) }
            body {
                main {
                    h1 { (heading) }
                    (content)
                }
            }
        }
    };
    ([(header::CACHE_CONTROL, "no-store")], page)
}

/// What stands in the head of each page that the server writes.
pub(super) fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="robots" content="noindex";
        title { (title) " – Hartslag" }
        link rel="icon" href="/icon.svg" type="image/svg+xml";
        link rel="stylesheet" href=(STYLE);
    }
}
