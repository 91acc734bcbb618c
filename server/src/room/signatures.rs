//! Whose a Yjs client id is (P10): that of who first wrote under it.
//!
//! Replicas know what they have by client id and count alone. Who went on under the id of someone
//! else would take the places of what that person writes next: it would be taken for known, told
//! stored, and lost. And as a room has room for so many ids, nobody may use them up in a moment.
//!
//! First is who is first in the log. Until an own entry is folded in, an entry of another node may
//! come before it: then who sent it only brought along what that other one wrote.

use std::collections::{BTreeMap, VecDeque};

use hartslag_protocol::gate::{Action, Limit, Refusal, Signature};
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::limits::ROOM_CLIENTS;

use super::appending::Position;
use super::presence::Presence;
use crate::log::Milliseconds;

/// Client ids that one person may begin at once. Each time a board is opened to write is one.
pub(super) const FRESH_IDS: u64 = 64;
/// One more comes back after so long.
const FRESH_ID_PAUSE: Milliseconds = 60_000;
/// How much scarcer both are in a room that has half of its client ids left, and a quarter: who
/// writes in a few sessions a day never notices, and a hundred devices that take all they may
/// need days for the rest.
const SCARCE: u64 = 8;
const SCARCER: u64 = 32;

/// Client ids by person, as a snapshot keeps them.
pub(super) type Signers = BTreeMap<ParticipantId, Vec<u64>>;

/// Who signs with which client id.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    /// As the log has it.
    owners: BTreeMap<u64, ParticipantId>,
    /// As it will be unless an entry of another node comes first.
    expected: BTreeMap<u64, ParticipantId>,
    /// Those in the order of the own entries that begin them.
    waiting: VecDeque<(Position, u64)>,
    /// When each person will have all of [`FRESH_IDS`] back.
    whole_at: BTreeMap<ParticipantId, Milliseconds>,
}

impl Signatures {
    /// As a snapshot has them.
    pub(super) fn from_signers(signers: &Signers) -> Self {
        let all = signers.iter();
        let owners = all.flat_map(|(&by, clients)| clients.iter().map(move |&client| (client, by)));
        Self {
            owners: owners.collect(),
            ..Self::default()
        }
    }

    /// As a snapshot keeps them.
    pub(super) fn signers(&self) -> Signers {
        let mut signers = Signers::new();
        for (&client, &by) in &self.owners {
            signers.entry(by).or_default().push(client);
        }
        signers
    }

    /// What one person may sign with now.
    pub(super) fn of<'a>(
        &'a self,
        by: ParticipantId,
        presence: &'a Presence,
        now: Milliseconds,
    ) -> Signing<'a> {
        Signing {
            known: self,
            presence,
            by,
            fresh_left: self.fresh_left(by, now),
            signed: Vec::new(),
        }
    }

    /// Learns what someone signed in an own entry that waits for the log.
    pub(super) fn expect(
        &mut self,
        by: ParticipantId,
        signed: &[Signature],
        position: Position,
        now: Milliseconds,
    ) {
        for &Signature { client, .. } in signed {
            if !self.owners.contains_key(&client) && self.expected.insert(client, by).is_none() {
                self.waiting.push_back((position, client));
            }
        }
        self.count(by, signed, now);
    }

    /// Own entries up to this one are folded in.
    pub(super) fn settle(&mut self, done: Position) {
        let is_due = |waiting: &mut (Position, u64)| waiting.0 <= done;
        while let Some((_, client)) = self.waiting.pop_front_if(is_due) {
            if let Some(by) = self.expected.remove(&client) {
                self.owners.entry(client).or_insert(by);
            }
        }
    }

    /// Own entries that wait moved on by so many places.
    pub(super) fn move_on(&mut self, places: Position) {
        for (position, _) in &mut self.waiting {
            *position += places;
        }
    }

    /// Learns what someone signed in an entry of another node, as it is folded in.
    pub(super) fn learn(&mut self, by: ParticipantId, signed: &[Signature], now: Milliseconds) {
        for &Signature { client, .. } in signed {
            self.owners.entry(client).or_insert(by);
            self.expected.remove(&client);
        }
        self.count(by, signed, now);
    }

    fn count(&mut self, by: ParticipantId, signed: &[Signature], now: Milliseconds) {
        let begun = signed.iter().filter(|it| it.is_first).count() as Milliseconds;
        if begun > 0 {
            let pause = FRESH_ID_PAUSE * self.scarcity();
            self.whole_at.retain(|_, whole_at| *whole_at > now);
            let whole_at = self.whole_at.entry(by).or_insert(now);
            *whole_at = whole_at.saturating_add(begun * pause);
        }
    }

    fn owner(&self, client: u64) -> Option<ParticipantId> {
        let owner = self.owners.get(&client);
        owner.or_else(|| self.expected.get(&client)).copied()
    }

    /// Counts nothing that was begun so far: it was long ago.
    pub(super) fn forget_pace(&mut self) {
        self.whole_at.clear();
    }

    fn fresh_left(&self, by: ParticipantId, now: Milliseconds) -> u64 {
        let whole_at = self.whole_at.get(&by).copied().unwrap_or(now);
        let scarcity = self.scarcity();
        let missing = whole_at
            .saturating_sub(now)
            .div_ceil(FRESH_ID_PAUSE * scarcity);
        (FRESH_IDS / scarcity).saturating_sub(missing)
    }

    fn scarcity(&self) -> u64 {
        let used = self.owners.len() + self.expected.len();
        match used * 4 / ROOM_CLIENTS {
            0 | 1 => 1,
            2 => SCARCE,
            _ => SCARCER,
        }
    }
}

