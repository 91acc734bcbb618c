//! Tells nodes what need not be kept, without anyone waiting for it.

use bytes::Bytes;
use hartslag_protocol::ids::RoomId;
use redis::aio::ConnectionManager;
use redis::{RedisResult, pipe};
use tokio::sync::mpsc;

use super::keys;

/// Messages that wait while Redis does not answer; what comes on top of that is lost.
const WAITING: usize = 256;

/// Messages that go out together.
const TOGETHER: usize = 32;

#[derive(Debug)]
pub(super) struct Teller {
    messages: mpsc::Sender<(RoomId, Bytes)>,
}

impl Teller {
    /// Starts the task that sends, which ends with the store.
    pub(super) fn start(connection: ConnectionManager) -> Self {
        let (messages, queue) = mpsc::channel(WAITING);
        tokio::spawn(send(connection, queue));
        Self { messages }
    }

    pub(super) fn tell(&self, room: RoomId, bytes: Bytes) {
        // Whoever tells something tells it again later.
        let _ = self.messages.try_send((room, bytes));
    }
}

async fn send(mut connection: ConnectionManager, mut queue: mpsc::Receiver<(RoomId, Bytes)>) {
    let mut ready = Vec::new();
    while queue.recv_many(&mut ready, TOGETHER).await > 0 {
        let mut messages = pipe();
        for (room, bytes) in ready.drain(..) {
            messages.publish(keys::told(room), bytes.as_ref()).ignore();
        }
        // One that failed is not told again: it would be old by then.
        let _: RedisResult<()> = messages.query_async(&mut connection).await;
    }
}
