//! Writes a journey; the reverse of exporting one.

use std::collections::BTreeMap;

use yrs::Any;

use super::{MapWriter, Writer, object};
use crate::board::journey::{
    Action, Assurance, Brief, DesiredTouchpoint, Idea, Journey, Metric, Persona, PersonaScore,
    Phase, Touchpoint, WorkshopPlan,
};
use crate::board::ordering;
use crate::board::plain::{any_number, any_texts};
use crate::board::schema::{SCHEMA_VERSION, keys, roots, score_key};
use crate::board::words::{Basis, Layer, NoteKind, Word};

/// What a score rests on where a file does not say: the current journey on interviews, the
/// desired one on nothing yet.
pub(in crate::board) const fn usual_basis(layer: Layer) -> Basis {
    match layer {
        Layer::Current => Basis::Interview,
        Layer::Desired => Basis::Assumption,
    }
}

/// Ids on the board by their ids in the file.
#[derive(Default)]
struct Ids {
    personas: Vec<String>,
    phases: BTreeMap<String, String>,
    touchpoints: BTreeMap<String, String>,
    notes: BTreeMap<String, String>,
}

/// Where touchpoints go.
#[derive(Clone, Copy)]
struct Column<'a> {
    phase: Option<&'a str>,
    layer: Layer,
}

pub(super) fn write(writer: &mut Writer<'_, '_>, journey: &Journey, now: i64) {
    let mut ids = Ids::default();
    about(writer.root(roots::BOARD), journey);
    brief(writer.root(roots::BRIEF), &journey.brief);
    let personas: Vec<_> = journey
        .persona
        .iter()
        .chain(&journey.more_personas)
        .collect();
    for (about, order) in personas.iter().zip(ordering::sequence(personas.len())) {
        let (id, map) = writer.item(roots::PERSONAS, &order);
        persona(map, about);
        ids.personas.push(id);
    }
    phases(writer, journey, &mut ids);
    for (idea, order) in journey
        .ideas
        .iter()
        .zip(ordering::sequence(journey.ideas.len()))
    {
        let (id, map) = writer.item(roots::NOTES, &order);
        note(map, idea, now, &ids);
        ids.notes.insert(idea.id.clone(), id);
    }
    for (planned, order) in journey
        .actions
        .iter()
        .zip(ordering::sequence(journey.actions.len()))
    {
        let (_, map) = writer.item(roots::ACTIONS, &order);
        action(map, planned, &ids);
    }
}

fn about(mut board: MapWriter<'_, '_>, journey: &Journey) {
    board.put(keys::SCHEMA, SCHEMA_VERSION);
    board.put(keys::TITLE, journey.title.as_str());
    board.text(keys::SUMMARY, &journey.summary);
    board.text(keys::MUNICIPALITY, &journey.municipality.name);
    board.some(
        keys::MUNICIPALITY_CODE,
        journey.municipality.code.as_deref(),
    );
    board.text(keys::PRODUCT_NAME, &journey.product.name);
    board.text(keys::PRODUCT_URI, &journey.product.upl_uri);
    board.text(keys::LIFE_EVENT, &journey.life_event);
    board.word(keys::AUDIENCE, journey.audience);
    board.word(keys::LANGUAGE, journey.language);
    board.text(keys::SLUG, &journey.slug);
    board.text(keys::AS_OF, &journey.as_of);
    board.put(keys::FICTIONAL, journey.fictional);
    board.some(keys::WORKSHOP, journey.workshop.as_ref().map(workshop));
    board.some(keys::ASSURANCE, journey.assurance.as_ref().map(assurance));
}

fn workshop(plan: &WorkshopPlan) -> Any {
    let number = |number: &Option<_>| number.as_ref().map_or(Any::Null, any_number);
    object([
        (keys::DATE, plan.date.as_str().into()),
        (keys::MODE, plan.mode.map(Word::word).into()),
        (keys::DURATION_MINUTES, number(&plan.duration_minutes)),
        (keys::PARTICIPANTS, number(&plan.participants)),
        (
            keys::VOTES_PER_PARTICIPANT,
            number(&plan.votes_per_participant),
        ),
    ])
}

