//! Ways in: wrong codes, devices without end, ballots of each of them, tickets, rooms.

use hartslag_protocol::testing::Chance;
use reqwest::Method;
use serde_json::{Value, json};

use super::craft;
use super::flood::flood;
use super::line::Line;
use super::scene::Scene;
use crate::product::{Api, Joined};

/// Requests at once of one laptop.
const AT_ONCE: usize = 32;
const LETTERS: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const BALLOTS: usize = 2_000;
/// Notes of a large journey.
const IDEAS: usize = 9_000;
/// Client ids that nobody else has.
const CLIENTS_OF_COACH: std::ops::Range<u64> = 1 << 40..(1 << 40) + 2;

/// Somebody on the network of the honest tries codes.
pub(super) async fn wrong_codes(scene: &Scene) -> Result<String, String> {
    let api = scene.api_beside_the_honest();
    let answers = flood(scene, AT_ONCE, |number| {
        let mut chance = Chance::new(number as u64);
        let letters = (0..6).filter_map(|_| chance.pick(LETTERS).copied());
        let code: String = letters.map(char::from).collect();
        api.request(Method::POST, "/join")
            .json(&json!({ "code": code }))
    })
    .await;
    answers.verdict()
}

/// Somebody on the network of the honest tries links.
pub(super) async fn wrong_links(scene: &Scene) -> Result<String, String> {
    let api = scene.api_beside_the_honest();
    let answers = flood(scene, AT_ONCE, |number| {
        let link = json!({ "invitation": format!("{number:043}") });
        api.request(Method::POST, "/join").json(&link)
    })
    .await;
    answers.verdict()
}

/// One laptop comes in again and again, each time as somebody else.
pub(super) async fn joins(scene: &Scene) -> Result<String, String> {
    let api = scene.api();
    let body = json!({ "code": scene.room.code, "name": "Mallory" });
    let answers = flood(scene, AT_ONCE, |_| {
        api.request(Method::POST, "/join").json(&body)
    })
    .await;
    Ok(format!(
        "{}; {}",
        answers.verdict()?,
        send_away(scene).await?
    ))
}

/// One laptop comes in two thousand times, and each of them answers a round.
pub(super) async fn ballots(scene: &Scene) -> Result<String, String> {
    let (note, round) = open_round(scene).await?;
    let devices = scene.devices(&scene.room.participant, BALLOTS).await?;
    let api = scene.api();
    let path = format!("/rooms/{}/rounds/{round}/response", scene.room.id);
    let answers = flood(scene, AT_ONCE, |number| {
        let revision = 1 + number / devices.len();
        let ballot = json!({ "revision": revision, "votes": { &note: 2 }, "done": true });
        let request = api.request(Method::PUT, &path);
        let cookie = &devices[number % devices.len()].cookie;
        request.header("cookie", cookie).json(&ballot)
    })
    .await;
    answers.verdict()
}

async fn as_coach(scene: &Scene) -> Result<(Api, Joined), String> {
    let api = scene.api_beside_the_honest();
    let body = json!({ "invitation": scene.room.coach, "name": "Coach" });
    let coach = api.join(&body).await?;
    Ok((api, coach))
}

/// The coach sends away who came in from the network of the hostile, in one act. From there
/// nobody new comes in; how many are gone.
async fn send_away(scene: &Scene) -> Result<String, String> {
    let (api, coach) = as_coach(scene).await?;
    let room = format!("/rooms/{}", scene.room.id);
    let path = format!("{room}/participants");
    let (people, _) = api.ask(Method::GET, &path, None, &coach.cookie).await?;
    let networks = people["networks"].as_array().into_iter().flatten();
    let others = networks.filter(|network| network["isOwn"] == false);
    let largest = others.max_by_key(|network| network["people"].as_u64());
    let network = largest.and_then(|network| network["network"].as_str());
    let network = network.ok_or_else(|| format!("the coach sees no network: {people}"))?;
    let path = format!("{room}/networks/{network}/away");
    let (gone, _) = api
        .ask(
            Method::POST,
            &path,
            Some(&json!({ "minutes": 10 })),
            &coach.cookie,
        )
        .await?;
    let body = json!({ "code": scene.room.code });
    match scene.api().join(&body).await {
        Ok(_) => Err("who was sent away comes in anew".to_owned()),
        Err(_) => Ok(format!("{} sent away", gone["people"])),
    }
}

/// A round of the coach on two notes; one of them, and the round.
pub(super) async fn open_round(scene: &Scene) -> Result<(String, String), String> {
    let (api, coach) = as_coach(scene).await?;
    let line = Line::open(&api.seat(&scene.room, &coach)).await?;
    let notes = [&scene.room.id, &coach.participant];
    for (id, client) in notes.iter().zip(CLIENTS_OF_COACH) {
        let blocks = craft::note_named(id, client, &coach.participant);
        if !line
            .takes(&craft::blocks((client, 0), &blocks), scene)
            .await
        {
            return Err("a note of a coach is not stored".to_owned());
        }
    }
    let asked = json!({ "kind": "vote", "notes": notes, "budget": 5, "cap": 2 });
    let path = format!("/rooms/{}/rounds", scene.room.id);
    let (opened, _) = api
        .ask(Method::POST, &path, Some(&asked), &coach.cookie)
        .await?;
    let round = opened["id"].as_str().unwrap_or_default().to_owned();
    Ok((scene.room.id.clone(), round))
}

/// Tickets of one device.
pub(super) async fn tickets(scene: &Scene) -> Result<String, String> {
    let devices = scene.devices(&scene.room.observer, 1).await?;
    let api = scene.api();
    let path = format!("/rooms/{}/tickets", scene.room.id);
    let answers = flood(scene, AT_ONCE, |_| {
        let request = api.request(Method::POST, &path);
        request.header("cookie", &devices[0].cookie)
    })
    .await;
    answers.verdict()
}

/// Rooms of as many notes as a journey may hold.
pub(super) async fn large_rooms(scene: &Scene) -> Result<String, String> {
    let journey = include_str!("../../../../samples/trouwen.json");
    let mut journey: Value = serde_json::from_str(journey).map_err(|error| error.to_string())?;
    let idea = journey["ideas"][0].clone();
    let ideas = (0..IDEAS).map(|number| {
        let mut idea = idea.clone();
        idea["id"] = json!(format!("n{number}"));
        idea
    });
    journey["ideas"] = ideas.collect();
    // They name ideas.
    journey["actions"] = json!([]);
    let body = json!({ "journey": journey }).to_string();
    let api = scene.api();
    let answers = flood(scene, AT_ONCE, |_| {
        let request = api.request(Method::POST, "/rooms");
        let request = request.header("content-type", "application/json");
        request.body(body.clone())
    })
    .await;
    answers.verdict()
}

/// Rooms, one after the other, each of which is told a code and opened.
pub(super) async fn rooms(scene: &Scene) -> Result<String, String> {
    let api = scene.api();
    let body = json!({ "title": "Vol", "municipality": "Elders", "template": "trouwen" });
    let answers = flood(scene, AT_ONCE, |_| {
        api.request(Method::POST, "/rooms").json(&body)
    })
    .await;
    answers.verdict()
}
