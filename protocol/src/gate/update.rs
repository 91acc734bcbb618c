//! A Yjs update (version 1), read strictly and with bounds.
//!
//! What the room has already is read for its form and then dropped; what it has in part is cut.
//! So what remains begins, for every client, where the room ends.

use std::collections::BTreeMap;

use super::ItemId;
use super::bounds::Bounds;
use super::content::Content;
use super::ranges::Ranges;
use super::refusal::{Limit, Refusal};
use super::value::{Values, key};
use crate::limits::ROOM_CLIENTS;
use crate::wire::reader::{Malformed, Reader};

/// An update without what the room has already.
#[derive(Debug)]
pub(super) struct Update<'a> {
    /// Only clients with something new, by client.
    pub(super) sections: Vec<Section<'a>>,
    /// Per client what is deleted, known or not.
    pub(super) deleted: BTreeMap<u64, Ranges>,
}

/// What is new of one client; no block is apart from the one before.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) client: u64,
    pub(super) blocks: Vec<Block<'a>>,
}

/// A stretch of one client's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    pub(super) clock: u32,
    pub(super) length: u32,
    pub(super) body: Body<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Body<'a> {
    /// Deleted and collected together with its parent: nothing but its length is left.
    Collected,
    Item(Item<'a>),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    /// The item that was on the left when this one was made.
    pub(super) origin: Option<ItemId>,
    /// The item that was on the right when this one was made.
    pub(super) right_origin: Option<ItemId>,
    /// Only told where no origin tells it.
    pub(super) parent: Option<Parent<'a>>,
    pub(super) content: Content<'a>,
    /// Several values that stood under one key after each other, joined by Yjs: written apart
    /// again, because yrs counts on one value under a key.
    pub(super) apart: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Parent<'a> {
    pub(super) of: ParentType<'a>,
    pub(super) key: Option<&'a str>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum ParentType<'a> {
    Root(&'a str),
    Item(ItemId),
}

/// Clocks stay below this: yrs computes with them in `i32`.
const LARGEST_CLOCK: u32 = i32::MAX as u32;

const COLLECTED: u8 = 0;
const SKIP: u8 = 10;
pub(super) const HAS_KEY: u8 = 0x20;
pub(super) const HAS_RIGHT_ORIGIN: u8 = 0x40;
pub(super) const HAS_ORIGIN: u8 = 0x80;
const REFERENCE: u8 = 0x1f;

/// Reads an update; `known` tells how far the room has come with a client, or nothing where the
/// update may begin anywhere.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    bounds: &Bounds,
    known: impl Fn(u64) -> Option<u32>,
) -> Result<Update<'a>, Refusal> {
    let mut reading = Reading {
        reader: Reader::new(bytes),
        values: Values::new(bounds),
        blocks_left: bounds.blocks,
        missing: false,
    };
    let sections = reading.sections(bounds, known)?;
    let deleted = reading.deleted(bounds)?;
    reading.reader.end()?;
    // Told last, so that nothing malformed makes the server ask for more of it.
    if reading.missing {
        return Err(Refusal::Missing);
    }
    Ok(Update { sections, deleted })
}

/// How many blocks an update has: it is read to the end of them, and nothing is kept.
pub(super) fn count_blocks(bytes: &[u8]) -> Result<usize, Refusal> {
    let mut reading = Reading {
        reader: Reader::new(bytes),
        values: Values::new(&Bounds::KEPT),
        blocks_left: usize::MAX,
        missing: false,
    };
    reading.sections(&Bounds::KEPT, |_client| Some(u32::MAX))?;
    Ok(usize::MAX - reading.blocks_left)
}

struct Reading<'a> {
    reader: Reader<'a>,
    values: Values,
    blocks_left: usize,
    /// Whether a client's blocks begin, or go on, beyond what the room has.
    missing: bool,
}

