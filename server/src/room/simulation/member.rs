//! An honest person with a client: a document of their own, and what was told about it.

use std::collections::BTreeMap;

use hartslag_protocol::board::writing::fresh_document;
use hartslag_protocol::gate::{Gate, Refusal};
use hartslag_protocol::ids::{ConnectionId, RoundId};
use hartslag_protocol::workshop::{BoardMode, Role, RoundStatus};
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{ClientID, Doc, OffsetKind, Options, ReadTxn, StateVector, Transact, Update};

use super::Checked;
use super::edits::Writer;
use super::undoing::Removed;
use crate::room::handle::Dialect;

/// Where a member is connected, as it believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) node: usize,
    pub(super) connection: ConnectionId,
}

/// A number in a diary, and the item that carries it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) client: u64,
    pub(super) clock: u32,
    pub(super) number: u64,
}

pub(super) struct Member {
    pub(super) writer: Writer,
    pub(super) dialect: Dialect,
    pub(super) doc: Doc,
    pub(super) place: Option<Place>,
    /// It may send what is edited: from the start, or from `welcome` on (M1).
    pub(super) may_send: bool,
    /// It heard the room's document since it came or started anew.
    pub(super) synced: bool,
    pub(super) lines: Vec<Line>,
    pub(super) rounds: BTreeMap<RoundId, RoundStatus>,
    /// How open the board is, as far as it was told; plain clients are not.
    pub(super) mode: BoardMode,
    /// How open the board must be for all that it wrote in its document.
    pub(super) needs: BoardMode,
    /// Notes that it deleted, and may put back.
    pub(super) bin: Vec<Removed>,
    /// It dropped its document on this connection: what was under way builds on that.
    pub(super) has_started_over: bool,
    /// What it got and lacks something for.
    early: Vec<Vec<u8>>,
    /// Clock of what it says of itself.
    pub(super) clock: u32,
    incarnation: u64,
    number: u64,
}

impl Member {
    pub(super) fn new(number: usize, writer: Writer, dialect: Dialect) -> Self {
        let mut member = Self {
            writer,
            dialect,
            doc: fresh_document(),
            place: None,
            may_send: false,
            synced: false,
            lines: Vec::new(),
            rounds: BTreeMap::new(),
            mode: BoardMode::Open,
            needs: BoardMode::Notes,
            bin: Vec::new(),
            has_started_over: false,
            early: Vec::new(),
            clock: 0,
            incarnation: number as u64 * 100 + 1,
            number: 0,
        };
        member.start_anew();
        member
    }

    /// Drops the local document, as after a refusal or on another device.
    pub(super) fn start_anew(&mut self) {
        self.incarnation += 1;
        self.doc = Doc::with_options(Options {
            client_id: ClientID::new(self.incarnation),
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        });
        self.synced = false;
        self.needs = BoardMode::Notes;
        self.bin.clear();
        self.early.clear();
    }

    /// How likely it writes: now and then where it knows that it may not.
    pub(super) fn eagerness(&self) -> usize {
        match self.writer.role {
            Role::Participant if self.mode == BoardMode::Locked => 1,
            Role::Coach | Role::Participant => 10,
            Role::Observer | Role::Voter => 1,
        }
    }

    pub(super) fn write_diary(&mut self) -> Option<Vec<u8>> {
        self.number += 1;
        let update = super::edits::write_diary(&self.doc, self.writer, self.number);
        let client = self.doc.client_id();
        let clock = self.doc.transact().state_vector().get(&client) - 1;
        self.lines.push(Line {
            client: client.get(),
            clock,
            number: self.number,
        });
        update
    }

    pub(super) fn vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    /// What someone with this state vector misses.
    pub(super) fn missing_for(&self, vector: &[u8]) -> Checked<Vec<u8>> {
        let vector = StateVector::decode_v1(vector).map_err(|error| error.to_string())?;
        Ok(self.doc.transact().encode_state_as_update_v1(&vector))
    }

    /// Takes in what the room sent: it always fits onto what the room sent before. Who dropped
    /// the document keeps what comes before the room's, as Yjs does; yrs can fail at that.
    pub(super) fn apply(&mut self, update: &[u8]) -> Checked {
        if !self.has_started_over {
            return self.apply_fitting(update);
        }
        self.early.push(update.to_vec());
        while let Some(at) = self.find_fitting()? {
            let update = self.early.remove(at);
            self.apply_fitting(&update)?;
        }
        Ok(())
    }

    fn find_fitting(&self) -> Checked<Option<usize>> {
        if self.early.is_empty() {
            return Ok(None);
        }
        let board = self.missing_for(&[0])?;
        let gate = Gate::from_document(&board).map_err(|_refusal| "a member's document is odd")?;
        let fits = |update: &Vec<u8>| gate.clone().replay(update) != Err(Refusal::Missing);
        Ok(self.early.iter().position(fits))
    }

    fn apply_fitting(&self, update: &[u8]) -> Checked {
        let update = Update::decode_v1(update).map_err(|error| error.to_string())?;
        let mut transaction = self.doc.transact_mut();
        transaction
            .apply_update(update)
            .map_err(|error| format!("a member cannot apply what it got: {error}"))?;
        if transaction.store().pending_update().is_some() {
            return Err("a member got something that builds on what it lacks".into());
        }
        Ok(())
    }
}
