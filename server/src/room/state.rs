//! The rules of a room: event in, effects out. Synchronous, without clock or chance, so that
//! the same events have the same effects on every node.
//!
//! What members send is read and admitted in [`super::syncing`]; what became durable is folded
//! in by [`super::folding`]; whom to tell what is known to [`super::members`]. This file holds
//! the state and the order of it all.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hartslag_protocol::gate::{Gate, count_added, count_blocks};
use hartslag_protocol::ids::{ConnectionId, ParticipantId, RoomId, RoundId};
use hartslag_protocol::limits::{ROOM_ROUNDS, ROUND_NOTES};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::frame::asks_for_document;
use hartslag_protocol::wire::message::ServerMessage;
use hartslag_protocol::workshop::round::OpenRoundError as RoundFault;
use hartslag_protocol::workshop::{BoardMode, Round, Workshop};

use super::appending::{Appending, Draft, Position, Waiting};
use super::document::{Document, Poisoned};
use super::doubts::Doubts;
use super::effort::Efforts;
use super::event::{Audience, Effect, Event, Tally};
use super::foreseen::Foreseen;
use super::handle::Overview;
use super::members::Joined;
use super::neighbours::Neighbours;
use super::presence::Presence;
use super::recovery::Recovery;
use super::rights::Earlier;
use super::rounds::{NewRound, OpenRoundError};
use super::signatures::Signatures;
use super::size;
use super::snapshot;
use super::steady::Steady;
use super::tail::Tail;
use super::turn::Turn;
use crate::log::{EntryKind, Epoch, Known, Milliseconds, Sequence, Snapshot};

/// How long a room without members stays in memory, where nothing else is set.
pub(super) const IDLE: Milliseconds = 5 * 60_000;
/// Least time between two counts of the people who answered (R6: a number, to coaches only).
const COUNT_PAUSE: Milliseconds = 1_000;
/// What all rounds of a room may take in memory before the last one opens: everyone who comes in
/// is told of all of them.
const ROUNDS_BYTES: usize = 8 << 20;
/// Frames that take long to read, at least: work done offline.
const HEAVY_FRAME_BYTES: usize = 256 << 10;

/// Visits to a block, some milliseconds, that are done off the reactor.
const HEAVY_WORK: u64 = 1 << 14;

/// A room in memory.
pub(super) struct RoomState {
    pub(super) room: RoomId,
    pub(super) epoch: Epoch,
    /// Which web client this server carries.
    pub(super) build: Arc<str>,
    /// How long it stays in memory without members.
    pub(super) idle: Milliseconds,
    pub(super) document: Document,
    pub(super) gate: Gate,
    pub(super) workshop: Arc<Workshop>,
    /// What its rounds take in memory: they are many and long, and counted after each turn.
    pub(super) rounds_bytes: usize,
    pub(super) earlier_modes: Earlier<BoardMode>,
    pub(super) doubts: Doubts,
    pub(super) members: BTreeMap<ConnectionId, Joined>,
    pub(super) presence: Presence,
    /// Other nodes that serve the room; absent where the store has one node.
    pub(super) neighbours: Option<Neighbours>,
    pub(super) efforts: Efforts,
    pub(super) signatures: Signatures,
    pub(super) appending: Appending,
    /// Own entries that are durable and wait for those of others that come before them.
    pub(super) numbered: BTreeMap<Sequence, Waiting>,
    /// How many own entries are durable and folded in.
    pub(super) done: Position,
    pub(super) foreseen: Foreseen,
    pub(super) may_keep_promises: bool,
    pub(super) applied: Sequence,
    /// Key of the last entry that was folded in, where the room ever had one.
    pub(super) applied_key: Option<[u8; 16]>,
    /// The last number that was heard of.
    hinted: Sequence,
    /// The log went back, and what it lacks is being brought to it.
    pub(super) recovery: Recovery,
    /// Entries that the document has and the log has not yet again.
    pub(super) brought_back: usize,
    /// The room besides its board as the log has it, while events are on their way back there:
    /// what others appended meanwhile may come before them (L8).
    pub(super) folded: Option<Arc<Workshop>>,
    pub(super) heard: Sequence,
    pub(super) is_reading: bool,
    pub(super) is_saving: bool,
    pub(super) tail: Tail,
    /// Rounds whose people are to be counted, and when the last count was.
    uncounted: BTreeMap<RoundId, Milliseconds>,
    counted_at: BTreeMap<RoundId, Milliseconds>,
    pub(super) alone_since: Option<Milliseconds>,
    /// How far the clock that all nodes share is ahead of the one that events come with.
    pub(super) clock_ahead: i64,
    /// When the event came, by the clock that all nodes share.
    pub(super) shared_now: Milliseconds,
    /// Entries that the document could not take when the room was loaded.
    pub(super) quarantined: Vec<Sequence>,
    /// What was folded in and is still to be shown.
    pub(super) turn: Turn,
    /// When the event came that is being handled.
    pub(super) now: Milliseconds,
    steady: Steady,
    pub(super) effects: Vec<Effect>,
}

