//! `POST /rooms`: making a room, of a template, of a journey, or blank.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hartslag_protocol::board::journey::{Journey, Municipality};
use hartslag_protocol::board::words::Language as BoardLanguage;
use hartslag_protocol::ids::RoomId;
use hartslag_protocol::limits::{JOURNEY_BYTES, TITLE_CHARACTERS};
use hartslag_protocol::problem::Fault;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AppState;
use super::client_network::ClientNetwork;
use super::error::ApiError;
use super::extract::{BODY_BYTES, UnreadJson, body_fault, parse};
use super::texts::{Language, Texts};
use super::time::timestamp;
use crate::access::person;
use crate::access::quota::ROOM_COST_BYTES;
use crate::clock::now;
use crate::creation::{BoardContent, create as create_room};
use crate::network::Network;
use crate::samples;
use crate::work::memory::Charge;
use crate::work::queue::Seat;
use crate::work::seats::{Asker, LARGE};

/// A journey, and some room for the rest of the body.
const CREATE_BYTES: usize = JOURNEY_BYTES + (64 << 10);
/// What a byte of JSON takes in memory while a board is made of it: its values, the journey, the
/// document.
const MEMORY_A_BYTE: usize = 25;
/// Where the journey stands in the body.
const JOURNEY_POINTER: &str = "/journey";
/// Titles of the phases of a blank board, in the message files.
const BLANK_PHASES: [&str; 5] = [
    "server.phase.1",
    "server.phase.2",
    "server.phase.3",
    "server.phase.4",
    "server.phase.5",
];

/// A room to be made: of a template, of a journey, or blank.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateRoom {
    /// Title of the board; needed for a blank one, else in place of the journey's.
    title: Option<String>,
    /// Whose journey it is.
    municipality: Option<String>,
    /// Slug of a sample journey.
    template: Option<String>,
    /// A journey in the exchange format.
    #[schema(value_type = Option<Object>)]
    journey: Option<serde_json::Value>,
    /// `nl` or `en`, for a blank board.
    language: Option<String>,
}

/// A room that was made. Its secrets are shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedRoom {
    /// The room.
    #[schema(value_type = String, format = Uuid)]
    id: RoomId,
    /// A secret per role, for after `/join#`.
    invitations: Invitations,
    /// For phones.
    join_code: String,
    /// When the join code ends.
    #[schema(value_type = String, format = DateTime)]
    join_code_expires_at: Timestamp,
}

/// The secret of an invitation for each role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invitations {
    coach: String,
    participant: String,
    observer: String,
}

