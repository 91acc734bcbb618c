//! The texts of the pages that the server makes, from the web client's message files: one
//! source for both.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, header};
use serde::Deserialize;

/// A language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Dutch, which everyone gets who does not prefer English.
    Dutch,
    /// English.
    English,
}

impl Language {
    /// What the visitor's browser prefers.
    pub(crate) fn preferred(headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let weight = |language: &str| {
            accepted
                .split(',')
                .filter_map(|range| weighed(range, language))
                .fold(0.0, f32::max)
        };
        if weight("en") > weight("nl") {
            Self::English
        } else {
            Self::Dutch
        }
    }

    /// The language's tag, for `lang`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Dutch => "nl",
            Self::English => "en",
        }
    }
}

/// The weight that one range of an `Accept-Language` gives to a language, if it speaks of it.
fn weighed(range: &str, language: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    let tag = parts.next()?.split('-').next()?;
    if !tag.eq_ignore_ascii_case(language) {
        return None;
    }
    let weight = parts.find_map(|part| part.strip_prefix("q="));
    Some(weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}

/// The texts of one page in one language.
#[derive(Clone, Copy)]
pub(crate) struct Texts {
    /// The language they are in.
    pub(crate) language: Language,
    messages: &'static Messages,
}

type Messages = BTreeMap<String, Message>;
type Catalogue = LazyLock<Messages>;

/// A text, or one per plural category.
#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Text(String),
    Plural { one: String, other: String },
}

macro_rules! catalogue {
    ($path:literal) => {
        LazyLock::new(|| {
            serde_json::from_str(include_str!($path)).expect("a test reads every message file")
        })
    };
}

static VOTE_DUTCH: Catalogue = catalogue!("../../../web-client/messages/nl/vote.json");
static VOTE_ENGLISH: Catalogue = catalogue!("../../../web-client/messages/en/vote.json");
static SERVER_DUTCH: Catalogue = catalogue!("../../../web-client/messages/nl/server.json");
static SERVER_ENGLISH: Catalogue = catalogue!("../../../web-client/messages/en/server.json");

impl Texts {
    /// The texts of the ballot and of the form for the code.
    pub(crate) fn vote(language: Language) -> Self {
        let messages = match language {
            Language::Dutch => &*VOTE_DUTCH,
            Language::English => &*VOTE_ENGLISH,
        };
        Self { language, messages }
    }

    /// The texts of what only the server makes: plain pages, blank boards.
    pub(crate) fn server(language: Language) -> Self {
        let messages = match language {
            Language::Dutch => &*SERVER_DUTCH,
            Language::English => &*SERVER_ENGLISH,
        };
        Self { language, messages }
    }

    /// The text under a key; the key itself where there is none, so that a page never fails
    /// over a text. A test makes every page and looks for keys.
    pub(crate) fn of(self, key: &'static str) -> &'static str {
        match self.messages.get(key) {
            Some(Message::Text(text) | Message::Plural { other: text, .. }) => text,
            None => key,
        }
    }

    /// The text under a key with its `{name}`s filled in.
    pub(crate) fn filled(self, key: &'static str, values: &[(&str, &str)]) -> String {
        fill(self.of(key), values)
    }

    /// The text under a key for this `{count}`.
    pub(crate) fn counted(self, key: &'static str, count: u64) -> String {
        let text = match self.messages.get(key) {
            Some(Message::Plural { one, .. }) if count == 1 => one,
            _ => self.of(key),
        };
        fill(text, &[("count", &count.to_string())])
    }
}

/// Fills in `{name}`s in one pass: a value that holds braces stays as it is.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or(name, |(_, value)| value));
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred(accepted: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
        Language::preferred(&headers)
    }

    #[test]
    fn a_page_is_dutch_unless_the_browser_prefers_english() {
        assert_eq!(Language::preferred(&HeaderMap::new()), Language::Dutch);
        assert_eq!(preferred("de"), Language::Dutch);
        assert_eq!(preferred("nl,en;q=0.9"), Language::Dutch);
        assert_eq!(preferred("en-GB, en;q=0.9, nl;q=0.8"), Language::English);
        assert_eq!(preferred("en;q=x, nl;q=0.1"), Language::Dutch);
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        for (dutch, english) in [
            (&VOTE_DUTCH, &VOTE_ENGLISH),
            (&SERVER_DUTCH, &SERVER_ENGLISH),
        ] {
            let dutch: Vec<_> = dutch.keys().collect();
            let english: Vec<_> = english.keys().collect();

            assert_eq!(dutch, english);
        }
    }
}
