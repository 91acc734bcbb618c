//! What a role may not, the server does not do, whatever the client sends.

use std::time::{Duration, Instant};

use hartslag_protocol::wire::message::{RefusalReason, ServerMessage};
use hartslag_protocol::workshop::BoardMode;
use hartslag_tests::member::Member;
use hartslag_tests::server::{CreatedRoom, Person, TestServer};
use reqwest::{Method, StatusCode};
use serde_json::json;
use yrs::{Map, MapPrelim, Out, Text, TextPrelim, TransactionMut, WriteTxn};

/// Honest people beside the modified client.
const HONEST: usize = 50;
/// Longer than earlier rights hold (P6).
const GRACE: Duration = Duration::from_millis(2_100);

#[tokio::test]
async fn an_observer_that_writes_is_refused_and_nothing_changes() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let observer = server.join(&room.invitations.observer, "Oscar").await;
    let coach = server.join(&room.invitations.coach, "Fatima").await;
    let mut oscar = Member::connect(&server, &observer).await;

    oscar.add_note("forged", "Ik mag dit niet").await;

    let refused = oscar
        .hear(|message| matches!(message, ServerMessage::Refused { .. }))
        .await;
    assert!(matches!(
        refused,
        ServerMessage::Refused {
            reason: RefusalReason::NotAllowed,
            ..
        }
    ));
    let fatima = Member::connect(&server, &coach).await;
    assert!(fatima.notes().is_empty());
}

#[tokio::test]
async fn an_observer_that_only_says_what_is_known_is_not_refused() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let coach = server.join(&room.invitations.coach, "Fatima").await;
    let mut fatima = Member::connect(&server, &coach).await;
    fatima.add_note("n1", "Een idee").await;
    fatima.all_stored().await;
    let observer = server.join(&room.invitations.observer, "Oscar").await;
    let mut oscar = Member::connect(&server, &observer).await;

    oscar.cut();
    oscar.reconnect().await;

    assert!(
        oscar
            .heard
            .iter()
            .all(|message| !matches!(message, ServerMessage::Refused { .. }))
    );
}

#[tokio::test]
async fn only_a_coach_steers() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let participant = server.join_by_code(&room.join_code).await;
    let order = json!({ "kind": "vote", "notes": ["a", "b"], "budget": 3, "cap": 1 });
    let orders = [
        (Method::POST, "/rounds", Some(order)),
        (Method::GET, "/join-code", None),
        (Method::POST, "/join-code", None),
        (
            Method::POST,
            "/invitations",
            Some(json!({ "role": "coach" })),
        ),
    ];

    for (method, path, body) in orders {
        let (status, problem) = server.api(&participant, method, path, body.as_ref()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {problem}");
    }
}

/// What a modified client sends: a name, and what it does to its replica of the board.
type Act = (&'static str, fn(&mut TransactionMut<'_>, &str));

/// Acts on the notes of others, and in the names of others. `me` is who acts.
const ON_NOTES: [Act; 9] = [
    ("types in another's note", |it, _| typed(it, "annas")),
    ("types in the coach's note", |it, _| typed(it, "nameless")),
    ("moves another's note", |it, _| {
        set(it, "annas", "order", "forged");
    }),
    ("takes another's note over", |it, me| {
        set(it, "annas", "author", me);
    }),
    ("deletes another's note", |it, _| removed(it, "annas")),
    ("writes over another's note", |it, me| {
        made(it, "annas", Some(me));
    }),
    ("claims the coach's note", |it, me| {
        set(it, "nameless", "author", me);
    }),
    ("writes a note without a name", |it, _| {
        made(it, "forged", None);
    }),
    ("writes in another's name", |it, _| {
        made(it, "forged", Some("0199f2c0-0000-7000-8000-00000000000a"));
    }),
];

