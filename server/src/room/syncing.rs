//! What members send: read, admitted, queued for the log.

use bytes::Bytes;
use hartslag_protocol::gate::{Admission, Limit, Refusal, Signature, StateVector, Touch};
use hartslag_protocol::ids::{ConnectionId, ParticipantId};
use hartslag_protocol::limits::GAP_RETRIES;
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::frame::{self, Message};
use hartslag_protocol::wire::message::{RefusalReason, RefusedPlace, ServerMessage};
use hartslag_protocol::workshop::Denial;

use super::appending::{Draft, Position};
use super::document::{NOTHING, Poisoned};
use super::doubts::{Held, Lacks};
use super::effort::{Payer, Share, reading};
use super::event::{Effect, Tally};
use super::handle::Dialect;
use super::members::Promise;
use super::outbox::Version;
use super::rights::Rights;
use super::state::RoomState;
use crate::log::{EntryKind, Milliseconds};

/// Clients that a member knows and the room does not, of a room that was brought back from long
/// ago, or of work that was done offline.
const UNKNOWN_CLIENTS: usize = 1_000;

/// An update on its way in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming<'a> {
    pub(super) update: &'a [u8],
    pub(super) is_step2: bool,
    /// When it came: rights are those of then.
    pub(super) at: Milliseconds,
    /// This node knows all of the log: what looks wrong is wrong, and not only because another
    /// node is ahead.
    pub(super) is_sure: bool,
    /// It waited to pay, and nobody comes before it.
    pub(super) has_turn: bool,
}

/// What the gate said to an update.
struct Weighed {
    admission: Result<Admission, Refusal>,
    signed: Vec<Signature>,
    denial: Option<Denial>,
    /// Visits to a block, reading counted.
    price: u64,
    /// Nothing was left to pay it from, or others come first: it changed nothing.
    is_unpaid: bool,
}

impl RoomState {
    pub(super) fn frame(
        &mut self,
        from: ConnectionId,
        frame: &Bytes,
        now: Milliseconds,
    ) -> Result<(), Poisoned> {
        let Ok(messages) = frame::read_frame(frame) else {
            self.close(from, CloseCode::Malformed);
            return Ok(());
        };
        for message in messages {
            if !self.members.contains_key(&from) {
                return Ok(());
            }
            match message {
                Message::SyncStep1(vector) => self.step1(from, vector)?,
                Message::SyncStep2(update) => self.update(from, update, true, now)?,
                Message::Update(update) => self.update(from, update, false, now)?,
                Message::Awareness(update) => {
                    let participant = self.members.get(&from).map(|it| it.participant);
                    let taken = participant
                        .map(|participant| self.presence.receive(from, participant, update, now));
                    if taken.is_some_and(|taken| taken.is_err()) {
                        self.close(from, CloseCode::Malformed);
                    }
                }
                Message::QueryAwareness => {
                    let frames = self.presence.everyone().to_vec();
                    self.effects.push(Effect::Show { to: from, frames });
                }
                Message::Auth(_) => {}
            }
        }
        Ok(())
    }

    /// Answers what the member misses, and asks what the room misses (W2).
    fn step1(&mut self, from: ConnectionId, vector: &[u8]) -> Result<(), Poisoned> {
        let Some(member) = self.members.get_mut(&from) else {
            return Ok(());
        };
        let vector = match read_vector(vector, self.gate.clients()) {
            Ok(vector) => vector,
            Err(refusal) => {
                self.close(from, code_of(&refusal));
                return Ok(());
            }
        };
        let is_first = !std::mem::replace(&mut member.greeted, true);
        member.starts_over |= !is_first;
        let has_gap = member.has_gap;
        if is_first {
            self.show()?;
            let frame = self.document.step2(&vector)?;
            let mut frames = vec![frame, self.question()?];
            frames.extend_from_slice(self.presence.everyone());
            self.effects.push(Effect::Opening { to: from, frames });
            return Ok(());
        }
        if self.doubts.holds(from) {
            self.hold(from, Held::Step1 { vector }, Lacks::Read);
        } else {
            self.tell_missing(from, vector, false)?;
        }
        if has_gap {
            // It may have dropped what it was asked for, and starts anew.
            self.ask_for_missing(from)?;
        }
        Ok(())
    }

