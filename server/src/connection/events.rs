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
use crate::room::outbox::Outgoing;

/// How long the response may take nothing.
const WRITE: Duration = Duration::from_mins(1);
/// Small events go together; one write for as many as fit.
const CHUNK_BYTES: usize = 16 << 10;
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
    send(events, opening(secret)).await?;
    let mut delivery = Delivery::new();
    loop {
        let parcel = delivery.next(member).await;
        let Parcel { frames, close, .. } = parcel.map_err(|_closed| Gone)?;
        let mut chunk = String::new();
        for frame in frames {
            push_frame(&mut chunk, &frame);
            if chunk.len() >= CHUNK_BYTES {
                send(events, std::mem::take(&mut chunk)).await?;
            }
        }
        if let Some(code) = close {
            let (number, reason) = (code.code(), code.reason());
            let closed = format!(r#"{{"code":{number},"reason":"{reason}"}}"#);
            push_event(&mut chunk, "closed", &closed);
            return send(events, chunk).await;
        }
        if !chunk.is_empty() {
            send(events, chunk).await?;
        }
    }
}

/// The first event: what the client needs for its POSTs.
fn opening(secret: &Secret) -> String {
    let mut chunk = format!(":{:PADDING_BYTES$}\n\n", "");
    let secret = URL_SAFE_NO_PAD.encode(secret);
    let opened = format!(r#"{{"connection":"{secret}"}}"#);
    push_event(&mut chunk, "opened", &opened);
    chunk
}

fn push_frame(chunk: &mut String, frame: &Outgoing) {
    match frame {
        Outgoing::Binary(bytes) => {
            chunk.reserve(bytes.len() / 3 * 4 + 32);
            chunk.push_str("event: frame\ndata: ");
            STANDARD.encode_string(bytes, chunk);
            chunk.push_str("\n\n");
        }
        // JSON on one line.
        Outgoing::Text(text) => push_event(chunk, "message", text),
    }
}

fn push_event(chunk: &mut String, name: &str, data: &str) {
    for part in ["event: ", name, "\ndata: ", data, "\n\n"] {
        chunk.push_str(part);
    }
}

async fn send(events: &mpsc::Sender<Bytes>, chunk: String) -> Result<(), Gone> {
    match timeout(WRITE, events.send(Bytes::from(chunk))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w21_each_frame_is_an_event_on_one_line() {
        let mut chunk = String::new();

        push_frame(
            &mut chunk,
            &Outgoing::Binary(Bytes::from_static(&[1, 1, 0])),
        );
        push_frame(&mut chunk, &Outgoing::Text(r#"{"type":"stored"}"#.into()));

        let expected =
            "event: frame\ndata: AQEA\n\nevent: message\ndata: {\"type\":\"stored\"}\n\n";
        assert_eq!(chunk, expected);
    }

    #[test]
    fn w21_the_first_event_names_the_connection_behind_padding() {
        let chunk = opening(&[7; 16]);

        assert!(chunk.len() > PADDING_BYTES && chunk.starts_with(":  "));
        let opened = "\n\nevent: opened\ndata: {\"connection\":\"BwcHBwcHBwcHBwcHBwcHBw\"}\n\n";
        assert!(chunk.ends_with(opened));
    }
}
