//! A hall full of phones: join by code, look at the round, answer it.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use reqwest::Method;
use serde_json::{Value, json};

use crate::author::Author;
use crate::client::Client;
use crate::figures::{Figures, float};
use crate::histogram::{Histogram, millis};
use crate::peer::{Kind, Peer};
use crate::product::Api;
use crate::room::{Room, Tally, settled};

const PHONES: usize = 5_000;
/// Phones that are busy at the same time.
const AT_ONCE: usize = 200;
const NOTES: usize = 8;
const BUDGET: u64 = 5;
const PATIENCE: Duration = Duration::from_secs(20);

struct Hall {
    api: Api,
    room: String,
    code: String,
    round: String,
}

pub(super) async fn measure(kind: Kind) -> Result<Figures, String> {
    let peer = Peer::start(kind).await?;
    let (hall, coach) = open(&peer).await?;
    let server = peer.clock();
    let start = Instant::now();
    let answered = stream::iter(0..PHONES)
        .map(|_| answer(&hall))
        .buffer_unordered(AT_ONCE);
    let waits: Vec<Duration> = answered.try_collect().await?;
    let elapsed = start.elapsed().as_secs_f64();
    let server = server.passed().as_secs_f64();
    let mut each = Histogram::default();
    for wait in waits {
        each.record(wait);
    }
    check(&hall, &coach).await?;
    Ok(Figures::default()
        .with("seconds", elapsed)
        .with("per phone p50 ms", millis(&each, 50))
        .with("per phone p99 ms", millis(&each, 99))
        .with("CPU ms per phone", server * 1e3 / float(PHONES as u64))
        .with("server MiB", peer.resident_mebibytes()))
}

/// A room with notes and a round on them, and the coach's cookie.
async fn open(peer: &Peer) -> Result<(Hall, String), String> {
    let api = peer.api();
    let created = api.make_room(0).await?;
    let coach = api
        .join(&json!({ "invitation": created.coach, "name": "Coach" }))
        .await?;
    let seat = api.seat(&created, &coach);
    let tally = std::rc::Rc::default();
    let room = Room::new(
        vec![Author::new(0, &coach.participant)],
        std::rc::Rc::clone(&tally),
    );
    room.prepare_notes(0, NOTES);
    let client = Client::join(&seat, std::rc::Rc::clone(&room), 0).await?;
    client.edit();
    stored(&tally).await?;
    let view = json!({ "kind": "vote", "notes": room.notes(0), "budget": BUDGET, "cap": 2 });
    let path = format!("/rooms/{}/rounds", created.id);
    let (opened, _) = api
        .ask(Method::POST, &path, Some(&view), &coach.cookie)
        .await?;
    client.leave();
    let round = opened["id"].as_str().unwrap_or_default().to_owned();
    let hall = Hall {
        api,
        room: created.id,
        code: created.code,
        round,
    };
    Ok((hall, coach.cookie))
}

/// Waits until the coach's notes are acknowledged.
async fn stored(tally: &std::cell::RefCell<Tally>) -> Result<(), String> {
    settled(tally, PATIENCE).await?;
    let until = Instant::now() + PATIENCE;
    while tally.borrow().acknowledged == 0 {
        if Instant::now() > until {
            return Err("the notes were not acknowledged".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// What one phone does, and how long that takes.
async fn answer(hall: &Hall) -> Result<Duration, String> {
    let start = Instant::now();
    let joined = hall.api.join(&json!({ "code": hall.code })).await?;
    let room = format!("/rooms/{}", hall.room);
    let (view, _) = hall
        .api
        .ask(Method::GET, &room, None, &joined.cookie)
        .await?;
    let notes = view["round"]["options"]
        .as_array()
        .ok_or_else(|| format!("no round: {view}"))?;
    let votes: serde_json::Map<String, Value> = notes
        .iter()
        .zip([2, 2, 1])
        .filter_map(|(note, votes)| Some((note["note"].as_str()?.to_owned(), json!(votes))))
        .collect();
    let path = format!("{room}/rounds/{}/response", hall.round);
    let ballot = json!({ "revision": 1, "votes": votes, "done": true });
    hall.api
        .ask(Method::PUT, &path, Some(&ballot), &joined.cookie)
        .await?;
    Ok(start.elapsed())
}

/// Every vote counts, and counts once.
async fn check(hall: &Hall, coach: &str) -> Result<(), String> {
    let path = format!("/rooms/{}/rounds/{}/reveal", hall.room, hall.round);
    let (view, _) = hall
        .api
        .ask(Method::POST, &path, Some(&json!({})), coach)
        .await?;
    let votes = view["result"]["votes"].as_u64().unwrap_or_default();
    let due = BUDGET * PHONES as u64;
    if votes == due {
        Ok(())
    } else {
        Err(format!(
            "{votes} of {due} votes were counted: {}",
            view["result"]
        ))
    }
}