    /// Answers what a member misses. Who asks again and again, each time for something else, pays
    /// for what is encoded.
    pub(super) fn tell_missing(
        &mut self,
        to: ConnectionId,
        vector: Bytes,
        has_turn: bool,
    ) -> Result<(), Poisoned> {
        self.show()?;
        let work = self.document.work_for(&vector);
        let payer = self.payer(to).filter(|_| !has_turn);
        if payer.is_some_and(|payer| !self.may_spend(payer, work)) {
            self.hold(to, Held::Step1 { vector }, Lacks::Work(work));
            return Ok(());
        }
        self.pay_for_encoding(to, &vector);
        let frame = self.document.step2(&vector)?;
        self.effects.push(Effect::Answer { to, frame });
        Ok(())
    }

    fn pay_for_encoding(&mut self, to: ConnectionId, vector: &Bytes) {
        let work = self.document.work_for(vector);
        if let Some(payer) = self.payer(to) {
            self.efforts.spend(payer, work, self.now);
        }
    }

    fn update(
        &mut self,
        from: ConnectionId,
        update: &[u8],
        is_step2: bool,
        now: Milliseconds,
    ) -> Result<(), Poisoned> {
        let incoming = Incoming {
            update,
            is_step2,
            at: now,
            is_sure: false,
            has_turn: false,
        };
        if self.doubts.holds(from) {
            self.hold_update(from, &incoming, Lacks::Read);
            return Ok(());
        }
        self.judge(from, &incoming)
    }

    fn hold_update(&mut self, from: ConnectionId, incoming: &Incoming<'_>, lacks: Lacks) {
        let held = Held::Update {
            update: Bytes::copy_from_slice(incoming.update),
            is_step2: incoming.is_step2,
            at: incoming.at,
            is_sure: incoming.is_sure,
        };
        self.hold(from, held, lacks);
    }

    /// Admits an update or says why not, or holds it until it can be judged, or paid.
    pub(super) fn judge(
        &mut self,
        from: ConnectionId,
        incoming: &Incoming<'_>,
    ) -> Result<(), Poisoned> {
        self.mend_gate();
        let Some(payer) = self.payer(from) else {
            return Ok(());
        };
        let reading = reading(incoming.update.len());
        if !incoming.has_turn && !self.may_spend(payer, reading) {
            self.hold_update(from, incoming, Lacks::Work(reading));
            return Ok(());
        }
        let Some(weighed) = self.weigh(from, incoming, payer, reading) else {
            return Ok(());
        };
        if weighed.is_unpaid {
            self.hold_update(from, incoming, Lacks::Work(weighed.price));
            return Ok(());
        }
        if let Ok(Admission::Admitted { .. }) = weighed.admission {
            self.efforts.spend(payer, weighed.price, self.now);
        } else {
            let bytes = incoming.update.len();
            self.efforts.spend_in_vain(payer, bytes, self.now);
        }
        let runs_ahead = self.appending.queued() > self.done;
        if !incoming.is_sure && is_doubtful(&weighed.admission, runs_ahead) {
            self.hold_update(from, incoming, Lacks::Read);
            return Ok(());
        }
        self.conclude(from, incoming, weighed)
    }

