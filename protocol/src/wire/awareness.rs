//! Awareness updates: who is here, read with bounds and written.
//!
//! Whose entry is believed, and for how long, is the room's to decide (W10).

use serde::de::IgnoredAny;

use super::reader::{Malformed, Reader, write_block, write_number};
use crate::limits::{AWARENESS_DEPTH, AWARENESS_ENTRIES, AWARENESS_STATE_BYTES};

/// What one client says of itself. Borrows from the update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The Yjs client id.
    pub client: u64,
    /// Counts the client's changes of state; the highest wins.
    pub clock: u32,
    /// A JSON object once it was checked, or `None` when the client left.
    pub state: Option<&'a str>,
}

impl Entry<'_> {
    /// Fails unless the state is an object, as y-protocols reads fields of it without asking. It
    /// costs more than all else of an entry: only what is taken is worth it.
    pub fn check(&self) -> Result<(), Malformed> {
        let Some(json) = self.state else {
            return Ok(());
        };
        serde_json::from_str::<IgnoredAny>(json)
            .map_err(|_invalid| Malformed("an awareness state is not valid JSON"))?;
        if !json.trim_start().starts_with('{') {
            return Err(Malformed("an awareness state is not an object"));
        }
        if depth(json) > AWARENESS_DEPTH {
            return Err(Malformed("an awareness state is too deep"));
        }
        Ok(())
    }
}

/// Clocks beyond this are a leap that no client makes by itself, and would shut the real one out.
const LARGEST_CLOCK: u32 = 1 << 31;
/// Client, clock and length take a byte each.
const LEAST_ENTRY_BYTES: usize = 3;

/// Reads an awareness update. One fault makes the whole update malformed; of states only the
/// length is looked at.
pub fn read(update: &[u8]) -> Result<Vec<Entry<'_>>, Malformed> {
    let mut reader = Reader::new(update);
    let count = reader.count(LEAST_ENTRY_BYTES)?;
    if count > AWARENESS_ENTRIES {
        return Err(Malformed("too many awareness entries"));
    }
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        entries.push(read_entry(&mut reader)?);
    }
    reader.end()?;
    Ok(entries)
}

fn read_entry<'a>(reader: &mut Reader<'a>) -> Result<Entry<'a>, Malformed> {
    let client = reader.number()?;
    let clock = reader.number32()?;
    if clock > LARGEST_CLOCK {
        return Err(Malformed("an awareness clock leaps"));
    }
    let json = reader.text()?;
    if json.len() > AWARENESS_STATE_BYTES {
        return Err(Malformed("an awareness state is too large"));
    }
    let state = (json != "null").then_some(json);
    Ok(Entry {
        client,
        clock,
        state,
    })
}

/// How deep valid JSON nests.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Writes an awareness update.
pub fn write<'a>(entries: impl ExactSizeIterator<Item = Entry<'a>>) -> Vec<u8> {
    let mut update = Vec::new();
    write_number(&mut update, entries.len() as u64);
    for entry in entries {
        write_number(&mut update, entry.client);
        write_number(&mut update, u64::from(entry.clock));
        write_block(&mut update, entry.state.unwrap_or("null").as_bytes());
    }
    update
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn update_with(client: u64, clock: u32, state: &str) -> Vec<u8> {
        let state = Some(state);
        let entry = Entry {
            client,
            clock,
            state,
        };
        write([entry].into_iter())
    }

    /// Reads an update, and looks at what it says.
    fn checked(update: &[u8]) -> Result<(), Malformed> {
        read(update)?.iter().try_for_each(Entry::check)
    }

    #[test]
    fn entries_are_read_as_they_were_written() {
        let here = Entry {
            client: 4_000_000_000,
            clock: 7,
            state: Some(r#"{"name":"Noor"}"#),
        };
        let gone = Entry {
            client: 1,
            clock: 2,
            state: None,
        };
        let update = write([here, gone].into_iter());

        assert_eq!(read(&update), Ok(vec![here, gone]));
    }

    #[test]
    fn a_state_must_be_a_json_object() {
        for state in ["", "{", "[]", "1", "\"x\"", "{\"a\":}", "nul"] {
            assert!(checked(&update_with(1, 1, state)).is_err(), "{state}");
        }
        assert!(checked(&update_with(1, 1, "{}")).is_ok());
    }

    #[test]
    fn a_deep_state_is_malformed() {
        let nested = |depth| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));

        assert!(checked(&update_with(1, 1, &nested(AWARENESS_DEPTH - 1))).is_ok());
        assert!(checked(&update_with(1, 1, &nested(AWARENESS_DEPTH))).is_err());
        assert!(checked(&update_with(1, 1, &nested(1_900))).is_err());
    }

    #[test]
    fn a_large_state_is_malformed() {
        let state = format!("{{\"a\":\"{}\"}}", "x".repeat(AWARENESS_STATE_BYTES));

        assert!(read(&update_with(1, 1, &state)).is_err());
    }

    #[test]
    fn a_count_is_not_trusted() {
        let mut update = Vec::new();
        write_number(&mut update, 1 << 25);

        assert!(read(&update).is_err());
        assert!(read(&write(vec![LONELY; AWARENESS_ENTRIES + 1].into_iter())).is_err());
    }

    #[test]
    fn a_leaping_clock_is_malformed() {
        assert!(read(&update_with(1, LARGEST_CLOCK, "{}")).is_ok());
        assert!(read(&update_with(1, LARGEST_CLOCK + 1, "{}")).is_err());
    }

    const LONELY: Entry<'static> = Entry {
        client: 1,
        clock: 1,
        state: None,
    };

    proptest! {
        #[test]
        fn garbage_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            // Only a panic would fail this test; either answer is fine.
            let _ = read(&bytes);
        }
    }
}
