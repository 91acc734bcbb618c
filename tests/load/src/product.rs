//! The HTTP API of the product, as the load uses it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Seat, Wire};
use crate::socket::Opening;

/// How to reach a server of ours.
#[derive(Clone, Debug)]
pub struct Api {
    client: reqwest::Client,
    address: String,
    /// What a proxy would say of where requests come from.
    from: Option<String>,
}

/// A room that was made, and its secrets.
#[derive(Clone, Debug)]
pub struct Created {
    /// Its identifier.
    pub id: String,
    /// The invitation of coaches.
    pub coach: String,
    /// The invitation of participants.
    pub participant: String,
    /// The invitation of observers.
    pub observer: String,
    /// The code of phones.
    pub code: String,
}

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Who they are.
    pub participant: String,
    /// The cookie of their device.
    pub cookie: String,
}

impl Api {
    /// The server at this address. Every request has a connection of its own, as phones have.
    pub fn of(address: &str) -> Self {
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build();
        let client = client.expect("nothing is asked that could fail");
        Self {
            client,
            address: address.to_owned(),
            from: None,
        }
    }

    /// The same, asked from this address.
    #[must_use]
    pub fn seen_from(mut self, address: &str) -> Self {
        self.from = Some(address.to_owned());
        self
    }

    /// Makes a room, from an address range of this number: a range makes 300 at once.
    pub async fn make_room(&self, range: usize) -> Result<Created, String> {
        let body = json!({ "title": "Last", "municipality": "Duinrade" });
        let there = self.clone().seen_from(&format!("10.0.{range}.1"));
        let request = there.request(Method::POST, "/rooms");
        let (room, _) = answer(request.json(&body)).await?;
        Ok(Created {
            id: text(&room["id"]),
            coach: text(&room["invitations"]["coach"]),
            participant: text(&room["invitations"]["participant"]),
            observer: text(&room["invitations"]["observer"]),
            code: text(&room["joinCode"]),
        })
    }

    /// Lets somebody in by an invitation or the code.
    pub async fn join(&self, body: &Value) -> Result<Joined, String> {
        let request = self.request(Method::POST, "/join");
        let (joined, cookie) = answer(request.json(body)).await?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Joined {
            participant: text(&joined["participant"]),
            cookie,
        })
    }

    /// Asks as the owner of a cookie.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        cookie: &str,
    ) -> Result<(Value, String), String> {
        let request = self.request(method, path).header("cookie", cookie);
        answer(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// The place of somebody in a room.
    pub fn seat(&self, room: &Created, joined: &Joined) -> Seat {
        let from = self.from.as_ref();
        let from = from.map(|address| format!("X-Forwarded-For: {address}\r\n"));
        Seat {
            opening: Opening {
                address: self.address.clone(),
                path: format!("/sync/{}", room.id),
                headers: format!(
                    "Origin: http://{}\r\nCookie: {}\r\nSec-WebSocket-Protocol: hartslag.v1\r\n{}",
                    self.address,
                    joined.cookie,
                    from.unwrap_or_default()
                ),
            },
            wire: Wire::Hartslag,
            document: String::new(),
            participant: joined.participant.clone(),
        }
    }

    /// A room and the seats of so many participants.
    pub async fn seats(self, range: usize, people: usize) -> Result<Vec<Seat>, String> {
        let room = self.make_room(range).await?;
        let mut seats = Vec::with_capacity(people);
        for person in 0..people {
            let body = json!({ "invitation": room.participant, "name": format!("P{person}") });
            seats.push(self.seat(&room, &self.join(&body).await?));
        }
        Ok(seats)
    }

    /// A request of nobody in particular.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let origin = format!("http://{}", self.address);
        let request = self
            .client
            .request(method, format!("{origin}/api/v1{path}"));
        let request = request.header("origin", origin);
        match &self.from {
            Some(from) => request.header("x-forwarded-for", from),
            None => request,
        }
    }
}

/// The body of a good answer, and the cookie that came with it.
async fn answer(request: reqwest::RequestBuilder) -> Result<(Value, String), String> {
    let response = request.send().await.map_err(|error| error.to_string())?;
    let cookie = response.headers().get("set-cookie");
    let cookie = cookie
        .and_then(|cookie| cookie.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let status = response.status();
    let body: Value = response.json().await.map_err(|error| error.to_string())?;
    if status.is_success() {
        Ok((body, cookie))
    } else {
        Err(format!("{status}: {body}"))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
