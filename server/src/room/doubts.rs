//! Updates that seem to exceed their sender's rights, held until the log was read to its end.
//!
//! Who comes over from another node brings along what others wrote there, and this node may not
//! have read that yet: then it looks as if the sender wrote it. Everything that anyone was shown
//! is in the log (W5), so a node that read the log to its end knows better. So it does of an update
//! that cannot be read beside what waits here, where that was forged.
//!
//! Held as well, in the same order, is what its sender cannot pay yet (see [`super::effort`]).

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::close::CloseCode;

use super::document::Poisoned;
use super::event::{Effect, Ticket};
use super::state::RoomState;
use super::syncing::Incoming;
use crate::log::Milliseconds;

/// What of one member may wait, beside the first of it.
const HELD_BYTES: usize = 1 << 20;
/// What of all members together may wait; beyond it who holds most is let go.
const ROOM_HELD_BYTES: usize = 24 << 20;
const HELD_MESSAGES: usize = 10_000;

/// Something of a member that waits for its turn.
#[derive(Debug)]
pub(super) enum Held {
    Update {
        update: Bytes,
        is_step2: bool,
        /// When it came: rights are those of then.
        at: Milliseconds,
        /// The log was read to its end since it came.
        is_sure: bool,
    },
    /// What it has, said anew.
    Step1 {
        vector: Bytes,
    },
    Barrier {
        id: u32,
    },
}

impl Held {
    fn bytes(&self) -> usize {
        match self {
            Self::Update { update, .. } => update.len(),
            Self::Step1 { vector } => vector.len(),
            Self::Barrier { .. } => 0,
        }
    }
}

/// What someone waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lacks {
    /// A read of the log to its end.
    Read,
    /// So many visits, to be paid.
    Work(u64),
}

/// What one member sent since something of it has to wait.
#[derive(Debug)]
struct Holding {
    lacks: Lacks,
    /// The read that settles it, where it lacks one.
    read: u64,
    waiting: VecDeque<Held>,
    bytes: usize,
}

/// The members of whom something has to wait.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    holdings: BTreeMap<ConnectionId, Holding>,
    /// Who asked for the log to be read to its end, each with the read that does.
    askers: VecDeque<(u64, Ticket)>,
    /// Reads that were begun.
    reads: u64,
}

impl Doubts {
    /// Whether the log must be read.
    pub(super) fn any(&self) -> bool {
        let mut holdings = self.holdings.values();
        holdings.any(|it| it.lacks == Lacks::Read) || !self.askers.is_empty()
    }

    /// Tells on the ticket when the log was read to its end from here on.
    pub(super) fn ask(&mut self, ticket: Ticket) {
        self.askers.push_back((self.reads + 1, ticket));
    }

    pub(super) fn read_begun(&mut self) {
        self.reads += 1;
    }

    pub(super) fn left(&mut self, connection: ConnectionId) {
        self.holdings.remove(&connection);
    }

    /// Whether the member's messages have to wait for others of it.
    pub(super) fn holds(&self, connection: ConnectionId) -> bool {
        self.holdings.contains_key(&connection)
    }

    /// Who waits to pay, and how much.
    pub(super) fn unpaid(&self) -> impl Iterator<Item = (ConnectionId, u64)> {
        self.holdings
            .iter()
            .filter_map(|(&from, it)| match it.lacks {
                Lacks::Work(work) => Some((from, work)),
                Lacks::Read => None,
            })
    }

    /// Takes out what a member sent, to go on with it.
    pub(super) fn release(&mut self, from: ConnectionId) -> VecDeque<Held> {
        let holding = self.holdings.remove(&from);
        holding.map_or_else(VecDeque::new, |holding| holding.waiting)
    }

    /// Whether it holds something that takes long to read.
    pub(super) fn holds_more_than(&self, bytes: usize) -> bool {
        self.holdings.values().any(|holding| holding.bytes > bytes)
    }

    /// Who holds most, when all together hold more than may wait.
    fn over_full(&self) -> Option<ConnectionId> {
        let all: usize = self.holdings.values().map(|it| it.bytes).sum();
        let most = self.holdings.iter().max_by_key(|(_, it)| it.bytes);
        most.filter(|_| all > ROOM_HELD_BYTES)
            .map(|(&from, _)| from)
    }

    /// The members of whom everything came before the last read began.
    fn settled(&mut self) -> Vec<(ConnectionId, VecDeque<Held>)> {
        let reads = self.reads;
        let is_due = |it: &Holding| it.lacks == Lacks::Read && it.read <= reads;
        let settled = self.holdings.extract_if(.., |_, it| is_due(it));
        settled.map(|(id, holding)| (id, holding.waiting)).collect()
    }
}

impl RoomState {
    /// Holds what a member sent behind what of it waits already, or until it has what it lacks.
    pub(super) fn hold(&mut self, from: ConnectionId, held: Held, lacks: Lacks) {
        let read = self.doubts.reads + 1;
        let holding = self.doubts.holdings.entry(from).or_insert(Holding {
            lacks,
            read,
            waiting: VecDeque::new(),
            bytes: 0,
        });
        if holding.bytes > HELD_BYTES || holding.waiting.len() >= HELD_MESSAGES {
            // What it sends is asked for again when it is back.
            self.close(from, CloseCode::Behind);
            return;
        }
        holding.bytes += held.bytes();
        holding.waiting.push_back(held);
        if let Some(most) = self.doubts.over_full() {
            self.doubts.release(most);
            self.close(most, CloseCode::Behind);
        }
    }

    /// Goes on with what waited, until something of it has to wait again.
    pub(super) fn resume(
        &mut self,
        from: ConnectionId,
        waiting: VecDeque<Held>,
        was_read: bool,
    ) -> Result<(), Poisoned> {
        // Who waited to pay has the turn for the first of it.
        let mut has_turn = !was_read;
        for held in waiting {
            if self.doubts.holds(from) {
                self.hold(from, held, Lacks::Read);
                continue;
            }
            match held {
                Held::Update {
                    update,
                    is_step2,
                    at,
                    is_sure,
                } => {
                    let incoming = Incoming {
                        update: &update,
                        is_step2,
                        at,
                        is_sure: is_sure || was_read,
                        has_turn: std::mem::take(&mut has_turn),
                    };
                    self.judge(from, &incoming)?;
                }
                Held::Step1 { vector } => {
                    let has_turn = std::mem::take(&mut has_turn);
                    self.tell_missing(from, vector, has_turn)?;
                }
                Held::Barrier { id } => self.promise_barrier(from, id),
            }
        }
        Ok(())
    }

    /// Judges what waited for a read, now that one found no more in the log.
    pub(super) fn settle_doubts(&mut self) -> Result<(), Poisoned> {
        let reads = self.doubts.reads;
        let is_due = |asker: &mut (u64, Ticket)| asker.0 <= reads;
        while let Some((_, ticket)) = self.doubts.askers.pop_front_if(is_due) {
            self.effects.push(Effect::ReadUp { ticket });
        }
        for (from, waiting) in self.doubts.settled() {
            self.resume(from, waiting, true)?;
        }
        Ok(())
    }
}
