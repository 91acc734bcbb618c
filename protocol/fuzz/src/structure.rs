//! An update taken apart and put together again, without asking whether it makes sense.
//!
//! The gate's own reader refuses what makes none; a mutation needs the opposite.

use hartslag_protocol::wire::reader::{Malformed, Reader};

/// Client and clock.
pub(crate) type Id = (u64, u32);

/// An update as its parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Update {
    pub(crate) sections: Vec<Section>,
    /// Client, and ranges of clock and length.
    pub(crate) deletions: Vec<(u64, Vec<(u32, u32)>)>,
}

/// Blocks of one client from a clock on.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) client: u64,
    pub(crate) clock: u32,
    pub(crate) blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// A range without content: collected (0) or left out (10).
    Range {
        reference: u8,
        length: u32,
    },
    Item(Item),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    pub(crate) origin: Option<Id>,
    pub(crate) right_origin: Option<Id>,
    pub(crate) parent: Option<Parent>,
    pub(crate) key: Option<String>,
    /// It has a key, which Yjs tells also where it leaves the name of it out.
    pub(crate) is_keyed: bool,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Parent {
    Root(String),
    Item(Id),
}

/// The low bits of an item's first byte, what follows, and the ticks it takes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) reference: u8,
    pub(crate) bytes: Vec<u8>,
    pub(crate) length: u32,
}

impl Block {
    pub(crate) fn length(&self) -> u32 {
        match self {
            Self::Range { length, .. } => *length,
            Self::Item(item) => item.content.length,
        }
    }
}

impl Update {
    /// Takes an honest update apart.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let mut update = Self::default();
        for _ in 0..reader.count(1)? {
            update.sections.push(read_section(&mut reader)?);
        }
        for _ in 0..reader.count(1)? {
            let client = reader.number()?;
            let mut ranges = Vec::new();
            for _ in 0..reader.count(2)? {
                ranges.push((reader.number32()?, reader.number32()?));
            }
            update.deletions.push((client, ranges));
        }
        Ok(update)
    }

    /// Puts it together.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut into = Vec::new();
        write_number(&mut into, self.sections.len() as u64);
        for section in &self.sections {
            write_number(&mut into, section.blocks.len() as u64);
            write_id(&mut into, (section.client, section.clock));
            for block in &section.blocks {
                write_block(&mut into, block);
            }
        }
        write_number(&mut into, self.deletions.len() as u64);
        for (client, ranges) in &self.deletions {
            write_number(&mut into, *client);
            write_number(&mut into, ranges.len() as u64);
            for &(clock, length) in ranges {
                write_id(&mut into, (clock.into(), length));
            }
        }
        into
    }

    /// Every item in it.
    pub(crate) fn items(&mut self) -> impl Iterator<Item = &mut Item> {
        let blocks = self
            .sections
            .iter_mut()
            .flat_map(|section| &mut section.blocks);
        blocks.filter_map(|block| match block {
            Block::Item(item) => Some(item),
            Block::Range { .. } => None,
        })
    }
}

fn read_section(reader: &mut Reader<'_>) -> Result<Section, Malformed> {
    let count = reader.count(1)?;
    let (client, clock) = (reader.number()?, reader.number32()?);
    let mut blocks = Vec::new();
    for _ in 0..count {
        blocks.push(read_block(reader)?);
    }
    Ok(Section {
        client,
        clock,
        blocks,
    })
}

fn read_block(reader: &mut Reader<'_>) -> Result<Block, Malformed> {
    let info = reader.byte()?;
    let reference = info & 0x1f;
    if matches!(reference, 0 | 10) {
        let length = reader.number32()?;
        return Ok(Block::Range { reference, length });
    }
    let mut item = Item {
        is_keyed: info & 0x20 != 0,
        ..Item::default()
    };
    if info & 0x80 != 0 {
        item.origin = Some(read_id(reader)?);
    }
    if info & 0x40 != 0 {
        item.right_origin = Some(read_id(reader)?);
    }
    if item.origin.is_none() && item.right_origin.is_none() {
        item.parent = Some(if reader.byte()? == 1 {
            Parent::Root(reader.text()?.to_owned())
        } else {
            Parent::Item(read_id(reader)?)
        });
        if item.is_keyed {
            item.key = Some(reader.text()?.to_owned());
        }
    }
    item.content = read_content(reference, reader)?;
    Ok(Block::Item(item))
}

fn read_content(reference: u8, reader: &mut Reader<'_>) -> Result<Content, Malformed> {
    let before = reader.rest();
    let mut length = 1;
    match reference {
        1 => length = reader.number32()?,
        3 | 5 => drop(reader.block()?),
        4 => length = u32::try_from(reader.text()?.encode_utf16().count()).unwrap_or(u32::MAX),
        6 => {
            reader.block()?;
            reader.block()?;
        }
        7 => drop(reader.byte()?),
        8 => {
            length = reader.number32()?;
            for _ in 0..length {
                skip_value(reader)?;
            }
        }
        _ => return Err(Malformed("content of a kind that no honest board holds")),
    }
    let bytes = before[..before.len() - reader.remaining()].to_vec();
    Ok(Content {
        reference,
        bytes,
        length,
    })
}

fn skip_value(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    match reader.byte()? {
        125 => while reader.byte()? >= 0x80 {},
        124 => drop(reader.bytes(4)?),
        123 | 122 => drop(reader.bytes(8)?),
        119 | 116 => drop(reader.block()?),
        118 => {
            for _ in 0..reader.count(2)? {
                reader.block()?;
                skip_value(reader)?;
            }
        }
        117 => {
            for _ in 0..reader.count(1)? {
                skip_value(reader)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn read_id(reader: &mut Reader<'_>) -> Result<Id, Malformed> {
    Ok((reader.number()?, reader.number32()?))
}

fn write_block(into: &mut Vec<u8>, block: &Block) {
    let item = match block {
        Block::Range { reference, length } => {
            into.push(*reference);
            return write_number(into, u64::from(*length));
        }
        Block::Item(item) => item,
    };
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    into.push(
        item.content.reference
            | flag(item.origin.is_some(), 0x80)
            | flag(item.right_origin.is_some(), 0x40)
            | flag(item.is_keyed, 0x20),
    );
    for id in item.origin.iter().chain(&item.right_origin) {
        write_id(into, *id);
    }
    if item.origin.is_none() && item.right_origin.is_none() {
        match &item.parent {
            Some(Parent::Root(name)) => {
                into.push(1);
                write_text(into, name);
            }
            Some(Parent::Item(id)) => {
                into.push(0);
                write_id(into, *id);
            }
            None => {}
        }
        if let Some(key) = item.key.as_ref().filter(|_| item.is_keyed) {
            write_text(into, key);
        }
    }
    into.extend(&item.content.bytes);
}

fn write_id(into: &mut Vec<u8>, (client, clock): Id) {
    write_number(into, client);
    write_number(into, clock.into());
}

pub(crate) fn write_text(into: &mut Vec<u8>, text: &str) {
    write_number(into, text.len() as u64);
    into.extend(text.as_bytes());
}

pub(crate) fn write_number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    into.push(number.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;

    #[test]
    fn honest_updates_come_back_as_they_were() {
        for session in corpus::sessions() {
            for update in session {
                assert_eq!(Update::read(update).unwrap().write(), update);
            }
        }
    }
}
