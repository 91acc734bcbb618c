//! Looks things up on a board.

use super::{Board, Note, Phase, Touchpoint};

/// How much is on a board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Columns.
    pub phases: usize,
    /// Touchpoints of the current journey, loose ones too.
    pub touchpoints: usize,
    /// Notes of every kind.
    pub notes: usize,
}

/// Where a note hangs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NotePlace<'a> {
    /// The phase: that of its touchpoint, where it has one in a phase.
    pub phase: Option<&'a Phase>,
    /// The touchpoint.
    pub touchpoint: Option<&'a Touchpoint>,
}

impl NotePlace<'_> {
    /// The place in words, for a ballot: title of the phase, and of the touchpoint if any.
    pub fn in_words(&self) -> String {
        let titles = [
            self.phase.map(|phase| phase.title.as_str()),
            self.touchpoint.map(|touchpoint| touchpoint.title.as_str()),
        ];
        let titles: Vec<_> = titles
            .into_iter()
            .flatten()
            .filter(|title| !title.is_empty())
            .collect();
        titles.join(" · ")
    }
}

impl Board {
    /// How much is on the board.
    pub fn counts(&self) -> Counts {
        let placed: usize = self.phases.iter().map(|phase| phase.current.len()).sum();
        Counts {
            phases: self.phases.len(),
            touchpoints: placed + self.loose.current.len(),
            notes: self.notes.len(),
        }
    }

    /// The note with this id.
    pub fn note(&self, id: &str) -> Option<&Note> {
        self.notes.iter().find(|note| note.id == id)
    }

    /// Where a note hangs.
    pub fn place_of(&self, note: &Note) -> NotePlace<'_> {
        let id = note.touchpoint.as_deref();
        let on = id.and_then(|id| self.every_touchpoint().find(|it| it.id == id));
        let around = id.and_then(|id| {
            self.phases.iter().find(|phase| {
                let mut touchpoints = phase.current.iter().chain(&phase.desired);
                touchpoints.any(|it| it.id == id)
            })
        });
        let named = note.phase.as_deref();
        let named = named.and_then(|id| self.phases.iter().find(|phase| phase.id == id));
        NotePlace {
            phase: around.or(named),
            touchpoint: on,
        }
    }

    /// Touchpoints of both layers, in phases and loose.
    pub fn every_touchpoint(&self) -> impl Iterator<Item = &Touchpoint> {
        let placed = self
            .phases
            .iter()
            .flat_map(|phase| phase.current.iter().chain(&phase.desired));
        placed.chain(self.loose.current.iter().chain(&self.loose.desired))
    }
}
