//! Compares JSON with the shape that it should have, and names every difference.

use serde_json::Value;

use super::Edition;
use crate::fields::{self, Field};
use crate::limits::{BOARD_ITEMS, LIST_ITEMS};
use crate::problem::Fault;

/// What a value should be. A draft keeps to types and words, and to what the board takes of a
/// client (B8); closer bounds and codes are for finished journeys.
pub(super) enum Shape {
    /// Text with so many characters; a draft's fits where it will stand.
    Text {
        min: usize,
        max: usize,
        field: Field,
    },
    /// Text of a certain form; a draft's fits an id.
    Code(Code),
    /// The same, or null.
    CodeOrNull(Code),
    /// One of a list of words.
    Word(&'static [&'static str]),
    /// A whole number in a range.
    Integer { min: i64, max: i64 },
    /// A whole number that keeps to its range in a draft too, because the board does.
    Bounded { min: i64, max: i64 },
    /// The same, or null.
    BoundedOrNull { min: i64, max: i64 },
    /// Any number.
    Number,
    /// A number above zero.
    Positive,
    /// True or false.
    Flag,
    /// True in a finished journey.
    True,
    /// A list with so many items; one of texts that stands in a field keeps to it in a draft too.
    List {
        of: &'static Shape,
        min: usize,
        max: usize,
    },
    /// An object with these keys and no others.
    Object(&'static [Key]),
}

/// A text that is a thing of its own on the board: a quote, a pain point.
pub(super) const REMARK: Field = fields::SHARED;

/// A key of an object.
pub(super) struct Key {
    pub name: &'static str,
    pub shape: Shape,
    /// In which edition the key stands.
    pub stands: Stands,
}

/// Where a key stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// In every file.
    Always,
    /// In every finished journey, and in drafts where known.
    WhenFinished,
    /// In drafts only, where known.
    InDrafts,
}

/// A form that a text has.
#[derive(Clone, Copy)]
pub(super) struct Code {
    pub matches: fn(&str) -> bool,
    /// Where it stands on the board.
    pub field: Field,
    /// Completes "must be …".
    pub form: &'static str,
}

/// Every difference between a value and its shape, in the order of the file.
pub(super) fn faults(shape: &Shape, value: &Value, edition: Edition) -> Vec<Fault> {
    let mut check = Check {
        edition,
        pointer: String::new(),
        faults: Vec::new(),
        items: 0,
    };
    check.value(shape, value);
    if check.items > BOARD_ITEMS {
        check.fault(format!(
            "has {} phases, touchpoints, notes and other items; a board has at most {BOARD_ITEMS}",
            check.items
        ));
    }
    check.faults
}

