//! The curve of a heartbeat: smooth, through every point, and never beyond two neighbouring ones,
//! for a curve that overshoots invents emotions.
//!
//! Tangents after M. Steffen, "A simple method for monotonic interpolation in one dimension"
//! (1990), as d3's `curveMonotoneX` has them.

use std::fmt::Write as _;

const WRITES: &str = "a string takes whatever is written";

/// A place in a drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// Two control points and where a piece of the curve ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// First control point.
    pub one: Place,
    /// Second control point.
    pub two: Place,
    /// The end.
    pub to: Place,
}

/// The SVG paths of a line: one for each run of known points, from left to right.
pub fn paths(points: &[Option<Place>]) -> Vec<String> {
    runs(points).map(|run| path(&run)).collect()
}

/// The runs of points without unknown ones between.
pub fn runs(points: &[Option<Place>]) -> impl Iterator<Item = Vec<Place>> {
    points
        .split(Option::is_none)
        .map(|run| run.iter().copied().flatten().collect::<Vec<_>>())
        .filter(|run| !run.is_empty())
}

/// The SVG path of one run; a single point is a move and no more.
fn path(run: &[Place]) -> String {
    let mut path = String::new();
    if let Some(first) = run.first() {
        write!(path, "M{}", place(*first)).expect(WRITES);
    }
    for Piece { one, two, to } in pieces(run) {
        write!(path, "C{} {} {}", place(one), place(two), place(to)).expect(WRITES);
    }
    path
}

/// The pieces between the points of a run. Points stand at rising `x`.
pub fn pieces(run: &[Place]) -> Vec<Piece> {
    let tangents = tangents(run);
    run.windows(2)
        .zip(tangents.windows(2))
        .map(|(pair, tangent)| {
            let (from, to) = (pair[0], pair[1]);
            let third = (to.x - from.x) / 3.0;
            Piece {
                one: Place {
                    x: from.x + third,
                    y: from.y + third * tangent[0],
                },
                two: Place {
                    x: to.x - third,
                    y: to.y - third * tangent[1],
                },
                to,
            }
        })
        .collect()
}

fn tangents(run: &[Place]) -> Vec<f64> {
    let widths: Vec<f64> = run.windows(2).map(|pair| pair[1].x - pair[0].x).collect();
    let slopes: Vec<f64> = run
        .windows(2)
        .map(|pair| (pair[1].y - pair[0].y) / (pair[1].x - pair[0].x))
        .collect();
    let (Some(&first), Some(&last)) = (slopes.first(), slopes.last()) else {
        return Vec::new();
    };
    if slopes.len() == 1 {
        return vec![first; 2];
    }
    let inner: Vec<f64> = slopes
        .windows(2)
        .zip(widths.windows(2))
        .map(|(slope, width)| {
            let mean = (slope[0] * width[1] + slope[1] * width[0]) / (width[0] + width[1]);
            let bound = slope[0].abs().min(slope[1].abs()).min(mean.abs() / 2.0);
            (sign(slope[0]) + sign(slope[1])) * bound
        })
        .collect();
    let start = (3.0 * first - inner[0]) / 2.0;
    let end = (3.0 * last - inner[inner.len() - 1]) / 2.0;
    let mut tangents = Vec::with_capacity(run.len());
    tangents.push(start);
    tangents.extend(inner);
    tangents.push(end);
    tangents
}

/// -1, 0 or 1; `signum` has no zero.
fn sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        0.0
    }
}

fn place(place: Place) -> String {
    format!("{},{}", round(place.x), round(place.y))
}

/// To two decimals, halves up, as JavaScript rounds.
pub(crate) fn round(value: f64) -> f64 {
    // Adding zero turns -0 into 0.
    (value * 100.0 + 0.5).floor() / 100.0 + 0.0
}
