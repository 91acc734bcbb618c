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
use super::document::Poisoned;
use super::doubts::Held;
use super::event::{Effect, Tally};
use super::handle::Dialect;
use super::members::Promise;
use super::outbox::Version;
use super::rights::Rights;
use super::state::RoomState;
use crate::log::{EntryKind, Milliseconds};

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
        // yrs takes memory by the count that a state vector claims: it gets one written anew.
        let vector = match StateVector::read(vector) {
            Ok(vector) => Bytes::from(vector.encode()),
            Err(refusal) => {
                self.close(from, code_of(&refusal));
                return Ok(());
            }
        };
        let is_first = !std::mem::replace(&mut member.greeted, true);
        member.starts_over |= !is_first;
        let has_gap = member.has_gap;
        self.show()?;
        let frame = self.document.step2(&vector)?;
        if is_first {
            let mut frames = vec![frame, self.question()?];
            frames.extend_from_slice(self.presence.everyone());
            self.effects.push(Effect::Opening { to: from, frames });
            return Ok(());
        }
        self.effects.push(Effect::Answer { to: from, frame });
        if has_gap {
            // It may have dropped what it was asked for, and starts anew.
            self.ask_for_missing(from)?;
        }
        Ok(())
    }

    fn update(
        &mut self,
        from: ConnectionId,
        update: &[u8],
        is_step2: bool,
        now: Milliseconds,
    ) -> Result<(), Poisoned> {
        if self.doubts.holds(from) {
            self.hold_update(from, update, is_step2, now);
            return Ok(());
        }
        self.judge(from, update, is_step2, now, false)
    }

    fn hold_update(&mut self, from: ConnectionId, update: &[u8], is_step2: bool, at: Milliseconds) {
        let update = Bytes::copy_from_slice(update);
        let held = Held::Update {
            update,
            is_step2,
            at,
        };
        self.hold(from, held);
    }

    /// Admits an update or says why not. What may look wrong only because another node is ahead
    /// is refused by who `is_sure` to know all of the log.
    pub(super) fn judge(
        &mut self,
        from: ConnectionId,
        update: &[u8],
        is_step2: bool,
        now: Milliseconds,
        is_sure: bool,
    ) -> Result<(), Poisoned> {
        self.mend_gate(now);
        let Some(member) = self.members.get(&from) else {
            return Ok(());
        };
        let rights = Rights::of(member, self, now);
        let Some(member) = self.members.get_mut(&from) else {
            return Ok(());
        };
        let mut denial = None;
        let mut allow = |touch: &Touch<'_>| {
            denial = rights.weigh(touch).err();
            denial.is_none()
        };
        let participant = member.participant;
        let mut signing = self.signatures.of(participant, &self.presence, now);
        let mut sign = |signature| signing.sign(signature);
        let admission = self.gate.admit_signed(update, &mut sign, &mut allow);
        let signed = signing.signed();
        let runs_ahead = self.appending.queued() > self.done;
        if !is_sure && is_doubtful(&admission, runs_ahead) {
            self.hold_update(from, update, is_step2, now);
            return Ok(());
        }
        member.counted += 1;
        match admission {
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
                let draft = Draft {
                    kind: EntryKind::Update,
                    writer: Some(participant),
                    at: now,
                    bytes: Bytes::from(update),
                    author: Some(from),
                    ticket: None,
                    work,
                };
                self.queue_update(draft, participant, &signed);
            }
            Err(Refusal::Missing) => return self.missing(from, is_step2),
            Err(refusal) => {
                // A step 2 holds all that was missing, and all of it is answered by this.
                if is_step2 {
                    member.close_gap();
                }
                self.refuse(from, &refusal, denial);
            }
        }
        Ok(())
    }

    fn queue_update(&mut self, draft: Draft, by: ParticipantId, signed: &[Signature]) {
        let Draft {
            author, at, work, ..
        } = draft;
        self.appending.push(draft);
        let position = self.appending.queued();
        self.signatures.expect(by, signed, position, at);
        self.effects.push(Effect::Count(Tally::Admitted));
        let Some(from) = author else {
            return;
        };
        self.promise_stored(from);
        if !self.efforts.allow(by, work, at) {
            self.close(from, CloseCode::TooMany);
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

fn code_of(refusal: &Refusal) -> CloseCode {
    match refusal {
        Refusal::TooLarge(_) => CloseCode::TooLarge,
        Refusal::Forbidden { .. } => CloseCode::Forbidden,
        Refusal::Malformed(_) | Refusal::Missing => CloseCode::Malformed,
    }
}
