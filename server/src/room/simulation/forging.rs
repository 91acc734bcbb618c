//! Someone with a modified client, who sends what no honest one makes.

use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::frame;
use yrs::updates::decoder::Decode;
use yrs::{ClientID, Doc, OffsetKind, Options, ReadTxn, StateVector, Transact, Update};

use super::Checked;
use super::edits;
use super::world::World;
use crate::network::Network;
use crate::room::event::Event;
use crate::room::handle::Dialect;

/// Client ids that the forger writes under, at every node alike.
const CLIENTS: usize = 2;

impl World {
    /// Sends a node something: content under a clock that another node may get other content
    /// under, something that lacks what it builds on, or what is long known.
    pub(super) fn forge(&mut self, at: usize) -> Checked {
        let Some(connection) = self.nodes[at].forger else {
            return self.forger_joins(at);
        };
        let client = 9_001 + self.chance.below(CLIENTS) as u64;
        let doc = Doc::with_options(Options {
            client_id: ClientID::new(client),
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        });
        let known = encoded(&self.log.truth.doc);
        let state = Update::decode_v1(&known).map_err(|error| error.to_string())?;
        let applied = doc.transact_mut().apply_update(state);
        applied.map_err(|error| error.to_string())?;

        let mut updates = vec![known];
        for _ in 0..=self.chance.below(3) {
            updates.extend(edits::edit(&doc, self.forger, &mut self.chance));
        }
        let last = updates.len().min(2) - 1;
        let update = match self.chance.below(6) {
            0 => &updates[0],
            1 => &updates[updates.len() - 1],
            _ => &updates[last],
        };
        self.has_forged = true;
        let frame = frame::write_update(update).into();
        self.give(at, Event::Frame { connection, frame })
    }

    fn forger_joins(&mut self, at: usize) -> Checked {
        let connection = ConnectionId::from_bytes(self.chance.bytes());
        self.nodes[at].forger = Some(connection);
        let event = Event::Connected {
            connection,
            participant: self.forger.participant,
            role: self.forger.role,
            network: Network::HERE,
            dialect: Dialect::Hartslag,
        };
        self.give(at, event)
    }
}

fn encoded(doc: &Doc) -> Vec<u8> {
    let transaction = doc.transact();
    transaction.encode_state_as_update_v1(&StateVector::default())
}
