//! Texts that both the server and the web client show, from the web client's message files.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::words::Language;

static DUTCH: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    catalog([
        include_str!("../../../web-client/messages/nl/heartbeat.json"),
        include_str!("../../../web-client/messages/nl/export.json"),
    ])
});

static ENGLISH: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    catalog([
        include_str!("../../../web-client/messages/en/heartbeat.json"),
        include_str!("../../../web-client/messages/en/export.json"),
    ])
});

fn catalog(files: [&str; 2]) -> Map<String, Value> {
    let files = files.map(|file| {
        serde_json::from_str::<Map<String, Value>>(file).expect("a test reads every message file")
    });
    files.into_iter().flatten().collect()
}

/// A text with its `{placeholders}` filled in.
pub(super) fn text(language: Language, key: &str, values: &[(&str, &str)]) -> String {
    let template = message(language, key).as_str().unwrap_or(key);
    filled(template, values)
}

/// A text that depends on a count: a whole one of 1 is singular, in both languages.
pub(super) fn counted(language: Language, key: &str, count: f64) -> String {
    let form = if (count - 1.0).abs() > 0.0 {
        "other"
    } else {
        "one"
    };
    let template = message(language, key)[form].as_str().unwrap_or(key);
    filled(template, &[("count", &number(language, count))])
}

/// A number as the language writes it.
pub(super) fn number(language: Language, number: f64) -> String {
    // Adding zero turns -0 into 0.
    let text = (number + 0.0).to_string();
    match language {
        Language::Dutch => text.replace('.', ","),
        Language::English => text,
    }
}

fn message(language: Language, key: &str) -> &'static Value {
    let catalog = match language {
        Language::Dutch => &*DUTCH,
        Language::English => &*ENGLISH,
    };
    catalog.get(key).unwrap_or(&Value::Null)
}

/// Fills in all placeholders in one pass, so that a value with braces stays as it is.
fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        let value = values.iter().find(|(known, _)| *known == name);
        text.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_in_both_languages() {
        let keys = |catalog: &Map<String, Value>| catalog.keys().cloned().collect::<Vec<_>>();

        assert_eq!(keys(&DUTCH), keys(&ENGLISH));
    }

    #[test]
    fn a_value_with_braces_stays_as_it_is() {
        let values = [("text", "{count}"), ("count", "3")];

        assert_eq!(filled("{text}: {count}", &values), "{count}: 3");
    }

    #[test]
    fn a_half_is_not_singular() {
        let days = |count| counted(Language::Dutch, "heartbeat.duration.days", count);

        assert_eq!([days(1.0), days(0.5)], ["1 dag", "0,5 dagen"]);
    }
}
