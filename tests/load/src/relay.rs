//! The yardstick: a plain relay on the framework that the product uses.
//!
//! It hands every message to the others in the room and knows nothing of documents, logs or
//! people. Each message is one write; `batching` joins what has gathered for a member into one.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, Sender, error::RecvError};

/// Messages that a member may be behind.
const QUEUE: usize = 1_024;
/// As in the product: the default costs 128 KiB per connection.
const READ_BUFFER_BYTES: usize = 4 << 10;

type Rooms = Arc<Mutex<HashMap<String, Sender<(u64, Bytes)>>>>;

#[derive(Clone)]
struct Relay {
    rooms: Rooms,
    batching: bool,
}

/// Serves until the process ends.
pub async fn serve(listen: SocketAddr, batching: bool) -> std::io::Result<()> {
    let relay = Relay {
        rooms: Rooms::default(),
        batching,
    };
    let router = Router::new()
        .route("/{room}", get(accept))
        .with_state(relay);
    let listener = TcpListener::bind(listen).await?.tap_io(|stream| {
        // Without it messages only come later; it is no reason to refuse the connection.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}

async fn accept(
    upgrade: WebSocketUpgrade,
    Path(room): Path<String>,
    State(relay): State<Relay>,
) -> Response {
    let sender = {
        let mut rooms = relay.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let room = rooms.entry(room);
        room.or_insert_with(|| broadcast::channel(QUEUE).0).clone()
    };
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .on_upgrade(move |socket| carry(socket, sender, relay.batching))
}

async fn carry(socket: WebSocket, room: Sender<(u64, Bytes)>, batching: bool) {
    let (mut sink, mut stream) = socket.split();
    let mut messages = room.subscribe();
    // Unique per connection, because each holds its receiver's place.
    let own = next_connection();
    let writing = async {
        loop {
            match messages.recv().await {
                Ok((from, bytes)) if from != own => sink.feed(Message::Binary(bytes)).await?,
                Ok(_) => continue,
                // A plain relay drops who falls behind.
                Err(RecvError::Lagged(_) | RecvError::Closed) => return Ok(()),
            }
            while batching && let Ok((from, bytes)) = messages.try_recv() {
                if from != own {
                    sink.feed(Message::Binary(bytes)).await?;
                }
            }
            sink.flush().await?;
        }
    };
    let reading = async {
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Binary(bytes) = message {
                // Nobody else is there.
                let _ = room.send((own, bytes));
            }
        }
    };
    let writing = async {
        let written: Result<(), axum::Error> = writing.await;
        drop(written);
    };
    tokio::select! { () = writing => {} () = reading => {} }
}

fn next_connection() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};

    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
