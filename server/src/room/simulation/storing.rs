//! What the store does with what nodes ask of it, and how it fails them.

use super::Checked;
use super::node::{Appended, ReadFault, Saving, Work};
use super::world::{Step, World};
use crate::log::{LogError, Sequence};
use crate::room::event::{Event, Noticed};

impl World {
    pub(super) fn serve(&mut self, step: Step) -> Checked {
        match step {
            Step::Commit(at) => self.commit(at)?,
            Step::LateAppend => {
                let which = self.chance.below(self.late_appends.len());
                let (known, entries) = self.late_appends.swap_remove(which);
                if self.log.holds(known) {
                    self.log.append(&entries)?;
                    self.hint_all();
                }
            }
            Step::Read(at) => self.read(at),
            Step::Save(at) => self.save(at),
            Step::LateSave => {
                let which = self.chance.below(self.late_saves.len());
                let saving = self.late_saves.swap_remove(which);
                self.keep_snapshot(&saving);
            }
            Step::Look(at) => self.look(at)?,
            Step::Reload(at) => self.reload(at),
            _ => {}
        }
        self.end_loss();
        Ok(())
    }

    fn commit(&mut self, at: usize) -> Checked {
        let Some((known, entries)) = self.nodes[at].append.take_request() else {
            return Ok(());
        };
        let answer = if self.chance.one_in(self.plan.fail_append) {
            Appended::Failed
        } else if self.chance.one_in(self.plan.late_append) {
            self.late_appends.push((known, entries));
            Appended::Failed
        } else if self.log.holds(known) {
            let sequences = self.log.append(&entries)?;
            self.hint_all();
            if self.chance.one_in(self.plan.lose_answer) {
                Appended::Failed
            } else {
                Appended::As(sequences)
            }
        } else {
            Appended::Regressed
        };
        self.nodes[at].append = Work::Answered(answer);
        Ok(())
    }

    /// Tells every node how far the log goes, as far as hints arrive.
    pub(super) fn hint_all(&mut self) {
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
        let Some((after, overlaps)) = self.nodes[at].read.take_request() else {
            return;
        };
        let limit = 2 + self.chance.below(8);
        let answer = if self.chance.one_in(self.plan.fail_read) {
            Err(ReadFault::Unavailable)
        } else {
            let found = match self.log.read(after, limit) {
                Err(LogError::Trimmed { upto }) if upto == after + 1 => self.log.read(upto, limit),
                Ok(entries) if overlaps && entries.is_empty() => {
                    Err(LogError::Regressed { last: after })
                }
                found => found,
            };
            found.map_err(|error| match error {
                LogError::Trimmed { .. } => ReadFault::Trimmed,
                LogError::Regressed { .. } => ReadFault::Regressed,
                _ => ReadFault::Unavailable,
            })
        };
        self.nodes[at].read = Work::Answered(answer);
    }

    fn save(&mut self, at: usize) {
        let Some(saving) = self.nodes[at].save.take_request() else {
            return;
        };
        let answer = if self.chance.one_in(self.plan.fail_save) {
            if self.chance.one_in(2) {
                self.late_saves.push(saving);
            }
            None
        } else {
            let upto = self.keep_snapshot(&saving);
            let is_lost = self.chance.one_in(self.plan.lose_answer);
            upto.filter(|_| !is_lost)
        };
        self.nodes[at].save = Work::Answered(answer);
    }

    /// Up to where the kept snapshot goes then; nothing where this one is of a log that went back.
    fn keep_snapshot(&mut self, saving: &Saving) -> Option<Sequence> {
        if !self.log.holds(saving.known) {
            return None;
        }
        self.log.save_snapshot(saving.expected, &saving.snapshot);
        Some(self.log.snapshot.upto)
    }

    /// Answers whether the log still holds what a node folded in.
    fn look(&mut self, at: usize) -> Checked {
        if self.chance.one_in(self.plan.fail_read) {
            return Ok(());
        }
        let Some(known) = self.nodes[at].looks.pop_front() else {
            return Ok(());
        };
        let by = Noticed::Look;
        let is_held = self.log.holds(known);
        self.give(
            at,
            if is_held {
                Event::Tick
            } else {
                Event::Regressed { by }
            },
        )
    }

    /// Reads what the store has after it went back.
    fn reload(&mut self, at: usize) {
        if !self.chance.one_in(self.plan.fail_read)
            && self.nodes[at].recovery.take_request().is_some()
        {
            self.nodes[at].recovery = Work::Answered(self.log.load());
        }
    }
}
