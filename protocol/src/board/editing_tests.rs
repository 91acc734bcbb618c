//! Boards that were edited live: whatever people do, an export imports to an equal board (X5).

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;
use yrs::{Any, Doc, Map, MapPrelim, MapRef, TextPrelim, Transact, TransactionMut, WriteTxn};

use super::journey::Journey;
use super::ordering::between;
use super::reading::{Board, Touchpoint};
use super::samples;
use super::schema::{keys, roots, score_key};
use super::words::{Basis, Change, Channel, NoteKind, NoteStatus, Word};
use super::writing::{BlankBoard, fresh_document, write_blank};

const COLLECTIONS: [&str; 8] = [
    roots::PERSONAS,
    roots::PHASES,
    roots::TOUCHPOINTS,
    roots::QUOTES,
    roots::PAIN_POINTS,
    roots::NOTES,
    roots::ACTIONS,
    roots::METRICS,
];

/// What somebody does to a board.
#[derive(Clone, Debug)]
enum Edit {
    /// Adds an item without any field but its place and text.
    Add(usize, String),
    /// Deletes an item, and nothing of what hangs on it.
    Delete(usize, Index),
    /// Moves an item to the begin, or an end.
    Move(usize, Index, bool),
    /// Hangs an item on another phase, touchpoint or origin, or on none.
    Hang(usize, Index, usize, Option<(usize, Index)>),
    /// Sets a field to some value.
    Set(usize, Index, usize, Index),
    /// Sets a field of the board or the start document to some value.
    SetAbout(bool, usize, Index),
    /// Scores a touchpoint for a persona.
    Score(Index, Index, i8, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let any_index = any::<Index>;
    let collection = 0..COLLECTIONS.len();
    let edit = prop_oneof![
        (collection.clone(), "[a-zé{}\"]{0,12}").prop_map(|(c, text)| Edit::Add(c, text)),
        (collection.clone(), any_index()).prop_map(|(c, i)| Edit::Delete(c, i)),
        (collection.clone(), any_index(), any::<bool>()).prop_map(|(c, i, b)| Edit::Move(c, i, b)),
        (
            2..6_usize,
            any_index(),
            0..HANGERS.len(),
            prop::option::of((1..3_usize, any_index()))
        )
            .prop_map(|(c, i, key, to)| Edit::Hang(c, i, key, to)),
        (collection, any_index(), 0..keys::ALL.len(), any_index())
            .prop_map(|(c, i, key, value)| Edit::Set(c, i, key, value)),
        (any::<bool>(), 0..keys::ALL.len(), any_index())
            .prop_map(|(brief, key, value)| Edit::SetAbout(brief, key, value)),
        (any_index(), any_index(), -2..=2_i8, 0..Basis::ALL.len())
            .prop_map(|(t, p, value, basis)| Edit::Score(t, p, value, basis)),
    ];
    prop::collection::vec(edit, 1..25)
}

const HANGERS: [&str; 3] = [keys::PHASE, keys::TOUCHPOINT, keys::ORIGIN];

fn values() -> [Any; 12] {
    [
        Any::from(""),
        Any::from("tekst"),
        Any::from(Channel::None.word()),
        Any::from(Change::Remove.word()),
        Any::from(NoteKind::Question.word()),
        Any::from(NoteStatus::Selected.word()),
        Any::from("desired"),
        Any::from("2026-01-01"),
        Any::from(3_i64),
        Any::from(7.5),
        Any::from(true),
        Any::from(vec!["een".to_owned(), "phone".to_owned()]),
    ]
}

fn apply(doc: &Doc, edit: &Edit, fresh: &mut u32) {
    let mut txn = doc.transact_mut();
    match edit.clone() {
        Edit::Add(collection, text) => {
            *fresh += 1;
            let map = txn.get_or_insert_map(COLLECTIONS[collection]);
            let item = map.insert(&mut txn, format!("new-{fresh}"), MapPrelim::default());
            item.insert(&mut txn, keys::ORDER, "V");
            item.insert(&mut txn, keys::TITLE, text.as_str());
            item.insert(&mut txn, keys::TEXT, TextPrelim::new(text.as_str()));
        }
        Edit::Delete(collection, index) => {
            let map = txn.get_or_insert_map(COLLECTIONS[collection]);
            if let Some(id) = some_id(&map, &txn, index) {
                map.remove(&mut txn, &id);
            }
        }
        Edit::Move(collection, index, first) => {
            let (after, before) = if first {
                (None, Some("V"))
            } else {
                (Some("V"), None)
            };
            set(
                &mut txn,
                collection,
                index,
                keys::ORDER,
                between(after, before).into(),
            );
        }
        Edit::Hang(collection, index, key, to) => {
            let to = to.and_then(|(collection, index)| {
                let map = txn.get_or_insert_map(COLLECTIONS[collection]);
                some_id(&map, &txn, index)
            });
            set(&mut txn, collection, index, HANGERS[key], to.into());
        }
        Edit::Set(collection, index, key, value) => {
            let values = values();
            let value = value.get(&values).clone();
            set(&mut txn, collection, index, keys::ALL[key], value);
        }
        Edit::SetAbout(brief, key, value) => {
            let root = if brief { roots::BRIEF } else { roots::BOARD };
            let values = values();
            let map = txn.get_or_insert_map(root);
            map.insert(&mut txn, keys::ALL[key], value.get(&values).clone());
        }
        Edit::Score(touchpoint, persona, value, basis) => {
            score(&mut txn, [touchpoint, persona], value, Basis::ALL[basis]);
        }
    }
}

fn score(txn: &mut TransactionMut<'_>, [touchpoint, persona]: [Index; 2], value: i8, basis: Basis) {
    let touchpoints = txn.get_or_insert_map(roots::TOUCHPOINTS);
    let personas = txn.get_or_insert_map(roots::PERSONAS);
    let touchpoint = some_id(&touchpoints, txn, touchpoint);
    let persona = some_id(&personas, txn, persona);
    if let (Some(touchpoint), Some(persona)) = (touchpoint, persona) {
        let scores = txn.get_or_insert_map(roots::SCORES);
        let key = score_key(&touchpoint, &persona);
        let score = scores.insert(txn, key, MapPrelim::default());
        score.insert(txn, keys::VALUE, i32::from(value));
        score.insert(txn, keys::BASIS, basis.word());
    }
}

fn set(txn: &mut TransactionMut<'_>, collection: usize, index: Index, key: &str, value: Any) {
    let map = txn.get_or_insert_map(COLLECTIONS[collection]);
    let item = some_id(&map, txn, index).and_then(|id| map.get(txn, &id));
    if let Some(item) = item.and_then(|item| item.cast::<MapRef>().ok()) {
        item.insert(txn, key, value);
    }
}

fn some_id(map: &MapRef, txn: &TransactionMut<'_>, index: Index) -> Option<String> {
    let mut ids: Vec<String> = map.keys(txn).map(str::to_owned).collect();
    ids.sort();
    (!ids.is_empty()).then(|| index.get(&ids).clone())
}

/// A board with what an export leaves out made the same: ids and codes become places in a row, and
/// who wrote a note and when are forgotten.
fn without_identity(mut board: Board) -> Board {
    let mut names = BTreeMap::new();
    let mut name = |kind: &str, id: &mut String| {
        let place = names.len();
        let name = names.entry(id.clone()).or_insert(format!("{kind}{place}"));
        id.clone_from(name);
    };
    for persona in &mut board.personas {
        name("persona", &mut persona.id);
    }
    for phase in &mut board.phases {
        name("phase", &mut phase.id);
        phase.code = None;
        phase.metrics.iter_mut().for_each(|it| it.id.clear());
    }
    board.loose.metrics.iter_mut().for_each(|it| it.id.clear());
    let loose = [&mut board.loose.quotes, &mut board.loose.pain_points];
    loose.into_iter().flatten().for_each(|it| it.id.clear());
    let phases = board.phases.iter_mut();
    let mut layers: Vec<&mut Vec<Touchpoint>> = phases
        .flat_map(|it| [&mut it.current, &mut it.desired])
        .collect();
    layers.extend([&mut board.loose.current, &mut board.loose.desired]);
    for touchpoint in layers.iter_mut().flat_map(|layer| layer.iter_mut()) {
        name("touchpoint", &mut touchpoint.id);
    }
    for touchpoint in layers.into_iter().flatten() {
        touchpoint.code = None;
        touchpoint.origin.iter_mut().for_each(|it| name("?", it));
        let texts = touchpoint
            .quotes
            .iter_mut()
            .chain(&mut touchpoint.pain_points);
        texts.for_each(|it| it.id.clear());
        let scores = std::mem::take(&mut touchpoint.scores);
        touchpoint.scores = scores
            .into_iter()
            .map(|(mut persona, score)| {
                name("?", &mut persona);
                (persona, score)
            })
            .collect();
    }
    for note in &mut board.notes {
        name("note", &mut note.id);
        note.phase.iter_mut().for_each(|it| name("?", it));
        note.touchpoint.iter_mut().for_each(|it| name("?", it));
        (note.code, note.author, note.created_at) = (None, None, 0);
    }
    for action in &mut board.actions {
        (action.id, action.code) = (String::new(), None);
        action.notes.iter_mut().for_each(|it| name("?", it));
    }
    board
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn x5_the_import_of_an_export_is_an_equal_board(
        edits in edits(),
        sample in prop::option::of(0..samples::SLUGS.len()),
    ) {
        let doc = match sample {
            Some(sample) => samples::document(&samples::journey(samples::SLUGS[sample])),
            None => blank(),
        };
        let mut fresh = 0;
        for edit in &edits {
            apply(&doc, edit, &mut fresh);
        }
        let board = Board::read(&doc);

        let export = board.journey().to_json();
        let again = Journey::parse(export.as_bytes());
        prop_assert!(again.is_ok(), "{:?}", again);
        let imported = Board::read(&samples::document(&again.unwrap()));

        prop_assert_eq!(imported.journey().to_json(), export);
        prop_assert_eq!(without_identity(imported), without_identity(board));
    }
}

fn blank() -> Doc {
    let doc = fresh_document();
    let blank = BlankBoard {
        title: "",
        municipality: "",
        language: super::words::Language::English,
        phases: &["One", "Two"],
    };
    write_blank(&doc, blank, &mut samples::counted_ids());
    doc
}
