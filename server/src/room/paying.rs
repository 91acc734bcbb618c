//! What members send is paid for before it is taken in: whose turn it is, of those who wait.

use std::collections::BTreeSet;

use hartslag_protocol::ids::ConnectionId;

use super::document::Poisoned;
use super::effort::{Payer, Share};
use super::state::RoomState;
use crate::log::Milliseconds;

impl RoomState {
    /// Who pays for what comes over a connection.
    pub(super) fn payer(&self, connection: ConnectionId) -> Option<Payer> {
        let member = self.members.get(&connection)?;
        Some(Payer {
            participant: member.participant,
            network: member.network,
            may_steer: member.role.may_steer(),
        })
    }

    /// Whether so much work may be done for the payer at once: there is time left, and nobody
    /// waits for it.
    pub(super) fn may_spend(&self, payer: Payer, work: u64) -> bool {
        let share = Share::of(payer, work);
        self.efforts.may(share, self.now) && !self.waits_for(share)
    }

    fn waits_for(&self, share: Share) -> bool {
        self.waited_for().any(|waited| waited == share)
    }

    /// The shares that somebody waits for.
    pub(super) fn shares_waited_for(&self) -> BTreeSet<Share> {
        self.waited_for().collect()
    }

    fn waited_for(&self) -> impl Iterator<Item = Share> {
        let unpaid = self.doubts.unpaid();
        unpaid.filter_map(|(from, work)| self.share_of(from, work))
    }

    fn share_of(&self, connection: ConnectionId, work: u64) -> Option<Share> {
        self.payer(connection).map(|payer| Share::of(payer, work))
    }

    /// Lets those who wait go on, as far as there is time: who used least of late first.
    pub(super) fn give_turns(&mut self) -> Result<(), Poisoned> {
        while let Some(next) = self.next_turn() {
            let waiting = self.doubts.release(next);
            self.resume(next, waiting, false)?;
        }
        Ok(())
    }

    fn next_turn(&self) -> Option<ConnectionId> {
        let waiting = self.doubts.unpaid().filter_map(|(from, work)| {
            let payer = self.payer(from)?;
            let is_due = self.efforts.may(Share::of(payer, work), self.now);
            is_due.then(|| (self.efforts.used(payer, self.now), from))
        });
        waiting.min().map(|(_, from)| from)
    }

    /// When somebody who waits can go on.
    pub(super) fn turn_due(&self) -> Option<Milliseconds> {
        let due = self
            .waited_for()
            .map(|share| self.efforts.due(share, self.now));
        due.min().map(|due| due.max(self.now + 1))
    }
}