impl<'a> Reading<'a> {
    fn sections(
        &mut self,
        bounds: &Bounds,
        known: impl Fn(u64) -> Option<u32>,
    ) -> Result<Vec<Section<'a>>, Refusal> {
        let count = self.reader.count(3)?;
        if count > bounds.clients {
            return Err(Limit::Clients.into());
        }
        let mut sections = BTreeMap::new();
        for _ in 0..count {
            let (client, blocks) = self.section(&known)?;
            if sections.insert(client, blocks).is_some() {
                return Err(Malformed("an update names a client twice").into());
            }
        }
        Ok(sections
            .into_iter()
            .filter(|(_, blocks)| !blocks.is_empty())
            .map(|(client, blocks)| Section { client, blocks })
            .collect())
    }

    fn section(
        &mut self,
        known: impl Fn(u64) -> Option<u32>,
    ) -> Result<(u64, Vec<Block<'a>>), Refusal> {
        // The first byte, and at least one more for what a block holds.
        let count = self.reader.number()?;
        let client = self.reader.number()?;
        let mut clock = self.reader.number32()?;
        if count > (self.reader.remaining() / 2) as u64 {
            return Err(Malformed("a count is larger than what follows").into());
        }
        let mut next = known(client).unwrap_or(clock);
        let mut blocks = Vec::new();
        for _ in 0..count {
            self.blocks_left = self.blocks_left.checked_sub(1).ok_or(Limit::Blocks)?;
            let (length, body) = self.block()?;
            let end = clock
                .checked_add(length)
                .filter(|&end| end <= LARGEST_CLOCK)
                .ok_or(Malformed("a clock is too large"))?;
            if let Some(body) = body
                && end > next
            {
                if clock > next {
                    self.missing = true;
                }
                let block = Block {
                    clock,
                    length,
                    body,
                };
                blocks.push(block.starting_at(client, next.max(clock)));
                next = end;
            }
            clock = end;
        }
        Ok((client, blocks))
    }

    /// The length of the next block and what it is; `None` for a stretch that the sender skips.
    fn block(&mut self) -> Result<(u32, Option<Body<'a>>), Refusal> {
        let info = self.reader.byte()?;
        if info == COLLECTED || info == SKIP {
            let length = self.reader.number32()?;
            if length == 0 {
                return Err(Malformed("a block is empty").into());
            }
            return Ok((length, (info == COLLECTED).then_some(Body::Collected)));
        }
        let origin = self.id_if(info & HAS_ORIGIN != 0)?;
        let right_origin = self.id_if(info & HAS_RIGHT_ORIGIN != 0)?;
        let parent = match (origin, right_origin) {
            (None, None) => Some(self.parent(info & HAS_KEY != 0)?),
            _ => None,
        };
        let content = Content::read(info & REFERENCE, &mut self.reader, &mut self.values)?;
        let item = Item {
            origin,
            right_origin,
            parent,
            content,
            apart: false,
        };
        Ok((content.length()?, Some(Body::Item(item))))
    }

    fn id_if(&mut self, present: bool) -> Result<Option<ItemId>, Malformed> {
        present.then(|| self.id()).transpose()
    }

    fn id(&mut self) -> Result<ItemId, Malformed> {
        Ok(ItemId {
            client: self.reader.number()?,
            clock: self.reader.number32()?,
        })
    }

    fn parent(&mut self, has_key: bool) -> Result<Parent<'a>, Refusal> {
        let of = match self.reader.number()? {
            0 => ParentType::Item(self.id()?),
            1 => ParentType::Root(key(&mut self.reader)?),
            _ => return Err(Malformed("a parent is of an unknown kind").into()),
        };
        let key = if has_key {
            Some(key(&mut self.reader)?)
        } else {
            None
        };
        Ok(Parent { of, key })
    }

    fn deleted(&mut self, bounds: &Bounds) -> Result<BTreeMap<u64, Ranges>, Refusal> {
        let mut ranges_left = bounds.delete_ranges;
        let count = self.reader.count(2)?;
        // Whoever sends sync step 2 names the deletions of everyone who was ever there.
        if bounds.strict && count > ROOM_CLIENTS {
            return Err(Limit::Clients.into());
        }
        let mut deleted = BTreeMap::<u64, Ranges>::new();
        for _ in 0..count {
            let client = self.reader.number()?;
            let ranges = deleted.entry(client).or_default();
            let count = self.reader.count(2)?;
            ranges_left = ranges_left.checked_sub(count).ok_or(Limit::DeleteRanges)?;
            for _ in 0..count {
                let start = self.reader.number32()?;
                let end = start
                    .checked_add(self.reader.number32()?)
                    .filter(|&end| end <= LARGEST_CLOCK)
                    .ok_or(Malformed("a deletion ends beyond the largest clock"))?;
                ranges.insert(start, end);
            }
        }
        Ok(deleted)
    }
}

impl Block<'_> {
    /// The clock behind the block.
    pub(super) fn end(&self) -> u32 {
        self.clock + self.length
    }

    /// The block without what lies before `start`, which lies inside it.
    fn starting_at(self, client: u64, start: u32) -> Self {
        let offset = start - self.clock;
        if offset == 0 {
            return self;
        }
        let body = match self.body {
            Body::Collected => Body::Collected,
            // What is cut off is what the rest was typed after.
            Body::Item(item) => Body::Item(Item {
                origin: Some(ItemId {
                    client,
                    clock: start - 1,
                }),
                parent: None,
                content: item.content.without_first(offset),
                ..item
            }),
        };
        Self {
            clock: start,
            length: self.length - offset,
            body,
        }
    }
}

impl Item<'_> {
    /// As how many items it is written.
    pub(super) fn parts(&self) -> u32 {
        match self.content {
            Content::Values { count, .. } if self.apart => count,
            _ => 1,
        }
    }
}
