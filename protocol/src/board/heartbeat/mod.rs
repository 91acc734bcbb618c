//! The heartbeat (B5): the experience of one persona along one layer, in numbers, as a curve, and
//! in words.

pub mod curve;
#[cfg(test)]
mod tests;
mod twin;

/// What experiences and personas are called, for other exports.
pub(super) mod names {
    pub(in crate::board) use super::twin::{persona_name, score_word};
}

use super::reading::{Board, Persona, Phase, Score, Touchpoint};
use super::words::{Change, Layer};
use crate::limits::BOARD_PERSONAS;

/// One line: touchpoints in phase order, with what the persona experiences there.
#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat<'a> {
    /// Which journey.
    pub layer: Layer,
    /// Whose.
    pub persona: &'a Persona,
    /// The touchpoints. One that goes in the desired journey is left out unless it has a score.
    pub beats: Vec<Beat<'a>>,
}

/// One touchpoint of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat<'a> {
    /// The phase it is in.
    pub phase: &'a Phase,
    /// The touchpoint.
    pub touchpoint: &'a Touchpoint,
    /// The experience; none means unknown, which is a gap in the line, never zero.
    pub score: Option<Score>,
}

/// The scores of one phase, in three ways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aggregate<'a> {
    /// The phase.
    pub phase: &'a Phase,
    /// The mean.
    pub mean: f64,
    /// The lowest.
    pub worst: i8,
    /// The last.
    pub last: i8,
}

impl<'a> Heartbeat<'a> {
    /// The line of one persona in one layer.
    pub fn of(board: &'a Board, layer: Layer, persona: &'a Persona) -> Self {
        let beats = board.phases.iter().flat_map(|phase| {
            phase.touchpoints(layer).iter().map(move |touchpoint| Beat {
                phase,
                touchpoint,
                score: touchpoint.scores.get(&persona.id).copied(),
            })
        });
        // What is removed has no experience that could be unknown.
        let remains = |beat: &Beat<'_>| {
            beat.score.is_some() || beat.touchpoint.change != Some(Change::Remove)
        };
        Self {
            layer,
            persona,
            beats: beats.filter(remains).collect(),
        }
    }

    /// Every line of a board: for each persona the current one, then the desired one.
    pub fn all(board: &'a Board) -> Vec<Self> {
        let personas = board.personas.iter().take(BOARD_PERSONAS);
        personas
            .flat_map(|persona| {
                [Layer::Current, Layer::Desired].map(|layer| Self::of(board, layer, persona))
            })
            .collect()
    }

    /// The scores in order, with gaps.
    pub fn points(&self) -> Vec<Option<i8>> {
        self.beats
            .iter()
            .map(|beat| beat.score.map(|score| score.value))
            .collect()
    }

    /// Whether no experience is known.
    pub fn is_empty(&self) -> bool {
        self.known().next().is_none()
    }

    /// The mean of the known scores.
    pub fn mean(&self) -> Option<f64> {
        let values: Vec<i8> = self.known().map(|(_, value)| value).collect();
        mean(&values)
    }

    /// The scores of each phase that has one.
    pub fn phases(&self) -> Vec<Aggregate<'a>> {
        self.beats
            .chunk_by(|one, next| one.phase.id == next.phase.id)
            .filter_map(|beats| {
                let values: Vec<i8> = beats
                    .iter()
                    .filter_map(|beat| beat.score.map(|score| score.value))
                    .collect();
                Some(Aggregate {
                    phase: beats.first()?.phase,
                    mean: mean(&values)?,
                    worst: values.iter().copied().min()?,
                    last: values.last().copied()?,
                })
            })
            .collect()
    }

    /// The first known experience.
    pub fn start(&self) -> Option<&Beat<'a>> {
        self.known().next().map(|(beat, _)| beat)
    }

    /// The last known experience.
    pub fn end(&self) -> Option<&Beat<'a>> {
        self.known().last().map(|(beat, _)| beat)
    }

    /// The best experience; the first of equals.
    pub fn peak(&self) -> Option<&Beat<'a>> {
        let best = self.known().map(|(_, value)| value).max()?;
        self.first_of(best)
    }

    /// The worst experience; the first of equals.
    pub fn low(&self) -> Option<&Beat<'a>> {
        let worst = self.known().map(|(_, value)| value).min()?;
        self.first_of(worst)
    }

    fn first_of(&self, wanted: i8) -> Option<&Beat<'a>> {
        let mut known = self.known();
        known
            .find(|&(_, value)| value == wanted)
            .map(|(beat, _)| beat)
    }

    fn known(&self) -> impl Iterator<Item = (&Beat<'a>, i8)> {
        self.beats
            .iter()
            .filter_map(|beat| Some((beat, beat.score?.value)))
    }
}

fn mean(values: &[i8]) -> Option<f64> {
    let count = u32::try_from(values.len()).ok().filter(|&it| it > 0)?;
    let sum: i64 = values.iter().copied().map(i64::from).sum();
    Some(f64::from(i32::try_from(sum).ok()?) / f64::from(count))
}
