//! Takes an update into the index, in the order in which yrs will integrate it.
//!
//! Whatever is wrong with the update shows here; the caller then rolls the index back. Whether
//! the sender may do all of it is asked at the end: whose a new note is may stand anywhere in it.

use std::collections::BTreeMap;

use super::bounds::Bounds;
use super::content::{Content, Kind};
use super::index::{BLOCK_BULK, Entry, EntryRole, Index, NodeId, PlaceId};
use super::ownership::Ownership;
use super::ranges::Ranges;
use super::refusal::{Limit, Refusal};
use super::touch::{Action, Touch};
use super::update::{Block, Body, Item, Parent, ParentType, Section, Update};
use super::{Allow, ItemId};
use crate::limits::TYPE_DEPTH;
use crate::wire::reader::Malformed;

/// An update on its way into the index.
pub(super) struct Staging<'g> {
    index: &'g mut Index,
    allow: &'g mut Allow<'g>,
    strict: bool,
    work_left: u64,
    /// Blocks that yrs cannot join to the one before.
    blocks: usize,
    ownership: Ownership,
    asked: Vec<Question>,
}

/// Something that the sender must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
    place: Option<PlaceId>,
    action: Action,
    /// What comes to, or goes from, the place of a note; otherwise a leaf.
    item: EntryRole,
}

/// What an update came to.
pub(super) struct Staged {
    /// Deletions that are new, by client.
    pub(super) deleted: BTreeMap<u64, Ranges>,
    /// See [`crate::limits::UPDATE_WORK`].
    pub(super) work: u64,
    /// Blocks that yrs cannot join to the one before.
    pub(super) blocks: usize,
}

impl<'g> Staging<'g> {
    pub(super) fn new(index: &'g mut Index, bounds: &Bounds, allow: &'g mut Allow<'g>) -> Self {
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
    pub(super) fn take(mut self, update: &mut Update<'_>) -> Result<Staged, Refusal> {
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

    /// Where the item lives, if it fits there. What does not fit is refused; an entry of the log
    /// may have it, forged at another node, and then it counts as collected: a gate that began
    /// with a snapshot does not know any more what stood where something is deleted.
    fn fitting_place(&mut self, item: &Item<'_>) -> Result<Fit, Refusal> {
        let place = self.place_of(item).and_then(|place| {
            if let Some(place) = place {
                check_fit(self.index.node(self.index.place(place).node).kind, item)?;
            }
            Ok(place)
        });
        match place {
            Ok(Some(place)) => Ok(Fit::Place(place)),
            Ok(None) => Ok(Fit::Gone),
            Err(Refusal::Malformed(_)) if !self.strict => Ok(Fit::Nowhere),
            Err(refusal) => Err(refusal),
        }
    }

    /// Where the item lives; `None` when that is gone.
    ///
    /// Of two neighbours one can be collected and the other not: who deletes a note forgets what
    /// was written in it meanwhile, and the room may hear of that in either order.
    fn place_of(&mut self, item: &Item<'_>) -> Result<Option<PlaceId>, Refusal> {
        match (item.parent, item.origin, item.right_origin) {
            (Some(parent), ..) => self.place_in(parent),
            (None, Some(left), Some(right)) => {
                match (self.place_of_item(left)?, self.place_of_item(right)?) {
                    (Some(left), Some(right)) if left != right => {
                        Err(Malformed("the origins of an item are not in one place").into())
                    }
                    (left, right) => Ok(left.and(right)),
                }
            }
            (None, Some(origin), None) | (None, None, Some(origin)) => self.place_of_item(origin),
            (None, None, None) => Err(Malformed("an item has no parent").into()),
        }
    }

    /// Whether one neighbour is collected and the other is not.
    fn is_half_collected(&self, item: &Item<'_>) -> bool {
        let has_place = |id: Option<ItemId>| id.map(|id| self.index.entry(id)?.place);
        match (has_place(item.origin), has_place(item.right_origin)) {
            (Some(left), Some(right)) => left != right,
            _ => false,
        }
    }

    fn place_of_item(&self, id: ItemId) -> Result<Option<PlaceId>, Refusal> {
        Ok(self.index.entry(id).ok_or(Refusal::Missing)?.place)
    }

    fn place_in(&mut self, parent: Parent<'_>) -> Result<Option<PlaceId>, Refusal> {
        let node = match parent.of {
            ParentType::Root(name) => {
                Index::root(name).ok_or(Malformed("a root is not one of the board's"))?
            }
            ParentType::Item(id) => match self.index.entry(id).ok_or(Refusal::Missing)?.role {
                EntryRole::Parent(node) => node,
                EntryRole::Collected => return Ok(None),
                EntryRole::Leaf => return Err(Malformed("a parent is not a shared type").into()),
            },
        };
        let is_map = self.index.node(node).kind == Kind::Map;
        if is_map != parent.key.is_some() {
            return Err(Malformed("maps, and only maps, have keys").into());
        }
        Ok(Some(self.index.place_in(node, parent.key)))
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

    fn ask(&mut self, place: Option<PlaceId>, action: Action, item: EntryRole) {
        // What the log holds was weighed where it came in.
        if !self.strict {
            return;
        }
        let is_note = place.is_some_and(|place| self.index.holds_note(place));
        let question = Question {
            place,
            action,
            item: if is_note { item } else { EntryRole::Leaf },
        };
        // Typing touches one place many times.
        if self.asked.last() != Some(&question) {
            self.asked.push(question);
        }
    }

    /// Fails unless the sender may do everything that was asked about.
    fn ask_all(&mut self) -> Result<(), Refusal> {
        for &question in &self.asked {
            let Question {
                place,
                action,
                item,
            } = question;
            let path = place.map_or_else(Vec::new, |place| self.index.path(place));
            let note = place.and_then(|it| self.ownership.note(self.index, it, action, item));
            let touch = Touch {
                path: &path,
                action,
                note,
            };
            if !(self.allow)(&touch) {
                return Err(Refusal::forbidden(&path, action));
            }
        }
        Ok(())
    }
}

/// Where an item belongs.
enum Fit {
    Place(PlaceId),
    /// In something deleted and collected.
    Gone,
    /// Where nothing of its kind can be.
    Nowhere,
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

/// Content stands where Yjs would put it, so that yrs never meets text in a map.
fn check_fit(kind: Kind, item: &Item<'_>) -> Result<(), Malformed> {
    let fits = match item.content {
        Content::Deleted(_) => true,
        Content::Values { .. } | Content::Binary(_) => kind != Kind::Text,
        Content::Type(_) => kind == Kind::Map,
        Content::Text { .. } | Content::Embed(_) | Content::Format(..) => kind == Kind::Text,
    };
    if !fits {
        return Err(Malformed("content does not fit where it stands"));
    }
    if kind == Kind::Map && item.right_origin.is_some() {
        return Err(Malformed("an item under a key has a right origin"));
    }
    Ok(())
}
