//! What members show of themselves, and what nodes tell each other of it.

use bytes::Bytes;
use hartslag_protocol::wire::{awareness, frame};

use super::world::World;
use crate::room::event::Event;
use crate::room::state::RoomState;

/// Messages that wait for a node; the oldest goes first.
const WAITING: usize = 64;
/// Once in how many times someone speaks for another.
const LIES: usize = 8;

impl World {
    /// A member shows where it is, or tries to show it of another.
    pub(super) fn show_presence(&mut self, member: usize) {
        let shown = if self.chance.one_in(LIES) {
            self.chance.below(self.members.len())
        } else {
            member
        };
        self.members[shown].clock += 1;
        let it = &self.members[shown];
        let state = format!(r#"{{"cell":"{member}"}}"#);
        let is_leaving = self.chance.one_in(LIES);
        let entry = awareness::Entry {
            client: it.doc.client_id().get(),
            clock: it.clock,
            state: (!is_leaving).then_some(state.as_str()),
        };
        let payload = awareness::write([entry].into_iter());
        self.submit(member, frame::write_awareness(&payload));
    }

    /// Every node that follows the room hears it, as far as it arrives.
    pub(super) fn tell_nodes(&mut self, bytes: &Bytes) {
        for at in 0..self.nodes.len() {
            let times = match () {
                () if self.chance.one_in(self.plan.drop_told) => 0,
                () if self.chance.one_in(self.plan.double_told) => 2,
                () => 1,
            };
            let node = &mut self.nodes[at];
            if node.room.is_some() || node.loading.is_some() {
                node.told.extend(std::iter::repeat_n(bytes.clone(), times));
            }
            while node.told.len() > WAITING {
                node.told.pop_front();
            }
        }
    }

    /// What nodes tell comes in any order.
    pub(super) fn next_told(&mut self, at: usize) -> Option<Event> {
        let which = self.chance.below(self.nodes[at].told.len().max(1));
        let bytes = self.nodes[at].told.remove(which)?;
        Some(Event::Told { bytes })
    }

    /// A node that leaves memory says so, unless it crashed.
    pub(super) fn say_goodbye(&mut self, at: usize) {
        let says_so = self.chance.one_in(2);
        let room = self.nodes[at].room.as_mut();
        if let Some(bytes) = room.and_then(RoomState::goodbye).filter(|_| says_so) {
            self.tell_nodes(&bytes);
        }
    }
}
