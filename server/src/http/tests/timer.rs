//! The timer, set and stopped by a coach.

use serde_json::json;

use super::*;

#[tokio::test]
async fn t1_a_coach_sets_and_stops_the_timer() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let noor = app.join_as(&room, "observer").await;
    let path = format!("/api/v1/rooms/{}", room.id);
    let timer = format!("{path}/timer");
    let shown = async || app.call("GET", &path, Some(&noor), None).await.json()["timer"].clone();
    assert_eq!(shown().await, json!({ "remainingMs": null }));

    let asked = json!({ "seconds": 300 });
    let set = app.call("PUT", &timer, Some(&coach), Some(asked)).await;

    for remaining in [set.json(), shown().await] {
        let remaining = remaining["remainingMs"].as_u64().unwrap();
        assert!((200_000..=300_000).contains(&remaining), "{remaining}");
    }
    let stopped = app.call("DELETE", &timer, Some(&coach), None).await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT);
    assert_eq!(shown().await, json!({ "remainingMs": null }));
}

#[tokio::test]
async fn t1_a_timer_out_of_bounds_is_refused() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let timer = format!("/api/v1/rooms/{}/timer", room.id);

    for seconds in [0, 8 * 3_600 + 1] {
        let asked = json!({ "seconds": seconds });
        let answer = app.call("PUT", &timer, Some(&coach), Some(asked)).await;

        assert_eq!(answer.problem().1, 400);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/seconds");
    }
}
