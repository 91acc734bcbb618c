//! Takes an update into the index, in the order in which yrs will integrate it.
//!
//! Whatever is wrong with the update shows here; the caller then rolls the index back. Whether
//! the sender may do all of it is asked at the end: whose a new note is may stand anywhere in it.

use std::collections::BTreeMap;

use self::asking::Question;
use self::blocks::Crowds;
use self::fitting::Fit;
use super::bounds::Bounds;
use super::content::{Content, Kind};
use super::index::{Brought, Entry, EntryRole, Growth, Index, Newest, NodeId, Place, PlaceId};
use super::ownership::Ownership;
use super::ranges::Ranges;
use super::refusal::{Limit, Refusal};
use super::touch::Action;
use super::update::{Block, Body, Item, Parent, ParentType, Section, Update};
use super::{Allow, ItemId, cost};
use crate::limits::TYPE_DEPTH;
use crate::wire::reader::Malformed;

mod asking;
mod blocks;
mod bounding;
mod fitting;

/// An update on its way into the index.
pub(in crate::gate) struct Staging<'g> {
    index: &'g mut Index,
    allow: &'g mut Allow<'g>,
    strict: bool,
    /// What yrs may do for it so far, and at most.
    work: u64,
    most_work: u64,
    /// Blocks of the section that a block is taken of.
    section: u64,
    /// What of it comes again each time the room is loaded.
    load: u64,
    /// How many more blocks yrs keeps, at most; fewer where it joins what is deleted.
    blocks: isize,
    ownership: Ownership,
    asked: Vec<Question>,
    /// Sequences that came to be too long, with how long each was before.
    long: Vec<(PlaceId, u32)>,
    crowds: Crowds,
}

/// What an update came to.
pub(in crate::gate) struct Staged {
    /// Deletions that are new, by client.
    pub(in crate::gate) deleted: BTreeMap<u64, Ranges>,
    /// See [`crate::limits::UPDATE_WORK`].
    pub(in crate::gate) work: u64,
    /// See [`crate::limits::ROOM_WORK`].
    pub(in crate::gate) load: u64,
    /// How many more blocks yrs keeps, at most; fewer where it joins what is deleted.
    pub(in crate::gate) blocks: isize,
}

impl<'g> Staging<'g> {
    pub(in crate::gate) fn new(
        index: &'g mut Index,
        bounds: &Bounds,
        bytes: usize,
        allow: &'g mut Allow<'g>,
    ) -> Self {
        Self {
            index,
            allow,
            strict: bounds.strict,
            work: 0,
            most_work: bounds.work_of(bytes),
            section: 0,
            load: 0,
            blocks: 0,
            ownership: Ownership::default(),
            asked: Vec::new(),
            long: Vec::new(),
            crowds: Crowds::default(),
        }
    }

    /// Takes the update in.
    pub(in crate::gate) fn take(mut self, update: &mut Update<'_>) -> Result<Staged, Refusal> {
        self.take_sections(&mut update.sections)?;
        let deleted = self.take_deletions(&update.deleted)?;
        self.check_long()?;
        self.check_crowds()?;
        let authors = self.ownership.settle(self.index, &deleted, self.strict);
        // First what the sender may not do at all.
        self.ask_all()?;
        authors?;
        Ok(Staged {
            deleted,
            work: self.work,
            load: self.load,
            blocks: self.blocks,
        })
    }

