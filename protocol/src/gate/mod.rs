//! What stands before the document: reads every update strictly, admits or refuses it.
//!
//! yrs trusts its input: some hundred bytes can make it overflow its stack, ask for gigabytes,
//! or leave a document that no longer loads. So nothing of a client reaches yrs unread:
//!
//! 1. [`update`] reads the bytes with bounds and drops what the room has already;
//! 2. [`staging`] finds for every item, with the [`index`], where in the document it lives,
//!    [`ownership`] whose note that is, and asks whether the sender may do that there;
//! 3. [`mod@write`] writes what is left as the smallest update: no overlap, no gap, nothing known.
//!
//! # Invariants
//!
//! * A refused update changes nothing.
//! * What the gate has, the room's document has, and the other way round: same state vector,
//!   nothing pending. So an admitted update is applied at once, in the order of admission.
//! * Two gates that took the same entries in the same order admit the same, whether one of them
//!   began with a snapshot or not, apart from the room's own limits.
//!
//! # What it does not refuse
//!
//! An item in a text names its left and right neighbour of when it was made. The gate asks that
//! both are in that text, not that they were ever neighbours, or are in that order. Yjs itself
//! breaks this: undoing inside a note that was deleted and restored can name them crossed, and
//! refusing would cost that person everything made offline with it. Replicas may order such an
//! item differently until they load anew; the text loses nothing, and no other is touched.

mod bounds;
mod content;
mod cost;
mod forecast;
mod index;
mod merge;
mod ownership;
mod ranges;
mod refusal;
mod staging;
mod state_vector;
#[cfg(test)]
mod tests;
mod touch;
mod update;
mod value;
mod write;

use std::collections::BTreeMap;

use bounds::Bounds;
use content::Content;
use index::Index;
use ranges::Ranges;
use staging::{Staged, Staging};
use update::{Body, Section, Update};

pub use forecast::{count_added, count_blocks};
pub use merge::merge;
pub use refusal::{Limit, Refusal};
pub use state_vector::StateVector;
pub use touch::{Action, Touch, TouchedNote};

use crate::limits::{ROOM_BLOCKS, ROOM_BYTES, ROOM_CLIENTS, ROOM_WORK};
use crate::wire::reader::Malformed;

/// The roots of a board; all of them are maps (`docs/protocol.md`, section B).
pub const ROOTS: [&str; 13] = [
    "board",
    "brief",
    "personas",
    "phases",
    "touchpoints",
    "scores",
    "quotes",
    "painPoints",
    "notes",
    "groups",
    "actions",
    "metrics",
    "versions",
];

/// Tells whether the sender may do something.
pub type Allow<'a> = dyn FnMut(&Touch<'_>) -> bool + 'a;

/// Tells whether the sender may add something under a client id.
pub type Sign<'a> = dyn FnMut(Signature) -> Result<(), Refusal> + 'a;

/// Takes the price of an update, in visits, or tells that nothing is left to pay it from.
pub type Pay<'a> = dyn FnMut(u64) -> bool + 'a;

/// A client id under which an update adds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The client id.
    pub client: u64,
    /// Whether the room has nothing under it yet.
    pub is_first: bool,
}

/// What an update that was not refused comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The room had everything already.
    Known,
    /// Something is new.
    Admitted {
        /// Only what is new: what goes into the log, into yrs and to the other members.
        update: Vec<u8>,
        /// What yrs may have to do for it, in units of [`crate::limits::UPDATE_WORK`].
        work: u64,
    },
}

impl Admission {
    /// What is new, if anything is.
    pub fn update(&self) -> Option<&[u8]> {
        match self {
            Self::Known => None,
            Self::Admitted { update, .. } => Some(update),
        }
    }
}

