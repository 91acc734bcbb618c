//! What members and their connections do.

use bytes::Bytes;
use futures_util::FutureExt;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::frame::{self, Message};
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::{BoardMode, Role};

use super::Checked;
use super::content::Content;
use super::edits;
use super::flaw::Flaw;
use super::member::Place;
use super::node::{Arrival, Inbound, Link};
use super::world::{Step, World};
use crate::network::Network;
use crate::room::event::Event;
use crate::room::handle::Dialect;
use crate::room::outbox::{Outbox, Outgoing};

/// More than an outbox holds of the document.
const FLOOD: usize = (1 << 20) + 1;

impl World {
    pub(super) fn act(&mut self, step: Step) -> Checked {
        match step {
            Step::Edit(member) => self.edit(member),
            Step::Diary(member) => {
                let update = self.members[member].write_diary();
                self.announce(member, update, BoardMode::Notes)
            }
            Step::Score(member) => {
                let it = &mut self.members[member];
                it.needs = BoardMode::Open;
                let update = edits::score(&it.doc, &mut self.chance);
                self.announce(member, update, BoardMode::Open)
            }
            Step::Undo(member) => {
                let update = self.members[member].undo(&mut self.chance);
                self.announce(member, update, BoardMode::Notes)
            }
            Step::Barrier(member) => {
                self.barrier(member);
                Ok(())
            }
            Step::Show(member) => {
                self.show_presence(member);
                Ok(())
            }
            Step::Join(member) => self.join(member),
            Step::Cut(member) => {
                self.cut(member);
                Ok(())
            }
            Step::LoseDevice(member) => {
                self.cut(member);
                self.members[member].start_anew();
                Ok(())
            }
            Step::Hand(at, connection) => match self.next_of(at, connection) {
                Some(event) => self.give(at, event),
                None => Ok(()),
            },
            Step::Deliver(at, connection) => self.deliver(at, connection),
            Step::Overflow(at, connection) => {
                self.overflow(at, connection);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn edit(&mut self, member: usize) -> Checked {
        let it = &self.members[member];
        let update = edits::edit(&it.doc, it.writer, &mut self.chance);
        self.announce(member, update, BoardMode::Notes)
    }

    /// Sends a change, as a client does that is connected; a `hartslag.v1` one after `welcome`.
    fn announce(&mut self, member: usize, update: Option<Vec<u8>>, needs: BoardMode) -> Checked {
        match update {
            Some(update) if self.members[member].may_send => {
                self.submit_update(member, frame::write_update(&update), &update, needs)
            }
            _ => Ok(()),
        }
    }

    /// Asks to hear when all that was sent is handled (M4).
    fn barrier(&mut self, member: usize) {
        let Some(place) = self.members[member].place else {
            return;
        };
        if let Some(link) = self.nodes[place.node].links.get_mut(&place.connection) {
            let id = link.barriers.len();
            link.barriers.push(link.sent.len());
            link.inbound.push_back(Inbound::Barrier(id));
        }
    }

    fn join(&mut self, member: usize) -> Checked {
        let up: Vec<_> = (0..self.nodes.len())
            .filter(|&at| self.nodes[at].runs())
            .collect();
        let Some(at) = self.chance.pick(&up) else {
            return Ok(());
        };
        let connection = ConnectionId::from_bytes(self.chance.bytes());
        let place = Place {
            node: at,
            connection,
        };
        let link = Link {
            member,
            outbox: Outbox::default(),
            follows: false,
            inbound: std::collections::VecDeque::new(),
            sent: Vec::new(),
            barriers: Vec::new(),
            asked: 0,
            stored: 0,
            refused: Content::default(),
            dropped: 0,
            is_cut: false,
        };
        self.nodes[at].links.insert(connection, link);
        let it = &mut self.members[member];
        it.place = Some(place);
        it.may_send = it.dialect == Dialect::Plain;
        it.has_started_over = false;
        let event = Event::Connected {
            connection,
            participant: it.writer.participant,
            role: Role::Observer,
            network: Network::HERE,
            dialect: it.dialect,
        };
        self.give(at, event)?;
        self.greet(member);
        Ok(())
    }

    /// Sync step 1, once the client may send.
    pub(super) fn greet(&mut self, member: usize) {
        if self.members[member].may_send {
            let vector = self.members[member].vector();
            self.submit(member, frame::write_step1(&vector));
        }
    }

    /// The member's transport is gone; some of what it sent still arrives, and the node learns
    /// of it then.
    fn cut(&mut self, member: usize) {
        let Some(place) = self.members[member].place.take() else {
            return;
        };
        let Some(link) = self.nodes[place.node].links.get_mut(&place.connection) else {
            return;
        };
        link.is_cut = true;
        self.members[member].may_send = false;
        let arriving = self.chance.below(link.inbound.len() + 1);
        link.inbound.truncate(arriving);
        link.inbound.push_back(Inbound::Left);
    }

    /// What the mailbox holds next of a connection.
    pub(super) fn next_of(&mut self, at: usize, connection: ConnectionId) -> Option<Event> {
        let node = &mut self.nodes[at];
        let link = node.links.get_mut(&connection)?;
        Some(match link.inbound.pop_front()? {
            Inbound::Frame(frame) => Event::Frame { connection, frame },
            Inbound::Update(frame, number) => {
                let sent = &mut link.sent[number];
                let beyond = sent.content.beyond(&self.log.truth.content);
                sent.arrival = Some(Arrival {
                    at: self.now,
                    was_known: beyond.is_none(),
                });
                Event::Frame { connection, frame }
            }
            Inbound::CaughtUp(base) => Event::CaughtUp { connection, base },
            Inbound::Barrier(id) => {
                let text = format!(r#"{{"type":"barrier","id":{id}}}"#);
                Event::Text { connection, text }
            }
            Inbound::Left => {
                node.links.remove(&connection);
                if self.log.flaw == Flaw::IgnoresLeaving {
                    return None;
                }
                Event::Left { connection }
            }
        })
    }

    pub(super) fn deliver(&mut self, at: usize, connection: ConnectionId) -> Checked {
        let Some(link) = self.nodes[at].links.get_mut(&connection) else {
            return Ok(());
        };
        let Some(batch) = link.outbox.take().now_or_never() else {
            return Ok(());
        };
        self.delivered += 1;
        let member = link.member;
        if let Some(base) = batch.behind {
            link.inbound.push_back(Inbound::CaughtUp(base));
        }
        if batch.close.is_some() {
            link.is_cut = true;
            link.inbound.clear();
            link.inbound.push_back(Inbound::Left);
        }
        for frame in batch.frames {
            match frame {
                Outgoing::Binary(frame) => self.reads_frame(member, &frame)?,
                Outgoing::Text(text) => {
                    let text = str::from_utf8(&text).map_err(|_invalid| "a text is no text")?;
                    self.reads_text(at, connection, member, text)?;
                }
            }
        }
        if let Some(code) = batch.close {
            self.lose_place(member, connection, code);
        }
        Ok(())
    }

    fn reads_frame(&mut self, member: usize, frame: &Bytes) -> Checked {
        let messages = frame::read_frame(frame).map_err(|_malformed| "a frame is malformed")?;
        for message in messages {
            match message {
                Message::SyncStep1(vector) => {
                    let update = self.members[member].missing_for(vector)?;
                    let needs = self.members[member].needs;
                    self.submit_update(member, frame::write_step2(&update), &update, needs)?;
                }
                Message::SyncStep2(update) => {
                    self.promised.add(&Content::of(update)?);
                    self.members[member].apply(update)?;
                    self.members[member].synced = true;
                }
                Message::Update(update) => {
                    self.promised.add(&Content::of(update)?);
                    self.members[member].apply(update)?;
                }
                Message::Awareness(payload) => self.check_states(payload)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn reads_text(
        &mut self,
        at: usize,
        connection: ConnectionId,
        member: usize,
        text: &str,
    ) -> Checked {
        let message = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let rounds = match message {
            ServerMessage::Welcome {
                rounds, board_mode, ..
            } => {
                self.members[member].may_send = true;
                self.members[member].mode = board_mode;
                self.members[member].rounds.clear();
                self.greet(member);
                rounds
            }
            ServerMessage::RoundChanged { round } => vec![round],
            ServerMessage::Stored { up_to } => {
                let up_to = usize::try_from(up_to).unwrap_or(usize::MAX);
                if let Some(link) = self.nodes[at].links.get(&connection) {
                    for sent in link.sent.iter().take(up_to).filter(|sent| !sent.refused) {
                        self.promised.add(&sent.content);
                    }
                }
                Vec::new()
            }
            ServerMessage::BoardMode { mode } => {
                self.members[member].mode = mode;
                Vec::new()
            }
            ServerMessage::Refused { message, .. } => {
                self.hears_refusal(at, connection, message);
                Vec::new()
            }
            _ => Vec::new(),
        };
        for round in rounds {
            let known = &mut self.members[member].rounds;
            known.insert(round.id, round.status);
        }
        Ok(())
    }

    /// The member reads so slowly that its outbox runs over.
    fn overflow(&mut self, at: usize, connection: ConnectionId) {
        let node = &mut self.nodes[at];
        if let (Some(room), Some(link)) = (&mut node.room, node.links.get(&connection))
            && link.follows
        {
            let base = room.document.version();
            link.outbox.push_document(vec![0; FLOOD].into(), base);
        }
    }
}
