//! A member over a WebSocket.

use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::limits::{FIRST_STEP2_BYTES, FRAME_BYTES, TEXT_FRAME_BYTES};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::frame::{EMPTY_AWARENESS, Message as Sync, read_frame};
use hartslag_protocol::wire::message::SUBPROTOCOL;
use hartslag_protocol::workshop::Role;
use tokio::time::{sleep, sleep_until, timeout};

use super::pace::{Pace, Verdict};
use crate::room::outbox::{Batch, Outgoing};
use crate::room::{Dialect, Member, RoomHandle};

/// The default costs 128 KiB per idle connection.
const READ_BUFFER_BYTES: usize = 4 << 10;
/// Type numbers and a length around the largest payload.
const ENVELOPE_BYTES: usize = 64;
/// A client that says nothing about where it stands holds a place for nothing.
const FIRST_STEP1: Duration = Duration::from_secs(10);
/// Between two pings; a browser answers them by itself.
const PING: Duration = Duration::from_secs(20);
/// A ping and the time for its answer.
const SILENCE: Duration = Duration::from_secs(30);
/// A lonely client hears something at least this often (W9).
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// What one write may take.
const WRITE: Duration = Duration::from_mins(1);
/// How long the other side has to take the close frame and answer it.
const LINGER: Duration = Duration::from_secs(2);
/// Least time between two differences for a member that falls behind again and again: each may
/// encode much of the document.
const DIFFERENCE_PAUSE: Duration = Duration::from_millis(250);

/// The socket cannot be used any more.
struct Gone;

/// Turns an upgrade into a connection of this participant. Whether they may join was decided
/// before (W3).
pub fn accept(
    upgrade: WebSocketUpgrade,
    room: RoomHandle,
    participant: ParticipantId,
    role: Role,
) -> Response {
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(FIRST_STEP2_BYTES + ENVELOPE_BYTES)
        .max_frame_size(FIRST_STEP2_BYTES + ENVELOPE_BYTES)
        .on_upgrade(move |socket| serve(socket, room, participant, role))
}

/// Carries frames between the socket and the room until either is gone.
pub async fn serve(socket: WebSocket, room: RoomHandle, participant: ParticipantId, role: Role) {
    let dialect = match socket.protocol() {
        Some(protocol) if protocol == SUBPROTOCOL => Dialect::Hartslag,
        _ => Dialect::Plain,
    };
    let (mut sink, mut stream) = socket.split();
    let Ok(member) = room.connect(participant, role, dialect).await else {
        // The room left memory between the upgrade and here; the client comes back.
        let _ = close(&mut sink, CloseCode::Unavailable).await;
        return;
    };
    let reading = async {
        let Err(code) = read(&mut stream, &member, dialect).await else {
            return;
        };
        member.outbox().close(code);
        linger(&mut stream).await;
    };
    tokio::select! {
        () = reading => {}
        written = write(&mut sink, &member) => {
            // The close frame must be read before the socket goes; it is lost where unread
            // frames of the other side make the kernel reset the connection.
            if written.is_ok() {
                linger(&mut stream).await;
            }
        }
    }
}

/// Reads until the other side is gone (`Ok`) or must go (`Err`).
async fn read(
    stream: &mut SplitStream<WebSocket>,
    member: &Member,
    dialect: Dialect,
) -> Result<(), CloseCode> {
    let started = Instant::now();
    let mut pace = Pace::new(started);
    let mut has_greeted = dialect == Dialect::Hartslag;
    let mut may_be_large = true;
    loop {
        let patience = if has_greeted {
            SILENCE
        } else {
            FIRST_STEP1.saturating_sub(started.elapsed())
        };
        let Ok(received) = timeout(patience, stream.next()).await else {
            return if has_greeted {
                Ok(())
            } else {
                Err(CloseCode::Behind)
            };
        };
        match received {
            Some(Ok(Message::Binary(frame))) => {
                if frame.len() > FRAME_BYTES + ENVELOPE_BYTES && !std::mem::take(&mut may_be_large)
                {
                    return Err(CloseCode::TooLarge);
                }
                has_greeted |= hand_in(frame, member, &mut pace).await?;
            }
            Some(Ok(Message::Text(text))) => {
                if text.len() > TEXT_FRAME_BYTES {
                    return Err(CloseCode::TooLarge);
                }
                sleep(pace.weigh_text(Instant::now())).await;
                let text = text.as_str().to_owned();
                member
                    .text(text)
                    .await
                    .map_err(|_closed| CloseCode::Unavailable)?;
            }
            // Reading on answers a ping, and a close.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
            None => return Ok(()),
            Some(Err(error)) => return fault(&error),
        }
    }
}

