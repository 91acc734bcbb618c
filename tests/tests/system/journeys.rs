//! Journeys go in and come out equal; faulty ones tell every fault.

use hartslag_tests::member::Member;
use hartslag_tests::server::TestServer;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn samples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .filter(|path| !path.to_string_lossy().contains("schema"))
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    samples.sort();
    samples
}

#[tokio::test]
async fn the_export_of_each_sample_equals_the_file_that_came_in() {
    let server = TestServer::start().await;
    let samples = samples();
    assert_eq!(samples.len(), 6);

    for (name, text) in samples {
        let journey: Value = serde_json::from_str(&text).unwrap();
        let room = server.create_room(Some(&journey)).await;
        let person = server.join(&room.invitations.observer, "").await;
        let path = format!("/api/v1/rooms/{}/exports/json", room.id);
        let response = server
            .request(Method::GET, &path, Some(&person))
            .send()
            .await
            .unwrap();
        assert_eq!(
            response.text().await.unwrap().trim_end(),
            text.trim_end(),
            "{name}"
        );
        let (_, shown) = server.api(&person, Method::GET, "/journey", None).await;
        assert_eq!(shown, journey, "{name}");
    }
}

#[tokio::test]
async fn an_edited_board_exports_what_imports_to_an_equal_board() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.coach, "Fatima").await;
    let mut member = Member::connect(&server, &person).await;
    member.add_note("n1", "Een los idee").await;
    member.all_stored().await;

    let (_, first) = server.api(&person, Method::GET, "/journey", None).await;
    let again = server.create_room(Some(&first)).await;
    let person = server.join(&again.invitations.coach, "Fatima").await;
    let (_, second) = server.api(&person, Method::GET, "/journey", None).await;

    assert_eq!(second, first);
    assert!(first.to_string().contains("Een los idee"));
}

#[tokio::test]
async fn a_faulty_journey_is_refused_with_every_fault_and_its_place() {
    let server = TestServer::start().await;
    let (_, text) = samples().remove(0);
    let mut journey: Value = serde_json::from_str(&text).unwrap();
    journey["phases"][0]["touchpoints"][0]["score"] = json!(7);
    journey["persona"]["age"] = json!("oud");
    journey["surprise"] = json!(true);

    let body = json!({ "title": "Kapot", "municipality": "Duinrade", "journey": journey });
    let request = server
        .request(Method::POST, "/api/v1/rooms", None)
        .json(&body);
    let response = request.send().await.unwrap();

    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let problem: Value = response.json().await.unwrap();
    let places: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    for place in ["/phases/0/touchpoints/0/score", "/persona/age", "/surprise"] {
        assert!(
            places.iter().any(|known| known.ends_with(place)),
            "{place} in {places:?}"
        );
    }
}
