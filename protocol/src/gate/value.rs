//! Plain values in an update: read to their end, kept as bytes.

use serde_json::Value;

use super::bounds::Bounds;
use super::refusal::{Limit, Refusal};
use crate::limits::{ANY_DEPTH, KEY_BYTES};
use crate::wire::reader::{Malformed, Reader};

/// Reads values and counts them against the bounds of the update.
#[derive(Debug)]
pub(super) struct Values {
    left: usize,
    text_bytes: usize,
}

impl Values {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            left: bounds.values,
            text_bytes: bounds.text_bytes,
        }
    }

    /// Reads past one value.
    pub(super) fn skip(&mut self, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        self.skip_at_depth(reader, 1)
    }

    /// Recursion ends at `ANY_DEPTH`.
    fn skip_at_depth(&mut self, reader: &mut Reader<'_>, depth: usize) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(1).ok_or(Limit::Values)?;
        match reader.byte()? {
            UNDEFINED | NULL | FALSE | TRUE => {}
            INTEGER => skip_signed(reader)?,
            FLOAT32 => drop(reader.bytes(4)?),
            FLOAT64 | BIG_INTEGER => drop(reader.bytes(8)?),
            STRING => drop(self.text(reader)?),
            BYTES => drop(self.block(reader)?),
            ARRAY => {
                let inside = deeper(depth)?;
                for _ in 0..reader.count(1)? {
                    self.skip_at_depth(reader, inside)?;
                }
            }
            OBJECT => {
                let inside = deeper(depth)?;
                for _ in 0..reader.count(2)? {
                    key(reader)?;
                    self.skip_at_depth(reader, inside)?;
                }
            }
            _ => return Err(Malformed("a value is of an unknown kind").into()),
        }
        Ok(())
    }

    /// A text within the bounds.
    pub(super) fn text<'a>(&self, reader: &mut Reader<'a>) -> Result<&'a str, Refusal> {
        let text = reader.text()?;
        self.check_length(text.len())?;
        Ok(text)
    }

    /// Bytes within the bounds.
    pub(super) fn block<'a>(&self, reader: &mut Reader<'a>) -> Result<&'a [u8], Refusal> {
        let block = reader.block()?;
        self.check_length(block.len())?;
        Ok(block)
    }

    /// A value as JSON text, as formats and embeds hold it.
    pub(super) fn json<'a>(&mut self, reader: &mut Reader<'a>) -> Result<&'a str, Refusal> {
        let text = self.text(reader)?;
        let value = serde_json::from_str(text)
            .map_err(|_invalid| Malformed("an embedded value is not valid JSON"))?;
        self.count_json(&value, 1)?;
        Ok(text)
    }

    /// Recursion ends at `ANY_DEPTH`.
    fn count_json(&mut self, value: &Value, depth: usize) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(1).ok_or(Limit::Values)?;
        match value {
            Value::Array(items) => {
                let inside = deeper(depth)?;
                items
                    .iter()
                    .try_for_each(|item| self.count_json(item, inside))
            }
            Value::Object(fields) => {
                let inside = deeper(depth)?;
                fields
                    .values()
                    .try_for_each(|field| self.count_json(field, inside))
            }
            _ => Ok(()),
        }
    }

    fn check_length(&self, bytes: usize) -> Result<(), Limit> {
        if bytes > self.text_bytes {
            return Err(Limit::Text);
        }
        Ok(())
    }
}

/// A key within the bounds.
pub(super) fn key<'a>(reader: &mut Reader<'a>) -> Result<&'a str, Refusal> {
    let key = reader.text()?;
    if key.len() > KEY_BYTES {
        return Err(Limit::Key.into());
    }
    Ok(key)
}

/// The text that an encoded value is, if it is one.
pub(super) fn text_in(encoded: &[u8]) -> Option<&str> {
    let mut reader = Reader::new(encoded);
    let is_text = reader.byte().is_ok_and(|kind| kind == STRING);
    is_text.then(|| reader.text().ok()).flatten()
}

/// Reads past a value that was read before.
pub(super) fn skip_known(reader: &mut Reader<'_>) {
    Values::new(&Bounds::KEPT)
        .skip(reader)
        .expect("the value was read to its end before");
}

fn deeper(depth: usize) -> Result<usize, Limit> {
    if depth > ANY_DEPTH {
        return Err(Limit::ValueDepth);
    }
    Ok(depth + 1)
}

/// A variable-length signed number: six bits in the first byte, seven in each that follows.
/// Eight bytes hold the 53 bits that JavaScript can write.
fn skip_signed(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    for _ in 0..8 {
        if reader.byte()? < 0x80 {
            return Ok(());
        }
    }
    Err(Malformed("a number has too many bytes"))
}

const UNDEFINED: u8 = 127;
const NULL: u8 = 126;
const INTEGER: u8 = 125;
const FLOAT32: u8 = 124;
const FLOAT64: u8 = 123;
const BIG_INTEGER: u8 = 122;
const FALSE: u8 = 121;
const TRUE: u8 = 120;
const STRING: u8 = 119;
const OBJECT: u8 = 118;
const ARRAY: u8 = 117;
const BYTES: u8 = 116;