impl RoomState {
    /// The room as a snapshot has it. `node` must be unlike that of any other load of the room.
    pub(super) fn restore(
        room: RoomId,
        epoch: Epoch,
        snapshot: &Snapshot,
        node: [u8; 8],
        now: Milliseconds,
    ) -> Result<Self, RestoreError> {
        let content = snapshot::decode(&snapshot.bytes)?;
        let gate = Gate::from_document(&content.board).map_err(|_refusal| RestoreError::Board)?;
        Ok(Self {
            room,
            epoch,
            build: Arc::default(),
            idle: IDLE,
            document: Document::load(&content.board)?,
            gate,
            rounds_bytes: size::of_rounds(&content.workshop),
            workshop: Arc::new(content.workshop),
            earlier_modes: Earlier::default(),
            doubts: Doubts::default(),
            members: BTreeMap::new(),
            presence: Presence::default(),
            neighbours: None,
            efforts: Efforts::default(),
            signatures: Signatures::from_signers(&content.signers),
            appending: Appending::new(node),
            numbered: BTreeMap::new(),
            done: 0,
            foreseen: Foreseen::default(),
            may_keep_promises: false,
            applied: snapshot.upto,
            applied_key: content.last_key,
            hinted: 0,
            recovery: Recovery::default(),
            brought_back: 0,
            folded: None,
            heard: snapshot.upto,
            is_reading: false,
            is_saving: true,
            tail: Tail::after(snapshot.upto, snapshot.bytes.len()),
            uncounted: BTreeMap::new(),
            counted_at: BTreeMap::new(),
            alone_since: Some(now),
            clock_ahead: 0,
            shared_now: now,
            quarantined: Vec::new(),
            turn: Turn::default(),
            now,
            steady: Steady::from(now),
            effects: Vec::new(),
        })
    }

    /// Takes one event in. An event that the rules refuse changes nothing.
    #[cfg(test)]
    pub(super) fn receive(&mut self, event: Event, now: Milliseconds) -> Vec<Effect> {
        self.receive_all([event], now)
    }

    /// Takes in what came together: a turn. What became durable by it is shown at its end.
    pub(super) fn receive_all(
        &mut self,
        events: impl IntoIterator<Item = Event>,
        now: Milliseconds,
    ) -> Vec<Effect> {
        self.shared_now = now.saturating_add_signed(self.clock_ahead);
        let now = self.steady.take(now);
        self.now = now;
        let mut events = events.into_iter();
        let handled = events.try_for_each(|event| self.handle(event, now));
        if let Err(Poisoned) = handled
            .and_then(|()| self.give_turns())
            .and_then(|()| self.show())
        {
            let code = CloseCode::Unavailable;
            return vec![Effect::Count(Tally::Poisoned), Effect::Abandon { code }];
        }
        self.advance(now);
        std::mem::take(&mut self.effects)
    }

    /// Whether a turn may take long: its work belongs off the reactor.
    pub(super) fn is_heavy(&self, events: &[Event]) -> bool {
        let frames = events.iter().map(|event| match event {
            Event::Frame { frame, .. } => frame.len(),
            _ => 0,
        });
        let is_long = frames.sum::<usize>() > HEAVY_FRAME_BYTES;
        let is_long = is_long || self.doubts.holds_more_than(HEAVY_FRAME_BYTES);
        is_long || events.iter().any(|event| self.is_heavy_event(event))
    }

    fn is_heavy_event(&self, event: &Event) -> bool {
        match event {
            Event::Frame { .. } | Event::CaughtUp { .. } => self.is_answered_large(event),
            Event::Recovered { .. } => self.document.is_large(),
            Event::Read { .. } => self.document.is_large() && self.needs_second_gate(),
            Event::Appended { .. } => self.appending.work_in_flight() > HEAVY_WORK,
            _ => false,
        }
    }

    /// Whether the answer may be a large document: those of a whole turn would be in memory
    /// before any of them is sent.
    pub(super) fn is_answered_large(&self, event: &Event) -> bool {
        self.document.is_large()
            && match event {
                Event::Frame { frame, .. } => asks_for_document(frame),
                Event::CaughtUp { .. } => true,
                _ => false,
            }
    }

