//! A node: the rules of the room, and around them what its task would do.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::workshop::{BoardMode, WorkshopEvent};

use super::content::Content;
use crate::log::{Entry, Known, LoadedRoom, Milliseconds, NewEntry, Sequence, Snapshot};
use crate::room::event::Ticket;
use crate::room::outbox::{Outbox, Version};
use crate::room::state::RoomState;

/// Something from a connection that the room has not handled.
#[derive(Clone, Debug)]
pub(super) enum Inbound {
    Frame(Bytes),
    /// A message with an update, by its number.
    Update(Bytes, usize),
    Barrier(usize),
    CaughtUp(Version),
    Left,
}

/// A message with an update that a member sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) content: Content,
    /// How open the board must be for it.
    pub(super) needs: BoardMode,
    /// It was refused, or builds on what was.
    pub(super) refused: bool,
    pub(super) arrival: Option<Arrival>,
}

/// When a message came to the room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) at: Milliseconds,
    /// All of it was durable by then.
    pub(super) was_known: bool,
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
    /// What of it was refused.
    pub(super) refused: Content,
    /// How much of what was sent the member dropped since.
    pub(super) dropped: usize,
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

/// What became of an append, as far as the node hears.
#[derive(Clone, Debug)]
pub(super) enum Appended {
    As(Vec<Sequence>),
    Failed,
    /// The log lacks what the node folded in.
    Regressed,
}

/// A snapshot on its way to the store.
#[derive(Clone, Debug)]
pub(super) struct Saving {
    /// Up to where the one goes that it replaces.
    pub(super) expected: Sequence,
    pub(super) snapshot: Snapshot,
    /// What the log must hold for it to be right.
    pub(super) known: Known,
}

/// How a read can fail.
#[derive(Clone, Copy, Debug)]
pub(super) enum ReadFault {
    Unavailable,
    Trimmed,
    /// The log lacks what the node folded in.
    Regressed,
}

pub(super) struct Node {
    pub(super) room: Option<RoomState>,
    pub(super) loading: Option<LoadedRoom>,
    pub(super) links: BTreeMap<ConnectionId, Link>,
    pub(super) append: Work<(Known, Vec<NewEntry>), Appended>,
    /// After which entry, and whether the next one was folded in.
    pub(super) read: Work<(Sequence, bool), Result<Vec<Entry>, ReadFault>>,
    pub(super) save: Work<Saving, Option<Sequence>>,
    /// Whether the log still holds this, the node wants to know.
    pub(super) looks: VecDeque<Known>,
    /// The log went back, and is loaded again.
    pub(super) recovery: Work<(), LoadedRoom>,
    /// How far the room was when it left memory; a crash forgets that.
    pub(super) remembered: Option<Known>,
    pub(super) hints: VecDeque<Sequence>,
    /// What nodes told, this one too.
    pub(super) told: VecDeque<Bytes>,
    pub(super) orders: BTreeMap<Ticket, WorkshopEvent>,
    pub(super) tickets: Ticket,
    pub(super) is_frozen: bool,
    /// How open the board was since when, as far as the room told, since it was loaded.
    pub(super) modes: Vec<(Milliseconds, BoardMode)>,
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
            looks: VecDeque::new(),
            recovery: Work::None,
            remembered: None,
            hints: VecDeque::new(),
            told: VecDeque::new(),
            orders: BTreeMap::new(),
            tickets: 0,
            is_frozen: false,
            modes: Vec::new(),
            forger: None,
        }
    }

    /// Whether it has something to do for the room that it holds.
    pub(super) fn runs(&self) -> bool {
        self.room.is_some() && !self.is_frozen
    }
}
