//! The gate of members, which runs ahead of the log, and the gate of the log.
//!
//! What members send is admitted before it is durable, so that the gate they meet holds what
//! waits as well. When an entry of another node comes first and holds other content under the
//! same clocks (which only a forged client makes, by telling two nodes different things), that
//! gate was wrong. What counts is the log: every node must come to the same by its entries alone.
//! So as soon as entries of others come while own ones wait, a second gate takes the entries in
//! the order of the log, and the first is made anew from it when it was wrong.

use bytes::Bytes;
use hartslag_protocol::gate::{Admission, Gate, Refusal};
use hartslag_protocol::ids::{ConnectionId, ParticipantId};
use hartslag_protocol::wire::close::CloseCode;

use super::document::Poisoned;
use super::event::{Effect, Tally};
use super::state::RoomState;
use crate::log::EntryKind;

/// The gate of the log, and whether the gate of members must be made anew from it.
#[derive(Debug, Default)]
pub(super) struct Foreseen {
    /// Holds the entries that were folded in and nothing else; absent while the other gate never
    /// ran ahead of one of another node, and so holds the same.
    folded: Option<Gate>,
    /// The gate of members took something else than the log.
    is_wrong: bool,
    /// Whose entry made it so.
    wrong_by: Option<ParticipantId>,
}

impl Foreseen {
    /// Begins with the gate of the log, where what waits was admitted by another.
    pub(super) fn from_log(gate: Gate) -> Self {
        Self {
            folded: Some(gate),
            ..Self::default()
        }
    }

    pub(super) fn learn_deletion(&mut self, client: u64, start: u32, end: u32) {
        if let Some(folded) = &mut self.folded {
            folded.learn_deletion(client, start, end);
        }
    }
}

impl RoomState {
    /// Whether an entry of another node would make the second gate.
    pub(super) fn needs_second_gate(&self) -> bool {
        self.foreseen.folded.is_none() && self.appending.queued() > self.done
    }

    /// Folds in an update of another node. Rights were weighed where it came in, but what a
    /// document can hold is checked by every node, alike.
    pub(super) fn fold_foreign_update(
        &mut self,
        update: &Bytes,
        writer: Option<ParticipantId>,
    ) -> Result<(), Poisoned> {
        if self.needs_second_gate() {
            self.show()?;
            let board = self.document.encoded()?;
            let folded = Gate::from_document(&board).map_err(|_refusal| Poisoned)?;
            self.foreseen.folded = Some(folded);
        }
        let mut signed = Vec::new();
        let mut tell = |signature| signed.push(signature);
        let counts = if let Some(folded) = &mut self.foreseen.folded {
            let taken = self.gate.replay(update);
            let counts = folded.replay_signed(update, &mut tell);
            // What it costs depends on all that waits.
            if taken.as_ref().map(Admission::update) != counts.as_ref().map(Admission::update) {
                self.foreseen.is_wrong = true;
                self.foreseen.wrong_by = writer;
            }
            counts
        } else {
            self.gate.replay_signed(update, &mut tell)
        };
        if let Some(writer) = writer {
            self.signatures.learn(writer, &signed, self.now);
        }
        self.show_taken(counts, None);
        Ok(())
    }

    /// Folds in an own update, as it was admitted unless another node's entry came between.
    pub(super) fn fold_own_update(&mut self, update: &Bytes, author: Option<ConnectionId>) {
        match &mut self.foreseen.folded {
            Some(folded) => {
                let counts = folded.replay(update);
                self.show_taken(counts, author);
            }
            None => self.turn.push(update.clone(), author),
        }
    }

    /// Folds in an update that the document has already, as it was durable once.
    pub(super) fn fold_shown_update(&mut self, update: &Bytes) {
        if let Some(folded) = &mut self.foreseen.folded {
            // It was made of the document, and so holds nothing that the gate has not.
            let _ = folded.replay(update);
        }
    }

    fn show_taken(&mut self, taken: Result<Admission, Refusal>, author: Option<ConnectionId>) {
        match taken {
            Ok(Admission::Admitted { update, .. }) => self.turn.push(Bytes::from(update), author),
            Ok(Admission::Known) => {}
            Err(_refusal) => self.effects.push(Effect::Count(Tally::RefusedInLog)),
        }
    }

    /// Makes the gate of members what the log and what waits come to, before it admits again.
    pub(super) fn mend_gate(&mut self) {
        let is_wrong = std::mem::take(&mut self.foreseen.is_wrong);
        let Some(folded) = self.foreseen.folded.as_ref().filter(|_| is_wrong) else {
            return;
        };
        self.gate = folded.clone();
        self.run_ahead();
        let work = self.gate.blocks() as u64;
        if let Some(by) = self.foreseen.wrong_by.take()
            && !self.efforts.blame(by, work, self.now)
        {
            self.close_participant(by);
        }
    }

    /// Lets the gate of members, which is that of the log, take in all that waits.
    pub(super) fn run_ahead(&mut self) {
        let numbered = self.numbered.values();
        for waiting in numbered.chain(self.appending.waiting()) {
            if waiting.entry.kind == EntryKind::Update {
                // What is refused here will be refused when it comes back from the log.
                let _ = self.gate.replay(&waiting.entry.bytes);
            }
        }
    }

    /// The updates that the gate of members holds and the log does not yet.
    pub(super) fn waiting_updates(&self) -> impl Iterator<Item = &[u8]> {
        let waiting = self.numbered.values().chain(self.appending.waiting());
        let updates = waiting.filter(|it| it.entry.kind == EntryKind::Update);
        updates.map(|it| &it.entry.bytes[..])
    }

    fn close_participant(&mut self, participant: ParticipantId) {
        let theirs = self.members.iter();
        let theirs = theirs.filter(|(_, member)| member.participant == participant);
        let connections: Vec<_> = theirs.map(|(&connection, _)| connection).collect();
        for connection in connections {
            self.close(connection, CloseCode::TooMany);
        }
    }
}
