//! Who is in the room, and what each is told and promised.

use std::collections::{BTreeMap, VecDeque};

use hartslag_protocol::ids::{ConnectionId, ParticipantId, RoundId};
use hartslag_protocol::limits::{PARTICIPANT_CONNECTIONS, ROOM_CONNECTIONS};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::message::{ClientMessage, RefusalReason, ServerMessage};
use hartslag_protocol::workshop::event::Participant;
use hartslag_protocol::workshop::{Role, RoundStatus};

use super::appending::Position;
use super::doubts::{Held, Lacks};
use super::event::{Audience, Effect};
use super::handle::Dialect;
use super::rights::Earlier;
use super::state::RoomState;
use crate::log::Milliseconds;
use crate::network::Network;

/// What one member may be promised while the store does not answer.
const PROMISES: usize = 20_000;

/// Something that a member is told once everything queued before it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// `stored` up to this message.
    Stored(u64),
    /// `barrierReached`.
    Barrier(u32),
}

/// One connection, as the rules see it.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) participant: ParticipantId,
    pub(super) role: Role,
    pub(super) network: Network,
    pub(super) earlier_roles: Earlier<Role>,
    pub(super) dialect: Dialect,
    /// Messages with an update that came from it (W6).
    pub(super) counted: u64,
    /// It sent something that builds on what the room lacks; until its next step 2 nothing is
    /// acknowledged to it.
    pub(super) has_gap: bool,
    /// Times in a row that it was asked for what is missing (W7).
    pub(super) asked: u32,
    pub(super) greeted: bool,
    /// It said anew what it has: it may have dropped what it sent, and is shown that too.
    pub(super) starts_over: bool,
    pub(super) promises: VecDeque<(Position, Promise)>,
}

impl Joined {
    /// All that was missing came: what builds on it can be told apart from a client that never
    /// answers (W7).
    pub(super) fn close_gap(&mut self) {
        self.has_gap = false;
        self.asked = 0;
    }
}

impl RoomState {
    pub(super) fn connected(
        &mut self,
        connection: ConnectionId,
        (participant, role): (ParticipantId, Role),
        network: Network,
        dialect: Dialect,
    ) {
        if self.workshop.dismissals.has(participant) {
            self.close(connection, CloseCode::Unauthorised);
            return;
        }
        let same = |member: &&Joined| member.participant == participant;
        let own = self.members.values().filter(same).count();
        let known = self.workshop.participants.get(&participant).cloned();
        let role = known.as_ref().map_or(role, |known| known.role);
        if own >= PARTICIPANT_CONNECTIONS || !self.has_place(participant, own, role) {
            self.close(connection, CloseCode::TooMany);
            return;
        }
        let was_present = self.is_present(participant);
        let joined = Joined {
            participant,
            role,
            network,
            earlier_roles: Earlier::default(),
            dialect,
            counted: 0,
            has_gap: false,
            asked: 0,
            greeted: false,
            starts_over: false,
            promises: VecDeque::new(),
        };
        self.members.insert(connection, joined);
        self.alone_since = None;
        if own == 0 {
            self.people_changed();
        }
        if dialect == Dialect::Hartslag {
            self.welcome(connection, participant, role);
        }
        if let Some(participant) = known.filter(|_| !was_present) {
            let audience = Audience::EveryoneBut(participant.id);
            self.send_all(ServerMessage::ParticipantArrived { participant }, audience);
        }
    }

    /// Whether there is a place for one more connection. In a full room who has most connections
    /// gives one up to who has fewer, and a coach is always let in: else one person with some
    /// devices would keep everyone else out.
    fn has_place(&mut self, participant: ParticipantId, own: usize, role: Role) -> bool {
        if self.members.len() < ROOM_CONNECTIONS {
            return true;
        }
        let mut counts = BTreeMap::new();
        for member in self.members.values() {
            *counts.entry(member.participant).or_insert(0) += 1;
        }
        let others = self.members.iter();
        let others = others.filter(|(_, member)| member.participant != participant);
        let may_take = |member: &Joined| {
            let has_more = counts[&member.participant] > own + 1;
            has_more || (role.may_steer() && !member.role.may_steer())
        };
        let gives = others
            .filter(|(_, member)| may_take(member))
            .max_by_key(|(_, member)| counts[&member.participant])
            .map(|(&connection, _)| connection);
        let Some(gives) = gives else {
            return false;
        };
        self.close(gives, CloseCode::TooMany);
        self.left(gives, self.now);
        true
    }

    fn welcome(&mut self, to: ConnectionId, participant: ParticipantId, role: Role) {
        let message = ServerMessage::Welcome {
            room: self.room,
            epoch: self.epoch,
            build: self.build.to_string(),
            participant,
            role,
            participants: self.present(),
            rounds: self.workshop.rounds.iter().map(|it| it.public()).collect(),
            timer: self.workshop.timer(self.shared_now),
            board_mode: self.workshop.board_mode,
        };
        self.effects.push(Effect::Send { to, message });
        if !self.is_saving {
            let message = ServerMessage::Saving { available: false };
            self.effects.push(Effect::Send { to, message });
        }
        let open = self.workshop.current_round();
        if let Some(round) = open.filter(|round| round.status == RoundStatus::Open)
            && role.may_steer()
        {
            let round = round.id;
            self.effects.push(Effect::CountResponses { round });
        }
    }

