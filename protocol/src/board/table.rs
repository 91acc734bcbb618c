//! A board as a table: a row for each touchpoint, for spreadsheets.

use std::collections::BTreeMap;

use super::heartbeat::names::{persona_name, score_word};
use super::messages::text;
use super::reading::{Board, Note, Persona, Phase, Text, Touchpoint};
use super::words::{Language, Layer, NoteKind, Word};
use crate::limits::BOARD_PERSONAS;

/// The board as rows of cells, headers first. Several texts in a cell stand on lines of their own.
pub fn rows(board: &Board, language: Language) -> Vec<Vec<String>> {
    let table = Table::of(board, language);
    let mut rows = vec![table.headers()];
    for phase in &board.phases {
        table.phase(phase, &mut rows);
    }
    table.loose(&mut rows);
    rows
}

struct Table<'a> {
    board: &'a Board,
    language: Language,
    /// Notes by their touchpoint.
    at_touchpoint: BTreeMap<&'a str, Vec<&'a Note>>,
    /// Notes without one, by their phase.
    in_phase: BTreeMap<Option<&'a str>, Vec<&'a Note>>,
}

/// One row before it becomes cells.
#[derive(Default)]
struct Row<'a> {
    place: String,
    touchpoint: Option<(&'a Touchpoint, Layer)>,
    quotes: &'a [Text],
    pain_points: &'a [Text],
    notes: Vec<&'a Note>,
}

impl<'a> Table<'a> {
    fn of(board: &'a Board, language: Language) -> Self {
        let mut table = Self {
            board,
            language,
            at_touchpoint: BTreeMap::new(),
            in_phase: BTreeMap::new(),
        };
        for note in &board.notes {
            let notes = match note.touchpoint.as_deref() {
                Some(touchpoint) => table.at_touchpoint.entry(touchpoint).or_default(),
                None => table.in_phase.entry(note.phase.as_deref()).or_default(),
            };
            notes.push(note);
        }
        table
    }

    /// Those with a column: each costs a cell in every row.
    fn personas(&self) -> impl Iterator<Item = &'a Persona> {
        self.board.personas.iter().take(BOARD_PERSONAS)
    }

    fn headers(&self) -> Vec<String> {
        let header = |name: &str| self.text(&format!("export.{name}"));
        let mut headers: Vec<_> = ["phase", "touchpoint", "layer", "channel", "department"]
            .map(header)
            .into();
        headers.extend(self.personas().map(|persona| {
            let name = persona_name(&persona.about.name, self.language);
            let header = text(self.language, "export.score", &[("persona", &name)]);
            harmless(&header)
        }));
        headers.extend(["emotion", "quotes", "painPoints", "notes"].map(header));
        headers
    }

    fn phase(&self, phase: &'a Phase, rows: &mut Vec<Vec<String>>) {
        let layers = [Layer::Current, Layer::Desired];
        let touchpoints = layers
            .into_iter()
            .flat_map(|layer| phase.touchpoints(layer).iter().map(move |it| (it, layer)));
        for (touchpoint, layer) in touchpoints {
            rows.push(self.cells(&self.row(&phase.title, touchpoint, layer)));
        }
        // Notes of the phase as a whole; a phase without anything still has its row.
        let notes = self.in_phase.get(&Some(phase.id.as_str()));
        let notes = notes.cloned().unwrap_or_default();
        if !notes.is_empty() || phase.current.is_empty() && phase.desired.is_empty() {
            rows.push(self.cells(&Row {
                place: phase.title.clone(),
                notes,
                ..Row::default()
            }));
        }
    }

    fn loose(&self, rows: &mut Vec<Vec<String>>) {
        let loose = &self.board.loose;
        let place = self.text("export.loose");
        let current = loose.current.iter().map(|it| (it, Layer::Current));
        let desired = loose.desired.iter().map(|it| (it, Layer::Desired));
        for (touchpoint, layer) in current.chain(desired) {
            rows.push(self.cells(&self.row(&place, touchpoint, layer)));
        }
        let row = Row {
            place,
            quotes: &loose.quotes,
            pain_points: &loose.pain_points,
            notes: self.in_phase.get(&None).cloned().unwrap_or_default(),
            ..Row::default()
        };
        if !(row.quotes.is_empty() && row.pain_points.is_empty() && row.notes.is_empty()) {
            rows.push(self.cells(&row));
        }
    }

    fn row(&self, place: &str, touchpoint: &'a Touchpoint, layer: Layer) -> Row<'a> {
        let notes = self.at_touchpoint.get(touchpoint.id.as_str());
        Row {
            place: place.to_owned(),
            touchpoint: Some((touchpoint, layer)),
            quotes: &touchpoint.quotes,
            pain_points: &touchpoint.pain_points,
            notes: notes.cloned().unwrap_or_default(),
        }
    }

    fn cells(&self, row: &Row<'_>) -> Vec<String> {
        let mut cells = vec![harmless(&row.place)];
        let (touchpoint, layer) = row.touchpoint.unzip();
        let channel = touchpoint.and_then(|it| it.channel);
        let layer = layer.map(|it| self.text(&format!("heartbeat.layer.{}", it.word())));
        cells.push(harmless(touchpoint.map_or("", |it| &it.title)));
        cells.push(layer.unwrap_or_default());
        cells.push(channel.map_or_else(String::new, |it| {
            self.text(&format!("export.channel.{}", it.word()))
        }));
        cells.push(harmless(touchpoint.map_or("", |it| &it.department)));
        for persona in self.personas() {
            let score = touchpoint.and_then(|it| it.scores.get(&persona.id));
            cells.push(match (touchpoint, score) {
                (_, Some(score)) => score.value.to_string(),
                (Some(_), None) => score_word(None, self.language),
                (None, None) => String::new(),
            });
        }
        cells.push(harmless(touchpoint.map_or("", |it| &it.emotion)));
        cells.push(lines(row.quotes.iter().map(|it| it.text.as_str())));
        cells.push(lines(row.pain_points.iter().map(|it| it.text.as_str())));
        let notes: Vec<_> = row.notes.iter().map(|note| self.note(note)).collect();
        cells.push(lines(notes.iter().map(String::as_str)));
        cells
    }

    fn note(&self, note: &Note) -> String {
        let key = match note.kind {
            NoteKind::Idea => "export.note.idea",
            NoteKind::PainPoint => "export.note.painPoint",
            NoteKind::Question => "export.note.question",
            NoteKind::Compliment => "export.note.compliment",
        };
        text(self.language, key, &[("text", &note.text)])
    }

    fn text(&self, key: &str) -> String {
        text(self.language, key, &[])
    }
}

