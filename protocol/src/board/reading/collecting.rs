//! Puts the maps of a document together to a board.

use std::collections::{BTreeMap, BTreeSet};

use yrs::{Map, MapRef, Out, ReadTxn};

use super::{
    About, Action, Assurance, Board, Brief, Duration, Interviews, Metric, Note, Persona, Phase,
    Roles, Score, Text, Touchpoint, WorkshopPlan,
};
use crate::board::journey;
use crate::board::plain::Fields;
use crate::board::schema::{SCORE_SEPARATOR, keys, roots};
use crate::board::words::{Basis, Layer, NoteKind};

const SCORES: std::ops::RangeInclusive<i64> = -2..=2;
const ONE_TO_FIVE: std::ops::RangeInclusive<i64> = 1..=5;
const ANY_COUNT: std::ops::RangeInclusive<i64> = 0..=u32::MAX as i64;

pub(super) fn board<T: ReadTxn>(txn: &T) -> Board {
    let mut board = Board {
        about: about(&root(txn, roots::BOARD)),
        brief: brief(&root(txn, roots::BRIEF)),
        personas: items(txn, roots::PERSONAS).map(persona).collect(),
        phases: items(txn, roots::PHASES).map(phase).collect(),
        ..Board::default()
    };
    place_touchpoints(&mut board, txn);
    let places = places(&board);
    for (id, fields) in items(txn, roots::METRICS) {
        let metrics = match places.get(&fields.text(keys::PHASE)) {
            Some(&at) => &mut board.phases[at].metrics,
            None => &mut board.loose.metrics,
        };
        metrics.push(metric(id, &fields));
    }
    let phases: BTreeSet<_> = board.phases.iter().map(|it| it.id.clone()).collect();
    let touchpoints: BTreeSet<_> = board.every_touchpoint().map(|it| it.id.clone()).collect();
    board.notes = items(txn, roots::NOTES)
        .map(|(id, fields)| note(id, &fields, &phases, &touchpoints))
        .collect();
    let notes: BTreeSet<_> = board.notes.iter().map(|it| it.id.as_str()).collect();
    board.actions = items(txn, roots::ACTIONS)
        .map(|(id, fields)| action(id, &fields, &notes))
        .collect();
    board
}

/// Puts touchpoints in their phases, with their scores, quotes and pain points.
fn place_touchpoints<T: ReadTxn>(board: &mut Board, txn: &T) {
    let maps: Vec<_> = items(txn, roots::TOUCHPOINTS).collect();
    let layer_of = |fields: &Fields| fields.word(keys::LAYER).unwrap_or(Layer::Current);
    let current: BTreeSet<_> = maps
        .iter()
        .filter(|(_, fields)| layer_of(fields) == Layer::Current)
        .map(|(id, _)| id.clone())
        .collect();
    let ids: BTreeSet<_> = maps.iter().map(|(id, _)| id.clone()).collect();
    let mut quotes = texts(txn, roots::QUOTES, &ids, &mut board.loose.quotes);
    let mut pain_points = texts(txn, roots::PAIN_POINTS, &ids, &mut board.loose.pain_points);
    let mut scores = scores(txn, &board.personas);
    let places = places(board);
    for (id, fields) in maps {
        let layer = layer_of(&fields);
        let mut touchpoint = touchpoint(&id, &fields, layer, &current);
        touchpoint.quotes = quotes.remove(&id).unwrap_or_default();
        touchpoint.pain_points = pain_points.remove(&id).unwrap_or_default();
        touchpoint.scores = scores.remove(&id).unwrap_or_default();
        let phase = places.get(&fields.text(keys::PHASE));
        let phase = phase.and_then(|&at| board.phases.get_mut(at));
        let siblings = match (phase, layer) {
            (Some(phase), Layer::Current) => &mut phase.current,
            (Some(phase), Layer::Desired) => &mut phase.desired,
            (None, Layer::Current) => &mut board.loose.current,
            (None, Layer::Desired) => &mut board.loose.desired,
        };
        siblings.push(touchpoint);
    }
}

/// Where each phase stands on the board.
fn places(board: &Board) -> BTreeMap<String, usize> {
    let ids = board.phases.iter().map(|phase| phase.id.clone());
    ids.zip(0..).collect()
}

/// The scores of known personas by touchpoint and persona.
fn scores<T: ReadTxn>(txn: &T, personas: &[Persona]) -> BTreeMap<String, BTreeMap<String, Score>> {
    let personas: BTreeSet<_> = personas.iter().map(|it| it.id.as_str()).collect();
    let mut scores: BTreeMap<String, BTreeMap<String, Score>> = BTreeMap::new();
    let Some(collection) = txn.get_map(roots::SCORES) else {
        return scores;
    };
    for (key, value) in collection.iter(txn) {
        if let Some((touchpoint, persona)) = key.split_once(SCORE_SEPARATOR)
            && personas.contains(persona)
            && let Some(score) = score(value, txn)
        {
            let of_touchpoint = scores.entry(touchpoint.to_owned()).or_default();
            of_touchpoint.insert(persona.to_owned(), score);
        }
    }
    scores
}

