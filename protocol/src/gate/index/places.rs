//! The tree of shared types, and the places in it where items live.

use std::sync::Arc;

use super::{Growth, Index, KeyId, Node, NodeId, Place, PlaceId, Size};
use crate::fields::Field;
use crate::gate::ROOTS;
use crate::gate::content::Kind;

impl Index {
    /// The root of that name.
    pub(in crate::gate) fn root(name: &str) -> Option<NodeId> {
        let at = ROOTS.iter().position(|&root| root == name)?;
        NodeId::try_from(at).ok()
    }

    pub(in crate::gate) fn node(&self, node: NodeId) -> Node {
        self.nodes[node as usize]
    }

    /// Adds a shared type that stands in a place.
    pub(in crate::gate) fn add_node(&mut self, place: PlaceId, kind: Kind) -> NodeId {
        let Place {
            node, key, field, ..
        } = self.places[place as usize];
        let parent = self.node(node);
        let thing_in = match field {
            Field::Thing(root) => Some(root),
            _ => None,
        };
        if let Some(root) = thing_in {
            self.things[usize::from(root)] += 1;
        }
        self.nodes.push(Node {
            kind,
            depth: parent.depth.saturating_add(1),
            is_gone: false,
            place: Some(place),
            key: key.unwrap_or(parent.key),
            thing_in,
            keys: 0,
            author: None,
        });
        position(self.nodes.len() - 1)
    }

    pub(in crate::gate) fn place(&self, place: PlaceId) -> Place {
        self.places[place as usize]
    }

    /// Whether items in the place stand under a key.
    pub(in crate::gate) fn is_keyed(&self, place: PlaceId) -> bool {
        self.place(place).key.is_some()
    }

    /// The place under a key of a map, or the sequence of a text or array.
    pub(in crate::gate) fn place_in(&mut self, node: NodeId, key: Option<&str>) -> PlaceId {
        let key = key.map(|key| self.intern(key));
        if let Some(&place) = self.place_ids.get(&(node, key)) {
            return place;
        }
        let place = position(self.places.len());
        let field = self.field_in(node, key);
        self.nodes[node as usize].keys += u32::from(key.is_some());
        self.places.push(Place {
            node,
            key,
            field,
            length: 0,
            size: Size::default(),
            latest: None,
        });
        self.place_ids.insert((node, key), place);
        place
    }

    /// What may stand under a key of a map, or in a text or array.
    fn field_in(&self, node: NodeId, key: Option<KeyId>) -> Field {
        let around = self.node(node).place.map(|place| self.place(place).field);
        let key = key.map(|key| &*self.keys[key as usize]);
        match (around, key) {
            (Some(around), Some(key)) => around.under(key),
            (None, Some(key)) => Field::in_root(node as usize, key),
            (Some(Field::Thing(_)) | None, None) => Field::Other,
            (Some(around), None) => around,
        }
    }

    /// The key that a place is under.
    pub(in crate::gate) fn key(&self, place: PlaceId) -> Option<&str> {
        let key = self.place(place).key?;
        Some(&*self.keys[key as usize])
    }

    /// Notes that so much came into a sequence; tells how long that is.
    pub(in crate::gate) fn lengthen(&mut self, place: PlaceId, by: u32) -> u32 {
        let length = &mut self.change(place).length;
        *length = length.saturating_add(by);
        *length
    }

    /// Notes that so much of a sequence was deleted.
    pub(in crate::gate) fn shorten(&mut self, place: PlaceId, by: u32) {
        let length = &mut self.change(place).length;
        *length = length.saturating_sub(by);
    }

    /// Notes that something came into a place.
    pub(in crate::gate) fn grow_place(&mut self, place: PlaceId, growth: Growth) {
        let known = self.change(place);
        known.size.compared = known.size.compared.saturating_add(growth.compared);
        known.size.bytes += growth.bytes;
        known.latest = growth.latest.or(known.latest);
    }

    /// Notes that there are so many more blocks, or fewer, in a place.
    pub(super) fn add_blocks_in(&mut self, place: PlaceId, change: i32) {
        if change == 0 {
            return;
        }
        let known = self.change(place);
        known.size.blocks = known.size.blocks.saturating_add_signed(change);
        let mut around = Some(place);
        while let Some(place) = around {
            let known = self.change(place);
            let within = &mut known.size.blocks_within;
            *within = within.saturating_add_signed(change);
            around = self.nodes[self.places[place as usize].node as usize].place;
        }
    }

    /// The place, to be changed in a way that can be taken back.
    fn change(&mut self, place: PlaceId) -> &mut Place {
        let known = &mut self.places[place as usize];
        if (place as usize) < self.journal.places {
            self.journal.touched.push((place, *known));
        }
        known
    }

    /// The place of the thing on the board that a place is in.
    pub(in crate::gate) fn thing_around(&self, mut place: PlaceId) -> PlaceId {
        while let Some(around) = self.node(self.place(place).node).place {
            place = around;
        }
        place
    }

    /// The name of the root and the keys below it.
    pub(in crate::gate) fn path(&self, place: PlaceId) -> Vec<&str> {
        let mut path = Vec::new();
        let Place { mut node, key, .. } = self.place(place);
        if let Some(key) = key {
            path.push(&*self.keys[key as usize]);
        }
        loop {
            let Node { place, key, .. } = self.node(node);
            path.push(&*self.keys[key as usize]);
            match place {
                Some(place) => node = self.place(place).node,
                None => break,
            }
        }
        path.reverse();
        path
    }

    pub(super) fn intern(&mut self, key: &str) -> KeyId {
        if let Some(&known) = self.key_ids.get(key) {
            return known;
        }
        let id = position(self.keys.len());
        let key: Arc<str> = Arc::from(key);
        self.keys.push(Arc::clone(&key));
        self.key_ids.insert(key, id);
        id
    }
}

/// A position in one of the index's lists.
fn position(at: usize) -> u32 {
    u32::try_from(at).expect("the limits of a room keep its index below 2^32 entries")
}
