//! The board as something to take along.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hartslag_protocol::board::reading::Board;
use hartslag_protocol::board::svg::draw;
use hartslag_protocol::board::words::Language as BoardLanguage;

use super::AppState;
use super::error::ApiError;
use super::member::Member;
use super::texts::Language;
use crate::export::csv;
use crate::room::RoomHandle;

/// Letters of a title in the name of a file.
const FILE_NAME_CHARACTERS: usize = 60;

/// The board in the exchange format.
#[utoipa::path(
    get,
    path = "/rooms/{room}/journey",
    params(Member),
    responses(
        (status = 200, description = "The journey", content_type = "application/json"),
        Member,
    )
)]
pub(super) async fn journey(
    member: Member,
    State(app): State<AppState>,
) -> Result<impl IntoResponse, ApiError> {
    let room = member.open(&app).await?;
    let text = of_board(&room, |board| board.journey().to_json()).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}

/// The journey as a file.
#[utoipa::path(
    get,
    path = "/rooms/{room}/exports/json",
    params(Member),
    responses(
        (status = 200, description = "A download", content_type = "application/json"),
        Member,
    )
)]
pub(super) async fn json(
    member: Member,
    State(app): State<AppState>,
) -> Result<Response, ApiError> {
    let room = member.open(&app).await?;
    let made = |board: &Board| (name_of(board), board.journey().to_json());
    let (name, text) = of_board(&room, made).await?;
    Ok(download(&name, "json", "application/json", text))
}

/// A table for spreadsheets, in the language of the one who asks.
#[utoipa::path(
    get,
    path = "/rooms/{room}/exports/csv",
    params(Member),
    responses((status = 200, description = "A download", content_type = "text/csv"), Member)
)]
pub(super) async fn csv(
    member: Member,
    State(app): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let room = member.open(&app).await?;
    let language = language(&headers);
    let made = move |board: &Board| (name_of(board), csv::write(board, language));
    let (name, table) = of_board(&room, made).await?;
    let table = table.map_err(|error| {
        tracing::error!(%error, "a board has no table: {error}");
        ApiError::Internal("a board has no table")
    })?;
    Ok(download(&name, "csv", "text/csv; charset=utf-8", table))
}

/// The heartbeat as a drawing, in the language of the one who asks.
#[utoipa::path(
    get,
    path = "/rooms/{room}/exports/svg",
    params(Member),
    responses((status = 200, description = "A download", content_type = "image/svg+xml"), Member)
)]
pub(super) async fn svg(
    member: Member,
    State(app): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let room = member.open(&app).await?;
    let language = language(&headers);
    let made = move |board: &Board| (name_of(board), draw(board, language));
    let (name, drawing) = of_board(&room, made).await?;
    Ok(download(&name, "svg", "image/svg+xml", drawing))
}

fn language(headers: &HeaderMap) -> BoardLanguage {
    match Language::preferred(headers) {
        Language::Dutch => BoardLanguage::Dutch,
        Language::English => BoardLanguage::English,
    }
}

/// Makes something of a room's board, off the reactor: a board can be large.
async fn of_board<T: Send + 'static>(
    room: &RoomHandle,
    make: impl FnOnce(&Board) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let document = room.document().await?;
    let work = move || Board::from_update(&document).map(|board| make(&board));
    tokio::task::spawn_blocking(work)
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or(ApiError::Internal("a board was not read"))
}

/// The title in letters that every file system and header takes.
fn name_of(board: &Board) -> String {
    let mut name = String::new();
    for character in board.about.title.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            name.push(character);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(FILE_NAME_CHARACTERS);
    match name.trim_end_matches('-') {
        "" => "klantreis".to_owned(),
        name => name.to_owned(),
    }
}

fn download(
    name: &str,
    extension: &str,
    media_type: &'static str,
    content: impl IntoResponse,
) -> Response {
    let disposition = format!("attachment; filename=\"{name}.{extension}\"");
    let disposition = HeaderValue::try_from(disposition).expect("a name is letters, digits and -");
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_makes_a_plain_file_name() {
        let named = |title: &str| {
            let mut board = Board::default();
            board.about.title = title.to_owned();
            name_of(&board)
        };

        assert_eq!(named("Ik wil 'trouwen'!"), "ik-wil-trouwen");
        assert_eq!(named("één\r\n\"x\""), "n-x");
        assert_eq!(named("…"), "klantreis");
    }
}
