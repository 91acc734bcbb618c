//! How fast a connection may send.

use std::time::{Duration, Instant};

use hartslag_protocol::limits::{AWARENESS_PER_SECOND, UPDATES_BURST, UPDATES_PER_SECOND};
use hartslag_protocol::wire::frame::Message;

/// What a question weighs against an update: answering it may encode the whole document, or
/// everyone's presence.
const QUESTION_WEIGHT: u32 = 50;

/// Pings and pongs at once: each is answered, or makes the server look. A browser answers one in
/// 20 s, and a program pings every some seconds.
const CONTROLS_BURST: u32 = 20;
/// The same, sustained.
const CONTROLS_PER_SECOND: u32 = 2;

/// A bucket of tokens that fills by itself.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    most: f64,
    per_second: f64,
    filled: Instant,
}

impl Bucket {
    fn new(most: u32, per_second: u32, now: Instant) -> Self {
        Self {
            tokens: f64::from(most),
            most: f64::from(most),
            per_second: f64::from(per_second),
            filled: now,
        }
    }

    /// Takes tokens and returns how long to wait until there were enough of them.
    fn take(&mut self, tokens: u32, now: Instant) -> Duration {
        self.fill(now);
        self.tokens -= f64::from(tokens);
        Duration::from_secs_f64((-self.tokens / self.per_second).max(0.0))
    }

    /// Takes one token if there is one.
    fn try_take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.most);
        self.filled = now;
    }
}

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Hand it in after this long. Nothing is lost: the socket is not read meanwhile.
    After(Duration),
    /// Leave it: presence that comes too often is renewed soon anyway.
    Drop,
}

/// The pace of one connection.
#[derive(Debug)]
pub(super) struct Pace {
    updates: Bucket,
    awareness: Bucket,
    controls: Bucket,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            updates: Bucket::new(UPDATES_BURST, UPDATES_PER_SECOND, now),
            awareness: Bucket::new(2 * AWARENESS_PER_SECOND, AWARENESS_PER_SECOND, now),
            controls: Bucket::new(CONTROLS_BURST, CONTROLS_PER_SECOND, now),
        }
    }

    /// How long a text message waits: it is an order like any other.
    pub(super) fn weigh_text(&mut self, now: Instant) -> Duration {
        self.updates.take(1, now)
    }

    /// How long the connection waits after a ping or pong.
    pub(super) fn weigh_control(&mut self, now: Instant) -> Duration {
        self.controls.take(1, now)
    }

    pub(super) fn weigh(&mut self, messages: &[Message<'_>], now: Instant) -> Verdict {
        let is_presence = |message: &&Message<'_>| matches!(message, Message::Awareness(_));
        let presence = messages.iter().filter(is_presence).count();
        if presence == messages.len() {
            let fits = messages.iter().all(|_| self.awareness.try_take(now));
            return if fits {
                Verdict::After(Duration::ZERO)
            } else {
                Verdict::Drop
            };
        }
        let weights = messages.iter().map(|message| match message {
            Message::SyncStep1(_) | Message::QueryAwareness => QUESTION_WEIGHT,
            _ => 1,
        });
        Verdict::After(self.updates.take(weights.sum(), now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPDATE: Message<'static> = Message::Update(&[]);
    const AWARENESS: Message<'static> = Message::Awareness(&[]);

    #[test]
    fn a_burst_passes_and_what_comes_on_top_waits() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..UPDATES_BURST {
            assert_eq!(pace.weigh(&[UPDATE], start), Verdict::After(Duration::ZERO));
        }

        let Verdict::After(wait) = pace.weigh(&[UPDATE], start) else {
            panic!("an update was dropped");
        };

        assert_eq!(wait, Duration::from_millis(10));
        let later = start + Duration::from_secs(1);
        assert_eq!(pace.weigh(&[UPDATE], later), Verdict::After(Duration::ZERO));
    }

    #[test]
    fn texts_and_updates_share_one_pace() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..UPDATES_BURST {
            assert_eq!(pace.weigh_text(start), Duration::ZERO);
        }

        assert_eq!(pace.weigh_text(start), Duration::from_millis(10));
        assert_ne!(pace.weigh(&[UPDATE], start), Verdict::After(Duration::ZERO));
    }

    #[test]
    fn pings_have_a_pace_of_their_own() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..CONTROLS_BURST {
            assert_eq!(pace.weigh_control(start), Duration::ZERO);
        }

        assert_eq!(pace.weigh_control(start), Duration::from_millis(500));
        assert_eq!(pace.weigh_control(start), Duration::from_secs(1));
        assert_eq!(pace.weigh_text(start), Duration::ZERO);
        let honest = (1..100).map(|minute| start + Duration::from_mins(minute));
        for now in honest {
            assert_eq!(pace.weigh_control(now), Duration::ZERO);
        }
    }

    #[test]
    fn presence_that_comes_too_often_is_left() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let verdicts: Vec<_> = (0..=2 * AWARENESS_PER_SECOND)
            .map(|_| pace.weigh(&[AWARENESS], start))
            .collect();

        assert_eq!(verdicts.last(), Some(&Verdict::Drop));
        let dropped = verdicts.iter().filter(|verdict| **verdict == Verdict::Drop);
        assert_eq!(dropped.count(), 1);
    }
}
