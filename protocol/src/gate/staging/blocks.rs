//! How many blocks an update makes in yrs: by what it brings, and by what it cuts.
//!
//! A block comes in by itself unless yrs joins it to the one before; what comes in between two
//! ticks of a block cuts it, and so does deleting from its middle. Each is counted by
//! [`Staging::add_blocks`], for the client, the place and the room at once, so that no limit
//! knows of less than another.

use std::collections::BTreeMap;

use super::Staging;
use crate::gate::index::{Cut, PlaceId};
use crate::gate::refusal::Limit;
use crate::gate::update::Item;
use crate::gate::{ItemId, cost};
use crate::limits::{TEXT_BLOCKS, THING_BLOCKS};

/// Blocks of what is deleted from, before the update: in each sequence, and in each thing.
#[derive(Debug, Default)]
pub(super) struct Crowds {
    texts: BTreeMap<PlaceId, u32>,
    things: BTreeMap<PlaceId, u32>,
}

impl Staging<'_> {
    /// Counts so many more blocks of a client, or fewer, in a place or among what is collected.
    pub(super) fn add_blocks(&mut self, client: u64, place: Option<PlaceId>, change: i32) {
        self.blocks += change as isize;
        self.index.add_blocks(client, place, change);
    }

    /// Counts what an item of a client cuts where it comes in.
    pub(super) fn cut_for(
        &mut self,
        by: u64,
        place: PlaceId,
        item: &Item<'_>,
    ) -> Result<(), Limit> {
        let behind = item.origin.map(|id| ItemId {
            clock: id.clock + 1,
            ..id
        });
        let how = Cut {
            is_keyed: self.index.is_keyed(place),
            is_between: behind == item.right_origin,
        };
        for at in behind.into_iter().chain(item.right_origin) {
            if at.clock > 0 && self.index.cut(by, at, how) {
                self.add_cuts(at.client, place, 1)?;
            }
        }
        Ok(())
    }

    /// Counts what deleting a part of a sequence cuts, and what yrs joins for it.
    pub(super) fn cut_out(
        &mut self,
        client: u64,
        place: PlaceId,
        start: u32,
        end: u32,
    ) -> Result<(), Limit> {
        let change = self.index.cuts_of_deletion(client, start, end);
        if self.strict && change != 0 {
            let blocks = self.index.place(place).size.blocks;
            self.crowds.texts.entry(place).or_insert(blocks);
            let thing = self.index.thing_around(place);
            let blocks = self.index.place(thing).size.blocks_within;
            self.crowds.things.entry(thing).or_insert(blocks);
        }
        self.add_cuts(client, place, change)
    }

    /// Each piece comes again when the room is loaded, and is compared with what was made beside
    /// others there.
    fn add_cuts(&mut self, client: u64, place: PlaceId, change: i32) -> Result<(), Limit> {
        self.add_blocks(client, Some(place), change);
        let pieces = u64::from(change.max(0).unsigned_abs());
        let compared = u64::from(self.index.place(place).size.compared);
        self.load(pieces * (cost::BLOCK + compared))
    }

    /// Fails when there is too much in one text, or in one thing on the board.
    pub(super) fn check_size(&self, place: PlaceId) -> Result<(), Limit> {
        if !self.strict {
            return Ok(());
        }
        if self.index.place(place).size.blocks > TEXT_BLOCKS {
            return Err(Limit::TextBlocks);
        }
        let thing = self.index.thing_around(place);
        if self.index.place(thing).size.blocks_within > THING_BLOCKS {
            return Err(Limit::ThingBlocks);
        }
        Ok(())
    }

    /// Fails when deleting left too much in one text, or in one thing, and more than there was:
    /// what is too much already can be deleted.
    pub(super) fn check_crowds(&self) -> Result<(), Limit> {
        let size = |place: PlaceId| self.index.place(place).size;
        let mut texts = self.crowds.texts.iter();
        if texts.any(|(&text, &before)| size(text).blocks > before.max(TEXT_BLOCKS)) {
            return Err(Limit::TextBlocks);
        }
        let mut things = self.crowds.things.iter();
        if things.any(|(&it, &before)| size(it).blocks_within > before.max(THING_BLOCKS)) {
            return Err(Limit::ThingBlocks);
        }
        Ok(())
    }
}
