//! Hostile input to a live room: the sender is put out, the others notice nothing.

use hartslag_protocol::limits::{FRAME_BYTES, PARTICIPANT_CONNECTIONS};
use hartslag_protocol::wire::frame;
use hartslag_tests::faulty_frames::{made_by_hand, mutated, update_frame};
use hartslag_tests::member::Member;
use hartslag_tests::random::Random;
use hartslag_tests::server::{CreatedRoom, TestServer};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use yrs::{ReadTxn, Transact};

const MEBIBYTE: u64 = 1 << 20;

/// Two honest members who check after every attack that they still see each other's work.
struct Honest {
    anna: Member,
    bo: Member,
    round: usize,
}

impl Honest {
    async fn join(server: &TestServer, room: &CreatedRoom) -> Self {
        let anna = server.join(&room.invitations.coach, "Anna").await;
        let bo = server.join(&room.invitations.participant, "Bo").await;
        Self {
            anna: Member::connect(server, &anna).await,
            bo: Member::connect(server, &bo).await,
            round: 0,
        }
    }

    async fn work(&mut self, attack: &str) {
        self.round += 1;
        let note = format!("honest{}", self.round);
        self.anna.add_note(&note, "Gewoon een idee").await;
        self.bo
            .see(&format!("{note} after {attack}"), |bo| {
                bo.notes().contains_key(&note)
            })
            .await;
        self.anna.all_stored().await;
    }
}

#[tokio::test]
async fn w8_hand_made_frames_close_their_own_connection_at_most() {
    let mut server = TestServer::start().await;
    let room = server.create_room(None).await;
    let mut honest = Honest::join(&server, &room).await;
    let attacker = server.join(&room.invitations.participant, "Mallory").await;
    honest.work("nothing").await;
    let before = server.process.resident_bytes();

    for (name, bytes) in made_by_hand() {
        let mut member = Member::connect(&server, &attacker).await;
        member.send(Message::Binary(bytes.into())).await;
        honest.work(name).await;
        drop(member);
    }

    let grown = server.process.resident_bytes().saturating_sub(before);
    assert!(
        grown < 64 * MEBIBYTE,
        "the attacks left {grown} bytes behind"
    );
    assert!(server.process.is_running());
    let notes = honest.anna.notes();
    assert!(notes.keys().all(|id| id.starts_with("honest")), "{notes:?}");
}

#[tokio::test]
async fn w8_a_frame_over_the_limit_closes_its_connection() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let mut honest = Honest::join(&server, &room).await;
    let attacker = server.join(&room.invitations.participant, "Mallory").await;
    let mut member = Member::connect(&server, &attacker).await;

    member
        .send(Message::Binary(vec![0; FRAME_BYTES * 20].into()))
        .await;

    member.closing().await;
    honest.work("a frame of 20 MiB").await;
}

#[tokio::test]
async fn w8_messages_that_never_end_fill_no_memory() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let mut honest = Honest::join(&server, &room).await;
    let attacker = server.join(&room.invitations.participant, "Mallory").await;
    let before = server.process.resident_bytes();

    let mut unfinished = Vec::new();
    for _ in 0..PARTICIPANT_CONNECTIONS {
        let mut member = Member::connect(&server, &attacker).await;
        for piece in 0..14 {
            let code = if piece == 0 {
                Data::Binary
            } else {
                Data::Continue
            };
            let bytes = vec![0; FRAME_BYTES];
            let frame = Frame::message(bytes, OpCode::Data(code), false);
            member.send(Message::Frame(frame)).await;
            member.send(Message::Ping(Vec::new().into())).await;
        }
        unfinished.push(member);
        honest.work("pieces of a message").await;
    }

    let grown = server.process.resident_bytes().saturating_sub(before);
    assert!(
        grown < 160 * MEBIBYTE,
        "280 MiB unfinished cost {grown} bytes"
    );
}

#[tokio::test]
async fn m3_text_that_is_no_message_is_refused_and_the_connection_stays() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.participant, "Mallory").await;
    let mut member = Member::connect(&server, &person).await;

    for text in [
        "",
        "{",
        "[[[[",
        r#"{"type":"becomeCoach"}"#,
        &"[".repeat(10_000),
    ] {
        member.send(Message::Text(text.into())).await;
        member
            .hear(|message| {
                serde_json::to_string(message).is_ok_and(|m| m.contains("unknownMessage"))
            })
            .await;
    }

    member.settle().await;
}

#[tokio::test]
async fn w7_a_client_that_never_fills_its_gap_is_closed() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let mut honest = Honest::join(&server, &room).await;
    let person = server.join(&room.invitations.participant, "Mallory").await;
    let mut member = Member::connect(&server, &person).await;
    let gap = frame_named("an item after an unknown item");
    // The payload again, as the answer to the question for what is missing.
    let answer = [&[0, 1], &gap[2..]].concat();

    member.send(Message::Binary(gap.into())).await;
    for _ in 0..10 {
        member.send(Message::Binary(answer.clone().into())).await;
    }

    assert_eq!(member.closing().await, Some(4508));
    honest.work("a gap that stays").await;
}

fn frame_named(wanted: &str) -> Vec<u8> {
    let (_, frame) = made_by_hand()
        .into_iter()
        .find(|(name, _)| *name == wanted)
        .unwrap();
    frame
}

#[tokio::test]
async fn mutated_frames_never_stop_a_room() {
    let mut random = Random::from_environment(41);
    let mut server = TestServer::start().await;
    let room = server.create_room(None).await;
    let mut honest = Honest::join(&server, &room).await;
    let person = server.join(&room.invitations.participant, "Mallory").await;
    let mut member = Member::connect(&server, &person).await;
    let honest_frames = frames_of_a_session(&server, &room).await;

    for attempt in 0..1_500 {
        let bytes = mutated(random.pick::<Vec<u8>>(&honest_frames), &mut random);
        member.send(Message::Binary(bytes.into())).await;
        if attempt % 10 == 9 {
            member.cut();
            member = Member::connect(&server, &person).await;
        }
        if attempt % 100 == 99 {
            honest.work(&format!("{attempt} mutated frames")).await;
        }
    }

    assert!(server.process.is_running());
    let witness = server.join(&room.invitations.observer, "Getuige").await;
    let mut witness = Member::connect(&server, &witness).await;
    let newest = honest.anna.state_vector();
    witness
        .see("all honest work", |witness| {
            witness.state_vector() >= newest
        })
        .await;
    server.crash_and_return().await;
    let again = Member::connect(
        &server,
        &server.join(&room.invitations.observer, "Later").await,
    )
    .await;
    assert_eq!(again.board(), witness.board(), "the room loads as it was");
}

/// What an honest member sends in a short session, and its whole document.
async fn frames_of_a_session(server: &TestServer, room: &CreatedRoom) -> Vec<Vec<u8>> {
    let person = server.join(&room.invitations.participant, "Noor").await;
    let mut noor = Member::connect(server, &person).await;
    let mut frames = Vec::new();
    for number in 0..12 {
        let before = noor.state_vector();
        let id = format!("noor{number}");
        noor.add_note(&id, "Één idee, of meer ❤").await;
        noor.extend_note(&id, " en verder").await;
        noor.set_on_note(&id, "order", f64::from(number)).await;
        let update = noor.doc.transact().encode_state_as_update_v1(&before);
        frames.push(update_frame(&update));
    }
    noor.all_stored().await;
    let whole = noor
        .doc
        .transact()
        .encode_state_as_update_v1(&yrs::StateVector::default());
    frames.push(frame::write_step2(&whole));
    frames.push(update_frame(&whole));
    frames
}
