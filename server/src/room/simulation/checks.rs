//! What must be true, whatever happened.

use std::collections::BTreeSet;

use hartslag_protocol::board::schema::roots;
use hartslag_protocol::board::writing::fresh_document;
use hartslag_protocol::ids::RoundId;
use hartslag_protocol::workshop::{RoundStatus, Workshop, WorkshopEvent};
use yrs::types::ToJson;
use yrs::updates::decoder::Decode;
use yrs::{Any, Doc, ReadTxn, StateVector, Transact, Update};

use super::content::Content;
use super::edits;
use super::world::World;
use super::{Checked, ensure};
use crate::log::LoadedRoom;
use crate::room::handle::Dialect;
use crate::room::state::RoomState;

/// A document as far as replicas must agree.
#[derive(Debug, PartialEq)]
struct Picture {
    vector: StateVector,
    json: Vec<Any>,
}

impl Picture {
    fn of(doc: &Doc) -> Self {
        let maps: Vec<_> = roots::ALL.map(|root| doc.get_or_insert_map(root)).into();
        let transaction = doc.transact();
        Self {
            vector: transaction.state_vector(),
            json: maps.iter().map(|map| map.to_json(&transaction)).collect(),
        }
    }

    fn of_room(room: &mut RoomState) -> Checked<Self> {
        let encoded = room.document.encoded();
        let encoded = encoded.map_err(|_poisoned| "a document cannot be encoded")?;
        let doc = fresh_document();
        let update = Update::decode_v1(&encoded).map_err(|error| error.to_string())?;
        let applied = doc.transact_mut().apply_update(update);
        applied.map_err(|error| format!("a document does not load again: {error}"))?;
        Ok(Self::of(&doc))
    }

    /// What is forged can name neighbours that never were, and Yjs then orders letters
    /// differently after a reload; nothing else may differ.
    fn check_same(&self, other: &Self, who: &str, is_forged: bool) -> Checked {
        ensure!(
            self.vector == other.vector,
            "{who} is not as far: {:?}, not {:?}",
            other.vector,
            self.vector
        );
        let mut pairs = self.json.iter().zip(&other.json);
        let differs = pairs.find(|(one, two)| one != two && !(is_forged && are_alike(one, two)));
        if let Some((one, two)) = differs {
            return Err(format!("{who} holds {two}, not {one}"));
        }
        Ok(())
    }
}

impl World {
    /// The room as a node loads it; nothing that was promised may be missing from it.
    pub(super) fn load(&self, loaded: &LoadedRoom, node: [u8; 8]) -> Checked<RoomState> {
        let snapshot = &loaded.snapshot;
        let mut room = RoomState::restore(Self::room(), loaded.epoch, snapshot, node, self.now)
            .map_err(|error| format!("the room cannot be loaded: {error}"))?;
        let mut expected = snapshot.upto;
        for entry in &loaded.tail {
            expected += 1;
            ensure!(
                entry.sequence == expected,
                "the tail has a gap at {expected}"
            );
            room.replay(entry)
                .map_err(|_poisoned| "an entry panicked")?;
        }
        Ok(room)
    }

    /// What must be true once everything that went wrong is over and all is quiet.
    pub(super) fn check_all(&mut self) -> Checked {
        ensure!(
            self.loss.is_none(),
            "L7: what was lost does not come back: {:?}, {:?}",
            self.log.ever.beyond(&self.log.truth.content),
            check_workshop(&self.log.truth.workshop, &self.recorded)
        );
        for (expected, entry) in (1..).zip(&self.log.entries) {
            ensure!(
                entry.sequence == expected,
                "L1: entry {expected} is missing"
            );
        }
        let keys: BTreeSet<_> = self.log.entries.iter().map(|entry| entry.key).collect();
        ensure!(
            keys.len() == self.log.entries.len(),
            "L2: an entry is there twice"
        );
        let beyond = self.promised.beyond(&self.log.truth.content);
        if let Some(lacking) = beyond {
            return Err(format!("promised and lost: {lacking}"));
        }
        let mut fresh = self.load(&self.log.load(), [0xff; 8])?;
        let picture = Picture::of_room(&mut fresh)?;
        picture.check_same(
            &Picture::of(&self.log.truth.doc),
            "the log",
            self.has_forged,
        )?;
        check_workshop(&fresh.workshop, &self.recorded)?;
        self.check_nodes(&picture, &fresh)?;
        self.check_connected()?;
        self.check_presence()?;
        self.check_members(&picture, &fresh.workshop)
    }

