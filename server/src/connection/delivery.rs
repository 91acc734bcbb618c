//! What a client is sent, whichever way it goes: what is queued, the difference for who fell
//! behind, and a sign of life.

use std::time::Duration;

use bytes::Bytes;
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::frame::EMPTY_AWARENESS;
use tokio::time::{Instant, sleep_until};

use crate::room::outbox::{Batch, Outgoing, Version};
use crate::room::{Member, RoomClosed};

/// A lonely client hears something at least this often (W9).
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Least time between two differences for a member that falls behind again and again: each may
/// encode much of the document.
const DIFFERENCE_PAUSE: Duration = Duration::from_millis(250);

/// What one client is sent, in the order in which it is asked for.
#[derive(Debug)]
pub(super) struct Delivery {
    keep_alive: Instant,
    next_difference: Instant,
    /// The member fell behind when it had this version, and was not sent the rest yet.
    behind: Option<Version>,
}

/// What to write now.
#[derive(Debug)]
pub(super) struct Parcel {
    /// In the form of the transport: goes before `frames`.
    pub(super) raw: Vec<u8>,
    /// In order.
    pub(super) frames: Vec<Outgoing>,
    /// Close after `frames`.
    pub(super) close: Option<CloseCode>,
}

impl Delivery {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            keep_alive: now + KEEP_ALIVE,
            next_difference: now,
            behind: None,
        }
    }

    /// Waits for what is next. To ask means that the parcel before it was written: only then
    /// does a member that fell behind get its difference. Nothing is lost where the waiting is
    /// given up.
    pub(super) async fn next(&mut self, member: &Member) -> Result<Parcel, RoomClosed> {
        if let Some(base) = self.behind {
            sleep_until(self.next_difference).await;
            member.caught_up(base).await?;
            self.behind = None;
            self.next_difference = Instant::now() + DIFFERENCE_PAUSE;
        }
        loop {
            tokio::select! {
                Batch { raw, frames, behind, close } = member.outbox().take() => {
                    if !frames.is_empty() {
                        self.keep_alive = Instant::now() + KEEP_ALIVE;
                    }
                    self.behind = behind;
                    return Ok(Parcel { raw, frames, close });
                }
                () = sleep_until(self.keep_alive) => {
                    self.keep_alive = Instant::now() + KEEP_ALIVE;
                    member.outbox().push_presence(Bytes::from_static(&EMPTY_AWARENESS));
                    member.outbox().send();
                }
            }
        }
    }
}
