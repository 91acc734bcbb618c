//! What a connection is sent as server-sent events (W21).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::delivery::{Delivery, Parcel};
use super::event_stream::Secret;
use crate::room::Member;
use crate::room::outbox::{Outbox, Outgoing};

/// How long the response may take nothing.
const WRITE: Duration = Duration::from_mins(1);
/// Small events go together; one write for as many as fit.
const CHUNK_BYTES: usize = 16 << 10;
/// What is encoded at a time of a large frame: whole groups of three, so that the pieces make
/// one text.
const PIECE_BYTES: usize = 12 << 10;
/// Some proxies hold back a response until it has this much (W20).
pub(crate) const PADDING_BYTES: usize = 2 << 10;

/// The response takes nothing any more.
pub(super) struct Gone;

/// Writes what the client needs for its POSTs, then what is queued, until the connection closes (`Ok`) or nobody takes it.
pub(super) async fn write(
    events: &mpsc::Sender<Bytes>,
    member: &Member,
    secret: &Secret,
) -> Result<(), Gone> {
    let mut chunk = Chunk::to(events, member.outbox());
    chunk.open(secret);
    chunk.send().await?;
    let mut delivery = Delivery::new();
    loop {
        let parcel = delivery.next(member).await;
        let Parcel { frames, close, .. } = parcel.map_err(|_closed| Gone)?;
        for frame in frames {
            chunk.push_frame(frame).await?;
        }
        if let Some(code) = close {
            let (number, reason) = (code.code(), code.reason());
            let closed = format!(r#"{{"code":{number},"reason":"{reason}"}}"#);
            chunk.push_event("closed", &closed);
            return chunk.send().await;
        }
        chunk.send().await?;
    }
}

/// Events that are written together.
struct Chunk<'a> {
    events: &'a mpsc::Sender<Bytes>,
    outbox: &'a Outbox,
    text: String,
}

impl<'a> Chunk<'a> {
    fn to(events: &'a mpsc::Sender<Bytes>, outbox: &'a Outbox) -> Self {
        Self {
            events,
            outbox,
            text: String::new(),
        }
    }

    /// The first event: what the client needs for its POSTs.
    fn open(&mut self, secret: &Secret) {
        self.text = format!(":{:PADDING_BYTES$}\n\n", "");
        let secret = URL_SAFE_NO_PAD.encode(secret);
        let opened = format!(r#"{{"connection":"{secret}"}}"#);
        self.push_event("opened", &opened);
    }

    /// Adds a frame, a large one in pieces: what waits is held once, as it was queued.
    async fn push_frame(&mut self, frame: Outgoing) -> Result<(), Gone> {
        match frame {
            Outgoing::Binary(bytes) => {
                self.text.push_str("event: frame\ndata: ");
                for piece in bytes.chunks(PIECE_BYTES) {
                    STANDARD.encode_string(piece, &mut self.text);
                    self.send_if_full().await?;
                }
                self.text.push_str("\n\n");
            }
            // JSON on one line.
            Outgoing::Text(text) => {
                self.push_event("message", &String::from_utf8_lossy(&text));
            }
        }
        self.send_if_full().await
    }

    fn push_event(&mut self, name: &str, data: &str) {
        for part in ["event: ", name, "\ndata: ", data, "\n\n"] {
            self.text.push_str(part);
        }
    }

    async fn send_if_full(&mut self) -> Result<(), Gone> {
        if self.text.len() >= CHUNK_BYTES {
            self.send().await?;
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Gone> {
        if self.text.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        // Four characters for three bytes.
        let bytes = text.len() / 4 * 3;
        match timeout(WRITE, self.events.send(Bytes::from(text))).await {
            Ok(Ok(())) => {
                self.outbox.wrote(bytes);
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn w21_each_frame_is_an_event_on_one_line() {
        let (events, _unread) = mpsc::channel(1);
        let outbox = Outbox::default();
        let mut chunk = Chunk::to(&events, &outbox);

        for frame in [
            Outgoing::Binary(Bytes::from_static(&[1, 1, 0])),
            Outgoing::Text(r#"{"type":"stored"}"#.into()),
        ] {
            assert!(chunk.push_frame(frame).await.is_ok());
        }

        let expected =
            "event: frame\ndata: AQEA\n\nevent: message\ndata: {\"type\":\"stored\"}\n\n";
        assert_eq!(chunk.text, expected);
    }

    #[tokio::test]
    async fn w21_a_large_frame_goes_in_pieces_and_is_one_event() {
        let frame = vec![7; 100_000];
        let (events, mut sent) = mpsc::channel(1);
        let outgoing = Outgoing::Binary(frame.clone().into());
        let writing = async {
            let outbox = Outbox::default();
            let mut chunk = Chunk::to(&events, &outbox);
            assert!(chunk.push_frame(outgoing).await.is_ok());
            assert!(chunk.send().await.is_ok());
            drop(events);
        };
        let reading = async {
            let mut text = String::new();
            while let Some(piece) = sent.recv().await {
                assert!(piece.len() < 2 * CHUNK_BYTES);
                text.push_str(std::str::from_utf8(&piece).unwrap());
            }
            text
        };

        let ((), text) = tokio::join!(writing, reading);

        let data = STANDARD.encode(&frame);
        assert_eq!(text, format!("event: frame\ndata: {data}\n\n"));
    }

    #[test]
    fn w21_the_first_event_names_the_connection_behind_padding() {
        let (events, _unread) = mpsc::channel(1);
        let outbox = Outbox::default();
        let mut chunk = Chunk::to(&events, &outbox);
        chunk.open(&[7; 16]);

        let chunk = chunk.text;
        assert!(chunk.len() > PADDING_BYTES && chunk.starts_with(":  "));
        let opened = "\n\nevent: opened\ndata: {\"connection\":\"BwcHBwcHBwcHBwcHBwcHBw\"}\n\n";
        assert!(chunk.ends_with(opened));
    }
}
