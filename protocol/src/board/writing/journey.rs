//! Writes a journey; the reverse of exporting one.

use std::collections::BTreeMap;

use yrs::Any;

use super::{MapWriter, Writer, columns, object};
use crate::board::journey::{Action, Assurance, Brief, Idea, Journey, Persona, WorkshopPlan};
use crate::board::ordering;
use crate::board::plain::{any_number, any_texts};
use crate::board::schema::{SCHEMA_VERSION, keys, roots};
use crate::board::words::{NoteKind, Word};

/// Ids on the board by their ids in the file.
#[derive(Default)]
pub(super) struct Ids {
    pub personas: Vec<String>,
    pub phases: BTreeMap<String, String>,
    pub touchpoints: BTreeMap<String, String>,
    pub notes: BTreeMap<String, String>,
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
    columns::write(writer, journey, &mut ids);
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
