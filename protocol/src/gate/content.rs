//! What an item holds: read with bounds, cut, and written again.

use super::refusal::{Limit, Refusal};
use super::value::{self, Values};
use crate::wire::reader::{Malformed, Reader, write_block, write_number};

/// A shared type that a board may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Map,
    Text,
}

/// The content of an item. Borrows from the update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content<'a> {
    /// Content that was deleted and collected; only its length is left.
    Deleted(u32),
    Binary(&'a [u8]),
    /// `halved`: the text begins with the second half of a surrogate pair, as Yjs cuts it.
    Text {
        halved: bool,
        text: &'a str,
    },
    /// A value as JSON inside a text.
    Embed(&'a str),
    /// A format mark inside a text: its name, and its value as JSON.
    Format(&'a str, &'a str),
    Type(Kind),
    /// As many values as told, encoded one behind the other.
    Values {
        count: u32,
        encoded: &'a [u8],
    },
}

const DELETED: u8 = 1;
const BINARY: u8 = 3;
const TEXT: u8 = 4;
const EMBED: u8 = 5;
const FORMAT: u8 = 6;
const TYPE: u8 = 7;
const VALUES: u8 = 8;

/// What Yjs puts for each half of a surrogate pair that it cuts in two.
const REPLACEMENT: &str = "\u{FFFD}";

impl<'a> Content<'a> {
    /// Reads the content that the low bits of an item's first byte announce.
    pub(super) fn read(
        reference: u8,
        reader: &mut Reader<'a>,
        values: &mut Values,
    ) -> Result<Self, Refusal> {
        Ok(match reference {
            DELETED => Self::Deleted(reader.number32()?),
            BINARY => Self::Binary(values.block(reader)?),
            TEXT => Self::Text {
                halved: false,
                text: values.text(reader)?,
            },
            EMBED => Self::Embed(values.json(reader)?),
            FORMAT => Self::Format(value::key(reader)?, values.json(reader)?),
            TYPE => Self::Type(read_kind(reader)?),
            VALUES => read_values(reader, values)?,
            // ContentJSON (2) and subdocuments (9) among them.
            _ => return Err(Malformed("an item is of an unknown kind").into()),
        })
    }

    /// How many clock ticks the content takes. Yjs counts text in UTF-16 code units.
    pub(super) fn length(&self) -> Result<u32, Malformed> {
        let length = match self {
            Self::Deleted(length) => Some(*length),
            Self::Text { halved, text } => {
                u32::try_from(utf16_length(text) + usize::from(*halved)).ok()
            }
            Self::Values { count, .. } => Some(*count),
            Self::Binary(_) | Self::Embed(_) | Self::Format(..) | Self::Type(_) => Some(1),
        };
        length
            .filter(|&length| length > 0)
            .ok_or(Malformed("an item is empty"))
    }

    /// The content without its first `offset` ticks; `offset` is below its length.
    pub(super) fn without_first(self, offset: u32) -> Self {
        match self {
            Self::Deleted(length) => Self::Deleted(length - offset),
            Self::Text { halved, text } => skip_utf16(text, offset - u32::from(halved)),
            Self::Values { count, encoded } => {
                let mut reader = Reader::new(encoded);
                for _ in 0..offset {
                    value::skip_known(&mut reader);
                }
                Self::Values {
                    count: count - offset,
                    encoded: reader.rest(),
                }
            }
            whole => whole,
        }
    }

    /// The first of several values, and the rest.
    pub(super) fn split_first_value(self) -> (Self, Option<Self>) {
        let Self::Values { count, encoded } = self else {
            return (self, None);
        };
        if count == 1 {
            return (self, None);
        }
        let rest = self.without_first(1);
        let Self::Values { encoded: left, .. } = rest else {
            return (self, None);
        };
        let first = Self::Values {
            count: 1,
            encoded: &encoded[..encoded.len() - left.len()],
        };
        (first, Some(rest))
    }

    /// The text that is its only value.
    pub(super) fn only_text(&self) -> Option<&'a str> {
        match self {
            Self::Values { count: 1, encoded } => value::text_in(encoded),
            _ => None,
        }
    }

    /// The low bits of an item's first byte.
    pub(super) fn reference(&self) -> u8 {
        match self {
            Self::Deleted(_) => DELETED,
            Self::Binary(_) => BINARY,
            Self::Text { .. } => TEXT,
            Self::Embed(_) => EMBED,
            Self::Format(..) => FORMAT,
            Self::Type(_) => TYPE,
            Self::Values { .. } => VALUES,
        }
    }

    /// Writes the content as it is read.
    pub(super) fn write(&self, into: &mut Vec<u8>) {
        match *self {
            Self::Deleted(length) => write_number(into, u64::from(length)),
            Self::Binary(bytes) => write_block(into, bytes),
            Self::Text { halved, text } => {
                let prefix = if halved { REPLACEMENT } else { "" };
                write_number(into, (prefix.len() + text.len()) as u64);
                into.extend_from_slice(prefix.as_bytes());
                into.extend_from_slice(text.as_bytes());
            }
            Self::Embed(json) => write_block(into, json.as_bytes()),
            Self::Format(name, json) => {
                write_block(into, name.as_bytes());
                write_block(into, json.as_bytes());
            }
            Self::Type(kind) => into.push(match kind {
                Kind::Array => 0,
                Kind::Map => 1,
                Kind::Text => 2,
            }),
            Self::Values { count, encoded } => {
                write_number(into, u64::from(count));
                into.extend_from_slice(encoded);
            }
        }
    }

    /// How much there is to copy when the content is cut in two, in bytes.
    pub(super) fn bulk(&self) -> usize {
        match self {
            Self::Text { text, .. } => text.len(),
            Self::Values { encoded, .. } => encoded.len(),
            _ => 0,
        }
    }
}

