//! A board's heartbeat as a drawing that stands alone: readable without its colours, described in
//! words for who cannot see it, and without anything from elsewhere.

mod columns;
mod element;

use std::collections::BTreeSet;

use self::columns::{Column, columns};
use self::element::{Drawing, wrapped};
use super::heartbeat::Heartbeat;
use super::heartbeat::curve::{Place, paths};
use super::heartbeat::names::{persona_name, score_word};
use super::messages::text;
use super::reading::{Board, Persona, Score, Touchpoint};
use super::words::{Basis, Language, Layer, Word};

const LEFT: f64 = 120.0;
const MARGIN: f64 = 24.0;
const COLUMN: f64 = 140.0;
const STEP: f64 = 45.0;
const LINE: f64 = 16.0;
/// Characters that fit in a column.
const COLUMN_CHARACTERS: usize = 19;
const TITLE_LINES: usize = 4;
/// More lines cannot be told apart; the others are in the description only.
const MOST_PERSONAS: usize = 4;

const INK: &str = "#14213d";
const PALE_INK: &str = "#47536b";
const RULE: &str = "#dcdfe6";
const PAPER: &str = "#ffffff";
const BAND: &str = "#f6f5f1";
/// Ink of each persona's lines; all have 4.5:1 on paper.
const TONES: [&str; MOST_PERSONAS] = ["#4c2792", "#9c4410", "#0a5c66", "#9c1f5c"];

/// The heartbeat of every persona, current and desired, as an SVG file.
pub fn draw(board: &Board, language: Language) -> String {
    let columns = columns(board);
    let lines: Vec<_> = Heartbeat::all(board)
        .into_iter()
        .filter(|line| line.layer == Layer::Current || !line.is_empty())
        .collect();
    let shown: Vec<_> = lines
        .iter()
        .filter(|line| tone(board, line.persona).is_some())
        .collect();
    let sheet = Sheet::new(columns.len(), shown.len());
    let mut drawing = Drawing::new(sheet.width, sheet.height);
    let title = text(
        language,
        "export.heartbeat.title",
        &[("title", &board.about.title)],
    );
    let twins: Vec<_> = lines.iter().map(|line| line.twin(language)).collect();
    drawing.describe(&title, &twins.join("\n"));
    drawing.rectangle((0.0, 0.0), (sheet.width, sheet.height), PAPER);
    drawing.label((MARGIN, MARGIN + 12.0), &title, "20", INK);
    scale(&mut drawing, &sheet, language);
    headings(&mut drawing, &sheet, board, &columns);
    for (place, line) in (0_u32..).zip(&shown) {
        let ink = TONES[tone(board, line.persona).unwrap_or_default()];
        legend(&mut drawing, (place, line, ink), language);
    }
    // Current lines lie on top of desired ones.
    let desired = shown.iter().filter(|line| line.layer == Layer::Desired);
    let current = shown.iter().filter(|line| line.layer == Layer::Current);
    for line in desired.chain(current) {
        let ink = TONES[tone(board, line.persona).unwrap_or_default()];
        curve(&mut drawing, &sheet, line, &columns, ink);
    }
    drawing.finished()
}

/// Where things stand on the sheet.
struct Sheet {
    width: f64,
    height: f64,
    /// Top of the band with phases.
    phases: f64,
    /// The height of neutral.
    zero: f64,
    /// Top of the titles.
    titles: f64,
}

impl Sheet {
    fn new(columns: usize, lines: usize) -> Self {
        let phases = 56.0 + LINE * 1.5 * count(lines);
        let zero = phases + 32.0 + 24.0 + 2.0 * STEP;
        let titles = zero + 2.0 * STEP + 36.0;
        Self {
            width: LEFT + COLUMN * count(columns.max(3)) + MARGIN,
            height: titles + LINE * count(TITLE_LINES) + MARGIN,
            phases,
            zero,
            titles,
        }
    }

    fn middle_of(column: usize) -> f64 {
        LEFT + COLUMN * (count(column) + 0.5)
    }

    fn height_of(&self, score: i8) -> f64 {
        self.zero - STEP * f64::from(score)
    }
}

fn count(things: usize) -> f64 {
    u32::try_from(things).map_or(0.0, f64::from)
}

fn tone(board: &Board, persona: &Persona) -> Option<usize> {
    let mut personas = board.personas.iter().take(MOST_PERSONAS);
    personas.position(|it| it.id == persona.id)
}

/// The five levels with their words.
fn scale(drawing: &mut Drawing, sheet: &Sheet, language: Language) {
    for score in -2..=2_i8 {
        let y = sheet.height_of(score);
        let dashes = if score == 0 { "4 4" } else { "" };
        let ink = if score == 0 { PALE_INK } else { RULE };
        drawing.rule((LEFT, y), (sheet.width - MARGIN, y), ink, dashes);
        let word = score_word(Some(score), language);
        drawing.label((MARGIN, y + 4.0), &word, "13", PALE_INK);
    }
}