    pub(super) fn left(&mut self, connection: ConnectionId, now: Milliseconds) {
        let Some(member) = self.members.remove(&connection) else {
            return;
        };
        self.presence.left(connection, now);
        self.doubts.left(connection);
        let participant = member.participant;
        if !self.is_connected_here(participant) {
            self.people_changed();
        }
        if !self.is_present(participant) {
            let message = ServerMessage::ParticipantLeft { participant };
            self.send_all(message, Audience::Everyone);
        }
        if self.members.is_empty() {
            self.alone_since = Some(now);
        }
    }

    pub(super) fn text(&mut self, from: ConnectionId, text: &str) {
        let Some(member) = self.members.get(&from) else {
            return;
        };
        if member.dialect == Dialect::Plain {
            self.close(from, CloseCode::Malformed);
            return;
        }
        match serde_json::from_str(text) {
            Ok(ClientMessage::Barrier { .. }) if member.promises.len() >= PROMISES => {
                self.close(from, CloseCode::TooMany);
            }
            Ok(ClientMessage::Barrier { id }) if self.doubts.holds(from) => {
                self.hold(from, Held::Barrier { id }, Lacks::Read);
            }
            Ok(ClientMessage::Barrier { id }) => self.promise_barrier(from, id),
            Err(_unknown) => {
                let message = ServerMessage::Refused {
                    message: None,
                    reason: RefusalReason::UnknownMessage,
                    place: None,
                };
                self.effects.push(Effect::Send { to: from, message });
            }
        }
    }

    /// Promises `barrierReached` once all that is queued is durable.
    pub(super) fn promise_barrier(&mut self, to: ConnectionId, id: u32) {
        let queued = self.appending.queued();
        if let Some(member) = self.members.get_mut(&to) {
            member.promises.push_back((queued, Promise::Barrier(id)));
            self.may_keep_promises = true;
        }
    }

    /// Tells members what they were promised, as far as everything before it is durable.
    pub(super) fn keep_promises(&mut self) {
        // Most events promise nothing and make nothing durable; a room has hundreds of members.
        if !std::mem::take(&mut self.may_keep_promises) {
            return;
        }
        for (&to, member) in &mut self.members {
            let mut stored = None;
            while let Some((_, promise)) = member
                .promises
                .pop_front_if(|(position, _)| *position <= self.done)
            {
                match promise {
                    Promise::Stored(up_to) => stored = Some(up_to),
                    Promise::Barrier(id) => {
                        push_stored(&mut self.effects, to, member.dialect, stored.take());
                        let message = ServerMessage::BarrierReached { id };
                        self.effects.push(Effect::Send { to, message });
                    }
                }
            }
            push_stored(&mut self.effects, to, member.dialect, stored);
        }
    }

    /// A number and nothing more, and that to coaches only (R6).
    pub(super) fn tell_coaches(&mut self, round: RoundId, by: &[ParticipantId]) {
        let are_in = |it: &&ParticipantId| self.workshop.participants.contains_key(it);
        let answered = by.iter().filter(are_in).count() as u64;
        for (&to, member) in &self.members {
            if member.role.may_steer() && member.dialect == Dialect::Hartslag {
                let message = ServerMessage::RoundProgress { round, answered };
                self.effects.push(Effect::Send { to, message });
            }
        }
    }

    /// Whether the participant is connected, to whatever node.
    pub(super) fn is_present(&self, participant: ParticipantId) -> bool {
        let mut neighbours = self.neighbours.iter();
        self.is_connected_here(participant) || neighbours.any(|it| it.has(participant))
    }

    fn is_connected_here(&self, participant: ParticipantId) -> bool {
        let mut members = self.members.values();
        members.any(|member| member.participant == participant)
    }

    fn people_changed(&mut self) {
        if let Some(neighbours) = &mut self.neighbours {
            neighbours.people_changed();
        }
    }

    pub(super) fn present(&self) -> Vec<Participant> {
        let known = |id| self.workshop.participants.get(id).cloned();
        self.here().iter().filter_map(known).collect()
    }

    pub(super) fn participant_changed(&mut self, id: ParticipantId) {
        let Some(participant) = self.workshop.participants.get(&id).cloned() else {
            return;
        };
        for member in self.members.values_mut() {
            if member.participant == id && member.role != participant.role {
                member.earlier_roles.ended(member.role, self.now);
                member.role = participant.role;
            }
        }
        if self.is_present(id) {
            let message = ServerMessage::ParticipantArrived { participant };
            self.send_all(message, Audience::Everyone);
        }
    }
}

fn push_stored(effects: &mut Vec<Effect>, to: ConnectionId, dialect: Dialect, stored: Option<u64>) {
    if let Some(up_to) = stored.filter(|_| dialect == Dialect::Hartslag) {
        let message = ServerMessage::Stored { up_to };
        effects.push(Effect::Send { to, message });
    }
}
