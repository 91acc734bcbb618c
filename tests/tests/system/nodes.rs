//! Three servers on one Redis say the same to everyone.

use std::time::{Duration, Instant};

use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::Round;
use hartslag_tests::member::{Dialect, Member};
use hartslag_tests::nodes::Nodes;
use hartslag_tests::server::{CreatedRoom, Person, TestServer};
use hartslag_tests::{eventually, only_on};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use yrs::{ClientID, Doc, Map, MapPrelim, Options, ReadTxn, StateVector, Transact, WriteTxn};

use crate::ballots::{open_vote, put};
use crate::judging::are_equal;

/// Pairs of edits under one client clock.
const FORGERIES: u64 = 30;
/// How long the people of a node that was killed are shown elsewhere: ten seconds, and what a busy
/// machine adds.
const LINGER: Duration = Duration::from_secs(20);

pub(crate) fn servers(nodes: &Nodes) -> [&TestServer; 3] {
    [0, 1, 2].map(|number| &nodes.node(number).server)
}

/// A member on each node.
pub(crate) async fn one_on_each(nodes: &Nodes, room: &CreatedRoom) -> Vec<Member> {
    let mut members = Vec::new();
    for server in servers(nodes) {
        let person = server.join(&room.invitations.coach, "Getuige").await;
        members.push(Member::connect(server, &person).await);
    }
    members
}

#[tokio::test]
async fn r2_a_ballot_counts_once_though_it_is_put_through_three_nodes_at_once() {
    if only_on("redis") {
        let nodes = Nodes::start(3).await;
        let [a, b, c] = servers(&nodes);
        let vote = open_vote(a, 5).await;
        for voter in &vote.voters {
            let same = json!({ "revision": 1, "votes": { "a": 2, "b": 1 } });
            let put = |server, ballot| put(server, &vote, voter, ballot);
            let answers = tokio::join!(put(a, &same), put(b, &same), put(c, &same));
            assert_eq!(statuses(&answers.into()), [200, 200, 200]);
            let votes = |note: &str| json!({ "revision": 2, "votes": { note: 1 } });
            let (first, second, third) = (votes("a"), votes("b"), votes("c"));
            let answers = tokio::join!(put(a, &first), put(b, &second), put(c, &third));
            assert_eq!(statuses(&answers.into()), [200, 409, 409]);
        }
        let path = format!("/rounds/{}/reveal", vote.round);
        let reveal = async |server: &TestServer| {
            let (_, round) = server.api(&vote.coach, Method::POST, &path, None).await;
            let round: Round = serde_json::from_value(round).unwrap();
            round.result.unwrap()
        };
        let (first, second, third) = tokio::join!(reveal(a), reveal(b), reveal(c));

        assert_eq!((first.votes, first.voters), (5, 5));
        assert_eq!([&first, &first], [&second, &third]);
    }
}

type Answer = (StatusCode, Value);

/// In order of size: which node was first is chance.
fn statuses(answers: &[Answer; 3]) -> [u16; 3] {
    let mut statuses = answers.each_ref().map(|(status, _)| status.as_u16());
    statuses.sort_unstable();
    statuses
}

/// Mallory writes different things under one client clock, at two nodes at once.
#[tokio::test]
async fn forged_edits_with_one_clock_come_out_alike_on_every_node() {
    if only_on("redis") {
        let mut nodes = Nodes::start(3).await;
        let room = nodes.node(0).server.create_room(None).await;
        let mut live = one_on_each(&nodes, &room).await;
        let server = &nodes.node(0).server;
        let mallory = server.join(&room.invitations.coach, "Mallory").await;

        for forgery in 0..FORGERIES {
            let (mut here, mut there) = (
                apart(&nodes, forgery, &mallory).await,
                apart(&nodes, forgery + 1, &mallory).await,
            );
            let one = forged(forgery, &["een"]);
            let other = forged(forgery, &["twee", "drie"]);
            tokio::join!(here.send_update(&one), there.send_update(&other));
            tokio::join!(here.try_settle(), there.try_settle());
        }
        let last = live[0].notes().len();
        live[0].add_note("last", "Klaar").await;
        for member in &mut live {
            member
                .see("the last note", |member| {
                    member.notes().contains_key("last")
                })
                .await;
        }

        let mut fresh = one_on_each(&nodes, &room).await;
        assert!(are_equal(&mut live, &mut fresh).await, "replicas differ");
        assert!(live[0].notes().len() > last, "something was taken");
        for number in 0..nodes.count() {
            nodes.node_mut(number).server.crash_and_return().await;
        }
        let mut stored = one_on_each(&nodes, &room).await;
        assert!(
            are_equal(&mut fresh, &mut stored).await,
            "the log says otherwise"
        );
    }
}