fn assurance(kept: &Assurance) -> Any {
    object([
        (keys::OWNER_ROLE, kept.owner_role.as_str().into()),
        (keys::FORUM, kept.forum.as_str().into()),
        (keys::FREQUENCY, kept.frequency.as_str().into()),
        (
            keys::NEXT_MEASUREMENT,
            kept.next_measurement.as_str().into(),
        ),
    ])
}

fn brief(mut map: MapWriter<'_, '_>, brief: &Brief) {
    let (roles, interviews) = (&brief.roles, &brief.interviews);
    let number = |number: &Option<_>| number.as_ref().map_or(Any::Null, any_number);
    map.text(keys::REASON, &brief.reason);
    map.text(keys::GOAL, &brief.goal);
    map.text(keys::SCOPE_START, &brief.scope_start);
    map.text(keys::SCOPE_END, &brief.scope_end);
    map.texts(keys::OUT_OF_SCOPE, &brief.out_of_scope);
    map.text(keys::TARGET_GROUP, &brief.target_group);
    map.put(
        keys::ROLES,
        object([
            (keys::SPONSOR, roles.sponsor.as_str().into()),
            (keys::PROJECT_LEAD, roles.project_lead.as_str().into()),
            (keys::COACH, roles.coach.as_str().into()),
            (keys::TEAM, any_texts(roles.team.iter().map(String::as_str))),
        ]),
    );
    map.texts(keys::QUESTIONNAIRE, &brief.questionnaire);
    map.put(
        keys::INTERVIEWS,
        object([
            (keys::PLANNED, number(&interviews.planned)),
            (keys::HELD, number(&interviews.held)),
            (keys::FROM, interviews.from.as_str().into()),
            (keys::TO, interviews.to.as_str().into()),
        ]),
    );
}

fn persona(mut map: MapWriter<'_, '_>, persona: &Persona) {
    map.text(keys::NAME, &persona.name);
    map.number(keys::AGE, persona.age.as_ref());
    map.text(keys::OCCUPATION, &persona.occupation);
    map.text(keys::SITUATION, &persona.situation);
    map.text(keys::QUOTE, &persona.quote);
    map.texts(keys::GOALS, &persona.goals);
    map.texts(keys::NEEDS, &persona.needs);
    map.texts(keys::FRUSTRATIONS, &persona.frustrations);
    if !persona.preferred_channels.is_empty() {
        let channels = persona
            .preferred_channels
            .iter()
            .map(|channel| channel.word());
        map.put(keys::PREFERRED_CHANNELS, any_texts(channels));
    }
    map.number(keys::DIGITAL_SKILL, persona.digital_skill.as_ref());
    map.number(
        keys::BASED_ON_INTERVIEWS,
        persona.based_on_interviews.as_ref(),
    );
}

/// Writes the columns with what is in them. Current touchpoints come first, because desired ones
/// of any phase may refer to them.
fn phases(writer: &mut Writer<'_, '_>, journey: &Journey, ids: &mut Ids) {
    let mut phase_ids = Vec::new();
    for (phase, order) in journey
        .phases
        .iter()
        .zip(ordering::sequence(journey.phases.len()))
    {
        let id = self::phase(writer, phase, &order);
        ids.phases.insert(phase.id.clone(), id.clone());
        let column = Column {
            phase: Some(&id),
            layer: Layer::Current,
        };
        current_touchpoints(writer, &phase.touchpoints, column, ids);
        metrics(writer, &phase.metrics, Some(&id));
        phase_ids.push(id);
    }
    let loose = &journey.loose;
    let nowhere = |layer| Column { phase: None, layer };
    current_touchpoints(writer, &loose.touchpoints, nowhere(Layer::Current), ids);
    for (phase, id) in journey.phases.iter().zip(&phase_ids) {
        let column = Column {
            phase: Some(id),
            layer: Layer::Desired,
        };
        desired_touchpoints(writer, &phase.desired.touchpoints, column, ids);
    }
    desired_touchpoints(
        writer,
        &loose.desired_touchpoints,
        nowhere(Layer::Desired),
        ids,
    );
    metrics(writer, &loose.metrics, None);
    texts(writer, roots::QUOTES, loose.quotes.iter(), None);
    texts(writer, roots::PAIN_POINTS, loose.pain_points.iter(), None);
}

