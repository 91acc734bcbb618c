//! The order of the items in one text or array, as Yjs keeps it.
//!
//! An item names what was left and right of it when it was made. A forged one can name them the
//! wrong way round; replicas then disagree about where it stands, and a document that is loaded
//! anew differs from itself. Whether two items stand the right way round only their order tells.

use super::ItemId;
use super::refusal::{Limit, Refusal};
use crate::limits::SEQUENCE_PIECES;
use crate::wire::reader::Malformed;

/// Items in their order, those together that were made behind each other.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) struct Sequence {
    pieces: Vec<Piece>,
    /// Where something was put last: typing goes on there.
    latest: usize,
}

/// Items of one client, each made directly behind the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The first item.
    pub(super) id: ItemId,
    /// How many ticks there are.
    pub(super) length: u32,
    /// What was left of the first item.
    pub(super) origin: Option<ItemId>,
    /// What was right of all of them.
    pub(super) right_origin: Option<ItemId>,
}

/// How a sequence takes an item.
#[derive(Debug)]
pub(super) struct Care<'a> {
    /// Steps that may still be taken.
    pub(super) work_left: &'a mut u64,
    /// Whether faults are refused. What was admitted once is put somewhere, faults and all.
    pub(super) strict: bool,
}

impl Sequence {
    /// Puts new items where Yjs puts them.
    pub(super) fn insert(&mut self, new: Piece, care: &mut Care<'_>) -> Result<(), Refusal> {
        let start = match new.origin {
            Some(origin) => self.behind(origin, care)?,
            None => 0,
        };
        let end = match new.right_origin {
            Some(right) => self.before(right, start, care)?,
            None => self.pieces.len(),
        };
        if care.strict {
            self.check_neighbours(start, end, care)?;
        }
        let at = self.resolve(&new, start, end, care)?;
        self.put(at, new, care)
    }

    /// The items in order, as ranges of ids.
    #[cfg(test)]
    pub(super) fn order(&self) -> impl Iterator<Item = (ItemId, u32)> {
        self.pieces.iter().map(|piece| (piece.id, piece.length))
    }

    /// The position behind the item; a piece that goes on beyond it is cut.
    fn behind(&mut self, id: ItemId, care: &mut Care<'_>) -> Result<usize, Refusal> {
        let is_latest = |piece: &Piece| piece.last() == id;
        if self.pieces.get(self.latest).is_some_and(is_latest) {
            return Ok(self.latest + 1);
        }
        let at = self.find(id, 0, care)?.ok_or(NOT_HERE)?;
        self.cut(at, id.clock + 1);
        Ok(at + 1)
    }

    /// The position of the item, from `start` on; a piece that begins before it is cut.
    fn before(&mut self, id: ItemId, start: usize, care: &mut Care<'_>) -> Result<usize, Refusal> {
        match self.find(id, start, care)? {
            Some(at) if self.pieces[at].id == id => Ok(at),
            Some(at) => {
                self.cut(at, id.clock);
                Ok(at + 1)
            }
            None if care.strict => Err(NEVER_NEIGHBOURS.into()),
            // As yrs does, which looks for it to the right and does not find it.
            None => Ok(self.pieces.len()),
        }
    }

    /// The piece with the item, from `start` on.
    fn find(&self, id: ItemId, start: usize, care: &mut Care<'_>) -> Result<Option<usize>, Limit> {
        let found = self.pieces[start..].iter().position(|it| it.holds(id));
        care.step(found.unwrap_or(self.pieces.len() - start))?;
        Ok(found.map(|at| start + at))
    }

    /// The piece with the item among those from `start` up to `end`, the last ones first.
    fn find_back(
        &self,
        id: ItemId,
        start: usize,
        end: usize,
        care: &mut Care<'_>,
    ) -> Result<Option<usize>, Limit> {
        let found = self.pieces[start..end].iter().rposition(|it| it.holds(id));
        care.step(found.map_or(end - start, |at| end - start - at))?;
        Ok(found.map(|at| start + at))
    }

