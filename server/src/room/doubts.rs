//! Updates that seem to exceed their sender's rights, held until the log was read to its end.
//!
//! Who comes over from another node brings along what others wrote there, and this node may not
//! have read that yet: then it looks as if the sender wrote it. Everything that anyone was shown
//! is in the log (W5), so a node that read the log to its end knows better. So it does of an update
//! that cannot be read beside what waits here, where that was forged.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::close::CloseCode;

use super::document::Poisoned;
use super::event::{Effect, Ticket};
use super::state::RoomState;
use crate::log::Milliseconds;

/// What of one member may wait for the log, beside what is in doubt.
const HELD_BYTES: usize = 1 << 20;
const HELD_MESSAGES: usize = 10_000;

/// Something of a member that waits for its turn.
#[derive(Debug)]
pub(super) enum Held {
    Update {
        update: Bytes,
        is_step2: bool,
        /// When it came: rights are those of then.
        at: Milliseconds,
    },
    Barrier {
        id: u32,
    },
}

/// What one member sent since something of it is in doubt.
#[derive(Debug)]
struct Holding {
    /// The read that settles it.
    read: u64,
    waiting: VecDeque<Held>,
    bytes: usize,
}

/// The members of whom something is in doubt.
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
        !self.holdings.is_empty() || !self.askers.is_empty()
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

    /// The members of whom everything came before the last read began.
    fn settled(&mut self) -> Vec<(ConnectionId, VecDeque<Held>)> {
        let reads = self.reads;
        let settled = self.holdings.extract_if(.., |_, it| it.read <= reads);
        settled.map(|(id, holding)| (id, holding.waiting)).collect()
    }
}

impl RoomState {
    /// Holds what a member sent until the log was read from here on.
    pub(super) fn hold(&mut self, from: ConnectionId, held: Held) {
        let read = self.doubts.reads + 1;
        let holding = self.doubts.holdings.entry(from).or_insert(Holding {
            read,
            waiting: VecDeque::new(),
            bytes: 0,
        });
        if holding.bytes > HELD_BYTES || holding.waiting.len() >= HELD_MESSAGES {
            // The store does not answer; what it sends is asked for again when it is back.
            self.close(from, CloseCode::Behind);
            return;
        }
        if let Held::Update { update, .. } = &held {
            holding.bytes += update.len();
        }
        holding.waiting.push_back(held);
    }

    /// Judges what waited for a read, now that one found no more in the log.
    pub(super) fn settle_doubts(&mut self) -> Result<(), Poisoned> {
        let reads = self.doubts.reads;
        let is_due = |asker: &mut (u64, Ticket)| asker.0 <= reads;
        while let Some((_, ticket)) = self.doubts.askers.pop_front_if(is_due) {
            self.effects.push(Effect::ReadUp { ticket });
        }
        for (from, waiting) in self.doubts.settled() {
            for held in waiting {
                match held {
                    Held::Update {
                        update,
                        is_step2,
                        at,
                    } => self.judge(from, &update, is_step2, at, true)?,
                    Held::Barrier { id } => self.promise_barrier(from, id),
                }
            }
        }
        Ok(())
    }
}