fn read_kind(reader: &mut Reader<'_>) -> Result<Kind, Malformed> {
    match reader.byte()? {
        0 => Ok(Kind::Array),
        1 => Ok(Kind::Map),
        2 => Ok(Kind::Text),
        // XML types, weak links and whatever comes later.
        _ => Err(Malformed("a shared type is of a kind that no board holds")),
    }
}

fn read_values<'a>(reader: &mut Reader<'a>, values: &mut Values) -> Result<Content<'a>, Refusal> {
    let count = reader.count(1)?;
    let count = u32::try_from(count).map_err(|_too_many| Limit::Values)?;
    let before = reader.rest();
    for _ in 0..count {
        values.skip(reader)?;
    }
    let encoded = &before[..before.len() - reader.remaining()];
    Ok(Content::Values { count, encoded })
}

fn utf16_length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

fn skip_utf16(text: &str, units: u32) -> Content<'_> {
    let mut skipped = 0;
    for (at, character) in text.char_indices() {
        if skipped == units {
            return whole_text(&text[at..]);
        }
        skipped += if character.len_utf16() == 2 { 2 } else { 1 };
        if skipped > units {
            return Content::Text {
                halved: true,
                text: &text[at + character.len_utf8()..],
            };
        }
    }
    whole_text("")
}

fn whole_text(text: &str) -> Content<'_> {
    Content::Text {
        halved: false,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::bounds::Bounds;
    use super::*;

    fn read(bytes: &[u8]) -> Result<Content<'_>, Refusal> {
        let mut reader = Reader::new(bytes);
        let reference = reader.byte().unwrap();
        Content::read(reference, &mut reader, &mut Values::new(&Bounds::CLIENT))
    }

    #[test]
    fn text_is_as_long_as_its_utf16() {
        for (text, length) in [("abc", 3), ("één", 3), ("a😀", 3)] {
            assert_eq!(whole_text(text).length(), Ok(length), "{text}");
        }
    }

    #[test]
    fn a_surrogate_pair_is_cut_as_yjs_cuts_it() {
        let cut = whole_text("a😀b").without_first(2);

        assert_eq!(cut.length(), Ok(2));
        let mut written = Vec::new();
        cut.write(&mut written);
        assert_eq!(written, [&[4], "\u{FFFD}b".as_bytes()].concat());
        assert_eq!(cut.without_first(1), whole_text("b"));
    }

    #[test]
    fn values_are_cut_between_two_values() {
        // Three values: 1, "ab", null.
        let three = read(&[VALUES, 3, 125, 1, 119, 2, b'a', b'b', 126]).unwrap();

        let (first, rest) = three.split_first_value();

        let encoded = &[125, 1][..];
        assert_eq!(first, Content::Values { count: 1, encoded });
        let encoded = &[119, 2, b'a', b'b', 126][..];
        assert_eq!(rest, Some(Content::Values { count: 2, encoded }));
    }

    #[test]
    fn empty_and_unknown_content_is_malformed() {
        for bytes in [&[TEXT, 0][..], &[VALUES, 0], &[DELETED, 0]] {
            assert!(read(bytes).unwrap().length().is_err(), "{bytes:?}");
        }
        for bytes in [
            &[2, 1, 1, b'1'][..],
            &[9, 0],
            &[11, 0],
            &[TYPE, 3],
            &[TYPE, 5],
        ] {
            assert!(
                matches!(read(bytes), Err(Refusal::Malformed(_))),
                "{bytes:?}"
            );
        }
    }
}
