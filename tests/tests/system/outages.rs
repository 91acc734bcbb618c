//! The store goes away and comes back: nothing is acknowledged meanwhile, nothing is lost.

use hartslag_protocol::wire::message::ServerMessage;
use hartslag_tests::eventually;
use hartslag_tests::member::Member;
use hartslag_tests::redis::TestRedis;
use hartslag_tests::server::{CreatedRoom, Store, TestServer};
use reqwest::Method;

#[tokio::test]
async fn edits_wait_while_redis_is_gone_and_are_kept_when_it_is_back() {
    let mut server = TestServer::start_on_redis().await;
    let mut outage = Outage::prepare(&server).await;

    redis(&mut server).kill();
    outage.nothing_is_acknowledged(&server).await;

    redis(&mut server).start_again().await;
    outage.everything_is_kept(&mut server).await;
}

#[tokio::test]
async fn edits_wait_while_the_disk_is_full_and_are_kept_when_there_is_room() {
    let mut server = TestServer::start_on_sqlite().await;
    let mut outage = Outage::prepare(&server).await;

    server.limit_file_size(Some(4096));
    outage.nothing_is_acknowledged(&server).await;

    server.limit_file_size(None);
    outage.everything_is_kept(&mut server).await;
}

/// A member who writes before and during a time in which the store takes nothing.
struct Outage {
    room: CreatedRoom,
    member: Member,
}

impl Outage {
    async fn prepare(server: &TestServer) -> Self {
        let room = server.create_room(None).await;
        let person = server.join(&room.invitations.coach, "Fatima").await;
        let mut member = Member::connect(server, &person).await;
        member.add_note("before", "Voor de storing").await;
        member.all_stored().await;
        Self { room, member }
    }

    async fn nothing_is_acknowledged(&mut self, server: &TestServer) {
        let long = "Tijdens de storing. ".repeat(500);
        self.member.add_note("during", &long).await;
        let is_saving = |message: &ServerMessage| matches!(message, ServerMessage::Saving { .. });
        let told = self.member.hear(is_saving).await;
        assert_eq!(told, ServerMessage::Saving { available: false });
        let (stored, sent) = self.member.acknowledged();
        assert!(stored < sent, "an edit was acknowledged that nothing keeps");
        eventually("readiness to be withdrawn", || async {
            let request = server.request(Method::GET, "/readyz", None);
            let response = request.send().await.ok()?;
            (!response.status().is_success()).then_some(())
        })
        .await;
    }

    async fn everything_is_kept(mut self, server: &mut TestServer) {
        let again = ServerMessage::Saving { available: true };
        self.member.hear(|message| *message == again).await;
        self.member.all_stored().await;
        server.crash_and_return().await;
        let witness = server
            .join(&self.room.invitations.observer, "Getuige")
            .await;
        let notes = Member::connect(server, &witness).await.notes();
        assert!(notes.contains_key("before") && notes.contains_key("during"));
    }
}

pub(crate) fn redis(server: &mut TestServer) -> &mut TestRedis {
    match &mut server.store {
        Store::Redis(redis) => redis,
        _ => unreachable!("the server was started on Redis"),
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