    fn check_nodes(&mut self, picture: &Picture, fresh: &RoomState) -> Checked {
        for (at, node) in self.nodes.iter_mut().enumerate() {
            let Some(room) = &mut node.room else {
                return Err(format!("node {at} does not come back"));
            };
            let there = Picture::of_room(room)?;
            picture.check_same(&there, &format!("node {at}"), self.has_forged)?;
            ensure!(room.applied == fresh.applied, "node {at} lags");
            ensure!(
                room.workshop == fresh.workshop,
                "node {at} folds other events: {:?}, not {:?}",
                room.workshop,
                fresh.workshop
            );
            ensure!(node.orders.is_empty(), "node {at} leaves an order");
        }
        Ok(())
    }

    /// W11: who is here is the same on every node, and so is where they are.
    fn check_presence(&self) -> Checked {
        let rooms: Vec<_> = self
            .nodes
            .iter()
            .filter_map(|it| it.room.as_ref())
            .collect();
        let members = rooms.iter().flat_map(|room| room.members.values());
        let here: BTreeSet<_> = members.map(|member| member.participant).collect();
        for (at, room) in rooms.iter().enumerate() {
            ensure!(
                room.here() == here,
                "W11: node {at} shows {:?}, not {here:?}",
                room.here()
            );
            let (shown, first) = (room.presence.picture(), rooms[0].presence.picture());
            ensure!(
                shown == first,
                "W11: node {at} shows {shown:?}, node 0 {first:?}"
            );
        }
        Ok(())
    }

    fn check_members(&mut self, picture: &Picture, workshop: &Workshop) -> Checked {
        for (at, member) in self.members.iter().enumerate() {
            let place = member.place.ok_or("a member stays away")?;
            let there = Picture::of(&member.doc);
            picture.check_same(&there, &format!("member {at}"), self.has_forged)?;
            let link = self.nodes[place.node].links.get(&place.connection);
            let link = link.ok_or("a connection is known to one end only")?;
            if member.dialect == Dialect::Hartslag {
                ensure!(
                    link.stored == link.sent.len(),
                    "member {at} waits for `stored`: {} of {}",
                    link.stored,
                    link.sent.len()
                );
                ensure!(
                    member.mode == workshop.board_mode,
                    "member {at} believes that the board is {:?}",
                    member.mode
                );
                for round in &workshop.rounds {
                    ensure!(
                        member.rounds.get(&round.id) == Some(&round.status),
                        "member {at} does not know how far a round is"
                    );
                }
            }
            self.check_diary(at)?;
        }
        Ok(())
    }

    /// The last number that was promised to be kept, or a later one, stands in each diary: the
    /// words are there and not only the ids.
    fn check_diary(&self, member: usize) -> Checked {
        for line in &self.members[member].lines {
            let mut content = Content::default();
            let client = yrs::ClientID::new(line.client);
            content.items.insert(yrs::ID::new(client, line.clock), 1);
            if content.beyond(&self.promised).is_some() {
                continue;
            }
            let kept = edits::read_diary(&self.log.truth.doc, line.client);
            ensure!(
                kept.is_some_and(|kept| kept >= line.number),
                "a diary says {kept:?}, and {} was promised",
                line.number
            );
        }
        Ok(())
    }
}

/// Whether two values are the same but for the order of letters in texts.
fn are_alike(one: &Any, two: &Any) -> bool {
    match (one, two) {
        (Any::String(one), Any::String(two)) => {
            let mut letters = [one, two].map(|text| text.chars().collect::<Vec<_>>());
            for letters in &mut letters {
                letters.sort_unstable();
            }
            letters[0] == letters[1]
        }
        (Any::Map(one), Any::Map(two)) => {
            let mut fields = one.iter();
            one.len() == two.len()
                && fields.all(|(key, value)| two.get(key).is_some_and(|it| are_alike(value, it)))
        }
        _ => one == two,
    }
}

/// Each event that was said to be recorded has come true, once.
pub(super) fn check_workshop(workshop: &Workshop, recorded: &[WorkshopEvent]) -> Checked {
    for event in recorded {
        if let WorkshopEvent::ParticipantAdmitted { participant, .. } = event {
            let is_known = workshop.participants.contains_key(participant);
            ensure!(is_known, "someone who was admitted is not known");
        }
        let Some((round, least)) = step_of(event) else {
            continue;
        };
        let known: Vec<_> = workshop.rounds.iter().filter(|it| it.id == round).collect();
        ensure!(known.len() == 1, "a round is there {} times", known.len());
        ensure!(
            known[0].status >= least,
            "a round is {:?}, and {least:?} was promised",
            known[0].status
        );
    }
    Ok(())
}

/// How far an event brings which round.
fn step_of(event: &WorkshopEvent) -> Option<(RoundId, RoundStatus)> {
    match event {
        WorkshopEvent::RoundOpened { round } => Some((round.id, RoundStatus::Open)),
        WorkshopEvent::RoundClosed { round } => Some((*round, RoundStatus::Closed)),
        WorkshopEvent::RoundRevealed { round, .. } => Some((*round, RoundStatus::Revealed)),
        _ => None,
    }
}