    fn handle(&mut self, event: Event, now: Milliseconds) -> Result<(), Poisoned> {
        match event {
            Event::Connected {
                connection,
                participant,
                role,
                network,
                dialect,
            } => self.connected(connection, (participant, role), network, dialect),
            Event::Left { connection } => self.left(connection, now),
            Event::Frame { connection, frame } => return self.frame(connection, &frame, now),
            Event::Text { connection, text } => self.text(connection, &text),
            Event::CaughtUp { connection, base } => return self.caught_up(connection, base),
            Event::Record {
                event,
                writer,
                ticket,
            } => self.record(&event, writer, ticket, now),
            Event::Appended { sequences } => self.appended(&sequences),
            Event::AppendFailed => self.append_failed(now),
            Event::Regressed { by } => self.regressed(by, now),
            Event::Recovered { stored } => return self.recovered(stored.as_deref(), now),
            Event::Heard { sequence } => {
                // Numbers that are told only rise, unless the store itself went back. A restore
                // tells 0, which a room without entries was told before. What was appended here
                // since may have been told to nobody.
                if sequence < self.hinted.max(self.applied) || sequence == 0 {
                    self.effects.push(Effect::Verify);
                }
                self.hinted = sequence;
                self.heard = self.heard.max(sequence);
            }
            Event::Read { entries } => return self.read(&entries, now),
            Event::ReadUp { ticket } => self.doubts.ask(ticket),
            Event::ReadFailed => {
                self.is_reading = false;
                self.heard = self.applied;
            }
            Event::SnapshotKept { upto } => self.tail.kept(upto),
            Event::SnapshotFailed => self.tail.failed(),
            Event::Answered { round } => self.count_anew(round),
            Event::Told { bytes } => self.told(&bytes, now),
            Event::Counted { round, by } => self.tell_coaches(round, &by),
            Event::Tick => {}
        }
        Ok(())
    }

    /// What follows from where the room is, whatever the event was.
    fn advance(&mut self, now: Milliseconds) {
        if self.appending.is_over_full() {
            let code = CloseCode::Unavailable;
            self.effects.push(Effect::Abandon { code });
            return;
        }
        self.begin_recovery();
        self.appending.serve(self.members.len());
        if self.recovery == Recovery::None
            && let Some(entries) = self.appending.next(now)
        {
            let known = self.known();
            self.effects.push(Effect::Append { known, entries });
        }
        let is_behind = self.heard > self.applied || !self.numbered.is_empty() || self.doubts.any();
        let may_read = self.recovery == Recovery::None && !self.is_reading;
        if is_behind && may_read && !self.appending.is_in_flight() {
            self.is_reading = true;
            self.doubts.read_begun();
            // With the last entry that was folded in: it must still be the same (L7).
            let overlap = Sequence::from(self.applied_key.is_some());
            let after = self.applied.saturating_sub(overlap);
            self.effects.push(Effect::Read { after });
        }
        self.keep_promises();
        self.drop_silent(now);
        self.presence.expire(now);
        self.tell(now);
        if let Some(frame) = self.presence.show(now) {
            self.effects.push(Effect::Presence { frame });
        }
        self.count_responses(now);
        if self.may_be_kept() && self.tail.wants_snapshot() {
            self.effects.push(Effect::Snapshot);
        }
        if self
            .alone_since
            .is_some_and(|since| since + self.idle <= now)
        {
            // Whatever keeps it in memory is looked at again after as long.
            self.alone_since = Some(now);
            if self.appending.is_empty() {
                self.effects.push(Effect::Rest);
            }
        }
    }

    /// When to give it a [`Event::Tick`] at the latest.
    pub(super) fn due(&self) -> Option<Milliseconds> {
        let idle = self.alone_since.map(|since| since + self.idle);
        let counts = self.uncounted.values().min().copied();
        let presence = [self.presence.due(), self.neighbours_due()];
        [self.appending.due(), self.turn_due(), counts, idle]
            .into_iter()
            .chain(presence)
            .flatten()
            .min()
            .map(|due| self.steady.told(due))
    }

    fn record(
        &mut self,
        event: &hartslag_protocol::workshop::WorkshopEvent,
        writer: Option<ParticipantId>,
        ticket: super::event::Ticket,
        now: Milliseconds,
    ) {
        // Events are plain data with text keys: they always have a JSON form.
        let bytes = Bytes::from(serde_json::to_vec(event).unwrap_or_default());
        self.appending.push(Draft {
            kind: EntryKind::Event,
            writer,
            at: now,
            bytes,
            author: None,
            ticket: Some(ticket),
            work: 0,
        });
    }

    /// Counts who answered a round, and tells coaches, as soon as it is time again.
    pub(super) fn count_anew(&mut self, round: RoundId) {
        let last = self.counted_at.get(&round);
        let due = last.map_or(self.now, |last| self.now.max(last + COUNT_PAUSE));
        self.uncounted.entry(round).or_insert(due);
    }

