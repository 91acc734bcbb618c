//! The store goes away and comes back: nothing is acknowledged meanwhile, nothing is lost.

use hartslag_protocol::wire::message::ServerMessage;
use hartslag_tests::eventually;
use hartslag_tests::member::Member;
use hartslag_tests::server::{Store, TestServer};
use reqwest::Method;

#[tokio::test]
async fn edits_wait_while_redis_is_gone_and_are_kept_when_it_is_back() {
    let mut server = TestServer::start_on_redis().await;
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.coach, "Fatima").await;
    let mut member = Member::connect(&server, &person).await;
    member.add_note("before", "Voor de storing").await;
    member.all_stored().await;

    redis(&mut server).kill();
    member.add_note("during", "Tijdens de storing").await;
    let told = member
        .hear(|message| matches!(message, ServerMessage::Saving { .. }))
        .await;
    assert_eq!(told, ServerMessage::Saving { available: false });
    let (stored, sent) = member.acknowledged();
    assert!(stored < sent, "an edit was acknowledged that nothing keeps");
    eventually("readiness to be withdrawn", || async {
        let response = server
            .request(Method::GET, "/readyz", None)
            .send()
            .await
            .ok()?;
        (!response.status().is_success()).then_some(())
    })
    .await;

    redis(&mut server).start_again().await;
    member
        .hear(|message| *message == ServerMessage::Saving { available: true })
        .await;
    member.all_stored().await;
    server.crash_and_return().await;
    let witness = server.join(&room.invitations.observer, "Getuige").await;
    let witness = Member::connect(&server, &witness).await;
    assert!(witness.notes().contains_key("before") && witness.notes().contains_key("during"));
}

#[tokio::test]
async fn edits_wait_while_the_disk_is_full_and_are_kept_when_there_is_room() {
    let mut server = TestServer::start_on_sqlite().await;
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.coach, "Fatima").await;
    let mut member = Member::connect(&server, &person).await;
    member.add_note("before", "Voor de storing").await;
    member.all_stored().await;

    server.limit_file_size(Some(4096));
    member
        .add_note("during", &"Een heel lang idee. ".repeat(500))
        .await;
    let told = member
        .hear(|message| matches!(message, ServerMessage::Saving { .. }))
        .await;
    assert_eq!(told, ServerMessage::Saving { available: false });
    let (stored, sent) = member.acknowledged();
    assert!(stored < sent, "an edit was acknowledged that nothing keeps");
    readiness_withdrawn(&server).await;

    server.limit_file_size(None);
    member
        .hear(|message| *message == ServerMessage::Saving { available: true })
        .await;
    member.all_stored().await;
    server.crash_and_return().await;
    let witness = server.join(&room.invitations.observer, "Getuige").await;
    let witness = Member::connect(&server, &witness).await;
    assert!(witness.notes().contains_key("before") && witness.notes().contains_key("during"));
}

async fn readiness_withdrawn(server: &TestServer) {
    eventually("readiness to be withdrawn", || async {
        let response = server
            .request(Method::GET, "/readyz", None)
            .send()
            .await
            .ok()?;
        (!response.status().is_success()).then_some(())
    })
    .await;
}

fn redis(server: &mut TestServer) -> &mut hartslag_tests::redis::TestRedis {
    match &mut server.store {
        Store::Redis(redis) => redis,
        Store::Sqlite => unreachable!("the server was started on Redis"),
    }
}

#[tokio::test]
async fn sigterm_ends_the_server_in_order_and_clients_are_told_to_come_back() {
    let mut server = TestServer::start().await;
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.coach, "Fatima").await;
    let mut member = Member::connect(&server, &person).await;
    member.add_note("n1", "Nog net").await;
    member.all_stored().await;

    server.process.signal("TERM");

    assert_eq!(member.closing().await, Some(1012));
    let process = &mut server.process;
    hartslag_tests::within("the server to end", async {
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
        while process.is_running() {
            pause.tick().await;
        }
    })
    .await;
    server.start_again().await;
    let again = Member::connect(&server, &person).await;
    assert!(again.notes().contains_key("n1"));
}
