use proptest::prelude::*;
use serde_json::{Value, json};

use super::curve::{Place, paths, pieces};
use super::*;
use crate::board::words::Language;
use crate::board::{golden, samples};

/// Distances of the golden drawings: a column, and a step of the scale.
const COLUMN: f64 = 148.0;
const STEP: f64 = 45.0;
const ZERO: f64 = 113.0;

/// The numbers, curves and words that the web client holds itself to as well.
#[test]
fn b5_golden_heartbeats_are_up_to_date() {
    let curves: [&[Option<f64>]; 9] = [
        &[],
        &[Some(1.0)],
        &[None, None],
        &[Some(-2.0), Some(2.0)],
        &[Some(0.0), Some(0.0), Some(0.0)],
        &[Some(1.0), None, Some(-1.0)],
        &[Some(-2.0), Some(2.0), Some(-2.0), Some(2.0)],
        &[Some(-2.0), Some(-1.0), Some(2.0), Some(2.0), Some(1.0)],
        &[
            None,
            Some(1.0),
            Some(2.0),
            None,
            Some(0.0),
            Some(-2.0),
            Some(-1.0),
        ],
    ];
    let curves: Vec<_> = curves
        .iter()
        .map(|scores| json!({"scores": scores, "paths": drawn(scores)}))
        .collect();
    let samples: Vec<_> = samples::SLUGS
        .iter()
        .map(|slug| {
            let board = Board::read(&samples::document(&samples::journey(slug)));
            let lines = Heartbeat::all(&board);
            json!({"slug": slug, "lines": lines.iter().map(line).collect::<Vec<_>>()})
        })
        .collect();

    golden::check(
        "heartbeat.json",
        &json!({
            "column": COLUMN, "step": STEP, "zero": ZERO,
            "curves": curves, "samples": samples,
        }),
    );
}

fn line(line: &Heartbeat<'_>) -> Value {
    let points = line.points();
    let scores: Vec<_> = points.iter().map(|it| it.map(f64::from)).collect();
    let title = |beat: Option<&Beat<'_>>| beat.map(|beat| beat.touchpoint.title.clone());
    let phases: Vec<_> = line
        .phases()
        .iter()
        .map(|it| {
            json!({
                "phase": it.phase.title, "mean": curve::round(it.mean),
                "worst": it.worst, "last": it.last,
            })
        })
        .collect();
    json!({
        "layer": line.layer,
        "persona": line.persona.about.name,
        "points": points,
        "paths": drawn(&scores),
        "phases": phases,
        "mean": line.mean().map(curve::round),
        "start": title(line.start()), "end": title(line.end()),
        "low": title(line.low()), "peak": title(line.peak()),
        "twin": {"nl": line.twin(Language::Dutch), "en": line.twin(Language::English)},
    })
}

fn drawn(scores: &[Option<f64>]) -> Vec<String> {
    let places = scores.iter().zip(0_u32..).map(|(score, column)| {
        score.map(|score| Place {
            x: COLUMN * (f64::from(column) + 0.5),
            y: ZERO - STEP * score,
        })
    });
    paths(&places.collect::<Vec<_>>())
}

#[test]
fn b5_unknown_is_a_gap_and_never_zero() {
    let mut journey = samples::journey("koffiebar-openen");
    journey.phases[0].touchpoints[1].score = None;
    journey.schema_version = "1.1".to_owned();
    let board = Board::read(&samples::document(&journey));

    let heartbeat = Heartbeat::of(&board, Layer::Current, &board.personas[0]);

    assert_eq!(heartbeat.points()[..3], [Some(-1), None, Some(2)]);
    assert!((heartbeat.phases()[0].mean - 0.5).abs() < 1e-9);
    assert!(
        heartbeat
            .twin(Language::Dutch)
            .contains("Van 1 contactmoment is")
    );
}

#[test]
fn a_heartbeat_of_few_points_is_told_shortly() {
    let mut journey = samples::journey("verhuizen");
    let twin = |journey: &_| {
        let board = Board::read(&samples::document(journey));
        Heartbeat::of(&board, Layer::Current, &board.personas[0]).twin(Language::English)
    };
    let mut touchpoints = journey.phases.iter_mut().flat_map(|it| &mut it.touchpoints);
    touchpoints.by_ref().for_each(|it| it.score = None);
    let empty = twin(&journey);
    journey.phases[0].touchpoints[0].score = Some(-2);
    let single = twin(&journey);
    journey.phases[1].touchpoints[0].score = Some(-2);
    let flat = twin(&journey);

    assert!(empty.starts_with("No heartbeat yet."));
    assert!(
        single.starts_with("Now: Yusuf is very negative at “"),
        "{single}"
    );
    assert!(
        flat.starts_with("Now: Yusuf finds everything very negative."),
        "{flat}"
    );
}

proptest! {
    /// Control points between the ends keep the whole piece between them.
    #[test]
    fn a_curve_never_goes_beyond_two_neighbouring_points(
        steps in prop::collection::vec((1.0_f64..200.0, -2.0_f64..=2.0), 2..30),
    ) {
        let mut x = 0.0;
        let run: Vec<Place> = steps
            .into_iter()
            .map(|(width, y)| {
                x += width;
                Place { x, y }
            })
            .collect();

        for (pair, piece) in run.windows(2).zip(pieces(&run)) {
            let (low, high) = (pair[0].y.min(pair[1].y), pair[0].y.max(pair[1].y));
            for share in (0..=20_u32).map(|it| f64::from(it) / 20.0) {
                let y = bezier(pair[0].y, piece.one.y, piece.two.y, piece.to.y, share);
                prop_assert!((low - 1e-9..=high + 1e-9).contains(&y), "{y} in {pair:?}");
            }
            prop_assert_eq!(piece.to, pair[1]);
        }
    }
}

fn bezier(from: f64, one: f64, two: f64, to: f64, share: f64) -> f64 {
    let rest = 1.0 - share;
    from * rest.powi(3)
        + 3.0 * one * rest.powi(2) * share
        + 3.0 * two * rest * share.powi(2)
        + to * share.powi(3)
}
