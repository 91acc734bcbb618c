//! Several frames in one body, for a transport that has no frames of its own (W22).

use super::reader::{Malformed, Reader, write_block, write_number};
use crate::limits::FRAMES_PER_POST;

const TEXT: u64 = 0;
const BINARY: u64 = 1;

/// One frame of a bundle. Borrows from the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundled<'a> {
    /// A text frame.
    Text(&'a str),
    /// A binary frame.
    Binary(&'a [u8]),
}

/// Reads every frame of a body. A body with any fault, or without a frame, is malformed.
pub fn read_bundle(body: &[u8]) -> Result<Vec<Bundled<'_>>, Malformed> {
    let mut reader = Reader::new(body);
    let mut frames = Vec::with_capacity(1);
    loop {
        frames.push(match reader.number()? {
            TEXT => Bundled::Text(reader.text()?),
            BINARY => Bundled::Binary(reader.block()?),
            _ => return Err(Malformed("a frame is of an unknown kind")),
        });
        if reader.is_at_end() {
            return Ok(frames);
        }
        if frames.len() == FRAMES_PER_POST {
            return Err(Malformed("a bundle holds too many frames"));
        }
    }
}

/// A body with these frames.
pub fn write_bundle(frames: &[Bundled<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for frame in frames {
        let (kind, payload) = match frame {
            Bundled::Text(text) => (TEXT, text.as_bytes()),
            Bundled::Binary(bytes) => (BINARY, *bytes),
        };
        write_number(&mut body, kind);
        write_block(&mut body, payload);
    }
    body
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn w22_a_body_is_read_as_it_was_written() {
        let frames = [
            Bundled::Text("{\"type\":\"barrier\",\"id\":1}"),
            Bundled::Binary(&[0, 0, 1, 0]),
            Bundled::Binary(&[]),
        ];

        assert_eq!(read_bundle(&write_bundle(&frames)), Ok(frames.to_vec()));
    }

    #[test]
    fn w22_the_bytes_are_those_of_the_web_client() {
        let frames = [Bundled::Text("hé"), Bundled::Binary(&[1, 1, 0])];

        let body = write_bundle(&frames);

        assert_eq!(body, [0, 3, b'h', 0xc3, 0xa9, 1, 3, 1, 1, 0]);
    }

    #[test]
    fn w22_a_body_without_a_frame_or_with_too_many_is_refused() {
        let most = [Bundled::Text(""); FRAMES_PER_POST];
        let too_many = [Bundled::Text(""); FRAMES_PER_POST + 1];

        assert!(read_bundle(&write_bundle(&most)).is_ok());
        assert!(read_bundle(&write_bundle(&too_many)).is_err());
        assert!(read_bundle(&[]).is_err());
        assert!(read_bundle(&[2, 0]).is_err());
        assert!(read_bundle(&[0, 1, 0xff]).is_err());
    }

    proptest! {
        #[test]
        fn w22_garbage_is_refused_or_read_within_its_bytes(
            body in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            if let Ok(frames) = read_bundle(&body) {
                let bytes: usize = frames.iter().map(|frame| match frame {
                    Bundled::Text(text) => text.len(),
                    Bundled::Binary(bytes) => bytes.len(),
                }).sum();
                prop_assert!(bytes <= body.len());
            }
        }
    }
}