fn phase(writer: &mut Writer<'_, '_>, phase: &Phase, order: &str) -> String {
    let (id, mut map) = writer.item(roots::PHASES, order);
    map.text(keys::CODE, &phase.id);
    map.put(keys::TITLE, phase.title.as_str());
    map.text(keys::CUSTOMER_GOAL, &phase.customer_goal);
    let duration = phase.duration.as_ref().map(|duration| {
        object([
            (keys::VALUE, any_number(&duration.value)),
            (keys::UNIT, duration.unit.word().into()),
        ])
    });
    map.some(keys::DURATION, duration);
    map.text(keys::DESIRED_SUMMARY, &phase.desired.summary);
    map.texts(keys::DESIRED_CHANGES, &phase.desired.changes);
    id
}

fn current_touchpoints(
    writer: &mut Writer<'_, '_>,
    touchpoints: &[Touchpoint],
    column: Column<'_>,
    ids: &mut Ids,
) {
    for (touchpoint, order) in touchpoints
        .iter()
        .zip(ordering::sequence(touchpoints.len()))
    {
        let (id, mut map) = self::touchpoint(writer, column, &order);
        map.text(keys::CODE, &touchpoint.id);
        map.put(keys::TITLE, touchpoint.title.as_str());
        map.word(keys::CHANNEL, touchpoint.channel);
        map.word(keys::INITIATOR, touchpoint.initiator);
        map.text(keys::DEPARTMENT, &touchpoint.department);
        map.text(keys::EMOTION, &touchpoint.emotion);
        map.flag(keys::MOMENT_OF_TRUTH, touchpoint.moment_of_truth);
        let basis = touchpoint.basis.unwrap_or(usual_basis(Layer::Current));
        let first = touchpoint.score.map(|score| (score, basis));
        scores(writer, &id, first, &touchpoint.more_scores, ids);
        let quotes = touchpoint.quote.iter().chain(&touchpoint.more_quotes);
        texts(writer, roots::QUOTES, quotes, Some(&id));
        texts(
            writer,
            roots::PAIN_POINTS,
            touchpoint.pain_points.iter(),
            Some(&id),
        );
        ids.touchpoints.insert(touchpoint.id.clone(), id);
    }
}

fn desired_touchpoints(
    writer: &mut Writer<'_, '_>,
    touchpoints: &[DesiredTouchpoint],
    column: Column<'_>,
    ids: &mut Ids,
) {
    for (touchpoint, order) in touchpoints
        .iter()
        .zip(ordering::sequence(touchpoints.len()))
    {
        let origin = touchpoint.r#ref.as_ref();
        let origin = origin.and_then(|code| ids.touchpoints.get(code));
        let (id, mut map) = self::touchpoint(writer, column, &order);
        map.some(keys::CODE, touchpoint.id.as_deref());
        map.some(keys::ORIGIN, origin.map(String::as_str));
        map.put(keys::TITLE, touchpoint.title.as_str());
        map.word(keys::CHANNEL, touchpoint.channel);
        map.word(keys::INITIATOR, touchpoint.initiator);
        map.text(keys::DEPARTMENT, &touchpoint.department);
        map.text(keys::EMOTION, &touchpoint.emotion);
        map.flag(keys::MOMENT_OF_TRUTH, touchpoint.moment_of_truth);
        map.word(keys::CHANGE, touchpoint.change);
        let basis = touchpoint.basis.unwrap_or(usual_basis(Layer::Desired));
        let first = touchpoint.score.map(|score| (score, basis));
        scores(writer, &id, first, &touchpoint.more_scores, ids);
        texts(writer, roots::QUOTES, touchpoint.quotes.iter(), Some(&id));
        texts(
            writer,
            roots::PAIN_POINTS,
            touchpoint.pain_points.iter(),
            Some(&id),
        );
        if let Some(code) = &touchpoint.id {
            ids.touchpoints.insert(code.clone(), id);
        }
    }
}

fn touchpoint<'a, 'doc>(
    writer: &'a mut Writer<'_, 'doc>,
    column: Column<'_>,
    order: &str,
) -> (String, MapWriter<'a, 'doc>) {
    let (id, mut map) = writer.item(roots::TOUCHPOINTS, order);
    map.some(keys::PHASE, column.phase);
    map.put(keys::LAYER, column.layer.word());
    (id, map)
}

