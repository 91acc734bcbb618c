//! Who is in the room on other nodes (W11): what they tell, and what they are told.
//!
//! Latest state only, over a channel that may lose, double and delay. Each node tells of its own
//! connections alone; what it told is renewed every [`BEAT`] and forgotten after [`SILENCE`].

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::wire::message::ServerMessage;

use super::event::{Audience, Effect};
use super::presence::PAUSE;
use super::state::RoomState;
use super::told::{NodeId, Telling};
use crate::log::Milliseconds;

/// Between two times that a node tells all it has.
pub(super) const BEAT: Milliseconds = 3_000;
/// After so long without a word of it a node is taken for gone, and its people with it.
pub(super) const SILENCE: Milliseconds = 10_000;
/// Other nodes that are heard in one room.
const NODES: usize = 64;

/// Another node, as far as it was heard.
#[derive(Debug)]
struct Other {
    heard: u64,
    seen: Milliseconds,
    people: BTreeSet<ParticipantId>,
}

/// The other nodes, and what they are still to be told.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    others: BTreeMap<NodeId, Other>,
    /// Number of the last message.
    number: u64,
    told_at: Option<Milliseconds>,
    has_greeted: bool,
    have_people_changed: bool,
    beat_at: Milliseconds,
    /// From which client on the table is still to be told.
    cursor: Option<u64>,
}

impl Neighbours {
    pub(super) fn has(&self, participant: ParticipantId) -> bool {
        let mut others = self.others.values();
        others.any(|other| other.people.contains(&participant))
    }

    pub(super) fn people(&self) -> impl Iterator<Item = ParticipantId> {
        self.others
            .values()
            .flat_map(|other| other.people.iter().copied())
    }

    pub(super) fn people_changed(&mut self) {
        self.have_people_changed = true;
    }

    /// Takes note of a node's message; nothing where it is old, or one node too many.
    fn hear(&mut self, node: NodeId, number: u64, now: Milliseconds) -> Option<&mut Other> {
        if !self.others.contains_key(&node) && self.others.len() >= NODES {
            return None;
        }
        let other = self.others.entry(node).or_insert_with(|| Other {
            heard: 0,
            seen: now,
            people: BTreeSet::new(),
        });
        if number <= other.heard {
            return None;
        }
        other.heard = number;
        other.seen = now;
        Some(other)
    }

    fn due(&self, has_members: bool, has_news: bool) -> Option<Milliseconds> {
        let is_pending =
            has_news || !self.has_greeted || self.have_people_changed || self.cursor.is_some();
        let pause = self.told_at.map_or(0, |at| at + PAUSE);
        let tell = is_pending.then_some(pause);
        let beat = has_members.then_some(self.beat_at.max(pause));
        let silences = self.others.values().map(|other| other.seen + SILENCE);
        [tell, beat, silences.min()].into_iter().flatten().min()
    }
}

impl RoomState {
    /// From here on, other nodes are told and heard.
    pub(super) fn share(&mut self) {
        self.neighbours = Some(Neighbours::default());
        self.presence.share(self.appending.node());
    }

    /// Takes in what another node tells. What cannot be read is left: it may be of a newer one.
    pub(super) fn told(&mut self, bytes: &[u8], now: Milliseconds) {
        let Some(neighbours) = &mut self.neighbours else {
            return;
        };
        let Ok(telling) = Telling::read(bytes) else {
            return;
        };
        let node = telling.node;
        if node == self.appending.node() {
            return;
        }
        let Some(other) = neighbours.hear(node, telling.number, now) else {
            return;
        };
        let people = match telling.people {
            _ if telling.is_goodbye => Some(BTreeSet::new()),
            told => told.filter(|told| *told != other.people),
        };
        if telling.is_hello && !self.members.is_empty() {
            neighbours.cursor = Some(0);
        }
        if let Some(people) = people {
            let before = self.here();
            if let Some(other) = self.neighbour(node) {
                other.people = people;
            }
            self.tell_who_came_and_went(&before);
        }
        if telling.is_goodbye {
            self.presence.node_left(node, now);
        } else {
            self.presence
                .told(node, &telling.awareness, telling.range, now);
        }
    }

