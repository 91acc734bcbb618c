//! Binary frames: the messages of y-protocols, read with bounds and written.
//!
//! What a message carries (a state vector, an update, an awareness update) stays unread bytes
//! here; the gate and [`super::awareness`] read it. The size of a frame is the socket's to bound.

use super::reader::{Malformed, Reader, write_block, write_number};
use crate::limits::MESSAGES_PER_FRAME;

/// An awareness update about nobody, as a whole frame: what keeps a lonely client awake (W9).
pub const EMPTY_AWARENESS: [u8; 3] = [1, 1, 0];

const SYNC: u64 = 0;
const AWARENESS: u64 = 1;
const AUTH: u64 = 2;
const QUERY_AWARENESS: u64 = 3;

const STEP1: u64 = 0;
const STEP2: u64 = 1;
const UPDATE: u64 = 2;

/// One message of y-protocols. Borrows from the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// "This is how far I have come": a state vector. Asks for step 2.
    SyncStep1(&'a [u8]),
    /// The answer to step 1: an update with everything the asker misses.
    SyncStep2(&'a [u8]),
    /// A change: an update.
    Update(&'a [u8]),
    /// Who is here: an awareness update.
    Awareness(&'a [u8]),
    /// A refusal in words. Servers send it; from a client it means nothing.
    Auth(&'a str),
    /// Asks for everyone's awareness.
    QueryAwareness,
}

/// Reads every message of a frame. A frame with any fault, or without a message, is malformed.
pub fn read_frame(frame: &[u8]) -> Result<Vec<Message<'_>>, Malformed> {
    let mut reader = Reader::new(frame);
    let mut messages = Vec::with_capacity(1);
    let mut asks = false;
    loop {
        let message = read_message(&mut reader)?;
        // Each answer may be as large as the document.
        if matches!(message, Message::SyncStep1(_)) && std::mem::replace(&mut asks, true) {
            return Err(Malformed("a frame asks twice for the document"));
        }
        messages.push(message);
        if reader.is_at_end() {
            return Ok(messages);
        }
        if messages.len() == MESSAGES_PER_FRAME {
            return Err(Malformed("a frame holds too many messages"));
        }
    }
}

/// Whether the answer to a frame may be as large as the document.
pub fn asks_for_document(frame: &[u8]) -> bool {
    let is_step1 = |message: &Message<'_>| matches!(message, Message::SyncStep1(_));
    read_frame(frame).is_ok_and(|messages| messages.iter().any(is_step1))
}

fn read_message<'a>(reader: &mut Reader<'a>) -> Result<Message<'a>, Malformed> {
    match reader.number()? {
        SYNC => match reader.number()? {
            STEP1 => Ok(Message::SyncStep1(reader.block()?)),
            STEP2 => Ok(Message::SyncStep2(reader.block()?)),
            UPDATE => Ok(Message::Update(reader.block()?)),
            _ => Err(Malformed("a sync message is of an unknown kind")),
        },
        AWARENESS => Ok(Message::Awareness(reader.block()?)),
        AUTH => match reader.number()? {
            0 => Ok(Message::Auth(reader.text()?)),
            _ => Err(Malformed("an auth message is of an unknown kind")),
        },
        QUERY_AWARENESS => Ok(Message::QueryAwareness),
        _ => Err(Malformed("a message is of an unknown kind")),
    }
}

/// A frame with sync step 1.
pub fn write_step1(state_vector: &[u8]) -> Vec<u8> {
    write_sync(STEP1, state_vector)
}

/// A frame with sync step 2.
pub fn write_step2(update: &[u8]) -> Vec<u8> {
    write_sync(STEP2, update)
}

/// A frame with an update.
pub fn write_update(update: &[u8]) -> Vec<u8> {
    write_sync(UPDATE, update)
}

/// A frame with an awareness update.
pub fn write_awareness(awareness: &[u8]) -> Vec<u8> {
    let mut frame = with_room_for(awareness);
    write_number(&mut frame, AWARENESS);
    write_block(&mut frame, awareness);
    frame
}

fn write_sync(kind: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = with_room_for(payload);
    write_number(&mut frame, SYNC);
    write_number(&mut frame, kind);
    write_block(&mut frame, payload);
    frame
}

/// Room for the payload, two type numbers and a length.
fn with_room_for(payload: &[u8]) -> Vec<u8> {
    Vec::with_capacity(payload.len() + 8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_message_is_read_as_it_was_written() {
        for (frame, message) in [
            (write_step1(&[0]), Message::SyncStep1(&[0])),
            (write_step2(&[0, 0]), Message::SyncStep2(&[0, 0])),
            (write_update(&[1, 2, 3]), Message::Update(&[1, 2, 3])),
            (write_awareness(&[0]), Message::Awareness(&[0])),
            (EMPTY_AWARENESS.to_vec(), Message::Awareness(&[0])),
            (vec![3], Message::QueryAwareness),
            (vec![2, 0, 2, b'n', b'o'], Message::Auth("no")),
        ] {
            assert_eq!(read_frame(&frame), Ok(vec![message]));
        }
    }

    #[test]
    fn w1_a_frame_may_hold_several_messages() {
        let frame = [write_step1(&[0]), vec![3], write_update(&[0, 0])].concat();

        let messages = read_frame(&frame).unwrap();

        assert_eq!(
            messages,
            [
                Message::SyncStep1(&[0]),
                Message::QueryAwareness,
                Message::Update(&[0, 0]),
            ]
        );
    }

    #[test]
    fn a_frame_with_too_many_messages_is_malformed() {
        assert!(read_frame(&[3; MESSAGES_PER_FRAME]).is_ok());
        assert!(read_frame(&[3; MESSAGES_PER_FRAME + 1]).is_err());
    }

    #[test]
    fn a_frame_asks_for_the_document_once() {
        let asking = write_step1(&[0]);

        assert!(read_frame(&[asking.clone(), asking.clone()].concat()).is_err());
        assert!(asks_for_document(&[vec![3], asking].concat()));
        assert!(!asks_for_document(&write_update(&[0, 0])));
    }

    #[test]
    fn unknown_kinds_and_an_empty_frame_are_malformed() {
        for frame in [&[][..], &[4], &[120, 0], &[0, 3, 0], &[2, 1, 0]] {
            assert!(read_frame(frame).is_err(), "{frame:?}");
        }
    }

    #[test]
    fn a_message_that_claims_more_than_the_frame_holds_is_malformed() {
        for frame in [&[0, 2, 5, 1][..], &[1, 0x80, 0x80, 0x80, 0x10], &[0]] {
            assert!(read_frame(frame).is_err(), "{frame:?}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            // Only a panic would fail this test; either answer is fine.
            let _ = read_frame(&bytes);
        }
    }
}
