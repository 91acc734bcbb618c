//! The order of the ideas on one person's ballot.

use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::workshop::round::{Round, RoundOption};
use sha2::{Digest, Sha256};

/// The round's options, each with its place in the round, in an order that is this person's own and stays the same: what stands
/// on top gets more votes, so nothing may stand on top for everyone.
pub(super) fn options_for(round: &Round, voter: ParticipantId) -> Vec<(usize, &RoundOption)> {
    let mut options: Vec<_> = round.options.iter().enumerate().collect();
    options.sort_by_cached_key(|(_, option)| place_of(round, voter, option));
    options
}

fn place_of(round: &Round, voter: ParticipantId, option: &RoundOption) -> [u8; 32] {
    Sha256::new()
        .chain_update(voter.as_bytes())
        .chain_update(round.id.as_bytes())
        .chain_update(option.note.as_bytes())
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::fixtures::round_of;
    use super::*;

    fn order(round: &Round, voter: ParticipantId) -> Vec<&str> {
        let options = options_for(round, voter);
        options
            .iter()
            .map(|(_, option)| option.note.as_str())
            .collect()
    }

    #[test]
    fn a_voter_sees_every_idea_once_and_always_in_the_same_order() {
        let round = round_of(&["a", "b", "c", "d"], 3, 2);
        let voter = ParticipantId::generate();

        let first = order(&round, voter);

        assert_eq!(first, order(&round, voter));
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 4);
    }

    #[test]
    fn every_idea_stands_on_top_for_about_as_many_voters() {
        let round = round_of(&["a", "b", "c", "d"], 3, 2);

        let on_top = |note: &str| {
            (0..400_u16)
                .filter(|number| {
                    let mut bytes = [0; 16];
                    bytes[..2].copy_from_slice(&number.to_be_bytes());
                    order(&round, ParticipantId::from_bytes(bytes))[0] == note
                })
                .count()
        };

        // The round's id is random, so the bounds are wide: 100 expected, deviation under 9.
        for note in ["a", "b", "c", "d"] {
            let times = on_top(note);
            assert!((50..=150).contains(&times), "{note}: {times}");
        }
    }
}
