//! A store that comes back with less than it acknowledged (L7).
//!
//! A node that has all of it in memory brings it back; such a node does not crash meanwhile, as
//! then nobody could. Where no node holds the room, those that remember it serve nothing until
//! the store is restored.

use hartslag_protocol::wire::close::CloseCode;

use super::checks::check_workshop;
use super::node::Node;
use super::world::{Step, World};
use super::{Checked, ensure};
use crate::log::{Entry, NewEntry, Sequence};
use crate::room::event::Event;
use crate::room::recovery::Recovery;
use crate::room::state::RoomState;

/// Entries that go at once, at most.
const SPAN: usize = 20;

/// What the log lost.
#[derive(Debug)]
pub(super) enum Loss {
    /// This node has all of it.
    Held(usize),
    /// Nobody holds it; these come back with a backup.
    Unheld(Vec<Entry>),
}

impl World {
    pub(super) fn regress(&mut self, step: Step) -> Checked {
        match step {
            Step::Recover(at) => {
                let answer = self.nodes[at].recovery.take_answer();
                let stored = answer.map(Box::new);
                self.give(at, Event::Recovered { stored })
            }
            Step::Leave(at) => {
                let room = self.nodes[at].room.as_ref();
                let known = room.map(RoomState::known);
                self.leave_memory(at, CloseCode::Restart);
                self.nodes[at].remembered = known;
                Ok(())
            }
            Step::GoBack => self.go_back(),
            _ => self.restore_unheld(),
        }
    }

    /// What can happen to a store that may go back, and to one that did.
    pub(super) fn of_loss(&self, steps: &mut Vec<(usize, Step)>) {
        let weight = match &self.loss {
            Some(Loss::Unheld(_)) => return steps.push((20, Step::Restore)),
            None if self.unheld_from().is_some() => 100 * self.plan.go_back,
            None if self.holders().next().is_some() => self.plan.go_back,
            _ => 0,
        };
        if self.log.last() > self.least() {
            steps.push((weight, Step::GoBack));
        }
    }

    /// Entries that every store has: who the people are.
    fn least(&self) -> Sequence {
        self.members.len() as Sequence + 1
    }

    /// The nodes that have all of the log in memory; one that went back and has grown again is
    /// not what a node has that still holds as many entries of the former one.
    fn holders(&self) -> impl Iterator<Item = usize> {
        let has_all = |room: &RoomState| {
            room.applied == self.log.last()
                && self.log.holds(room.known())
                && room.recovery == Recovery::None
                && room.appending.is_empty()
        };
        let nodes = self.nodes.iter().enumerate();
        let nodes = nodes.filter(move |(_, it)| it.runs() && it.room.as_ref().is_some_and(has_all));
        nodes.map(|(at, _)| at)
    }

    /// Where no node holds the room and nothing is under way: how far all of them remember it.
    fn unheld_from(&self) -> Option<Sequence> {
        let remembered = |node: &Node| {
            let is_away = node.room.is_none() && node.loading.is_none();
            node.remembered.filter(|_| is_away)
        };
        let known: Option<Vec<_>> = self.nodes.iter().map(remembered).collect();
        let least = known?.iter().map(|known| known.sequence).min()?;
        let is_quiet = self.late_appends.is_empty() && least > self.least();
        is_quiet.then_some(least)
    }

    fn go_back(&mut self) -> Checked {
        let holders: Vec<_> = self.holders().collect();
        let (from, holder) = match self.unheld_from() {
            Some(least) => (least, None),
            None => (self.log.last(), self.chance.pick(&holders)),
        };
        let span = usize::try_from(from - self.least()).unwrap_or(SPAN);
        let gone = 1 + self.chance.below(span.min(SPAN)) as Sequence;
        let lost = self.log.go_back(from - gone)?;
        self.loss = Some(holder.map_or(Loss::Unheld(lost), Loss::Held));
        self.note(|| format!("    to {}", from - gone));
        self.hint_all();
        Ok(())
    }

    /// Puts back what nobody holds, as from a backup.
    pub(super) fn restore_unheld(&mut self) -> Checked {
        if let Some(Loss::Unheld(lost)) = self.loss.take_if(|loss| matches!(loss, Loss::Unheld(_)))
        {
            let entries = lost.into_iter().map(|entry| NewEntry {
                key: entry.key,
                kind: entry.kind,
                writer: entry.writer,
                at: entry.at,
                bytes: entry.bytes,
            });
            self.log.append(&entries.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// Whether the log ever went back.
    pub(super) fn has_gone_back(&self) -> bool {
        !self.log.lost.is_empty()
    }

    /// Whether a node must not crash, as then nobody would know what was lost.
    pub(super) fn needs(&self, at: usize) -> bool {
        match &self.loss {
            Some(Loss::Held(holder)) => *holder == at,
            Some(Loss::Unheld(_)) => true,
            None => false,
        }
    }

    /// A loss is made good when all that ever was durable is so again.
    pub(super) fn end_loss(&mut self) {
        if matches!(self.loss, Some(Loss::Held(_)))
            && self.log.ever.beyond(&self.log.truth.content).is_none()
            && check_workshop(&self.log.truth.workshop, &self.recorded).is_ok()
        {
            self.loss = None;
        }
    }

    /// Whether a node may load the room: not an older state than it remembers.
    pub(super) fn may_serve(&self, at: usize) -> bool {
        let remembered = self.nodes[at].remembered;
        // Once all is there again, who runs the server accepts that some of it has other numbers.
        self.loss.is_none() || remembered.is_none_or(|known| self.log.holds(known))
    }

    pub(super) fn check_served(&self) -> Checked {
        let is_older = matches!(self.loss, Some(Loss::Unheld(_)));
        ensure!(!is_older, "L7: an older state is served");
        Ok(())
    }

    /// The node forgets all.
    pub(super) fn crash(&mut self, at: usize) {
        self.nodes[at].loading = None;
        self.nodes[at].remembered = None;
        self.leave_memory(at, CloseCode::Restart);
    }
}
