//! Values of a document as plain ones, taken leniently: what is malformed is missing.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use serde_json::Number;
use yrs::types::ToJson;
use yrs::{Any, GetString, Map, MapRef, Out, ReadTxn};

use super::ordering;
use super::schema::keys;
use super::words::Word;
use crate::fields::LARGEST_NUMBER;

/// Whole numbers beyond this travel as floats, so a float beyond it was a whole number.
const WHOLE_BEYOND: f64 = 2_147_483_647.0;
/// [`LARGEST_NUMBER`] as a whole one.
const LARGEST_WHOLE: u64 = (1 << 53) - 1;

/// The fields of one map.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(HashMap<String, Any>);

impl Fields {
    /// The fields of a shared map; texts that people write together as they are at this moment.
    pub(super) fn of<T: ReadTxn>(map: &MapRef, txn: &T) -> Self {
        let fields = map.iter(txn).filter_map(|(key, value)| {
            let value = match value {
                Out::Any(value) => value,
                Out::YText(text) => Any::from(text.get_string(txn)),
                Out::YArray(list) => list.to_json(txn),
                Out::YMap(map) => map.to_json(txn),
                _ => return None,
            };
            Some((key.to_owned(), value))
        });
        Self(fields.collect())
    }

    /// The text of a field; empty where there is none.
    pub(super) fn text(&self, key: &str) -> String {
        self.some_text(key).unwrap_or_default()
    }

    /// The text of a field that may be null.
    pub(super) fn some_text(&self, key: &str) -> Option<String> {
        match self.0.get(key) {
            Some(Any::String(text)) => Some(text.to_string()),
            _ => None,
        }
    }

    /// The word of a field.
    pub(super) fn word<W: Word>(&self, key: &str) -> Option<W> {
        match self.0.get(key) {
            Some(Any::String(text)) => W::from_word(text),
            _ => None,
        }
    }

    /// Whether a field is true.
    pub(super) fn flag(&self, key: &str) -> bool {
        matches!(self.0.get(key), Some(Any::Bool(true)))
    }

    /// The number of a field.
    pub(super) fn number(&self, key: &str) -> Option<Number> {
        match self.0.get(key) {
            Some(Any::Number(number)) => json_number(*number),
            _ => None,
        }
    }

    /// The whole number of a field, where it is in range.
    pub(super) fn whole<N>(&self, key: &str, range: RangeInclusive<i64>) -> Option<N>
    where
        N: TryFrom<i64>,
    {
        let Some(Any::Number(number)) = self.0.get(key) else {
            return None;
        };
        let whole = number.as_i64().filter(|whole| range.contains(whole))?;
        N::try_from(whole).ok()
    }

    /// The texts of a list.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        self.list(key)
            .filter_map(|item| match item {
                Any::String(text) => Some(text.to_string()),
                _ => None,
            })
            .collect()
    }

    /// The words of a list.
    pub(super) fn words<W: Word>(&self, key: &str) -> Vec<W> {
        let texts = self.list(key).filter_map(|item| match item {
            Any::String(text) => W::from_word(text),
            _ => None,
        });
        texts.collect()
    }

    /// The fields of an object in a field.
    pub(super) fn object(&self, key: &str) -> Option<Self> {
        match self.0.get(key) {
            Some(Any::Map(map)) => Some(Self(HashMap::clone(map))),
            _ => None,
        }
    }

    /// Where the map stands among its siblings (B3).
    pub(super) fn order(&self) -> String {
        match self.0.get(keys::ORDER) {
            Some(Any::String(text)) => ordering::read(text),
            _ => ordering::read(""),
        }
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &Any> {
        let list: &[Any] = match self.0.get(key) {
            Some(Any::Array(list)) => list,
            _ => &[],
        };
        list.iter()
    }
}

/// A number as JSON has it; none for what JSON cannot say.
fn json_number(number: yrs::any::Number) -> Option<Number> {
    use yrs::any::Number::{Float, Int};
    match number {
        Int(whole) if whole.unsigned_abs() > LARGEST_WHOLE => None,
        Int(whole) => Some(whole.into()),
        Float(float) => {
            // No file may say more (B8), nor may a client.
            let size = Some(float.abs()).filter(|&size| size <= LARGEST_NUMBER)?;
            if float.fract() == 0.0 && size > WHOLE_BEYOND {
                return Float(float).as_i64().map(Number::from);
            }
            Number::from_f64(float)
        }
    }
}

/// A number as the document has it.
pub(super) fn any_number(number: &Number) -> Any {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => Any::from(whole),
        (None, Some(float)) => Any::from(float),
        (None, None) => Any::Null,
    }
}

/// A list of texts as the document has it.
pub(super) fn any_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Any {
    let texts: Vec<Any> = texts.into_iter().map(Any::from).collect();
    Any::Array(Arc::from(texts))
}
