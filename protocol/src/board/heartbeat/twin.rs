//! The heartbeat in words: what a screen reader says, and the description in an export.

use serde_json::Number;

use super::{Beat, Heartbeat};
use crate::board::journey::Duration;
use crate::board::messages::{counted, number, text};
use crate::board::words::{DurationUnit, Language, Layer};

impl Heartbeat<'_> {
    /// The heartbeat in words: where it starts, its low, its peak, and where it ends.
    pub fn twin(&self, language: Language) -> String {
        let (told, empty) = match self.layer {
            Layer::Current => ("heartbeat.twin.current", "heartbeat.twin.empty.current"),
            Layer::Desired => ("heartbeat.twin.desired", "heartbeat.twin.empty.desired"),
        };
        let Some(mean) = self.mean() else {
            return text(language, empty, &[]);
        };
        let persona = persona_name(&self.persona.about.name, language);
        let beats = joined(language, self.turns(language));
        let values = [("persona", persona.as_str()), ("beats", beats.as_str())];
        let story = text(language, "heartbeat.twin.story", &values);
        let mut sentences = vec![text(language, told, &[("story", &story)])];
        let mean = number(language, (mean * 10.0 + 0.5).floor() / 10.0);
        sentences.push(text(language, "heartbeat.twin.mean", &[("mean", &mean)]));
        let unknown = self
            .beats
            .iter()
            .filter(|beat| beat.score.is_none())
            .count();
        if let Some(unknown) = u32::try_from(unknown).ok().filter(|&it| it > 0) {
            sentences.push(counted(language, "heartbeat.twin.unknown", unknown.into()));
        }
        sentences.join(" ")
    }

    /// Start, low, peak and end in the order in which they come; what is the same is told once.
    fn turns(&self, language: Language) -> Vec<String> {
        let (Some(start), Some(end), Some(low), Some(peak)) =
            (self.start(), self.end(), self.low(), self.peak())
        else {
            return Vec::new();
        };
        if is_same(start, end) {
            return vec![told(language, "heartbeat.twin.single", start)];
        }
        if is_same(low, peak) {
            let score = score_word(low.score.map(|score| score.value), language);
            return vec![text(language, "heartbeat.twin.flat", &[("score", &score)])];
        }
        let mut turns = vec![told(language, "heartbeat.twin.start", start)];
        for beat in &self.beats {
            if is_same(beat, start) || is_same(beat, end) {
                continue;
            }
            if is_same(beat, low) {
                turns.push(told(language, "heartbeat.twin.low", beat));
            }
            if is_same(beat, peak) {
                turns.push(told(language, "heartbeat.twin.peak", beat));
            }
        }
        turns.push(told(language, "heartbeat.twin.end", end));
        turns
    }
}

/// The word for an experience; none is unknown.
pub(in crate::board) fn score_word(score: Option<i8>, language: Language) -> String {
    let key = match score {
        None => "heartbeat.score.unknown",
        Some(0) => "heartbeat.score.neutral",
        Some(1) => "heartbeat.score.positive",
        Some(-1) => "heartbeat.score.negative",
        Some(2..) => "heartbeat.score.veryPositive",
        Some(_) => "heartbeat.score.veryNegative",
    };
    text(language, key, &[])
}

/// A persona's name, or what to call one without.
pub(in crate::board) fn persona_name(name: &str, language: Language) -> String {
    if name.is_empty() {
        text(language, "heartbeat.persona.nameless", &[])
    } else {
        name.to_owned()
    }
}

fn is_same(one: &Beat<'_>, other: &Beat<'_>) -> bool {
    one.touchpoint.id == other.touchpoint.id
}

fn told(language: Language, key: &str, beat: &Beat<'_>) -> String {
    let score = score_word(beat.score.map(|score| score.value), language);
    let place = place(beat, language);
    text(language, key, &[("score", &score), ("place", &place)])
}

/// Where a beat is: touchpoint and phase, with the phase's duration where that is known.
fn place(beat: &Beat<'_>, language: Language) -> String {
    let titled = |title: &str| {
        if title.is_empty() {
            text(language, "heartbeat.untitled", &[])
        } else {
            title.to_owned()
        }
    };
    let phase = titled(&beat.phase.title);
    let touchpoint = titled(&beat.touchpoint.title);
    let mut values = vec![
        ("phase", phase.as_str()),
        ("touchpoint", touchpoint.as_str()),
    ];
    let lasting = beat.phase.duration.as_ref();
    let Some(duration) = lasting.and_then(|it| duration(it, language)) else {
        return text(language, "heartbeat.place", &values);
    };
    values.push(("duration", &duration));
    text(language, "heartbeat.place.lasting", &values)
}

fn duration(duration: &Duration, language: Language) -> Option<String> {
    let key = match duration.unit {
        DurationUnit::Minutes => "heartbeat.duration.minutes",
        DurationUnit::Days => "heartbeat.duration.days",
        DurationUnit::WorkingDays => "heartbeat.duration.workingDays",
        DurationUnit::Weeks => "heartbeat.duration.weeks",
    };
    let count = Number::as_f64(&duration.value)?;
    Some(counted(language, key, count))
}

/// One, two and three.
fn joined(language: Language, turns: Vec<String>) -> String {
    let last = turns.len().saturating_sub(1);
    let mut turns = turns.into_iter().enumerate();
    let mut told = turns.next().map(|(_, first)| first).unwrap_or_default();
    for (index, beat) in turns {
        let key = if index == last {
            "heartbeat.twin.last"
        } else {
            "heartbeat.twin.next"
        };
        told = text(language, key, &[("before", &told), ("beat", &beat)]);
    }
    told
}
