//! What became durable, folded in by its order in the log, and shown.

use std::sync::Arc;

use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::{BoardMode, Round, RoundStatus, WorkshopEvent};

use super::document::Poisoned;
use super::event::{Audience, Effect, Noticed, Tally};
use super::rights::Earlier;
use super::size;
use super::state::RoomState;
use crate::log::{Entry, EntryKind, Milliseconds, Sequence};

impl RoomState {
    /// The append in flight is durable under these numbers.
    pub(super) fn appended(&mut self, sequences: &[Sequence]) {
        let waiting: Vec<_> = self.appending.appended().collect();
        self.numbered.extend(sequences.iter().copied().zip(waiting));
        if !self.is_saving {
            self.is_saving = true;
            let message = ServerMessage::Saving { available: true };
            self.send_all(message, Audience::Everyone);
        }
        self.fold_numbered();
    }

    pub(super) fn append_failed(&mut self, now: Milliseconds) {
        self.appending.failed(now);
        if self.is_saving {
            self.is_saving = false;
            let message = ServerMessage::Saving { available: false };
            self.send_all(message, Audience::Everyone);
        }
    }

    /// Folds in entries read from the log, own ones among them.
    pub(super) fn read(&mut self, entries: &[Entry], now: Milliseconds) -> Result<(), Poisoned> {
        self.is_reading = false;
        if entries.iter().any(|entry| self.contradicts(entry)) {
            self.regressed(Noticed::Read, now);
            return Ok(());
        }
        let known = entries.partition_point(|entry| entry.sequence <= self.applied);
        let entries = &entries[known..];
        for entry in entries {
            self.fold_numbered();
            if entry.sequence != self.applied + 1 {
                continue;
            }
            if self.appending.has_in_flight(&entry.key) {
                break;
            }
            self.fold_foreign(entry)?;
        }
        if entries.is_empty() {
            // The word of more was early or wrong; the next one counts.
            self.heard = self.applied;
        }
        self.fold_numbered();
        if entries.is_empty() {
            self.settle_doubts()?;
        }
        Ok(())
    }

    /// Whether the log holds another entry in the place of the last one that was folded in: it
    /// went back and grew again, without a number that fell.
    fn contradicts(&self, entry: &Entry) -> bool {
        let is_last = entry.sequence == self.applied;
        is_last && self.applied_key.is_some_and(|key| key != entry.key)
    }

    /// Folds in an entry when the room is loaded.
    pub(super) fn replay(&mut self, entry: &Entry) -> Result<(), Poisoned> {
        self.fold_foreign(entry)?;
        self.show()?;
        self.heard = self.applied;
        // Whatever it changed, it did so before the room was loaded.
        self.earlier_modes = Earlier::default();
        self.signatures.forget_pace();
        self.effects.clear();
        Ok(())
    }

    /// Folds in own entries as far as nothing of others comes before them.
    fn fold_numbered(&mut self) {
        while let Some(first) = self.numbered.first_entry() {
            let sequence = *first.key();
            if sequence > self.applied + 1 {
                break;
            }
            let own = first.remove();
            self.brought_back -= usize::from(own.is_shown);
            self.done += 1;
            self.may_keep_promises = true;
            // A retry may learn that the entry was stored, read and folded in before.
            if sequence == self.applied + 1 {
                self.applied = sequence;
                self.applied_key = Some(own.entry.key);
                self.tail.grow(own.entry.bytes.len());
                match own.entry.kind {
                    EntryKind::Update if own.is_shown => self.fold_shown_update(&own.entry.bytes),
                    EntryKind::Update => self.fold_own_update(&own.entry.bytes, own.author),
                    EntryKind::Event => self.fold_event(&own.entry.bytes),
                }
            }
            if let Some(ticket) = own.ticket {
                self.effects.push(Effect::Recorded { ticket });
            }
        }
        self.end_recovery();
        self.signatures.settle(self.done);
        self.heard = self.heard.max(self.applied);
    }

    /// Folds in an entry that this node did not admit.
    fn fold_foreign(&mut self, entry: &Entry) -> Result<(), Poisoned> {
        self.applied = entry.sequence;
        self.applied_key = Some(entry.key);
        self.tail.grow(entry.bytes.len());
        match entry.kind {
            EntryKind::Event => self.fold_event(&entry.bytes),
            EntryKind::Update => self.fold_foreign_update(&entry.bytes, entry.writer)?,
        }
        Ok(())
    }

    fn fold_event(&mut self, bytes: &[u8]) {
        // An event of a later version changes nothing here, on every node of this version.
        let Ok(event) = serde_json::from_slice::<WorkshopEvent>(bytes) else {
            self.effects.push(Effect::Count(Tally::RefusedInLog));
            return;
        };
        let round = match &event {
            WorkshopEvent::ParticipantAdmitted { .. }
            | WorkshopEvent::TimerSet { .. }
            | WorkshopEvent::BoardModeChanged { .. }
            | WorkshopEvent::DoorSet { .. }
            | WorkshopEvent::PeopleDismissed { .. }
            | WorkshopEvent::DismissalUndone { .. } => None,
            WorkshopEvent::RoundOpened { round } => Some(round.id),
            WorkshopEvent::RoundClosed { round } | WorkshopEvent::RoundRevealed { round, .. } => {
                Some(*round)
            }
        };
        let admitted = match &event {
            WorkshopEvent::ParticipantAdmitted { participant, .. } => Some(*participant),
            _ => None,
        };
        let dismissed = match &event {
            WorkshopEvent::PeopleDismissed { people, .. } => people.clone(),
            _ => Vec::new(),
        };
        let moves_people = matches!(
            event,
            WorkshopEvent::PeopleDismissed { .. } | WorkshopEvent::DismissalUndone { .. }
        );
        let sets_timer = matches!(event, WorkshopEvent::TimerSet { .. });
        let known = round.and_then(|round| self.workshop.round(round));
        let before = known.map(|round| round.status);
        self.rounds_bytes -= known.map_or(0, size::of_round);
        let mode_before = self.workshop.board_mode;
        if let Some(folded) = &mut self.folded {
            Arc::make_mut(folded).apply(event.clone());
        }
        Arc::make_mut(&mut self.workshop).apply(event);
        let known = round.and_then(|round| self.workshop.round(round));
        self.rounds_bytes += known.map_or(0, size::of_round);
        self.mode_changed(mode_before);
        if let Some(round) = round.and_then(|round| self.workshop.round(round))
            && before != Some(round.status)
        {
            let round = Round::public(round);
            self.send_all(ServerMessage::RoundChanged { round }, Audience::Everyone);
        }
        if let Some(participant) = admitted {
            self.participant_changed(participant);
        }
        self.let_go(&dismissed);
        let open = self.workshop.current_round();
        let open = open.filter(|round| moves_people && round.status == RoundStatus::Open);
        if let Some(round) = open.map(|round| round.id) {
            // Answers of who was sent away do not count, and count again when they are let in.
            self.count_anew(round);
        }
        if sets_timer {
            let timer = self.workshop.timer(self.shared_now);
            self.send_all(ServerMessage::Timer(timer), Audience::Everyone);
        }
    }

    pub(super) fn mode_changed(&mut self, before: BoardMode) {
        let mode = self.workshop.board_mode;
        if mode != before {
            self.earlier_modes.ended(before, self.now);
            self.send_all(ServerMessage::BoardMode { mode }, Audience::Everyone);
        }
    }
}
