//! The board mode, set by a coach.

use serde_json::json;

use super::*;

#[tokio::test]
async fn p4_a_coach_opens_and_locks_the_board_and_everyone_can_ask() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let noor = app.join_as(&room, "observer").await;
    let path = format!("/api/v1/rooms/{}", room.id);
    let set = async |mode: &str| {
        let order = Some(json!({ "mode": mode }));
        let path = format!("{path}/board-mode");
        app.call("PUT", &path, Some(&coach), order).await
    };
    let shown =
        async || app.call("GET", &path, Some(&noor), None).await.json()["boardMode"].clone();
    assert_eq!(shown().await, "open");

    for mode in ["locked", "locked", "notes", "open"] {
        assert_eq!(set(mode).await.json(), json!({ "mode": mode }));
        assert_eq!(shown().await, mode);
    }

    assert_eq!(set("shut").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(shown().await, "open");
}
