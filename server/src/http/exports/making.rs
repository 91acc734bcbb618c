//! What is made of a board: once for each version of it, whoever asks.

use std::sync::Arc;

use bytes::Bytes;
use hartslag_protocol::board::reading::Board;
use hartslag_protocol::board::svg::draw;
use hartslag_protocol::board::words::Language;
use hartslag_protocol::ids::RoomId;

use crate::export::csv;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::member::Member;
use crate::room::{BoardVersion, RoomClosed, RoomHandle, Rooms};
use crate::work::jobs::Jobs;
use crate::work::kept::Kept;
use crate::work::queue::Seat;
use crate::work::seats::LARGE;
use crate::work::{Busy, Work};

/// Letters of a title in the name of a file.
const FILE_NAME_CHARACTERS: usize = 60;

/// What a board is made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// The exchange format.
    Json,
    /// A table for spreadsheets.
    Csv(Language),
    /// The heartbeat as a drawing.
    Svg(Language),
}

/// A file, and its name without what tells its kind.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) name: Arc<str>,
    pub(super) content: Bytes,
}

/// A version of a board in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    room: RoomId,
    version: BoardVersion,
    form: Form,
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
enum MakeError {
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Closed(#[from] RoomClosed),
    #[error("a board was not read")]
    Unreadable,
}

/// Everything that is made of boards.
#[derive(Clone)]
pub struct Exports {
    jobs: Arc<Jobs<Key, Result<Made, MakeError>>>,
    kept: Arc<Kept<Key, Made>>,
}

impl Exports {
    /// Nothing is made yet.
    pub fn new(work: &Work) -> Self {
        Self {
            jobs: Arc::new(Jobs::new(Arc::clone(&work.making))),
            kept: Arc::default(),
        }
    }

    /// The member's board in a form, of this version of it or a later one.
    pub(super) async fn of(
        &self,
        app: &AppState,
        member: &Member,
        form: Form,
    ) -> Result<Made, ApiError> {
        let room = member.open(app).await?;
        let key = Key {
            room: member.room,
            version: room.version(),
            form,
        };
        if let Some(made) = self.kept.of(&key) {
            return Ok(made);
        }
        let (exports, rooms) = (self.clone(), app.rooms.clone());
        let seats = if room.is_large() { LARGE } else { 1 };
        let make = |seat| async move { exports.make(key, room, rooms, seat).await };
        let made = self.jobs.of(key, member.asker(), seats, make).await?;
        Ok(made?)
    }

    async fn make(
        self,
        key: Key,
        room: RoomHandle,
        rooms: Rooms,
        seat: Seat,
    ) -> Result<Made, MakeError> {
        // It may have been made while its asker waited for a seat.
        if let Some(made) = self.kept.of(&key) {
            return Ok(made);
        }
        // The document is built a second time, apart from its room, which goes on meanwhile.
        let copy = room.memory_bytes();
        let charge = rooms.reserve(copy, copy).await?;
        let document = room.document().await?;
        room.count_board_read();
        let made = rooms.work().hands.work(move || {
            // Held as long as the work goes on, whoever waits for it.
            let _held = (seat, charge);
            made(&document, key.form)
        });
        let made = made.await.ok().flatten().ok_or(MakeError::Unreadable)?;
        self.kept.keep(key, made.clone(), made.content.len());
        Ok(made)
    }
}

impl From<MakeError> for ApiError {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Busy(busy) => busy.into(),
            MakeError::Closed(closed) => closed.into(),
            MakeError::Unreadable => Self::Internal("a board was not read"),
        }
    }
}

fn made(document: &[u8], form: Form) -> Option<Made> {
    let board = Board::from_update(document).ok()?;
    let content = match form {
        Form::Json => board.journey().to_json().into_bytes(),
        Form::Csv(language) => csv::write(&board, language)
            .inspect_err(|error| tracing::error!(%error, "a board has no table: {error}"))
            .ok()?,
        Form::Svg(language) => draw(&board, language).into_bytes(),
    };
    Some(Made {
        name: name_of(&board).into(),
        content: content.into(),
    })
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
