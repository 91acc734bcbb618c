//! What the rules of a node want done, done as its task does it, and checked on the way.

use bytes::Bytes;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::frame::{self, Message};
use hartslag_protocol::wire::message::ServerMessage;

use super::content::Content;
use super::node::{Inbound, Link, Sent, Work};
use super::world::World;
use super::{Checked, ensure};
use crate::room::event::{Audience, Effect, Event};
use crate::room::handle::Dialect;
use crate::room::outbox::Outgoing;

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
            self.note(|| format!("    node {at}: {}", brief(&effect)));
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
            Effect::Follow { connection } => {
                self.with(at, connection, |link| link.follows = true);
            }
            Effect::Document {
                frame,
                base,
                except,
            } => {
                self.check_shown(&frame)?;
                for (connection, link) in &self.nodes[at].links {
                    if link.follows && Some(*connection) != except {
                        link.outbox.push_document(frame.clone(), &base);
                    }
                }
            }
            Effect::Difference { to, frame } => {
                self.check_shown(&frame)?;
                self.with(at, to, |link| link.outbox.push_difference(frame));
            }
            Effect::Close { connection, code } => {
                let is_honest = self.nodes[at].links.contains_key(&connection);
                let is_final = code == CloseCode::Malformed || code == CloseCode::Forbidden;
                ensure!(
                    !(is_honest && is_final),
                    "an honest member is closed: {}",
                    code.reason()
                );
                self.with(at, connection, |link| link.outbox.close(code));
            }
            Effect::Append { entries, .. } => {
                ensure!(self.nodes[at].append.is_none(), "two appends in flight");
                ensure!(!entries.is_empty(), "an empty append");
                self.nodes[at].append = Work::Asked(entries);
            }
            Effect::Read { after } => {
                ensure!(self.nodes[at].read.is_none(), "two reads in flight");
                self.nodes[at].read = Work::Asked(after);
            }
            Effect::Tell { bytes } => self.tell_nodes(&bytes),
            Effect::Recorded { ticket } => self.check_recorded(at, ticket)?,
            Effect::Snapshot => self.take_snapshot(at)?,
            Effect::Rest => {
                let is_empty = self.nodes[at].links.is_empty();
                if is_empty && self.nodes[at].append.is_none() {
                    self.leave_memory(at, CloseCode::Restart);
                }
            }
            Effect::Abandon { code } => {
                return Err(format!("node {at} abandons the room: {}", code.reason()));
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
        {
            let taken = room.snapshot();
            node.save = Work::Asked(taken.map_err(|_poisoned| "a snapshot panicked")?);
        }
        Ok(())
    }

    /// The node drops the room, and everyone in it is closed.
    pub(super) fn leave_memory(&mut self, at: usize, code: CloseCode) {
        self.say_goodbye(at);
        let node = &mut self.nodes[at];
        node.room = None;
        node.read = Work::None;
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
        let text = Outgoing::Text(serde_json::to_string(message).unwrap_or_default());
        self.with(at, to, |link| match message {
            ServerMessage::Welcome { .. } => link.outbox.push_welcome(text),
            _ => link.outbox.push(text),
        });
    }

    fn send_all(&mut self, at: usize, message: &ServerMessage, audience: Audience) -> Checked {
        if let ServerMessage::RoundChanged { round } = message {
            let known = self.log.truth.workshop.round(round.id);
            ensure!(
                known.is_some_and(|known| known.status >= round.status),
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

    /// W5: what is shown is durable.
    fn check_shown(&self, shown: &Bytes) -> Checked {
        let messages = frame::read_frame(shown).map_err(|_malformed| "a frame is malformed")?;
        ensure!(messages.len() == 1, "W1: one message per outbound frame");
        for message in messages {
            if let Message::SyncStep2(update) | Message::Update(update) = message {
                let beyond = Content::of(update)?.beyond(&self.log.truth.content);
                if let Some(lacking) = beyond {
                    return Err(format!("W5: shown before it is durable: {lacking}"));
                }
            }
        }
        Ok(())
    }

    /// W6: what is said to be stored is durable.
    fn check_told(&mut self, at: usize, to: ConnectionId, message: &ServerMessage) -> Checked {
        let Some(link) = self.nodes[at].links.get_mut(&to) else {
            return Ok(());
        };
        match message {
            ServerMessage::Stored { up_to } => {
                let up_to = usize::try_from(*up_to).unwrap_or(usize::MAX);
                ensure!(up_to <= link.sent.len(), "W6: stored what was never sent");
                ensure!(up_to >= link.stored, "W6: stored goes back");
                for sent in &link.sent[link.stored..up_to] {
                    let beyond = sent.content.beyond(&self.log.truth.content);
                    if let Some(lacking) = beyond.filter(|_| !sent.refused) {
                        return Err(format!("W6: told as stored and is not: {lacking}"));
                    }
                }
                link.stored = up_to;
            }
            ServerMessage::BarrierReached { id } => {
                let before = link.barriers[*id as usize];
                // What builds on something missing is handled by asking for that.
                ensure!(
                    link.stored >= before || link.asked > 1,
                    "M4: a barrier is reached before {before} messages are stored"
                );
            }
            ServerMessage::Refused { reason, .. } => {
                return Err(format!("an honest member is refused: {reason}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn check_recorded(&mut self, at: usize, ticket: u64) -> Checked {
        let node = &mut self.nodes[at];
        let order = node.orders.remove(&ticket);
        let event = order.ok_or("an order is carried out twice")?;
        let bytes = serde_json::to_vec(&event).unwrap_or_default();
        let is_kept = self.log.entries.iter().any(|entry| entry.bytes == bytes);
        ensure!(is_kept, "an order is answered before it is durable");
        self.recorded.push(event);
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
    pub(super) fn submit(
        &mut self,
        member: usize,
        frame: Vec<u8>,
        update: Option<&[u8]>,
    ) -> Checked {
        let content = update.map(Content::of).transpose()?;
        let Some(place) = self.members[member].place else {
            return Ok(());
        };
        if let Some(link) = self.nodes[place.node].links.get_mut(&place.connection) {
            link.inbound.push_back(Inbound::Frame(frame.into()));
            link.sent.extend(content.map(|content| Sent {
                content,
                refused: false,
            }));
        }
        Ok(())
    }
}

fn brief(effect: &Effect) -> String {
    let text = format!("{effect:?}");
    text.chars().take(240).collect()
}
