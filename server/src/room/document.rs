//! The board of a room: the only file that holds a yrs document.
//!
//! Whatever gets here went through the gate. yrs can still panic on what the gate missed, so
//! each call is caught; a document that panicked is [`Poisoned`] and its room must be rebuilt.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use hartslag_protocol::board::reading::{Board, Counts};
use hartslag_protocol::board::writing::fresh_document;
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::limits::{NOTE_CHARACTERS, TITLE_CHARACTERS};
use hartslag_protocol::wire::frame;
use hartslag_protocol::workshop::round::RoundOption;
use prometheus_client::metrics::counter::Counter;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{ClientID, Doc, ReadTxn, StateVector, Transact, Update};

use super::outbox::Version;
use crate::log::Milliseconds;

/// Differences kept per version of the document, beside the newest: clients that come back in a
/// storm share few state vectors.
const CACHED_DIFFERENCES: usize = 16;
const CACHED_BYTES: usize = 8 << 20;
/// Client ids under which something was added, of the newest versions: minutes of work. A state
/// vector may be half a MiB: the one of a version is made only for who fell behind after it.
const PAST: usize = 1 << 14;
/// Bytes that are encoded in the time of a visit to a block.
const BYTES_ENCODED: u64 = 10;
/// Bytes of a state vector that are read and compared in a visit: about what names a client.
const BYTES_OF_A_CLIENT: u64 = 8;
/// From this size on encoding takes long enough to stall others on the reactor.
const LARGE_BYTES: usize = 256 << 10;

/// The state vector of who has nothing.
pub(super) const NOTHING: [u8; 1] = [0];

/// yrs panicked: the document in memory can no longer be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document cannot be trusted any more")]
pub(super) struct Poisoned;

/// The board, with what was encoded of it at this version.
pub(super) struct Document {
    doc: Doc,
    size: usize,
    version: Version,
    past: VecDeque<Addition>,
    /// From this version on `past` is whole.
    past_from: Version,
    vector: Option<Bytes>,
    differences: Vec<Difference>,
    contents: Option<Reading>,
    /// Counts what is encoded and not taken from what was kept.
    pub(super) encodings: Counter<u64, AtomicU64>,
}

/// Something was added to this version under a client id that had come so far.
#[derive(Clone, Copy, Debug)]
struct Addition {
    to: Version,
    client: ClientID,
    clock: u32,
}

/// What a document gained since a state vector, as a frame of sync step 2.
#[derive(Clone)]
struct Difference {
    since: Bytes,
    frame: Bytes,
    head: usize,
}

impl Difference {
    /// What keeping it takes: both may be large.
    fn size(&self) -> usize {
        self.since.len() + self.frame.len()
    }

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
    pub(super) counts: Counts,
    /// Notes by who made them.
    pub(super) authors: Arc<BTreeMap<ParticipantId, usize>>,
}

/// What was on the board at one version.
struct Reading {
    version: Version,
    at: Milliseconds,
    contents: Contents,
}

