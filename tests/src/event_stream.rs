//! Connections without a WebSocket, as the web client makes them where none gets through.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use hartslag_protocol::wire::bundle::{Bundled, write_bundle};
use hartslag_protocol::wire::message::SUBPROTOCOL;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response as Handshake};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// A connection over server-sent events and POSTs (W20).
#[derive(Debug)]
pub struct EventStream {
    client: Client,
    /// Where POSTs go: the stream's server, unless a test has another one take them.
    pub server: String,
    path: String,
    events: Response,
    unread: Vec<u8>,
    /// What names the connection in its POSTs.
    pub secret: String,
    posts: u64,
}

impl EventStream {
    /// Opens a connection of the device with this cookie; `path` is that of the WebSocket.
    /// Nothing where the server does not take it.
    pub async fn open(server: &str, path: &str, cookie: &str) -> Option<Self> {
        let client = Client::new();
        let asking = client.get(format!("http://{server}{path}/events"));
        let events = asking.header("cookie", cookie).send().await.ok()?;
        if events.status() != StatusCode::OK {
            return None;
        }
        let mut stream = Self {
            client,
            server: server.to_owned(),
            path: path.to_owned(),
            events,
            unread: Vec::new(),
            secret: String::new(),
            posts: 0,
        };
        let (_, opened) = stream.event().await?;
        let opened: Value = serde_json::from_str(&opened).expect("the server writes JSON");
        opened["connection"]
            .as_str()?
            .clone_into(&mut stream.secret);
        Some(stream)
    }

    /// Posts one frame. Anything but 204 means that the connection is gone.
    pub async fn send(&mut self, frame: Bundled<'_>) -> Option<StatusCode> {
        self.post(write_bundle(&[frame])).await
    }

    /// Posts a body, good or not, as the next.
    pub async fn post(&mut self, body: Vec<u8>) -> Option<StatusCode> {
        self.posts += 1;
        let posting = self
            .client
            .post(format!("http://{}{}/messages", self.server, self.path))
            .header("origin", format!("http://{}", self.server))
            .header("hartslag-connection", &self.secret)
            .header("hartslag-post", self.posts)
            .body(body);
        Some(posting.send().await.ok()?.status())
    }

    /// The next frame, or the close; nothing where the stream broke. Nothing is lost where the
    /// waiting is given up.
    pub async fn next(&mut self) -> Option<Message> {
        let (name, data) = self.event().await?;
        Some(match name.as_str() {
            "frame" => Message::Binary(STANDARD.decode(data).expect("it is base64").into()),
            "message" => Message::Text(data.into()),
            _ => {
                let closed: Value = serde_json::from_str(&data).expect("the server writes JSON");
                let code = closed["code"]
                    .as_u64()
                    .and_then(|code| u16::try_from(code).ok());
                Message::Close(Some(CloseFrame {
                    code: code.expect("a close has a code").into(),
                    reason: Utf8Bytes::default(),
                }))
            }
        })
    }

    async fn event(&mut self) -> Option<(String, String)> {
        loop {
            while let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.unread.drain(..end + 2).collect();
                let event = String::from_utf8(event).expect("events are text");
                if let Some(event) = event.trim_end().strip_prefix("event: ")
                    && let Some((name, data)) = event.split_once("\ndata: ")
                {
                    return Some((name.to_owned(), data.to_owned()));
                }
            }
            let chunk = self.events.chunk().await.ok()??;
            self.unread.extend_from_slice(&chunk);
        }
    }
}

/// A WebSocket towards a member, events and POSTs towards the server: through it every member of
/// these tests can work as if no WebSocket reached the server.
#[derive(Debug)]
pub struct EventBridge {
    address: String,
    accepting: JoinHandle<()>,
}

impl EventBridge {
    /// A bridge to the server at an address.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, server.clone()));
            }
        });
        Self { address, accepting }
    }

    /// Where members connect.
    pub fn address(&self) -> String {
        self.address.clone()
    }
}

impl Drop for EventBridge {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Carries frames until either side ends; then the other side ends too.
async fn carry(stream: TcpStream, server: String) -> Option<()> {
    let (mut path, mut cookie) = (String::new(), String::new());
    #[expect(clippy::result_large_err, reason = "the library asks for it")]
    let shake = |request: &Request, mut answer: Handshake| {
        request.uri().path().clone_into(&mut path);
        let brought = request.headers().get("cookie");
        let brought = brought.and_then(|cookie| cookie.to_str().ok());
        brought.unwrap_or_default().clone_into(&mut cookie);
        let protocol = SUBPROTOCOL.parse().expect("a name");
        answer
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        Ok(answer)
    };
    let mut socket = accept_hdr_async(stream, shake).await.ok()?;
    let mut events = EventStream::open(&server, &path, &cookie).await?;
    loop {
        tokio::select! {
            message = socket.next() => {
                let status = match message?.ok()? {
                    Message::Binary(bytes) => events.send(Bundled::Binary(&bytes)).await?,
                    Message::Text(text) => events.send(Bundled::Text(&text)).await?,
                    _ => continue,
                };
                if status != StatusCode::NO_CONTENT {
                    // The reason stands at the end of the stream, if there is one.
                    while let Some(message) = events.next().await {
                        socket.send(message).await.ok()?;
                    }
                    return None;
                }
            }
            message = events.next() => socket.send(message?).await.ok()?,
        }
    }
}
