//! Rounds to test with.

use hartslag_protocol::ids::RoundId;
use hartslag_protocol::workshop::round::{Round, RoundOption};

/// An open round on notes with these ids.
pub(super) fn round_of(notes: &[&str], budget: u32, cap: u32) -> Round {
    let options = notes
        .iter()
        .map(|note| RoundOption {
            note: (*note).to_owned(),
            text: format!("Idee {note}"),
            place: "Wachten".to_owned(),
        })
        .collect();
    Round::open(
        RoundId::generate(),
        String::new(),
        options,
        budget,
        cap,
        false,
    )
    .unwrap()
}
