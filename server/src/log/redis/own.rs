//! What of all that Redis tells is this node's own.
//!
//! A room learns the numbers of what it appends by the answer, so to be told of them again would
//! only wake it, and so would its own words. Where nobody got the answer, a later load of the room
//! must hear of the entry like of any other: then this node takes another name, and the room is
//! asked for.

use std::collections::BTreeSet;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hartslag_protocol::ids::RoomId;
use tokio::sync::Notify;

/// A node among all, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name(u64);

impl Name {
    pub(super) const BYTES: usize = 8;

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        self.0.to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl FromStr for Name {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// The name under which this node appends and tells.
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

    pub(super) fn name(&self) -> Name {
        Name(self.name.load(Ordering::Acquire))
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
