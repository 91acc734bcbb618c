//! Rounds, as far as the store takes part: the store opens first and closes first, so that no
//! event in the log tells of a round that the store knows otherwise.

use std::sync::Arc;

use bytes::Bytes;
use hartslag_protocol::ids::{ParticipantId, RoundId};
use hartslag_protocol::workshop::round::OpenRoundError as RoundFault;
use hartslag_protocol::workshop::{
    Ballot, BallotFault, Round, RoundStatus, Workshop, WorkshopEvent,
};

use super::handle::{Order, RoomClosed, RoomHandle};
use super::people::LookError;
use crate::log::{LogError, PutResponse, StoredResponse};

/// A round as a coach asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRound {
    /// The question; may be empty.
    pub title: String,
    /// Ids of the notes.
    pub notes: Vec<String>,
    /// Votes per person.
    pub budget: u32,
    /// Votes per person on one note.
    pub cap: u32,
    /// Whether only those answer who are in the room already (R13).
    pub only_present: bool,
}

/// Why a round did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenRoundError {
    /// Not on the board.
    #[error("there is no note {0}")]
    NoSuchNote(String),
    /// Out of bounds.
    #[error(transparent)]
    Invalid(#[from] RoundFault),
    /// The room has all the rounds it may have.
    #[error("the room has too many rounds, or too long ones: open a new room for more")]
    TooManyRounds,
    /// The store did not take it.
    #[error("the round could not be stored")]
    Log(#[from] LogError),
    /// Open the room again.
    #[error(transparent)]
    Closed(#[from] RoomClosed),
}

/// Why a round did not close, or was not revealed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRoundError {
    /// Not in this room.
    #[error("there is no such round")]
    NoSuchRound,
    /// The store did not take it.
    #[error("the round could not be stored")]
    Log(#[from] LogError),
    /// Open the room again.
    #[error(transparent)]
    Closed(#[from] RoomClosed),
}

/// Why a ballot was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PutBallotError {
    /// Not in this room.
    #[error("there is no such round")]
    NoSuchRound,
    /// Observers do not answer (R9).
    #[error("observers do not vote")]
    NotAllowed,
    /// They came in after the round began, which is for who was there (R13).
    #[error("this round is for who was in the room when it began")]
    CameLater,
    /// The round is closed (R5).
    #[error("the round is not open")]
    NotOpen,
    /// Against the rules of the round (R4).
    #[error("the ballot breaks the rules of the round")]
    Invalid(Vec<BallotFault>),
    /// Another ballot of this or a later revision is stored (R3); this is it.
    #[error("another ballot is stored")]
    Conflict(OwnBallot),
    /// The store did not take it.
    #[error("the ballot could not be stored")]
    Log(#[from] LogError),
    /// Open the room again.
    #[error(transparent)]
    Closed(#[from] RoomClosed),
}

impl From<LookError> for ChangeRoundError {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Log(error) => Self::Log(error),
            LookError::Closed(error) => Self::Closed(error),
        }
    }
}

impl From<LookError> for PutBallotError {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Log(error) => Self::Log(error),
            LookError::Closed(error) => Self::Closed(error),
        }
    }
}

impl PutBallotError {
    /// The word under which it is counted.
    fn word(&self) -> &'static str {
        match self {
            Self::NoSuchRound => "no-such-round",
            Self::NotAllowed => "not-allowed",
            Self::CameLater => "came-later",
            Self::NotOpen => "not-open",
            Self::Invalid(_) => "invalid",
            Self::Conflict(_) => "conflict",
            Self::Log(_) | Self::Closed(_) => "unavailable",
        }
    }
}

/// A ballot as it is kept for its author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnBallot {
    /// Rises with each change; 0 when there is none.
    pub revision: u64,
    /// The votes.
    pub ballot: Ballot,
}

impl RoomHandle {
    /// Opens a round on notes of the board, as they are on it at this moment.
    pub async fn open_round(&self, new: NewRound) -> Result<Round, OpenRoundError> {
        let handle = self.clone();
        finish(async move {
            let round = handle
                .ask(|reply| Order::CaptureRound(RoundId::generate(), new, reply))
                .await??;
            handle.log().open_round(handle.room(), round.id).await?;
            let event = WorkshopEvent::RoundOpened {
                round: round.clone(),
            };
            handle.record(event, None).await?;
            Ok(round)
        })
        .await
    }

    /// Closes a round; closed already is fine.
    pub async fn close_round(&self, round: RoundId) -> Result<Round, ChangeRoundError> {
        let handle = self.clone();
        finish(async move {
            let found = handle.round(round).await?;
            if found.ok_or(ChangeRoundError::NoSuchRound)?.status == RoundStatus::Open {
                handle.log().close_round(handle.room(), round).await?;
                handle
                    .record(WorkshopEvent::RoundClosed { round }, None)
                    .await?;
            }
            handle.known_round(round).await
        })
        .await
    }

    /// Reveals a round, closing it first when it is open; revealed already is fine.
    pub async fn reveal_round(&self, round: RoundId) -> Result<Round, ChangeRoundError> {
        let handle = self.clone();
        finish(async move {
            let found = handle.close_round(round).await?;
            if found.status == RoundStatus::Closed {
                let responses = handle.log().close_round(handle.room(), round).await?;
                // Another node may have sent people away: their ballots do not count (H14).
                handle.read_up().await?;
                let workshop = handle.workshop().await?;
                let counts =
                    |it: &&StoredResponse| workshop.participants.contains_key(&it.participant);
                let ballots = ballots_of(responses.iter().filter(counts))?;
                drop(workshop);
                let result = found.result_of(&ballots);
                handle
                    .record(WorkshopEvent::RoundRevealed { round, result }, None)
                    .await?;
            }
            // The result is in the log by now, here or by another node that was first.
            handle.log().erase_responses(handle.room(), round).await?;
            handle.known_round(round).await
        })
        .await
    }

