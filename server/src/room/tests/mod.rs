//! The rules of a room, by calling them: no runtime, no store, no sockets.

mod clock;
mod costs;
mod crowds;
mod damage;
mod durability;
mod members;
mod memory;
mod neighbours;
mod nodes;
mod opening;
mod people;
mod regression;
mod rights;
mod rounds;
mod sessions;
mod timer;
mod turns;
mod updates;
mod voting;

use bytes::Bytes;
use hartslag_protocol::ids::{ConnectionId, ParticipantId, RoomId};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::frame;
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::{Role, WorkshopEvent};
use yrs::updates::decoder::Decode;
use yrs::{Doc, Map, MapRef, ReadTxn, StateVector, Transact, Update};

use super::appending::PACE;
use super::event::{Effect, Event};
use super::handle::Dialect;
use super::snapshot;
use super::state::RoomState;
use crate::log::{Entry, Milliseconds, NewEntry, Sequence, Snapshot};
use crate::network::Network;

/// A room, with the log that its effects go to.
struct Desk {
    state: RoomState,
    log: Vec<Entry>,
    in_flight: Vec<NewEntry>,
    /// For other nodes, and not passed on yet.
    tells: Vec<Bytes>,
    now: Milliseconds,
}

impl Desk {
    fn new() -> Self {
        Self::of_node(1)
    }

    fn of_node(node: u8) -> Self {
        let snapshot = Snapshot {
            upto: 0,
            bytes: snapshot::initial(&[0, 0]),
        };
        let room = RoomId::from_bytes([7; 16]);
        Self {
            state: RoomState::restore(room, 1, &snapshot, [node; 8], 0).unwrap(),
            log: Vec::new(),
            in_flight: Vec::new(),
            tells: Vec::new(),
            now: 1_000,
        }
    }

    fn receive(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.state.receive(event, self.now);
        for effect in &effects {
            if let Effect::Append { entries, .. } = effect {
                assert!(self.in_flight.is_empty(), "two appends in flight");
                self.in_flight.clone_from(entries);
            }
            if let Effect::Tell { bytes } = effect {
                self.tells.push(bytes.clone());
            }
        }
        effects
    }

    /// Someone who is admitted, connects and says to have nothing.
    fn join(&mut self, role: Role, dialect: Dialect) -> ConnectionId {
        let participant = ParticipantId::generate();
        self.record(WorkshopEvent::ParticipantAdmitted {
            participant,
            name: "Noor".into(),
            municipality: "Duinrade".into(),
            role,
        });
        self.connect(participant, dialect)
    }

    fn connect(&mut self, participant: ParticipantId, dialect: Dialect) -> ConnectionId {
        let connection = ConnectionId::generate();
        self.receive(Event::Connected {
            connection,
            participant,
            role: Role::Observer,
            network: Network::HERE,
            dialect,
        });
        self.frame(connection, frame::write_step1(&[0]));
        connection
    }

    fn frame(&mut self, connection: ConnectionId, frame: Vec<u8>) -> Vec<Effect> {
        let frame = Bytes::from(frame);
        self.receive(Event::Frame { connection, frame })
    }

    fn update(&mut self, connection: ConnectionId, update: &[u8]) -> Vec<Effect> {
        self.frame(connection, frame::write_update(update))
    }

    /// Sends an update that seems to exceed rights, and answers that the log has no more.
    fn doubtful_update(&mut self, connection: ConnectionId, update: &[u8]) -> Vec<Effect> {
        let mut effects = self.update(connection, update);
        assert!(
            told(&effects, connection).is_empty() && closed(&effects, connection).is_none(),
            "it is judged before the log was read"
        );
        let reads = |effect: &Effect| matches!(effect, Effect::Read { .. });
        if effects.iter().any(reads) {
            let entries = Vec::new();
            effects.extend(self.receive(Event::Read { entries }));
        }
        effects
    }

