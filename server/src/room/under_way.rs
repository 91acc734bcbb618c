//! What is under way to all members of a node, over all rooms: one budget.
//!
//! A frame counts once, however many members it goes to, for as long as anyone holds it: queued,
//! taken, half written. Each outbox has bounds of its own, but many that nobody reads add up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::close::CloseCode;
use prometheus_client::metrics::gauge::Gauge;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::outbox::{Backlog, Outbox};
use crate::metrics::{Metrics, reason};

/// Bytes under way on a node. Over it, who reads slowest is let go first.
pub(super) const UNDER_WAY_BYTES: usize = 96 << 20;
/// Least time between two looks at all members: else each delivery would cost as much as there
/// are members, for as long as the budget is exceeded.
const PAUSE: Duration = Duration::from_millis(50);
/// What may come on top meanwhile: beyond it nobody waits for the next look.
const STEP_BYTES: usize = 4 << 20;
/// Who has less waiting is never let go: a slow phone.
const LITTLE_BYTES: usize = 64 << 10;
/// From this size on it is looked up whether others are sent the same frame.
const LARGE_BYTES: usize = 4 << 10;

/// Everyone who is sent something by this node, and how much is under way to them.
#[derive(Debug)]
pub(super) struct UnderWay {
    metrics: Arc<Metrics>,
    most: usize,
    members: Mutex<BTreeMap<ConnectionId, Weak<Outbox>>>,
    looks: Mutex<Looks>,
}

/// When all members are looked at.
#[derive(Debug, Default)]
struct Looks {
    /// The last one, and by how much the budget was exceeded then.
    last: Option<(Instant, usize)>,
    is_planned: bool,
}

/// Whether to look at all members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Now,
    /// At this moment, whether anything is delivered by then or not.
    At(Instant),
    /// Somebody does so soon.
    Planned,
}

impl Looks {
    fn next(&mut self, excess: usize, now: Instant) -> Look {
        if let Some((at, found)) = self.last
            && now < at + PAUSE
            && excess < found + STEP_BYTES
        {
            let is_planned = std::mem::replace(&mut self.is_planned, true);
            return if is_planned {
                Look::Planned
            } else {
                Look::At(at + PAUSE)
            };
        }
        self.last = Some((now, excess));
        Look::Now
    }
}

impl UnderWay {
    /// Nobody is sent anything yet. So many bytes may be under way.
    pub(super) fn within(most: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            most,
            members: Mutex::default(),
            looks: Mutex::default(),
        }
    }

    /// The outbox of a new member, which counts from here on.
    pub(super) fn open(&self, connection: ConnectionId) -> Arc<Outbox> {
        let outbox = Arc::new(Outbox::default());
        self.lock().insert(connection, Arc::downgrade(&outbox));
        outbox
    }

    /// A member is gone.
    pub(super) fn left(&self, connection: ConnectionId) {
        self.lock().remove(&connection);
    }

    /// Lets go of who reads slowest, as far as the budget is exceeded.
    pub(super) fn relieve(self: &Arc<Self>) {
        let Some(excess) = self.excess() else {
            return;
        };
        let now = Instant::now();
        match lock(&self.looks).next(excess, now) {
            Look::Now => self.let_go(excess, now),
            Look::At(due) => {
                let all = Arc::clone(self);
                tokio::spawn(async move {
                    sleep_until(due).await;
                    lock(&all.looks).is_planned = false;
                    all.relieve();
                });
            }
            Look::Planned => {}
        }
    }

    fn let_go(&self, mut excess: usize, now: Instant) {
        let members = self.lock();
        let members = members.iter();
        let mut row: Vec<_> = members
            .filter_map(|(&connection, outbox)| {
                let outbox = outbox.upgrade()?;
                let backlog = outbox.backlog(now);
                (weight(backlog) > 0).then_some((backlog, connection, outbox))
            })
            .collect();
        row.sort_by_key(|(backlog, ..)| std::cmp::Reverse(weight(*backlog)));
        for (backlog, connection, outbox) in row {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(backlog.bytes);
            if !backlog.is_let_go {
                warn!(
                    session.id = %connection,
                    "dropping session {connection}: {} bytes wait for it", backlog.bytes
                );
                outbox.drop_all();
                let code = reason(CloseCode::Behind.reason());
                self.metrics.closes.get_or_create(&code).inc();
            }
        }
    }

    fn excess(&self) -> Option<usize> {
        let bytes = usize::try_from(self.metrics.under_way_bytes.get()).unwrap_or(0);
        bytes.checked_sub(self.most).filter(|excess| *excess > 0)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, Weak<Outbox>>> {
        lock(&self.members)
    }
}

