//! Members whom no WebSocket reaches work with those who have one.

use hartslag_protocol::wire::bundle::{Bundled, write_bundle};
use hartslag_protocol::wire::frame;
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_tests::event_stream::{EventBridge, EventStream};
use hartslag_tests::faulty_frames::{made_by_hand, mutated};
use hartslag_tests::member::{Dialect, Member};
use hartslag_tests::nodes::Nodes;
use hartslag_tests::random::Random;
use hartslag_tests::server::{Person, TestServer};
use reqwest::StatusCode;

const EDITS: usize = 50;

#[tokio::test]
async fn w20_what_one_writes_over_either_transport_the_other_sees() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let bridge = EventBridge::to(server.address()).await;
    let noor = server.join(&room.invitations.coach, "Noor").await;
    let pim = server.join(&room.invitations.participant, "Pim").await;
    let mut noor = connect(&bridge, &noor).await;
    let mut pim = Member::connect(&server, &pim).await;

    for edit in 0..EDITS {
        noor.add_note(&format!("noor{edit}"), "Langs een omweg")
            .await;
        pim.add_note(&format!("pim{edit}"), "Recht op zijn doel")
            .await;
    }

    for member in [&mut noor, &mut pim] {
        member
            .see("all notes", |it| it.notes().len() == 2 * EDITS)
            .await;
        member.all_stored().await;
    }
    assert_eq!(noor.board(), pim.board());
    noor.cut();
    let left = |message: &ServerMessage| matches!(message, ServerMessage::ParticipantLeft { .. });
    pim.hear(left).await;
}

#[tokio::test]
async fn w25_w26_a_stream_that_ends_is_opened_anew_and_nothing_is_lost() {
    let mut server = TestServer::start().await;
    let room = server.create_room(None).await;
    let bridge = EventBridge::to(server.address()).await;
    let noor = server.join(&room.invitations.coach, "Noor").await;
    let path = format!("/sync/{}", room.id);
    let mut noor_here = connect(&bridge, &noor).await;
    let mut left = EventStream::open(&server.address(), &path, &noor.cookie)
        .await
        .unwrap();

    for round in 0..3 {
        noor_here
            .add_note(&format!("stored{round}"), "Bewaard")
            .await;
        noor_here.all_stored().await;
        server.crash_and_return().await;
        noor_here.cut();
        noor_here
            .add_note(&format!("apart{round}"), "Onderweg")
            .await;
        noor_here.reconnect().await;
    }

    let question = Bundled::Binary(&[3]);
    assert_eq!(left.send(question).await, Some(StatusCode::GONE));
    let witness = server.join(&room.invitations.observer, "Getuige").await;
    let witness = Member::connect(&server, &witness).await;
    assert_eq!(witness.notes().len(), 6);
    assert_eq!(witness.board(), noor_here.board());
}

#[tokio::test]
async fn w25_a_post_that_reaches_another_node_asks_for_a_new_connection() {
    let nodes = Nodes::start(2).await;
    let server = &nodes.node(0).server;
    let room = server.create_room(None).await;
    let noor = server.join(&room.invitations.coach, "Noor").await;
    let path = format!("/sync/{}", room.id);
    let question = Bundled::Binary(&[3]);
    let mut stream = EventStream::open(&server.address(), &path, &noor.cookie)
        .await
        .unwrap();

    stream.server = nodes.node(1).server.address();
    assert_eq!(stream.send(question).await, Some(StatusCode::GONE));

    let there = &nodes.node(1).server.address();
    let mut again = EventStream::open(there, &path, &noor.cookie).await.unwrap();
    assert_eq!(again.send(question).await, Some(StatusCode::NO_CONTENT));
}

#[tokio::test]
async fn w22_hostile_bodies_close_their_own_connection_at_most() {
    let mut random = Random::from_environment(53);
    let mut server = TestServer::start().await;
    let room = server.create_room(None).await;
    let honest = server.join(&room.invitations.coach, "Anna").await;
    let mut honest = Member::connect(&server, &honest).await;
    let mallory = server.join(&room.invitations.participant, "Mallory").await;
    let path = format!("/sync/{}", room.id);
    let known: Vec<Vec<u8>> = made_by_hand().into_iter().map(|(_, frame)| frame).collect();
    let step1 = frame::write_step1(&[0]);

    for attempt in 0..300 {
        let mut attack = EventStream::open(&server.address(), &path, &mallory.cookie)
            .await
            .unwrap();
        let frame = random.pick::<Vec<u8>>(&known).clone();
        let body = write_bundle(&[Bundled::Binary(&step1), Bundled::Binary(&frame)]);
        let body = mutated(&body, &mut random);

        let status = attack.post(body).await;

        assert!(matches!(
            status,
            Some(StatusCode::NO_CONTENT | StatusCode::GONE)
        ));
        if attempt % 50 == 49 {
            honest
                .add_note(&format!("honest{attempt}"), "Gewoon een idee")
                .await;
            honest.all_stored().await;
        }
    }

    assert!(server.process.is_running());
    let notes = honest.notes();
    assert!(notes.keys().all(|id| id.starts_with("honest")), "{notes:?}");
}

async fn connect(bridge: &EventBridge, person: &Person) -> Member {
    let mut member = Member::apart(&bridge.address(), person, Dialect::Hartslag);
    member.reconnect().await;
    member
}
