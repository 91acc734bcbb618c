//! What is said where there is no ballot to show.

use maud::{DOCTYPE, Markup, html};

use crate::http::plain_page::head;
use crate::http::texts::Texts;

/// Why there is no ballot.
#[derive(Clone, Copy)]
pub(super) enum Message {
    /// The address is of no room.
    NoSuchRoom,
    /// The coach sent this device away (H14).
    SentAway,
    /// The room does not answer.
    Failed,
}

/// A page that only says something.
pub(super) fn message(texts: Texts, message: Message) -> Markup {
    let (title, lead) = match message {
        Message::NoSuchRoom => ("vote.noRoom.title", "vote.noRoom.lead"),
        Message::SentAway => ("vote.sentAway.title", "vote.join.sentAway"),
        Message::Failed => ("vote.failed.title", "vote.failed.lead"),
    };
    html! {
        (DOCTYPE)
        html lang=(texts.language.tag()) {
            head { (head(texts.of(title))) }
            body {
                header { h1 { (texts.of(title)) } }
                main {
                    section.card {
                        p { (texts.of(lead)) }
                        @if let Message::NoSuchRoom = message {
                            p.ways { a.button href="/join" { (texts.of("vote.join.title")) } }
                        }
                    }
                }
            }
        }
    }
}
