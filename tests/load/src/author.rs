//! One writer: honest Yjs edits, made before they are sent.

use std::collections::VecDeque;

use hartslag_protocol::ids::ParticipantId;
use yrs::block::ClientID;
use yrs::{
    Doc, Map, MapPrelim, MapRef, OffsetKind, Options, Text, TextPrelim, TextRef, Transact, WriteTxn,
};

/// Client ids of the load, one after the other from here: 32 bits, as those of browsers.
pub const FIRST_CLIENT: u64 = 2_900_000_000;

/// Edits until a writer begins a new note.
const EDITS_PER_NOTE: u32 = 100;
/// Every so many edits one moves the note; the others type.
const EDITS_PER_MOVE: u32 = 5;
const WORDS: &[u8] = b"wachten op bericht van de gemeente duurt te lang ";
const DIGITS: &[u8] = b"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An edit and the author's clock after it.
#[derive(Debug)]
pub struct Edit {
    /// The update as Yjs encodes it.
    pub update: Vec<u8>,
    /// The author's clock when the edit has arrived.
    pub clock: u32,
}

/// Writes notes of its own: begins one, types, moves it, begins another.
#[derive(Debug)]
pub struct Author {
    doc: Doc,
    participant: String,
    count: u32,
    clock: u32,
    note: Option<(MapRef, TextRef)>,
    ready: VecDeque<Edit>,
}

impl Author {
    /// A writer in the place `index` among the clients, who signs as this participant.
    pub fn new(index: usize, participant: &str) -> Self {
        let doc = Doc::with_options(Options {
            client_id: ClientID::new(FIRST_CLIENT + index as u64),
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        });
        Self {
            doc,
            participant: participant.to_owned(),
            count: 0,
            clock: 0,
            note: None,
            ready: VecDeque::new(),
        }
    }

    /// Makes edits until so many are ready.
    pub fn prepare(&mut self, edits: usize) {
        while self.ready.len() < edits {
            let edit = self.make();
            self.ready.push_back(edit);
        }
    }

    /// The next edit.
    pub fn next_edit(&mut self) -> Edit {
        match self.ready.pop_front() {
            Some(edit) => edit,
            None => self.make(),
        }
    }

    fn make(&mut self) -> Edit {
        let count = self.count;
        self.count += 1;
        let mut transaction = self.doc.transact_mut();
        match &self.note {
            Some((note, _))
                if count.is_multiple_of(EDITS_PER_MOVE)
                    && !count.is_multiple_of(EDITS_PER_NOTE) =>
            {
                let place = [b'V', digit(count / 61), digit(count)];
                note.insert(&mut transaction, "order", ascii(&place));
                self.clock += 1;
            }
            Some((_, text)) if !count.is_multiple_of(EDITS_PER_NOTE) => {
                let start = count as usize % (WORDS.len() - 3);
                let typed = ascii(&WORDS[start..=start + count as usize % 3]);
                let end = text.len(&transaction);
                text.insert(&mut transaction, end, typed);
                self.clock += 1 + count % 3;
            }
            _ => {
                let notes = transaction.get_or_insert_map("notes");
                let id = ParticipantId::generate().to_string();
                let note = notes.insert(&mut transaction, id, MapPrelim::default());
                note.insert(&mut transaction, "kind", "idea");
                note.insert(&mut transaction, "author", self.participant.clone());
                note.insert(&mut transaction, "order", "V");
                let text = note.insert(&mut transaction, "text", TextPrelim::new("-"));
                self.note = Some((note, text));
                // The note, three values, the text and its first letter.
                self.clock += 6;
            }
        }
        Edit {
            update: transaction.encode_update_v1(),
            clock: self.clock,
        }
    }
}

fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the load writes ASCII")
}

fn digit(count: u32) -> u8 {
    DIGITS[count as usize % DIGITS.len()]
}
