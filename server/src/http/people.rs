//! Who is in a room and how they came in, the door, and sending people away. Coaches only.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hartslag_protocol::ids::{DismissalId, NetworkMark, ParticipantId, RoomId};
use hartslag_protocol::workshop::event::Participant;
use hartslag_protocol::workshop::{Dismissal, Role};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AppState;
use super::client_network::ClientNetwork;
use super::error::ApiError;
use super::extract::{JsonBody, body_fault};
use super::member::Coach;
use super::time::timestamp;
use crate::access::arrival::{Arrival, NEWCOMER, mark};
use crate::log::Milliseconds;
use crate::room::Attendance;

/// People who are told one by one; of the rest there is a number.
const SHOWN: usize = 500;
/// Networks and acts that are told, the newest.
const SHOWN_GROUPS: usize = 50;
/// Names that are told of one network.
const SHOWN_NAMES: usize = 8;

/// Everyone of a room, as its coaches see them. Its size has a bound, however many there are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Company {
    door: Door,
    /// People who are in the room, connected or not.
    people: usize,
    /// People who are connected.
    online: usize,
    /// The first 500 of those.
    here: Vec<Person>,
    /// Who came in for the first time of late, by network, the newest first.
    networks: Vec<Newcomers>,
    /// Who was sent away, the latest act first.
    dismissals: Vec<SentAway>,
}

/// The door of a room.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Door {
    /// Whether people come in who were not in the room before.
    open: bool,
}

/// Someone who is connected.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Person {
    #[schema(value_type = String, format = Uuid)]
    participant: ParticipantId,
    name: String,
    municipality: String,
    #[schema(value_type = String)]
    role: Role,
    colour: u8,
}

impl From<&Participant> for Person {
    fn from(person: &Participant) -> Self {
        Self {
            participant: person.id,
            name: person.name.clone(),
            municipality: person.municipality.clone(),
            role: person.role,
            colour: person.colour,
        }
    }
}

/// Who came in from one network in the last ten minutes and is in the room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Newcomers {
    /// What the network is called here; it cannot be told from it.
    #[schema(value_type = String, format = Uuid)]
    network: NetworkMark,
    /// Whether it is the network of the one who asks.
    is_own: bool,
    /// Whether somebody came in from it before, in the last day.
    was_here: bool,
    /// How many people.
    people: usize,
    /// How many of them gave no name.
    nameless: usize,
    /// How many of them are coaches, whom nobody sends away (H14).
    coaches: usize,
    /// Names of the first of them.
    names: Vec<String>,
    /// Notes of theirs on the board.
    notes: usize,
    /// When the first came in.
    #[schema(value_type = String, format = DateTime)]
    first: Timestamp,
    /// When the last came in.
    #[schema(value_type = String, format = DateTime)]
    last: Timestamp,
}

/// People who were sent away in one act.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SentAway {
    #[schema(value_type = String, format = Uuid)]
    dismissal: DismissalId,
    /// How many people.
    people: usize,
    /// Names of the first of them.
    names: Vec<String>,
    /// Whether they were the newcomers of a network.
    is_network: bool,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<&Dismissal> for SentAway {
    fn from(act: &Dismissal) -> Self {
        let names = act.people.values().map(|person| &person.name);
        let names = names.filter(|name| !name.is_empty());
        Self {
            dismissal: act.id,
            people: act.people.len(),
            names: names.take(SHOWN_NAMES).cloned().collect(),
            is_network: act.network.is_some(),
            at: timestamp(act.at),
        }
    }
}

/// What became of an order to send people away.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dismissed {
    /// The act, by which it can be undone; null where there was nobody to send away.
    #[schema(value_type = Option<String>, format = Uuid)]
    dismissal: Option<DismissalId>,
    /// How many people.
    people: usize,
}

impl From<Option<(DismissalId, usize)>> for Dismissed {
    fn from(act: Option<(DismissalId, usize)>) -> Self {
        Self {
            dismissal: act.map(|(dismissal, _)| dismissal),
            people: act.map_or(0, |(_, people)| people),
        }
    }
}

/// How recent the newcomers are whom a coach sends away.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendAway {
    /// Those of so many last minutes: 1 to 10.
    minutes: u64,
}

/// Who is in the room, who came in of late and from which network, and who was sent away.
#[utoipa::path(
    get,
    path = "/rooms/{room}/participants",
    params(Coach),
    responses((status = 200, body = Company), Coach)
)]
pub(super) async fn show(
    Coach(coach): Coach,
    State(app): State<AppState>,
    ClientNetwork(network): ClientNetwork,
) -> Result<Json<Company>, ApiError> {
    let room = coach.open(&app).await?;
    let now = room.shared_now();
    let access = app.access.as_ref();
    let own = mark(access, coach.room, network, now).await?;
    let arrivals = access.arrivals(coach.room, 0).await?;
    let attendance = room.attendance().await?;
    let workshop = &attendance.workshop;
    let here = attendance.here.iter();
    let here = here.filter_map(|id| workshop.participants.get(id));
    let acts = workshop.dismissals.iter().rev();
    Ok(Json(Company {
        door: Door {
            open: !workshop.door_is_closed,
        },
        people: workshop.participants.len(),
        online: attendance.here.len(),
        here: here.take(SHOWN).map(Person::from).collect(),
        networks: networks(&attendance, &arrivals, own, since(now, NEWCOMER.as_secs())),
        dismissals: acts.take(SHOWN_GROUPS).map(SentAway::from).collect(),
    }))
}

