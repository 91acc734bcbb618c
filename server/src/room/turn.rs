//! What became durable within a turn: applied together, shown in one frame.

use bytes::Bytes;
use hartslag_protocol::gate;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::frame;

use super::document::Poisoned;
use super::event::Effect;
use super::handle::Dialect;
use super::state::RoomState;

/// An update that holds nothing.
const NOTHING: [u8; 2] = [0, 0];

/// Updates that are durable and not yet in the document, in their order.
#[derive(Debug, Default)]
pub(super) struct Turn {
    updates: Vec<Bytes>,
    /// Who sent all of them, where that is one connection.
    author: Option<ConnectionId>,
}

impl Turn {
    pub(super) fn push(&mut self, update: Bytes, author: Option<ConnectionId>) {
        if *update == NOTHING {
            return;
        }
        if self.updates.is_empty() {
            self.author = author;
        } else if self.author != author {
            self.author = None;
        }
        self.updates.push(update);
    }

    /// All of them as one, and who sent them if that is one connection.
    fn take(&mut self) -> Result<Option<(Bytes, Option<ConnectionId>)>, Poisoned> {
        let update = match self.updates.as_slice() {
            [] => return Ok(None),
            [update] => update.clone(),
            several => {
                let merged = gate::merge(several.iter().map(Bytes::as_ref));
                // Each was admitted where the one before it ended.
                Bytes::from(merged.map_err(|_refusal| Poisoned)?)
            }
        };
        self.updates.clear();
        Ok(Some((update, self.author.take())))
    }
}

impl RoomState {
    /// Applies what became durable and shows it (W5): to everyone but a lone author who is told
    /// `stored` in its place. Whatever looks at the document does this first.
    pub(super) fn show(&mut self) -> Result<(), Poisoned> {
        let Some((update, author)) = self.turn.take()? else {
            return Ok(());
        };
        let base = self.document.version();
        for deleted in self.document.apply(&update)? {
            let (client, start, end) = (deleted.client, deleted.start, deleted.end);
            self.gate.learn_deletion(client, start, end);
            self.foreseen.learn_deletion(client, start, end);
        }
        let is_told_stored = |author: &ConnectionId| {
            let member = self.members.get(author);
            member.is_some_and(|it| it.dialect == Dialect::Hartslag && !it.starts_over)
        };
        let except = author.filter(is_told_stored);
        let frame = Bytes::from(frame::write_update(&update));
        self.effects.push(Effect::Document {
            frame,
            base,
            except,
        });
        Ok(())
    }
}