/// Makes a room.
#[utoipa::path(
    post,
    path = "/rooms",
    request_body = CreateRoom,
    responses(
        (status = 201, body = CreatedRoom),
        (status = 400, description = "Every fault of the journey, with its place"),
        (status = 413, description = "The journey is too large"),
        (status = 429, description = "Too many rooms from this network"),
    )
)]
pub(super) async fn create(
    State(app): State<AppState>,
    ClientNetwork(network): ClientNetwork,
    body: UnreadJson,
) -> Result<(StatusCode, Json<CreatedRoom>), ApiError> {
    let at = now();
    let length = body.length().unwrap_or(CREATE_BYTES).min(CREATE_BYTES);
    let (held, text) = if length <= BODY_BYTES {
        let text = body.read(BODY_BYTES).await?;
        (turn(&app, network, 1, length).await?, text)
    } else {
        // It is read in its turn, as it takes memory from its first byte on.
        let held = turn(&app, network, LARGE, length).await?;
        (held, body.read(CREATE_BYTES).await?)
    };
    let made = app.rooms.work().hands.work(move || {
        // Held as long as the work goes on, whoever waits for it.
        let _held = held;
        parse::<CreateRoom>(&text)?.board(at)
    });
    let made = made.await;
    let board = made.map_err(|_panicked| ApiError::Internal("a board was not made"))??;
    app.creations
        .pay(network, cost_of(&board), at)
        .map_err(|retry_after| ApiError::TooManyRooms { retry_after })?;
    let room = create_room(app.log.as_ref(), app.access.as_ref(), &board, at).await?;
    tracing::info!(room.id = %room.id, "room {} was made", room.id);
    app.codes.know(network, &room.join_code);
    let created = CreatedRoom {
        id: room.id,
        invitations: Invitations {
            coach: room.coach.reveal().to_owned(),
            participant: room.participant.reveal().to_owned(),
            observer: room.observer.reveal().to_owned(),
        },
        join_code: room.join_code.code,
        join_code_expires_at: timestamp(room.join_code.expires_at),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Waits for leave to make a board of so many bytes of JSON.
async fn turn(
    app: &AppState,
    network: Network,
    seats: u32,
    length: usize,
) -> Result<(Seat, Charge), ApiError> {
    let asker = Asker {
        network: Some(network),
        ..Asker::default()
    };
    let seat = app.rooms.work().making.seat(asker, seats).await?;
    let charge = app.rooms.reserve(length * MEMORY_A_BYTE, 0).await?;
    Ok((seat, charge))
}

fn cost_of(board: &BoardContent) -> u32 {
    u32::try_from(1 + board.size() / ROOM_COST_BYTES).unwrap_or(u32::MAX)
}

impl CreateRoom {
    /// The content of the board that is asked for.
    fn board(self, at: u64) -> Result<BoardContent, ApiError> {
        let title = line("/title", self.title.as_deref(), TITLE_CHARACTERS)?;
        let municipality = self.municipality.as_deref().unwrap_or_default();
        let municipality =
            person::name(municipality).map_err(|fault| body_fault("/municipality", fault))?;
        let journey = match (self.template, self.journey) {
            (Some(_), Some(_)) => {
                return Err(body_fault(
                    "/template",
                    "bring a template or a journey, not both",
                ));
            }
            (Some(slug), None) => {
                let sample = samples::journey(&slug);
                Some(
                    sample
                        .cloned()
                        .ok_or_else(|| body_fault("/template", "there is no such template"))?,
                )
            }
            (None, Some(journey)) => Some(Journey::from_value(journey).map_err(placed)?),
            (None, None) => None,
        };
        if let Some(journey) = journey {
            return Ok(BoardContent::of(&renamed(journey, title, municipality), at));
        }
        if title.is_empty() {
            return Err(body_fault("/title", "a blank board needs a title"));
        }
        let (language, texts) = language(self.language.as_deref())?;
        let phases = BLANK_PHASES.map(|key| texts.of(key));
        Ok(BoardContent::blank(
            &title,
            &municipality,
            language,
            &phases,
        ))
    }
}

/// A short line of text, which may be absent.
fn line(pointer: &str, text: Option<&str>, longest: usize) -> Result<String, ApiError> {
    let text = text.unwrap_or_default().trim();
    if text.chars().any(char::is_control) {
        return Err(body_fault(pointer, "has characters that cannot be shown"));
    }
    if text.chars().count() > longest {
        return Err(body_fault(
            pointer,
            format!("has more than {longest} characters"),
        ));
    }
    Ok(text.to_owned())
}

fn language(word: Option<&str>) -> Result<(BoardLanguage, Texts), ApiError> {
    match word {
        None | Some("nl") => Ok((BoardLanguage::Dutch, Texts::server(Language::Dutch))),
        Some("en") => Ok((BoardLanguage::English, Texts::server(Language::English))),
        Some(_) => Err(body_fault("/language", "must be nl or en")),
    }
}

/// The faults of a journey, at their places in the body.
fn placed(faults: Vec<Fault>) -> ApiError {
    let placed = |fault: Fault| Fault {
        pointer: format!("{JOURNEY_POINTER}{}", fault.pointer),
        ..fault
    };
    ApiError::InvalidJourney(faults.into_iter().map(placed).collect())
}

/// The journey under another title or of another municipality, where those are given.
fn renamed(mut journey: Journey, title: String, municipality: String) -> Journey {
    if !title.is_empty() {
        journey.title = title;
    }
    if !municipality.is_empty() && municipality != journey.municipality.name {
        journey.municipality = Municipality {
            name: municipality,
            code: None,
        };
    }
    journey
}