/// The phases above the chart, and the touchpoints under it.
fn headings(drawing: &mut Drawing, sheet: &Sheet, board: &Board, columns: &[Column<'_>]) {
    let mut begin = 0;
    for phase in &board.phases {
        let width = columns.iter().filter(|it| it.phase.id == phase.id).count();
        let x = LEFT + COLUMN * count(begin);
        drawing.rectangle(
            (x + 2.0, sheet.phases),
            (COLUMN * count(width) - 4.0, 32.0),
            BAND,
        );
        drawing.rule((x, sheet.phases), (x, sheet.titles - 8.0), RULE, "");
        let fits = COLUMN_CHARACTERS * width;
        let title = wrapped(&phase.title, fits, 1).concat();
        drawing.label((x + 10.0, sheet.phases + 21.0), &title, "14", INK);
        begin += width;
    }
    for (index, column) in columns.iter().enumerate() {
        let Some(touchpoint) = column.current.or(column.desired) else {
            continue;
        };
        let x = Sheet::middle_of(index);
        let lines = wrapped(&touchpoint.title, COLUMN_CHARACTERS, TITLE_LINES);
        for (place, line) in (1_u32..).zip(lines) {
            let y = sheet.titles + LINE * f64::from(place);
            drawing.centred((x, y), &line, INK);
        }
    }
}

/// Which line is whose: stroke, sign and name.
fn legend(drawing: &mut Drawing, line: (u32, &Heartbeat<'_>, &str), language: Language) {
    let (place, line, ink) = line;
    let y = 56.0 + LINE * 1.5 * f64::from(place);
    let persona = persona_name(&line.persona.about.name, language);
    let layer = format!("heartbeat.layer.{}", line.layer.word());
    let layer = text(language, &layer, &[]);
    let values = [("persona", persona.as_str()), ("layer", layer.as_str())];
    let name = text(language, "export.heartbeat.legend", &values);
    drawing.rule((MARGIN, y), (MARGIN + 40.0, y), ink, dashes_of(line.layer));
    drawing.label((MARGIN + 52.0, y + 4.0), &name, "13", INK);
}

fn curve(
    drawing: &mut Drawing,
    sheet: &Sheet,
    line: &Heartbeat<'_>,
    columns: &[Column<'_>],
    ink: &str,
) {
    let known: BTreeSet<_> = line
        .beats
        .iter()
        .map(|it| it.touchpoint.id.as_str())
        .collect();
    let places: Vec<_> = columns
        .iter()
        .enumerate()
        .filter_map(|(index, column)| Some((index, column.touchpoint(line.layer)?)))
        .filter(|(_, touchpoint)| known.contains(touchpoint.id.as_str()))
        .map(|(index, touchpoint)| {
            let score = score_of(touchpoint, line.persona)?;
            let place = Place {
                x: Sheet::middle_of(index),
                y: sheet.height_of(score.value),
            };
            Some((place, score))
        })
        .collect();
    let points: Vec<_> = places.iter().map(|it| it.map(|(place, _)| place)).collect();
    for path in paths(&points) {
        drawing.line(&path, ink, dashes_of(line.layer));
    }
    for (place, score) in places.into_iter().flatten() {
        // What rests on an assumption looks provisional.
        let assumed = line.layer == Layer::Current && score.basis == Basis::Assumption;
        let dashes = if assumed { "3 3" } else { "" };
        drawing.point(place, sign_of(score.value), (ink, dashes), line.layer);
    }
}

fn score_of(touchpoint: &Touchpoint, persona: &Persona) -> Option<Score> {
    touchpoint.scores.get(&persona.id).copied()
}

fn dashes_of(layer: Layer) -> &'static str {
    match layer {
        Layer::Current => "",
        Layer::Desired => "9 7",
    }
}

fn sign_of(score: i8) -> &'static str {
    match score {
        ..=-2 => "−−",
        -1 => "−",
        0 => "0",
        1 => "+",
        2.. => "++",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::samples;

    fn sample() -> String {
        let board = Board::read(&samples::document(&samples::journey("trouwen")));
        draw(&board, Language::Dutch)
    }

    #[test]
    fn x7_a_drawing_is_described_in_words() {
        let drawing = sample();

        assert!(drawing.contains("<title id=\"heartbeat-title\">Heartbeat van Wij willen trouwen"));
        assert!(drawing.contains("Nu: Noor begint negatief"));
        assert!(drawing.contains("Gewenst: Noor begint zeer positief"));
        assert!(drawing.contains(">Na de trouwdag<"));
    }

    #[test]
    fn a_drawing_needs_nothing_from_elsewhere() {
        let drawing = sample();

        assert_eq!(drawing.matches("http").count(), 1, "the name space only");
        for needs in ["href", "style=", "<style", "<script", "url(", "class="] {
            assert!(!drawing.contains(needs), "{needs}");
        }
    }

    #[test]
    fn texts_of_people_cannot_leave_their_place() {
        let mut journey = samples::journey("trouwen");
        journey.phases[0].title = "<script>\u{0}\u{b}\"&'</text>".to_owned();
        journey.title = "]]><script>".to_owned();
        let board = Board::read(&samples::document(&journey));

        let drawing = draw(&board, Language::English);

        assert!(!drawing.contains("<script") && !drawing.contains('\u{0}'));
        assert!(drawing.contains("&lt;script&gt;"));
    }

    #[test]
    fn an_empty_board_can_be_drawn() {
        assert!(draw(&Board::default(), Language::Dutch).ends_with("</svg>\n"));
    }
}