fn lines<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    harmless(&texts.collect::<Vec<_>>().join("\n"))
}

/// A text that a spreadsheet does not take for a formula: an apostrophe before it says so.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::samples;

    fn sample() -> Vec<Vec<String>> {
        let board = Board::read(&samples::document(&samples::journey("koffiebar-openen")));
        rows(&board, Language::Dutch)
    }

    #[test]
    fn x7_a_touchpoint_is_a_row() {
        let rows = sample();

        assert_eq!(rows.len(), 1 + 16 + 16);
        assert!(rows.iter().all(|row| row.len() == rows[0].len()));
        assert_eq!(rows[0][5], "Beleving Bram");
        assert_eq!(
            rows[1],
            [
                "Oriënteren",
                "Zoekt op de website naar regels voor horeca",
                "huidig",
                "website",
                "Communicatie",
                "-1",
                "verward",
                "Tien pagina's, en op elke pagina een andere vergunning.",
                "Informatie is verdeeld per vergunning, niet per situatie",
                &rows[1][9],
            ]
        );
        assert!(rows[1][9].starts_with("Idee: "));
    }

    #[test]
    fn x8_what_people_wrote_is_no_formula() {
        let mut journey = samples::journey("koffiebar-openen");
        journey.phases[0].touchpoints[0].title = "=HYPERLINK(\"x\")".to_owned();
        journey.phases[0].touchpoints[0].quote = Some("@SUM".to_owned());
        let board = Board::read(&samples::document(&journey));

        let rows = rows(&board, Language::English);

        assert_eq!(
            (rows[1][1].as_str(), rows[1][7].as_str()),
            ("'=HYPERLINK(\"x\")", "'@SUM")
        );
        assert_eq!(rows[1][5], "-1");
    }

    #[test]
    fn loose_material_and_empty_phases_have_their_row() {
        let mut journey = samples::journey("koffiebar-openen");
        journey.loose.quotes = vec!["Een citaat".to_owned()];
        journey.phases[5].touchpoints.clear();
        journey.phases[5].desired.touchpoints.clear();
        let board = Board::read(&samples::document(&journey));

        let rows = rows(&board, Language::Dutch);

        let places: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(
            places[places.len() - 2..],
            ["Opening en nazorg", "Los materiaal"]
        );
        assert_eq!(rows.last().unwrap()[7], "Een citaat");
    }
}
