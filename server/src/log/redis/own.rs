//! Which of the entries that Redis tells of are this node's own.
//!
//! A room learns the numbers of what it appends by the answer, so to be told of them again would
//! only wake it. Where nobody got the answer, a later load of the room must hear of the entry
//! like of any other: then this node takes another name, and the room is asked for.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hartslag_protocol::ids::RoomId;
use tokio::sync::Notify;

/// The name under which this node appends.
#[derive(Debug)]
pub(super) struct Own {
    name: AtomicU64,
    /// Rooms in which an append ended without its answer.
    doubtful: Mutex<BTreeSet<RoomId>>,
    doubted: Notify,
}

impl Own {
    /// A name unlike that of any other node.
    pub(super) fn new() -> Self {
        Self {
            name: AtomicU64::new(rand::random()),
            doubtful: Mutex::default(),
            doubted: Notify::new(),
        }
    }

    pub(super) fn name(&self) -> u64 {
        self.name.load(Ordering::Acquire)
    }

    /// Begins an append, which is in doubt until it is [answered](Appending::answered).
    pub(super) fn append(&self, room: RoomId) -> Appending<'_> {
        Appending {
            own: Some(self),
            room,
        }
    }

    /// Waits until there are rooms in doubt, and takes them.
    pub(super) async fn doubtful(&self) -> BTreeSet<RoomId> {
        loop {
            let doubted = self.doubted.notified();
            let rooms = std::mem::take(&mut *self.rooms());
            if !rooms.is_empty() {
                return rooms;
            }
            doubted.await;
        }
    }

    fn doubt(&self, room: RoomId) {
        // What still comes under the name until here is told like another node's.
        self.name.fetch_add(1, Ordering::AcqRel);
        self.rooms().insert(room);
        self.doubted.notify_one();
    }

    fn rooms(&self) -> MutexGuard<'_, BTreeSet<RoomId>> {
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An append whose answer is not there.
#[derive(Debug)]
pub(super) struct Appending<'a> {
    own: Option<&'a Own>,
    room: RoomId,
}

impl Appending<'_> {
    /// The room has the numbers.
    pub(super) fn answered(mut self) {
        self.own = None;
    }
}

impl Drop for Appending<'_> {
    fn drop(&mut self) {
        if let Some(own) = self.own {
            own.doubt(self.room);
        }
    }
}
