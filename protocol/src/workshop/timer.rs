//! The timer of a workshop: an end, of which everyone is told what remains.
//!
//! Clocks of browsers, and of nodes, differ by minutes. So the end is by the one clock that all
//! nodes of a store share, and a client counts down from what remained when it heard.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Workshop;
use crate::limits::{TIMER_LONGEST, TIMER_OVER, TIMER_SHORTEST};

/// What is told of the timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Timer {
    /// Milliseconds until the time is over, 0 when it is; null when no timer is set (T2).
    #[cfg_attr(test, ts(type = "number | null"))]
    pub remaining_ms: Option<u64>,
}

impl Timer {
    /// What remains until an end, at a time by the same clock. One that is over for long is
    /// told no more, so that nobody finds last week's (T3).
    pub fn until(ends_at: Option<u64>, now: u64) -> Self {
        let over = u64::try_from(TIMER_OVER.as_millis()).unwrap_or(u64::MAX);
        let told = ends_at.filter(|ends_at| now < ends_at.saturating_add(over));
        Self {
            remaining_ms: told.map(|ends_at| ends_at.saturating_sub(now)),
        }
    }
}

/// Whether a timer may be set to this (T1).
pub fn may_last(span: Duration) -> bool {
    (TIMER_SHORTEST..=TIMER_LONGEST).contains(&span)
}

impl Workshop {
    /// The timer at a time, by the clock that all nodes share.
    pub fn timer(&self, now: u64) -> Timer {
        Timer::until(self.timer_ends_at, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t2_what_remains_is_never_less_than_nothing() {
        let remaining = |now| Timer::until(Some(10_000), now).remaining_ms;

        assert_eq!(remaining(4_000), Some(6_000));
        assert_eq!(remaining(10_000), Some(0));
        assert_eq!(remaining(11_000), Some(0));
        assert_eq!(Timer::until(None, 4_000).remaining_ms, None);
    }

    #[test]
    fn t3_a_timer_that_is_over_for_long_is_told_no_more() {
        let over = u64::try_from(TIMER_OVER.as_millis()).unwrap();

        assert_eq!(Timer::until(Some(5), 5 + over - 1).remaining_ms, Some(0));
        assert_eq!(Timer::until(Some(5), 5 + over).remaining_ms, None);
    }

    #[test]
    fn t1_a_timer_lasts_a_second_to_eight_hours() {
        assert!(may_last(Duration::from_secs(1)) && may_last(Duration::from_hours(8)));
        assert!(!may_last(Duration::ZERO) && !may_last(Duration::from_secs(8 * 3_600 + 1)));
    }
}
