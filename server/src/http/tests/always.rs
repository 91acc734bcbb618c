//! What holds for every response.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::*;

const ROOM: &str = "0199f2c0-0000-7000-8000-000000000001";

/// What is no call of the API: pages, files, operations, and what does not exist.
const ADDRESSES: [&str; 19] = [
    "/",
    "/join",
    "/rooms/{room}",
    "/rooms/{room}/invite",
    "/rooms/{room}/phone",
    "/rooms/{room}/vote",
    "/toegankelijkheid",
    "/.well-known/security.txt",
    "/assets/none.js",
    "/no/such/page",
    "/sync/{room}",
    "/sync/{room}/events",
    "/sync/{room}/messages",
    "/api",
    "/api/v1/none",
    "/api/v1/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// Every address that there is, and some that are not.
async fn addresses(app: &TestApp) -> Vec<String> {
    let description = app.get("/api/v1/openapi.json").await.json();
    let calls = description["paths"].as_object().unwrap().keys();
    let calls = calls.map(|path| format!("/api/v1{path}"));
    calls
        .chain(ADDRESSES.map(str::to_owned))
        .map(|address| address.replace("{room}", ROOM).replace("{round}", ROOM))
        .collect()
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let app = TestApp::start();
    for address in addresses(&app).await {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE"] {
            let request = Request::builder().method(method).uri(&address);

            let answer = app.send(request.body(Body::empty()).unwrap()).await;

            let policy = answer.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'; "),
                "{method} {address}"
            );
            for part in [
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            ] {
                assert!(policy.contains(part), "{method} {address}: {part}");
            }
            assert!(!policy.contains("unsafe") && !policy.contains('*'));
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("x-frame-options"), "DENY");
            assert_eq!(answer.header("referrer-policy"), "same-origin");
            assert_eq!(answer.header("strict-transport-security"), "");
        }
    }
}

#[tokio::test]
async fn over_https_browsers_are_told_to_stay_there() {
    let app = TestApp::with(Settings {
        public_url: Some("https://hartslag.example".into()),
        ..Settings::default()
    });

    let answer = app.get("/no/such/page").await;

    assert!(
        answer
            .header("strict-transport-security")
            .starts_with("max-age=63072000")
    );
}

#[tokio::test]
async fn the_api_names_its_version_is_kept_by_no_cache_and_fails_with_problems() {
    let app = TestApp::start();
    let addresses = addresses(&app).await;
    for address in addresses
        .iter()
        .filter(|address| address.starts_with("/api"))
    {
        let answer = app.get(address).await;

        assert_eq!(
            answer.header("api-version"),
            env!("CARGO_PKG_VERSION"),
            "{address}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{address}");
        if !answer.status.is_success() {
            answer.problem();
        }
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so_in_the_readers_language() {
    let app = TestApp::start();
    let english = Request::get("/no/such/page").header("accept-language", "en-GB");

    let dutch = app.get("/no/such/page").await;
    let english = app.send(english.body(Body::empty()).unwrap()).await;

    assert_eq!(
        (dutch.status, english.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    assert!(dutch.text().contains("<html lang=\"nl\">") && dutch.text().contains("Deze pagina"));
    assert!(english.text().contains("This page does not exist"));
}

#[tokio::test]
async fn h9_a_handler_that_panics_tells_nothing_of_the_inside() {
    let response = crate::http::error::after_panic(Box::new("secret"));

    let answer = Answer::read(response).await;

    assert_eq!(answer.problem(), ("internal".into(), 500));
    assert_eq!(answer.json()["detail"], "Try again in a moment.");
}

#[tokio::test]
async fn unknown_addresses_and_methods_of_the_api_are_problems() {
    let app = TestApp::start();
    let delete = Request::delete("/api/v1/openapi.json").body(Body::empty());

    let unknown = app.get("/api/v1/none").await;
    let slash = app.get("/api/v1/openapi.json/").await;
    let method = app.send(delete.unwrap()).await;

    assert_eq!(unknown.problem(), ("not-found".into(), 404));
    assert_eq!(slash.problem(), ("not-found".into(), 404));
    assert_eq!(method.problem(), ("method-not-allowed".into(), 405));
    assert!(method.header("allow").contains("GET"));
}

#[tokio::test]
async fn the_api_describes_itself_to_everyone() {
    let app = TestApp::start();

    let answer = app.get("/api/v1/openapi.json").await;

    let description = answer.json();
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(description["openapi"].as_str().unwrap().starts_with("3."));
    assert_eq!(description["servers"][0]["url"], "/api/v1");
    for field in ["name", "email", "url"] {
        assert!(description["info"]["contact"][field].is_string(), "{field}");
    }
}

#[tokio::test]
async fn every_call_on_a_room_describes_its_address_and_its_refusals() {
    let description = TestApp::start().get("/api/v1/openapi.json").await.json();
    for (path, calls) in description["paths"].as_object().unwrap() {
        let names = path.split(['{', '}']).skip(1).step_by(2);
        let names: Vec<_> = names.collect();
        for (method, call) in calls.as_object().unwrap() {
            let parameters = call["parameters"].as_array().into_iter().flatten();
            let described: Vec<_> = parameters
                .filter(|it| it["in"] == "path" && it["required"] == true)
                .map(|it| it["name"].as_str().unwrap())
                .collect();

            assert_eq!(described, names, "{method} {path}");
            for status in ["401", "404"] {
                let is_described = call["responses"][status].is_object();
                assert!(
                    names.is_empty() || is_described,
                    "{method} {path}: {status}"
                );
            }
        }
    }
}

#[tokio::test]
async fn security_txt_names_the_contact_where_there_is_one() {
    let contact = Some("mailto:security@hartslag.example".to_owned());
    let named = TestApp::with(Settings {
        security_contact: contact,
        ..Settings::default()
    });

    let answer = named.get("/.well-known/security.txt").await;
    let silent = TestApp::start().get("/.well-known/security.txt").await;

    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert!(
        answer
            .text()
            .starts_with("Contact: mailto:security@hartslag.example\nExpires: 20")
    );
    assert_eq!(silent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_server_with_a_store_is_alive_and_ready() {
    let app = TestApp::start();

    let ready = app.get("/readyz").await;

    assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(
        ready.json(),
        serde_json::json!({ "ready": true, "durability": "disk" })
    );
}

#[tokio::test]
async fn h5_a_page_of_another_site_changes_nothing() {
    let app = TestApp::start();
    let foreign = Request::post("/api/v1/join")
        .header("host", "hartslag.example")
        .header("origin", "https://evil.example");
    let socket = Request::get(format!("/sync/{ROOM}"))
        .header("host", "hartslag.example")
        .header("origin", "https://evil.example")
        .header("upgrade", "websocket");

    for request in [foreign, socket] {
        let answer = app.send(request.body(Body::empty()).unwrap()).await;

        assert_eq!(answer.problem(), ("foreign-origin".into(), 403));
    }
}
