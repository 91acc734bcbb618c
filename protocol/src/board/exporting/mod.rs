//! A board as a journey: a finished one (1.0) where it is one and nothing is lost by it, else a
//! draft (1.1). Who wrote a note, and when, stays in the room.

mod codes;

use std::collections::{BTreeMap, BTreeSet};

use self::codes::codes;
use super::journey::{
    Action, COMPLETE_VERSION, DRAFT_VERSION, Desired, DesiredTouchpoint, Idea, Journey,
    LoosePieces, Metric, Municipality, PersonaScore, Phase, Product, Touchpoint,
};
use super::reading::{self, Board, Score, Text};
use super::words::{Basis, Layer, NoteKind};
use super::writing::usual_basis;

impl Board {
    /// The board in the exchange format.
    pub fn journey(&self) -> Journey {
        let mut journey = Export::of(self).journey();
        COMPLETE_VERSION.clone_into(&mut journey.schema_version);
        // A finished journey refuses the keys that only drafts have, so nothing can get lost.
        if !journey.faults().is_empty() {
            DRAFT_VERSION.clone_into(&mut journey.schema_version);
            journey.draft = true;
        }
        journey
    }
}

/// A board with the ids that its things get in the file.
struct Export<'a> {
    board: &'a Board,
    phases: BTreeMap<&'a str, String>,
    touchpoints: BTreeMap<&'a str, String>,
    notes: BTreeMap<&'a str, String>,
    actions: BTreeMap<&'a str, String>,
}

impl<'a> Export<'a> {
    fn of(board: &'a Board) -> Self {
        let mut export = Self {
            board,
            phases: codes(
                board
                    .phases
                    .iter()
                    .map(|it| (it.id.as_str(), it.code.as_deref())),
                |_, number| format!("f{number}"),
            ),
            touchpoints: BTreeMap::new(),
            notes: codes(
                board
                    .notes
                    .iter()
                    .map(|it| (it.id.as_str(), it.code.as_deref())),
                |_, number| format!("i{number:02}"),
            ),
            actions: codes(
                board
                    .actions
                    .iter()
                    .map(|it| (it.id.as_str(), it.code.as_deref())),
                |_, number| format!("a{number}"),
            ),
        };
        export.touchpoints = export.touchpoint_codes();
        export
    }

