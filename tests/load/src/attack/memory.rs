//! Rooms that are as large as rooms may be, and open at the same time.

use futures_util::future::join_all;
use serde_json::json;

use super::craft;
use super::line::{Line, summary};
use super::scene::Scene;

const ROOMS: usize = 8;
/// Notes of one update; each is three blocks.
const NOTES: usize = 3_000;
/// Updates of one room: 360,000 blocks, more than it may have.
const UPDATES: u32 = 40;

/// Somebody makes rooms, fills each, and leaves all of them open.
pub(super) async fn full_rooms(scene: &Scene) -> Result<String, String> {
    let filling = (0..ROOMS).map(|number| fill(scene, number));
    let lines: Vec<Line> = join_all(filling)
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    scene.is_over().await;
    Ok(summary(&lines))
}

async fn fill(scene: &Scene, number: usize) -> Result<Line, String> {
    let api = scene.api();
    let room = api.make_room(number + 10).await?;
    let body = json!({ "invitation": room.coach, "name": "Mallory" });
    let coach = api.join(&body).await?;
    let line = Line::open(&api.seat(&room, &coach)).await?;
    for update in 0..UPDATES {
        let by = u64::from(update) + 1;
        let sections = craft::notes(by, &coach.participant, NOTES);
        line.update(&sections);
        if !line.is_answered(u64::from(update) + 1, scene).await || line.heard().refused > 0 {
            break;
        }
    }
    Ok(line)
}