/// Acts on what is the coach's.
const ON_STRUCTURE: [Act; 4] = [
    ("renames the board", |it, _| put(it, "board", "title")),
    ("adds a phase", |it, _| put(it, "phases", "forged")),
    ("adds a touchpoint", |it, _| {
        put(it, "touchpoints", "forged");
    }),
    ("adds a version", |it, _| put(it, "versions", "forged")),
];

/// Acts that participants may do while the board is open.
const ON_CONTENT: [Act; 3] = [
    ("scores", |it, _| put(it, "scores", "forged")),
    ("quotes", |it, _| put(it, "quotes", "forged")),
    ("names a pain point", |it, _| {
        put(it, "painPoints", "forged");
    }),
];

/// Acts on one's own notes.
const ON_OWN: [Act; 1] = [("writes a note", |it, me| made(it, "forged", Some(me)))];

fn typed(transaction: &mut TransactionMut<'_>, id: &str) {
    let notes = transaction.get_or_insert_map("notes");
    let Some(Out::YMap(note)) = notes.get(transaction, id) else {
        panic!("there is no note {id}");
    };
    if let Some(Out::YText(text)) = note.get(transaction, "text") {
        text.insert(transaction, 0, "forged ");
    }
}

fn set(transaction: &mut TransactionMut<'_>, id: &str, key: &str, value: &str) {
    let notes = transaction.get_or_insert_map("notes");
    if let Some(Out::YMap(note)) = notes.get(transaction, id) {
        note.insert(transaction, key, value);
    }
}

fn removed(transaction: &mut TransactionMut<'_>, id: &str) {
    let notes = transaction.get_or_insert_map("notes");
    notes.remove(transaction, id);
}

fn made(transaction: &mut TransactionMut<'_>, id: &str, author: Option<&str>) {
    written(transaction, id, "forged", author);
}

fn written(transaction: &mut TransactionMut<'_>, id: &str, text: &str, author: Option<&str>) {
    let notes = transaction.get_or_insert_map("notes");
    let note = notes.insert(transaction, id, MapPrelim::default());
    note.insert(transaction, "text", TextPrelim::new(text));
    if let Some(author) = author {
        note.insert(transaction, "author", author);
    }
}

fn put(transaction: &mut TransactionMut<'_>, root: &str, key: &str) {
    let root = transaction.get_or_insert_map(root);
    root.insert(transaction, key, "forged");
}

/// A room with two notes, and fifty people at work in it.
struct Workshop {
    server: TestServer,
    room: CreatedRoom,
    coach: Person,
    honest: Vec<Member>,
}

impl Workshop {
    async fn begin() -> Self {
        let server = TestServer::start().await;
        let room = server.create_room(None).await;
        let coach = server.join(&room.invitations.coach, "Fatima").await;
        let mut fatima = Member::connect(&server, &coach).await;
        fatima
            .edit(|it| written(it, "nameless", "Van niemand", None))
            .await;
        fatima.all_stored().await;
        let mut honest = vec![fatima];
        for number in 1..HONEST {
            let name = format!("Deelnemer {number}");
            let person = server.join(&room.invitations.participant, &name).await;
            honest.push(Member::connect(&server, &person).await);
        }
        honest[1].add_note("annas", "Van Anna").await;
        honest[1].all_stored().await;
        Self {
            server,
            room,
            coach,
            honest,
        }
    }

    async fn join(&self, role: &str) -> Person {
        let order = json!({ "role": role });
        let (_, made) = self
            .server
            .api(&self.coach, Method::POST, "/invitations", Some(&order))
            .await;
        let invitation = made["invitation"].as_str().expect("an invitation");
        self.server.join(invitation, "Mallory").await
    }

    /// Sets the board mode, and waits until earlier rights hold no more.
    async fn turn(&mut self, mode: BoardMode) {
        let order = json!({ "mode": mode });
        let path = "/board-mode";
        let (status, told) = self
            .server
            .api(&self.coach, Method::PUT, path, Some(&order))
            .await;
        assert_eq!(status, StatusCode::OK, "{told}");
        let told = |it: &ServerMessage| matches!(it, ServerMessage::BoardMode { mode: now } if *now == mode);
        self.honest[1].hear(told).await;
        let turned = Instant::now();
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        while turned.elapsed() < GRACE {
            pause.tick().await;
        }
    }

