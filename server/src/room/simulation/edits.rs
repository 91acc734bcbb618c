//! What honest people do on a board.

use hartslag_protocol::board::schema::{keys, roots};
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::workshop::Role;
use yrs::{
    Doc, GetString, Map, MapPrelim, MapRef, Out, ReadTxn, Text, TextPrelim, Transact,
    TransactionMut,
};

use super::chance::Chance;

/// Notes on the board: with more, people delete rather than add.
const NOTES: usize = 12;
const WORDS: [&str; 6] = ["brief", "wacht", "een 🌷", "é", "loket", "x"];

/// Who edits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer {
    pub(super) participant: ParticipantId,
    pub(super) role: Role,
}

/// One edit, as the update that a client sends; nothing when there was nothing to do.
pub(super) fn edit(doc: &Doc, writer: Writer, chance: &mut Chance) -> Option<Vec<u8>> {
    let notes = doc.get_or_insert_map(roots::NOTES);
    let board = doc.get_or_insert_map(roots::BOARD);
    let mut transaction = doc.transact_mut();
    let all = note_ids(&notes, &transaction);
    let own: Vec<_> = all
        .iter()
        .filter(|id| may_write(&notes, &transaction, id, writer))
        .cloned()
        .collect();
    match (chance.below(10), chance.pick(&own)) {
        (0, Some(id)) => {
            notes.remove(&mut transaction, &id);
        }
        (1, _) if writer.role == Role::Coach => {
            let title = WORDS[chance.below(WORDS.len())];
            board.insert(&mut transaction, keys::TITLE, title);
        }
        (2, Some(id)) => {
            let order = format!("a{}", chance.below(9));
            if let Some(note) = note(&notes, &transaction, &id) {
                note.insert(&mut transaction, keys::ORDER, order);
            }
        }
        (3..=7, Some(id)) => write_text(&notes, &mut transaction, &id, chance),
        _ if all.len() < NOTES => {
            let id = format!("n{:x}", chance.number());
            add_note(&notes, &mut transaction, &id, writer.participant);
        }
        _ => {}
    }
    finish(&transaction)
}

/// Scores a moment, as the update that a client sends.
pub(super) fn score(doc: &Doc, chance: &mut Chance) -> Option<Vec<u8>> {
    let scores = doc.get_or_insert_map(roots::SCORES);
    let mut transaction = doc.transact_mut();
    let key = format!("t{}:p", chance.below(3));
    let value = chance.below(5).to_string();
    match scores.get(&transaction, &key) {
        Some(Out::YMap(score)) if chance.one_in(2) => {
            score.insert(&mut transaction, keys::VALUE, value);
        }
        _ => {
            let score = scores.insert(&mut transaction, key, MapPrelim::default());
            score.insert(&mut transaction, keys::VALUE, value);
        }
    }
    finish(&transaction)
}

/// Sets the number in a note that only this replica ever writes.
pub(super) fn write_diary(doc: &Doc, writer: Writer, number: u64) -> Option<Vec<u8>> {
    let notes = doc.get_or_insert_map(roots::NOTES);
    let id = diary_id(doc.client_id().get());
    let mut transaction = doc.transact_mut();
    if note(&notes, &transaction, &id).is_none() {
        add_note(&notes, &mut transaction, &id, writer.participant);
    }
    if let Some(note) = note(&notes, &transaction, &id) {
        note.insert(&mut transaction, keys::ORDER, number.to_string());
    }
    finish(&transaction)
}

/// The number in the diary of a replica.
pub(super) fn read_diary(doc: &Doc, client: u64) -> Option<u64> {
    let notes = doc.get_or_insert_map(roots::NOTES);
    let transaction = doc.transact();
    let note = note(&notes, &transaction, &diary_id(client))?;
    let number = note.get(&transaction, keys::ORDER)?;
    number.to_string(&transaction).parse().ok()
}

fn diary_id(client: u64) -> String {
    format!("diary-{client}")
}

pub(super) fn finish(transaction: &TransactionMut<'_>) -> Option<Vec<u8>> {
    let changed = !transaction.delete_set().is_empty()
        || transaction.before_state() != transaction.after_state();
    changed.then(|| transaction.encode_update_v1())
}

/// Sorted, as the order of a map in memory is another in every run; without diaries.
pub(super) fn note_ids(notes: &MapRef, transaction: &TransactionMut<'_>) -> Vec<String> {
    let mut ids: Vec<_> = notes
        .keys(transaction)
        .filter(|id| id.starts_with('n'))
        .map(str::to_owned)
        .collect();
    ids.sort_unstable();
    ids
}

pub(super) fn note<T: ReadTxn>(notes: &MapRef, transaction: &T, id: &str) -> Option<MapRef> {
    match notes.get(transaction, id) {
        Some(Out::YMap(note)) => Some(note),
        _ => None,
    }
}

pub(super) fn may_write(
    notes: &MapRef,
    transaction: &TransactionMut<'_>,
    id: &str,
    writer: Writer,
) -> bool {
    if writer.role == Role::Coach {
        return true;
    }
    let author = note(notes, transaction, id)
        .and_then(|note| note.get(transaction, keys::AUTHOR))
        .map(|author| author.to_string(transaction));
    author == Some(writer.participant.to_string())
}

fn add_note(notes: &MapRef, transaction: &mut TransactionMut<'_>, id: &str, author: ParticipantId) {
    // One by one: a prelim of several would write them in an order of chance.
    let note = notes.insert(transaction, id, MapPrelim::default());
    note.insert(transaction, keys::AUTHOR, author.to_string());
    note.insert(transaction, keys::KIND, "idea");
    note.insert(transaction, keys::ORDER, "a");
    note.insert(transaction, keys::TEXT, TextPrelim::new("briefje"));
}

fn write_text(notes: &MapRef, transaction: &mut TransactionMut<'_>, id: &str, chance: &mut Chance) {
    let text = note(notes, transaction, id).and_then(|note| note.get(transaction, keys::TEXT));
    let Some(Out::YText(text)) = text else {
        return;
    };
    let length = text.len(transaction);
    let letters = u32::try_from(text.get_string(transaction).chars().count()).unwrap_or(0);
    // Between two halves of a surrogate pair nobody writes.
    let plain = letters == length;
    let at = if plain {
        u32::try_from(chance.below(length as usize + 1)).unwrap_or(0)
    } else {
        length
    };
    if plain && at + 2 < length && chance.one_in(3) {
        text.remove_range(transaction, at, 2);
    } else if length < 60 {
        text.insert(transaction, at, WORDS[chance.below(WORDS.len())]);
    } else if plain {
        text.remove_range(transaction, 0, length);
    }
}
