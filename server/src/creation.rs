//! Makes rooms: blank, from a journey, and the ways into them.

use bytes::Bytes;
use hartslag_protocol::board::journey::Journey;
use hartslag_protocol::board::words::Language;
use hartslag_protocol::board::writing::{
    BlankBoard, fresh_document, whole_update, write_blank, write_journey,
};
use hartslag_protocol::ids::{ItemId, RoomId};
use hartslag_protocol::workshop::Role;

use crate::access::admission::invite;
use crate::access::secret::Secret;
use crate::access::{AccessStore, JoinCode, join_code};
use crate::log::{LogError, Milliseconds, RoomLog};
use crate::room::snapshot;

/// The content of a board, as a new room begins with it.
pub struct BoardContent(Bytes);

/// A room that was made, with every way into it.
pub struct NewRoom {
    /// The room.
    pub id: RoomId,
    /// For who steers.
    pub coach: Secret,
    /// For who takes part.
    pub participant: Secret,
    /// For who only watches.
    pub observer: Secret,
    /// For phones.
    pub join_code: JoinCode,
}

impl BoardContent {
    /// A board with phases and nothing in them.
    pub fn blank(title: &str, municipality: &str, language: Language, phases: &[&str]) -> Self {
        let document = fresh_document();
        let blank = BlankBoard {
            title,
            municipality,
            language,
            phases,
        };
        write_blank(&document, blank, &mut ItemId::generate);
        Self(whole_update(&document).into())
    }

    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// A board that holds this journey.
    pub fn of(journey: &Journey, now: Milliseconds) -> Self {
        let document = fresh_document();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        write_journey(&document, journey, now, &mut ItemId::generate);
        Self(whole_update(&document).into())
    }
}

/// Makes a room with this board.
pub async fn create(
    log: &dyn RoomLog,
    access: &dyn AccessStore,
    board: &BoardContent,
    now: Milliseconds,
) -> Result<NewRoom, LogError> {
    let id = RoomId::generate();
    let room = NewRoom {
        id,
        coach: invite(access, id, Role::Coach).await?,
        participant: invite(access, id, Role::Participant).await?,
        observer: invite(access, id, Role::Observer).await?,
        join_code: join_code::renew(access, id, now).await?,
    };
    // Last: a crash before this leaves ways into nowhere, which nobody was told; one after it
    // leaves a whole room.
    log.create(id, now, snapshot::initial(&board.0)).await?;
    Ok(room)
}
