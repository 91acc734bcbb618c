//! What people cost a room: an update that is cheap to send can be dear to take in.
//!
//! A room has so much time a second for all who write in it, and a smaller part of that for dear
//! updates, as each of those keeps everyone waiting while it is applied. What comes when that is
//! used up waits. Then whoever used least of late goes first: networks before people, so that a
//! hundred devices of one network get together what one gets. Coaches have a share of their own.

use std::collections::BTreeMap;

use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::limits::UPDATE_WORK_MOST;

use crate::log::Milliseconds;
use crate::network::Network;

/// Visits to a block (some 200 ns each) up to which an update is light: five milliseconds.
const LIGHT: u64 = 25_000;
/// From here on each visit counts tenfold: who waits for such an update waits noticeably, so it
/// comes seldom.
const LONG: u64 = 50_000;
/// Bytes that are copied and checked in a visit.
const BYTES_READ: u64 = 512;
/// Bytes that are read in a visit where each is a block, or part of one: what is admitted is
/// counted by its blocks.
const BYTES_IN_VAIN: u64 = 8;
/// Light work that may come at once.
const LIGHT_BURST: u64 = 30_000;
/// Light work that comes back in a millisecond: a fifth of a core.
const LIGHT_PACE: u64 = 1_000;
/// Dear work that comes back in a millisecond: a tenth of a core.
const DEAR_PACE: u64 = 500;
/// What counts as used of late: this period and the one before.
const PERIOD: Milliseconds = 10_000;
/// People and networks that are remembered before idle ones are forgotten.
const REMEMBERED: usize = 1_000;

/// Visits that reading a message takes, beside what is counted for its blocks.
pub(super) fn reading(bytes: usize) -> u64 {
    1 + bytes as u64 / BYTES_READ
}

/// Who pays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payer {
    pub(super) participant: ParticipantId,
    pub(super) network: Network,
    /// Whether the payer is a coach.
    pub(super) may_steer: bool,
}

/// One of the shares of a room's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share {
    is_coaches: bool,
    is_dear: bool,
}

impl Share {
    /// The one that pays for so much work.
    pub(super) fn of(payer: Payer, work: u64) -> Self {
        Self {
            is_coaches: payer.may_steer,
            is_dear: work > LIGHT,
        }
    }

    fn pace(self) -> u64 {
        if self.is_dear { DEAR_PACE } else { LIGHT_PACE }
    }

    /// How much may be owed before others wait.
    fn burst(self) -> u64 {
        if self.is_dear { 0 } else { LIGHT_BURST }
    }
}

/// Work that was done and is not yet made up for by time.
#[derive(Clone, Copy, Debug, Default)]
struct Debt {
    owed: u64,
    at: Milliseconds,
}

impl Debt {
    fn left(self, pace: u64, now: Milliseconds) -> u64 {
        let passed = now.saturating_sub(self.at);
        self.owed.saturating_sub(passed.saturating_mul(pace))
    }
}

/// What someone used in this period and in the one before.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    period: u64,
    in_it: u64,
    before: u64,
}

impl Used {
    fn at(self, now: Milliseconds) -> Self {
        let period = now / PERIOD;
        match period.saturating_sub(self.period) {
            0 => self,
            1 => Self {
                period,
                in_it: 0,
                before: self.in_it,
            },
            _ => Self {
                period,
                ..Self::default()
            },
        }
    }

    fn of_late(self, now: Milliseconds) -> u64 {
        let used = self.at(now);
        used.in_it.saturating_add(used.before)
    }

    fn add(&mut self, work: u64, now: Milliseconds) {
        *self = self.at(now);
        self.in_it = self.in_it.saturating_add(work);
    }
}

/// What each person and network used of late, and what the room still owes.
#[derive(Debug, Default)]
pub(super) struct Efforts {
    debts: BTreeMap<Share, Debt>,
    people: BTreeMap<ParticipantId, Used>,
    networks: BTreeMap<Network, Used>,
}

impl Efforts {
    /// Whether a share has time left.
    pub(super) fn may(&self, share: Share, now: Milliseconds) -> bool {
        self.owed(share, now) <= share.burst()
    }

    /// When a share has time left.
    pub(super) fn due(&self, share: Share, now: Milliseconds) -> Milliseconds {
        let over = self.owed(share, now).saturating_sub(share.burst());
        now + over.div_ceil(share.pace())
    }

    /// Counts work that is done for someone.
    pub(super) fn spend(&mut self, payer: Payer, work: u64, now: Milliseconds) {
        let price = work.saturating_add(work.saturating_sub(LONG).saturating_mul(9));
        self.spend_of(Share::of(payer, work), payer, (work, price), now);
    }

