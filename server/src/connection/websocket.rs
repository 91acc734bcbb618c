//! A member over a WebSocket.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::message::SUBPROTOCOL;
use hartslag_protocol::workshop::Role;
use tokio::time::timeout;

use super::delivery::{Delivery, Parcel};
use super::intake::{Intake, LARGEST_FRAME_BYTES};
use crate::room::outbox::Outgoing;
use crate::room::{Dialect, Member, RoomHandle};

/// The default costs 128 KiB per idle connection.
const READ_BUFFER_BYTES: usize = 4 << 10;
/// Between two pings; a browser answers them by itself.
const PING: Duration = Duration::from_secs(20);
/// A ping and the time for its answer.
const SILENCE: Duration = Duration::from_secs(30);
/// What one write may take.
const WRITE: Duration = Duration::from_mins(1);
/// How long the other side has to take the close frame and answer it.
const LINGER: Duration = Duration::from_secs(2);

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
        .max_message_size(LARGEST_FRAME_BYTES)
        .max_frame_size(LARGEST_FRAME_BYTES)
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
    let mut intake = Intake::new(dialect);
    loop {
        let Ok(received) = timeout(intake.patience(SILENCE), stream.next()).await else {
            return intake.after_silence();
        };
        match received {
            Some(Ok(Message::Binary(frame))) => intake.binary(frame, member).await?,
            Some(Ok(Message::Text(text))) => intake.text(text.as_str().to_owned(), member).await?,
            // Reading on answers a ping, and a close.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
            None => return Ok(()),
            Some(Err(error)) => return fault(&error),
        }
    }
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
    let mut delivery = Delivery::new();
    loop {
        tokio::select! {
            parcel = delivery.next(member) => {
                let Parcel { frames, close: code } = parcel.map_err(|_closed| Gone)?;
                send(sink, frames).await?;
                if let Some(code) = code {
                    return close(sink, code).await;
                }
            }
            _ = ping.tick() => flush(sink, Message::Ping(Bytes::new())).await?,
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
