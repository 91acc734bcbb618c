//! After the faults: everything settles, or the run fails.

use super::world::{Step, World};
use super::{Checked, ensure};
use crate::log::Milliseconds;
use crate::room::neighbours::{BEAT, SILENCE};
use crate::room::state::RoomState;

/// Rounds of everything that can happen, until nothing can.
const PATIENCE: usize = 400;

impl World {
    /// Lets nothing go wrong any more, and everything come to rest.
    pub(super) fn heal(&mut self) -> Checked {
        self.plan = self.plan.healed();
        self.note(|| "healing".into());
        for node in &mut self.nodes {
            node.is_frozen = false;
        }
        self.restore_unheld()?;
        self.hint_all();
        self.come_to_rest()?;
        // Until everyone was heard again, and what is gone is forgotten.
        let until = self.now + SILENCE + 3 * BEAT;
        let is_awaited = |world: &Self, due| due <= until || world.has_news();
        while let Some(due) = self.next_due().filter(|&due| is_awaited(self, due)) {
            self.now = self.now.max(due);
            self.come_to_rest()?;
        }
        Ok(())
    }

    fn come_to_rest(&mut self) -> Checked {
        for _ in 0..PATIENCE {
            if !self.settle()? {
                return Ok(());
            }
        }
        Err("it never comes to rest".into())
    }

    /// Whether a node is about to tell what another one will show.
    fn has_news(&self) -> bool {
        let mut rooms = self.nodes.iter().filter_map(|node| node.room.as_ref());
        rooms.any(|room| room.presence.has_news())
    }

    fn next_due(&self) -> Option<Milliseconds> {
        let rooms = self.nodes.iter().filter_map(|node| node.room.as_ref());
        rooms.filter_map(RoomState::due).min()
    }

    /// One round; whether anything happened.
    fn settle(&mut self) -> Checked<bool> {
        let last = self.log.last();
        for node in &mut self.nodes {
            let lags = |room: &RoomState| room.applied != last;
            if node.hints.is_empty() && node.room.as_ref().is_some_and(lags) {
                // The follower hears the number again after a lost connection.
                node.hints.push_back(last);
            }
        }
        let delivered = self.delivered;
        let possible = self.possible().into_iter().map(|(_, step)| step);
        // A node that refuses to load what is older than it remembers gets no further.
        let is_refused = |step: &Step| matches!(step, Step::Load(at) if !self.may_serve(*at));
        let possible = possible.filter(|step| !is_refused(step));
        let (steps, others): (Vec<_>, Vec<_>) = possible.partition(|&step| Self::is_owed(step));
        for step in others {
            if let Step::Deliver(at, connection) = step {
                self.deliver(at, connection)?;
            }
        }
        for &step in &steps {
            if self.is_possible(step) {
                self.take(step)?;
            }
        }
        if !steps.is_empty() || self.delivered > delivered {
            return Ok(true);
        }
        let waiting = self.nodes.iter().filter_map(|node| node.room.as_ref());
        let due = waiting
            .filter(|room| !room.appending.is_empty())
            .filter_map(RoomState::due)
            .min();
        let Some(due) = due else {
            return Ok(false);
        };
        ensure!(due > self.now, "something is due and does not happen");
        self.now = due;
        Ok(true)
    }

    /// Whether a step is one that has to happen, rather than one that may.
    fn is_owed(step: Step) -> bool {
        matches!(
            step,
            Step::Join(_)
                | Step::Hand(..)
                | Step::Commit(_)
                | Step::AnswerAppend(_)
                | Step::LateAppend
                | Step::Read(_)
                | Step::AnswerRead(_)
                | Step::Save(_)
                | Step::AnswerSave(_)
                | Step::LateSave
                | Step::Look(_)
                | Step::Reload(_)
                | Step::Recover(_)
                | Step::Hint(_)
                | Step::Told(_)
                | Step::Tick(_)
                | Step::Load(_)
                | Step::Start(_)
        )
    }

    /// Whether what could happen at the start of a round still can.
    fn is_possible(&self, step: Step) -> bool {
        match step {
            Step::LateAppend => !self.late_appends.is_empty(),
            Step::LateSave => !self.late_saves.is_empty(),
            Step::Join(member) => self.members[member].place.is_none(),
            _ => true,
        }
    }
}
