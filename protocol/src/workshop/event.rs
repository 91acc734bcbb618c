//! What can have happened in a room besides edits, and the fold of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dismissals::{Dismissal, Dismissals};
use super::policy::BoardMode;
use super::rights::Role;
use super::round::{Round, RoundResult, RoundStatus};
use crate::ids::{DismissalId, NetworkMark, ParticipantId, RoundId};

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
    /// How many rounds had begun when they came in (R13).
    #[serde(default, skip_serializing_if = "is_none_yet")]
    #[cfg_attr(test, ts(skip))]
    pub rounds_before: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_none_yet(count: &u32) -> bool {
    *count == 0
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
    /// A coach opened the door, or closed it: then nobody new comes in (H13).
    DoorSet {
        /// Whether people come in.
        is_open: bool,
    },
    /// A coach sent people away (H14).
    PeopleDismissed {
        /// The act, which can be undone.
        dismissal: DismissalId,
        /// Who.
        people: Vec<ParticipantId>,
        /// The network they came from, where they were sent away for that.
        network: Option<NetworkMark>,
        /// When, by the clock that all nodes share.
        at: u64,
    },
    /// A coach lets people back in whom one act sent away.
    DismissalUndone {
        /// The act.
        dismissal: DismissalId,
    },
}

/// The state of a room besides its board: the fold of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workshop {
    /// Everyone who ever came in and was not sent away, by id.
    pub participants: BTreeMap<ParticipantId, Participant>,
    /// Every round, oldest first. Shared, so that a change of one copies no other while somebody
    /// looks at them.
    pub rounds: Vec<Arc<Round>>,
    /// When the timer's time is over, by the clock that all nodes share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer_ends_at: Option<u64>,
    /// How much of the board is open to participants.
    #[serde(default, skip_serializing_if = "BoardMode::is_open")]
    pub board_mode: BoardMode,
    /// Whether nobody new comes in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub door_is_closed: bool,
    /// Who was sent away.
    #[serde(default, skip_serializing_if = "Dismissals::is_empty")]
    pub dismissals: Dismissals,
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
                    self.rounds.push(Arc::new(round));
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
            WorkshopEvent::DoorSet { is_open } => self.door_is_closed = !is_open,
            WorkshopEvent::PeopleDismissed {
                dismissal,
                people,
                network,
                at,
            } => self.dismiss(dismissal, people, network, at),
            WorkshopEvent::DismissalUndone { dismissal } => {
                let back = self.dismissals.undo(dismissal);
                self.participants.extend(back);
            }
        }
    }

    fn admit(&mut self, id: ParticipantId, name: String, municipality: String, role: Role) {
        if self.dismissals.has(id) {
            return;
        }
        let newcomer = u8::try_from(self.participants.len() % usize::from(PARTICIPANT_COLOURS));
        let began = u32::try_from(self.rounds.len()).unwrap_or(u32::MAX);
        let (colour, rounds_before) = self
            .participants
            .get(&id)
            .map_or((newcomer.unwrap_or_default(), began), |known| {
                (known.colour, known.rounds_before)
            });
        let participant = Participant {
            id,
            name,
            municipality,
            role,
            colour,
            rounds_before,
        };
        self.participants.insert(id, participant);
    }

    fn dismiss(
        &mut self,
        id: DismissalId,
        people: Vec<ParticipantId>,
        network: Option<NetworkMark>,
        at: u64,
    ) {
        let taken = people.into_iter().filter_map(|id| {
            let person = self.participants.remove(&id)?;
            Some((id, person))
        });
        let people = taken.collect();
        self.dismissals.add(Dismissal {
            id,
            network,
            at,
            people,
        });
    }

    /// Whether the participant was in before the round began (R13).
    pub fn was_before(&self, participant: ParticipantId, round: RoundId) -> bool {
        let began = self.rounds.iter().position(|it| it.id == round);
        let person = self.participants.get(&participant);
        began.zip(person).is_some_and(|(index, person)| {
            usize::try_from(person.rounds_before).is_ok_and(|before| before <= index)
        })
    }

    /// The round with this id.
    pub fn round(&self, id: RoundId) -> Option<&Round> {
        self.rounds.iter().map(Arc::as_ref).find(|it| it.id == id)
    }

    fn round_mut(&mut self, id: RoundId) -> Option<&mut Round> {
        let round = self.rounds.iter_mut().find(|round| round.id == id);
        round.map(Arc::make_mut)
    }

    /// The newest round, whatever its status: what a phone shows.
    pub fn current_round(&self) -> Option<&Round> {
        self.rounds.last().map(Arc::as_ref)
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
    fn h14_who_was_sent_away_stays_away_until_the_act_is_undone() {
        let mut workshop = Workshop::default();
        let (anna, bo) = (ParticipantId::generate(), ParticipantId::generate());
        workshop.apply(admitted(anna, "Anna", Role::Participant));
        workshop.apply(admitted(bo, "Bo", Role::Participant));
        let before = workshop.participants.clone();
        let dismissal = DismissalId::generate();

        workshop.apply(WorkshopEvent::PeopleDismissed {
            dismissal,
            people: vec![bo],
            network: None,
            at: 1,
        });
        workshop.apply(admitted(bo, "Bo again", Role::Coach));

        assert_eq!(workshop.participants.keys().collect::<Vec<_>>(), [&anna]);
        assert!(workshop.dismissals.has(bo) && !workshop.dismissals.has(anna));
        workshop.apply(WorkshopEvent::DismissalUndone { dismissal });
        assert_eq!(workshop.participants, before);
        assert!(workshop.dismissals.is_empty());
    }

    #[test]
    fn r13_who_came_after_a_round_began_was_not_before_it() {
        let mut workshop = Workshop::default();
        let (anna, bo) = (ParticipantId::generate(), ParticipantId::generate());
        let rounds = [round_of(&["a", "b"], 3, 2), round_of(&["a", "b"], 3, 2)];
        let ids = [rounds[0].id, rounds[1].id];
        let [first, second] = rounds.map(|round| WorkshopEvent::RoundOpened { round });

        workshop.apply(admitted(anna, "Anna", Role::Voter));
        workshop.apply(first);
        workshop.apply(admitted(bo, "Bo", Role::Voter));
        workshop.apply(second);
        // Another name does not make anyone a newcomer.
        workshop.apply(admitted(anna, "Anna A.", Role::Voter));

        let before = |who| ids.map(|round| workshop.was_before(who, round));
        assert_eq!(before(anna), [true, true]);
        assert_eq!(before(bo), [false, true]);
        assert_eq!(before(ParticipantId::generate()), [false, false]);
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