    /// Codes of all current touchpoints, and of desired ones that need one: a note hangs there.
    fn touchpoint_codes(&self) -> BTreeMap<&'a str, String> {
        let board = self.board;
        let noted: BTreeSet<_> = board
            .notes
            .iter()
            .filter_map(|note| note.touchpoint.as_deref())
            .collect();
        let mut prefixes = BTreeMap::new();
        let mut given = Vec::new();
        let columns = board.phases.iter().map(|phase| {
            let prefix = self.phases.get(phase.id.as_str()).cloned();
            (prefix.unwrap_or_default(), &phase.current, &phase.desired)
        });
        let loose = (String::new(), &board.loose.current, &board.loose.desired);
        for (prefix, current, desired) in columns.chain([loose]) {
            for it in current {
                prefixes.insert(it.id.as_str(), format!("{prefix}t"));
                given.push((it.id.as_str(), it.code.as_deref()));
            }
            for it in desired.iter().filter(|it| noted.contains(it.id.as_str())) {
                prefixes.insert(it.id.as_str(), format!("{prefix}d"));
                given.push((it.id.as_str(), it.code.as_deref()));
            }
        }
        codes(given.into_iter(), |id, number| {
            let prefix = prefixes.get(id).map_or("t", String::as_str);
            format!("{prefix}{number}")
        })
    }

    fn journey(&self) -> Journey {
        let board = self.board;
        let about = &board.about;
        let mut personas = board.personas.iter().map(|it| it.about.clone());
        Journey {
            as_of: about.as_of.clone(),
            language: about.language,
            fictional: about.fictional,
            slug: about.slug.clone(),
            title: about.title.clone(),
            summary: about.summary.clone(),
            municipality: Municipality {
                name: about.municipality.clone(),
                code: about.municipality_code.clone(),
            },
            product: Product {
                name: about.product_name.clone(),
                upl_uri: about.product_uri.clone(),
            },
            life_event: about.life_event.clone(),
            audience: about.audience,
            brief: board.brief.clone(),
            workshop: about.workshop.clone(),
            persona: personas.next(),
            more_personas: personas.collect(),
            phases: board.phases.iter().map(|it| self.phase(it)).collect(),
            ideas: board.notes.iter().map(|it| self.idea(it)).collect(),
            actions: board.actions.iter().map(|it| self.action(it)).collect(),
            assurance: about.assurance.clone(),
            loose: self.loose(),
            ..Journey::default()
        }
    }

    fn loose(&self) -> LoosePieces {
        let loose = &self.board.loose;
        LoosePieces {
            touchpoints: loose.current.iter().map(|it| self.current(it)).collect(),
            desired_touchpoints: loose.desired.iter().map(|it| self.desired(it)).collect(),
            quotes: texts(&loose.quotes),
            pain_points: texts(&loose.pain_points),
            metrics: loose.metrics.iter().map(metric).collect(),
        }
    }

    fn phase(&self, phase: &reading::Phase) -> Phase {
        Phase {
            id: code(&self.phases, &phase.id),
            title: phase.title.clone(),
            customer_goal: phase.customer_goal.clone(),
            duration: phase.duration.clone(),
            touchpoints: phase.current.iter().map(|it| self.current(it)).collect(),
            metrics: phase.metrics.iter().map(metric).collect(),
            desired: Desired {
                summary: phase.desired_summary.clone(),
                changes: phase.desired_changes.clone(),
                touchpoints: phase.desired.iter().map(|it| self.desired(it)).collect(),
            },
        }
    }

    fn current(&self, touchpoint: &reading::Touchpoint) -> Touchpoint {
        let first = self.first_score(touchpoint);
        let mut quotes = texts(&touchpoint.quotes).into_iter();
        Touchpoint {
            id: code(&self.touchpoints, &touchpoint.id),
            title: touchpoint.title.clone(),
            channel: touchpoint.channel,
            initiator: touchpoint.initiator,
            department: touchpoint.department.clone(),
            score: first.map(|score| score.value),
            basis: unusual_basis(first, Layer::Current),
            more_scores: self.more_scores(touchpoint),
            emotion: touchpoint.emotion.clone(),
            quote: quotes.next(),
            more_quotes: quotes.collect(),
            pain_points: texts(&touchpoint.pain_points),
            moment_of_truth: touchpoint.moment_of_truth,
        }
    }

    fn desired(&self, touchpoint: &reading::Touchpoint) -> DesiredTouchpoint {
        let first = self.first_score(touchpoint);
        let origin = touchpoint.origin.as_ref();
        DesiredTouchpoint {
            id: self.touchpoints.get(touchpoint.id.as_str()).cloned(),
            r#ref: origin.map(|origin| code(&self.touchpoints, origin)),
            title: touchpoint.title.clone(),
            channel: touchpoint.channel,
            score: first.map(|score| score.value),
            change: touchpoint.change,
            basis: unusual_basis(first, Layer::Desired),
            more_scores: self.more_scores(touchpoint),
            initiator: touchpoint.initiator,
            department: touchpoint.department.clone(),
            emotion: touchpoint.emotion.clone(),
            quotes: texts(&touchpoint.quotes),
            pain_points: texts(&touchpoint.pain_points),
            moment_of_truth: touchpoint.moment_of_truth,
        }
    }

    fn first_score(&self, touchpoint: &reading::Touchpoint) -> Option<Score> {
        let persona = self.board.personas.first()?;
        touchpoint.scores.get(&persona.id).copied()
    }

    fn more_scores(&self, touchpoint: &reading::Touchpoint) -> Vec<PersonaScore> {
        let others = self.board.personas.iter().zip(1_u32..).skip(1);
        let scores = others.filter_map(|(persona, number)| {
            let score = touchpoint.scores.get(&persona.id)?;
            Some(PersonaScore {
                persona: number,
                score: score.value,
                basis: score.basis,
            })
        });
        scores.collect()
    }

    fn idea(&self, note: &reading::Note) -> Idea {
        Idea {
            id: code(&self.notes, &note.id),
            kind: Some(note.kind).filter(|&kind| kind != NoteKind::Idea),
            text: note.text.clone(),
            theme: note.theme.clone(),
            phase_id: note.phase.as_ref().map(|id| code(&self.phases, id)),
            touchpoint_id: note
                .touchpoint
                .as_ref()
                .map(|id| code(&self.touchpoints, id)),
            votes: note.votes,
            effort: note.effort,
            impact: note.impact,
            status: note.status,
            municipality: note.municipality.clone(),
        }
    }

    fn action(&self, action: &reading::Action) -> Action {
        Action {
            id: code(&self.actions, &action.id),
            title: action.title.clone(),
            description: action.description.clone(),
            idea_ids: action
                .notes
                .iter()
                .map(|id| code(&self.notes, id))
                .collect(),
            owner_role: action.owner_role.clone(),
            start_date: action.start_date.clone(),
            deadline: action.deadline.clone(),
            time_estimate_hours: action.time_estimate_hours.clone(),
            cost_estimate_euro: action.cost_estimate_euro.clone(),
            status: action.status,
            expected_effect: action.expected_effect.clone(),
        }
    }
}

fn code(codes: &BTreeMap<&str, String>, id: &str) -> String {
    codes.get(id).cloned().unwrap_or_default()
}

fn texts(texts: &[Text]) -> Vec<String> {
    texts.iter().map(|it| it.text.clone()).collect()
}

fn unusual_basis(score: Option<Score>, layer: Layer) -> Option<Basis> {
    let basis = score?.basis;
    Some(basis).filter(|&basis| basis != usual_basis(layer))
}

fn metric(metric: &reading::Metric) -> Metric {
    Metric {
        name: metric.name.clone(),
        kind: metric.kind,
        unit: metric.unit,
        baseline: metric.baseline.clone(),
        target: metric.target.clone(),
        direction: metric.direction,
        source: metric.source.clone(),
    }
}
