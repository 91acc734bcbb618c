//! Fills a fresh document: from a journey, or with an empty board.
//!
//! Fields are written one after the other in a fixed order and empty ones not at all, so that the
//! same journey with the same ids gives the same document.

mod columns;
mod journey;

use std::collections::HashMap;
use std::sync::Arc;

use yrs::{Any, Doc, Map, MapPrelim, MapRef, OffsetKind, Options, TextPrelim};
use yrs::{ReadTxn, StateVector, Transact, TransactionMut, WriteTxn};

pub(super) use self::columns::usual_basis;
use super::journey::Journey;
use super::ordering;
use super::plain::{any_number, any_texts};
use super::schema::{SCHEMA_VERSION, keys, roots};
use super::words::{Language, Word};
use crate::ids::ItemId;

/// Where ids come from: [`ItemId::generate`], or a fixed row of them in tests.
pub type NextId<'a> = &'a mut dyn FnMut() -> ItemId;

/// What a blank board begins with; its texts are the caller's.
#[derive(Clone, Copy, Debug)]
pub struct BlankBoard<'a> {
    /// "Ik wil …".
    pub title: &'a str,
    /// Whose journey it is.
    pub municipality: &'a str,
    /// Language of the texts.
    pub language: Language,
    /// Titles of the phases.
    pub phases: &'a [&'a str],
}

/// A document as every replica of a board must be: offsets counted as Yjs does.
pub fn fresh_document() -> Doc {
    Doc::with_options(Options {
        offset_kind: OffsetKind::Utf16,
        skip_gc: false,
        // The server writes no deletions of its own.
        cleanup_formatting: false,
        ..Options::default()
    })
}

/// A document's whole content as one update (version 1), as a new room's first entry.
pub fn whole_update(doc: &Doc) -> Vec<u8> {
    doc.transact()
        .encode_state_as_update_v1(&StateVector::default())
}

/// Writes a journey into a document that holds nothing yet.
///
/// `now` becomes the time of its notes, in milliseconds since 1970.
pub fn write_journey(doc: &Doc, journey: &Journey, now: i64, next_id: NextId<'_>) {
    let mut txn = doc.transact_mut();
    let mut writer = Writer {
        txn: &mut txn,
        next_id,
    };
    self::journey::write(&mut writer, journey, now);
}

/// Writes an empty board into a document that holds nothing yet: its phases, and one persona
/// without a name, so that scores have someone to belong to.
pub fn write_blank(doc: &Doc, blank: BlankBoard<'_>, next_id: NextId<'_>) {
    let mut txn = doc.transact_mut();
    let mut writer = Writer {
        txn: &mut txn,
        next_id,
    };
    let mut board = writer.root(roots::BOARD);
    board.put(keys::SCHEMA, SCHEMA_VERSION);
    board.put(keys::TITLE, blank.title);
    board.text(keys::MUNICIPALITY, blank.municipality);
    board.put(keys::LANGUAGE, blank.language.word());
    board.put(keys::FICTIONAL, false);
    let order = ordering::between(None, None);
    writer.item(roots::PERSONAS, &order);
    for (title, order) in blank
        .phases
        .iter()
        .zip(ordering::sequence(blank.phases.len()))
    {
        let (_, mut phase) = writer.item(roots::PHASES, &order);
        phase.put(keys::TITLE, *title);
    }
}

/// Writes maps into the roots of a document.
struct Writer<'a, 'doc> {
    txn: &'a mut TransactionMut<'doc>,
    next_id: NextId<'a>,
}

impl<'doc> Writer<'_, 'doc> {
    /// A root that is flat.
    fn root(&mut self, name: &str) -> MapWriter<'_, 'doc> {
        MapWriter {
            map: self.txn.get_or_insert_map(name),
            txn: self.txn,
        }
    }

    /// A new map in a collection, with its id and place.
    fn item(&mut self, root: &str, order: &str) -> (String, MapWriter<'_, 'doc>) {
        let id = (self.next_id)().to_string();
        let mut item = self.keyed_item(root, &id);
        item.put(keys::ORDER, order);
        (id, item)
    }

    /// A new map in a collection, under this key.
    fn keyed_item(&mut self, root: &str, key: &str) -> MapWriter<'_, 'doc> {
        let collection = self.txn.get_or_insert_map(root);
        let map = collection.insert(self.txn, key, MapPrelim::default());
        MapWriter { map, txn: self.txn }
    }
}

/// Writes the fields of one map.
struct MapWriter<'a, 'doc> {
    map: MapRef,
    txn: &'a mut TransactionMut<'doc>,
}

impl MapWriter<'_, '_> {
    fn put(&mut self, key: &str, value: impl Into<Any>) {
        self.map.insert(self.txn, key, value.into());
    }

    /// A plain text, unless it is empty.
    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.put(key, text);
        }
    }

    /// A text that people write together.
    fn shared_text(&mut self, key: &str, text: &str) {
        self.map.insert(self.txn, key, TextPrelim::new(text));
    }

    fn some(&mut self, key: &str, value: Option<impl Into<Any>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn word(&mut self, key: &str, word: Option<impl Word>) {
        self.some(key, word.map(Word::word));
    }

    fn number(&mut self, key: &str, number: Option<&serde_json::Number>) {
        self.some(key, number.map(any_number));
    }

    fn texts(&mut self, key: &str, texts: &[String]) {
        if !texts.is_empty() {
            self.put(key, any_texts(texts.iter().map(String::as_str)));
        }
    }

    fn flag(&mut self, key: &str, flag: bool) {
        if flag {
            self.put(key, true);
        }
    }
}

/// A plain object, without the fields that are empty.
fn object<const N: usize>(fields: [(&str, Any); N]) -> Any {
    let is_empty = |value: &Any| match value {
        Any::Null => true,
        Any::String(text) => text.is_empty(),
        Any::Array(items) => items.is_empty(),
        _ => false,
    };
    let fields: HashMap<String, Any> = fields
        .into_iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    Any::Map(Arc::new(fields))
}