/// Hands a frame to the room, at the pace of the connection. Returns whether it told where the
/// client stands.
async fn hand_in(frame: Bytes, member: &Member, pace: &mut Pace) -> Result<bool, CloseCode> {
    let messages = read_frame(&frame).map_err(|_malformed| CloseCode::Malformed)?;
    let greets = messages
        .iter()
        .any(|message| matches!(message, Sync::SyncStep1(_)));
    match pace.weigh(&messages, Instant::now()) {
        Verdict::Drop => return Ok(false),
        Verdict::After(Duration::ZERO) => {}
        Verdict::After(wait) => sleep(wait).await,
    }
    drop(messages);
    member
        .frame(frame)
        .await
        .map_err(|_closed| CloseCode::Unavailable)?;
    Ok(greets)
}

/// A frame that is no WebSocket frame, or too large a one, or a socket that broke.
fn fault(error: &axum::Error) -> Result<(), CloseCode> {
    use tokio_tungstenite::tungstenite::Error;

    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Error>());
    match cause {
        Some(Error::Capacity(_)) => Err(CloseCode::TooLarge),
        Some(Error::Protocol(_) | Error::Utf8(_)) => Err(CloseCode::Malformed),
        _ => Ok(()),
    }
}

/// Writes what is queued until the connection closes (`Ok`) or breaks.
async fn write(sink: &mut SplitSink<WebSocket, Message>, member: &Member) -> Result<(), Gone> {
    let mut ping = tokio::time::interval(PING);
    let mut keep_alive = tokio::time::Instant::now() + KEEP_ALIVE;
    let mut next_difference = tokio::time::Instant::now();
    loop {
        tokio::select! {
            batch = member.outbox().take() => {
                let Batch { frames, behind, close: code } = batch;
                if !frames.is_empty() {
                    keep_alive = tokio::time::Instant::now() + KEEP_ALIVE;
                }
                send(sink, frames).await?;
                if let Some(code) = code {
                    return close(sink, code).await;
                }
                if let Some(base) = behind {
                    sleep_until(next_difference).await;
                    next_difference = tokio::time::Instant::now() + DIFFERENCE_PAUSE;
                    member.caught_up(base).await.map_err(|_closed| Gone)?;
                }
            }
            _ = ping.tick() => flush(sink, Message::Ping(Bytes::new())).await?,
            () = sleep_until(keep_alive) => {
                keep_alive = tokio::time::Instant::now() + KEEP_ALIVE;
                let lonely = Message::Binary(Bytes::from_static(&EMPTY_AWARENESS));
                flush(sink, lonely).await?;
            }
        }
    }
}

/// Writes frames together: one write for as many as fit the buffer.
async fn send(sink: &mut SplitSink<WebSocket, Message>, frames: Vec<Outgoing>) -> Result<(), Gone> {
    if frames.is_empty() {
        return Ok(());
    }
    let writing = async {
        for frame in frames {
            let message = match frame {
                Outgoing::Binary(bytes) => Message::Binary(bytes),
                Outgoing::Text(text) => Message::Text(text.into()),
            };
            sink.feed(message).await?;
        }
        sink.flush().await
    };
    within(writing).await
}

async fn flush(sink: &mut SplitSink<WebSocket, Message>, message: Message) -> Result<(), Gone> {
    within(sink.send(message)).await
}

async fn close(sink: &mut SplitSink<WebSocket, Message>, code: CloseCode) -> Result<(), Gone> {
    let frame = CloseFrame {
        code: code.code(),
        reason: code.reason().into(),
    };
    flush(sink, Message::Close(Some(frame))).await
}

async fn within(writing: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Gone> {
    match timeout(WRITE, writing).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

/// Reads on without looking, until the other side closes too.
async fn linger(stream: &mut SplitStream<WebSocket>) {
    let draining = async { while let Some(Ok(_)) = stream.next().await {} };
    // Who does not answer in time is let go.
    let _ = timeout(LINGER, draining).await;
}
