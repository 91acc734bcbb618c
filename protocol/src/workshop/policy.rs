//! Who may do what on the board: role, board mode, place, and whose note it is.

use serde::{Deserialize, Serialize};

use super::rights::Role;
use crate::gate::{Action, Touch};
use crate::ids::ParticipantId;

/// How much of the board is open to participants. A coach may always write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum BoardMode {
    /// Participants write nothing.
    Locked,
    /// Participants write their own notes and nothing else.
    Notes,
    /// Participants write their own notes, and scores, quotes and pain points.
    #[default]
    Open,
}

impl BoardMode {
    /// Every mode, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Locked, Self::Notes, Self::Open];

    /// Whether the board is as open as it can be: what it is until a coach says otherwise.
    pub fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

/// Someone who writes on the board, with the rights of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Who.
    pub participant: ParticipantId,
    /// What they are.
    pub role: Role,
    /// How much of the board is open.
    pub mode: BoardMode,
}

/// Why someone may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Denial {
    /// The role writes nothing on a board (P1).
    #[error("the role writes nothing on the board")]
    Role,
    /// The board is locked (P4).
    #[error("the board is locked")]
    Locked,
    /// Participants may write only their own notes for now (P4).
    #[error("only notes can be written for now")]
    NotesOnly,
    /// The note is someone else's, or would be (P2, P3).
    #[error("the note is someone else's")]
    NotOwn,
    /// The coach's part of the board (P5).
    #[error("this part of the board is the coach's")]
    Structure,
}

impl Writer {
    /// Weighs one thing that an update does.
    ///
    /// # Errors
    /// Why the writer may not do it.
    pub fn weigh(&self, touch: &Touch<'_>) -> Result<(), Denial> {
        match self.role {
            Role::Observer | Role::Voter => Err(Denial::Role),
            Role::Participant => self.weigh_participant(touch),
            Role::Coach => self.weigh_coach(touch),
        }
    }

    fn weigh_participant(&self, touch: &Touch<'_>) -> Result<(), Denial> {
        if self.mode == BoardMode::Locked {
            return Err(Denial::Locked);
        }
        match touch.path.first() {
            // What has no place any more is seen by nobody.
            None => Ok(()),
            Some(&"notes") => match touch.note {
                Some(note) if note.author != Some(self.participant) => Err(Denial::NotOwn),
                _ if writes_imported(touch) => Err(Denial::Structure),
                _ => Ok(()),
            },
            Some(&("scores" | "quotes" | "painPoints")) if self.mode == BoardMode::Open => Ok(()),
            Some(&("scores" | "quotes" | "painPoints")) => Err(Denial::NotesOnly),
            Some(_) => Err(Denial::Structure),
        }
    }

    /// A coach writes everything, but nothing new in the name of another.
    fn weigh_coach(&self, touch: &Touch<'_>) -> Result<(), Denial> {
        match touch.note {
            Some(note) if note.is_new && note.author.is_some_and(|it| it != self.participant) => {
                Err(Denial::NotOwn)
            }
            _ => Ok(()),
        }
    }
}

/// Whether it writes what only an import puts on a note: the votes of an earlier workshop, and the
/// code. Who could write them could give a note of one's own any number of votes.
fn writes_imported(touch: &Touch<'_>) -> bool {
    touch.action == Action::Insert && matches!(touch.path.get(2), Some(&("votes" | "code")))
}

#[cfg(test)]
mod tests;
