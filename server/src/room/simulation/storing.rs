//! What the store does with what nodes ask of it, and how it fails them.

use super::Checked;
use super::node::{ReadFault, Work};
use super::world::{Step, World};
use crate::log::LogError;

impl World {
    pub(super) fn serve(&mut self, step: Step) -> Checked {
        match step {
            Step::Commit(at) => self.commit(at)?,
            Step::LateAppend => {
                let which = self.chance.below(self.late_appends.len());
                let entries = self.late_appends.swap_remove(which);
                self.log.append(&entries)?;
                self.hint_all();
            }
            Step::Read(at) => self.read(at),
            Step::Save(at) => self.save(at),
            Step::LateSave => {
                let which = self.chance.below(self.late_saves.len());
                let (expected, snapshot) = self.late_saves.swap_remove(which);
                self.log.save_snapshot(expected, &snapshot);
            }
            _ => {}
        }
        Ok(())
    }

    fn commit(&mut self, at: usize) -> Checked {
        let Some(entries) = self.nodes[at].append.take_request() else {
            return Ok(());
        };
        let answer = if self.chance.one_in(self.plan.fail_append) {
            None
        } else if self.chance.one_in(self.plan.late_append) {
            self.late_appends.push(entries);
            None
        } else {
            let sequences = self.log.append(&entries)?;
            self.hint_all();
            let is_lost = self.chance.one_in(self.plan.lose_answer);
            (!is_lost).then_some(sequences)
        };
        self.nodes[at].append = Work::Answered(answer);
        Ok(())
    }

    /// Tells every node how far the log goes, as far as hints arrive.
    fn hint_all(&mut self) {
        let last = self.log.last();
        for at in 0..self.nodes.len() {
            let times = match () {
                () if self.chance.one_in(self.plan.drop_hint) => 0,
                () if self.chance.one_in(self.plan.double_hint) => 2,
                () => 1,
            };
            let node = &mut self.nodes[at];
            if node.room.is_some() || node.loading.is_some() {
                node.hints.extend(std::iter::repeat_n(last, times));
            }
        }
    }

    fn read(&mut self, at: usize) {
        let Some(after) = self.nodes[at].read.take_request() else {
            return;
        };
        let limit = 1 + self.chance.below(8);
        let answer = if self.chance.one_in(self.plan.fail_read) {
            Err(ReadFault::Unavailable)
        } else {
            self.log.read(after, limit).map_err(|error| match error {
                LogError::Trimmed { .. } => ReadFault::Trimmed,
                _ => ReadFault::Unavailable,
            })
        };
        self.nodes[at].read = Work::Answered(answer);
    }

    fn save(&mut self, at: usize) {
        let Some((expected, snapshot)) = self.nodes[at].save.take_request() else {
            return;
        };
        let answer = if self.chance.one_in(self.plan.fail_save) {
            if self.chance.one_in(2) {
                self.late_saves.push((expected, snapshot));
            }
            None
        } else {
            self.log.save_snapshot(expected, &snapshot);
            let is_lost = self.chance.one_in(self.plan.lose_answer);
            (!is_lost).then_some(self.log.snapshot.upto)
        };
        self.nodes[at].save = Work::Answered(answer);
    }
}
