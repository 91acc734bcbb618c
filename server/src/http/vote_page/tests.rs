//! The page in each of its states.

use std::collections::BTreeMap;

use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::workshop::response::{Ballot, BallotFault};
use hartslag_protocol::workshop::round::Round;

use super::fixtures::round_of;
use super::form::FormFault;
use super::view::{Page, Sheet, State};
use crate::http::texts::{Language, Texts};

#[test]
fn an_open_ballot_is_a_form_with_the_stored_votes() {
    let round = round_of(&["a", "b"], 5, 2);

    let page = shown(State::Open(sheet(&round, &[(0, "2")], Vec::new())));

    assert!(page.contains(r#"<form method="post" novalidate action="/rooms/"#));
    assert!(page.contains(r#"name="v0" value="2" min="0" max="2""#));
    assert!(page.contains(r#"name="more" value="1" aria-labelledby="more t1 now n1""#));
    assert!(page.contains("nog 3 van 5 stemmen over"));
    assert!(page.contains("Hoogstens 2 per idee."));
    assert_eq!(page.matches("dot used").count(), 2);
}

#[test]
fn an_error_stands_in_words_at_its_place_and_what_was_typed_stays() {
    let round = round_of(&["a", "b"], 3, 2);
    let faults = vec![
        FormFault::NotANumber { option: 0 },
        FormFault::Rule(BallotFault::OverCap {
            note: "b".into(),
            cap: 2,
        }),
        FormFault::Rule(BallotFault::OverBudget { used: 4, budget: 3 }),
    ];

    let page = shown(State::Open(sheet(&round, &[(0, "x"), (1, "4")], faults)));

    assert!(page.contains(r#"value="x""#));
    assert!(page.contains(r#"aria-describedby="e0" aria-invalid="true""#));
    assert!(page.contains("Vul een heel getal in"));
    assert!(page.contains("Hoogstens 2 stemmen op een idee."));
    assert!(page.contains("Je gaf 4 stemmen en je hebt er 3. Haal er 1 weg."));
    assert!(page.contains("Niet bewaard"));
}

#[test]
fn hostile_texts_stay_text() {
    let hostile = r#""><script>alert(1)</script><b onclick='x'>{n}"#;
    let mut round = round_of(&["a", "b"], 3, 2);
    round.title = hostile.to_owned();
    round.options[0].text = hostile.repeat(6);
    round.options[0].place = hostile.to_owned();
    round.options[1].note = hostile.to_owned();
    let result = round.result_of(&[]);

    let pages = [
        shown(State::Open(sheet(&round, &[(0, hostile)], Vec::new()))),
        shown(State::Watching {
            round: &round,
            came_later: false,
        }),
        shown(State::Closed {
            round: &round,
            ballot: ballot(&[("a", 1)]),
            late: false,
        }),
        shown(State::Revealed {
            round: &round,
            result: &result,
        }),
    ];

    for page in pages {
        assert!(!page.contains("<script>alert") && !page.contains("<b onclick"));
        assert!(!page.contains(r#"=""><"#));
    }
}

#[test]
fn r6_an_open_or_closed_page_holds_no_totals() {
    let mut round = round_of(&["a", "b"], 3, 2);
    round.result = Some(round.result_of(&[ballot(&[("b", 2)])]));

    let open = shown(State::Open(sheet(&round, &[], Vec::new())));
    let closed = shown(State::Closed {
        round: &round,
        ballot: ballot(&[("a", 1)]),
        late: false,
    });

    assert!(!open.contains("2 stemmen<") && !closed.contains("2 stemmen<"));
    assert!(closed.contains("1 stem<") && !closed.contains("Idee b"));
}

#[test]
fn r7_equal_votes_are_shown_as_a_tie_with_votes_and_people() {
    let round = round_of(&["a", "b", "c"], 3, 2);
    let result = round.result_of(&[ballot(&[("a", 2), ("b", 1)]), ballot(&[("c", 1)])]);

    let page = shown(State::Revealed {
        round: &round,
        result: &result,
    });

    assert_eq!(page.matches("gedeeld tweede").count(), 2);
    assert!(page.contains("2 mensen stemden · 4 stemmen"));
    assert!(page.contains("<b>2 stemmen</b> van 1 persoon"));
    assert!(page.find("Idee a") < page.find("Idee b"));
}

/// The web client's test of the 60 KiB counts on this.
#[test]
fn a_page_with_twenty_ideas_stays_within_20_kib() {
    let notes: Vec<_> = (10..30)
        .map(|n| format!("01a20157-0f03-735b-bdd6-5ffd2dcd6f{n}"))
        .collect();
    let notes: Vec<_> = notes.iter().map(String::as_str).collect();
    let mut round = round_of(&notes, 5, 2);
    for option in &mut round.options {
        option.text = "Stuur elke twee weken een kort bericht over hoe het ervoor staat".to_owned();
        option.place = "Wachten op het besluit: hoort wekenlang niets".to_owned();
    }

    let page = shown(State::Open(sheet(&round, &[(0, "2")], Vec::new())));

    assert!(page.len() <= 20 << 10, "{} bytes", page.len());
}

#[test]
fn before_the_first_round_the_page_says_what_happens() {
    let page = shown(State::Waiting);

    assert!(page.contains("Er is nog geen stemronde."));
    assert!(page.contains("/phone"));
    assert!(!page.contains("<form"));
}

#[test]
fn no_page_misses_a_text() {
    let mut round = round_of(&["a", "b"], 1, 1);
    let result = round.result_of(&[ballot(&[("a", 1)])]);
    round.title = "Vraag".to_owned();

    for language in [Language::Dutch, Language::English] {
        for state in [
            State::Waiting,
            State::Watching {
                round: &round,
                came_later: false,
            },
            State::Open(sheet(&round, &[(0, "1")], Vec::new())),
            State::Closed {
                round: &round,
                ballot: ballot(&[]),
                late: true,
            },
            State::Revealed {
                round: &round,
                result: &result,
            },
        ] {
            let page = in_language(language, state);
            assert!(
                !page.contains(">vote.") && !page.contains("&quot;vote."),
                "{page}"
            );
        }
    }
}

fn ballot(votes: &[(&str, u32)]) -> Ballot {
    let votes = votes.iter().map(|&(note, votes)| (note.to_owned(), votes));
    Ballot {
        votes: votes.collect(),
        done: false,
    }
}

fn sheet<'a>(round: &'a Round, entered: &[(usize, &str)], faults: Vec<FormFault>) -> Sheet<'a> {
    let entered = entered
        .iter()
        .map(|&(option, votes)| (option, votes.to_owned()));
    Sheet {
        round,
        options: round.options.iter().enumerate().collect(),
        entered: entered.collect::<BTreeMap<_, _>>(),
        revision: 1,
        done: false,
        faults,
        elsewhere: false,
    }
}

fn shown(state: State) -> String {
    in_language(Language::Dutch, state)
}

fn in_language(language: Language, state: State) -> String {
    Page {
        texts: Texts::vote(language),
        room: RoomId::generate(),
        voter: ParticipantId::generate(),
        board: "Evenement organiseren",
        state,
    }
    .document()
    .into_string()
}
