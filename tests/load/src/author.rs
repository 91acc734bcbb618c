//! One writer: honest Yjs edits, made before they are sent.

use std::collections::VecDeque;

use hartslag_protocol::ids::ParticipantId;
use yrs::block::ClientID;
use yrs::{
    Doc, Map, MapPrelim, MapRef, OffsetKind, Options, Text, TextPrelim, TextRef, Transact,
    TransactionMut, WriteTxn,
};

/// Client ids of the load, one after the other from here: 32 bits, as those of browsers.
pub const FIRST_CLIENT: u64 = 2_900_000_000;

/// Edits until a writer begins a new note.
const EDITS_PER_NOTE: u32 = 100;
/// Every so many edits one moves the note; the others type.
const EDITS_PER_MOVE: u32 = 5;
/// What a note of a large board says.
const NOTE_TEXT: &str =
    "De brief van de gemeente komt pas na drie weken en zegt niet wat ik moet doen.";
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
    /// Ids of the notes that were made in one go.
    notes: Vec<String>,
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
            notes: Vec::new(),
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

    /// Makes one edit that begins so many notes.
    pub fn prepare_notes(&mut self, count: usize) {
        let mut transaction = self.doc.transact_mut();
        for _ in 0..count {
            let id = ParticipantId::generate().to_string();
            let clock = &mut self.clock;
            begin_note(&mut transaction, &id, &self.participant, NOTE_TEXT, clock);
            self.notes.push(id);
        }
        let update = transaction.encode_update_v1();
        let clock = self.clock;
        self.ready.push_back(Edit { update, clock });
    }

    /// Ids of the notes that were made in one go.
    pub fn notes(&self) -> &[String] {
        &self.notes
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
                let id = ParticipantId::generate().to_string();
                let clock = &mut self.clock;
                let note = begin_note(&mut transaction, &id, &self.participant, "-", clock);
                self.note = Some(note);
            }
        }
        Edit {
            update: transaction.encode_update_v1(),
            clock: self.clock,
        }
    }
}

fn begin_note(
    transaction: &mut TransactionMut<'_>,
    id: &str,
    author: &str,
    text: &str,
    clock: &mut u32,
) -> (MapRef, TextRef) {
    let notes = transaction.get_or_insert_map("notes");
    let note = notes.insert(transaction, id, MapPrelim::default());
    note.insert(transaction, "kind", "idea");
    note.insert(transaction, "author", author);
    note.insert(transaction, "order", "V");
    let content = note.insert(transaction, "text", TextPrelim::new(text));
    // The note, three values, the text, and its letters.
    *clock += 5 + text.bytes().map(|_letter| 1).sum::<u32>();
    (note, content)
}

fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the load writes ASCII")
}

fn digit(count: u32) -> u8 {
    DIGITS[count as usize % DIGITS.len()]
}
