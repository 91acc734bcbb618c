//! Updates made by hand, byte for byte.

use super::Room;
use crate::wire::reader::{write_block, write_number};

/// An id in a crafted update: client and clock.
pub type Id = (u64, u32);

/// What an item says of where it belongs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Links<'a> {
    /// The item that it was made behind.
    pub origin: Option<Id>,
    /// The item that it was made before.
    pub right_origin: Option<Id>,
    /// What holds it; left out where it has a neighbour.
    pub parent: Option<Parent<'a>>,
    /// Its key in a map.
    pub key: Option<&'a str>,
}

/// What holds an item.
#[derive(Clone, Copy, Debug)]
pub enum Parent<'a> {
    /// A root by its name.
    Root(&'a str),
    /// The item that made a shared type.
    Item(Id),
}

/// Links of an item under a key of a root.
pub fn in_root<'a>(root: &'a str, key: &'a str) -> Links<'a> {
    Links {
        parent: Some(Parent::Root(root)),
        key: Some(key),
        ..Links::default()
    }
}

/// Links of an item under a key of a shared map.
pub fn in_map(map: Id, key: &str) -> Links<'_> {
    Links {
        parent: Some(Parent::Item(map)),
        key: Some(key),
        ..Links::default()
    }
}

/// Links of the first item of a shared text or array.
pub fn in_sequence(of: Id) -> Links<'static> {
    Links {
        parent: Some(Parent::Item(of)),
        ..Links::default()
    }
}

/// Links of an item that was made behind another one.
pub fn after(origin: Id) -> Links<'static> {
    Links {
        origin: Some(origin),
        ..Links::default()
    }
}

/// Links of an item that was made between two others.
pub fn between(origin: Id, right_origin: Id) -> Links<'static> {
    Links {
        origin: Some(origin),
        right_origin: Some(right_origin),
        ..Links::default()
    }
}

/// Content: the reference number and the bytes.
pub type Content = (u8, Vec<u8>);

/// A shared map.
pub fn map() -> Content {
    (7, vec![1])
}

/// A shared text.
pub fn text_type() -> Content {
    (7, vec![2])
}

/// Letters of a shared text.
pub fn text(text: &str) -> Content {
    let mut bytes = Vec::new();
    write_block(&mut bytes, text.as_bytes());
    (4, bytes)
}

/// A plain value: 1.
pub fn one() -> Content {
    values(&[&[125, 1]])
}

/// Plain values, each as lib0 encodes it.
pub fn values(encoded: &[&[u8]]) -> Content {
    let mut bytes = Vec::new();
    write_number(&mut bytes, encoded.len() as u64);
    bytes.extend(encoded.concat());
    (8, bytes)
}

/// What is left of deleted content: its length.
pub fn deleted(length: u32) -> Content {
    (1, number(length.into()))
}

/// An item.
pub fn item(links: Links<'_>, (reference, content): Content) -> Vec<u8> {
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    let mut bytes = vec![
        reference
            | flag(links.origin.is_some(), 0x80)
            | flag(links.right_origin.is_some(), 0x40)
            | flag(links.key.is_some(), 0x20),
    ];
    for id in links.origin.iter().chain(&links.right_origin) {
        write_id(&mut bytes, *id);
    }
    if links.origin.is_none() && links.right_origin.is_none() {
        match links.parent {
            Some(Parent::Root(name)) => {
                bytes.push(1);
                write_block(&mut bytes, name.as_bytes());
            }
            Some(Parent::Item(id)) => {
                bytes.push(0);
                write_id(&mut bytes, id);
            }
            None => {}
        }
        if let Some(key) = links.key {
            write_block(&mut bytes, key.as_bytes());
        }
    }
    bytes.extend(content);
    bytes
}

/// A garbage-collected range.
pub fn collected(length: u32) -> Vec<u8> {
    [vec![0], number(length.into())].concat()
}

/// A stretch that the sender leaves out.
pub fn skip(length: u32) -> Vec<u8> {
    [vec![10], number(length.into())].concat()
}

/// The blocks of one client from a clock on.
pub fn section((client, clock): Id, blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = number(blocks.len() as u64);
    write_id(&mut bytes, (client, clock));
    bytes.extend(blocks.concat());
    bytes
}

/// An update with these sections, and deletions of (client, clock, length).
pub fn update(sections: &[Vec<u8>], deletions: &[(u64, u32, u32)]) -> Vec<u8> {
    let mut bytes = number(sections.len() as u64);
    bytes.extend(sections.concat());
    write_number(&mut bytes, deletions.len() as u64);
    for &(client, clock, length) in deletions {
        write_number(&mut bytes, client);
        bytes.push(1);
        write_id(&mut bytes, (clock.into(), length));
    }
    bytes
}

/// An update with the blocks of one client.
pub fn blocks(start: Id, blocks: &[Vec<u8>]) -> Vec<u8> {
    update(&[section(start, blocks)], &[])
}

/// A number as lib0 encodes it.
pub fn number(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_number(&mut bytes, number);
    bytes
}

fn write_id(into: &mut Vec<u8>, (client, clock): Id) {
    write_number(into, client);
    write_number(into, clock.into());
}

/// Note "n" of client 1 is item 0, its text item 1, "abc" items 2–4, its order item 5.
pub fn room_with_a_note() -> Room {
    let mut room = Room::new();
    let note = blocks(
        (1, 0),
        &[
            item(in_root("notes", "n"), map()),
            item(in_map((1, 0), "text"), text_type()),
            item(in_sequence((1, 1)), text("abc")),
            item(in_map((1, 0), "order"), one()),
        ],
    );
    room.hear(&note).expect("a note is admitted");
    room
}
