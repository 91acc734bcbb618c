//! Takes an update into the index, in the order in which yrs will integrate it.
//!
//! Whatever is wrong with the update shows here; the caller then rolls the index back. Whether
//! the sender may do all of it is asked at the end: whose a new note is may stand anywhere in it.

use std::collections::BTreeMap;

use self::asking::Question;
use self::fitting::Fit;
use super::bounds::Bounds;
use super::content::{Content, Kind};
use super::index::{BLOCK_BULK, Entry, EntryRole, Index, NodeId, PlaceId};
use super::ownership::Ownership;
use super::ranges::Ranges;
use super::refusal::{Limit, Refusal};
use super::touch::Action;
use super::update::{Block, Body, Item, Parent, ParentType, Section, Update};
use super::{Allow, ItemId};
use crate::limits::TYPE_DEPTH;
use crate::wire::reader::Malformed;

mod asking;
mod fitting;

/// An update on its way into the index.
pub(in crate::gate) struct Staging<'g> {
    index: &'g mut Index,
    allow: &'g mut Allow<'g>,
    strict: bool,
    work_left: u64,
    /// Blocks that yrs cannot join to the one before.
    blocks: usize,
    ownership: Ownership,
    asked: Vec<Question>,
}

/// What an update came to.
pub(in crate::gate) struct Staged {
    /// Deletions that are new, by client.
    pub(in crate::gate) deleted: BTreeMap<u64, Ranges>,
    /// See [`crate::limits::UPDATE_WORK`].
    pub(in crate::gate) work: u64,
    /// Blocks that yrs cannot join to the one before.
    pub(in crate::gate) blocks: usize,
}

impl<'g> Staging<'g> {
    pub(in crate::gate) fn new(
        index: &'g mut Index,
        bounds: &Bounds,
        allow: &'g mut Allow<'g>,
    ) -> Self {
        Self {
            index,
            allow,
            strict: bounds.strict,
            work_left: bounds.work,
            blocks: 0,
            ownership: Ownership::default(),
            asked: Vec::new(),
        }
    }

    /// Takes the update in.
    pub(in crate::gate) fn take(mut self, update: &mut Update<'_>) -> Result<Staged, Refusal> {
        let work = self.work_left;
        self.take_sections(&mut update.sections)?;
        let deleted = self.take_deletions(&update.deleted)?;
        let authors = self.ownership.settle(self.index, &deleted, self.strict);
        // First what the sender may not do at all.
        self.ask_all()?;
        authors?;
        Ok(Staged {
            deleted,
            work: work - self.work_left,
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
                let next = blocks.get_mut(taken[at]).filter(|it| it.clock <= until);
                let Some(block) = next else {
                    waits[at] = false;
                    stack.pop();
                    continue;
                };
                match self.missing(block) {
                    None => {
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
        let entry = match &mut block.body {
            Body::Collected => COLLECTED,
            Body::Item(item) => match self.fitting_place(item)? {
                Fit::Place(place) => {
                    item.apart = self.index.is_keyed(place);
                    self.take_item(place, item, last)?
                }
                Fit::Gone => COLLECTED,
                Fit::Nowhere => {
                    block.body = Body::Collected;
                    COLLECTED
                }
            },
        };
        if entry.place.is_none() {
            self.blocks += 1;
            self.ask(None, Action::Insert, EntryRole::Leaf);
            if matches!(&block.body, Body::Item(item) if self.is_half_collected(item)) {
                // Written as what Yjs makes of it: yrs would put it beside what is left.
                block.body = Body::Collected;
            }
        }
        self.index.push(client, block.length, entry);
        Ok(())
    }

    fn take_item(
        &mut self,
        place: PlaceId,
        item: &Item<'_>,
        last: ItemId,
    ) -> Result<Entry, Refusal> {
        let known = self.index.place(place);
        let names_latest = self.ownership.take_item(self.index, place, item);

        // Behind the newest item yrs finds nothing to compare with: that one is no origin yet.
        let follows = item.origin.is_some() && item.origin == known.latest;
        self.work(if follows { 1 } else { known.work() })?;
        let joins = follows && matches!(item.content, Content::Text { .. });
        let blocks = if joins { 0 } else { item.parts() as usize };
        self.blocks += blocks;
        let bulk = item.content.bulk() + blocks * BLOCK_BULK;
        self.index
            .grow_place(place, bulk, names_latest.then_some(last));

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
        Ok(Entry { place, role })
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
        let parts: Vec<_> = self
            .index
            .parts(client, start, end)
            .map(|(_, _, entry)| entry)
            .collect();
        for Entry { place, role } in parts {
            self.ask(place, Action::Delete, role);
            if let Some(place) = place {
                self.ownership.take_deletion(self.index, place, role);
            }
            match place {
                Some(place) if !self.index.is_keyed(place) => {
                    // Cuts what is there at both ends.
                    self.work(self.index.place(place).work())?;
                    self.index.grow_place(place, 2 * BLOCK_BULK, None);
                }
                _ => self.work(1)?,
            }
        }
        Ok(())
    }

    fn work(&mut self, units: u64) -> Result<(), Limit> {
        self.work_left = self.work_left.checked_sub(units).ok_or(Limit::Work)?;
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
