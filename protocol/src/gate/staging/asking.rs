//! What the sender of an update must be allowed to do: gathered on the way, asked at the end.

use super::Staging;
use crate::gate::index::{EntryRole, PlaceId};
use crate::gate::refusal::Refusal;
use crate::gate::touch::{Action, Touch};

/// Something that the sender must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    place: Option<PlaceId>,
    action: Action,
    /// What comes to, or goes from, the place of a note; otherwise a leaf.
    item: EntryRole,
}

impl Staging<'_> {
    /// Notes that the sender must be allowed to do this.
    pub(super) fn ask(&mut self, place: Option<PlaceId>, action: Action, item: EntryRole) {
        // What the log holds was weighed where it came in.
        if !self.strict {
            return;
        }
        let is_note = place.is_some_and(|place| self.index.holds_note(place));
        let question = Question {
            place,
            action,
            item: if is_note { item } else { EntryRole::Leaf },
        };
        // Typing touches one place many times.
        if self.asked.last() != Some(&question) {
            self.asked.push(question);
        }
    }

    /// Fails unless the sender may do everything that was asked about.
    pub(super) fn ask_all(&mut self) -> Result<(), Refusal> {
        for &question in &self.asked {
            let Question {
                place,
                action,
                item,
            } = question;
            let path = place.map_or_else(Vec::new, |place| self.index.path(place));
            let note = place.and_then(|it| self.ownership.note(self.index, it, action, item));
            let touch = Touch {
                path: &path,
                action,
                note,
            };
            if !(self.allow)(&touch) {
                return Err(Refusal::forbidden(&path, action));
            }
        }
        Ok(())
    }
}
