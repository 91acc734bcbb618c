//! What was admitted, written again as the smallest update that says it.

use std::collections::BTreeMap;

use super::ItemId;
use super::ranges::Ranges;
use super::update::{
    Block, Body, HAS_KEY, HAS_ORIGIN, HAS_RIGHT_ORIGIN, Item, Parent, ParentType, Section,
};
use crate::wire::reader::{write_block, write_number};

/// Writes the update.
pub(super) fn write(sections: &[Section<'_>], deleted: &BTreeMap<u64, Ranges>) -> Vec<u8> {
    let mut into = Vec::new();
    write_number(&mut into, sections.len() as u64);
    // Higher clients first, as Yjs does: it makes conflicts cheaper.
    for section in sections.iter().rev() {
        write_section(&mut into, section);
    }
    write_number(&mut into, deleted.len() as u64);
    for (&client, ranges) in deleted.iter().rev() {
        write_number(&mut into, client);
        write_number(&mut into, ranges.len() as u64);
        for (start, end) in ranges.iter() {
            write_number(&mut into, u64::from(start));
            write_number(&mut into, u64::from(end - start));
        }
    }
    into
}

fn write_section(into: &mut Vec<u8>, section: &Section<'_>) {
    let parts = section.blocks.iter().map(|block| match &block.body {
        Body::Collected => 1,
        Body::Item(item) => u64::from(item.parts()),
    });
    let count: u64 = parts.sum();
    write_number(into, count);
    write_number(into, section.client);
    write_number(into, section.blocks.first().map_or(0, |it| it.clock.into()));
    for Block {
        clock,
        length,
        body,
    } in &section.blocks
    {
        match body {
            Body::Collected => {
                into.push(0);
                write_number(into, u64::from(*length));
            }
            Body::Item(item) if item.apart => write_apart(into, section.client, *clock, *item),
            Body::Item(item) => write_item(into, item),
        }
    }
}

/// Writes each value as an item of its own that follows the one before.
fn write_apart(into: &mut Vec<u8>, client: u64, clock: u32, whole: Item<'_>) {
    let mut item = whole;
    let mut clocks = clock..;
    loop {
        let (first, rest) = item.content.split_first_value();
        item.content = first;
        write_item(into, &item);
        let (Some(rest), Some(clock)) = (rest, clocks.next()) else {
            break;
        };
        item = Item {
            origin: Some(ItemId { client, clock }),
            parent: None,
            content: rest,
            ..whole
        };
    }
}

fn write_item(into: &mut Vec<u8>, item: &Item<'_>) {
    let flag = |present, bit| if present { bit } else { 0 };
    into.push(
        item.content.reference()
            | flag(item.origin.is_some(), HAS_ORIGIN)
            | flag(item.right_origin.is_some(), HAS_RIGHT_ORIGIN)
            | flag(item.parent.is_some_and(|it| it.key.is_some()), HAS_KEY),
    );
    for id in item.origin.iter().chain(&item.right_origin) {
        write_id(into, *id);
    }
    if let Some(Parent { of, key }) = item.parent {
        match of {
            ParentType::Root(name) => {
                into.push(1);
                write_block(into, name.as_bytes());
            }
            ParentType::Item(id) => {
                into.push(0);
                write_id(into, id);
            }
        }
        if let Some(key) = key {
            write_block(into, key.as_bytes());
        }
    }
    item.content.write(into);
}

fn write_id(into: &mut Vec<u8>, id: ItemId) {
    write_number(into, id.client);
    write_number(into, u64::from(id.clock));
}
