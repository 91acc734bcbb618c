//! What can have happened in a room besides edits, and the fold of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::policy::BoardMode;
use super::rights::Role;
use super::round::{Round, RoundResult, RoundStatus};
use crate::ids::{ParticipantId, RoundId};

/// A person in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// The identifier, which notes carry as their author.
    pub id: ParticipantId,
    /// The name they gave; may be empty.
    pub name: String,
    /// Where they are from; may be empty.
    pub municipality: String,
    /// What they may do.
    pub role: Role,
    /// Which of the palette's colours is theirs, from 0.
    pub colour: u8,
}

/// Colours in the palette for participants.
pub const PARTICIPANT_COLOURS: u8 = 8;

/// Something that happened in a room, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum WorkshopEvent {
    /// Someone came in, or came back with another name or a better role.
    ParticipantAdmitted {
        /// Who.
        participant: ParticipantId,
        /// The name they gave.
        name: String,
        /// Where they are from.
        municipality: String,
        /// What they may do.
        role: Role,
    },
    /// A coach opened a round.
    RoundOpened {
        /// The round, open.
        round: Round,
    },
    /// No response is taken any more.
    RoundClosed {
        /// Which.
        round: RoundId,
    },
    /// Everyone may see what came out.
    RoundRevealed {
        /// Which.
        round: RoundId,
        /// What came out.
        result: RoundResult,
    },
    /// A coach set the timer, anew perhaps, or stopped it.
    TimerSet {
        /// When the time is over, by the clock that all nodes share; nothing when it was stopped.
        ends_at: Option<u64>,
    },
    /// A coach opened more, or less, of the board to participants.
    BoardModeChanged {
        /// How much.
        mode: BoardMode,
    },
}

/// The state of a room besides its board: the fold of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workshop {
    /// Everyone who ever came in, by id.
    pub participants: BTreeMap<ParticipantId, Participant>,
    /// Every round, oldest first.
    pub rounds: Vec<Round>,
    /// When the timer's time is over, by the clock that all nodes share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer_ends_at: Option<u64>,
    /// How much of the board is open to participants.
    #[serde(default, skip_serializing_if = "BoardMode::is_open")]
    pub board_mode: BoardMode,
}

impl Workshop {
    /// Folds one event in. An event that makes no sense here changes nothing: every node that
    /// folds the same log comes to the same state.
    pub fn apply(&mut self, event: WorkshopEvent) {
        match event {
            WorkshopEvent::ParticipantAdmitted {
                participant,
                name,
                municipality,
                role,
            } => {
                self.admit(participant, name, municipality, role);
            }
            WorkshopEvent::RoundOpened { round } => {
                if self.round(round.id).is_none() {
                    self.rounds.push(round);
                }
            }
            WorkshopEvent::RoundClosed { round } => {
                if let Some(round) = self.round_mut(round)
                    && round.status == RoundStatus::Open
                {
                    round.status = RoundStatus::Closed;
                }
            }
            WorkshopEvent::RoundRevealed { round, result } => {
                if let Some(round) = self.round_mut(round)
                    && round.status != RoundStatus::Revealed
                {
                    round.status = RoundStatus::Revealed;
                    round.result = Some(result);
                }
            }
            WorkshopEvent::TimerSet { ends_at } => self.timer_ends_at = ends_at,
            WorkshopEvent::BoardModeChanged { mode } => self.board_mode = mode,
        }
    }

    fn admit(&mut self, id: ParticipantId, name: String, municipality: String, role: Role) {
        let newcomer = u8::try_from(self.participants.len() % usize::from(PARTICIPANT_COLOURS));
        let colour = self
            .participants
            .get(&id)
            .map_or(newcomer.unwrap_or_default(), |known| known.colour);
        let participant = Participant {
            id,
            name,
            municipality,
            role,
            colour,
        };
        self.participants.insert(id, participant);
    }

    /// The round with this id.
    pub fn round(&self, id: RoundId) -> Option<&Round> {
        self.rounds.iter().find(|round| round.id == id)
    }

    fn round_mut(&mut self, id: RoundId) -> Option<&mut Round> {
        self.rounds.iter_mut().find(|round| round.id == id)
    }