    /// Every round, oldest first, as the room has them: tell others of [`Round::public`] only.
    pub async fn rounds(&self) -> Result<Vec<Arc<Round>>, RoomClosed> {
        Ok(self.workshop().await?.rounds.clone())
    }

    /// One round, without a hidden result, also where another node opened it a moment ago.
    pub async fn round(&self, round: RoundId) -> Result<Option<Round>, ChangeRoundError> {
        let is_known = |workshop: &Workshop| workshop.round(round).is_some();
        let workshop = self.workshop_with(is_known).await?;
        Ok(workshop.round(round).map(Round::public))
    }

    /// How many people who are in the room answered.
    pub async fn answered(&self, round: RoundId) -> Result<u64, LookError> {
        let responders = self.log().responders(self.room(), round).await?;
        let workshop = self.workshop().await?;
        let are_in = |it: &&ParticipantId| workshop.participants.contains_key(it);
        Ok(responders.iter().filter(are_in).count() as u64)
    }

    /// Puts a ballot whole (R2, R3, R4, R5).
    pub async fn put_ballot(
        &self,
        participant: ParticipantId,
        round: RoundId,
        revision: u64,
        ballot: Ballot,
    ) -> Result<OwnBallot, PutBallotError> {
        let put = self
            .try_put_ballot(participant, round, revision, ballot)
            .await;
        self.count_ballot(match &put {
            Ok(_) => "stored",
            Err(error) => error.word(),
        });
        put
    }

    async fn try_put_ballot(
        &self,
        participant: ParticipantId,
        round: RoundId,
        revision: u64,
        ballot: Ballot,
    ) -> Result<OwnBallot, PutBallotError> {
        let is_known = |workshop: &Workshop| {
            workshop.round(round).is_some() && workshop.participants.contains_key(&participant)
        };
        let workshop = self.workshop_with(is_known).await?;
        let known = workshop.round(round).ok_or(PutBallotError::NoSuchRound)?;
        let person = workshop.participants.get(&participant);
        if !person.is_some_and(|person| person.role.may_respond()) {
            return Err(PutBallotError::NotAllowed);
        }
        if known.only_present && !workshop.was_before(participant, round) {
            return Err(PutBallotError::CameLater);
        }
        if known.status != RoundStatus::Open {
            // Whatever the store says: it may have gone back to when the round was open.
            return Err(PutBallotError::NotOpen);
        }
        let ballot = ballot.checked(known).map_err(PutBallotError::Invalid)?;
        let own = OwnBallot { revision, ballot };
        let response = StoredResponse {
            participant,
            revision,
            body: encode(&own.ballot)?,
        };
        match self
            .log()
            .put_response(self.room(), round, response)
            .await?
        {
            PutResponse::Stored => {
                self.order(Order::Answered(round)).await?;
                Ok(own)
            }
            PutResponse::Stale(stored) => {
                let stored = decode(&stored)?;
                if stored == own {
                    Ok(own)
                } else {
                    Err(PutBallotError::Conflict(stored))
                }
            }
            PutResponse::NotOpen => {
                self.heal_round(round);
                Err(PutBallotError::NotOpen)
            }
        }
    }

    /// The participant's own ballot; revision 0 when there is none.
    pub async fn own_ballot(
        &self,
        participant: ParticipantId,
        round: RoundId,
    ) -> Result<OwnBallot, LogError> {
        let stored = self.log().response(self.room(), round, participant).await?;
        stored.map_or_else(|| Ok(OwnBallot::default()), |stored| decode(&stored))
    }

    /// The store closed the round and a crash kept the event from the log: says so after all.
    /// Once too often changes nothing.
    pub(super) fn heal_round(&self, round: RoundId) {
        let handle = self.clone();
        tokio::spawn(async move {
            let event = WorkshopEvent::RoundClosed { round };
            // The next ballot that comes too late tries again, and so does the next load.
            let _ = handle.record(event, None).await;
        });
    }

    async fn known_round(&self, round: RoundId) -> Result<Round, ChangeRoundError> {
        self.round(round)
            .await?
            .ok_or(ChangeRoundError::NoSuchRound)
    }
}

/// Runs the steps to their end even when whoever asked goes away between two of them.
pub(crate) async fn finish<T, E>(
    steps: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<RoomClosed> + Send + 'static,
{
    tokio::spawn(steps)
        .await
        .unwrap_or_else(|_ended| Err(RoomClosed.into()))
}

fn ballots_of<'a>(
    responses: impl Iterator<Item = &'a StoredResponse>,
) -> Result<Vec<Ballot>, LogError> {
    responses
        .map(|response| decode(response).map(|own| own.ballot))
        .collect()
}

fn encode(ballot: &Ballot) -> Result<Bytes, LogError> {
    serde_json::to_vec(ballot)
        .map(Bytes::from)
        .map_err(|error| LogError::Damaged(error.to_string()))
}

fn decode(stored: &StoredResponse) -> Result<OwnBallot, LogError> {
    let ballot = serde_json::from_slice(&stored.body)
        .map_err(|_unreadable| LogError::Damaged("a ballot cannot be read".into()))?;
    Ok(OwnBallot {
        revision: stored.revision,
        ballot,
    })
}
