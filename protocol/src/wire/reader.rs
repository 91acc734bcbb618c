//! A cursor over bytes from outside: every read is checked, nothing is copied.

/// Why bytes cannot be read. The sentence names the fault and holds nothing of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

/// Largest number that lib0 writes: `Number.MAX_SAFE_INTEGER`.
const LARGEST_NUMBER: u64 = (1 << 53) - 1;

/// Reads the primitives of lib0's encoding from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether everything was read.
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// What is left, without reading it.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Fails unless everything was read.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.is_at_end() {
            Ok(())
        } else {
            Err(Malformed("bytes follow the end"))
        }
    }

    /// One byte.
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let (&first, rest) = self.rest.split_first().ok_or(ENDS_EARLY)?;
        self.rest = rest;
        Ok(first)
    }

    /// As many bytes as told.
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(ENDS_EARLY)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A variable-length unsigned number, at most `2^53 - 1`.
    pub fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..=49).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return if number <= LARGEST_NUMBER {
                    Ok(number)
                } else {
                    Err(Malformed("a number is above 2^53 - 1"))
                };
            }
        }
        Err(Malformed("a number has too many bytes"))
    }

    /// A variable-length number of at most 32 bits.
    pub fn number32(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.number()?).map_err(|_too_large| Malformed("a number is above 2^32 - 1"))
    }

    /// How many things follow, each at least `least` bytes long.
    ///
    /// A count is believed only as far as the bytes that are there, so that it may size a loop.
    pub fn count(&mut self, least: usize) -> Result<usize, Malformed> {
        let count = self.number()?;
        usize::try_from(count)
            .ok()
            .filter(|count| {
                count
                    .checked_mul(least)
                    .is_some_and(|bytes| bytes <= self.remaining())
            })
            .ok_or(Malformed("a count is larger than what follows"))
    }

    /// Bytes that stand behind their length.
    pub fn block(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.count(1)?;
        self.bytes(length)
    }

    /// UTF-8 that stands behind its length in bytes.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.block()?)
            .map_err(|_invalid| Malformed("a text is not valid UTF-8"))
    }
}

const ENDS_EARLY: Malformed = Malformed("the bytes end early");

/// Writes a variable-length unsigned number.
pub(crate) fn write_number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    into.push(number.to_le_bytes()[0]);
}

/// Writes bytes behind their length.
pub(crate) fn write_block(into: &mut Vec<u8>, bytes: &[u8]) {
    write_number(into, bytes.len() as u64);
    into.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_above_53_bits_is_malformed() {
        let mut bytes = Vec::new();
        write_number(&mut bytes, 1 << 53);

        assert!(Reader::new(&bytes).number().is_err());
        assert!(Reader::new(&[0xff; 9]).number().is_err());
    }

    #[test]
    fn a_count_is_not_believed_beyond_the_bytes_that_follow() {
        let mut bytes = Vec::new();
        write_number(&mut bytes, 1 << 28);
        bytes.extend([0; 16]);

        assert!(Reader::new(&bytes).count(1).is_err());
        assert_eq!(Reader::new(&[3, 0, 0, 0]).count(1), Ok(3));
        assert!(Reader::new(&[3, 0, 0, 0]).count(2).is_err());
    }

    #[test]
    fn text_must_be_utf8() {
        assert_eq!(Reader::new(&[2, 0xc3, 0xab]).text(), Ok("ë"));
        assert!(Reader::new(&[1, 0xc3]).text().is_err());
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written(number in 0..=LARGEST_NUMBER) {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number);
            let mut reader = Reader::new(&bytes);

            prop_assert_eq!(reader.number(), Ok(number));
            prop_assert!(reader.is_at_end());
        }
    }
}