    /// The newest round, whatever its status: what a phone shows.
    pub fn current_round(&self) -> Option<&Round> {
        self.rounds.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::round::tests::round_of;

    fn admitted(participant: ParticipantId, name: &str, role: Role) -> WorkshopEvent {
        WorkshopEvent::ParticipantAdmitted {
            participant,
            name: name.into(),
            municipality: "Duinrade".into(),
            role,
        }
    }

    #[test]
    fn h1_who_comes_back_keeps_the_colour() {
        let mut workshop = Workshop::default();
        let (anna, bo) = (ParticipantId::generate(), ParticipantId::generate());
        workshop.apply(admitted(anna, "Anna", Role::Participant));
        workshop.apply(admitted(bo, "Bo", Role::Participant));

        workshop.apply(admitted(bo, "Bo B.", Role::Coach));

        let bo = &workshop.participants[&bo];
        assert_eq!(
            (bo.colour, bo.name.as_str(), bo.role),
            (1, "Bo B.", Role::Coach)
        );
    }

    #[test]
    fn r1_a_round_only_goes_forward() {
        let mut workshop = Workshop::default();
        let round = round_of(&["a", "b"], 3, 2);
        let result = round.result_of(&[]);
        let id = round.id;

        workshop.apply(WorkshopEvent::RoundOpened {
            round: round.clone(),
        });
        workshop.apply(WorkshopEvent::RoundRevealed { round: id, result });
        workshop.apply(WorkshopEvent::RoundClosed { round: id });
        workshop.apply(WorkshopEvent::RoundOpened { round });

        assert_eq!(workshop.rounds.len(), 1);
        assert_eq!(workshop.round(id).unwrap().status, RoundStatus::Revealed);
    }

    #[test]
    fn p4_a_board_is_open_until_a_coach_says_otherwise() {
        let mut workshop = Workshop::default();
        assert_eq!(workshop.board_mode, BoardMode::Open);

        let event = r#"{"type":"boardModeChanged","mode":"locked"}"#;
        workshop.apply(serde_json::from_str(event).unwrap());

        assert_eq!(workshop.board_mode, BoardMode::Locked);
    }

    #[test]
    fn a_workshop_kept_before_there_were_board_modes_is_open() {
        let kept = r#"{"participants":{},"rounds":[]}"#;

        let workshop: Workshop = serde_json::from_str(kept).unwrap();

        assert_eq!(workshop, Workshop::default());
    }

    #[test]
    fn events_of_unknown_rounds_change_nothing() {
        let mut workshop = Workshop::default();

        workshop.apply(WorkshopEvent::RoundClosed {
            round: RoundId::generate(),
        });

        assert_eq!(workshop, Workshop::default());
    }

    #[test]
    fn t1_the_newest_timer_counts_and_may_be_stopped() {
        let mut workshop = Workshop::default();

        for ends_at in [Some(60_000), Some(30_000)] {
            workshop.apply(WorkshopEvent::TimerSet { ends_at });
            assert_eq!(workshop.timer_ends_at, ends_at);
        }
        workshop.apply(WorkshopEvent::TimerSet { ends_at: None });

        assert_eq!(workshop, Workshop::default());
    }

    #[test]
    fn a_workshop_kept_before_there_were_timers_is_read() {
        let kept = r#"{"participants":{},"rounds":[]}"#;

        let workshop: Workshop = serde_json::from_str(kept).unwrap();

        assert_eq!(workshop, Workshop::default());
        assert_eq!(serde_json::to_string(&workshop).unwrap(), kept);
    }

    #[test]
    fn an_event_keeps_its_form_in_the_log() {
        let participant = "0199f2c0-0000-7000-8000-000000000001".parse().unwrap();

        let json = serde_json::to_string(&admitted(participant, "Bo", Role::Observer)).unwrap();

        assert_eq!(
            json,
            r#"{"type":"participantAdmitted","participant":"0199f2c0-0000-7000-8000-000000000001","name":"Bo","municipality":"Duinrade","role":"observer"}"#
        );
    }
}
