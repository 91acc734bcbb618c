//! Who is in the room for good or no more: the door, and who is sent away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hartslag_protocol::ids::{DismissalId, NetworkMark, ParticipantId};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::workshop::{Workshop, WorkshopEvent};

use super::document::Poisoned;
use super::event::Effect;
use super::handle::{Order, RoomClosed, RoomHandle};
use super::state::RoomState;
use crate::log::{LogError, Milliseconds};

/// How long a question waits at most for the log to be read.
const READ_UP: Duration = Duration::from_secs(3);

/// What somebody is to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In it.
    In,
    /// Sent away.
    Dismissed,
    /// Neither.
    Unknown,
}

/// Everyone of a room, as its coaches see them.
#[derive(Clone, Debug)]
pub struct Attendance {
    /// The room besides its board.
    pub workshop: Arc<Workshop>,
    /// Who is connected, to whatever node.
    pub here: Vec<ParticipantId>,
    /// Notes on the board by who made them.
    pub notes: Arc<BTreeMap<ParticipantId, usize>>,
}

/// Why the log was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The store did not answer.
    #[error("the log could not be read")]
    Log(#[from] LogError),
    /// Open the room again.
    #[error(transparent)]
    Closed(#[from] RoomClosed),
}

impl RoomHandle {
    /// What the participant is to the room, also where another node let them in a moment ago.
    pub async fn standing(&self, participant: ParticipantId) -> Result<Standing, LookError> {
        let ask = || self.inquire(|reply| Order::Standing(participant, reply));
        match ask().await? {
            Standing::Unknown => {
                self.read_up().await?;
                Ok(ask().await?)
            }
            known => Ok(known),
        }
    }

    /// Everyone of the room.
    pub async fn attendance(&self) -> Result<Attendance, RoomClosed> {
        self.inquire(Order::Attendance).await
    }

    /// Opens the door or closes it; durable when it returns (H13).
    pub async fn set_door(&self, is_open: bool, by: ParticipantId) -> Result<(), RoomClosed> {
        if self.workshop().await?.door_is_closed != is_open {
            return Ok(());
        }
        self.record(WorkshopEvent::DoorSet { is_open }, Some(by))
            .await
    }

    /// Sends these people away, but for coaches; durable when it returns (H14). Nothing where
    /// none of them is in the room.
    pub async fn dismiss(
        &self,
        people: impl IntoIterator<Item = ParticipantId>,
        network: Option<NetworkMark>,
        by: ParticipantId,
    ) -> Result<Option<(DismissalId, usize)>, LookError> {
        // Another node may have let them in a moment ago.
        self.read_up().await?;
        let workshop = self.workshop().await?;
        let may_go = |id: &ParticipantId| {
            let person = workshop.participants.get(id);
            person.is_some_and(|person| !person.role.may_steer())
        };
        let people: Vec<_> = people.into_iter().filter(may_go).collect();
        drop(workshop);
        if people.is_empty() {
            return Ok(None);
        }
        let (dismissal, count) = (DismissalId::generate(), people.len());
        let event = WorkshopEvent::PeopleDismissed {
            dismissal,
            people,
            network,
            at: self.shared_now(),
        };
        self.record(event, Some(by)).await?;
        Ok(Some((dismissal, count)))
    }

    /// Lets people back in whom this act sent away; durable when it returns.
    pub async fn undo_dismissal(
        &self,
        dismissal: DismissalId,
        by: ParticipantId,
    ) -> Result<(), RoomClosed> {
        self.record(WorkshopEvent::DismissalUndone { dismissal }, Some(by))
            .await
    }

    /// The room besides its board, after the log was read to its end where the room lacks what
    /// is asked for: another node may have told of it before this one heard.
    pub(super) async fn workshop_with(
        &self,
        is_known: impl Fn(&Workshop) -> bool,
    ) -> Result<Arc<Workshop>, LookError> {
        let workshop = self.workshop().await?;
        if is_known(&workshop) {
            return Ok(workshop);
        }
        drop(workshop);
        self.read_up().await?;
        Ok(self.workshop().await?)
    }

    /// Reads the log to its end.
    pub(super) async fn read_up(&self) -> Result<(), LookError> {
        let read = tokio::time::timeout(READ_UP, self.ask(Order::ReadUp)).await;
        read.map_err(|elapsed| LogError::Unavailable(Box::new(elapsed)))??;
        Ok(())
    }
}

impl RoomState {
    pub(super) fn standing(&self, participant: ParticipantId) -> Standing {
        if self.workshop.participants.contains_key(&participant) {
            Standing::In
        } else if self.workshop.dismissals.has(participant) {
            Standing::Dismissed
        } else {
            Standing::Unknown
        }
    }

    pub(super) fn attendance(&mut self, now: Milliseconds) -> Result<Attendance, Poisoned> {
        Ok(Attendance {
            notes: self.document.contents(now)?.authors,
            here: self.here().into_iter().collect(),
            workshop: Arc::clone(&self.workshop),
        })
    }

    /// Ends the connections of people who were sent away. What they sent and is not admitted yet
    /// is left.
    pub(super) fn let_go(&mut self, people: &[ParticipantId]) {
        if people.is_empty() {
            return;
        }
        let is_away = |id: ParticipantId| self.workshop.dismissals.has(id);
        let members = self.members.iter();
        let gone = members.filter(|(_, member)| is_away(member.participant));
        let gone: Vec<_> = gone.map(|(&connection, _)| connection).collect();
        for connection in gone {
            self.close(connection, CloseCode::Unauthorised);
            self.left(connection, self.now);
        }
        for &participant in people {
            self.effects.push(Effect::Unsubscribe { participant });
        }
    }
}