    fn count_responses(&mut self, now: Milliseconds) {
        let effects = &mut self.effects;
        let counted_at = &mut self.counted_at;
        self.uncounted.retain(|&round, due| {
            let is_early = now < *due;
            if !is_early {
                counted_at.insert(round, now);
                effects.push(Effect::CountResponses { round });
            }
            is_early
        });
    }

    pub(super) fn send_all(&mut self, message: ServerMessage, audience: Audience) {
        self.effects.push(Effect::SendAll { message, audience });
    }

    pub(super) fn close(&mut self, connection: ConnectionId, code: CloseCode) {
        self.effects.push(Effect::Close { connection, code });
    }

    /// The room at a glance.
    pub(super) fn overview(&mut self, now: Milliseconds) -> Result<Overview, Poisoned> {
        let contents = self.document.contents(now)?;
        Ok(Overview {
            title: contents.title,
            municipality: contents.municipality,
            epoch: self.epoch,
            participants: self.workshop.participants.len(),
            online: self
                .here()
                .iter()
                .filter(|id| self.workshop.participants.contains_key(*id))
                .count(),
            phases: contents.counts.phases,
            touchpoints: contents.counts.touchpoints,
            notes: contents.counts.notes,
            round: self.workshop.current_round().map(Round::public),
            timer: self.workshop.timer(self.shared_now),
            board_mode: self.workshop.board_mode,
        })
    }

    /// A round on notes as they are on the board, not yet open to anyone.
    pub(super) fn capture_round(
        &self,
        id: RoundId,
        new: NewRound,
    ) -> Result<Result<Round, OpenRoundError>, Poisoned> {
        if self.workshop.rounds.len() >= ROOM_ROUNDS || self.rounds_bytes >= ROUNDS_BYTES {
            return Ok(Err(OpenRoundError::TooManyRounds));
        }
        if new.notes.len() > ROUND_NOTES {
            // Each is looked up among all notes.
            return Ok(Err(OpenRoundError::Invalid(RoundFault::NoteCount(
                new.notes.len(),
            ))));
        }
        let options = match self.document.options(&new.notes)? {
            Ok(options) => options,
            Err(note) => return Ok(Err(OpenRoundError::NoSuchNote(note))),
        };
        let round = Round::open(
            id,
            new.title,
            options,
            new.budget,
            new.cap,
            new.only_present,
        );
        Ok(round.map_err(OpenRoundError::from))
    }

    /// The fold so far, to be saved in place of the snapshot up to the first number.
    pub(super) fn snapshot(&mut self) -> Result<(Sequence, Snapshot), Poisoned> {
        let board = self.document.encoded()?;
        let blocks = count_blocks(&board).map_or(self.gate.blocks(), |kept| {
            // The gate holds what waits as well, and the board does not.
            kept + count_added(self.waiting_updates())
        });
        self.gate.learn_size(board.len(), blocks);
        let bytes = snapshot::encode(
            &board,
            &self.workshop,
            self.signatures.signers(),
            self.applied_key,
        );
        let expected = self.tail.taken(bytes.len());
        let upto = self.applied;
        Ok((expected, Snapshot { upto, bytes }))
    }

    /// The last entry that is known to be in the log, as it must still hold it: one of its own,
    /// though others come before it that are still to be read, or the last that was folded in.
    pub(super) fn known(&self) -> Known {
        let own = self.numbered.last_key_value();
        own.map_or(
            Known {
                sequence: self.applied,
                key: self.applied_key,
            },
            |(&sequence, waiting)| Known {
                sequence,
                key: Some(waiting.entry.key),
            },
        )
    }

    /// Whether the document is what the log comes to, so that a snapshot of it may be kept (L8).
    pub(super) fn may_be_kept(&self) -> bool {
        self.brought_back == 0
    }

    /// Whether an append is on its way.
    pub(super) fn is_appending(&self) -> bool {
        self.appending.is_in_flight()
    }

    /// Whether it may leave memory: nobody is in it, and nothing is on its way to the log.
    pub(super) fn may_rest(&self) -> bool {
        self.alone_since.is_some() && self.appending.is_empty()
    }

    /// Whether a snapshot would hold more than the stored one.
    pub(super) fn is_ahead_of_snapshot(&self) -> bool {
        self.may_be_kept() && self.tail.lacks(self.applied)
    }
}

/// Why a stored room cannot be taken into memory.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Its snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] snapshot::DamagedSnapshot),
    /// Its board breaks the rules that every board keeps.
    #[error("the board in the snapshot cannot be read")]
    Board,
    /// Its document cannot be rebuilt.
    #[error("the document cannot be rebuilt")]
    Document,
}

impl From<Poisoned> for RestoreError {
    fn from(_poisoned: Poisoned) -> Self {
        Self::Document
    }
}
