//! A board as a file for spreadsheets.

use csv::{Terminator, WriterBuilder};
use hartslag_protocol::board::reading::Board;
use hartslag_protocol::board::table;
use hartslag_protocol::board::words::Language;

/// Without it spreadsheets do not read the file as UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What Dutch spreadsheets take between two fields: the comma is in their numbers.
const DELIMITER: u8 = b';';

/// The bytes of the file.
pub fn write(board: &Board, language: Language) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new()
        .delimiter(DELIMITER)
        .terminator(Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    for row in table::rows(board, language) {
        writer.write_record(row)?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use hartslag_protocol::board::reading::Phase;

    use super::*;

    #[test]
    fn a_dutch_spreadsheet_opens_it() {
        let phase = Phase {
            title: "Bel \"terug\"; snel".into(),
            ..Phase::default()
        };
        let board = Board {
            phases: vec![phase],
            ..Board::default()
        };

        let file = String::from_utf8(write(&board, Language::Dutch).unwrap()).unwrap();

        assert!(file.starts_with("\u{feff}Fase;Contactmoment;"), "{file}");
        assert!(file.contains("\"Bel \"\"terug\"\"; snel\";"), "{file}");
        assert!(file.ends_with("\r\n"));
    }

    #[test]
    fn x8_what_people_wrote_never_runs_as_a_formula() {
        for hostile in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            let phase = Phase {
                title: hostile.into(),
                ..Phase::default()
            };
            let board = Board {
                phases: vec![phase],
                ..Board::default()
            };

            let file = String::from_utf8(write(&board, Language::English).unwrap()).unwrap();

            assert!(file.contains(&format!("\r\n'{hostile}")), "{file:?}");
        }
    }
}
