//! `POST /join`: into a room, by invitation or by code.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use futures_util::TryFutureExt as _;
use hartslag_protocol::ids::{NetworkMark, ParticipantId, RoomId};
use hartslag_protocol::limits::ROOM_PARTICIPANTS;
use hartslag_protocol::workshop::Role;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use utoipa::ToSchema;

use super::AppState;
use super::client_network::ClientAddress;
use super::device::Device;
use super::error::ApiError;
use super::extract::{JsonBody, body_fault};
use super::member::pay_order;
use super::request_log::record_actor;
use crate::access::admission::{by_code, by_invitation};
use crate::access::arrival::{Arrival, mark};
use crate::access::guessing::Origin;
use crate::access::{Invitation, Membership, SecretHash, person};
use crate::clock::now;
use crate::network::Network;
use crate::room::{RoomHandle, Standing, finish};
use crate::work::seats::Asker;

/// How someone comes in.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Join {
    /// The secret of an invitation; this or `code`.
    pub(super) invitation: Option<String>,
    /// The join code, in any case.
    pub(super) code: Option<String>,
    /// A name, for the others in the room.
    pub(super) name: Option<String>,
    /// Where they are from.
    pub(super) municipality: Option<String>,
}

/// What someone says of themselves; what they leave out stays as it was.
struct Introduction {
    name: Option<String>,
    municipality: Option<String>,
}

/// What someone became.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Joined {
    /// The room.
    #[schema(value_type = String, format = Uuid)]
    pub(super) room: RoomId,
    /// Who they are in it.
    #[schema(value_type = String, format = Uuid)]
    pub(super) participant: ParticipantId,
    /// What they may: `coach`, `participant`, `voter` or `observer`.
    #[schema(value_type = String)]
    pub(super) role: Role,
}

/// Comes into a room, or back into it (H1, H2, H3).
#[utoipa::path(
    post,
    path = "/join",
    request_body = Join,
    responses(
        (status = 200, description = "In; with the device's cookie", body = Joined),
        (status = 400, description = "Neither invitation nor code, or a name that cannot be shown"),
        (status = 403, description = "The door is closed, or the coach sent this device away"),
        (status = 404, description = "Code or invitation unknown"),
        (status = 409, description = "The room is full"),
        (status = 410, description = "Code expired"),
        (status = 429, description = "Others of this network were drawn to have a code looked up, or nobody new comes in from it for a while"),
    )
)]
pub(super) async fn join(
    State(app): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    JsonBody(join): JsonBody<Join>,
) -> Result<Response, ApiError> {
    let (device, joined) = admit(&app, address, &headers, join).await?;
    let cookie = device.cookie(&app.settings);
    Ok(([(SET_COOKIE, cookie)], Json(joined)).into_response())
}

/// Lets a device in by what it brought.
pub(super) async fn admit(
    app: &AppState,
    ClientAddress(address): ClientAddress,
    headers: &HeaderMap,
    join: Join,
) -> Result<(Device, Joined), ApiError> {
    let person = Introduction {
        name: named("/name", join.name)?,
        municipality: named("/municipality", join.municipality)?,
    };
    let access = app.access.as_ref();
    let device = Device::of(headers, &app.settings);
    let invitation = match (join.invitation, join.code) {
        (Some(secret), None) => {
            by_invitation(access, &app.codes, address.into(), &secret, now()).await?
        }
        (None, Some(code)) => {
            let from = Origin {
                network: address.into(),
                address,
                device: device.as_ref().map(Device::hash),
            };
            by_code(access, &app.codes, from, &code, now()).await?
        }
        _ => {
            return Err(body_fault(
                "/code",
                "bring an invitation or a code, one of the two",
            ));
        }
    };
    let device = device.unwrap_or_else(Device::unknown);
    // Half of it would leave somebody in the room of whom no coach is told.
    let entering = enter(
        app.clone(),
        device.hash(),
        invitation,
        address.into(),
        person,
    );
    let membership = finish(entering.in_current_span()).await?;
    record_actor(&membership.participant);
    let joined = Joined {
        room: invitation.room,
        participant: membership.participant,
        role: membership.role,
    };
    Ok((device, joined))
}