/// Scores of the first persona and the others.
fn scores(
    writer: &mut Writer<'_, '_>,
    touchpoint: &str,
    first: Option<(i8, Basis)>,
    others: &[PersonaScore],
    ids: &Ids,
) {
    let first = first.map(|(score, basis)| (1, score, basis));
    let others = others.iter().map(|it| (it.persona, it.score, it.basis));
    for (number, score, basis) in first.into_iter().chain(others) {
        let index = usize::try_from(number)
            .ok()
            .and_then(|it| it.checked_sub(1));
        let Some(persona) = index.and_then(|index| ids.personas.get(index)) else {
            continue;
        };
        let mut map = writer.keyed_item(roots::SCORES, &score_key(touchpoint, persona));
        map.put(keys::TOUCHPOINT, touchpoint);
        map.put(keys::PERSONA, persona.as_str());
        map.put(keys::VALUE, i32::from(score));
        map.put(keys::BASIS, basis.word());
    }
}

fn texts<'a>(
    writer: &mut Writer<'_, '_>,
    root: &str,
    texts: impl Iterator<Item = &'a String> + Clone,
    touchpoint: Option<&str>,
) {
    for (text, order) in texts.clone().zip(ordering::sequence(texts.count())) {
        let (_, mut map) = writer.item(root, &order);
        map.put(keys::TOUCHPOINT, touchpoint);
        map.shared_text(keys::TEXT, text);
    }
}

fn metrics(writer: &mut Writer<'_, '_>, metrics: &[Metric], phase: Option<&str>) {
    for (metric, order) in metrics.iter().zip(ordering::sequence(metrics.len())) {
        let (_, mut map) = writer.item(roots::METRICS, &order);
        map.some(keys::PHASE, phase);
        map.text(keys::NAME, &metric.name);
        map.word(keys::KIND, metric.kind);
        map.word(keys::UNIT, metric.unit);
        map.number(keys::BASELINE, metric.baseline.as_ref());
        map.number(keys::TARGET, metric.target.as_ref());
        map.word(keys::DIRECTION, metric.direction);
        map.text(keys::SOURCE, &metric.source);
    }
}

fn note(mut map: MapWriter<'_, '_>, idea: &Idea, now: i64, ids: &Ids) {
    let phase = idea.phase_id.as_ref().and_then(|code| ids.phases.get(code));
    let touchpoint = idea.touchpoint_id.as_ref();
    let touchpoint = touchpoint.and_then(|code| ids.touchpoints.get(code));
    map.put(keys::KIND, idea.kind.unwrap_or(NoteKind::Idea).word());
    map.shared_text(keys::TEXT, &idea.text);
    map.some(keys::PHASE, phase.map(String::as_str));
    map.put(keys::TOUCHPOINT, touchpoint.map(String::as_str));
    map.put(keys::AUTHOR, Any::Null);
    map.text(keys::MUNICIPALITY, &idea.municipality);
    map.put(keys::CREATED_AT, now);
    map.text(keys::CODE, &idea.id);
    map.text(keys::THEME, &idea.theme);
    map.some(keys::EFFORT, idea.effort);
    map.some(keys::IMPACT, idea.impact);
    map.word(keys::STATUS, idea.status);
    map.some(keys::VOTES, idea.votes);
}

fn action(mut map: MapWriter<'_, '_>, action: &Action, ids: &Ids) {
    let notes = action
        .idea_ids
        .iter()
        .filter_map(|code| ids.notes.get(code));
    map.text(keys::CODE, &action.id);
    map.text(keys::TITLE, &action.title);
    map.text(keys::DESCRIPTION, &action.description);
    map.put(keys::NOTES, any_texts(notes.map(String::as_str)));
    map.text(keys::OWNER_ROLE, &action.owner_role);
    map.text(keys::START_DATE, &action.start_date);
    map.text(keys::DEADLINE, &action.deadline);
    map.number(
        keys::TIME_ESTIMATE_HOURS,
        action.time_estimate_hours.as_ref(),
    );
    map.number(keys::COST_ESTIMATE_EURO, action.cost_estimate_euro.as_ref());
    map.word(keys::STATUS, action.status);
    map.text(keys::EXPECTED_EFFECT, &action.expected_effect);
}
