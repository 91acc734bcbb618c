//! Who was sent away, and which networks bring nobody new for a while.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::Participant;
use crate::ids::{DismissalId, NetworkMark, ParticipantId};
use crate::limits::{NETWORK_SHUT, ROOM_DISMISSALS, ROOM_DISMISSED};

/// One act by which people were sent away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dismissal {
    /// Its identifier.
    pub id: DismissalId,
    /// The network they came from, where they were sent away for that.
    pub network: Option<NetworkMark>,
    /// When, by the clock that all nodes share.
    pub at: u64,
    /// Who, as they were: so they come back when the act is undone.
    pub people: BTreeMap<ParticipantId, Participant>,
}

/// Every act that is remembered, oldest first.
///
/// The oldest are forgotten beyond a bound, else whoever comes back again and again under other
/// names would fill the memory. Who was sent away by one of those is a stranger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dismissals(Vec<Dismissal>);

impl Dismissals {
    /// Whether nobody is away.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every act, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Dismissal> {
        self.0.iter()
    }

    /// Whether the participant was sent away.
    pub fn has(&self, participant: ParticipantId) -> bool {
        self.0.iter().any(|it| it.people.contains_key(&participant))
    }

    /// Whether nobody new comes in from the network at this time, and for how many milliseconds.
    pub fn shuts(&self, network: NetworkMark, now: u64) -> Option<u64> {
        let from = |it: &&Dismissal| it.network == Some(network);
        let latest = self.0.iter().filter(from).map(|it| it.at).max()?;
        let span = u64::try_from(NETWORK_SHUT.as_millis()).unwrap_or(u64::MAX);
        latest
            .saturating_add(span)
            .checked_sub(now)
            .filter(|left| *left > 0)
    }

    /// Takes note of an act that sent anyone away.
    pub(super) fn add(&mut self, dismissal: Dismissal) {
        if dismissal.people.is_empty() {
            return;
        }
        self.0.push(dismissal);
        let mut people: usize = self.0.iter().map(|it| it.people.len()).sum();
        while self.0.len() > ROOM_DISMISSALS || (people > ROOM_DISMISSED && self.0.len() > 1) {
            people -= self.0.remove(0).people.len();
        }
    }

    /// Forgets an act, and returns whom it had sent away.
    pub(super) fn undo(&mut self, id: DismissalId) -> BTreeMap<ParticipantId, Participant> {
        let place = self.0.iter().position(|it| it.id == id);
        place.map_or_else(BTreeMap::new, |place| self.0.remove(place).people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::Role;

    const NOW: u64 = 1_700_000_000_000;

    #[test]
    fn h14_a_network_brings_nobody_new_for_ten_minutes() {
        let (network, other) = (NetworkMark::generate(), NetworkMark::generate());
        let mut dismissals = Dismissals::default();
        dismissals.add(dismissal(1, Some(network)));

        let left = |network, minutes: u64| dismissals.shuts(network, NOW + minutes * 60_000);

        assert_eq!(left(network, 0), Some(600_000));
        assert_eq!(left(network, 9), Some(60_000));
        assert_eq!(left(network, 10), None);
        assert_eq!(left(other, 0), None);
    }

    #[test]
    fn the_oldest_acts_are_forgotten_beyond_the_bounds() {
        let mut dismissals = Dismissals::default();
        for _ in 0..=ROOM_DISMISSALS {
            dismissals.add(dismissal(1, None));
        }
        let acts = dismissals.iter().count();
        let newest = dismissal(ROOM_DISMISSED, None);

        dismissals.add(newest.clone());

        assert_eq!(acts, ROOM_DISMISSALS);
        assert_eq!(dismissals.iter().collect::<Vec<_>>(), [&newest]);
    }

    #[test]
    fn an_act_that_sent_nobody_away_is_none() {
        let mut dismissals = Dismissals::default();

        dismissals.add(dismissal(0, Some(NetworkMark::generate())));

        assert!(dismissals.is_empty());
    }

    fn dismissal(people: usize, network: Option<NetworkMark>) -> Dismissal {
        let person = || Participant {
            id: ParticipantId::generate(),
            name: String::new(),
            municipality: String::new(),
            role: Role::Participant,
            colour: 0,
            rounds_before: 0,
        };
        let people = std::iter::repeat_with(person).take(people);
        Dismissal {
            id: DismissalId::generate(),
            network,
            at: NOW,
            people: people.map(|person| (person.id, person)).collect(),
        }
    }
}
