//! What the rules of a node want done, done as its task does it, and checked on the way.

use bytes::Bytes;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::BoardMode;

use super::content::Content;
use super::node::{Inbound, Link, Saving, Sent, Work};
use super::world::World;
use super::{Checked, ensure};
use crate::room::event::{Audience, Effect, Event};
use crate::room::handle::Dialect;
use crate::room::outbox::Outgoing;
use crate::room::state::RoomState;

impl World {
    /// Hands an event to the rules of a node that holds the room.
    pub(super) fn give(&mut self, at: usize, event: Event) -> Checked {
        self.give_all(at, [event])
    }

    /// Hands events that came together to the rules.
    pub(super) fn give_all(
        &mut self,
        at: usize,
        events: impl IntoIterator<Item = Event>,
    ) -> Checked {
        let now = self.now;
        let Some(room) = &mut self.nodes[at].room else {
            return Ok(());
        };
        let effects = room.receive_all(events, now);
        for effect in effects {
            self.note(|| format!("    node {at}: {effect:?}"));
            self.perform(at, effect)?;
        }
        Ok(())
    }

    fn perform(&mut self, at: usize, effect: Effect) -> Checked {
        match effect {
            Effect::Send { to, message } => {
                self.check_told(at, to, &message)?;
                self.send(at, to, &message);
            }
            Effect::SendAll { message, audience } => self.send_all(at, &message, audience)?,
            Effect::Answer { to, frame } => self.answer(at, to, frame)?,
            Effect::Opening { to, frames } => {
                for frame in &frames {
                    self.check_shown(frame)?;
                }
                self.with(at, to, |link| {
                    link.follows = true;
                    link.asked += 1;
                    link.outbox
                        .push_opening(frames.into_iter().map(Outgoing::Binary));
                });
            }
            Effect::Document {
                frame,
                base,
                except,
            } => {
                self.check_shown(&frame)?;
                for (connection, link) in &self.nodes[at].links {
                    if link.follows && Some(*connection) != except {
                        link.outbox.push_document(frame.clone(), base);
                    }
                }
            }
            Effect::Difference { to, frame } => {
                self.check_shown(&frame)?;
                self.with(at, to, |link| link.outbox.push_difference(frame));
            }
            Effect::Close { connection, code } => {
                self.check_close(at, connection, code)?;
                self.with(at, connection, |link| link.outbox.close(code));
            }
            Effect::Append { .. }
            | Effect::Read { .. }
            | Effect::Verify
            | Effect::Recover
            | Effect::Snapshot
            | Effect::Rest => self.ask(at, effect)?,
            Effect::Tell { bytes } => self.tell_nodes(&bytes),
            Effect::Recorded { ticket } => self.check_recorded(at, ticket)?,
            Effect::Abandon { code } => {
                return Err(format!("node {at} abandons the room: {}", code.reason()));
            }
            _ => {}
        }
        Ok(())
    }

