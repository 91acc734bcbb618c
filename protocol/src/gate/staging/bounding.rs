//! Whether what an update writes fits the field where it stands (B8).

use super::Staging;
use crate::fields::{self, Field};
use crate::gate::content::{Content, Kind};
use crate::gate::index::PlaceId;
use crate::gate::refusal::Limit;
use crate::gate::update::Item;
use crate::gate::value;
use crate::limits::{BOARD_ITEMS, THING_FIELDS};

impl Staging<'_> {
    /// Fails where an item holds more than its field may, or makes one too many. What the log
    /// has is counted, not weighed.
    pub(super) fn bound(
        &mut self,
        place: PlaceId,
        item: &Item<'_>,
        length: u32,
    ) -> Result<(), Limit> {
        let field = self.index.place(place).field;
        if self.index.is_keyed(place) {
            if self.strict {
                self.bound_key(place)?;
                self.bound_thing(place, item)?;
                return bound_content(field, field, &item.content);
            }
        } else if !matches!(item.content, Content::Deleted(_)) {
            let after = self.index.lengthen(place, length);
            if self.strict {
                let is_text = self.index.node(self.index.place(place).node).kind == Kind::Text;
                return self.bound_sequence(place, is_text, item, after, length);
            }
        }
        Ok(())
    }

    fn bound_sequence(
        &mut self,
        place: PlaceId,
        is_text: bool,
        item: &Item<'_>,
        after: u32,
        length: u32,
    ) -> Result<(), Limit> {
        let field = self.index.place(place).field;
        let (most, inside) = if is_text {
            (field.longest().units(), field)
        } else {
            (field.values(), field.item().ok_or(Limit::Field)?)
        };
        if after > most {
            self.long.push((place, after - length));
        }
        bound_content(field, inside, &item.content)
    }

    /// Fails where a text or list is too long at the end, and longer than it was: what is too
    /// long already can be made shorter.
    pub(super) fn check_long(&self) -> Result<(), Limit> {
        let mut long = self.long.iter();
        let has_grown = long.any(|&(place, before)| self.index.place(place).length > before);
        if has_grown {
            return Err(Limit::Field);
        }
        Ok(())
    }

    fn bound_key(&self, place: PlaceId) -> Result<(), Limit> {
        if !self.index.is_new_place(place) {
            return Ok(());
        }
        let key = self.index.key(place).unwrap_or_default();
        let known = self.index.place(place);
        if key.len() > known.field.key_bytes() {
            return Err(Limit::Key);
        }
        let is_collection = matches!(known.field, Field::Thing(_));
        if !is_collection && self.index.node(known.node).keys > THING_FIELDS {
            return Err(Limit::Fields);
        }
        Ok(())
    }

    fn bound_thing(&self, place: PlaceId, item: &Item<'_>) -> Result<(), Limit> {
        let Field::Thing(root) = self.index.place(place).field else {
            return Ok(());
        };
        if !matches!(item.content, Content::Type(_)) {
            return Ok(());
        }
        let things = self.index.things();
        let too_many = things
            .get(usize::from(root))
            .is_some_and(|&it| it > fields::most_things(root));
        if too_many || things.iter().sum::<usize>() > BOARD_ITEMS {
            return Err(Limit::Items);
        }
        Ok(())
    }
}

/// Fails where content is more than `inside`, what it stands in, may hold; `field` is the whole.
fn bound_content(field: Field, inside: Field, content: &Content<'_>) -> Result<(), Limit> {
    match *content {
        Content::Values { encoded, .. } => value::bound(field, inside, encoded),
        Content::Binary(bytes) => within(bytes.len(), inside),
        Content::Embed(json) | Content::Format(_, json) => within(json.len(), Field::Other),
        Content::Text { .. } | Content::Type(_) | Content::Deleted(_) => Ok(()),
    }
}

fn within(bytes: usize, field: Field) -> Result<(), Limit> {
    if bytes > field.longest().units() as usize {
        return Err(Limit::Field);
    }
    Ok(())
}
