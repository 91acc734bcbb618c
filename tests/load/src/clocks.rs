//! Reads from an update how far it brings each author, and nothing else.
//!
//! Servers may join several edits into one update, or several runs of typing into one item; the
//! clock of an author counts through all of that, so an edit has arrived when its last clock has.

use hartslag_protocol::wire::reader::{Malformed, Reader};

const COLLECTED: u8 = 0;
const DELETED: u8 = 1;
const TEXT: u8 = 4;
const EMBED: u8 = 5;
const TYPE: u8 = 7;
const ANY: u8 = 8;
const SKIP: u8 = 10;
const HAS_KEY: u8 = 0x20;
const HAS_RIGHT_ORIGIN: u8 = 0x40;
const HAS_ORIGIN: u8 = 0x80;
const REFERENCE: u8 = 0x1f;

const UNKNOWN: Malformed = Malformed("neither the load nor a blank board makes such content");

/// Tells, for each author in the update, the clock after the last block.
pub fn read(update: &[u8], mut reached: impl FnMut(u64, u32)) -> Result<(), Malformed> {
    let mut reader = Reader::new(update);
    for _ in 0..reader.number()? {
        let blocks = reader.number()?;
        let author = reader.number()?;
        let mut clock = reader.number32()?;
        for _ in 0..blocks {
            clock += block_length(&mut reader)?;
        }
        reached(author, clock);
    }
    Ok(())
}

fn block_length(reader: &mut Reader<'_>) -> Result<u32, Malformed> {
    let kind = reader.byte()?;
    let reference = kind & REFERENCE;
    if matches!(reference, COLLECTED | SKIP) {
        return reader.number32();
    }
    if kind & HAS_ORIGIN != 0 {
        skip_id(reader)?;
    }
    if kind & HAS_RIGHT_ORIGIN != 0 {
        skip_id(reader)?;
    }
    if kind & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
        if reader.number()? == 1 {
            reader.block()?;
        } else {
            skip_id(reader)?;
        }
        if kind & HAS_KEY != 0 {
            reader.block()?;
        }
    }
    content_length(reader, reference)
}

fn content_length(reader: &mut Reader<'_>, reference: u8) -> Result<u32, Malformed> {
    match reference {
        DELETED => reader.number32(),
        // The load writes ASCII: a byte is a UTF-16 unit.
        TEXT => u32::try_from(reader.block()?.len()).map_err(|_too_long| UNKNOWN),
        // Only an attack writes these.
        EMBED => reader.block().map(|_value| 1),
        TYPE => reader.number().map(|_kind| 1),
        ANY => {
            let values = reader.number32()?;
            for _ in 0..values {
                skip_value(reader)?;
            }
            Ok(values)
        }
        _ => Err(UNKNOWN),
    }
}

fn skip_id(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    reader.number()?;
    reader.number()?;
    Ok(())
}

/// A plain value, which a blank board holds some of. Servers are trusted with its depth.
fn skip_value(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    match reader.byte()? {
        // Undefined, null, false, true.
        120 | 121 | 126 | 127 => {}
        125 => while reader.byte()? >= 0x80 {},
        124 => drop(reader.bytes(4)?),
        122 | 123 => drop(reader.bytes(8)?),
        116 | 119 => drop(reader.block()?),
        118 => {
            for _ in 0..reader.number()? {
                reader.block()?;
                skip_value(reader)?;
            }
        }
        117 => {
            for _ in 0..reader.number()? {
                skip_value(reader)?;
            }
        }
        _ => return Err(UNKNOWN),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use yrs::merge_updates_v1;

    use super::*;
    use crate::author::{Author, FIRST_CLIENT};

    #[test]
    fn a_merged_update_reaches_the_clock_of_its_last_edit() {
        let mut author = Author::new(3, "noor");
        let edits: Vec<_> = (0..250).map(|_| author.next_edit()).collect();
        let merged = merge_updates_v1(edits.iter().map(|edit| &edit.update)).unwrap();

        for (update, clock) in [
            (&edits[0].update, edits[0].clock),
            (&merged, edits[249].clock),
        ] {
            let mut reached = Vec::new();
            read(update, |author, clock| reached.push((author, clock))).unwrap();

            assert_eq!(reached, [(FIRST_CLIENT + 3, clock)]);
        }
    }
}