    /// Fails when the origins were never next to each other.
    ///
    /// Whoever knows an item knows what that was made between. So nothing that the left origin
    /// had on its right, or the right origin on its left, lies between the two.
    fn check_neighbours(
        &self,
        start: usize,
        end: usize,
        care: &mut Care<'_>,
    ) -> Result<(), Refusal> {
        let before = start.checked_sub(1).and_then(|at| self.pieces.get(at));
        let right_of_left = before.and_then(|piece| piece.right_origin);
        let left_of_right = self.pieces.get(end).and_then(|piece| piece.origin);
        for known in right_of_left.into_iter().chain(left_of_right) {
            if self.find_back(known, start, end, care)?.is_some() {
                return Err(NEVER_NEIGHBOURS.into());
            }
        }
        Ok(())
    }

    /// Where, between its origins, the item goes among those that were made there beside it.
    ///
    /// This is the rule of YATA as Yjs has it. `passed` pieces are left of the new item for
    /// certain; those behind them, up to the one looked at, are not decided yet.
    fn resolve(
        &self,
        new: &Piece,
        start: usize,
        end: usize,
        care: &mut Care<'_>,
    ) -> Result<usize, Limit> {
        let mut passed = start;
        for at in start..end {
            let other = &self.pieces[at];
            if other.origin == new.origin {
                if other.id.client < new.id.client {
                    passed = at + 1;
                } else if other.right_origin == new.right_origin {
                    break;
                }
            } else {
                let Some(origin) = other.origin else { break };
                match self.find_back(origin, start, at, care)? {
                    Some(of) if of < passed => passed = at + 1,
                    Some(_) => {}
                    None => break,
                }
            }
        }
        care.step(passed - start)?;
        Ok(passed)
    }

    fn put(&mut self, at: usize, new: Piece, care: &mut Care<'_>) -> Result<(), Refusal> {
        if let Some(before) = at.checked_sub(1)
            && self.pieces[before].goes_on_with(&new)
        {
            self.pieces[before].length += new.length;
            self.latest = before;
            return Ok(());
        }
        if care.strict && self.pieces.len() >= SEQUENCE_PIECES {
            return Err(Limit::Pieces.into());
        }
        self.pieces.insert(at, new);
        self.latest = at;
        Ok(())
    }

    /// Cuts a piece in two, if the clock lies inside it.
    fn cut(&mut self, at: usize, clock: u32) {
        let piece = &mut self.pieces[at];
        if clock <= piece.id.clock || clock >= piece.end() {
            return;
        }
        let rest = Piece {
            id: ItemId { clock, ..piece.id },
            length: piece.end() - clock,
            origin: Some(ItemId {
                clock: clock - 1,
                ..piece.id
            }),
            right_origin: piece.right_origin,
        };
        piece.length -= rest.length;
        self.pieces.insert(at + 1, rest);
        if self.latest > at {
            self.latest += 1;
        }
    }
}

impl Piece {
    /// The clock behind the last item.
    fn end(&self) -> u32 {
        self.id.clock + self.length
    }

    fn last(&self) -> ItemId {
        ItemId {
            clock: self.end() - 1,
            ..self.id
        }
    }

    fn holds(&self, id: ItemId) -> bool {
        self.id.client == id.client && (self.id.clock..self.end()).contains(&id.clock)
    }

    fn goes_on_with(&self, next: &Piece) -> bool {
        next.id.client == self.id.client
            && next.id.clock == self.end()
            && next.origin == Some(self.last())
            && next.right_origin == self.right_origin
    }
}

impl Care<'_> {
    fn step(&mut self, steps: usize) -> Result<(), Limit> {
        *self.work_left = self
            .work_left
            .checked_sub(steps as u64)
            .ok_or(Limit::Work)?;
        Ok(())
    }
}

const NEVER_NEIGHBOURS: Malformed =
    Malformed("the origins of an item were never next to each other");

/// The index knows that the item lives here, so that only a fault of the gate can miss it.
const NOT_HERE: Malformed = Malformed("the origin of an item is not in its sequence");
