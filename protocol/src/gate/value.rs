//! Plain values in an update: read to their end, kept as bytes.

use serde_json::Value;

use super::bounds::Bounds;
use super::refusal::{Limit, Refusal};
use crate::fields::{Field, LARGEST_NUMBER};
use crate::limits::{ANY_DEPTH, FIELD_DEPTH, ID_BYTES, KEY_BYTES};
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

/// Fails where one of several values holds more than `inside` may; `field` is what all of them
/// stand in. They were read to their end before.
pub(super) fn bound(field: Field, inside: Field, encoded: &[u8]) -> Result<(), Limit> {
    let mut reader = Reader::new(encoded);
    while !reader.is_at_end() {
        let mut left = field.values();
        bound_at_depth(inside, &mut reader, &mut left, 1).map_err(|_over| Limit::Field)?;
    }
    Ok(())
}

/// Recursion ends at `FIELD_DEPTH`.
fn bound_at_depth(
    field: Field,
    reader: &mut Reader<'_>,
    left: &mut u32,
    depth: u32,
) -> Result<(), Refusal> {
    *left = left.checked_sub(1).ok_or(Limit::Field)?;
    let fits = match reader.byte()? {
        UNDEFINED | NULL | FALSE | TRUE => true,
        INTEGER => fits_number(field, read_signed(reader)?),
        FLOAT32 => fits_number(field, f32::from_be_bytes(array(reader)?).into()),
        FLOAT64 => fits_number(field, f64::from_be_bytes(array(reader)?)),
        STRING => field.longest().fits(reader.text()?),
        kind @ (ARRAY | OBJECT) if depth <= FIELD_DEPTH => {
            let inside = field.item().ok_or(Limit::Field)?;
            for _ in 0..reader.number()? {
                if kind == OBJECT && reader.text()?.len() > ID_BYTES {
                    return Err(Limit::Field.into());
                }
                bound_at_depth(inside, reader, left, depth + 1)?;
            }
            true
        }
        BIG_INTEGER => fits_big(field, i64::from_be_bytes(array(reader)?)),
        // Bytes stand in no field, and JSON cannot say them.
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(Limit::Field.into())
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

/// Whether a number may stand in a field: JSON and JavaScript can say it, and it is in its range.
fn fits_number(field: Field, number: f64) -> bool {
    match field {
        Field::Whole { min, max } => {
            number.fract() == 0.0 && (f64::from(min)..=f64::from(max)).contains(&number)
        }
        // Neither infinite nor none.
        _ => number.abs() <= LARGEST_NUMBER,
    }
}

fn fits_big(field: Field, number: i64) -> bool {
    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond the bound it does not matter"
    )]
    let number = number as f64;
    fits_number(field, number)
}

/// A signed number that was read to its end before, as [`skip_signed`] reads it.
fn read_signed(reader: &mut Reader<'_>) -> Result<f64, Malformed> {
    let mut byte = reader.byte()?;
    let sign = if byte & 0x40 == 0 { 1.0 } else { -1.0 };
    let mut number = f64::from(byte & 0x3f);
    let mut unit = 64.0;
    while byte >= 0x80 {
        byte = reader.byte()?;
        number += f64::from(byte & 0x7f) * unit;
        unit *= 128.0;
    }
    Ok(sign * number)
}

fn array<const N: usize>(reader: &mut Reader<'_>) -> Result<[u8; N], Malformed> {
    let bytes = reader.bytes(N)?;
    Ok(bytes.try_into().expect("as many bytes as asked for"))
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
