//! The socket below a WebSocket: frames out, bytes in.
//!
//! A server's frames are not masked, so they are the same for everyone: a few bytes of head and
//! the payload, shared. Reading is left to tungstenite, which is strict; what it has to answer
//! (pongs, the other side's close) goes by the same way as all else.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hartslag_protocol::wire::close::CloseCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::intake::USUAL_FRAME_BYTES;
use crate::room::outbox::{Kind, Outbox, Outgoing, Wire};

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
/// The frame is the whole message.
const FINAL: u8 = 0x80;
/// A ping, as it goes over the wire.
pub(super) const EMPTY_PING: [u8; 2] = [FINAL | PING, 0];

/// How long a socket may take nothing of what is written to it.
const WRITE: Duration = Duration::from_mins(1);
/// Payloads up to here are copied together; larger ones go from where they are.
const COPIED_BYTES: usize = 16 << 10;

/// Messages larger than usual that are under way at a time, over all connections: each is held
/// in memory until it is whole, and whoever never ends one would fill that.
const LARGE_MESSAGES: usize = 8;
/// How long one may take. Who is slower, or comes on top, comes back later.
const LARGE_PATIENCE: Duration = Duration::from_mins(2);
static LARGE: Semaphore = Semaphore::const_new(LARGE_MESSAGES);

/// The way out.
#[derive(Debug)]
pub(super) struct Line {
    socket: OwnedWriteHalf,
}

impl Line {
    pub(super) fn new(socket: OwnedWriteHalf) -> Self {
        Self { socket }
    }

    /// Writes `raw`, then the frames: one write for as many as are small. Tells `wrote` what the
    /// socket took, and lets go of each frame that is written.
    pub(super) async fn write(
        &self,
        raw: Vec<u8>,
        frames: Vec<Outgoing>,
        wrote: impl Fn(usize),
    ) -> io::Result<()> {
        let mut gathered = raw;
        for frame in frames {
            let (code, payload) = parts(&frame);
            write_head(code, payload.len(), &mut gathered);
            if payload.len() <= COPIED_BYTES {
                gathered.extend_from_slice(payload);
            } else {
                self.write_both(&gathered, payload, &wrote).await?;
                gathered.clear();
            }
            if gathered.len() > COPIED_BYTES {
                self.write_both(&gathered, &[], &wrote).await?;
                gathered.clear();
            }
        }
        self.write_both(&gathered, &[], &wrote).await
    }

    /// Writes the close frame.
    pub(super) async fn close(&self, code: CloseCode) -> io::Result<()> {
        let mut frame = Vec::new();
        let reason = code.reason().as_bytes();
        write_head(CLOSE, 2 + reason.len(), &mut frame);
        frame.extend_from_slice(&code.code().to_be_bytes());
        frame.extend_from_slice(reason);
        self.write_both(&frame, &[], &|_| {}).await
    }

