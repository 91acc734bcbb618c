//! What members show of themselves, and what nodes tell each other of it.

use std::collections::BTreeSet;

use bytes::Bytes;
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::wire::{awareness, frame};

use super::flaw::Flaw;
use super::world::World;
use super::{Checked, ensure};
use crate::room::event::Event;
use crate::room::state::RoomState;

/// Messages that wait for a node; the oldest goes first.
const WAITING: usize = 64;
/// Once in how many times someone speaks for another.
const LIES: usize = 8;

/// What members show of themselves here.
#[derive(serde::Deserialize)]
struct Shown {
    /// Which member sent it.
    cell: String,
    participant: Option<String>,
}

impl World {
    /// A member shows where it is, or tries to show it of another: under the other's client id,
    /// and every second time in the other's name.
    pub(super) fn show_presence(&mut self, member: usize) {
        let shown = if self.chance.one_in(LIES) {
            self.chance.below(self.members.len())
        } else {
            member
        };
        self.members[shown].clock += 1;
        let it = &self.members[shown];
        let named = it.writer.participant;
        let name = if it.clock.is_multiple_of(2) {
            format!(r#","participant":"{named}""#)
        } else {
            String::new()
        };
        let state = format!(r#"{{"cell":"{member}"{name}}}"#);
        let is_leaving = self.chance.one_in(LIES);
        let entry = awareness::Entry {
            client: it.doc.client_id().get(),
            clock: it.clock,
            state: (!is_leaving).then_some(state.as_str()),
        };
        let payload = awareness::write([entry].into_iter());
        if self.log.flaw == Flaw::TrustsNames {
            return self.believe(member, named, &payload);
        }
        self.submit(member, frame::write_awareness(&payload));
    }

    /// What a room would do that took everyone for who they say they are.
    fn believe(&mut self, member: usize, named: ParticipantId, payload: &[u8]) {
        let now = self.now;
        if let Some(place) = self.members[member].place
            && let Some(room) = &mut self.nodes[place.node].room
        {
            // Each entry was written here, and can be read.
            let _ = room.presence.receive(place.connection, named, payload, now);
        }
    }

    /// W10: who a shown state names is the one who sent it.
    pub(super) fn check_states(&self, payload: &[u8]) -> Checked {
        let entries =
            awareness::read(payload).map_err(|_malformed| "W10: presence is malformed")?;
        for state in entries.iter().filter_map(|entry| entry.state) {
            let shown: Shown = serde_json::from_str(state).map_err(|error| error.to_string())?;
            let sender = shown
                .cell
                .parse()
                .ok()
                .and_then(|at: usize| self.members.get(at));
            let sender = sender.ok_or("W10: someone is shown whom nobody knows")?;
            let named = shown.participant;
            ensure!(
                named.is_none_or(|named| named == sender.writer.participant.to_string()),
                "W10: someone is shown in the name of another: {state}"
            );
        }
        Ok(())
    }

    /// W11: a node knows those as connected who are.
    pub(super) fn check_connected(&self) -> Checked {
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(room) = &node.room else { continue };
            let connected: BTreeSet<_> = node.links.keys().chain(&node.forger).collect();
            let known: BTreeSet<_> = room.members.keys().collect();
            ensure!(
                known == connected,
                "W11: node {at} takes {known:?} for connected, not {connected:?}"
            );
        }
        Ok(())
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
