//! A member over a WebSocket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::workshop::Role;
use tokio::net::TcpStream;
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role as Side, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::delivery::{Delivery, Parcel};
use super::intake::{Intake, LARGEST_FRAME_BYTES};
use super::line::{EMPTY_PING, Inbound, Line};
use crate::network::Network;
use crate::room::{Dialect, Member, RoomHandle};

/// The default costs 128 KiB per idle connection.
const READ_BUFFER_BYTES: usize = 2 << 10;
/// Between two pings; a browser answers them by itself.
const PING: Duration = Duration::from_secs(20);
/// A ping and the time for its answer.
const SILENCE: Duration = Duration::from_secs(30);
/// How long the other side has to take the close frame and answer it.
const LINGER: Duration = Duration::from_secs(2);

/// The socket cannot be used any more.
struct Gone;

impl From<io::Error> for Gone {
    fn from(_error: io::Error) -> Self {
        Self
    }
}

type Frames = WebSocketStream<Inbound>;

/// Serves a socket whose upgrade was answered, to this participant. Whether they may join was
/// decided before (W3). `ahead` is what the client sent before it had the answer; `speaks`, that
/// it asked for [`SUBPROTOCOL`](hartslag_protocol::wire::message::SUBPROTOCOL).
pub async fn serve(
    socket: TcpStream,
    ahead: Vec<u8>,
    speaks: bool,
    room: RoomHandle,
    (participant, role): (ParticipantId, Role),
    network: Network,
) {
    let dialect = if speaks {
        Dialect::Hartslag
    } else {
        Dialect::Plain
    };
    let (inward, outward) = socket.into_split();
    let line = Arc::new(Line::new(outward));
    let Ok(member) = room.connect(participant, role, network, dialect).await else {
        // The room left memory between the upgrade and here; the client comes back.
        let _ = line.close(CloseCode::Unavailable).await;
        return;
    };
    let outbox = Arc::clone(member.outbox());
    outbox.attach(Box::new(Arc::clone(&line)));
    let inbound = Inbound::new(inward, Arc::clone(&outbox));
    let config = Some(config());
    let frames = WebSocketStream::from_partially_read(inbound, ahead, Side::Server, config).await;
    carry(&line, frames, &member, dialect).await;
    outbox.detach();
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(LARGEST_FRAME_BYTES))
        .max_frame_size(Some(LARGEST_FRAME_BYTES))
}

/// Carries frames between the socket and the room until either is gone.
async fn carry(line: &Line, mut frames: Frames, member: &Member, dialect: Dialect) {
    let reading = async {
        let Err(code) = read(&mut frames, member, dialect).await else {
            return;
        };
        member.outbox().close(code);
        linger(&mut frames).await;
    };
    let written = tokio::select! {
        () = reading => return,
        // What it was being sent goes with it.
        () = member.outbox().let_go() => return,
        written = write(line, member) => written,
    };
    // The close frame must be read before the socket goes; it is lost where unread frames of the
    // other side make the kernel reset the connection.
    if written.is_ok() {
        linger(&mut frames).await;
    }
}

/// Reads until the other side is gone (`Ok`) or must go (`Err`).
async fn read(stream: &mut Frames, member: &Member, dialect: Dialect) -> Result<(), CloseCode> {
    let mut intake = Intake::new(dialect);
    loop {
        let Ok(received) = timeout(intake.patience(SILENCE), stream.next()).await else {
            return intake.after_silence();
        };
        match received {
            Some(Ok(Message::Binary(frame))) => {
                stream.get_mut().finished();
                intake.binary(frame, member).await?;
            }
            Some(Ok(Message::Text(text))) => {
                stream.get_mut().finished();
                intake.text(text.as_str().to_owned(), member).await?;
            }
            // Reading on answers a ping, and a close.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => intake.control().await,
            Some(Ok(_)) => {}
            None => return Ok(()),
            Some(Err(error)) => return fault(&error),
        }
    }
}

/// A frame that is no WebSocket frame, or too large a one, or a socket that broke.
fn fault(error: &Error) -> Result<(), CloseCode> {
    match error {
        Error::Capacity(_) => Err(CloseCode::TooLarge),
        Error::Protocol(_) | Error::Utf8(_) => Err(CloseCode::Malformed),
        _ => Ok(()),
    }
}

/// Writes what the outbox could not send by itself, until the connection closes (`Ok`) or breaks.
async fn write(line: &Line, member: &Member) -> Result<(), Gone> {
    let mut ping = interval_at(Instant::now() + PING, PING);
    let mut delivery = Delivery::new();
    loop {
        tokio::select! {
            parcel = delivery.next(member) => {
                let Parcel { raw, frames, close } = parcel.map_err(|_closed| Gone)?;
                let wrote = |bytes| member.outbox().wrote(bytes);
                line.write(raw, frames, wrote).await?;
                if let Some(code) = close {
                    return Ok(line.close(code).await?);
                }
            }
            _ = ping.tick() => {
                member.outbox().push_raw(&EMPTY_PING);
                member.outbox().send();
            }
        }
    }
}

/// Reads on without looking, until the other side closes too.
async fn linger(stream: &mut Frames) {
    let draining = async { while let Some(Ok(_)) = stream.next().await {} };
    // Who does not answer in time is let go.
    let _ = timeout(LINGER, draining).await;
}
