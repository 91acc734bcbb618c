//! Writes the phases of a journey and what is in them.

use super::journey::Ids;
use super::{MapWriter, Writer, object};
use crate::board::journey::{DesiredTouchpoint, Journey, Metric, PersonaScore, Phase, Touchpoint};
use crate::board::ordering;
use crate::board::plain::any_number;
use crate::board::schema::{keys, roots, score_key};
use crate::board::words::{Basis, Layer, Word};

/// What a score rests on where a file does not say: the current journey on interviews, the
/// desired one on nothing yet.
pub(in crate::board) const fn usual_basis(layer: Layer) -> Basis {
    match layer {
        Layer::Current => Basis::Interview,
        Layer::Desired => Basis::Assumption,
    }
}

/// Where touchpoints go.
#[derive(Clone, Copy)]
struct Column<'a> {
    phase: Option<&'a str>,
    layer: Layer,
}

/// Writes the columns with what is in them. Current touchpoints come first, because desired ones
/// of any phase may refer to them.
pub(super) fn write(writer: &mut Writer<'_, '_>, journey: &Journey, ids: &mut Ids) {
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
