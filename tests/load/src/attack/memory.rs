//! Rooms that are as large as rooms may be, and open at the same time.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::craft;
use super::exports::EXPORTS;
use super::flood::flood;
use super::line::{Line, summary};
use super::scene::Scene;

const ROOMS: usize = 8;
/// Notes of one update; each is three blocks.
const NOTES: usize = 3_000;
/// Updates of one room: 252,000 blocks, more than it may have.
const UPDATES: u32 = 28;

/// Somebody makes rooms, fills each, and leaves all of them open.
pub(super) async fn full_rooms(scene: &Scene) -> Result<String, String> {
    let filling = (0..ROOMS).map(|number| fill(scene, number));
    let filled: Vec<Filled> = join_all(filling)
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    scene.is_over().await;
    let lines: Vec<_> = filled.into_iter().map(|filled| filled.line).collect();
    Ok(summary(&lines))
}

/// The same, and asks for exports of all of them at once.
pub(super) async fn exports_of_full_rooms(scene: &Scene) -> Result<String, String> {
    let filling = (0..ROOMS).map(|number| fill(scene, number));
    let filled: Vec<Filled> = join_all(filling)
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    let api = scene.api();
    let answers = flood(scene, 50, |number| {
        let filled = &filled[number % ROOMS];
        let path = format!("/rooms/{}/{}", filled.room, EXPORTS[number % EXPORTS.len()]);
        let request = api.request(Method::GET, &path);
        request.header("cookie", &filled.cookie)
    })
    .await;
    answers.verdict()
}

/// A full room, and who filled it.
struct Filled {
    room: String,
    cookie: String,
    line: Line,
}

async fn fill(scene: &Scene, number: usize) -> Result<Filled, String> {
    let api = scene.api();
    let room = api.make_room(number + 10).await?;
    let body = json!({ "invitation": room.coach, "name": "Mallory" });
    let coach = api.join(&body).await?;
    let line = Line::open(&api.seat(&room, &coach)).await?;
    for update in 0..UPDATES {
        let by = u64::from(update) + 1;
        let notes = craft::notes(by, &coach.participant, NOTES);
        if !line.takes(&notes, scene).await {
            break;
        }
    }
    Ok(Filled {
        room: room.id,
        cookie: coach.cookie,
        line,
    })
}
