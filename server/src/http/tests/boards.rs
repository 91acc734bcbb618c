//! Boards, from journeys and back.

use serde_json::json;

use super::*;
use crate::samples;

#[tokio::test]
async fn a_journey_that_is_imported_comes_out_equal() {
    let app = TestApp::start();
    for sample in samples::journeys() {
        let file: Value = serde_json::from_str(&sample.to_json()).unwrap();
        let created = app
            .post("/api/v1/rooms", None, json!({ "journey": file }))
            .await
            .json();
        let invitation = &created["invitations"]["observer"];
        let observer = app.join(None, json!({ "invitation": invitation })).await;
        let address = format!("/api/v1/rooms/{}", created["id"].as_str().unwrap());

        let journey = app
            .call("GET", &format!("{address}/journey"), Some(&observer), None)
            .await;
        let export = app
            .call(
                "GET",
                &format!("{address}/exports/json"),
                Some(&observer),
                None,
            )
            .await;

        assert_eq!(journey.text(), sample.to_json(), "{}", sample.slug);
        assert_eq!(export.text(), journey.text());
        assert!(
            export
                .header("content-disposition")
                .starts_with("attachment; filename=\"")
        );
    }
}

#[tokio::test]
async fn h6_a_faulty_journey_is_refused_with_every_fault_and_its_place() {
    let app = TestApp::start();
    let mut file: Value = serde_json::from_str(&samples::journeys()[0].to_json()).unwrap();
    file["phases"][0]["title"] = json!(7);
    file["persona"]["digitalSkill"] = json!(9);

    let answer = app
        .post("/api/v1/rooms", None, json!({ "journey": file }))
        .await;

    assert_eq!(answer.problem(), ("invalid-journey".into(), 400));
    let told = answer.text();
    for pointer in ["/journey/phases/0/title", "/journey/persona/digitalSkill"] {
        assert!(told.contains(pointer), "{pointer}: {told}");
    }
    assert!(app.state.log.rooms().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_blank_board_has_a_title_and_five_phases() {
    let app = TestApp::start();
    let asked = json!({ "title": "Ik wil varen", "municipality": "Duinrade", "language": "en" });

    let created = app.post("/api/v1/rooms", None, asked).await;

    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text());
    let created = created.json();
    let coach = app
        .join(
            None,
            json!({ "invitation": created["invitations"]["coach"] }),
        )
        .await;
    let address = format!("/api/v1/rooms/{}", created["id"].as_str().unwrap());
    let shown = app.call("GET", &address, Some(&coach), None).await.json();
    assert_eq!(
        (&shown["title"], &shown["municipality"]),
        (&json!("Ik wil varen"), &json!("Duinrade"))
    );
    assert_eq!(shown["counts"]["phases"], 5);
    assert_eq!(
        (&shown["epoch"], &shown["round"]),
        (&json!(1), &Value::Null)
    );
}

#[tokio::test]
async fn a_room_cannot_be_made_of_nonsense() {
    let app = TestApp::start();
    let cases = [
        (json!({}), "/title"),
        (json!({ "title": "x".repeat(121) }), "/title"),
        (json!({ "title": "a\u{0}b" }), "/title"),
        (
            json!({ "title": "x", "municipality": "x".repeat(61) }),
            "/municipality",
        ),
        (json!({ "title": "x", "template": "none" }), "/template"),
        (
            json!({ "title": "x", "template": "trouwen", "journey": {} }),
            "/template",
        ),
        (json!({ "title": "x", "language": "de" }), "/language"),
        (json!({ "title": 7 }), "/title"),
    ];

    for (asked, pointer) in cases {
        let answer = app.post("/api/v1/rooms", None, asked).await;

        assert_eq!(answer.problem(), ("invalid-body".into(), 400), "{pointer}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
    }
}

#[tokio::test]
async fn h9_a_body_that_is_no_json_or_too_large_is_refused() {
    let app = TestApp::start();
    let send = |media_type: &str, body: String| {
        let request = Request::post("/api/v1/join").header("content-type", media_type);
        app.send(request.body(Body::from(body)).unwrap())
    };

    let form = send("text/plain", "code=x".into()).await;
    let broken = send("application/json", "{".into()).await;
    let deep = send("application/json; charset=utf-8", "[".repeat(60_000)).await;
    let large = send("application/json", " ".repeat(100_000)).await;

    assert_eq!(form.problem(), ("unsupported-media-type".into(), 415));
    assert_eq!(broken.problem(), ("invalid-body".into(), 400));
    assert_eq!(deep.problem(), ("invalid-body".into(), 400));
    assert_eq!(large.problem(), ("too-large".into(), 413));
}

#[tokio::test]
async fn the_templates_are_the_six_samples() {
    let templates = TestApp::start().get("/api/v1/templates").await.json();

    let templates = templates.as_array().unwrap();
    assert_eq!(templates.len(), 6);
    assert_eq!(templates[2]["persona"], "Noor");
    assert_eq!(
        (&templates[2]["phases"], &templates[2]["touchpoints"]),
        (&json!(6), &json!(16))
    );
}

#[tokio::test]
async fn a_download_speaks_the_language_of_the_one_who_asks() {
    let app = TestApp::start();
    let room = app.room().await;
    let coach = app.join_as(&room, "coach").await;
    let address = |format| format!("/api/v1/rooms/{}/exports/{format}", room.id);

    let table = app.call("GET", &address("csv"), Some(&coach), None).await;
    let drawing = app.call("GET", &address("svg"), Some(&coach), None).await;

    assert!(table.text().starts_with("\u{feff}Fase;Contactmoment;"));
    assert!(table.header("content-disposition").ends_with(".csv\""));
    assert!(drawing.text().contains("Heartbeat van"));
    assert!(drawing.header("content-disposition").ends_with(".svg\""));
}
