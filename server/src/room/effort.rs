//! How much work people may cause: an update that is cheap to send can be dear to integrate.

use std::collections::BTreeMap;

use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::limits::UPDATE_WORK_MOST;

use crate::log::Milliseconds;

/// What one person may cause at once, in visits to a block: a third of a second or so. Honest
/// people stay below a hundredth of it, a long time offline included.
const BURST: u64 = UPDATE_WORK_MOST;
/// What comes back in a millisecond.
const PER_MILLISECOND: u64 = UPDATE_WORK_MOST / 4_000;

/// What each person caused of late.
#[derive(Debug, Default)]
pub(super) struct Efforts {
    caused: BTreeMap<ParticipantId, (u64, Milliseconds)>,
}

impl Efforts {
    /// Adds work and returns whether the person stays within what one may cause. Over all their
    /// connections, as those cost nothing to open.
    pub(super) fn allow(&mut self, by: ParticipantId, work: u64, now: Milliseconds) -> bool {
        self.caused
            .retain(|_, (caused, at)| left_of(*caused, *at, now) > 0);
        let (caused, at) = self.caused.entry(by).or_insert((0, now));
        *caused = left_of(*caused, *at, now).saturating_add(work);
        *at = now;
        *caused <= BURST
    }
}

fn left_of(caused: u64, at: Milliseconds, now: Milliseconds) -> u64 {
    let passed = now.saturating_sub(at);
    caused.saturating_sub(passed.saturating_mul(PER_MILLISECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_dear_updates_is_too_much_and_honest_work_never_is() {
        let (honest, hostile) = (ParticipantId::generate(), ParticipantId::generate());
        let mut efforts = Efforts::default();

        let flood: Vec<_> = (0..5)
            .map(|_| efforts.allow(hostile, BURST / 4, 0))
            .collect();

        assert_eq!(flood, [true, true, true, true, false]);
        assert!((0..60_000).all(|now| efforts.allow(honest, 500, now)));
    }

    #[test]
    fn what_was_caused_is_forgotten() {
        let person = ParticipantId::generate();
        let mut efforts = Efforts::default();
        efforts.allow(person, BURST + 1, 0);

        assert!(efforts.allow(person, 1, 60_000));
        assert!(efforts.allow(ParticipantId::generate(), 1, 600_000));
        assert_eq!(efforts.caused.len(), 1);
    }
}
