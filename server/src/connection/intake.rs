//! What a client sends, whichever way it comes: how large, how soon and how fast.

use std::time::{Duration, Instant};

use bytes::Bytes;
use hartslag_protocol::limits::{FIRST_STEP2_BYTES, FRAME_BYTES, TEXT_FRAME_BYTES};
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::frame::{Message, read_frame};
use tokio::time::sleep;

use super::pace::{Pace, Verdict};
use crate::room::{Dialect, Member};

/// Type numbers and a length around the largest payload.
const ENVELOPE_BYTES: usize = 64;
/// Largest frame that a transport has to let through, but for the first large one.
pub(super) const USUAL_FRAME_BYTES: usize = FRAME_BYTES + ENVELOPE_BYTES;
/// Largest frame that a transport ever has to let through.
pub(super) const LARGEST_FRAME_BYTES: usize = FIRST_STEP2_BYTES + ENVELOPE_BYTES;
/// A client that says nothing about where it stands holds a place for nothing.
const FIRST_STEP1: Duration = Duration::from_secs(10);

/// What one connection may still send.
#[derive(Debug)]
pub(super) struct Intake {
    started: Instant,
    pace: Pace,
    has_greeted: bool,
    may_be_large: bool,
}

impl Intake {
    pub(super) fn new(dialect: Dialect) -> Self {
        let started = Instant::now();
        Self {
            started,
            pace: Pace::new(started),
            has_greeted: dialect == Dialect::Hartslag,
            may_be_large: true,
        }
    }

    /// How long the client may say nothing, when it may be silent for `silence` in general.
    pub(super) fn patience(&self, silence: Duration) -> Duration {
        if self.has_greeted {
            silence
        } else {
            FIRST_STEP1.saturating_sub(self.started.elapsed())
        }
    }

    /// What a silence of [`Self::patience`] means: it is gone (`Ok`) or must go (`Err`).
    pub(super) fn after_silence(&self) -> Result<(), CloseCode> {
        if self.has_greeted {
            Ok(())
        } else {
            Err(CloseCode::Behind)
        }
    }

    /// Whether a frame may still be as large as work done offline.
    pub(super) fn may_be_large(&self) -> bool {
        self.may_be_large
    }

    /// Hands a binary frame to the room, at the pace of the connection.
    pub(super) async fn binary(&mut self, frame: Bytes, member: &Member) -> Result<(), CloseCode> {
        let is_large = frame.len() > USUAL_FRAME_BYTES;
        if is_large && !std::mem::take(&mut self.may_be_large) {
            return Err(CloseCode::TooLarge);
        }
        let messages = read_frame(&frame).map_err(|_malformed| CloseCode::Malformed)?;
        let is_greeting = |message: &Message<'_>| matches!(message, Message::SyncStep1(_));
        let greets = messages.iter().any(is_greeting);
        match self.pace.weigh(&messages, Instant::now()) {
            Verdict::Drop => {
                member.count_dropped_presence();
                return Ok(());
            }
            Verdict::After(Duration::ZERO) => {}
            Verdict::After(wait) => sleep(wait).await,
        }
        drop(messages);
        let handed_in = member.frame(frame).await;
        handed_in.map_err(|_closed| CloseCode::Unavailable)?;
        self.has_greeted |= greets;
        Ok(())
    }

    /// Waits after a ping or pong, at the pace of the connection: nothing is read meanwhile.
    pub(super) async fn control(&mut self) {
        let wait = self.pace.weigh_control(Instant::now());
        if !wait.is_zero() {
            sleep(wait).await;
        }
    }

    /// Hands a text frame to the room, at the pace of the connection.
    pub(super) async fn text(&mut self, text: String, member: &Member) -> Result<(), CloseCode> {
        if text.len() > TEXT_FRAME_BYTES {
            return Err(CloseCode::TooLarge);
        }
        sleep(self.pace.weigh_text(Instant::now())).await;
        let handed_in = member.text(text).await;
        handed_in.map_err(|_closed| CloseCode::Unavailable)
    }
}
