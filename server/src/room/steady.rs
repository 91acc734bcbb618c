//! Time that never goes back.

use crate::log::Milliseconds;

/// Time as a room counts it: when the machine's clock is set back, it goes on from where it was.
/// Else everything that the room waits for would wait for as long as the clock was set back.
#[derive(Debug)]
pub(super) struct Steady {
    latest: Milliseconds,
    /// How far it is ahead of the machine's clock.
    ahead: Milliseconds,
}

impl From<Milliseconds> for Steady {
    fn from(now: Milliseconds) -> Self {
        Self {
            latest: now,
            ahead: 0,
        }
    }
}

impl Steady {
    /// The time, when the machine's clock says this.
    pub(super) fn take(&mut self, told: Milliseconds) -> Milliseconds {
        let here = told.saturating_add(self.ahead);
        self.ahead += self.latest.saturating_sub(here);
        self.latest = self.latest.max(here);
        self.latest
    }

    /// What the machine's clock says at this time.
    pub(super) fn told(&self, at: Milliseconds) -> Milliseconds {
        at.saturating_sub(self.ahead)
    }
}