    /// Lets the gate weigh an update: the rights to it, and its price.
    fn weigh(
        &mut self,
        from: ConnectionId,
        incoming: &Incoming<'_>,
        payer: Payer,
        reading: u64,
    ) -> Option<Weighed> {
        let waiting = self.shares_waited_for();
        let rights = Rights::of(self.members.get(&from)?, self, incoming.at);
        let mut denial = None;
        let mut allow = |touch: &Touch<'_>| {
            denial = rights.weigh(touch).err();
            denial.is_none()
        };
        let mut signing = self
            .signatures
            .of(payer.participant, &self.presence, incoming.at);
        let mut sign = |signature| signing.sign(signature);
        let mut price = reading;
        let mut is_unpaid = false;
        let (efforts, now) = (&self.efforts, self.now);
        let mut pay = |work| {
            price += work;
            let share = Share::of(payer, price);
            let comes_first = incoming.has_turn || !waiting.contains(&share);
            is_unpaid = !comes_first || !efforts.may(share, now);
            !is_unpaid
        };
        let update = incoming.update;
        let admission = self
            .gate
            .admit_signed(update, &mut sign, &mut pay, &mut allow);
        Some(Weighed {
            admission,
            signed: signing.signed(),
            denial,
            price,
            is_unpaid,
        })
    }

    /// Does what the gate said to an update.
    fn conclude(
        &mut self,
        from: ConnectionId,
        incoming: &Incoming<'_>,
        weighed: Weighed,
    ) -> Result<(), Poisoned> {
        let &Incoming { is_step2, at, .. } = incoming;
        let Some(member) = self.members.get_mut(&from) else {
            return Ok(());
        };
        member.counted += 1;
        match weighed.admission {
            Ok(Admission::Known) => {
                if is_step2 {
                    member.close_gap();
                }
                self.effects.push(Effect::Count(Tally::Known));
                self.promise_stored(from);
            }
            Ok(Admission::Admitted { update, work }) => {
                member.asked = 0;
                if is_step2 {
                    member.has_gap = false;
                }
                let participant = member.participant;
                let draft = Draft {
                    kind: EntryKind::Update,
                    writer: Some(participant),
                    at,
                    bytes: Bytes::from(update),
                    author: Some(from),
                    ticket: None,
                    work,
                };
                self.queue_update(draft, participant, &weighed.signed);
            }
            Err(Refusal::Missing) => return self.missing(from, is_step2),
            Err(refusal) => {
                // A step 2 holds all that was missing, and all of it is answered by this.
                if is_step2 {
                    member.close_gap();
                }
                self.refuse(from, &refusal, weighed.denial);
            }
        }
        Ok(())
    }

    fn queue_update(&mut self, draft: Draft, by: ParticipantId, signed: &[Signature]) {
        let Draft { author, at, .. } = draft;
        self.appending.push(draft);
        let position = self.appending.queued();
        self.signatures.expect(by, signed, position, at);
        self.effects.push(Effect::Count(Tally::Admitted));
        if let Some(from) = author {
            self.promise_stored(from);
        }
    }

    /// Promises `stored` for what came so far, once all that is queued is durable. A message
    /// that was known may be on its way to the log still.
    fn promise_stored(&mut self, to: ConnectionId) {
        let queued = self.appending.queued();
        if let Some(member) = self.members.get_mut(&to)
            && !member.has_gap
        {
            let promise = (queued, Promise::Stored(member.counted));
            // One word for all that waits for the same: what was known queues nothing.
            let same = |last: &(Position, Promise)| {
                last.0 == queued && matches!(last.1, Promise::Stored(_))
            };
            if member.promises.back().is_some_and(same) {
                member.promises.pop_back();
            }
            member.promises.push_back(promise);
            self.may_keep_promises = true;
        }
    }

    /// Asks again for what an update builds on (W7). Whatever else comes before the answer is
    /// part of the same gap.
    fn missing(&mut self, from: ConnectionId, is_step2: bool) -> Result<(), Poisoned> {
        self.effects.push(Effect::Count(Tally::Missing));
        let Some(member) = self.members.get_mut(&from) else {
            return Ok(());
        };
        if member.has_gap && !is_step2 {
            return Ok(());
        }
        member.has_gap = true;
        member.asked += 1;
        if member.asked > GAP_RETRIES {
            self.close(from, CloseCode::Behind);
            return Ok(());
        }
        self.ask_for_missing(from)
    }

    fn ask_for_missing(&mut self, to: ConnectionId) -> Result<(), Poisoned> {
        let frame = self.question()?;
        self.effects.push(Effect::Answer { to, frame });
        Ok(())
    }

    /// Sync step 1: how far the room has come.
    fn question(&mut self) -> Result<Bytes, Poisoned> {
        self.show()?;
        let vector = self.document.vector()?;
        Ok(frame::write_step1(&vector).into())
    }

    /// Refuses an update: in words where they are understood, else by closing.
    fn refuse(&mut self, to: ConnectionId, refusal: &Refusal, denial: Option<Denial>) {
        let (reason, tally) = match refusal {
            Refusal::TooLarge(_) => (RefusalReason::TooLarge, Tally::TooLarge),
            Refusal::Forbidden { .. } => {
                // The gate itself keeps the author of a note as it was (P3).
                let reason = denial.map_or(RefusalReason::NotYours, RefusalReason::from);
                (reason, Tally::Forbidden)
            }
            Refusal::Malformed(_) | Refusal::Missing => {
                (RefusalReason::Malformed, Tally::Malformed)
            }
        };
        self.effects.push(Effect::Count(tally));
        let Some(member) = self.members.get(&to) else {
            return;
        };
        if member.dialect == Dialect::Plain {
            self.close(to, code_of(refusal));
            return;
        }
        let message = ServerMessage::Refused {
            message: Some(member.counted),
            reason,
            place: place_of(refusal),
        };
        self.effects.push(Effect::Send { to, message });
        self.promise_stored(to);
    }

    pub(super) fn caught_up(&mut self, to: ConnectionId, base: Version) -> Result<(), Poisoned> {
        if self.members.contains_key(&to) {
            self.show()?;
            let vector = self.document.vector_at(base)?;
            let frame = self.document.step2(&vector)?;
            self.effects.push(Effect::Count(Tally::Behind));
            self.effects.push(Effect::Difference { to, frame });
        }
        Ok(())
    }
}

