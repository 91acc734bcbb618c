//! The API from outside, without sockets.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use axum::{Router, body};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::{AppState, Exports, Settings, router};
use crate::access::quota::Quota;
use crate::access::typed_codes::TypedCodes;
use crate::connection::event_stream::EventStreams;
use crate::log::sqlite::SqliteStore;
use crate::room::Rooms;

mod always;
mod board_mode;
mod boards;
mod coming_in;
mod event_streams;
mod exports;
mod guesses;
mod people;
mod roles;
mod rounds;
mod timer;

/// A server without sockets, on a store of its own.
pub(super) struct TestApp {
    pub(super) state: AppState,
    router: Router,
    _directory: TempDir,
}

impl TestApp {
    pub(super) fn start() -> Self {
        Self::with(Settings::default())
    }

    pub(super) fn with(settings: Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(directory.path()).unwrap());
        let metrics = Arc::default();
        let rooms = Rooms::new(store.clone(), Arc::clone(&metrics));
        let state = AppState::from(super::App {
            turns: super::Turns::default(),
            unread: super::Unread::default(),
            settings,
            access: store.clone(),
            log: store,
            codes: TypedCodes::patient(Duration::ZERO),
            creations: Quota::of_rooms(),
            orders: Quota::of_orders(),
            answers: Quota::of_answers(),
            checks: super::Checks::default(),
            event_streams: EventStreams::default(),
            exports: Exports::new(rooms.work()),
            rooms,
            metrics,
        });
        Self {
            router: router(state.clone()),
            state,
            _directory: directory,
        }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        Answer::read(response).await
    }

    pub(super) async fn get(&self, address: &str) -> Answer {
        self.send(Request::get(address).body(Body::empty()).unwrap())
            .await
    }
}

/// A room, with its secrets.
pub(super) struct Created {
    pub(super) id: String,
    pub(super) answer: Value,
}

/// Someone who came in: the cookie of their device.
pub(super) struct Person {
    pub(super) cookie: String,
    pub(super) joined: Value,
}

impl TestApp {
    /// Sends JSON, as a browser on a page of this server would.
    pub(super) async fn call(
        &self,
        method: &str,
        address: &str,
        person: Option<&Person>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header("host", "hartslag.example")
            .header("origin", "http://hartslag.example");
        if let Some(person) = person {
            request = request.header("cookie", &person.cookie);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    /// The answer without its body where that never ends.
    pub(super) async fn call_head(
        &self,
        method: &str,
        address: &str,
        person: Option<&Person>,
        body: Option<Value>,
    ) -> Answer {
        if !address.ends_with("/events") {
            return self.call(method, address, person, body).await;
        }
        let (parts, _) = self.stream(address, person).await.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body::Bytes::new(),
        }
    }

    /// The first of a stream of events, behind its padding.
    pub(super) async fn first_event(&self, address: &str, person: &Person) -> String {
        let mut events = self
            .stream(address, Some(person))
            .await
            .into_body()
            .into_data_stream();
        let padding = events.next().await.unwrap().unwrap();
        assert!(padding.len() >= 2 << 10 && padding.starts_with(b":  "));
        let first = events.next().await.unwrap().unwrap();
        String::from_utf8(first.into()).unwrap()
    }

    async fn stream(&self, address: &str, person: Option<&Person>) -> Response<Body> {
        let cookie = person.map_or("", |person| &person.cookie);
        let request = Request::get(address).header("cookie", cookie);
        let request = request.body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(super) async fn post(&self, address: &str, by: Option<&Person>, body: Value) -> Answer {
        self.call("POST", address, by, Some(body)).await
    }

    /// A room of a sample journey, which has notes to vote on.
    pub(super) async fn room(&self) -> Created {
        let answer = self
            .post("/api/v1/rooms", None, json!({ "template": "trouwen" }))
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        let answer = answer.json();
        let id = answer["id"].as_str().unwrap().to_owned();
        Created { id, answer }
    }

    /// Someone who comes in with what they bring.
    pub(super) async fn join(&self, by: Option<&Person>, brought: Value) -> Person {
        let answer = self.post("/api/v1/join", by, brought).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let cookie = answer
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let joined = answer.json();
        Person { cookie, joined }
    }

    pub(super) async fn join_as(&self, room: &Created, role: &str) -> Person {
        let invitation = &room.answer["invitations"][role];
        self.join(None, json!({ "invitation": invitation, "name": role }))
            .await
    }

    /// By an invitation that a coach makes for it.
    pub(super) async fn join_as_voter(&self, room: &Created, coach: &Person) -> Person {
        let path = format!("/api/v1/rooms/{}/invitations", room.id);
        let order = Some(json!({ "role": "voter" }));
        let made = self.call("POST", &path, Some(coach), order).await.json();
        let invitation = &made["invitation"];
        self.join(None, json!({ "invitation": invitation, "name": "voter" }))
            .await
    }
}

/// A response with its body.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: header::HeaderMap,
    pub(super) body: body::Bytes,
}

impl Answer {
    async fn read(response: Response<Body>) -> Self {
        let (parts, content) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: body::to_bytes(content, usize::MAX).await.unwrap(),
        }
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The kind of problem that was told, and its status.
    pub(super) fn problem(&self) -> (String, u16) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        let kind = problem["type"]
            .as_str()
            .unwrap()
            .trim_start_matches("/problems/");
        (kind.to_owned(), self.status.as_u16())
    }
}