    /// Takes all blocks, each after what it depends on.
    ///
    /// The stack holds clients that wait for a block of the client above them. A client waits at
    /// its next block, so one that is waited for while it waits itself will never go on.
    fn take_sections(&mut self, sections: &mut [Section<'_>]) -> Result<(), Refusal> {
        let mut taken = vec![0; sections.len()];
        let mut waits = vec![false; sections.len()];
        let mut stack = Vec::new();
        for first in 0..sections.len() {
            stack.push((first, u32::MAX));
            while let Some(&(at, until)) = stack.last() {
                waits[at] = true;
                let Section { client, blocks } = &mut sections[at];
                let length = blocks.len() as u64;
                let next = blocks.get_mut(taken[at]).filter(|it| it.clock <= until);
                let Some(block) = next else {
                    waits[at] = false;
                    stack.pop();
                    continue;
                };
                match self.missing(block) {
                    None => {
                        self.section = length;
                        self.take_block(*client, block)?;
                        taken[at] += 1;
                    }
                    Some(id) => {
                        let other = section_with(sections, id).ok_or(Refusal::Missing)?;
                        if waits[other] {
                            return Err(Malformed("items wait for each other").into());
                        }
                        stack.push((other, id.clock));
                    }
                }
            }
        }
        Ok(())
    }

    /// The first thing that the block depends on and that is not there.
    fn missing(&self, block: &Block<'_>) -> Option<ItemId> {
        let Body::Item(item) = &block.body else {
            return None;
        };
        let parent = match item.parent {
            Some(Parent {
                of: ParentType::Item(id),
                ..
            }) => Some(id),
            _ => None,
        };
        [item.origin, item.right_origin, parent]
            .into_iter()
            .flatten()
            .find(|&id| !self.index.knows(id))
    }

    fn take_block(&mut self, client: u64, block: &mut Block<'_>) -> Result<(), Refusal> {
        let last = ItemId {
            client,
            clock: block.end() - 1,
        };
        let collected = (COLLECTED, Brought::of_collected());
        let (entry, brought) = match &mut block.body {
            Body::Collected => collected,
            Body::Item(item) => match self.fitting_place(item)? {
                Fit::Place(place) => {
                    item.apart = self.index.is_keyed(place);
                    let entry = self.take_item(place, item, last)?;
                    self.bound(place, item, block.length)?;
                    entry
                }
                Fit::Gone => collected,
                Fit::Nowhere => {
                    block.body = Body::Collected;
                    collected
                }
            },
        };
        if entry.place.is_none() {
            self.load(cost::BLOCK)?;
            self.work(cost::join(self.section))?;
            self.add_blocks(client, None, 1);
            self.ask(None, Action::Insert, EntryRole::Leaf);
            if matches!(&block.body, Body::Item(item) if self.is_half_collected(item)) {
                // Written as what Yjs makes of it: yrs would put it beside what is left.
                block.body = Body::Collected;
            }
        }
        self.index.push(client, block.length, entry, brought);
        Ok(())
    }

    fn take_item(
        &mut self,
        place: PlaceId,
        item: &Item<'_>,
        last: ItemId,
    ) -> Result<(Entry, Brought), Refusal> {
        let known = self.index.place(place);
        let names_latest = self.ownership.take_item(self.index, place, item);

        let parts = u64::from(item.parts());
        // Behind the newest item yrs finds nothing to compare with: that one is no origin yet.
        let follows = item.origin.is_some() && item.origin == known.latest;
        let compared = if follows { 0 } else { known.size.blocks.into() };
        self.load(parts * (cost::BLOCK + cost::join(parts)) + compared)?;
        self.work(self.cuts(place, known, item))?;
        if self.continues(last.client, item) {
            // yrs joins from the last piece on, and copies what was joined with every step. Of
            // what follows each other under a key all but the last is deleted.
            let is_kept = !self.index.is_keyed(place);
            let copied = if is_kept { known.size.bytes } else { 0 };
            self.work(cost::join(self.section) + cost::copy(copied as u64))?;
        }
        let right_origin = item.right_origin;
        let newest = match item.content {
            Content::Text { .. } => Newest::Text { right_origin },
            Content::Values { .. } if !self.index.is_keyed(place) => {
                Newest::Values { right_origin }
            }
            _ => Newest::Other,
        };
        let joins = self.index.types_on(last.client, item.origin, newest);
        let brought = Brought { joins, newest };
        let growth = Growth {
            compared: u32::from(compared > 0 && !joins),
            bytes: item.content.bulk(),
            latest: names_latest.then_some(last),
        };
        let own = if joins { 0 } else { item.parts() };
        self.add_blocks(last.client, Some(place), own.cast_signed());
        self.cut_for(last.client, place, item)?;
        self.index.grow_place(place, growth);
        self.check_size(place)?;

        let role = match item.content {
            Content::Type(kind) => EntryRole::Parent(self.add_node(place, kind)?),
            Content::Deleted(_) => EntryRole::Collected,
            _ => EntryRole::Leaf,
        };
        if self.index.holds_note(place) {
            self.ownership.made(place, role);
        }
        let place = Some(place);
        self.ask(place, Action::Insert, role);
        Ok((Entry { place, role }, brought))
    }

    fn add_node(&mut self, place: PlaceId, kind: Kind) -> Result<NodeId, Limit> {
        let node = self.index.add_node(place, kind);
        if usize::from(self.index.node(node).depth) > TYPE_DEPTH {
            return Err(Limit::TypeDepth);
        }
        Ok(node)
    }

    /// The deletions that are new.
    fn take_deletions(
        &mut self,
        deleted: &BTreeMap<u64, Ranges>,
    ) -> Result<BTreeMap<u64, Ranges>, Refusal> {
        let mut new = BTreeMap::<u64, Ranges>::new();
        for (&client, ranges) in deleted {
            for (start, end) in ranges.iter() {
                if end > self.index.clock(client) {
                    return Err(Refusal::Missing);
                }
                for (start, end) in self.index.undeleted(client, start, end) {
                    self.take_deletion(client, start, end)?;
                    new.entry(client).or_default().insert(start, end);
                }
            }
        }
        Ok(new)
    }

    fn take_deletion(&mut self, client: u64, start: u32, end: u32) -> Result<(), Refusal> {
        let parts: Vec<_> = self.index.parts(client, start, end).collect();
        for (start, end, Entry { place, role }) in parts {
            self.ask(place, Action::Delete, role);
            if let Some(place) = place {
                self.ownership.take_deletion(self.index, place, role);
            }
            self.work(1)?;
            let Some(place) = place else {
                continue;
            };
            let known = self.index.place(place);
            let within = match role {
                EntryRole::Parent(_) => known.size.blocks_within,
                EntryRole::Leaf | EntryRole::Collected => known.size.blocks.min(end - start),
            };
            let moved = cost::cut(self.index.blocks_of(client));
            let blocks = u64::from(within);
            self.work(cost::bury(blocks) + (2 + blocks) * moved)?;
            if !self.index.is_keyed(place) {
                // Cuts what is there at both ends.
                self.work(cost::copy(known.size.bytes as u64))?;
                self.cut_out(client, place, start, end)?;
                self.index.shorten(place, end - start);
            }
        }
        Ok(())
    }

    /// Whether the item, the client's next one, was made behind the one before.
    fn continues(&self, client: u64, item: &Item<'_>) -> bool {
        let next = self.index.clock(client);
        item.origin
            .is_some_and(|it| it.client == client && it.clock + 1 == next)
    }

    /// What an item may cut, beside what it is compared with, or delete.
    fn cuts(&self, place: PlaceId, known: Place, item: &Item<'_>) -> u64 {
        if known.size.blocks == 0 {
            return 0;
        }
        if self.index.is_keyed(place) {
            // What stood there before is deleted.
            return match known.latest.and_then(|latest| self.index.entry(latest)) {
                Some(Entry {
                    role: EntryRole::Parent(_),
                    ..
                }) => cost::bury(known.size.blocks_within.into()),
                _ => 0,
            };
        }
        let cut = item
            .right_origin
            .or(item.origin.filter(|_| item.origin != known.latest));
        let moved =
            |id: Option<ItemId>| id.map_or(0, |id| cost::cut(self.index.blocks_of(id.client)));
        match cut {
            Some(_) => {
                cost::copy(known.size.bytes as u64) + moved(item.origin) + moved(item.right_origin)
            }
            None => 0,
        }
    }

    /// Counts what comes again each time the room is loaded.
    fn load(&mut self, units: u64) -> Result<(), Limit> {
        self.load += units;
        self.work(units)
    }

    fn work(&mut self, units: u64) -> Result<(), Limit> {
        self.work = self.work.saturating_add(units);
        if self.work > self.most_work {
            return Err(Limit::Work);
        }
        Ok(())
    }
}

/// What is deleted and collected with its parent: nobody sees it, or will.
const COLLECTED: Entry = Entry {
    place: None,
    role: EntryRole::Collected,
};

/// The section that holds the item.
fn section_with(sections: &[Section<'_>], id: ItemId) -> Option<usize> {
    let at = sections
        .binary_search_by_key(&id.client, |section| section.client)
        .ok()?;
    let last = sections[at].blocks.last()?;
    (id.clock < last.end()).then_some(at)
}
