//! A page without script and with the least of style: for what must work when little does.

use axum::http::{HeaderName, header};
use maud::{DOCTYPE, Markup, html};

use super::texts::Texts;

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
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (heading) " – Hartslag" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/vote.css";
            }
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