    /// Makes the append in flight durable, and lets a moment pass, so that the next one goes.
    fn store(&mut self) -> Vec<Effect> {
        let mut sequences = Vec::new();
        for entry in std::mem::take(&mut self.in_flight) {
            let sequence = self.log.len() as Sequence + 1;
            sequences.push(sequence);
            self.log.push(Entry {
                sequence,
                key: entry.key,
                kind: entry.kind,
                writer: entry.writer,
                at: entry.at,
                bytes: entry.bytes,
            });
        }
        let mut effects = self.receive(Event::Appended { sequences });
        self.now += PACE;
        effects.extend(self.receive(Event::Tick));
        effects
    }

    /// Appends an event and makes it durable.
    fn record(&mut self, event: WorkshopEvent) -> Vec<Effect> {
        self.receive(Event::Record {
            event,
            writer: None,
            ticket: 1,
        });
        self.store()
    }

    fn title(&mut self) -> String {
        self.state.overview(self.now).unwrap().title
    }
}

/// A client's own document.
struct Replica {
    doc: Doc,
    board: MapRef,
}

impl Replica {
    fn new() -> Self {
        Self::with(Doc::new())
    }

    /// A forged client takes the id of another.
    fn of_client(id: u64) -> Self {
        Self::with(Doc::with_client_id(id))
    }

    fn with(doc: Doc) -> Self {
        let board = doc.get_or_insert_map("board");
        Self { doc, board }
    }

    /// Sets the title and returns only that change.
    fn set_title(&self, title: &str) -> Vec<u8> {
        self.set("title", title)
    }

    /// Sets a field of the board and returns only that change.
    fn set(&self, field: &str, value: &str) -> Vec<u8> {
        let before = self.doc.transact().state_vector();
        self.board
            .insert(&mut self.doc.transact_mut(), field, value);
        self.doc.transact().encode_state_as_update_v1(&before)
    }

    fn everything(&self) -> Vec<u8> {
        self.doc
            .transact()
            .encode_state_as_update_v1(&StateVector::default())
    }

    fn apply(&self, update: &[u8]) {
        let update = Update::decode_v1(update).unwrap();
        self.doc.transact_mut().apply_update(update).unwrap();
    }
}

/// Who sees a change of the document.
#[derive(Debug, PartialEq)]
enum Shown {
    Nobody,
    Everyone,
    EveryoneBut(ConnectionId),
}

fn shown(effects: &[Effect]) -> Shown {
    let except = effects.iter().find_map(|effect| match effect {
        Effect::Document { except, .. } => Some(except.as_ref()),
        _ => None,
    });
    match except {
        None => Shown::Nobody,
        Some(None) => Shown::Everyone,
        Some(Some(author)) => Shown::EveryoneBut(*author),
    }
}

fn told(effects: &[Effect], connection: ConnectionId) -> Vec<&ServerMessage> {
    let messages = effects.iter().filter_map(|effect| match effect {
        Effect::Send { to, message } if *to == connection => Some(message),
        _ => None,
    });
    messages.collect()
}

fn told_all(effects: &[Effect]) -> Vec<&ServerMessage> {
    let messages = effects.iter().filter_map(|effect| match effect {
        Effect::SendAll { message, .. } => Some(message),
        _ => None,
    });
    messages.collect()
}

fn closed(effects: &[Effect], connection: ConnectionId) -> Option<CloseCode> {
    effects.iter().find_map(|effect| match effect {
        Effect::Close {
            connection: closed,
            code,
        } if *closed == connection => Some(*code),
        _ => None,
    })
}

/// Whether the member was asked for what the room misses.
fn asked(effects: &[Effect], connection: ConnectionId) -> bool {
    let is_question = |frame: &Bytes| frame.starts_with(&[0, 0]);
    effects.iter().any(|effect| match effect {
        Effect::Answer { to, frame } => *to == connection && is_question(frame),
        Effect::Opening { to, frames } => *to == connection && frames.iter().any(is_question),
        _ => false,
    })
}