async fn apart(nodes: &Nodes, number: u64, person: &Person) -> Member {
    let number = usize::try_from(number).unwrap() % nodes.count();
    let address = nodes.node(number).server.address();
    let mut member = Member::apart(&address, person, Dialect::Hartslag);
    member.reconnect().await;
    member
}

/// Notes under the clock of a client that is nobody's.
fn forged(number: u64, notes: &[&str]) -> Vec<u8> {
    let doc = Doc::with_options(Options {
        client_id: ClientID::new(7_000 + number),
        ..Options::default()
    });
    let mut transaction = doc.transact_mut();
    let all = transaction.get_or_insert_map("notes");
    for note in notes {
        let id = format!("{note}{number}");
        let made = all.insert(&mut transaction, id, MapPrelim::default());
        made.insert(&mut transaction, "kind", "idea");
    }
    drop(transaction);
    doc.transact()
        .encode_state_as_update_v1(&StateVector::default())
}

#[tokio::test]
async fn two_first_joiners_on_two_nodes_find_one_room() {
    if only_on("redis") {
        let mut nodes = Nodes::start(3).await;
        let room = nodes.node(0).server.create_room(None).await;
        let server = &nodes.node(0).server;
        let anna = server.join(&room.invitations.coach, "Anna").await;
        let bo = server.join(&room.invitations.coach, "Bo").await;
        for number in 0..nodes.count() {
            nodes.node_mut(number).server.crash_and_return().await;
        }
        let [a, b, _] = servers(&nodes);

        let (mut anna, mut bo) = tokio::join!(Member::connect(a, &anna), Member::connect(b, &bo));
        tokio::join!(
            anna.add_note("anna", "Eerst"),
            bo.add_note("bo", "Ook eerst")
        );
        tokio::join!(anna.all_stored(), bo.all_stored());

        let mut fresh = one_on_each(&nodes, &room).await;
        assert!(
            are_equal(&mut [anna, bo], &mut fresh).await,
            "replicas differ"
        );
        assert_eq!(fresh[0].notes().len(), 2);
        assert!(a.stored_log(&room.id).await.check().is_empty());
    }
}

#[tokio::test]
async fn w11_people_on_two_nodes_see_each_other_and_go_with_their_node() {
    if only_on("redis") {
        let mut nodes = Nodes::start(2).await;
        let here = &nodes.node(0).server;
        let there = &nodes.node(1).server;
        let room = here.create_room(None).await;
        let anna_person = here.join(&room.invitations.coach, "Anna").await;
        let bo_person = here.join(&room.invitations.participant, "Bo").await;
        let mut anna = Member::connect(here, &anna_person).await;
        let mut bo = Member::connect(there, &bo_person).await;

        anna.hear(|message| is_arrival_of(message, &bo_person))
            .await;
        for server in [here, there] {
            eventually("both to be counted", || async {
                let (_, shown) = server.api(&anna_person, Method::GET, "", None).await;
                (shown["counts"]["online"] == 2).then_some(())
            })
            .await;
        }
        anna.show(1, r#"{"cell":"a"}"#).await;
        bo.show(1, r#"{"cell":"b"}"#).await;
        let (client_of_anna, client_of_bo) = (anna.doc.client_id().get(), bo.doc.client_id().get());
        anna.see("Bo's cell", |it| it.shown.contains_key(&client_of_bo))
            .await;
        bo.see("Anna's cell", |it| it.shown.contains_key(&client_of_anna))
            .await;
        let killed = Instant::now();
        nodes.node_mut(1).server.crash_and_return().await;
        anna.hear(|message| is_leaving_of(message, &bo_person))
            .await;
        anna.see("Bo's cell to go", |it| {
            !it.shown.contains_key(&client_of_bo)
        })
        .await;
        assert!(killed.elapsed() < LINGER, "{:?}", killed.elapsed());

        // A node that starts to serve the room asks who is there.
        let there = &nodes.node(1).server;
        bo.move_to(&there.address());
        bo.shown.clear();
        bo.reconnect().await;
        bo.see("Anna's cell again", |it| {
            it.shown.contains_key(&client_of_anna)
        })
        .await;
        anna.hear(|message| is_arrival_of(message, &bo_person))
            .await;
    }
}

fn is_arrival_of(message: &ServerMessage, person: &Person) -> bool {
    matches!(message, ServerMessage::ParticipantArrived { participant }
        if participant.id.to_string() == person.participant)
}

fn is_leaving_of(message: &ServerMessage, person: &Person) -> bool {
    matches!(message, ServerMessage::ParticipantLeft { participant }
        if participant.to_string() == person.participant)
}
