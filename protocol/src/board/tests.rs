//! Documents, boards and journeys together.

use yrs::updates::decoder::Decode;
use yrs::{Any, Map, MapPrelim, TextPrelim, Transact, Update, WriteTxn};

use super::journey::Journey;
use super::reading::Board;
use super::samples;
use super::schema::{keys, roots};
use super::words::Language;
use super::writing::{BlankBoard, fresh_document, whole_update, write_blank};
use super::{svg, table};
use crate::gate::Gate;
use crate::ids::ParticipantId;
use crate::limits::NOTE_CHARACTERS;
use crate::testing::Chance;
use crate::workshop::{BoardMode, Role, Writer};

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

/// Values that nobody may write, in such numbers that whatever is not linear would show.
#[test]
fn b8_a_reader_survives_what_an_older_log_holds() {
    let doc = samples::document(&samples::journey("trouwen"));
    let rows = table::rows(&Board::read(&doc), Language::Dutch).len();
    let deep = (0..15).fold(Any::Null, |inside, _| Any::from(vec![inside]));
    let mut txn = doc.transact_mut();
    let notes = txn.get_or_insert_map(roots::NOTES);
    for number in 0..20_000 {
        let note = notes.insert(&mut txn, format!("equal{number:05}"), MapPrelim::default());
        note.insert(&mut txn, keys::ORDER, "V");
        note.insert(&mut txn, keys::TOUCHPOINT, format!("gone{number}"));
    }
    for number in 0..100 {
        let note = notes.insert(&mut txn, format!("long{number:02}"), MapPrelim::default());
        note.insert(&mut txn, keys::ORDER, "z".repeat(60_000));
        note.insert(
            &mut txn,
            keys::TEXT,
            TextPrelim::new("lang ".repeat(10_000)),
        );
        note.insert(&mut txn, keys::VOTES, f64::NAN);
        note.insert(&mut txn, keys::THEME, deep.clone());
    }
    drop(txn);

    let board = Board::read(&doc);

    let last: Vec<_> = board.notes.iter().rev().take(100).collect();
    assert_eq!(
        (last[99].id.as_str(), last[0].id.as_str()),
        ("long00", "long99")
    );
    let loose = 1;
    assert_eq!(table::rows(&board, Language::Dutch).len(), rows + loose);
    assert!(svg::draw(&board, Language::Dutch).ends_with("</svg>\n"));
    assert_eq!(board.journey().ideas.len(), board.notes.len());
}

/// As a coach's update, with the rights that a coach has.
fn is_admitted(journey: &Journey) -> Result<(), crate::gate::Refusal> {
    let coach = Writer {
        participant: ParticipantId::from_bytes([1; 16]),
        role: Role::Coach,
        mode: BoardMode::Open,
    };
    let update = whole_update(&samples::document(journey));
    let admitted = Gate::new().admit(&update, &mut |touch| coach.weigh(touch).is_ok());
    admitted.map(|_admission| ())
}

#[test]
fn b8_what_an_import_makes_a_client_may_write() {
    for slug in samples::SLUGS {
        assert_eq!(is_admitted(&samples::journey(slug)), Ok(()), "{slug}");
    }
}

/// Texts and numbers of every length in every place of a draft: what a file may hold, the gate
/// lets in.
#[test]
fn b8_a_file_holds_no_more_than_the_gate_lets_in() {
    let sample: serde_json::Value =
        serde_json::from_slice(&samples::file("trouwen")).expect("a sample is JSON");
    let mut taken = 0;
    for seed in 0..300 {
        let mut chance = Chance::new(seed);
        let mut draft = sample.clone();
        draft["schemaVersion"] = "1.1".into();
        draft["draft"] = true.into();
        stretch(&mut draft, &mut chance);

        if let Ok(journey) = Journey::from_value(draft) {
            taken += 1;
            assert_eq!(is_admitted(&journey), Ok(()), "seed {seed}");
        }
    }
    assert!((20..280).contains(&taken), "{taken} of 300 were taken");
}

/// Makes one or two values of a file longer or larger.
fn stretch(file: &mut serde_json::Value, chance: &mut Chance) {
    for _ in 0..=chance.below(2) {
        let mut value = &mut *file;
        while value.is_object() || value.is_array() {
            value = match value {
                serde_json::Value::Object(fields) => {
                    let at = chance.below(fields.len());
                    fields.values_mut().nth(at).expect("it is one of them")
                }
                serde_json::Value::Array(items) if items.is_empty() => return,
                serde_json::Value::Array(items) => {
                    if chance.below(4) == 0 {
                        let more = items[0].clone();
                        items.resize(*chance.pick(&[1, 199, 200, 201]).unwrap(), more);
                    }
                    let at = chance.below(items.len());
                    &mut items[at]
                }
                _ => return,
            };
        }
        let lengths = [33, 64, 65, 500, 501, 2_000, 2_001, 10_000, 10_001];
        match value {
            serde_json::Value::String(text) => {
                *text = "ë".repeat(*chance.pick(&lengths).unwrap());
            }
            serde_json::Value::Number(_) => {
                *value = chance
                    .pick(&[
                        serde_json::json!(1e300),
                        serde_json::json!(i64::MAX),
                        serde_json::json!(4_000_000_000_u64),
                        serde_json::json!(-0.5),
                        serde_json::json!(3),
                    ])
                    .unwrap()
                    .clone();
            }
            _ => {}
        }
    }
}
