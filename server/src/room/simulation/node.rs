//! A node: the rules of the room, and around them what its task would do.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::workshop::WorkshopEvent;

use super::content::Content;
use crate::log::{Entry, LoadedRoom, NewEntry, Sequence, Snapshot};
use crate::room::event::Ticket;
use crate::room::outbox::Outbox;
use crate::room::state::RoomState;

/// Something from a connection that the room has not handled.
#[derive(Clone, Debug)]
pub(super) enum Inbound {
    Frame(Bytes),
    Barrier(usize),
    CaughtUp(Bytes),
    Left,
}

/// A message with an update that a member sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) content: Content,
    pub(super) refused: bool,
}

/// A connection, from the member's document to the room's mailbox and back.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) member: usize,
    pub(super) outbox: Outbox,
    pub(super) follows: bool,
    pub(super) inbound: VecDeque<Inbound>,
    pub(super) sent: Vec<Sent>,
    /// How often the room asked for what it misses.
    pub(super) asked: usize,
    /// How much was sent before each barrier.
    pub(super) barriers: Vec<usize>,
    /// How much of what was sent was told to be stored.
    pub(super) stored: usize,
    /// The member is gone; the room may not know it.
    pub(super) is_cut: bool,
}

/// What a node asked of the store.
#[derive(Debug)]
pub(super) enum Work<Request, Answer> {
    None,
    Asked(Request),
    Answered(Answer),
}

impl<Request, Answer> Work<Request, Answer> {
    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    pub(super) fn is_asked(&self) -> bool {
        matches!(self, Self::Asked(_))
    }

    pub(super) fn take_request(&mut self) -> Option<Request> {
        match std::mem::replace(self, Self::None) {
            Self::Asked(request) => Some(request),
            other => {
                *self = other;
                None
            }
        }
    }

    pub(super) fn take_answer(&mut self) -> Option<Answer> {
        match std::mem::replace(self, Self::None) {
            Self::Answered(answer) => Some(answer),
            other => {
                *self = other;
                None
            }
        }
    }
}

/// How a read can fail.
#[derive(Clone, Copy, Debug)]
pub(super) enum ReadFault {
    Unavailable,
    Trimmed,
}

pub(super) struct Node {
    pub(super) room: Option<RoomState>,
    pub(super) loading: Option<LoadedRoom>,
    pub(super) links: BTreeMap<ConnectionId, Link>,
    pub(super) append: Work<Vec<NewEntry>, Option<Vec<Sequence>>>,
    pub(super) read: Work<Sequence, Result<Vec<Entry>, ReadFault>>,
    pub(super) save: Work<(Sequence, Snapshot), Option<Sequence>>,
    pub(super) hints: VecDeque<Sequence>,
    /// What nodes told, this one too.
    pub(super) told: VecDeque<Bytes>,
    pub(super) orders: BTreeMap<Ticket, WorkshopEvent>,
    pub(super) tickets: Ticket,
    pub(super) is_frozen: bool,
    /// The connection of someone who forges updates.
    pub(super) forger: Option<ConnectionId>,
}

impl Node {
    pub(super) fn new() -> Self {
        Self {
            room: None,
            loading: None,
            links: BTreeMap::new(),
            append: Work::None,
            read: Work::None,
            save: Work::None,
            hints: VecDeque::new(),
            told: VecDeque::new(),
            orders: BTreeMap::new(),
            tickets: 0,
            is_frozen: false,
            forger: None,
        }
    }

    /// Whether it has something to do for the room that it holds.
    pub(super) fn runs(&self) -> bool {
        self.room.is_some() && !self.is_frozen
    }
}
