//! A log that came back with less than was acknowledged (L7), brought to what this node holds.
//!
//! The store is read anew, and what it lacks is queued before all else: the rest of the board as
//! one update, and the events of the workshop. Every node that held the room may do so: what
//! another did first is known by then, and changes nothing. Members stay connected, and nobody
//! sees less of the board than was shown before.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use hartslag_protocol::gate::Admission;
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::event::Participant;
use hartslag_protocol::workshop::{Round, RoundStatus, Workshop, WorkshopEvent};

use super::appending::Draft;
use super::document::Poisoned;
use super::event::{Audience, Effect, Noticed, Tally};
use super::foreseen::Foreseen;
use super::size;
use super::state::RoomState;
use crate::log::{EntryKind, LoadedRoom, Milliseconds};

/// Where the room is with a log that went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Recovery {
    /// The log is as it was.
    #[default]
    None,
    /// It went back; what is under way with the store comes to its end first.
    Wanted,
    /// The store is read anew. Nothing is appended meanwhile.
    Running,
}

impl RoomState {
    pub(super) fn regressed(&mut self, by: Noticed, now: Milliseconds) {
        match by {
            Noticed::Append => self.append_failed(now),
            Noticed::Read => self.is_reading = false,
            // An append under way will say so itself.
            Noticed::Look if self.appending.is_in_flight() => return,
            Noticed::Look => {}
        }
        if self.recovery == Recovery::None {
            self.recovery = Recovery::Wanted;
        }
    }

    pub(super) fn begin_recovery(&mut self) {
        let is_quiet = !self.appending.is_in_flight() && !self.is_reading;
        if self.recovery == Recovery::Wanted && is_quiet {
            self.recovery = Recovery::Running;
            self.effects.push(Effect::Recover);
        }
    }

    /// Goes on from what the store has; it lacks nothing of what was acknowledged when the
    /// entries that this queues are durable.
    pub(super) fn recovered(
        &mut self,
        stored: Option<&LoadedRoom>,
        now: Milliseconds,
    ) -> Result<(), Poisoned> {
        self.recovery = Recovery::None;
        self.show()?;
        let Some(stored) = stored else {
            // The store has this very fold by now, as a snapshot.
            self.applied_key = None;
            self.folded = None;
            self.tail.kept(self.applied);
            self.queue_again(Vec::new(), None);
            return Ok(());
        };
        let node = self.appending.node();
        let mut kept = Self::restore(self.room, self.epoch, &stored.snapshot, node, now)
            .map_err(|_unreadable| Poisoned)?;
        for entry in &stored.tail {
            kept.replay(entry)?;
        }

        let base = self.document.version();
        let gained = kept.document.gained_since(&self.document.vector()?)?;
        let lacking = self.document.gained_since(&kept.document.vector()?)?;
        let lost = self.bring(&mut kept, &lacking)?;
        let missed = events_missing(&kept.workshop, &self.workshop);
        self.folded = (!missed.is_empty()).then(|| Arc::clone(&kept.workshop));
        for event in &missed {
            Arc::make_mut(&mut kept.workshop).apply(event.clone());
        }

        let before = Arc::clone(&self.workshop);
        kept.document.replace(&self.document);
        self.document = kept.document;
        // What waits was admitted beside what the log lost, and others may have brought it back.
        self.foreseen = Foreseen::from_log(kept.gate.clone());
        self.gate = kept.gate;
        self.workshop = kept.workshop;
        self.rounds_bytes = size::of_rounds(&self.workshop);
        self.tail = kept.tail;
        self.applied = kept.applied;
        self.applied_key = kept.applied_key;
        self.heard = kept.applied;
        let frame = Bytes::from(hartslag_protocol::wire::frame::write_update(&gained));
        self.effects.push(Effect::Document {
            frame,
            base,
            except: None,
        });
        self.tell_changes(&before);
        let update = lost.map(|update| (EntryKind::Update, update));
        let events = missed.iter().map(|event| {
            // Events are plain data with text keys: they always have a JSON form.
            let json = serde_json::to_vec(event).unwrap_or_default();
            (EntryKind::Event, Bytes::from(json))
        });
        let drafts = update.into_iter().chain(events);
        let drafts = drafts.map(|(kind, bytes)| Draft {
            kind,
            writer: None,
            at: now,
            bytes,
            author: None,
            ticket: None,
            work: 0,
        });
        self.queue_again(drafts.collect(), Some(stored));
        self.run_ahead();
        Ok(())
    }

    /// Brings what the store lacks of the board to its fold, and returns it.
    fn bring(&mut self, kept: &mut Self, lacking: &Bytes) -> Result<Option<Bytes>, Poisoned> {
        let lost = match kept.gate.replay(lacking) {
            Ok(Admission::Admitted { update, .. }) => Bytes::from(update),
            Ok(Admission::Known) => return Ok(None),
            Err(_refusal) => {
                // Only where forged content took the place of what this builds on.
                self.effects.push(Effect::Count(Tally::RefusedInLog));
                return Ok(None);
            }
        };
        for deleted in kept.document.apply(&lost)? {
            kept.gate
                .learn_deletion(deleted.client, deleted.start, deleted.end);
        }
        Ok(Some(lost))
    }

