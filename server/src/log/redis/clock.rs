//! How far Redis's clock is ahead of this machine's: the clock that all nodes of it share.

use std::sync::atomic::{AtomicI64, Ordering};

use redis::aio::ConnectionLike;
use redis::{RedisResult, cmd};

use crate::clock::now;
use crate::log::Milliseconds;

/// Answers that took longer say too little: the error is at most half of it.
const LONGEST_TRIP: Milliseconds = 100;
/// Answers to ask for until one was quick.
const TRIES: usize = 3;

/// Measured every few seconds, so that a clock that is set does no harm for long.
#[derive(Debug, Default)]
pub(super) struct SharedClock {
    ahead: AtomicI64,
}

impl SharedClock {
    pub(super) fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    /// Asks Redis for its time; the quickest of some answers counts.
    pub(super) async fn measure(&self, connection: &mut impl ConnectionLike) -> RedisResult<()> {
        let mut best: Option<(Milliseconds, i64)> = None;
        for _ in 0..TRIES {
            let asked = now();
            let (seconds, micros): (u64, u64) = cmd("TIME").query_async(connection).await?;
            let answered = now();
            let trip = answered.saturating_sub(asked);
            let theirs = seconds.saturating_mul(1_000).saturating_add(micros / 1_000);
            let ahead = theirs.cast_signed() - (asked + trip / 2).cast_signed();
            if best.is_none_or(|(shortest, _)| trip < shortest) {
                best = Some((trip, ahead));
            }
            if trip <= LONGEST_TRIP {
                break;
            }
        }
        if let Some((_, ahead)) = best {
            self.ahead.store(ahead, Ordering::Relaxed);
        }
        Ok(())
    }
}