impl Document {
    /// The document that one update holds.
    pub(super) fn load(update: &[u8]) -> Result<Self, Poisoned> {
        let mut document = Self {
            doc: fresh_document(),
            size: 0,
            version: 0,
            past: VecDeque::new(),
            past_from: 0,
            vector: None,
            differences: Vec::new(),
            contents: None,
            encodings: Counter::default(),
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
        let (doc, past, to) = (&self.doc, &mut self.past, self.version);
        self.version += 1;
        let deleted = caught(|| {
            #[cfg(test)]
            assert!(!is_poisoned(update), "a test made this panic");
            let update = Update::decode_v1(update).map_err(|_error| Poisoned)?;
            let lower = update.state_vector_lower();
            let added = lower.iter();
            past.extend(added.map(|(&client, &clock)| Addition { to, client, clock }));
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
        })?;
        while self.past.len() > PAST
            && let Some(forgotten) = self.past.pop_front()
        {
            self.past_from = forgotten.to + 1;
        }
        deleted
    }

    /// How often it was changed.
    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// Takes the place of another in a room, whose versions it knows nothing of.
    pub(super) fn replace(&mut self, former: &Self) {
        self.version = former.version + 1;
        self.past_from = self.version;
        self.past.clear();
        self.encodings = former.encodings.clone();
    }

    /// How far it had come at a version, or less far where that was long ago.
    pub(super) fn vector_at(&mut self, version: Version) -> Result<Bytes, Poisoned> {
        if version == self.version {
            return self.vector();
        }
        if version < self.past_from {
            return Ok(Bytes::from_static(&NOTHING));
        }
        let since = self.past.iter().rev();
        let since = since.take_while(|added| added.to >= version);
        let doc = &self.doc;
        caught(|| {
            let mut vector = doc.transact().state_vector();
            for added in since {
                vector.set_min(added.client, added.clock);
            }
            Bytes::from(vector.encode_v1())
        })
    }

    /// About as large as it is as one update.
    pub(super) fn size(&self) -> usize {
        self.size
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

    /// Whether it has come exactly as far as this. The same vector is written in many orders, by
    /// the order in which a document met its clients.
    pub(super) fn has_come_to(&mut self, vector: &[u8]) -> Result<bool, Poisoned> {
        let theirs = StateVector::decode_v1(vector).map_err(|_error| Poisoned)?;
        let doc = &self.doc;
        caught(|| doc.transact().state_vector() == theirs)
    }

    /// The whole as one update.
    pub(super) fn encoded(&mut self) -> Result<Bytes, Poisoned> {
        let whole = self.difference(&Bytes::from_static(&NOTHING))?;
        self.size = whole.update().len();
        Ok(whole.update())
    }

    /// Visits to a block that telling what it gained since a state vector may take.
    pub(super) fn work_for(&self, vector: &Bytes) -> u64 {
        let mut known = self.differences.iter();
        if known.any(|known| known.since == vector) {
            return 1;
        }
        1 + self.size as u64 / BYTES_ENCODED + vector.len() as u64 / BYTES_OF_A_CLIENT
    }

    /// What it gained since a state vector that was read with bounds, as a frame.
    pub(super) fn step2(&mut self, vector: &Bytes) -> Result<Bytes, Poisoned> {
        Ok(self.difference(vector)?.frame)
    }

    /// What it gained since a state vector that was read with bounds, as an update.
    pub(super) fn gained_since(&mut self, vector: &Bytes) -> Result<Bytes, Poisoned> {
        Ok(self.difference(vector)?.update())
    }

    fn difference(&mut self, vector: &Bytes) -> Result<Difference, Poisoned> {
        let known = self.differences.iter().find(|known| known.since == vector);
        if let Some(known) = known {
            return Ok(known.clone());
        }
        self.encodings.inc();
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
        let cached = |kept: &[Difference]| kept.iter().map(Difference::size).sum::<usize>();
        while self.differences.len() >= CACHED_DIFFERENCES
            || (cached(&self.differences) > CACHED_BYTES && !self.differences.is_empty())
        {
            self.differences.remove(0);
        }
        self.differences.push(difference.clone());
        Ok(difference)
    }

    /// What is on the board. Of one that takes long to read it may be what was on it a moment ago:
    /// reading it all after each edit would keep the room from everything else.
    pub(super) fn contents(&mut self, now: Milliseconds) -> Result<Contents, Poisoned> {
        if let Some(known) = self.known_contents(now) {
            return Ok(known.contents.clone());
        }
        let board = self.board()?;
        let contents = Contents {
            counts: board.counts(),
            authors: Arc::new(authors(&board)),
            title: board.about.title,
            municipality: board.about.municipality,
        };
        self.contents = Some(Reading {
            version: self.version,
            at: now,
            contents: contents.clone(),
        });
        Ok(contents)
    }

    /// Whether [`Self::contents`] tells them without reading the board.
    pub(super) fn knows_contents(&self, now: Milliseconds) -> bool {
        self.known_contents(now).is_some()
    }

    fn known_contents(&self, now: Milliseconds) -> Option<&Reading> {
        let is_fresh = |known: &&Reading| {
            known.version == self.version || now.abs_diff(known.at) < self.contents_age()
        };
        self.contents.as_ref().filter(is_fresh)
    }

    /// A hundred times what reading takes, about: 10 ms for a MiB.
    fn contents_age(&self) -> Milliseconds {
        match self.size >> 10 {
            0..64 => 0,
            kib => kib as Milliseconds,
        }
    }

    /// The notes as options of a round, or the first that is not on the board.
    pub(super) fn options(
        &self,
        notes: &[String],
    ) -> Result<Result<Vec<RoundOption>, String>, Poisoned> {
        let board = self.board()?;
        let option = |id: &String| {
            let note = board.note(id).ok_or_else(|| id.clone())?;
            Ok(RoundOption {
                note: id.clone(),
                text: words(&note.text, NOTE_CHARACTERS),
                place: words(&board.place_of(note).in_words(), 2 * TITLE_CHARACTERS),
            })
        };
        Ok(notes.iter().map(option).collect())
    }

    fn board(&self) -> Result<Board, Poisoned> {
        caught(|| Board::read(&self.doc))
    }
}

fn authors(board: &Board) -> BTreeMap<ParticipantId, usize> {
    let mut authors = BTreeMap::new();
    let named = board.notes.iter().filter_map(|note| note.author.as_ref());
    for author in named.filter_map(|author| author.parse().ok()) {
        *authors.entry(author).or_default() += 1;
    }
    authors
}

/// Stands for what makes yrs panic.
#[cfg(test)]
pub(super) const POISON: &str = "makes yrs panic";

#[cfg(test)]
fn is_poisoned(update: &[u8]) -> bool {
    let mut windows = update.windows(POISON.len());
    windows.any(|window| window == POISON.as_bytes())
}

/// A state that panicked is not looked at again: the room drops the document.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Poisoned> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_panic| Poisoned)
}

/// An event in the log holds these texts: a board may have longer ones (B7).
/// The first characters of what is shown of a text: lines and no other controls, each of which
/// takes six bytes in JSON.
fn words(text: &str, characters: usize) -> String {
    let shown = text.chars().filter(|it| *it == '\n' || !it.is_control());
    shown.take(characters).collect()
}

#[cfg(test)]
mod tests {
    use yrs::Map;

