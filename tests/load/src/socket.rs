//! A WebSocket from the client's side that costs little: hundreds of them fit one core.
//!
//! A client library spends more on a frame than the server does. What comes in is looked at in
//! place; what goes out is masked with zeros, which every server has to accept.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
/// The length stands in the next two bytes.
const LENGTH_16: u8 = 0x7e;
/// The length stands in the next eight bytes.
const LENGTH_64: u8 = 0x7f;
const READ_BYTES: usize = 256 << 10;

/// What the server sent.
#[derive(Debug)]
pub enum Frame<'a> {
    /// A binary frame.
    Binary(&'a [u8]),
    /// A text frame.
    Text(&'a [u8]),
}

/// Where and how to open a connection.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// Host and port.
    pub address: String,
    /// Path and query.
    pub path: String,
    /// More header lines, each with its line end.
    pub headers: String,
}

/// An open connection; one task reads it, anyone writes.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    /// What the kernel had no room for.
    waiting: RefCell<Vec<u8>>,
    /// What was read and is not a whole frame yet.
    unread: RefCell<Vec<u8>>,
}

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

impl Socket {
    /// Connects and upgrades.
    pub async fn open(opening: &Opening) -> io::Result<Rc<Self>> {
        let mut stream = TcpStream::connect(&opening.address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: aGFydHNsYWctbG9hZC1iZQ==\r\n{}\r\n",
            opening.path, opening.address, opening.headers
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        let end = loop {
            if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut head).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        };
        if !head.starts_with(b"HTTP/1.1 101") {
            let head = String::from_utf8_lossy(&head[..end]).into_owned();
            return Err(io::Error::other(format!("no upgrade: {head}")));
        }
        Ok(Rc::new(Self {
            stream,
            waiting: RefCell::default(),
            unread: RefCell::new(head.split_off(end)),
        }))
    }

    /// Sends a binary frame made of these parts, at once or as soon as there is room.
    pub fn send(self: &Rc<Self>, parts: &[&[u8]]) {
        self.write_frame(BINARY, parts);
    }

    /// Sends a text frame.
    pub fn send_text(self: &Rc<Self>, text: &str) {
        self.write_frame(TEXT, &[text.as_bytes()]);
    }

    /// Reads as much as fits, and looks at nothing of it: of who reads slowly.
    pub fn sip(&self, into: &mut [u8]) -> usize {
        // What fails here is no line any more.
        self.stream.try_read(into).unwrap_or_default()
    }

    /// Bytes that the kernel had no room for yet.
    pub fn unsent(&self) -> usize {
        self.waiting.borrow().len()
    }

    fn write_frame(self: &Rc<Self>, kind: u8, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut frame = Vec::with_capacity(length + 14);
        frame.push(FINAL | kind);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(length @ ..=125), _) => frame.push(MASKED | length),
            (_, Ok(length)) => {
                frame.push(MASKED | LENGTH_16);
                frame.extend(length.to_be_bytes());
            }
            _ => {
                frame.push(MASKED | LENGTH_64);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        for part in parts {
            frame.extend_from_slice(part);
        }
        self.write(&frame);
    }

    fn write(self: &Rc<Self>, frame: &[u8]) {
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.is_empty() {
            waiting.extend_from_slice(frame);
            return;
        }
        // What fails here fails for the reader too, who tells.
        let written = self.stream.try_write(frame).unwrap_or(0);
        if written < frame.len() {
            waiting.extend_from_slice(&frame[written..]);
            drop(waiting);
            tokio::task::spawn_local(Rc::clone(self).flush());
        }
    }

    async fn flush(self: Rc<Self>) {
        while self.stream.writable().await.is_ok() {
            let mut waiting = self.waiting.borrow_mut();
            match self.stream.try_write(&waiting) {
                Ok(written) => drop(waiting.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_broken) => return,
            }
            if waiting.is_empty() {
                return;
            }
        }
    }

    /// Hands over each message until the server ends the connection; why it ended.
    pub async fn read(self: &Rc<Self>, mut take: impl FnMut(Frame<'_>)) -> String {
        loop {
            if let Err(end) = self.take_frames(&mut take) {
                return end;
            }
            if let Err(error) = self.stream.readable().await {
                return error.to_string();
            }
            let read = SCRATCH.with_borrow_mut(|scratch| {
                let read = self.stream.try_read(scratch)?;
                self.unread.borrow_mut().extend_from_slice(&scratch[..read]);
                io::Result::Ok(read)
            });
            match read {
                Ok(0) => return "the server closed without a word".to_owned(),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return error.to_string(),
            }
        }
    }

    fn take_frames(self: &Rc<Self>, take: &mut impl FnMut(Frame<'_>)) -> Result<(), String> {
        let mut unread = self.unread.borrow_mut();
        let mut place = 0;
        while let Some((kind, start, end)) = next_frame(&unread[place..]) {
            let payload = &unread[place + start..place + end];
            match kind {
                BINARY => take(Frame::Binary(payload)),
                TEXT => take(Frame::Text(payload)),
                PING => self.write_frame(PONG, &[payload]),
                CLOSE => return Err(closing(payload)),
                _ => {}
            }
            place += end;
        }
        unread.drain(..place);
        Ok(())
    }
}

/// The kind of the first frame, and where its payload begins and ends, when it is whole.
fn next_frame(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (&[first, second], rest) = bytes.split_first_chunk()?;
    let (start, length) = match second {
        LENGTH_16 => (4, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        LENGTH_64 => (
            10,
            usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?,
        ),
        length => (2, usize::from(length)),
    };
    let end = start + length;
    (bytes.len() >= end).then_some((first & 0x0f, start, end))
}

fn closing(payload: &[u8]) -> String {
    match payload.split_first_chunk() {
        Some((code, reason)) => {
            let code = u16::from_be_bytes(*code);
            format!("closed with {code} {}", String::from_utf8_lossy(reason))
        }
        None => "closed without a code".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_seen_once_it_is_whole() {
        let long = [&[0x82, 126, 1, 0][..], &[7; 256]].concat();

        assert_eq!(next_frame(&[0x81, 2, 1]), None);
        assert_eq!(next_frame(&[0x81, 2, 1, 2, 0x82]), Some((TEXT, 2, 4)));
        assert_eq!(next_frame(&long), Some((BINARY, 4, 260)));
        assert_eq!(next_frame(&long[..259]), None);
    }
}
