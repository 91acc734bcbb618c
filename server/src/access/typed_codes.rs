//! Typed join codes, each let through or held up as the rules of guessing say.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::JoinCode;
use super::guessing::{Guessed, Guessing, Knock, Origin, Pass};
use super::lot::WaiterId;
use crate::log::Milliseconds;
use crate::network::Network;

/// How long someone waits for the lot: longer than that, people take it for broken.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Between two looks whether someone can be drawn, at least.
const PAUSE: Duration = Duration::from_millis(10);

/// What is typed on this node.
pub struct TypedCodes {
    desk: Mutex<Desk>,
    patience: Duration,
}

struct Desk {
    guessing: Guessing,
    /// Dropping one says no.
    calls: HashMap<WaiterId, oneshot::Sender<Pass>>,
}

/// A place in the lot, given up when who holds it goes.
struct Place<'a> {
    codes: &'a TypedCodes,
    network: Network,
    id: WaiterId,
}

impl Default for TypedCodes {
    fn default() -> Self {
        Self::patient(LONGEST_WAIT)
    }
}

impl TypedCodes {
    /// Lets people wait so long.
    pub fn patient(patience: Duration) -> Self {
        let desk = Desk {
            guessing: Guessing::seeded(rand::random()),
            calls: HashMap::new(),
        };
        Self {
            desk: Mutex::new(desk),
            patience,
        }
    }

    /// Waits until this code may be looked up.
    ///
    /// # Errors
    /// When to try again: others were drawn.
    pub(super) async fn turn(
        &self,
        from: Origin,
        code: &str,
        now: Milliseconds,
    ) -> Result<Pass, Duration> {
        let (place, call) = match self.knock(from, code, now) {
            Ok(pass) => return Ok(pass),
            Err(place) => place,
        };
        let called = self.called(&place, call, now).await;
        called.ok_or_else(|| self.desk().guessing.retry_after(from.network))
    }

    fn knock(
        &self,
        from: Origin,
        code: &str,
        now: Milliseconds,
    ) -> Result<Pass, (Place<'_>, oneshot::Receiver<Pass>)> {
        let mut desk = self.desk();
        let (id, gives_way) = match desk.guessing.knock(from, code, now) {
            Knock::Goes(pass) => return Ok(pass),
            Knock::Waits { id, gives_way } => (id, gives_way),
        };
        let (call, called) = oneshot::channel();
        desk.calls.insert(id, call);
        if let Some(gone) = gives_way {
            desk.calls.remove(&gone);
        }
        let place = Place {
            codes: self,
            network: from.network,
            id,
        };
        Err((place, called))
    }

    /// Waits for the call. Whoever waits draws, so that no task of its own has to.
    async fn called(
        &self,
        place: &Place<'_>,
        mut call: oneshot::Receiver<Pass>,
        now: Milliseconds,
    ) -> Option<Pass> {
        let began = Instant::now();
        loop {
            let waited = began.elapsed();
            let at = now.saturating_add(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX));
            let next = self.desk().draw(place.network, at);
            let left = self.patience.saturating_sub(waited);
            tokio::select! {
                biased;
                called = &mut call => return called.ok(),
                () = sleep(next.max(PAUSE).min(left)) => if left.is_zero() {
                    return None;
                },
            }
        }
    }

    /// The code is right, be it expired: those of the network who typed the same go on with it.
    pub(super) fn right(&self, network: Network, code: &JoinCode, pass: Pass, now: Milliseconds) {
        let mut desk = self.desk();
        let expires_at = code.expires_at;
        let followers = desk
            .guessing
            .right(network, &code.code, expires_at, pass, now);
        for id in followers {
            desk.call(id, Pass::Followed);
        }
    }

    /// The store did not answer.
    pub(super) fn unanswered(&self, network: Network, pass: Pass, now: Milliseconds) {
        self.desk().guessing.give_back(network, pass, now);
    }

    /// No room has the code.
    pub(super) fn wrong(&self, from: Origin, code: &str) {
        self.desk().guessing.wrong(from, code);
    }

    /// From here on, whoever types this code in this network goes on at once: someone came in
    /// there by its link, or a coach shows it there.
    pub fn know(&self, network: Network, code: &JoinCode) {
        self.desk()
            .guessing
            .know(network, &code.code, code.expires_at);
    }

    /// Where codes are guessed, as the coaches of a room with this code are told.
    pub fn guessed(&self, code: &JoinCode, now: Milliseconds) -> Vec<Guessed> {
        self.desk().guessing.guessed(&code.code, now)
    }

    /// Lets who types this code go on at once wherever codes are guessed.
    pub fn open(&self, code: &JoinCode) {
        self.desk().guessing.open(&code.code, code.expires_at);
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // A panic leaves at most a place that nobody holds, which the lot gives away.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Calls those who are drawn; how long until the next of the network can be.
    fn draw(&mut self, network: Network, now: Milliseconds) -> Duration {
        for id in self.guessing.draw(now) {
            self.call(id, Pass::Paid);
        }
        self.guessing.next_draw(network, now)
    }

    fn call(&mut self, id: WaiterId, pass: Pass) {
        if let Some(call) = self.calls.remove(&id) {
            // Who has gone meanwhile looks nothing up.
            let _ = call.send(pass);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut desk = self.codes.desk();
        desk.calls.remove(&self.id);
        desk.guessing.leave(self.network, self.id);
    }
}