/// A step of a JSON pointer, escaped.
pub(super) fn step(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

struct Check {
    edition: Edition,
    pointer: String,
    faults: Vec<Fault>,
    items: usize,
}

impl Check {
    fn fault(&mut self, detail: String) {
        self.faults.push(Fault {
            pointer: self.pointer.clone(),
            detail,
        });
    }

    fn is_complete(&self) -> bool {
        self.edition == Edition::Complete
    }

    /// Runs a check one step deeper.
    fn at(&mut self, name: &str, check: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        self.pointer.push_str(&step(name));
        check(self);
        self.pointer.truncate(length);
    }

    fn value(&mut self, shape: &Shape, value: &Value) {
        if value
            .as_f64()
            .is_some_and(|it| it.abs() > fields::LARGEST_NUMBER)
        {
            self.fault(format!(
                "must be a number of at most {}",
                fields::LARGEST_NUMBER
            ));
        }
        match (shape, value) {
            (Shape::CodeOrNull(_) | Shape::BoundedOrNull { .. }, Value::Null)
            | (Shape::Flag, Value::Bool(_))
            | (Shape::Number, Value::Number(_)) => {}
            (Shape::Text { min, max, field }, Value::String(text)) => {
                self.fits(text, *field);
                self.text(text, *min, *max);
            }
            (Shape::Code(code) | Shape::CodeOrNull(code), Value::String(text)) => {
                self.fits(text, code.field);
                if self.is_complete() && !(code.matches)(text) {
                    self.fault(format!("must be {}", code.form));
                }
            }
            (Shape::Word(words), Value::String(text)) if words.contains(&text.as_str()) => {}
            (Shape::Integer { min, max }, Value::Number(number)) => {
                let whole = whole(number);
                let within = whole.is_some_and(|it| (*min..=*max).contains(&it));
                if self.is_complete() && !within {
                    self.fault(range(*min, *max));
                }
            }
            (
                Shape::Bounded { min, max } | Shape::BoundedOrNull { min, max },
                Value::Number(number),
            ) => {
                if !whole(number).is_some_and(|it| (*min..=*max).contains(&it)) {
                    self.fault(range(*min, *max));
                }
            }
            (Shape::Positive, Value::Number(number)) => {
                if self.is_complete() && number.as_f64().is_none_or(|it| it <= 0.0) {
                    self.fault("must be a number above 0".to_owned());
                }
            }
            (Shape::True, Value::Bool(value)) => {
                if self.is_complete() && !value {
                    self.fault("must be true in version 1.0".to_owned());
                }
            }
            (Shape::List { of, min, max }, Value::Array(items)) => self.list(of, items, *min, *max),
            (Shape::Object(keys), Value::Object(map)) => self.object(keys, map),
            _ => self.fault(format!("must be {}, not {}", expected(shape), kind(value))),
        }
    }

    /// What the board refuses of a client, it does not take from a file (B8).
    fn fits(&mut self, text: &str, field: Field) {
        if !field.longest().fits(text) {
            let longest = field.longest().units();
            self.fault(format!("must be text of at most {longest} characters"));
        }
    }

    fn text(&mut self, text: &str, min: usize, max: usize) {
        let length = text.chars().count();
        if self.is_complete() && !(min..=max).contains(&length) {
            self.fault(format!(
                "must be text of {min} to {max} characters; it has {length}"
            ));
        }
    }

    fn list(&mut self, of: &'static Shape, items: &[Value], min: usize, max: usize) {
        if self.is_complete() && !(min..=max).contains(&items.len()) {
            let count = match (min, max) {
                (min, usize::MAX) => format!("at least {min}"),
                (min, max) => format!("{min} to {max}"),
            };
            self.fault(format!("must have {count} items; it has {}", items.len()));
        }
        if matches!(of, Shape::Object(_) | Shape::Text { field: REMARK, .. }) {
            self.items += items.len();
        } else if items.len() > LIST_ITEMS as usize {
            self.fault(format!("must have at most {LIST_ITEMS} items"));
        }
        for (index, item) in items.iter().enumerate() {
            self.at(&index.to_string(), |check| check.value(of, item));
        }
    }

    fn object(&mut self, keys: &'static [Key], map: &serde_json::Map<String, Value>) {
        for key in keys {
            let required = match key.stands {
                Stands::Always => true,
                Stands::WhenFinished => self.is_complete(),
                Stands::InDrafts => false,
            };
            if required && !map.contains_key(key.name) {
                self.at(key.name, |check| {
                    check.fault(format!("is missing; must be {}", expected(&key.shape)));
                });
            }
        }
        for (name, value) in map {
            let key = keys.iter().find(|key| key.name == name);
            // On the board these are things of their own.
            self.items += usize::from(matches!(name.as_str(), "score" | "quote"));
            self.at(name, |check| match key {
                Some(key) if key.stands == Stands::InDrafts && check.is_complete() => {
                    check.fault("is a key of version 1.1 only".to_owned());
                }
                Some(key) => check.value(&key.shape, value),
                None => check.fault(unknown(name, keys)),
            });
        }
    }
}

/// Why a key is not taken. The heartbeat gets its own words (rules 1 and 2).
fn unknown(name: &str, keys: &[Key]) -> String {
    if name.to_lowercase().contains("heartbeat") {
        return "is not stored: the heartbeat is the scores of the touchpoints in phase order"
            .to_owned();
    }
    let known: Vec<&str> = keys
        .iter()
        .filter(|key| key.stands != Stands::InDrafts)
        .map(|key| key.name)
        .collect();
    format!(
        "is not a key of the format; here stand: {}",
        known.join(", ")
    )
}

/// The whole number that this is, also when it is written as 4.0.
pub(super) fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|it| it.fract() == 0.0)?;
        format!("{float:.0}").parse().ok()
    })
}

fn range(min: i64, max: i64) -> String {
    match (min, max) {
        (min, i64::MAX) => format!("must be a whole number of at least {min}"),
        (min, max) => format!("must be a whole number from {min} to {max}"),
    }
}

/// Completes "must be …".
fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Text { .. } => "text".to_owned(),
        Shape::Code(code) => code.form.to_owned(),
        Shape::CodeOrNull(code) => format!("{}, or null", code.form),
        Shape::Word(words) => format!("one of: {}", words.join(", ")),
        Shape::Integer { .. } | Shape::Bounded { .. } => "a whole number".to_owned(),
        Shape::BoundedOrNull { .. } => "a whole number, or null".to_owned(),
        Shape::Number => "a number".to_owned(),
        Shape::Positive => "a number above 0".to_owned(),
        Shape::Flag => "true or false".to_owned(),
        Shape::True => "true".to_owned(),
        Shape::List { .. } => "a list".to_owned(),
        Shape::Object(_) => "an object".to_owned(),
    }
}

/// What a value is, in words; a text is shown where it is short.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() <= 40 => format!("the text \"{text}\""),
        Value::String(_) => "a long text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
