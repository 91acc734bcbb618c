//! Redis comes back with less than it acknowledged: older, or empty (L7).

use hartslag_tests::member::Member;
use hartslag_tests::nodes::Nodes;
use hartslag_tests::server::{CreatedRoom, Person, TestServer};
use hartslag_tests::{eventually, only_on};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::ballots::{open_vote, put};
use crate::judging::{are_equal, sound};
use crate::outages::redis;
use crate::slow_and_many::metric;

const ALARM: &str = "hartslag_log_regressions_total";

/// A room on three nodes, with a member on each who has written.
struct Spread {
    nodes: Nodes,
    room: CreatedRoom,
    people: Vec<Person>,
    members: Vec<Member>,
    written: usize,
}

impl Spread {
    async fn start() -> Self {
        let nodes = Nodes::start(3).await;
        let room = nodes.node(0).server.create_room(None).await;
        let (mut people, mut members) = (Vec::new(), Vec::new());
        for node in nodes.all() {
            let person = node.server.join(&room.invitations.coach, "Noor").await;
            members.push(Member::connect(&node.server, &person).await);
            people.push(person);
        }
        let mut spread = Self {
            nodes,
            room,
            people,
            members,
            written: 0,
        };
        spread.everyone_writes().await;
        spread
    }

    /// Everyone adds a note, and hears that it is stored.
    async fn everyone_writes(&mut self) {
        for member in &mut self.members {
            self.written += 1;
            let text = format!("Bewaard {}. ", self.written);
            member.add_note(&format!("n{}", self.written), &text).await;
        }
        for member in &mut self.members {
            member.all_stored().await;
        }
    }

    /// Nobody was sent away, and every replica holds every note that was acknowledged, once.
    async fn is_whole(&mut self) {
        let written = self.written;
        for member in &mut self.members {
            let all = |member: &Member| member.notes().len() == written;
            member.see("all notes", all).await;
            assert_eq!(member.closed, None);
        }
        assert!(are_equal(&mut self.members, &mut []).await);
        for text in self.members[0].notes().values() {
            assert_eq!(text.matches("Bewaard").count(), 1, "{text}");
        }
        let server = &self.nodes.node(0).server;
        sound("the log", &server.stored_log(&self.room.id).await.check());
    }

    async fn raised_the_alarm(&self) {
        eventually("the alarm", || async {
            for node in self.nodes.all() {
                if metric(&node.server, ALARM).await > 0 {
                    return Some(());
                }
            }
            None
        })
        .await;
    }
}

#[tokio::test]
async fn l7_nodes_bring_back_what_an_older_redis_lacks() {
    if only_on("redis") {
        let mut spread = Spread::start().await;
        let older = spread.nodes.redis.copy_of_disk();
        spread.everyone_writes().await;
        spread.everyone_writes().await;

        spread.nodes.redis.return_with(older).await;

        // Before anyone writes: the nodes notice when they are connected again.
        spread.raised_the_alarm().await;
        spread.everyone_writes().await;
        spread.is_whole().await;
        for number in 0..spread.nodes.count() {
            let server = &mut spread.nodes.node_mut(number).server;
            server.crash_and_return().await;
        }
        let mut stored = Vec::new();
        for (node, person) in spread.nodes.all().zip(&spread.people) {
            stored.push(Member::connect(&node.server, person).await);
        }
        let mut shown = spread.members;
        assert!(are_equal(&mut shown, &mut stored).await, "as stored");
    }
}

#[tokio::test]
async fn l7_nodes_make_a_room_anew_that_redis_lost() {
    if only_on("redis") {
        let mut spread = Spread::start().await;
        let empty = tempfile::tempdir().unwrap();

        spread.nodes.redis.return_with(empty).await;

        spread.raised_the_alarm().await;
        spread.everyone_writes().await;
        spread.is_whole().await;
    }
}

#[tokio::test]
async fn r5_r8_a_revealed_round_stays_closed_and_forgotten_in_an_older_redis() {
    if only_on("redis") {
        let mut server = TestServer::start_on_redis().await;
        let vote = open_vote(&server, 2).await;
        let voter = &vote.voters[0];
        let ballot = json!({ "revision": 1, "votes": { "a": 1 } });
        assert_eq!(put(&server, &vote, voter, &ballot).await.0, StatusCode::OK);
        let older = redis(&mut server).copy_of_disk();
        let path = format!("/rounds/{}", vote.round);
        let reveal = format!("{path}/reveal");
        let (_, revealed) = server.api(&vote.coach, Method::POST, &reveal, None).await;
        assert_eq!(revealed["result"]["votes"], json!(1));

        redis(&mut server).return_with(older).await;
        server.ready().await;

        let own = format!("{path}/response");
        eventually("the responses to be erased again", || async {
            let (_, own) = server.api(voter, Method::GET, &own, None).await;
            (own["revision"] == json!(0)).then_some(())
        })
        .await;
        assert!(metric(&server, ALARM).await > 0);
        let late = json!({ "revision": 2, "votes": { "a": 1 } });
        let (status, _) = put(&server, &vote, voter, &late).await;
        assert_eq!(status, StatusCode::CONFLICT);
        server.crash_and_return().await;
        let (_, stored) = server.api(voter, Method::GET, &path, None).await;
        assert_eq!(stored["result"], revealed["result"]);
    }
}

/// A server that keeps no room in memory for longer than it must.
async fn forgetful() -> TestServer {
    let mut server = TestServer::start_on_redis().await;
    server.keep_rooms_briefly().await;
    server
}

#[tokio::test]
async fn l7_an_older_room_that_a_node_remembers_is_not_served_until_the_loss_is_accepted() {
    if only_on("redis") {
        let mut server = forgetful().await;
        let room = server.create_room(None).await;
        let person = server.join(&room.invitations.coach, "Noor").await;
        let mut member = Member::connect(&server, &person).await;
        member.add_note("kept", "Van voor de storing").await;
        member.all_stored().await;
        let older = redis(&mut server).copy_of_disk();
        member.add_note("lost", "Van na de kopie").await;
        member.all_stored().await;
        member.cut();
        eventually("the room to leave memory", || async {
            (metric(&server, "hartslag_rooms").await == 0).then_some(())
        })
        .await;

        redis(&mut server).return_with(older).await;
        server.ready().await;

        let (status, refused) = server.api(&person, Method::GET, "", None).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{refused}");
        assert!(
            refused["type"]
                .as_str()
                .unwrap()
                .ends_with("room-regressed")
        );
        assert!(!member.try_reconnect().await, "an older state is served");
        assert!(metric(&server, ALARM).await > 0);

        let accepted = server.command(&["accept-loss", &room.id]).status().unwrap();
        assert!(accepted.success());
        let (status, _) = server.api(&person, Method::GET, "", None).await;
        assert_eq!(status, StatusCode::OK);
        let notes = Member::connect(&server, &person).await.notes();
        assert_eq!(notes.keys().collect::<Vec<_>>(), ["kept"]);
    }
}
