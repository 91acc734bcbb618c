//! The door, sending people away, and who may come back.

use serde_json::json;
use tokio::time::timeout;

use super::*;

const HALL: &str = "192.0.2.7";
const ELSEWHERE: &str = "198.51.100.9";

#[tokio::test]
async fn h13_nobody_new_comes_in_by_a_closed_door_but_coaches() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let noor = app.join_as(&room, "participant").await;
    let by_link = json!({ "invitation": room.answer["invitations"]["participant"] });

    set_door(&app, &room, &coach, false).await;

    for brought in [by_link.clone(), json!({ "code": room.answer["joinCode"] })] {
        let refused = app.post("/api/v1/join", None, brought).await;
        assert_eq!(refused.problem(), ("door-closed".into(), 403));
    }
    let back = app.join(Some(&noor), by_link.clone()).await;
    assert_eq!(back.joined["participant"], noor.joined["participant"]);
    app.join_as(&room, "coach").await;
    set_door(&app, &room, &coach, true).await;
    app.join(None, by_link).await;
}

#[tokio::test]
async fn h14_who_was_sent_away_is_out_until_the_act_is_undone() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let noor = app.join_as(&room, "participant").await;
    let path = format!("/api/v1/rooms/{}", room.id);
    let ticket = app
        .post(&format!("{path}/tickets"), Some(&noor), json!({}))
        .await;
    let ticket = ticket.json()["ticket"].as_str().unwrap().to_owned();

    let act = send_away(&app, &room, &coach, &noor).await.json();

    assert_eq!(act["people"], 1);
    let by_ticket = Request::get(&path).header("authorization", format!("Bearer {ticket}"));
    let by_ticket = app.send(by_ticket.body(Body::empty()).unwrap()).await;
    let by_cookie = app.call("GET", &path, Some(&noor), None).await;
    let link = json!({ "invitation": room.answer["invitations"]["participant"] });
    let by_link = app.post("/api/v1/join", Some(&noor), link).await;
    for refused in [by_ticket, by_cookie, by_link] {
        assert_eq!(refused.problem(), ("sent-away".into(), 403));
    }
    let act = act["dismissal"].as_str().unwrap();
    let undo = format!("{path}/dismissals/{act}");
    assert_eq!(
        app.call("DELETE", &undo, Some(&coach), None).await.status,
        StatusCode::NO_CONTENT
    );
    let shown = app.call("GET", &path, Some(&noor), None).await;
    assert_eq!(shown.json()["name"], "participant");
}

#[tokio::test]
async fn h14_a_coach_is_never_sent_away() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let other = app.join_as(&room, "coach").await;

    let act = send_away(&app, &room, &coach, &other).await.json();

    assert_eq!(act, json!({ "dismissal": null, "people": 0 }));
}

#[tokio::test]
async fn h14_newcomers_of_a_network_go_in_one_act_and_others_stay() {
    let app = TestApp::with(Settings {
        trust_forwarded_for: true,
        ..Settings::default()
    });
    let room = app.room().await;
    let coach = join_from(&app, &room, "coach", HALL).await;
    let noor = join_from(&app, &room, "participant", HALL).await;
    for _ in 0..3 {
        join_from(&app, &room, "participant", ELSEWHERE).await;
    }
    let shown = people(&app, &room, &coach).await;
    let groups = shown["networks"].as_array().unwrap();
    assert_eq!(
        groups.iter().map(summary).collect::<Vec<_>>(),
        [(3, false), (2, true)]
    );

    let network = groups[0]["network"].as_str().unwrap();
    let away = format!("/api/v1/rooms/{}/networks/{network}/away", room.id);
    let order = json!({ "minutes": 10 });
    let act = app.post(&away, Some(&coach), order.clone()).await.json();
    let again = app.post(&away, Some(&coach), order).await.json();

    assert_eq!((&act["people"], &again["people"]), (&json!(3), &json!(0)));
    let shown = people(&app, &room, &coach).await;
    assert_eq!(shown["people"], 2);
    assert_eq!(shown["dismissals"][0]["dismissal"], act["dismissal"]);
    let refused = come_from(&app, &room, "participant", ELSEWHERE).await;
    assert_eq!(refused.problem(), ("network-shut".into(), 429));
    assert!(!refused.header("retry-after").is_empty());
    join_from(&app, &room, "participant", HALL).await;
    join_from(&app, &room, "coach", ELSEWHERE).await;
    let path = format!("/api/v1/rooms/{}", room.id);
    assert_eq!(app.call("GET", &path, Some(&noor), None).await.status, 200);
}

