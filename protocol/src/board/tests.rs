//! Documents, boards and journeys together.

use yrs::updates::decoder::Decode;
use yrs::{Any, Map, MapPrelim, Transact, Update, WriteTxn};

use super::journey::Journey;
use super::reading::Board;
use super::samples;
use super::schema::{keys, roots};
use super::words::Language;
use super::writing::{BlankBoard, fresh_document, whole_update, write_blank};
use crate::limits::NOTE_CHARACTERS;

#[test]
fn x1_the_export_of_an_imported_sample_is_the_file() {
    for slug in samples::SLUGS {
        let file = samples::file(slug);
        let doc = samples::document(&Journey::parse(&file).unwrap());

        let export = Board::read(&doc).journey().to_json();

        assert_eq!(export.as_bytes(), file, "{slug}");
    }
}

/// As a room does: the log keeps updates, and another node reads them.
#[test]
fn x1_the_export_is_the_file_after_a_journey_over_the_wire() {
    for slug in samples::SLUGS {
        let file = samples::file(slug);
        let update = whole_update(&samples::document(&Journey::parse(&file).unwrap()));
        let replica = fresh_document();
        let update = Update::decode_v1(&update).unwrap();
        replica.transact_mut().apply_update(update).unwrap();

        let export = Board::read(&replica).journey().to_json();

        assert_eq!(export.as_bytes(), file, "{slug}");
    }
}

#[test]
fn a_blank_board_has_its_phases_and_someone_to_score_for() {
    let doc = fresh_document();
    let blank = BlankBoard {
        title: "Ik wil een hond",
        municipality: "Duinrade",
        language: Language::Dutch,
        phases: &["Een", "Twee", "Drie", "Vier", "Vijf"],
    };

    write_blank(&doc, blank, &mut samples::counted_ids());
    let board = Board::read(&doc);

    let titles: Vec<_> = board.phases.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(titles, blank.phases);
    assert_eq!(board.personas.len(), 1);
    assert_eq!(board.about.title, blank.title);
    assert_eq!(board.journey().schema_version, "1.1");
    assert!(Journey::parse(board.journey().to_json().as_bytes()).is_ok());
}

#[test]
fn an_empty_document_is_an_empty_board() {
    let board = Board::read(&fresh_document());

    assert_eq!(board, Board::default());
    assert!(Journey::parse(board.journey().to_json().as_bytes()).is_ok());
}

#[test]
fn a_note_knows_its_place_in_words() {
    let doc = samples::document(&samples::journey("koffiebar-openen"));
    let board = Board::read(&doc);

    let place = board.place_of(&board.notes[5]).in_words();

    assert_eq!(
        place,
        "Oriënteren · Zoekt op de website naar regels voor horeca"
    );
    assert_eq!(board.counts().touchpoints, 16);
}

#[test]
fn x6_an_export_does_not_tell_who_wrote_a_note() {
    let doc = samples::document(&samples::journey("trouwen"));
    let author = "0199aaaa-0000-7000-8000-000000000001";
    let id = Board::read(&doc).notes[0].id.clone();
    {
        let mut txn = doc.transact_mut();
        let notes = txn.get_or_insert_map(roots::NOTES);
        let note: yrs::MapRef = notes.get(&txn, &id).unwrap().cast().unwrap();
        note.insert(&mut txn, keys::AUTHOR, author);
        note.insert(&mut txn, keys::CREATED_AT, 1_795_000_000_123_i64);
    }

    let export = Board::read(&doc).journey().to_json();

    assert!(!export.contains(author) && !export.contains("1795000000123"));
    assert_eq!(export.as_bytes(), samples::file("trouwen"));
}

/// The web client makes no text over its length; another client, or a file, may.
#[test]
fn b7_a_text_over_its_length_is_kept_and_shown() {
    let mut journey = samples::journey("trouwen");
    let long = "lang ".repeat(NOTE_CHARACTERS);
    journey.ideas[0].text.clone_from(&long);

    let board = Board::read(&samples::document(&journey));
    let export = Journey::parse(board.journey().to_json().as_bytes()).unwrap();

    assert!(board.notes.iter().any(|note| note.text == long));
    assert_eq!(export.ideas[0].text, long);
}

/// Every key of every item, and every item, of a wrong type in turn: reading goes on, and what it
/// gives can be exported and imported.
#[test]
fn b_a_reader_survives_malformed_values() {
    let wrong = [
        Any::Null,
        Any::Undefined,
        Any::from(true),
        Any::from(f64::NAN),
        Any::from(-1e300),
        Any::from(7_i64),
        Any::from("?"),
        Any::from(vec![Any::from("?"), Any::Null, Any::from(3_i64)]),
        Any::from(vec![0_u8, 1]),
        Any::from(std::collections::HashMap::from([(
            "value".to_owned(),
            Any::from("?"),
        )])),
    ];
    for value in wrong {
        let doc = samples::document(&samples::journey("verhuizen"));
        malform(&doc, &value);

        let board = Board::read(&doc);
        let export = board.journey().to_json();

        let again = Journey::parse(export.as_bytes()).unwrap_or_else(|faults| {
            panic!("{value:?}: {faults:?}");
        });
        assert_eq!(
            Board::read(&samples::document(&again)).journey().to_json(),
            export,
            "{value:?}"
        );
    }
}

/// Sets every key of some maps of every root, and an item of every collection, to a value.
fn malform(doc: &yrs::Doc, value: &Any) {
    let mut txn = doc.transact_mut();
    for root in roots::ALL {
        let map = txn.get_or_insert_map(root);
        let ids: Vec<String> = map.keys(&txn).map(str::to_owned).collect();
        for id in ids.iter().step_by(2) {
            if let Some(yrs::Out::YMap(item)) = map.get(&txn, id) {
                for key in keys::ALL {
                    item.insert(&mut txn, *key, value.clone());
                }
            }
        }
        if matches!(root, roots::BOARD | roots::BRIEF) {
            for key in keys::ALL {
                map.insert(&mut txn, *key, value.clone());
            }
        }
        map.insert(&mut txn, "malformed", value.clone());
        map.insert(&mut txn, "empty", MapPrelim::default());
    }
}
