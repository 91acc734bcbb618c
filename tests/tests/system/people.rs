//! A flood from one network: sent away in one act, and nobody else notices.

use std::net::IpAddr;

use futures_util::stream::{self, StreamExt as _};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_tests::member::Member;
use hartslag_tests::nodes::Nodes;
use hartslag_tests::only_on;
use hartslag_tests::server::{Person, TestServer};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::ballots::{open_vote, put};

/// Another network than that of everyone else, on the same machine.
const ELSEWHERE: [u8; 4] = [127, 0, 9, 1];
const CROWD: usize = 500;
/// Joins under way at a time.
const AT_ONCE: usize = 50;

#[tokio::test]
async fn h14_a_crowd_of_one_network_goes_in_one_act_on_sqlite() {
    crowd_goes(TestServer::start_on_sqlite().await).await;
}

#[tokio::test]
async fn h14_a_crowd_of_one_network_goes_in_one_act_on_redis() {
    crowd_goes(TestServer::start_on_redis().await).await;
}

#[tokio::test]
async fn h14_who_is_sent_away_at_one_node_goes_from_all_of_them() {
    if only_on("redis") {
        let nodes = Nodes::start(2).await;
        let [here, there] = [0, 1].map(|number| &nodes.node(number).server);
        let room = here.create_room(None).await;
        let coach = here.join(&room.invitations.coach, "Fatima").await;
        let guest = there.join(&room.invitations.participant, "Gast").await;
        let mut at_guest = Member::connect(there, &guest).await;

        let away = format!("/participants/{}/away", guest.participant);
        let (_, act) = here.api(&coach, Method::POST, &away, None).await;

        assert_eq!(act["people"], 1, "{act}");
        let closed = at_guest.closing().await;
        assert_eq!(closed, Some(CloseCode::Unauthorised.code()));
        let (status, _) = there.api(&guest, Method::GET, "", None).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
}

async fn crowd_goes(server: TestServer) {
    let vote = open_vote(&server, 3).await;
    let coach = &vote.coach;
    let (_, code) = server.api(coach, Method::GET, "/join-code", None).await;
    let crowd = Crowd::come(&server, code["joinCode"].as_str().unwrap()).await;
    let ballot = json!({ "revision": 1, "votes": { "a": 2 } });
    for person in vote.voters.iter().chain(&crowd.people[..20]) {
        assert_eq!(put(&server, &vote, person, &ballot).await.0, StatusCode::OK);
    }
    let mut at_guest = Member::connect(&server, &crowd.people[0]).await;
    let mut at_voter = Member::connect(&server, &vote.voters[0]).await;
    let network = newest_network(&server, coach).await;
    assert_eq!(network["people"], CROWD);

    let away = format!("/networks/{}/away", network["network"].as_str().unwrap());
    let order = json!({ "minutes": 10 });
    let (_, act) = server.api(coach, Method::POST, &away, Some(&order)).await;

    assert_eq!(act["people"], CROWD);
    let closed = at_guest.closing().await;
    assert_eq!(closed, Some(CloseCode::Unauthorised.code()));
    at_voter.settle().await;
    let (_, people) = server.api(coach, Method::GET, "/participants", None).await;
    assert_eq!(people["people"], 4, "their places are free");
    for guest in [&crowd.people[0], &crowd.people[CROWD - 1]] {
        let (status, problem) = server.api(guest, Method::GET, "", None).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::FORBIDDEN, &json!("/problems/sent-away"))
        );
        let again = crowd.join(Some(guest)).await;
        assert_eq!(again["type"], "/problems/sent-away");
    }
    assert_eq!(crowd.join(None).await["type"], "/problems/network-shut");
    server
        .join_by_code(code["joinCode"].as_str().unwrap())
        .await;
    let reveal = format!("/rounds/{}/reveal", vote.round);
    let (_, round) = server.api(coach, Method::POST, &reveal, None).await;
    assert_eq!(
        (&round["result"]["voters"], &round["result"]["votes"]),
        (&json!(3), &json!(6))
    );
}

async fn newest_network(server: &TestServer, coach: &Person) -> Value {
    let (status, people) = server.api(coach, Method::GET, "/participants", None).await;
    assert_eq!(status, StatusCode::OK, "{people}");
    people["networks"][0].clone()
}

/// Devices of one network that is not the one of others.
struct Crowd {
    client: Client,
    address: String,
    code: String,
    people: Vec<Person>,
}

impl Crowd {
    async fn come(server: &TestServer, code: &str) -> Self {
        let client = Client::builder().local_address(IpAddr::from(ELSEWHERE));
        let mut crowd = Self {
            client: client.build().unwrap(),
            address: format!("http://{}", server.address()),
            code: code.to_owned(),
            people: Vec::new(),
        };
        let joins = (0..CROWD).map(|_| crowd.come_in());
        crowd.people = stream::iter(joins)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        crowd
    }

    async fn come_in(&self) -> Person {
        let response = self.ask(None).await;
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let joined: Value = response.json().await.unwrap();
        let text = |field: &str| joined[field].as_str().unwrap().to_owned();
        Person {
            room: text("room"),
            participant: text("participant"),
            cookie,
        }
    }

    async fn join(&self, person: Option<&Person>) -> Value {
        self.ask(person).await.json().await.unwrap()
    }

    async fn ask(&self, person: Option<&Person>) -> reqwest::Response {
        let request = self
            .client
            .post(format!("{}/api/v1/join", self.address))
            .header("origin", &self.address)
            .json(&json!({ "code": self.code }));
        let request = match person {
            Some(person) => request.header("cookie", &person.cookie),
            None => request,
        };
        request.send().await.unwrap()
    }
}