/// Whether an update that is refused may look wrong only because of what this node lacks.
fn is_doubtful(admission: &Result<Admission, Refusal>, runs_ahead: bool) -> bool {
    match admission {
        // Client ids of others, and so many of them, it may bring along from another node.
        Err(Refusal::Forbidden { .. } | Refusal::TooLarge(Limit::RoomClients)) => true,
        // What waits here may be forged, and the log hold something else under its clocks.
        Err(Refusal::Malformed(_)) => runs_ahead,
        _ => false,
    }
}

/// What on the board a refused update would have changed.
fn place_of(refusal: &Refusal) -> Option<RefusedPlace> {
    let Refusal::Forbidden { path, .. } = refusal else {
        return None;
    };
    let mut path = path.iter();
    let root = path.next()?.clone();
    let id = path.next().cloned();
    Some(RefusedPlace { root, id })
}

/// A state vector as yrs may read it, which takes memory by the count that one claims: written
/// anew. Whoever names far more clients than the room of so many knows is told all of it, as
/// reading what they name would cost more.
fn read_vector(vector: &[u8], clients: usize) -> Result<Bytes, Refusal> {
    let most = UNKNOWN_CLIENTS + 2 * clients;
    if StateVector::claimed(vector)? > most {
        return Ok(Bytes::from_static(&NOTHING));
    }
    StateVector::read(vector).map(|vector| Bytes::from(vector.encode()))
}

fn code_of(refusal: &Refusal) -> CloseCode {
    match refusal {
        Refusal::TooLarge(_) => CloseCode::TooLarge,
        Refusal::Forbidden { .. } => CloseCode::Forbidden,
        Refusal::Malformed(_) | Refusal::Missing => CloseCode::Malformed,
    }
}