    /// Lets a person do all these, each on a fresh connection; the room must refuse each.
    async fn refuse(&mut self, person: &Person, acts: &[Act], reason: RefusalReason) {
        for (name, act) in acts {
            let mut mallory = Member::connect(&self.server, person).await;
            mallory.edit(|it| act(it, &person.participant)).await;
            let refused = mallory
                .hear(|it| matches!(it, ServerMessage::Refused { .. }))
                .await;
            assert!(
                matches!(refused, ServerMessage::Refused { reason: told, .. } if told == reason),
                "{name}: {refused:?}"
            );
        }
        // The server lets a client go that says nothing for two minutes.
        for member in &mut self.honest {
            if !member.try_settle().await && member.closed.is_none() {
                member.reconnect().await;
            }
        }
    }

    /// Everyone honest works on, and nobody ever saw anything forged.
    async fn check(&mut self) {
        let seen = format!("na {}", self.honest[0].notes().len());
        self.honest[0].add_note(&seen, "Gewoon een idee").await;
        self.honest[0].all_stored().await;
        for member in &mut self.honest {
            member
                .see("honest work", |it| it.notes().contains_key(&seen))
                .await;
            let board = format!("{:?}", member.board());
            assert!(!board.contains("forged"), "{board}");
            let refused = |it: &ServerMessage| matches!(it, ServerMessage::Refused { .. });
            assert!(!member.heard.iter().any(refused) && member.closed.is_none());
        }
    }
}

#[tokio::test]
async fn p1_to_p5_whatever_a_modified_client_sends_nobody_ever_sees_it() {
    let mut workshop = Workshop::begin().await;
    let observer = workshop
        .server
        .join(&workshop.room.invitations.observer, "Mallory")
        .await;
    let voter = workshop.join("voter").await;
    let participant = workshop.join("participant").await;

    for reader in [&observer, &voter] {
        for acts in [&ON_NOTES[..], &ON_STRUCTURE, &ON_CONTENT, &ON_OWN] {
            workshop
                .refuse(reader, acts, RefusalReason::NotAllowed)
                .await;
        }
    }
    workshop
        .refuse(&participant, &ON_NOTES, RefusalReason::NotYours)
        .await;
    workshop
        .refuse(&participant, &ON_STRUCTURE, RefusalReason::CoachOnly)
        .await;
    workshop.check().await;

    workshop.turn(BoardMode::Notes).await;
    workshop
        .refuse(&participant, &ON_NOTES, RefusalReason::NotYours)
        .await;
    workshop
        .refuse(&participant, &ON_CONTENT, RefusalReason::NotesOnly)
        .await;
    workshop.turn(BoardMode::Locked).await;
    for acts in [&ON_NOTES[..], &ON_STRUCTURE, &ON_CONTENT, &ON_OWN] {
        workshop
            .refuse(&participant, acts, RefusalReason::BoardLocked)
            .await;
    }
    workshop.check().await;
}

#[tokio::test]
async fn p4_a_board_that_is_opened_again_takes_what_it_refused() {
    let mut workshop = Workshop::begin().await;
    let participant = workshop.join("participant").await;
    workshop.turn(BoardMode::Locked).await;
    workshop
        .refuse(&participant, &ON_OWN, RefusalReason::BoardLocked)
        .await;

    workshop.turn(BoardMode::Open).await;
    let mut noor = Member::connect(&workshop.server, &participant).await;
    noor.add_note("noors", "Nu wel").await;
    noor.all_stored().await;

    workshop.honest[0]
        .see("the note", |it| it.notes().contains_key("noors"))
        .await;
}