    async fn write_both(
        &self,
        mut first: &[u8],
        mut second: &[u8],
        wrote: &impl Fn(usize),
    ) -> io::Result<()> {
        while !(first.is_empty() && second.is_empty()) {
            timeout(WRITE, self.socket.writable()).await??;
            let slices = [IoSlice::new(first), IoSlice::new(second)];
            match self.socket.try_write_vectored(&slices) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    wrote(written);
                    second = &second[written.saturating_sub(first.len())..];
                    first = &first[written.min(first.len())..];
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Wire for Arc<Line> {
    fn try_send(&self, raw: &[u8], frames: &VecDeque<(Kind, Outgoing)>) -> Option<Vec<u8>> {
        let mut gathered = raw.to_vec();
        for (_, frame) in frames {
            let (code, payload) = parts(frame);
            write_head(code, payload.len(), &mut gathered);
            gathered.extend_from_slice(payload);
        }
        // Whoever writes next finds out what is wrong with the socket.
        let written = self.socket.try_write(&gathered).ok()?;
        gathered.drain(..written);
        Some(gathered)
    }
}

fn too_much() -> io::Error {
    io::Error::new(io::ErrorKind::QuotaExceeded, "too much is under way")
}

fn parts(frame: &Outgoing) -> (u8, &[u8]) {
    match frame {
        Outgoing::Binary(bytes) => (BINARY, bytes),
        Outgoing::Text(text) => (TEXT, text),
    }
}

/// Writes the head of a frame (RFC 6455, section 5.2).
fn write_head(code: u8, length: usize, into: &mut Vec<u8>) {
    into.push(FINAL | code);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => into.push(short),
        (_, Ok(middling)) => {
            into.push(126);
            into.extend_from_slice(&middling.to_be_bytes());
        }
        _ => {
            into.push(127);
            into.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// The way in, as tungstenite wants it. What it answers goes to the outbox.
#[derive(Debug)]
pub(super) struct Inbound {
    socket: OwnedReadHalf,
    outbox: Arc<Outbox>,
    /// Bytes since the last whole message.
    unfinished: usize,
    /// The place of a large message, and since when.
    large: Option<(SemaphorePermit<'static>, Instant)>,
}

impl Inbound {
    pub(super) fn new(socket: OwnedReadHalf, outbox: Arc<Outbox>) -> Self {
        Self {
            socket,
            outbox,
            unfinished: 0,
            large: None,
        }
    }

    /// A message was whole.
    pub(super) fn finished(&mut self) {
        self.unfinished = 0;
        self.large = None;
    }

    fn grow(&mut self, bytes: usize) -> io::Result<()> {
        self.unfinished += bytes;
        if self.unfinished <= USUAL_FRAME_BYTES {
            return Ok(());
        }
        if self.large.is_none() {
            let place = LARGE.try_acquire().map_err(|_full| too_much())?;
            self.large = Some((place, Instant::now()));
        }
        let is_slow = |(_, since): &(_, Instant)| since.elapsed() > LARGE_PATIENCE;
        if self.large.as_ref().is_some_and(is_slow) {
            return Err(too_much());
        }
        Ok(())
    }
}

impl AsyncRead for Inbound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(context, into))?;
        let read = into.filled().len() - before;
        Poll::Ready(self.grow(read))
    }
}

impl AsyncWrite for Inbound {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.outbox.push_raw(bytes);
        self.outbox.send();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::StreamExt as _;
    use tokio::net::{TcpListener, TcpStream};
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    /// The way out, and what the other side makes of it.
    async fn line() -> (Arc<Line>, WebSocketStream<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let (near, far) = tokio::join!(listener.accept(), connecting);
        let (_, socket) = near.unwrap().0.into_split();
        let far = WebSocketStream::from_raw_socket(far.unwrap(), Role::Client, None).await;
        (Arc::new(Line::new(socket)), far)
    }

    #[tokio::test]
    async fn frames_of_every_size_arrive_as_they_were() {
        let sizes = [0, 1, 125, 126, 65_535, 65_536, 3 << 20];
        let frames: Vec<_> = sizes
            .iter()
            .map(|&size| Outgoing::Binary(Bytes::from(vec![7; size])))
            .chain([Outgoing::Text("één".into())])
            .collect();
        let (near, mut far) = line().await;
        let sent = frames.clone();
        // Kept open, as a pong lies unread.
        let line = Arc::clone(&near);
        let writing = tokio::spawn(async move {
            line.write(EMPTY_PING.to_vec(), sent, |_| {}).await.unwrap();
            line.close(CloseCode::Restart).await.unwrap();
        });

        assert_eq!(
            far.next().await.unwrap().unwrap(),
            Message::Ping(Bytes::new())
        );
        for frame in frames {
            let message = match frame {
                Outgoing::Binary(bytes) => Message::Binary(bytes),
                Outgoing::Text(text) => Message::Text(text.try_into().unwrap()),
            };
            assert!(far.next().await.unwrap().unwrap() == message);
        }
        let Some(Ok(Message::Close(Some(close)))) = far.next().await else {
            panic!("no close frame");
        };
        assert_eq!(u16::from(close.code), CloseCode::Restart.code());
        writing.await.unwrap();
    }

    #[tokio::test]
    async fn what_does_not_fit_the_socket_is_given_back() {
        let (line, mut far) = line().await;
        let payload = Bytes::from(vec![7; 60_000]);
        let frames = VecDeque::from([(Kind::Document, Outgoing::Binary(payload.clone()))]);
        line.socket.writable().await.unwrap();
        let mut sent = 0;

        let rest = loop {
            sent += 1;
            match line.try_send(&[], &frames) {
                Some(rest) if rest.is_empty() => {}
                Some(rest) => break rest,
                None => {
                    sent -= 1;
                    break Vec::new();
                }
            }
        };
        let writing = tokio::spawn(async move { line.write(rest, Vec::new(), |_| {}).await });

        for _ in 0..sent {
            let message = far.next().await.unwrap().unwrap();
            assert!(message == Message::Binary(payload.clone()));
        }
        writing.await.unwrap().unwrap();
    }
}