#[tokio::test]
async fn h15_the_answer_is_bounded_and_says_who_came_in_from_where() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    for number in 0..20 {
        let name = if number < 10 { "" } else { "Noor" };
        let brought = json!({ "code": room.answer["joinCode"], "name": name });
        app.join(None, brought).await;
    }

    let shown = people(&app, &room, &coach).await;

    let group = &shown["networks"][0];
    assert_eq!(
        (&group["people"], &group["nameless"], &group["coaches"]),
        (&json!(21), &json!(10), &json!(1))
    );
    assert_eq!(group["names"].as_array().unwrap().len(), 8);
    assert_eq!(
        (&group["isOwn"], &group["wasHere"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(shown["door"], json!({ "open": true }));
}

#[tokio::test]
async fn h15_whoever_is_in_a_room_is_told_though_they_went_while_they_came_in() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let is_in = |shown: &Value| shown["networks"][0]["people"].as_u64().unwrap_or(0);

    let id = room.id.parse().unwrap();
    let in_it = async || {
        let opened = app.state.rooms.open(id).await.unwrap();
        opened.workshop().await.unwrap().participants.len() as u64
    };

    for _ in 0..10 {
        let before = in_it().await;
        let has_come = async { while in_it().await == before {} };
        // It goes as soon as the room knows.
        tokio::select! {
            _ = come_from(&app, &room, "participant", HALL) => {}
            () = has_come => {}
        }
    }

    let all_are_told = async { while is_in(&people(&app, &room, &coach).await) < in_it().await {} };
    timeout(Duration::from_secs(20), all_are_told)
        .await
        .unwrap();
}

#[tokio::test]
async fn r13_a_round_for_who_is_here_is_not_for_who_comes_later() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let noor = app.join_as(&room, "participant").await;
    let round = rounds::open_for_present(&app, &room, &coach).await;
    let late = app.join_as(&room, "participant").await;

    let present = round.put(&app, &noor, 1, [2, 1]).await;
    let refused = round.put(&app, &late, 1, [2, 1]).await;

    assert_eq!(present.status, StatusCode::OK);
    assert_eq!(refused.problem(), ("came-later".into(), 403));
    let shown = app.call("GET", &round.path, Some(&late), None).await;
    assert_eq!(shown.json()["onlyPresent"], true);
}

#[tokio::test]
async fn h14_ballots_of_who_was_sent_away_do_not_count() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let [noor, mallory] = [
        app.join_as(&room, "participant").await,
        app.join_as(&room, "participant").await,
    ];
    let round = rounds::open(&app, &room, &coach).await;
    round.put(&app, &noor, 1, [2, 1]).await;
    round.put(&app, &mallory, 1, [0, 1]).await;

    send_away(&app, &room, &coach, &mallory).await;

    let seen = app.call("GET", &round.path, Some(&coach), None).await;
    assert_eq!(seen.json()["answered"], 1);
    let reveal = format!("{}/reveal", round.path);
    let result = app.post(&reveal, Some(&coach), json!({})).await.json();
    assert_eq!(
        (&result["result"]["voters"], &result["result"]["votes"]),
        (&json!(1), &json!(3))
    );
}

fn summary(group: &Value) -> (u64, bool) {
    let people = group["people"].as_u64().unwrap();
    (people, group["isOwn"].as_bool().unwrap())
}

async fn set_door(app: &TestApp, room: &Created, coach: &Person, open: bool) {
    let path = format!("/api/v1/rooms/{}/door", room.id);
    let order = Some(json!({ "open": open }));
    let answer = app.call("PUT", &path, Some(coach), order).await;
    assert_eq!(answer.json(), json!({ "open": open }));
}

async fn send_away(app: &TestApp, room: &Created, coach: &Person, who: &Person) -> Answer {
    let who = who.joined["participant"].as_str().unwrap();
    let path = format!("/api/v1/rooms/{}/participants/{who}/away", room.id);
    app.call("POST", &path, Some(coach), None).await
}

async fn people(app: &TestApp, room: &Created, coach: &Person) -> Value {
    let path = format!("/api/v1/rooms/{}/participants", room.id);
    let request = Request::get(path)
        .header("cookie", &coach.cookie)
        .header("x-forwarded-for", HALL);
    app.send(request.body(Body::empty()).unwrap()).await.json()
}

/// The answer to someone who comes in from an address.
async fn come_from(app: &TestApp, room: &Created, role: &str, address: &str) -> Answer {
    let brought = json!({ "invitation": room.answer["invitations"][role] });
    let request = Request::post("/api/v1/join")
        .header("content-type", "application/json")
        .header("x-forwarded-for", address);
    app.send(request.body(Body::from(brought.to_string())).unwrap())
        .await
}

async fn join_from(app: &TestApp, room: &Created, role: &str, address: &str) -> Person {
    let answer = come_from(app, room, role, address).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    Person {
        cookie: cookie.to_owned(),
        joined: answer.json(),
    }
}