fn named(pointer: &str, name: Option<String>) -> Result<Option<String>, ApiError> {
    name.map(|name| person::name(&name).map_err(|fault| body_fault(pointer, fault)))
        .transpose()
}

/// Makes the device a member. The room knows first: whoever is a member is in its log.
async fn enter(
    app: AppState,
    device: SecretHash,
    invitation: Invitation,
    network: Network,
    person: Introduction,
) -> Result<Membership, ApiError> {
    let asker = Asker {
        person: None,
        network: Some(network),
        room: Some(invitation.room),
        is_coach: invitation.role.may_steer(),
    };
    let room = app.rooms.open_for(invitation.room, asker).await?;
    let access = app.access.as_ref();
    let known = access.membership(device, invitation.room).await?;
    let membership = invitation.membership(known);
    let standing = match known {
        Some(known) => room.standing(known.participant).await?,
        None => Standing::Unknown,
    };
    if standing == Standing::Dismissed {
        return Err(ApiError::SentAway);
    }
    if standing == Standing::In {
        announce(&app, &room, membership, person).await?;
        access
            .put_membership(device, invitation.room, membership)
            .await?;
        return Ok(membership);
    }
    let now = room.shared_now();
    let network = mark(access, invitation.room, network, now).await?;
    may_come_in(&room, membership.role, network).await?;
    let arrival = Arrival {
        participant: membership.participant,
        network,
        at: now,
    };
    let noting = access.put_arrival(invitation.room, arrival);
    tokio::try_join!(
        announce(&app, &room, membership, person),
        noting.map_err(ApiError::from),
    )?;
    access
        .put_membership(device, invitation.room, membership)
        .await?;
    Ok(membership)
}

/// Places that only coaches take: who fills a room with devices does not keep them out.
const PLACES_OF_COACHES: usize = 100;

/// Whether somebody comes in who is not in the room: a coach does while there is a place.
async fn may_come_in(room: &RoomHandle, role: Role, network: NetworkMark) -> Result<(), ApiError> {
    let workshop = room.workshop().await?;
    let reserved = if role.may_steer() {
        PLACES_OF_COACHES
    } else {
        if workshop.door_is_closed {
            return Err(ApiError::DoorClosed);
        }
        if let Some(left) = workshop.dismissals.shuts(network, room.shared_now()) {
            let retry_after = Duration::from_millis(left);
            return Err(ApiError::NetworkShut { retry_after });
        }
        0
    };
    if workshop.participants.len() >= ROOM_PARTICIPANTS + reserved {
        return Err(ApiError::RoomFull);
    }
    Ok(())
}

/// Tells the room, unless it knows all of it already; names not given stay as they were.
async fn announce(
    app: &AppState,
    room: &RoomHandle,
    membership: Membership,
    person: Introduction,
) -> Result<(), ApiError> {
    let Membership { participant, role } = membership;
    // Whoever holds the workshop while it changes makes the room copy it.
    let known = room
        .workshop()
        .await?
        .participants
        .get(&participant)
        .cloned();
    let (name, municipality) = known
        .as_ref()
        .map(|known| (known.name.clone(), known.municipality.clone()))
        .unwrap_or_default();
    let name = person.name.unwrap_or(name);
    let municipality = person.municipality.unwrap_or(municipality);
    let is_known = known.as_ref().is_some_and(|known| {
        (&known.name, &known.municipality, known.role) == (&name, &municipality, role)
    });
    if !is_known {
        if known.is_some() {
            pay_order(app, participant)?;
        }
        room.admit_participant(participant, name, municipality, role)
            .await?;
    }
    Ok(())
}
