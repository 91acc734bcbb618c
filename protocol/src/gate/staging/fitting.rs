//! Where in the document an item of an update belongs.

use super::Staging;
use crate::gate::ItemId;
use crate::gate::content::{Content, Kind};
use crate::gate::index::{EntryRole, Index, PlaceId};
use crate::gate::refusal::Refusal;
use crate::gate::update::{Item, Parent, ParentType};
use crate::wire::reader::Malformed;

/// Where an item belongs.
pub(super) enum Fit {
    Place(PlaceId),
    /// In something deleted and collected.
    Gone,
    /// Where nothing of its kind can be.
    Nowhere,
}

impl Staging<'_> {
    /// Where the item lives, if it fits there. What does not fit is refused; an entry of the log
    /// may have it, forged at another node, and then it counts as collected: a gate that began
    /// with a snapshot does not know any more what stood where something is deleted.
    pub(super) fn fitting_place(&mut self, item: &Item<'_>) -> Result<Fit, Refusal> {
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
    pub(super) fn is_half_collected(&self, item: &Item<'_>) -> bool {
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
