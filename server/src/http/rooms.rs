//! `GET /rooms/{room}`: a room at a glance.

use axum::Json;
use axum::extract::State;
use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::workshop::{BoardMode, Role};
use serde::Serialize;
use utoipa::ToSchema;

use super::AppState;
use super::error::ApiError;
use super::member::Member;
use super::rounds::RoundView;
use super::timer::ShownTimer;

/// A room, as one member sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownRoom {
    #[schema(value_type = String, format = Uuid)]
    id: RoomId,
    /// Title of the board.
    title: String,
    /// Whose journey it is.
    municipality: String,
    /// What the one who asks may.
    #[schema(value_type = String)]
    role: Role,
    /// Who the one who asks is.
    #[schema(value_type = String, format = Uuid)]
    participant: ParticipantId,
    /// The name they gave.
    name: String,
    /// Generation of the room.
    epoch: u64,
    counts: Counts,
    /// The newest round.
    round: Option<RoundView>,
    /// How long the group has.
    timer: ShownTimer,
    /// How much of the board is open to participants: `open`, `notes` or `locked`.
    #[schema(value_type = String)]
    board_mode: BoardMode,
    /// Whether people come in who were not in the room before (H13).
    door_open: bool,
}

/// How much is in a room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counts {
    /// People who ever came in.
    participants: usize,
    /// People who are connected.
    online: usize,
    phases: usize,
    touchpoints: usize,
    notes: usize,
}

/// A room at a glance.
#[utoipa::path(
    get,
    path = "/rooms/{room}",
    params(Member),
    responses((status = 200, body = ShownRoom), Member)
)]
pub(super) async fn show(
    member: Member,
    State(app): State<AppState>,
) -> Result<Json<ShownRoom>, ApiError> {
    let room = member.open(&app).await?;
    let overview = room.overview().await?;
    let workshop = room.workshop().await?;
    let known = workshop.participants.get(&member.participant);
    let round = match overview.round {
        Some(round) => Some(RoundView::of(&app, member, round).await?),
        None => None,
    };
    Ok(Json(ShownRoom {
        id: member.room,
        title: overview.title,
        municipality: overview.municipality,
        role: member.role,
        participant: member.participant,
        name: known.map(|known| known.name.clone()).unwrap_or_default(),
        epoch: overview.epoch,
        counts: Counts {
            participants: overview.participants,
            online: overview.online,
            phases: overview.phases,
            touchpoints: overview.touchpoints,
            notes: overview.notes,
        },
        round,
        timer: overview.timer.into(),
        board_mode: overview.board_mode,
        door_open: !workshop.door_is_closed,
    }))
}
