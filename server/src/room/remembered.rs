//! How far the rooms were that left this node's memory, so that an older state is never served
//! as if it were current (L7).

use std::collections::{HashMap, VecDeque};

use hartslag_protocol::ids::RoomId;

use crate::log::{Epoch, Known};

/// Rooms that are remembered: some ten megabytes of them.
const ROOMS: usize = 100_000;

/// A room as this node last saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) epoch: Epoch,
    pub(super) known: Known,
    /// How often a loss had been accepted by then.
    pub(super) losses: u64,
}

/// The rooms that were here last.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    rooms: HashMap<RoomId, Memory>,
    /// Every room once, the one that was remembered first in front.
    order: VecDeque<RoomId>,
}

impl Remembered {
    pub(super) fn of(&self, room: RoomId) -> Option<Memory> {
        self.rooms.get(&room).copied()
    }

    pub(super) fn remember(&mut self, room: RoomId, memory: Memory) {
        if self.rooms.insert(room, memory).is_none() {
            self.order.push_back(room);
        }
        if self.order.len() > ROOMS
            && let Some(oldest) = self.order.pop_front()
        {
            self.rooms.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_memory_counts_and_the_oldest_rooms_are_forgotten() {
        let memory = |sequence| Memory {
            epoch: 1,
            known: Known {
                sequence,
                key: None,
            },
            losses: 0,
        };
        let mut remembered = Remembered::default();
        let first = RoomId::generate();
        remembered.remember(first, memory(1));
        remembered.remember(first, memory(2));
        assert_eq!(remembered.of(first), Some(memory(2)));

        for _ in 0..ROOMS {
            remembered.remember(RoomId::generate(), memory(1));
        }

        assert_eq!(remembered.of(first), None);
        assert_eq!(
            (remembered.rooms.len(), remembered.order.len()),
            (ROOMS, ROOMS)
        );
    }
}