/// What an admitted update holds beyond a state, for a document that is at that state.
///
/// A gate runs ahead of the document by what waits to become durable. When an entry of another
/// node comes first and holds some of the same, the document needs all of that entry.
pub fn trim(update: &[u8], state: &StateVector) -> Result<Vec<u8>, Refusal> {
    let update = update::read(update, &Bounds::KEPT, |client| Some(state.clock(client)))?;
    Ok(write::write(&update.sections, &update.deleted))
}

/// The id of an item, or of one tick of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ItemId {
    client: u64,
    clock: u32,
}

/// Who signs what is new: each section begins where the room ends.
fn signatures(sections: &[Section<'_>]) -> impl Iterator<Item = Signature> {
    sections.iter().map(|section| Signature {
        client: section.client,
        is_first: section.blocks.first().is_some_and(|it| it.clock == 0),
    })
}

/// The gate of one room.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub struct Gate {
    index: Index,
    /// At most the size of the room's state: deletions do not make it smaller.
    bytes: usize,
    blocks: usize,
    /// What loading the room may cost.
    load: u64,
    /// Items that are kept out, by client.
    quarantined: BTreeMap<u64, Ranges>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// The gate of an empty room.
    pub fn new() -> Self {
        Self {
            index: Index::new(),
            bytes: 0,
            blocks: 0,
            load: 0,
            quarantined: BTreeMap::new(),
        }
    }

    /// The gate of a room with this state, as one update. It is read as strictly as any other.
    pub fn from_document(state: &[u8]) -> Result<Self, Refusal> {
        let mut gate = Self::new();
        gate.replay(state)?;
        Ok(gate)
    }

    /// Takes in an update of a client, asking `allow` for everything new that it does.
    pub fn admit(&mut self, update: &[u8], allow: &mut Allow<'_>) -> Result<Admission, Refusal> {
        self.admit_signed(update, &mut |_| Ok(()), &mut |_| true, allow)
    }

    /// Takes in an update of a client, asking `sign` for every client id under which it adds
    /// something, and `pay` for what it costs, too. What is not paid for is too large.
    ///
    /// Replicas know what they have by client id and count alone. Who could go on under the id of
    /// another would have that person's next words taken for known, and so lost.
    pub fn admit_signed(
        &mut self,
        update: &[u8],
        sign: &mut Sign<'_>,
        pay: &mut Pay<'_>,
        allow: &mut Allow<'_>,
    ) -> Result<Admission, Refusal> {
        self.take(update, &Bounds::CLIENT, sign, pay, allow)
    }

    /// Takes in what was admitted before: an entry of the log, or a snapshot.
    ///
    /// Rights and the room's own limits were weighed then; every node must come to the same.
    pub fn replay(&mut self, update: &[u8]) -> Result<Admission, Refusal> {
        self.replay_signed(update, &mut |_| {})
    }

    /// Takes in what was admitted before, and tells under which client ids it adds something.
    pub fn replay_signed(
        &mut self,
        update: &[u8],
        tell: &mut dyn FnMut(Signature),
    ) -> Result<Admission, Refusal> {
        let mut sign = |signature| {
            tell(signature);
            Ok(())
        };
        self.take(update, &Bounds::KEPT, &mut sign, &mut |_| true, &mut |_| {
            true
        })
    }

    /// How far the room has come.
    pub fn state_vector(&self) -> StateVector {
        self.index.clocks().collect()
    }

    /// Learns that the document deleted a range by itself, as it does with the value that lost
    /// when two people set one key: a client that names it later then tells nothing new.
    pub fn learn_deletion(&mut self, client: u64, start: u32, end: u32) {
        self.index.delete(client, start, end);
    }

    /// Blocks that yrs keeps of what it took in, at most: what copying it costs grows with them.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Client ids that wrote here.
    pub fn clients(&self) -> usize {
        self.index.client_count()
    }

    /// Learns the size of the room's state, after it was written as one update: each letter came
    /// as a block of its own, and a typed line is one.
    pub fn learn_size(&mut self, bytes: usize, blocks: usize) {
        self.bytes = bytes;
        self.blocks = blocks;
    }

    /// Keeps out an update that the room does not have: whatever holds an item of it, or builds on
    /// one, is refused from here on.
    pub fn quarantine(&mut self, update: &[u8]) {
        let known = |client| Some(self.index.clock(client));
        let Ok(update) = update::read(update, &Bounds::KEPT, known) else {
            // It would be refused anyway.
            return;
        };
        for Section { client, blocks } in &update.sections {
            let ranges = self.quarantined.entry(*client).or_default();
            for block in blocks {
                ranges.insert(block.clock, block.end());
            }
        }
    }

    fn is_quarantined(&self, sections: &[Section<'_>]) -> bool {
        sections.iter().any(|Section { client, blocks }| {
            self.quarantined.get(client).is_some_and(|ranges| {
                let mut blocks = blocks.iter();
                blocks.any(|block| ranges.meets(block.clock, block.end()))
            })
        })
    }

    fn take(
        &mut self,
        bytes: &[u8],
        bounds: &Bounds,
        sign: &mut Sign<'_>,
        pay: &mut Pay<'_>,
        allow: &mut Allow<'_>,
    ) -> Result<Admission, Refusal> {
        let mut update = update::read(bytes, bounds, |client| Some(self.index.clock(client)))?;
        if self.is_quarantined(&update.sections) {
            return Err(Malformed("an item is in quarantine").into());
        }
        self.index.begin();
        let taken = Staging::new(&mut self.index, bounds, bytes.len(), allow).take(&mut update);
        let written = taken.and_then(|staged| {
            let written = write::write(&update.sections, &staged.deleted);
            self.check_room(bounds, &update, &staged, written.len())?;
            signatures(&update.sections).try_for_each(&mut *sign)?;
            if !pay(staged.work) {
                return Err(Limit::Work.into());
            }
            Ok((staged, written))
        });
        let (staged, written) = match written {
            Ok(written) => written,
            Err(refusal) => {
                self.index.roll_back();
                return Err(refusal);
            }
        };
        if update.sections.is_empty() && staged.deleted.is_empty() {
            return Ok(Admission::Known);
        }
        self.remember_deletions(&update.sections, &staged);
        self.bytes += written.len();
        self.blocks = self.blocks.saturating_add_signed(staged.blocks);
        self.load = self.load.saturating_add(staged.load);
        Ok(Admission::Admitted {
            update: written,
            work: staged.work,
        })
    }

    /// Fails when the room would outgrow its limits. Deleting what adds no block is always
    /// possible; what cuts a text in pieces is weighed as what comes in.
    fn check_room(
        &self,
        bounds: &Bounds,
        update: &Update<'_>,
        staged: &Staged,
        bytes: usize,
    ) -> Result<(), Limit> {
        let only_deletes = update.sections.is_empty();
        if !bounds.strict || (only_deletes && staged.blocks <= 0) {
            return Ok(());
        }
        if !only_deletes && self.index.client_count() > ROOM_CLIENTS {
            return Err(Limit::RoomClients);
        }
        if self.blocks.saturating_add_signed(staged.blocks) > ROOM_BLOCKS {
            return Err(Limit::RoomBlocks);
        }
        if self.load.saturating_add(staged.load) > ROOM_WORK {
            return Err(Limit::RoomWork);
        }
        if self.bytes + bytes > ROOM_BYTES {
            return Err(Limit::RoomBytes);
        }
        Ok(())
    }

    fn remember_deletions(&mut self, sections: &[Section<'_>], staged: &Staged) {
        for (&client, ranges) in &staged.deleted {
            for (start, end) in ranges.iter() {
                self.index.delete(client, start, end);
            }
        }
        // What came already deleted needs no deletion of its own.
        for section in sections {
            for block in &section.blocks {
                let collected = match &block.body {
                    Body::Collected => true,
                    Body::Item(item) => matches!(item.content, Content::Deleted(_)),
                };
                if collected {
                    self.index.delete(section.client, block.clock, block.end());
                }
            }
        }
    }
}