/// What one person signs in one update.
pub(super) struct Signing<'a> {
    known: &'a Signatures,
    presence: &'a Presence,
    by: ParticipantId,
    fresh_left: u64,
    signed: Vec<Signature>,
}

impl Signing<'_> {
    /// Weighs one client id.
    pub(super) fn sign(&mut self, signature: Signature) -> Result<(), Refusal> {
        let Signature { client, is_first } = signature;
        let is_foreign = match self.known.owner(client) {
            Some(owner) => owner != self.by,
            // Who is about to write shows it first.
            None => self.presence.shows_another(client, self.by),
        };
        if is_foreign {
            return Err(Refusal::Forbidden {
                path: Vec::new(),
                action: Action::Insert,
            });
        }
        if is_first {
            let left = self.fresh_left.checked_sub(1);
            self.fresh_left = left.ok_or(Refusal::TooLarge(Limit::RoomClients))?;
        }
        self.signed.push(signature);
        Ok(())
    }

    /// All that was signed.
    pub(super) fn signed(self) -> Vec<Signature> {
        self.signed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(client: u64, is_first: bool) -> Signature {
        Signature { client, is_first }
    }

    fn sign(
        signatures: &mut Signatures,
        by: ParticipantId,
        signature: Signature,
        now: Milliseconds,
    ) -> Result<(), Refusal> {
        let presence = Presence::default();
        let mut signing = signatures.of(by, &presence, now);
        signing.sign(signature)?;
        let signed = signing.signed();
        signatures.expect(by, &signed, 1, now);
        Ok(())
    }

    #[test]
    fn p10_a_client_id_is_that_of_who_first_wrote_under_it() {
        let (anna, mallory) = (ParticipantId::generate(), ParticipantId::generate());
        let mut signatures = Signatures::default();
        sign(&mut signatures, anna, signature(7, true), 0).unwrap();

        let forged = sign(&mut signatures, mallory, signature(7, false), 0);

        assert!(matches!(forged, Err(Refusal::Forbidden { .. })));
        assert_eq!(sign(&mut signatures, anna, signature(7, false), 0), Ok(()));
        signatures.settle(1);
        let kept = Signatures::from_signers(&signatures.signers());
        assert_eq!(kept.owners, signatures.owners);
    }

    #[test]
    fn p10_who_only_brought_it_along_is_not_its_owner() {
        let (anna, bo) = (ParticipantId::generate(), ParticipantId::generate());
        let mut signatures = Signatures::default();
        sign(&mut signatures, bo, signature(7, true), 0).unwrap();

        // The entry of another node, which bo had it from.
        signatures.learn(anna, &[signature(7, true)], 0);
        signatures.settle(1);

        assert_eq!(signatures.signers(), [(anna, vec![7])].into());
    }

    #[test]
    fn p10_nobody_uses_up_the_client_ids_of_a_room_in_a_moment() {
        let (anna, mallory) = (ParticipantId::generate(), ParticipantId::generate());
        let mut signatures = Signatures::default();
        for client in 0..FRESH_IDS {
            sign(&mut signatures, mallory, signature(client, true), 0).unwrap();
        }

        let more = sign(&mut signatures, mallory, signature(1_000, true), 1);

        assert_eq!(more, Err(Refusal::TooLarge(Limit::RoomClients)));
        assert_eq!(
            sign(&mut signatures, anna, signature(1_001, true), 1),
            Ok(())
        );
        let later = FRESH_ID_PAUSE;
        assert_eq!(
            sign(&mut signatures, mallory, signature(1, false), 1),
            Ok(())
        );
        assert_eq!(
            sign(&mut signatures, mallory, signature(1_000, true), later),
            Ok(())
        );
    }

    /// Devices that take all they may, for so long.
    fn used_up_by(devices: u64, minutes: u64) -> (Signatures, u64) {
        let people: Vec<_> = (0..devices).map(|_| ParticipantId::generate()).collect();
        let mut signatures = Signatures::default();
        let mut used = 0;
        for minute in 0..minutes {
            for &by in &people {
                let fresh = |used| sign_at(&mut signatures, by, used, minute * FRESH_ID_PAUSE);
                used += (used..).map_while(fresh).count() as u64;
            }
            signatures.settle(1);
        }
        (signatures, used)
    }

    fn sign_at(
        signatures: &mut Signatures,
        by: ParticipantId,
        client: u64,
        now: u64,
    ) -> Option<()> {
        sign(signatures, by, signature(client, true), now).ok()
    }

    #[test]
    fn p10_many_devices_together_need_days_for_all_of_a_room() {
        let day = 24 * 60;
        let (signatures, used) = used_up_by(120, day);

        assert!(used < 47_000, "{used} of {ROOM_CLIENTS} in a day");
        let now = day * FRESH_ID_PAUSE;
        assert!(signatures.fresh_left(ParticipantId::generate(), now) > 0);
    }
}
