//! HTTP where the answer may never come.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use crate::server::Person;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The API as one person uses it.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    person: Person,
}

impl Api {
    pub(super) fn of(person: &Person) -> Self {
        let client = Client::builder().timeout(PATIENCE).build();
        Self {
            client: client.expect("it needs nothing"),
            person: person.clone(),
        }
    }

    /// Status and answer; nothing where the outcome is unknown.
    pub(super) async fn call(
        &self,
        address: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Option<(StatusCode, Value)> {
        let origin = format!("http://{address}");
        let url = format!("{origin}/api/v1/rooms/{}{path}", self.person.room);
        let mut request = self
            .client
            .request(method, url)
            .header("origin", origin)
            .header("cookie", &self.person.cookie);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.ok()?;
        let status = response.status();
        if status.is_server_error() {
            return None;
        }
        Some((status, response.json().await.ok()?))
    }
}
