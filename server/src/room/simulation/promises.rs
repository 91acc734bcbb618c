//! What members are shown and told, held against what is durable.

use bytes::Bytes;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::frame::{self, Message};
use hartslag_protocol::wire::message::ServerMessage;

use super::content::Content;
use super::world::World;
use super::{Checked, ensure};

impl World {
    /// W5: what is shown is durable.
    pub(super) fn check_shown(&self, shown: &Bytes) -> Checked {
        let messages = frame::read_frame(shown).map_err(|_malformed| "a frame is malformed")?;
        ensure!(messages.len() == 1, "W1: one message per outbound frame");
        for message in messages {
            if let Message::SyncStep2(update) | Message::Update(update) = message {
                let beyond = Content::of(update)?.beyond(&self.log.ever);
                if let Some(lacking) = beyond {
                    return Err(format!("W5: shown before it is durable: {lacking}"));
                }
            }
        }
        Ok(())
    }

    /// W6: what is said to be stored is durable.
    pub(super) fn check_told(
        &mut self,
        at: usize,
        to: ConnectionId,
        message: &ServerMessage,
    ) -> Checked {
        let Some(link) = self.nodes[at].links.get_mut(&to) else {
            return Ok(());
        };
        match message {
            ServerMessage::Stored { up_to } => {
                let up_to = usize::try_from(*up_to).unwrap_or(usize::MAX);
                ensure!(up_to <= link.sent.len(), "W6: stored what was never sent");
                ensure!(up_to >= link.stored, "W6: stored goes back");
                for sent in &mut link.sent[link.stored..up_to] {
                    let beyond = sent.content.beyond(&self.log.ever);
                    // What belongs to something that was refused is lost with it.
                    sent.refused |= beyond.is_some() && sent.content.follows(&link.refused);
                    if let Some(lacking) = beyond.filter(|_| !sent.refused) {
                        return Err(format!("W6: told as stored and is not: {lacking}"));
                    }
                }
                link.stored = up_to;
            }
            ServerMessage::BarrierReached { id } => {
                let before = link.barriers[*id as usize];
                // What builds on something missing is handled by asking for that.
                ensure!(
                    link.stored >= before || link.asked > 1,
                    "M4: a barrier is reached before {before} messages are stored"
                );
            }
            ServerMessage::Refused {
                message, reason, ..
            } => self.check_refusal(at, to, *message, *reason)?,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn check_recorded(&mut self, at: usize, ticket: u64) -> Checked {
        let node = &mut self.nodes[at];
        let order = node.orders.remove(&ticket);
        let event = order.ok_or("an order is carried out twice")?;
        let bytes = serde_json::to_vec(&event).unwrap_or_default();
        let mut ever = self.log.entries.iter().chain(&self.log.lost);
        let is_kept = ever.any(|entry| entry.bytes == bytes);
        ensure!(is_kept, "an order is answered before it is durable");
        self.recorded.push(event);
        Ok(())
    }
}