    use super::*;

    #[test]
    fn a_large_board_is_read_once_in_a_while() {
        let mut document = Document::load(&titled("A", 100 << 10)).unwrap();
        assert_eq!(document.contents(1_000).unwrap().title, "A");
        document.apply(&titled("B", 0)).unwrap();

        let title = |document: &mut Document, now| document.contents(now).unwrap().title;

        assert_eq!(title(&mut document, 1_050), "A");
        assert_eq!(title(&mut document, 1_200), "B");
    }

    #[test]
    fn a_small_board_is_read_as_it_is() {
        let mut document = Document::load(&titled("A", 0)).unwrap();
        assert_eq!(document.contents(1_000).unwrap().title, "A");
        document.apply(&titled("B", 0)).unwrap();

        assert_eq!(document.contents(1_000).unwrap().title, "B");
    }

    #[test]
    fn r14_of_a_note_that_is_voted_on_words_are_shown_and_no_controls() {
        assert_eq!(
            words("Één\u{1}\u{0}\u{9f}\r\n loket 😀", 20),
            "Één\n loket 😀"
        );
        assert_eq!(words("\u{1}abc", 2), "ab");
    }

    /// A board of so many bytes; a later one wins.
    fn titled(title: &str, bytes: usize) -> Vec<u8> {
        let doc = Doc::with_client_id(if title == "A" { 1 } else { 2 });
        let board = doc.get_or_insert_map("board");
        let mut transaction = doc.transact_mut();
        board.insert(&mut transaction, "title", title);
        board.insert(&mut transaction, "summary", "x".repeat(bytes));
        drop(transaction);
        doc.transact()
            .encode_state_as_update_v1(&StateVector::default())
    }
}
