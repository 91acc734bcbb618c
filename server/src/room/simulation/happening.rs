//! What each step does: to members, in the store, and here at the nodes.

use hartslag_protocol::ids::RoundId;
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::workshop::round::RoundOption;
use hartslag_protocol::workshop::{BoardMode, Role, Round, RoundStatus, WorkshopEvent};

use super::node::{Appended, ReadFault};
use super::world::{Step, World, admission};
use super::{Checked, ensure};
use crate::room::event::{Event, Noticed};
use crate::room::rights::GRACE;

impl World {
    pub(super) fn happen(&mut self, step: Step) -> Checked {
        match step {
            Step::Edit(_)
            | Step::Diary(_)
            | Step::Score(_)
            | Step::Undo(_)
            | Step::Barrier(_)
            | Step::Show(_)
            | Step::Join(_)
            | Step::Cut(_)
            | Step::LoseDevice(_)
            | Step::Hand(..)
            | Step::Deliver(..)
            | Step::Overflow(..) => self.act(step),
            Step::Forge(at) => self.forge(at),
            Step::Commit(_)
            | Step::LateAppend
            | Step::Read(_)
            | Step::Save(_)
            | Step::LateSave
            | Step::Look(_)
            | Step::Reload(_) => self.serve(step),
            Step::Recover(_) | Step::Leave(_) | Step::GoBack | Step::Restore => self.regress(step),
            Step::AnswerAppend(at) => {
                let answer = self.append_answer(at);
                self.give_all(at, answer)
            }
            Step::Turn(at) => self.turn(at),
            Step::AnswerRead(at) => self.answer_read(at),
            Step::SaveRequest(at) => self.take_snapshot(at),
            Step::AnswerSave(at) => self.answer_save(at),
            Step::Hint(at) => {
                let hint = self.hint(at);
                self.give_all(at, hint)
            }
            Step::Told(at) => {
                let told = self.next_told(at);
                self.give_all(at, told)
            }
            Step::Tick(at) => self.give(at, Event::Tick),
            Step::Order(at) => self.order(at),
            Step::Steer(at) => self.steer(at),
            Step::Wait => {
                self.now += GRACE;
                Ok(())
            }
            Step::Load(at) => {
                self.look_up(at);
                Ok(())
            }
            Step::Start(at) => self.start(at),
            Step::Crash(_) | Step::Freeze(_) | Step::Thaw(_) => {
                self.fail(step);
                Ok(())
            }
        }
    }

    /// What a machine does that ends, or stands still for a while.
    fn fail(&mut self, step: Step) {
        match step {
            Step::Crash(at) => self.crash(at),
            Step::Freeze(at) => self.nodes[at].is_frozen = true,
            Step::Thaw(at) => self.nodes[at].is_frozen = false,
            _ => {}
        }
    }

    fn append_answer(&mut self, at: usize) -> Option<Event> {
        let answer = self.nodes[at].append.take_answer()?;
        Some(match answer {
            Appended::As(sequences) => Event::Appended { sequences },
            Appended::Failed => Event::AppendFailed,
            Appended::Regressed => Event::Regressed {
                by: Noticed::Append,
            },
        })
    }

    /// Hints come in any order.
    fn hint(&mut self, at: usize) -> Option<Event> {
        let which = self.chance.below(self.nodes[at].hints.len().max(1));
        let sequence = self.nodes[at].hints.remove(which)?;
        Some(Event::Heard { sequence })
    }

    /// Several things that are taken in together.
    fn turn(&mut self, at: usize) -> Checked {
        let mut events = Vec::from_iter(self.append_answer(at));
        let connections: Vec<_> = self.nodes[at].links.keys().copied().collect();
        for connection in connections {
            for _ in 0..self.chance.below(3) {
                events.extend(self.next_of(at, connection));
            }
        }
        events.extend(self.hint(at));
        events.extend(self.next_told(at));
        self.give_all(at, events)
    }

    fn answer_read(&mut self, at: usize) -> Checked {
        match self.nodes[at].read.take_answer() {
            Some(Ok(entries)) => self.give(at, Event::Read { entries }),
            Some(Err(ReadFault::Unavailable)) => self.give(at, Event::ReadFailed),
            Some(Err(ReadFault::Regressed)) => {
                let by = Noticed::Read;
                self.give(at, Event::Regressed { by })
            }
            Some(Err(ReadFault::Trimmed)) => {
                self.leave_memory(at, CloseCode::Unavailable);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn answer_save(&mut self, at: usize) -> Checked {
        match self.nodes[at].save.take_answer() {
            Some(Some(upto)) => self.give(at, Event::SnapshotKept { upto }),
            Some(None) => self.give(at, Event::SnapshotFailed),
            None => Ok(()),
        }
    }

    /// A coach steers a round by HTTP, or someone comes in.
    fn order(&mut self, at: usize) -> Checked {
        let Some(room) = &self.nodes[at].room else {
            return Ok(());
        };
        let current = room.workshop.current_round().cloned();
        let event = match current {
            _ if self.chance.one_in(3) => {
                let name = format!("Noor {}", self.chance.below(9));
                let participant = self.members[0].writer.participant;
                admission(participant, &name, Role::Coach)
            }
            Some(round) if round.status == RoundStatus::Open => {
                WorkshopEvent::RoundClosed { round: round.id }
            }
            Some(round) if round.status == RoundStatus::Closed => WorkshopEvent::RoundRevealed {
                round: round.id,
                result: round.result_of(&[]),
            },
            _ => WorkshopEvent::RoundOpened {
                round: self.new_round()?,
            },
        };
        self.record(at, event)
    }

    /// A coach opens more of the board by HTTP, or less.
    fn steer(&mut self, at: usize) -> Checked {
        let mode = BoardMode::ALL[self.chance.below(BoardMode::ALL.len())];
        self.record(at, WorkshopEvent::BoardModeChanged { mode })
    }

    fn record(&mut self, at: usize, event: WorkshopEvent) -> Checked {
        let node = &mut self.nodes[at];
        node.tickets += 1;
        let ticket = node.tickets;
        node.orders.insert(ticket, event.clone());
        self.give(
            at,
            Event::Record {
                event,
                writer: None,
                ticket,
            },
        )
    }

    fn new_round(&mut self) -> Checked<Round> {
        let id = RoundId::from_bytes(self.chance.bytes());
        let option = |note: &str| RoundOption {
            note: note.into(),
            text: "Een loket".into(),
            place: "Fase".into(),
        };
        let options = vec![option("a"), option("b")];
        let round = Round::open(id, "Welke?".into(), options, 3, 2, false);
        round.map_err(|error| error.to_string())
    }

    fn start(&mut self, at: usize) -> Checked {
        let Some(loaded) = self.nodes[at].loading.take() else {
            return Ok(());
        };
        self.check_served()?;
        let mut node = [0; 8];
        node.copy_from_slice(&self.chance.bytes()[..8]);
        let mut room = self.load(&loaded, node)?;
        room.share();
        ensure!(room.is_saving, "a room starts without saving");
        self.nodes[at].modes = vec![(self.now, room.workshop.board_mode)];
        self.nodes[at].room = Some(room);
        Ok(())
    }

    /// Follows the log, then loads from it.
    fn look_up(&mut self, at: usize) {
        if !self.chance.one_in(self.plan.fail_read) && self.may_serve(at) {
            self.nodes[at].loading = Some(self.log.load());
            // A follower hears the current number first.
            let last = self.log.last();
            self.nodes[at].hints.push_back(last);
        }
    }
}
