//! One budget of memory for rooms, those that load, and what is made of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::Busy;
use super::queue::PATIENCE;
use crate::metrics::{Metrics, reason};

/// What rooms and the work on them may take together.
pub const MEMORY_BYTES: usize = 300 << 20;
/// How often who waits looks for rooms that became idle.
const LOOK: Duration = Duration::from_secs(1);

/// The budget, and what is charged to it.
pub struct Memory {
    bytes: usize,
    charged: AtomicUsize,
    freed: Notify,
    /// How long somebody waits for room.
    patience: Duration,
    metrics: Arc<Metrics>,
}

/// What something takes; given back when dropped.
pub struct Charge {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Memory {
    pub(super) fn new(bytes: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            bytes,
            charged: AtomicUsize::new(0),
            freed: Notify::new(),
            patience: PATIENCE,
            metrics,
        }
    }

    /// Charges what is there already, whatever else is.
    pub fn charge(self: &Arc<Self>, bytes: usize) -> Charge {
        let mut charge = Charge {
            memory: Arc::clone(self),
            bytes: 0,
        };
        charge.resize(bytes);
        charge
    }

    /// Charges what is about to come, or tells how much it lacks. What fits nowhere comes when
    /// there is nothing else than `beside`.
    fn try_charge(self: &Arc<Self>, bytes: usize, beside: usize) -> Result<Charge, usize> {
        let fits = |charged: usize| {
            let sum = charged.saturating_add(bytes);
            (sum <= self.bytes || charged <= beside).then_some(sum)
        };
        let (set, seen) = (Ordering::AcqRel, Ordering::Acquire);
        match self.charged.fetch_update(set, seen, fits) {
            Ok(_) => {
                self.metrics.work_memory_bytes.inc_by(signed(bytes));
                let memory = Arc::clone(self);
                Ok(Charge { memory, bytes })
            }
            Err(charged) => Err(charged.saturating_add(bytes).saturating_sub(self.bytes)),
        }
    }

    /// Waits until there is room; `make_room` is told how much is lacking.
    pub async fn reserve(
        self: &Arc<Self>,
        bytes: usize,
        beside: usize,
        make_room: impl Fn(usize),
    ) -> Result<Charge, Busy> {
        let waiting = async {
            loop {
                let freed = self.freed.notified();
                tokio::pin!(freed);
                freed.as_mut().enable();
                match self.try_charge(bytes, beside) {
                    Ok(charge) => return charge,
                    Err(lacking) => make_room(lacking),
                }
                // Either way it looks again.
                let _ = timeout(LOOK, freed).await;
            }
        };
        timeout(self.patience, waiting).await.map_err(|_elapsed| {
            let refused = &self.metrics.work_refused;
            refused.get_or_create(&reason("memory")).inc();
            Busy::Memory
        })
    }
}

impl Charge {
    /// Charges what it takes by now.
    pub fn resize(&mut self, bytes: usize) {
        let Self {
            memory,
            bytes: charged,
        } = self;
        if bytes > *charged {
            let more = bytes - *charged;
            memory.charged.fetch_add(more, Ordering::AcqRel);
        } else if bytes < *charged {
            let less = *charged - bytes;
            memory.charged.fetch_sub(less, Ordering::AcqRel);
            memory.freed.notify_waiters();
        }
        let change = signed(bytes) - signed(*charged);
        memory.metrics.work_memory_bytes.inc_by(change);
        *charged = bytes;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.resize(0);
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn what_comes_waits_until_something_went() {
        let memory = Arc::new(Memory::new(100, Arc::default()));
        let first = memory.charge(80);
        let lacking = Cell::new(0);
        let mut second = Box::pin(memory.reserve(50, 0, |bytes| lacking.set(bytes)));
        assert!(futures_util::poll!(&mut second).is_pending());
        assert_eq!(lacking.get(), 30);

        drop(first);

        assert_eq!(second.await.unwrap().bytes, 50);
        assert_eq!(memory.metrics.work_memory_bytes.get(), 0);
    }

    #[tokio::test]
    async fn nobody_waits_for_room_for_ever() {
        let memory = Arc::new(Memory {
            patience: Duration::ZERO,
            ..Memory::new(100, Arc::default())
        });
        let room = memory.charge(100);
        assert_eq!(memory.reserve(1, 0, |_| {}).await.err(), Some(Busy::Memory));

        let refused = &memory.metrics.work_refused;
        assert_eq!(refused.get_or_create(&reason("memory")).get(), 1);
        drop(room);
        assert!(memory.reserve(1, 0, |_| {}).await.is_ok());
    }

    #[test]
    fn what_is_larger_than_the_budget_comes_alone() {
        let memory = Arc::new(Memory::new(100, Arc::default()));
        let mut room = memory.charge(10);
        assert_eq!(memory.try_charge(500, 0).err(), Some(410));

        assert!(memory.try_charge(500, 10).is_ok());
        room.resize(0);
        assert!(memory.try_charge(500, 0).is_ok());
    }

    #[test]
    fn what_is_inside_may_grow_over_the_budget() {
        let memory = Arc::new(Memory::new(100, Arc::default()));
        let mut room = memory.charge(90);

        room.resize(150);

        assert_eq!(memory.try_charge(1, 0).err(), Some(51));
        room.resize(20);
        assert!(memory.try_charge(80, 0).is_ok());
    }
}
