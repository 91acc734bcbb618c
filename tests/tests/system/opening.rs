//! Opening a room: whatever others bring or leave unread, who comes gets in.

use futures_util::SinkExt;
use hartslag_protocol::limits::{AWARENESS_CLIENTS_PER_CONNECTION, PARTICIPANT_CONNECTIONS};
use hartslag_protocol::wire::{awareness, frame};
use hartslag_tests::event_stream::EventBridge;
use hartslag_tests::member::{Dialect, Member};
use hartslag_tests::server::{CreatedRoom, Person, TestServer};
use hartslag_tests::{eventually, only_on};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use yrs::{Doc, Map, MapPrelim, ReadTxn, StateVector, TextPrelim, Transact};

use crate::slow_and_many::metric;

const MEBIBYTE: u64 = 1 << 20;
/// What may be under way to all members of a node, as `docs/limits.md` says.
const UNDER_WAY: u64 = 96 * MEBIBYTE;

#[tokio::test]
async fn large_presence_of_others_closes_nobody_who_comes() {
    const STATE_BYTES: usize = 4_000;
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let mut shown = 0;
    let mut hostile = Vec::new();
    for _ in 0..30 {
        let mallory = server.join(&room.invitations.observer, "Mallory").await;
        let mut member = Member::connect(&server, &mallory).await;
        let state = format!(r#"{{"a":"{}"}}"#, "x".repeat(STATE_BYTES));
        let entries = (0..AWARENESS_CLIENTS_PER_CONNECTION).map(|client| awareness::Entry {
            client: shown + client as u64,
            clock: 1,
            state: Some(&state),
        });
        let frame = frame::write_awareness(&awareness::write(entries));
        member.send(Message::Binary(frame.into())).await;
        member.settle().await;
        shown += AWARENESS_CLIENTS_PER_CONNECTION as u64;
        hostile.push(member);
    }

    let bo = server.join(&room.invitations.participant, "Bo").await;
    let mut bo = Member::connect(&server, &bo).await;

    bo.add_note("here", "Ik ben er").await;
    bo.all_stored().await;
    // Of each of them one state: there is no room for two.
    bo.see("who is here", |bo| bo.shown.len() >= hostile.len())
        .await;
    assert_eq!(bo.shown.len(), hostile.len());
}

#[tokio::test]
async fn p10_a_room_of_very_many_sessions_opens_for_every_client() {
    const SESSIONS: u32 = 50_000;
    if !only_on("sqlite") {
        return;
    }
    let mut server = TestServer::start_on_sqlite().await;
    let room = server.create_room(None).await;
    let coach = server.join(&room.invitations.coach, "Anna").await;
    server.process.kill();
    let sessions = of_many_clients(SESSIONS);
    server.append_past_the_server(&room.id, &coach.participant, &sessions);
    server.start_again().await;
    let bridge = EventBridge::to(server.address()).await;

    let mut anna = Member::connect(&server, &coach).await;
    let bo = server.join(&room.invitations.participant, "Bo").await;
    let mut bo = Member::apart(&bridge.address(), &bo, Dialect::Hartslag);
    bo.reconnect().await;
    let pim = server.join(&room.invitations.participant, "Pim").await;
    let mut pim = Member::apart(&server.address(), &pim, Dialect::Plain);
    pim.reconnect().await;

    for (member, note) in [(&mut anna, "anna"), (&mut bo, "bo"), (&mut pim, "pim")] {
        assert!(member.state_vector().len() >= SESSIONS as usize);
        member.add_note(note, "Ook ik").await;
    }
    anna.see("all notes", |anna| anna.notes().len() == 3).await;
    anna.all_stored().await;
    // It tells all that it knows, and is asked by who knows as much.
    anna.reconnect().await;
    anna.add_note("again", "Nog eens").await;
    bo.see("the note of who came back", |bo| bo.notes().len() == 4)
        .await;
}

/// Each of them asks for the board as if it knew something else, and reads nothing.
#[tokio::test]
async fn lines_that_never_read_cost_no_more_than_the_budget_and_disturb_nobody() {
    const LINES: usize = 3 * PARTICIPANT_CONNECTIONS;
    if !only_on("sqlite") {
        return;
    }
    let mut server = TestServer::start_on_sqlite().await;
    let room = server.create_room(None).await;
    let anna = server.join(&room.invitations.coach, "Anna").await;
    server.process.kill();
    server.append_past_the_server(&room.id, &anna.participant, &large_board());
    server.start_again().await;
    let mut anna = Member::connect(&server, &anna).await;
    let people = people(&server, &room).await;
    let mut unread = Vec::new();
    let mut most = 0;

    for line in 0..LINES {
        let person = &people[line / PARTICIPANT_CONNECTIONS];
        let mut request = format!("ws://{}/sync/{}", server.address(), person.room)
            .into_client_request()
            .unwrap();
        let headers = request.headers_mut();
        headers.insert("cookie", person.cookie.parse().unwrap());
        let origin = format!("http://{}", server.address());
        headers.insert("origin", origin.parse().unwrap());
        let (mut socket, _) = connect_async(request).await.unwrap();
        for other in 0..2 {
            let client = u8::try_from(2 * line + other).unwrap();
            let vector = if client < 128 {
                vec![1, client, 1]
            } else {
                vec![1, client, 1, 1]
            };
            let question = frame::write_step1(&vector);
            // Who was let go cannot ask.
            let _ = socket.send(Message::Binary(question.into())).await;
        }
        unread.push(socket);
        anna.settle().await;
        most = most.max(metric(&server, "hartslag_under_way_bytes").await);
    }

    assert!(
        most < UNDER_WAY + 32 * MEBIBYTE,
        "{most} bytes were under way"
    );
    anna.add_note("still", "Ik werk door").await;
    anna.all_stored().await;
    let bo = Member::connect(&server, &people[3]).await;
    assert!(bo.notes().contains_key("still"));
    let let_go = metric(&server, "hartslag_closes_total{reason=\"behind\"}").await;
    assert!(let_go > 0, "nobody was let go");
    drop(unread);
    eventually("all of it to be given back", || async {
        let left = metric(&server, "hartslag_under_way_bytes").await;
        (left < MEBIBYTE).then_some(())
    })
    .await;
}

async fn people(server: &TestServer, room: &CreatedRoom) -> Vec<Person> {
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(server.join(&room.invitations.observer, "Mallory").await);
    }
    people
}

/// Notes of 5 MiB together.
fn large_board() -> Vec<u8> {
    let doc = Doc::new();
    let notes = doc.get_or_insert_map("notes");
    let mut transaction = doc.transact_mut();
    for id in 0..1_280 {
        let note = notes.insert(&mut transaction, format!("note{id}"), MapPrelim::default());
        note.insert(
            &mut transaction,
            "text",
            TextPrelim::new("x".repeat(4 << 10)),
        );
    }
    transaction.encode_state_as_update_v1(&StateVector::default())
}

/// Something of each of so many clients that is gone again, as Yjs writes it.
fn of_many_clients(count: u32) -> Vec<u8> {
    let mut update = Vec::new();
    write_number(&mut update, count);
    for client in (1..=count).rev() {
        // One block from clock 0 on: collected, of length 1.
        write_number(&mut update, 1);
        write_number(&mut update, client + (1 << 30));
        update.extend([0, 0, 1]);
    }
    // Nothing more is deleted.
    update.push(0);
    update
}

fn write_number(into: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        into.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    into.push(number.to_le_bytes()[0]);
}