/// It is whole between any two statements: a panic elsewhere leaves it usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much a member is in the way: what waits, for how long it took nothing. Who was let go
/// comes first, as it is about to give back what it holds.
fn weight(backlog: Backlog) -> u128 {
    if backlog.is_let_go {
        u128::MAX
    } else if backlog.bytes < LITTLE_BYTES {
        0
    } else {
        backlog.bytes as u128 * backlog.stalled.as_millis()
    }
}

/// Frames of one room that are under way.
#[derive(Debug)]
pub(super) struct Frames {
    total: Gauge,
    /// Large ones: members that open the room at once are sent the same.
    large: Vec<Weak<Held>>,
}

impl Frames {
    pub(super) fn counted_in(metrics: &Metrics) -> Self {
        Self {
            total: metrics.under_way_bytes.clone(),
            large: Vec::new(),
        }
    }

    /// The same frame, which counts until the last one is gone that it was sent to.
    pub(super) fn hold(&mut self, frame: Bytes) -> Bytes {
        if frame.len() < LARGE_BYTES {
            return Bytes::from_owner(Held::of(frame, &self.total));
        }
        self.large.retain(|held| held.strong_count() > 0);
        let mut known = self.large.iter().filter_map(Weak::upgrade);
        let same =
            known.find(|held| held.0.as_ptr() == frame.as_ptr() && held.0.len() == frame.len());
        let held = same.unwrap_or_else(|| {
            let held = Arc::new(Held::of(frame, &self.total));
            self.large.push(Arc::downgrade(&held));
            held
        });
        Bytes::from_owner(Shared(held))
    }
}

/// Bytes that count while they are held.
#[derive(Debug)]
struct Held(Bytes, Gauge);