    /// Goes on from the log alone once all that was lost is there again.
    pub(super) fn end_recovery(&mut self) {
        if self.brought_back == 0
            && let Some(folded) = self.folded.take()
        {
            let before = std::mem::replace(&mut self.workshop, folded);
            self.rounds_bytes = size::of_rounds(&self.workshop);
            self.tell_changes(&before);
        }
    }

    /// Tells members what came of the workshop with the store, beside what they knew.
    fn tell_changes(&mut self, before: &Workshop) {
        let now = Arc::clone(&self.workshop);
        for round in &now.rounds {
            if before.round(round.id).map(|known| known.status) != Some(round.status) {
                let round = round.public();
                self.send_all(ServerMessage::RoundChanged { round }, Audience::Everyone);
            }
        }
        let away = before.participants.keys();
        let away = away.filter(|id| now.dismissals.has(**id));
        self.let_go(&away.copied().collect::<Vec<_>>());
        for (&id, person) in &now.participants {
            if before.participants.get(&id) != Some(person) {
                self.participant_changed(id);
            }
        }
        if now.timer_ends_at != before.timer_ends_at {
            let timer = now.timer(self.shared_now);
            self.send_all(ServerMessage::Timer(timer), Audience::Everyone);
        }
        self.mode_changed(before.board_mode);
    }

    /// Queues these before all that waits, and before what was durable and is so no more.
    ///
    /// What is gone from the log gets another key. With the one that it had it might get the
    /// number that it had, too, and another node would not tell the log from the one that it
    /// knows, though other entries come before it (L7).
    fn queue_again(&mut self, first: Vec<Draft>, stored: Option<&LoadedRoom>) {
        self.brought_back += first.len();
        let mut numbered = std::mem::take(&mut self.numbered);
        let upto = stored.map_or(0, |stored| stored.snapshot.upto);
        let tail = stored.iter().flat_map(|stored| &stored.tail);
        let kept: BTreeSet<_> = tail.map(|entry| entry.key).collect();
        for (_, waiting) in numbered.range_mut(upto + 1..) {
            if !kept.contains(&waiting.entry.key) {
                waiting.entry.key = self.appending.new_key();
            }
        }
        let moved = self.appending.put_first(first, numbered.into_values());
        self.signatures.move_on(moved);
        // What was promised is kept when all of that is durable.
        for member in self.members.values_mut() {
            for (position, _) in &mut member.promises {
                *position += moved;
            }
        }
    }
}

/// What was acknowledged of a workshop and is missing from what the store kept of it.
fn events_missing(kept: &Workshop, held: &Workshop) -> Vec<WorkshopEvent> {
    let mut missing = Vec::new();
    let dismissed = held.dismissals.iter().flat_map(|it| &it.people);
    let mut people: Vec<_> = held.participants.iter().chain(dismissed).collect();
    people.retain(|(id, person)| {
        kept.participants.get(id) != Some(person) && !kept.dismissals.has(**id)
    });
    // Whoever came after a round began comes after it again (R13).
    people.sort_by_key(|(_, person)| person.rounds_before);
    let mut people = people.into_iter().peekable();
    let mut come_before = |round: usize, missing: &mut Vec<_>| {
        let is_before = |(_, person): &(_, &Participant)| person.rounds_before as usize <= round;
        while let Some((id, person)) = people.next_if(is_before) {
            missing.push(WorkshopEvent::ParticipantAdmitted {
                participant: *id,
                name: person.name.clone(),
                municipality: person.municipality.clone(),
                role: person.role,
            });
        }
    };
    for (index, round) in held.rounds.iter().enumerate() {
        come_before(index, &mut missing);
        let known = kept.round(round.id);
        if known.is_none() {
            let mut opened = Round::clone(round);
            opened.status = RoundStatus::Open;
            opened.result = None;
            missing.push(WorkshopEvent::RoundOpened { round: opened });
        }
        let status = known.map_or(RoundStatus::Open, |known| known.status);
        if round.status == RoundStatus::Closed && status == RoundStatus::Open {
            missing.push(WorkshopEvent::RoundClosed { round: round.id });
        }
        if let Some(result) = round.result.clone()
            && status != RoundStatus::Revealed
        {
            let round = round.id;
            missing.push(WorkshopEvent::RoundRevealed { round, result });
        }
    }
    come_before(usize::MAX, &mut missing);
    missing.extend(settings_missing(kept, held));
    missing
}

/// The same of who was sent away, the door, the timer and the board mode.
fn settings_missing(kept: &Workshop, held: &Workshop) -> Vec<WorkshopEvent> {
    let mut missing = Vec::new();
    for dismissal in held.dismissals.iter() {
        let people = dismissal.people.keys().copied();
        let people: Vec<_> = people.filter(|id| !kept.dismissals.has(*id)).collect();
        if !people.is_empty() {
            missing.push(WorkshopEvent::PeopleDismissed {
                dismissal: dismissal.id,
                people,
                network: dismissal.network,
                at: dismissal.at,
            });
        }
    }
    if held.door_is_closed && !kept.door_is_closed {
        missing.push(WorkshopEvent::DoorSet { is_open: false });
    }
    if kept.timer_ends_at.is_none() && held.timer_ends_at.is_some() {
        let ends_at = held.timer_ends_at;
        missing.push(WorkshopEvent::TimerSet { ends_at });
    }
    if kept.board_mode.is_open() && !held.board_mode.is_open() {
        let mode = held.board_mode;
        missing.push(WorkshopEvent::BoardModeChanged { mode });
    }
    missing
}