    fn neighbour(&mut self, node: NodeId) -> Option<&mut Other> {
        self.neighbours.as_mut()?.others.get_mut(&node)
    }

    /// Everyone who is connected, to whatever node.
    pub(super) fn here(&self) -> BTreeSet<ParticipantId> {
        let own = self.members.values().map(|member| member.participant);
        let others = self.neighbours.iter().flat_map(Neighbours::people);
        own.chain(others).collect()
    }

    fn tell_who_came_and_went(&mut self, before: &BTreeSet<ParticipantId>) {
        let after = self.here();
        for id in after.difference(before) {
            // Someone who is not known yet is told of when the entry that admits them is read.
            if let Some(participant) = self.workshop.participants.get(id).cloned() {
                let message = ServerMessage::ParticipantArrived { participant };
                self.send_all(message, Audience::Everyone);
            }
        }
        for &participant in before.difference(&after) {
            let message = ServerMessage::ParticipantLeft { participant };
            self.send_all(message, Audience::Everyone);
        }
    }

    /// Lets nodes go that were not heard for long, with all they told.
    pub(super) fn drop_silent(&mut self, now: Milliseconds) {
        let Some(neighbours) = &self.neighbours else {
            return;
        };
        let others = neighbours.others.iter();
        let silent: Vec<NodeId> = others
            .filter(|(_, other)| other.seen + SILENCE <= now)
            .map(|(&node, _)| node)
            .collect();
        if silent.is_empty() {
            return;
        }
        let before = self.here();
        for node in silent {
            if let Some(neighbours) = &mut self.neighbours {
                neighbours.others.remove(&node);
            }
            self.presence.node_left(node, now);
        }
        self.tell_who_came_and_went(&before);
    }

    /// Tells other nodes what changed here, or all of it when it is time for that.
    pub(super) fn tell(&mut self, now: Milliseconds) {
        let node = self.appending.node();
        let Some(neighbours) = &mut self.neighbours else {
            return;
        };
        if neighbours.told_at.is_some_and(|at| now < at + PAUSE) {
            return;
        }
        if !self.members.is_empty() && neighbours.beat_at <= now {
            neighbours.cursor.get_or_insert(0);
        }
        if !neighbours.has_greeted {
            neighbours.cursor = Some(0);
        }
        let own = || self.members.values().map(|it| it.participant).collect();
        let people = std::mem::take(&mut neighbours.have_people_changed).then(own);
        if people.is_some() || self.presence.has_news() {
            neighbours.number += 1;
            let telling = Telling {
                people,
                awareness: self.presence.take_news(),
                ..Telling::of(node, neighbours.number)
            };
            let bytes = telling.write();
            self.effects.push(Effect::Tell { bytes });
            neighbours.told_at = Some(now);
        }
        if let Some(from) = neighbours.cursor.take() {
            neighbours.number += 1;
            let (awareness, to) = self.presence.own_from(from);
            let telling = Telling {
                is_hello: !neighbours.has_greeted,
                people: (from == 0).then(own),
                range: Some(from..=to),
                awareness,
                ..Telling::of(node, neighbours.number)
            };
            let bytes = telling.write();
            self.effects.push(Effect::Tell { bytes });
            neighbours.has_greeted = true;
            neighbours.cursor = to.checked_add(1);
            neighbours.told_at = Some(now);
            neighbours.beat_at = now + BEAT;
        }
    }

    /// When other nodes are to be told something, or one of them was silent for too long.
    pub(super) fn neighbours_due(&self) -> Option<Milliseconds> {
        let neighbours = self.neighbours.as_ref()?;
        neighbours.due(!self.members.is_empty(), self.presence.has_news())
    }

    /// What other nodes are told last.
    pub(super) fn goodbye(&mut self) -> Option<Bytes> {
        let node = self.appending.node();
        let neighbours = self.neighbours.as_mut()?;
        neighbours.number += 1;
        let telling = Telling {
            is_goodbye: true,
            ..Telling::of(node, neighbours.number)
        };
        Some(telling.write())
    }

    /// Whether a message that the room hears is one that it sent.
    pub(super) fn is_echo(&self, bytes: &[u8]) -> bool {
        super::told::is_of(self.appending.node(), bytes)
    }
}