/// The fields of a root that is flat.
fn root<T: ReadTxn>(txn: &T, name: &str) -> Fields {
    let map = txn.get_map(name);
    map.map(|map| Fields::of(&map, txn)).unwrap_or_default()
}

/// The maps of a collection by (`order`, id) (B3).
fn items<T: ReadTxn>(txn: &T, name: &str) -> impl Iterator<Item = (String, Fields)> {
    let mut items: Vec<(String, String, Fields)> = Vec::new();
    if let Some(collection) = txn.get_map(name) {
        for (id, item) in collection.iter(txn) {
            if let Out::YMap(map) = item {
                let fields = Fields::of(&map, txn);
                items.push((fields.order(), id.to_owned(), fields));
            }
        }
    }
    items.sort_by(|left, right| (&left.0, &left.1).cmp(&(&right.0, &right.1)));
    items.into_iter().map(|(_, id, fields)| (id, fields))
}

/// Texts by touchpoint; those whose touchpoint is gone are loose.
fn texts<T: ReadTxn>(
    txn: &T,
    root: &str,
    touchpoints: &BTreeSet<String>,
    loose: &mut Vec<Text>,
) -> BTreeMap<String, Vec<Text>> {
    let mut placed: BTreeMap<String, Vec<Text>> = BTreeMap::new();
    for (id, fields) in items(txn, root) {
        let text = Text {
            id,
            text: fields.text(keys::TEXT),
        };
        let touchpoint = fields.text(keys::TOUCHPOINT);
        if touchpoints.contains(&touchpoint) {
            placed.entry(touchpoint).or_default().push(text);
        } else {
            loose.push(text);
        }
    }
    placed
}

fn score<T: ReadTxn>(score: Out, txn: &T) -> Option<Score> {
    let map: MapRef = score.cast().ok()?;
    let fields = Fields::of(&map, txn);
    Some(Score {
        value: fields.whole(keys::VALUE, SCORES)?,
        basis: fields.word(keys::BASIS).unwrap_or(Basis::Assumption),
    })
}

fn about(fields: &Fields) -> About {
    About {
        title: fields.text(keys::TITLE),
        summary: fields.text(keys::SUMMARY),
        municipality: fields.text(keys::MUNICIPALITY),
        municipality_code: fields.some_text(keys::MUNICIPALITY_CODE),
        product_name: fields.text(keys::PRODUCT_NAME),
        product_uri: fields.text(keys::PRODUCT_URI),
        life_event: fields.text(keys::LIFE_EVENT),
        audience: fields.word(keys::AUDIENCE),
        language: fields.word(keys::LANGUAGE),
        slug: fields.text(keys::SLUG),
        as_of: fields.text(keys::AS_OF),
        fictional: fields.flag(keys::FICTIONAL),
        workshop: fields.object(keys::WORKSHOP).map(|plan| WorkshopPlan {
            date: plan.text(keys::DATE),
            mode: plan.word(keys::MODE),
            duration_minutes: plan.number(keys::DURATION_MINUTES),
            participants: plan.number(keys::PARTICIPANTS),
            votes_per_participant: plan.number(keys::VOTES_PER_PARTICIPANT),
        }),
        assurance: fields.object(keys::ASSURANCE).map(|kept| Assurance {
            owner_role: kept.text(keys::OWNER_ROLE),
            forum: kept.text(keys::FORUM),
            frequency: kept.text(keys::FREQUENCY),
            next_measurement: kept.text(keys::NEXT_MEASUREMENT),
        }),
    }
}

fn brief(fields: &Fields) -> Brief {
    let roles = fields.object(keys::ROLES).unwrap_or_default();
    let interviews = fields.object(keys::INTERVIEWS).unwrap_or_default();
    Brief {
        reason: fields.text(keys::REASON),
        goal: fields.text(keys::GOAL),
        scope_start: fields.text(keys::SCOPE_START),
        scope_end: fields.text(keys::SCOPE_END),
        out_of_scope: fields.texts(keys::OUT_OF_SCOPE),
        target_group: fields.text(keys::TARGET_GROUP),
        roles: Roles {
            sponsor: roles.text(keys::SPONSOR),
            project_lead: roles.text(keys::PROJECT_LEAD),
            coach: roles.text(keys::COACH),
            team: roles.texts(keys::TEAM),
        },
        questionnaire: fields.texts(keys::QUESTIONNAIRE),
        interviews: Interviews {
            planned: interviews.number(keys::PLANNED),
            held: interviews.number(keys::HELD),
            from: interviews.text(keys::FROM),
            to: interviews.text(keys::TO),
        },
    }
}

