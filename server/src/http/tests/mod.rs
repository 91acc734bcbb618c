//! The API from outside, without sockets.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use axum::{Router, body};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::{AppState, Settings, router};
use crate::access::guesses::Guesses;
use crate::log::sqlite::SqliteStore;
use crate::room::Rooms;

mod always;

/// A server without sockets, on a store of its own.
pub(super) struct TestApp {
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
        let state = AppState {
            settings: Arc::new(settings),
            access: store.clone(),
            log: store.clone(),
            guesses: Arc::new(Guesses::default()),
            rooms: Rooms::new(store, Arc::default()),
            metrics: Arc::default(),
        };
        Self {
            router: router(state),
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
