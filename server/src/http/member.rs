//! Who asks: a member of the room in the address, by the device's cookie or a ticket.

use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::header;
use axum::http::request::Parts;
use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::workshop::Role;
use serde::Deserialize;

use super::AppState;
use super::client_network::ClientNetwork;
use super::device::Device;
use super::error::ApiError;
use super::request_log::record_actor;
use crate::access::admission::by_ticket;
use crate::access::quota::Quota;
use crate::access::secret::Secret;
use crate::clock::now;
use crate::network::Network;
use crate::room::{RoomHandle, Standing};
use crate::work::seats::Asker;

/// A member of the room in the address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    /// The room.
    pub(crate) room: RoomId,
    /// Who they are in it.
    pub(crate) participant: ParticipantId,
    /// What they may.
    pub(crate) role: Role,
    /// Where they are.
    pub(crate) network: Network,
}

/// A member who may steer.
pub(crate) struct Coach(pub(crate) Member);

/// A member who opens a connection for edits: the one place where a ticket stands in the
/// query, as y-websocket can put it nowhere else (W3).
pub(crate) struct Joining(pub(crate) Member);

impl Member {
    /// The room, in memory.
    pub(crate) async fn open(&self, app: &AppState) -> Result<RoomHandle, ApiError> {
        Ok(app.rooms.open_for(self.room, self.asker()).await?)
    }

    /// Who they are to what shares out heavy work.
    pub(super) fn asker(&self) -> Asker {
        Asker {
            person: Some(self.participant),
            network: Some(self.network),
            room: Some(self.room),
            is_coach: self.role.may_steer(),
        }
    }

    /// The room, for an order that is kept or told to everyone (H11).
    pub(crate) async fn order(&self, app: &AppState) -> Result<RoomHandle, ApiError> {
        self.pay(app)?;
        self.open(app).await
    }

    /// Counts an order that is kept or told to everyone.
    pub(crate) fn pay(&self, app: &AppState) -> Result<(), ApiError> {
        pay_order(app, self.participant)
    }

    /// The room, for an order that weighs as much as several.
    pub(super) async fn order_of(&self, app: &AppState, cost: u32) -> Result<RoomHandle, ApiError> {
        pay(&app.orders, self.participant, cost)?;
        self.open(app).await
    }

    /// Counts an answer to a round: it is a write to the store.
    pub(super) fn pay_answer(&self, app: &AppState) -> Result<(), ApiError> {
        pay(&app.answers, self.participant, 1)
    }

    async fn by(
        parts: &mut Parts,
        app: &AppState,
        ticket: Option<Secret>,
    ) -> Result<Self, ApiError> {
        let room = room_of(parts, app).await?;
        let known = if let Some(ticket) = ticket {
            by_ticket(app.access.as_ref(), room, &ticket, now()).await?
        } else if let Some(device) = Device::of(&parts.headers, &app.settings) {
            app.access.membership(device.hash(), room).await?
        } else {
            None
        };
        if let Some(known) = known {
            record_actor(&known.participant);
            let member = Self {
                room,
                participant: known.participant,
                role: known.role,
                network: ClientNetwork::of(parts, app).0,
            };
            // The log says who is in: a coach may have sent them away (H14).
            return match member.open(app).await?.standing(known.participant).await? {
                Standing::In => Ok(member),
                Standing::Dismissed => Err(ApiError::SentAway),
                Standing::Unknown => Err(ApiError::NotMember),
            };
        }
        // Only who has no business here makes the store look whether the room exists.
        if app.log.exists(room).await? {
            Err(ApiError::NotMember)
        } else {
            Err(ApiError::RoomNotFound)
        }
    }
}

/// Counts an order of a participant that is kept or told to everyone.
pub(super) fn pay_order(app: &AppState, by: ParticipantId) -> Result<(), ApiError> {
    pay(&app.orders, by, 1)
}

fn pay(quota: &Quota<ParticipantId>, by: ParticipantId, cost: u32) -> Result<(), ApiError> {
    quota
        .pay(by, cost, now())
        .map_err(|retry_after| ApiError::TooManyOrders { retry_after })
}

/// The room of the address; what is no identifier is no room.
async fn room_of(parts: &mut Parts, app: &AppState) -> Result<RoomId, ApiError> {
    let Ok(path) = RawPathParams::from_request_parts(parts, app).await else {
        return Err(ApiError::RoomNotFound);
    };
    let text = path.iter().find(|(name, _)| *name == "room");
    text.and_then(|(_, id)| id.parse().ok())
        .ok_or(ApiError::RoomNotFound)
}

/// The ticket in `Authorization: Bearer`.
fn bearer(parts: &Parts) -> Option<Secret> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, ticket) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Secret::read(ticket.trim()))?
}

impl FromRequestParts<AppState> for Member {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let ticket = bearer(parts);
        Self::by(parts, app, ticket).await
    }
}

impl FromRequestParts<AppState> for Coach {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let member = Member::from_request_parts(parts, app).await?;
        if member.role.may_steer() {
            Ok(Self(member))
        } else {
            Err(ApiError::RoleNotAllowed)
        }
    }
}

impl FromRequestParts<AppState> for Joining {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct Asked {
            ticket: Option<String>,
        }
        let asked = Query::<Asked>::from_request_parts(parts, app).await;
        let ticket = asked.ok().and_then(|Query(asked)| asked.ticket);
        // What cannot be a ticket lets nobody in, whatever cookie comes with it.
        let ticket = match ticket.as_deref().map(Secret::read) {
            Some(None) => Some(Secret::generate()),
            Some(read) => read,
            None => bearer(parts),
        };
        Member::by(parts, app, ticket).await.map(Self)
    }
}