fn persona((id, fields): (String, Fields)) -> Persona {
    Persona {
        id,
        about: journey::Persona {
            name: fields.text(keys::NAME),
            age: fields.number(keys::AGE),
            occupation: fields.text(keys::OCCUPATION),
            situation: fields.text(keys::SITUATION),
            quote: fields.text(keys::QUOTE),
            goals: fields.texts(keys::GOALS),
            needs: fields.texts(keys::NEEDS),
            frustrations: fields.texts(keys::FRUSTRATIONS),
            preferred_channels: fields.words(keys::PREFERRED_CHANNELS),
            digital_skill: fields.number(keys::DIGITAL_SKILL),
            based_on_interviews: fields.number(keys::BASED_ON_INTERVIEWS),
        },
    }
}

fn phase((id, fields): (String, Fields)) -> Phase {
    let duration = fields.object(keys::DURATION).and_then(|duration| {
        Some(Duration {
            value: duration.number(keys::VALUE)?,
            unit: duration.word(keys::UNIT)?,
        })
    });
    Phase {
        id,
        code: fields.some_text(keys::CODE),
        title: fields.text(keys::TITLE),
        customer_goal: fields.text(keys::CUSTOMER_GOAL),
        duration,
        desired_summary: fields.text(keys::DESIRED_SUMMARY),
        desired_changes: fields.texts(keys::DESIRED_CHANGES),
        ..Phase::default()
    }
}

fn touchpoint(id: &str, fields: &Fields, layer: Layer, current: &BTreeSet<String>) -> Touchpoint {
    let desired = layer == Layer::Desired;
    let origin = fields.some_text(keys::ORIGIN);
    Touchpoint {
        id: id.to_owned(),
        code: fields.some_text(keys::CODE),
        origin: origin.filter(|it| desired && current.contains(it)),
        title: fields.text(keys::TITLE),
        channel: fields.word(keys::CHANNEL),
        initiator: fields.word(keys::INITIATOR),
        department: fields.text(keys::DEPARTMENT),
        emotion: fields.text(keys::EMOTION),
        moment_of_truth: fields.flag(keys::MOMENT_OF_TRUTH),
        change: fields.word(keys::CHANGE).filter(|_| desired),
        ..Touchpoint::default()
    }
}

fn metric(id: String, fields: &Fields) -> Metric {
    Metric {
        id,
        name: fields.text(keys::NAME),
        kind: fields.word(keys::KIND),
        unit: fields.word(keys::UNIT),
        baseline: fields.number(keys::BASELINE),
        target: fields.number(keys::TARGET),
        direction: fields.word(keys::DIRECTION),
        source: fields.text(keys::SOURCE),
    }
}

fn note(
    id: String,
    fields: &Fields,
    phases: &BTreeSet<String>,
    touchpoints: &BTreeSet<String>,
) -> Note {
    let touchpoint = fields.some_text(keys::TOUCHPOINT);
    Note {
        id,
        code: fields.some_text(keys::CODE),
        kind: fields.word(keys::KIND).unwrap_or(NoteKind::Idea),
        text: fields.text(keys::TEXT),
        phase: fields
            .some_text(keys::PHASE)
            .filter(|it| phases.contains(it)),
        touchpoint: touchpoint.filter(|it| touchpoints.contains(it)),
        author: fields.some_text(keys::AUTHOR),
        municipality: fields.text(keys::MUNICIPALITY),
        created_at: fields
            .whole(keys::CREATED_AT, 0..=i64::MAX)
            .unwrap_or_default(),
        theme: fields.text(keys::THEME),
        effort: fields.whole(keys::EFFORT, ONE_TO_FIVE),
        impact: fields.whole(keys::IMPACT, ONE_TO_FIVE),
        status: fields.word(keys::STATUS),
        votes: fields.whole(keys::VOTES, ANY_COUNT),
    }
}

fn action(id: String, fields: &Fields, notes: &BTreeSet<&str>) -> Action {
    let mut from = fields.texts(keys::NOTES);
    from.retain(|note| notes.contains(note.as_str()));
    Action {
        id,
        code: fields.some_text(keys::CODE),
        title: fields.text(keys::TITLE),
        description: fields.text(keys::DESCRIPTION),
        notes: from,
        owner_role: fields.text(keys::OWNER_ROLE),
        start_date: fields.text(keys::START_DATE),
        deadline: fields.text(keys::DEADLINE),
        time_estimate_hours: fields.number(keys::TIME_ESTIMATE_HOURS),
        cost_estimate_euro: fields.number(keys::COST_ESTIMATE_EURO),
        status: fields.word(keys::STATUS),
        expected_effect: fields.text(keys::EXPECTED_EFFECT),
    }
}
