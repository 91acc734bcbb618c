//! The board of a room: the only file that holds a yrs document.
//!
//! Whatever gets here went through the gate. yrs can still panic on what the gate missed, so
//! each call is caught; a document that panicked is [`Poisoned`] and its room must be rebuilt.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use hartslag_protocol::wire::frame;
use hartslag_protocol::workshop::round::RoundOption;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{
    Doc, GetString, Map, MapRef, OffsetKind, Options, Out, ReadTxn, StateVector, Transact, Update,
};

/// Differences kept per version of the document, beside the newest: clients that come back in a
/// storm share few state vectors.
const CACHED_DIFFERENCES: usize = 16;
const CACHED_BYTES: usize = 8 << 20;
/// From this size on encoding takes long enough to stall others on the reactor.
const LARGE_BYTES: usize = 256 << 10;

/// yrs panicked: the document in memory can no longer be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document cannot be trusted any more")]
pub(super) struct Poisoned;

/// The board, with what was encoded of it at this version.
pub(super) struct Document {
    doc: Doc,
    size: usize,
    vector: Option<Bytes>,
    differences: Vec<Difference>,
}

/// What a document gained since a state vector, as a frame of sync step 2.
#[derive(Clone)]
struct Difference {
    since: Bytes,
    frame: Bytes,
    head: usize,
}

impl Difference {
    fn update(&self) -> Bytes {
        self.frame.slice(self.head..)
    }
}

/// A range of items that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deleted {
    pub(super) client: u64,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// How much is on a board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) title: String,
    pub(super) municipality: String,
    pub(super) phases: usize,
    pub(super) touchpoints: usize,
    pub(super) notes: usize,
}

impl Document {
    /// The document that one update holds.
    pub(super) fn load(update: &[u8]) -> Result<Self, Poisoned> {
        let doc = Doc::with_options(Options {
            offset_kind: OffsetKind::Utf16,
            skip_gc: false,
            cleanup_formatting: false,
            ..Options::default()
        });
        let mut document = Self {
            doc,
            size: 0,
            vector: None,
            differences: Vec::new(),
        };
        document.apply(update)?;
        Ok(document)
    }

    /// Applies an update that the gate admitted, and returns every range that was deleted by it:
    /// the ones it names, and values that lost when two people set one key.
    pub(super) fn apply(&mut self, update: &[u8]) -> Result<Vec<Deleted>, Poisoned> {
        self.vector = None;
        self.differences.clear();
        self.size += update.len();
        let doc = &self.doc;
        caught(|| {
            let update = Update::decode_v1(update).map_err(|_error| Poisoned)?;
            let mut transaction = doc.transact_mut();
            transaction
                .apply_update(update)
                .map_err(|_error| Poisoned)?;
            let deleted = transaction.delete_set();
            let ranges = deleted
                .iter()
                .flat_map(|(client, ranges)| ranges.iter().map(|range| (client.get(), range)));
            Ok(ranges
                .map(|(client, range)| Deleted {
                    client,
                    start: range.start,
                    end: range.end,
                })
                .collect())
        })?
    }

    /// Whether encoding it belongs off the reactor.
    pub(super) fn is_large(&self) -> bool {
        self.size > LARGE_BYTES
    }

    /// How far it has come.
    pub(super) fn vector(&mut self) -> Result<Bytes, Poisoned> {
        if let Some(vector) = &self.vector {
            return Ok(vector.clone());
        }
        let doc = &self.doc;
        let vector = caught(|| Bytes::from(doc.transact().state_vector().encode_v1()))?;
        self.vector = Some(vector.clone());
        Ok(vector)
    }

    /// The whole as one update.
    pub(super) fn encoded(&mut self) -> Result<Bytes, Poisoned> {
        let nothing = Bytes::from_static(&[0]);
        let whole = self.difference(&nothing)?;
        self.size = whole.update().len();
        Ok(whole.update())
    }

    /// What it gained since a state vector that was read with bounds, as a frame.
    pub(super) fn step2(&mut self, vector: &Bytes) -> Result<Bytes, Poisoned> {
        Ok(self.difference(vector)?.frame)
    }

    fn difference(&mut self, vector: &Bytes) -> Result<Difference, Poisoned> {
        let known = self.differences.iter().find(|known| known.since == vector);
        if let Some(known) = known {
            return Ok(known.clone());
        }
        let doc = &self.doc;
        let update = caught(|| {
            let vector = StateVector::decode_v1(vector).map_err(|_error| Poisoned)?;
            Ok(doc.transact().encode_state_as_update_v1(&vector))
        })??;
        let frame = Bytes::from(frame::write_step2(&update));
        let difference = Difference {
            since: vector.clone(),
            head: frame.len() - update.len(),
            frame,
        };
        let cached = |kept: &[Difference]| kept.iter().map(|kept| kept.frame.len()).sum::<usize>();
        while self.differences.len() >= CACHED_DIFFERENCES
            || (cached(&self.differences) > CACHED_BYTES && !self.differences.is_empty())
        {
            self.differences.remove(0);
        }
        self.differences.push(difference.clone());
        Ok(difference)
    }

    /// What is on the board.
    pub(super) fn contents(&self) -> Result<Contents, Poisoned> {
        caught(|| {
            let transaction = self.doc.transact();
            let count = |root: &str| {
                let map = transaction.get_map(root);
                map.map_or(0, |map| map.len(&transaction) as usize)
            };
            let text = |key: &str| {
                let board = transaction.get_map("board");
                board.map_or_else(String::new, |board| text_of(&board, &transaction, key))
            };
            Contents {
                title: text("title"),
                municipality: text("municipality"),
                phases: count("phases"),
                touchpoints: count("touchpoints"),
                notes: count("notes"),
            }
        })
    }

    /// The notes as options of a round, or the first that is not on the board.
    pub(super) fn options(
        &self,
        notes: &[String],
    ) -> Result<Result<Vec<RoundOption>, String>, Poisoned> {
        caught(|| {
            let transaction = self.doc.transact();
            let option = |note: &String| {
                let found = entry(&transaction, "notes", note).ok_or_else(|| note.clone())?;
                Ok(RoundOption {
                    note: note.clone(),
                    text: text_of(&found, &transaction, "text"),
                    place: place_of(&found, &transaction),
                })
            };
            notes.iter().map(option).collect()
        })
    }
}

/// A state that panicked is not looked at again: the room drops the document.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Poisoned> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_panic| Poisoned)
}

fn entry<T: ReadTxn>(transaction: &T, root: &str, id: &str) -> Option<MapRef> {
    match transaction.get_map(root)?.get(transaction, id)? {
        Out::YMap(map) => Some(map),
        _ => None,
    }
}

fn text_of<T: ReadTxn>(map: &MapRef, transaction: &T, key: &str) -> String {
    match map.get(transaction, key) {
        Some(Out::YText(text)) => text.get_string(transaction),
        Some(Out::Any(yrs::Any::String(text))) => text.to_string(),
        _ => String::new(),
    }
}

/// Phase and touchpoint in words.
fn place_of<T: ReadTxn>(note: &MapRef, transaction: &T) -> String {
    let title = |root: &str, key: &str| {
        let id = text_of(note, transaction, key);
        entry(transaction, root, &id)
            .map(|found| text_of(&found, transaction, "title"))
            .filter(|title| !title.is_empty())
    };
    [title("phases", "phase"), title("touchpoints", "touchpoint")]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}