    /// Counts reading that brought nothing: its price is known only afterwards, so what comes next
    /// waits for it.
    pub(super) fn spend_in_vain(&mut self, payer: Payer, bytes: usize, now: Milliseconds) {
        let work = 1 + bytes as u64 / BYTES_IN_VAIN;
        // What it keeps others waiting for is over; who used it comes last from here on.
        self.spend_of(Share::of(payer, 0), payer, (work, work.min(LIGHT)), now);
    }

    fn spend_of(
        &mut self,
        share: Share,
        payer: Payer,
        (work, price): (u64, u64),
        now: Milliseconds,
    ) {
        let owed = self.owed(share, now);
        let debt = Debt {
            owed: owed.saturating_add(price),
            at: now,
        };
        self.debts.insert(share, debt);
        add(&mut self.people, payer.participant, work, now);
        add(&mut self.networks, payer.network, work, now);
    }

    /// Counts work that someone caused by forging, and returns whether that can be borne.
    pub(super) fn blame(&mut self, by: ParticipantId, work: u64, now: Milliseconds) -> bool {
        add(&mut self.people, by, work, now);
        let caused = self.people.get(&by).map_or(0, |used| used.of_late(now));
        caused <= UPDATE_WORK_MOST
    }

    /// Who used less comes first: by network, then by person.
    pub(super) fn used(&self, payer: Payer, now: Milliseconds) -> (u64, u64) {
        let network = self.networks.get(&payer.network);
        let person = self.people.get(&payer.participant);
        let of_late = |used: Option<&Used>| used.map_or(0, |used| used.of_late(now));
        (of_late(network), of_late(person))
    }

    fn owed(&self, share: Share, now: Milliseconds) -> u64 {
        let debt = self.debts.get(&share).copied().unwrap_or_default();
        debt.left(share.pace(), now)
    }
}

fn add<By: Ord>(all: &mut BTreeMap<By, Used>, by: By, work: u64, now: Milliseconds) {
    if all.len() >= REMEMBERED {
        all.retain(|_, used| used.of_late(now) > 0);
    }
    all.entry(by).or_default().add(work, now);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payer() -> Payer {
        Payer {
            participant: ParticipantId::generate(),
            network: Network::HERE,
            may_steer: false,
        }
    }

    #[test]
    fn light_work_goes_on_while_dear_work_waits() {
        let (honest, hostile) = (payer(), payer());
        let mut efforts = Efforts::default();

        efforts.spend(hostile, LONG, 0);

        assert!(!efforts.may(Share::of(honest, LIGHT + 1), 0));
        assert!(efforts.may(Share::of(honest, LIGHT), 0));
        let due = efforts.due(Share::of(hostile, LONG), 0);
        assert_eq!(due, LONG / DEAR_PACE);
        assert!(efforts.may(Share::of(hostile, LONG), due));
    }

    #[test]
    fn a_coach_does_not_wait_for_what_others_used() {
        let coach = Payer {
            may_steer: true,
            ..payer()
        };
        let mut efforts = Efforts::default();

        efforts.spend(payer(), 4 * LONG, 0);

        assert!(efforts.may(Share::of(coach, LONG), 0));
    }

    #[test]
    fn what_was_read_in_vain_keeps_nobody_waiting_long() {
        let (honest, hostile) = (payer(), payer());
        let mut efforts = Efforts::default();
        for _ in 0..3 {
            efforts.spend_in_vain(hostile, 1 << 20, 0);
        }

        let share = Share::of(honest, LIGHT);
        assert!(efforts.due(share, 0) <= 3 * LIGHT / LIGHT_PACE);
        assert!(efforts.used(honest, 0) < efforts.used(hostile, 0));
    }

    #[test]
    fn what_keeps_everyone_waiting_comes_seldom() {
        let mut efforts = Efforts::default();

        efforts.spend(payer(), 4 * LONG, 0);

        let share = Share::of(payer(), LONG);
        let stalled = 4 * LONG / 5_000;
        assert!(efforts.due(share, 0) > 70 * stalled);
    }

    #[test]
    fn who_used_least_goes_first_and_that_is_forgotten() {
        let (honest, hostile) = (payer(), payer());
        let mut efforts = Efforts::default();
        efforts.spend(honest, 10, 0);
        efforts.spend(hostile, 10_000, 0);

        assert!(efforts.used(honest, 0) < efforts.used(hostile, 0));
        assert_eq!(efforts.used(hostile, 3 * PERIOD), (0, 0));
    }

    #[test]
    fn people_of_one_network_are_one_before_those_of_another() {
        let there = Network::from(std::net::IpAddr::from([192, 0, 2, 1]));
        let honest = Payer {
            network: there,
            ..payer()
        };
        let mut efforts = Efforts::default();
        efforts.spend(honest, 500, 0);

        for _ in 0..100 {
            efforts.spend(payer(), 10, 0);
        }

        let fresh = payer();
        assert!(efforts.used(honest, 0) < efforts.used(fresh, 0));
    }
}