impl Held {
    fn of(frame: Bytes, total: &Gauge) -> Self {
        total.inc_by(size(&frame));
        Self(frame, total.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.1.dec_by(size(&self.0));
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

struct Shared(Arc<Held>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref().as_ref()
    }
}

fn size(frame: &Bytes) -> i64 {
    i64::try_from(frame.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;

    use super::*;

    const MEBIBYTE: usize = 1 << 20;

    fn under_way(metrics: &Metrics) -> i64 {
        metrics.under_way_bytes.get()
    }

    #[test]
    fn a_frame_counts_once_until_nobody_holds_it() {
        let metrics = Metrics::default();
        let mut frames = Frames::counted_in(&metrics);
        let (small, large) = (Bytes::from(vec![1; 10]), Bytes::from(vec![2; MEBIBYTE]));

        let broadcast = frames.hold(small);
        let copies = vec![broadcast; 100];
        let answers: Vec<_> = (0..100).map(|_| frames.hold(large.clone())).collect();
        let other = frames.hold(Bytes::from(vec![2; MEBIBYTE]));

        assert_eq!(answers[99], large);
        assert_eq!(under_way(&metrics), 10 + 2 * (1 << 20));
        drop((copies, answers));
        assert_eq!(under_way(&metrics), 1 << 20);
        drop(other);
        assert_eq!(under_way(&metrics), 0);
    }

    #[tokio::test]
    async fn over_the_budget_who_has_most_waiting_is_let_go_first_and_a_slow_phone_never() {
        let metrics = Arc::new(Metrics::default());
        let all = UnderWay::within(11 * MEBIBYTE, Arc::clone(&metrics));
        let mut frames = Frames::counted_in(&metrics);
        let mut members = Vec::new();
        for mebibytes in [0, 1, 2, 3, 4, 5, 6] {
            let outbox = all.open(ConnectionId::generate());
            let size = (mebibytes * MEBIBYTE).max(LITTLE_BYTES - 1);
            outbox.push_answer(frames.hold(Bytes::from(vec![1; size])));
            members.push((outbox.take().await, outbox));
        }
        let later = Instant::now() + Duration::from_mins(1);

        // What was let go counts until it is dropped.
        for _ in 0..2 {
            all.let_go(all.excess().unwrap(), later);
        }

        let gone: Vec<_> = members.iter().map(|(_, it)| is_let_go(it)).collect();
        assert_eq!(gone, [false, false, false, false, false, true, true]);
        members.truncate(5);
        assert!(all.excess().is_none());
    }

    #[test]
    fn who_takes_something_is_less_in_the_way_than_who_takes_nothing() {
        let after = |stalled| Backlog {
            bytes: MEBIBYTE,
            stalled: Duration::from_millis(stalled),
            is_let_go: false,
        };

        assert!(weight(after(200)) < weight(after(2_000)));
        assert_eq!(weight(after(0)), 0, "it has just begun");
    }

    #[test]
    fn many_deliveries_over_the_budget_look_at_all_members_once() {
        let mut looks = Looks::default();
        let now = Instant::now();

        let asked: Vec<_> = (0..1_000).map(|more| looks.next(1 + more, now)).collect();

        assert_eq!(asked[..2], [Look::Now, Look::At(now + PAUSE)]);
        assert!(asked[2..].iter().all(|look| *look == Look::Planned));
        assert_eq!(looks.next(1, now + PAUSE), Look::Now);
    }

    #[test]
    fn what_comes_on_top_between_two_looks_has_a_bound() {
        let mut looks = Looks::default();
        let now = Instant::now();
        let excess = (0..100).map(|step| 1 + step * STEP_BYTES / 4);

        let asked: Vec<_> = excess.map(|excess| looks.next(excess, now)).collect();

        let at_once = asked.iter().filter(|look| **look == Look::Now);
        assert_eq!(at_once.count(), 25);
    }

    #[tokio::test]
    async fn a_look_that_waits_needs_no_other_delivery() {
        let metrics = Arc::new(Metrics::default());
        let all = Arc::new(UnderWay::within(MEBIBYTE, Arc::clone(&metrics)));
        let mut frames = Frames::counted_in(&metrics);
        let outbox = all.open(ConnectionId::generate());
        outbox.push_answer(frames.hold(Bytes::from(vec![1; 2 * MEBIBYTE])));
        let taken = outbox.take().await;
        lock(&all.looks).last = Some((Instant::now(), MEBIBYTE));

        all.relieve();

        let gone = tokio::time::timeout(crate::PATIENCE, outbox.let_go()).await;
        assert!(gone.is_ok());
        drop(taken);
        assert!(all.excess().is_none());
    }

    fn is_let_go(outbox: &Outbox) -> bool {
        outbox.let_go().now_or_never().is_some()
    }

    #[test]
    fn within_the_budget_nobody_is_let_go() {
        let metrics = Arc::new(Metrics::default());
        let all = Arc::new(UnderWay::within(MEBIBYTE, Arc::clone(&metrics)));
        let outbox = all.open(ConnectionId::generate());
        outbox.push_answer(Frames::counted_in(&metrics).hold(Bytes::from(vec![1; MEBIBYTE])));

        all.relieve();

        assert!(!is_let_go(&outbox));
        drop(outbox);
        assert_eq!(under_way(&metrics), 0);
    }
}