    /// What it wants of its store.
    fn ask(&mut self, at: usize, effect: Effect) -> Checked {
        match effect {
            Effect::Append { known, entries } => {
                ensure!(self.nodes[at].append.is_none(), "two appends in flight");
                ensure!(!entries.is_empty(), "an empty append");
                self.check_rights(at, &entries)?;
                self.nodes[at].append = Work::Asked((known, entries));
            }
            Effect::Verify if self.plan.looks => {
                let node = &mut self.nodes[at];
                node.looks.extend(node.room.as_ref().map(RoomState::known));
            }
            Effect::Recover => {
                ensure!(self.nodes[at].recovery.is_none(), "two recoveries");
                self.nodes[at].recovery = Work::Asked(());
            }
            Effect::Read { after } => {
                ensure!(self.nodes[at].read.is_none(), "two reads in flight");
                let room = self.nodes[at].room.as_ref();
                let overlaps = room.is_some_and(|room| after < room.applied);
                self.nodes[at].read = Work::Asked((after, overlaps));
            }
            Effect::Snapshot => self.take_snapshot(at)?,
            Effect::Rest => {
                let is_empty = self.nodes[at].links.is_empty();
                if is_empty && self.nodes[at].append.is_none() {
                    self.leave_memory(at, CloseCode::Restart);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn answer(&mut self, at: usize, to: ConnectionId, frame: Bytes) -> Checked {
        self.check_shown(&frame)?;
        self.with(at, to, |link| {
            link.asked += usize::from(frame.starts_with(&[0, 0]));
            link.outbox.push_answer(frame);
        });
        Ok(())
    }

    pub(super) fn take_snapshot(&mut self, at: usize) -> Checked {
        let node = &mut self.nodes[at];
        if let Some(room) = &mut node.room
            && node.save.is_none()
            && room.may_be_kept()
        {
            let taken = room.snapshot();
            let (expected, snapshot) = taken.map_err(|_poisoned| "a snapshot panicked")?;
            let saving = Saving {
                expected,
                snapshot,
                known: room.known(),
            };
            node.save = Work::Asked(saving.clone());
            self.note(|| format!("    node {at} saves {saving:?}"));
        }
        Ok(())
    }

    /// The node drops the room, and everyone in it is closed.
    pub(super) fn leave_memory(&mut self, at: usize, code: CloseCode) {
        self.say_goodbye(at);
        let node = &mut self.nodes[at];
        node.room = None;
        node.read = Work::None;
        node.recovery = Work::None;
        node.looks.clear();
        node.orders.clear();
        node.hints.clear();
        node.told.clear();
        node.forger = None;
        if let Some(entries) = node.append.take_request() {
            self.late_appends.push(entries);
        }
        let node = &mut self.nodes[at];
        node.append = Work::None;
        if let Some(save) = node.save.take_request() {
            self.late_saves.push(save);
        }
        let node = &mut self.nodes[at];
        node.save = Work::None;
        for (connection, link) in std::mem::take(&mut node.links) {
            if !link.is_cut {
                self.lose_place(link.member, connection, code);
            }
        }
    }

    fn with(&mut self, at: usize, to: ConnectionId, act: impl FnOnce(&mut Link)) {
        if let Some(link) = self.nodes[at].links.get_mut(&to) {
            act(link);
        }
    }

    fn send(&mut self, at: usize, to: ConnectionId, message: &ServerMessage) {
        let text = serde_json::to_vec(message).unwrap_or_default();
        let text = Outgoing::Text(text.into());
        self.with(at, to, |link| match message {
            ServerMessage::Welcome { .. } => link.outbox.push_opening([text]),
            _ => link.outbox.push(text),
        });
    }

    fn send_all(&mut self, at: usize, message: &ServerMessage, audience: Audience) -> Checked {
        if let ServerMessage::BoardMode { mode } = message {
            let since = (self.now, *mode);
            self.nodes[at].modes.push(since);
        }
        if let ServerMessage::RoundChanged { round } = message {
            let known = self.log.truth.workshop.round(round.id);
            ensure!(
                known.is_some_and(|known| known.status >= round.status) || self.has_gone_back(),
                "a round is shown as {:?} before that is durable",
                round.status
            );
        }
        let hears: Vec<_> = self.nodes[at]
            .links
            .iter()
            .filter(|(_, link)| {
                let member = &self.members[link.member];
                let addressed = match audience {
                    Audience::Everyone => true,
                    Audience::EveryoneBut(other) => member.writer.participant != other,
                };
                addressed && member.dialect == Dialect::Hartslag
            })
            .map(|(&connection, _)| connection)
            .collect();
        for connection in hears {
            self.send(at, connection, message);
        }
        Ok(())
    }

    /// A member learns that its connection is gone.
    pub(super) fn lose_place(&mut self, member: usize, connection: ConnectionId, code: CloseCode) {
        let member = &mut self.members[member];
        if member.place.is_some_and(|it| it.connection == connection) {
            member.place = None;
            member.may_send = false;
            if code == CloseCode::Epoch || code == CloseCode::Forbidden {
                member.start_anew();
            }
        }
    }

    /// What a member sends on its connection.
    pub(super) fn submit(&mut self, member: usize, frame: Vec<u8>) {
        self.note(|| format!("    member {member} sends {frame:?}"));
        if let Some(link) = self.link_of(member) {
            link.inbound.push_back(Inbound::Frame(frame.into()));
        }
    }

    /// The same for a message with an update.
    pub(super) fn submit_update(
        &mut self,
        member: usize,
        frame: Vec<u8>,
        update: &[u8],
        needs: BoardMode,
    ) -> Checked {
        let content = Content::of(update)?;
        self.note(|| format!("    member {member} sends {frame:?}"));
        if let Some(link) = self.link_of(member) {
            let number = link.sent.len();
            link.inbound
                .push_back(Inbound::Update(frame.into(), number));
            link.sent.push(Sent {
                content,
                needs,
                refused: false,
                arrival: None,
            });
        }
        Ok(())
    }

    fn link_of(&mut self, member: usize) -> Option<&mut Link> {
        let place = self.members[member].place?;
        self.nodes[place.node].links.get_mut(&place.connection)
    }
}