/// People of one network, and when they came in.
type Group<'a> = Vec<(Milliseconds, &'a Participant)>;

/// Who came in since a moment and is in the room, by network.
fn networks(
    attendance: &Attendance,
    arrivals: &[Arrival],
    own: NetworkMark,
    since: Milliseconds,
) -> Vec<Newcomers> {
    let people = &attendance.workshop.participants;
    let earlier = arrivals.iter().filter(|it| it.at < since);
    let earlier: BTreeSet<_> = earlier.map(|it| it.network).collect();
    let mut groups: BTreeMap<NetworkMark, Group<'_>> = BTreeMap::new();
    for arrival in arrivals.iter().filter(|it| it.at >= since) {
        if let Some(person) = people.get(&arrival.participant) {
            let group = groups.entry(arrival.network).or_default();
            group.push((arrival.at, person));
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    let newest = |group: &Group<'_>| group.iter().map(|(at, _)| *at).max();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(newest(group)));
    groups.truncate(SHOWN_GROUPS);
    let told = groups.into_iter().map(|(network, group)| {
        let names = group.iter().map(|(_, person)| &person.name);
        let named: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        let notes = group
            .iter()
            .filter_map(|(_, person)| attendance.notes.get(&person.id));
        let coaches = group.iter();
        let coaches = coaches.filter(|(_, person)| person.role == Role::Coach);
        let times = || group.iter().map(|(at, _)| *at);
        Newcomers {
            network,
            is_own: network == own,
            was_here: earlier.contains(&network),
            people: group.len(),
            nameless: group.len() - named.len(),
            coaches: coaches.count(),
            names: named.into_iter().take(SHOWN_NAMES).cloned().collect(),
            notes: notes.sum(),
            first: timestamp(times().min().unwrap_or_default()),
            last: timestamp(times().max().unwrap_or_default()),
        }
    });
    told.collect()
}

fn since(now: Milliseconds, seconds: u64) -> Milliseconds {
    now.saturating_sub(seconds * 1_000)
}

/// Opens the door, or closes it: then nobody new comes in but by a coach's invitation (H13).
#[utoipa::path(
    put,
    path = "/rooms/{room}/door",
    params(Coach),
    request_body = Door,
    responses((status = 200, body = Door), Coach)
)]
pub(super) async fn set_door(
    Coach(coach): Coach,
    State(app): State<AppState>,
    JsonBody(door): JsonBody<Door>,
) -> Result<Json<Door>, ApiError> {
    let room = coach.order(&app).await?;
    room.set_door(door.open, coach.participant).await?;
    Ok(Json(door))
}

/// What stands in the address behind the room.
type Named<T> = Result<Path<(RoomId, T)>, PathRejection>;

fn named<T>(path: Named<T>) -> Result<T, ApiError> {
    path.map(|Path((_, id))| id)
        .map_err(|_none| ApiError::NotFound)
}

/// Sends one person away; a coach is never sent away (H14).
#[utoipa::path(
    post,
    path = "/rooms/{room}/participants/{participant}/away",
    params(Coach, ("participant" = String, Path, description = "Who")),
    responses((status = 200, body = Dismissed), Coach)
)]
pub(super) async fn dismiss(
    Coach(coach): Coach,
    path: Named<ParticipantId>,
    State(app): State<AppState>,
) -> Result<Json<Dismissed>, ApiError> {
    let participant = named(path)?;
    let room = coach.order(&app).await?;
    let act = room.dismiss([participant], None, coach.participant).await?;
    Ok(Json(act.into()))
}

/// Sends away who came in from a network in the last minutes, all in one act (H14).
#[utoipa::path(
    post,
    path = "/rooms/{room}/networks/{network}/away",
    params(Coach, ("network" = String, Path, description = "As `participants` names it")),
    request_body = SendAway,
    responses(
        (status = 200, body = Dismissed),
        (status = 400, description = "Not 1 to 10 minutes"),
        Coach,
    )
)]
pub(super) async fn dismiss_newcomers(
    Coach(coach): Coach,
    path: Named<NetworkMark>,
    State(app): State<AppState>,
    JsonBody(SendAway { minutes }): JsonBody<SendAway>,
) -> Result<Json<Dismissed>, ApiError> {
    let network = named(path)?;
    let most = NEWCOMER.as_secs() / 60;
    if !(1..=most).contains(&minutes) {
        return Err(body_fault("/minutes", format!("must be from 1 to {most}")));
    }
    let room = coach.order(&app).await?;
    let since = since(room.shared_now(), minutes * 60);
    let arrivals = app.access.arrivals(coach.room, since).await?;
    let newcomers = arrivals.iter().filter(|it| it.network == network);
    let newcomers = newcomers.map(|it| it.participant);
    let act = room
        .dismiss(newcomers, Some(network), coach.participant)
        .await?;
    Ok(Json(act.into()))
}

/// Lets people back in whom one act sent away; done already is fine.
#[utoipa::path(
    delete,
    path = "/rooms/{room}/dismissals/{dismissal}",
    params(Coach, ("dismissal" = String, Path, description = "The act")),
    responses((status = 204, description = "They may come back"), Coach)
)]
pub(super) async fn undo(
    Coach(coach): Coach,
    path: Named<DismissalId>,
    State(app): State<AppState>,
) -> Result<StatusCode, ApiError> {
    let dismissal = named(path)?;
    let room = coach.order(&app).await?;
    room.undo_dismissal(dismissal, coach.participant).await?;
    Ok(StatusCode::NO_CONTENT)
}
