//! Work that costs more than the request that asks for it: so much at a time, in fair order,
//! within one budget of memory.
//!
//! * [`seats`]: who is next; rules without a clock
//! * [`queue`]: waiting for a seat
//! * [`hands`]: the threads that do it
//! * [`jobs`]: one piece of work for all who ask for the same
//! * [`kept`]: what was made, while it fits
//! * [`memory`]: what rooms and work take together

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics::Metrics;

pub mod hands;
pub mod jobs;
pub mod kept;
pub mod memory;
pub mod queue;
pub mod seats;

use hands::Hands;
use kept::KEPT_BYTES;
use memory::{Charge, MEMORY_BYTES, Memory};
use queue::Queue;

/// Snapshots that are verified at a time; a large one is verified alone. Each is a second copy of
/// its room for as long as that takes.
const VERIFICATIONS: u32 = 2;

/// Why work is not done: try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    /// The person has as much waiting as anyone may.
    #[error("you asked for this too often at once: wait for the first answer")]
    Person,
    /// Others come first, and nobody waits for ever.
    #[error("others come first")]
    Crowded,
    /// What is in memory leaves no room for it.
    #[error("the memory is full")]
    Memory,
    /// It panicked.
    #[error("the work ended early")]
    Failed,
}

/// What the process shares out among all who make it work.
pub struct Work {
    /// For rooms that come into memory.
    pub loading: Arc<Queue>,
    /// For what is made of boards, and boards that are made.
    pub making: Arc<Queue>,
    /// What all of it takes.
    pub memory: Arc<Memory>,
    /// What does it.
    pub hands: Hands,
    /// What changes large rooms, and looks at them.
    pub room_hands: Hands,
    verifications: Arc<Semaphore>,
}

impl Work {
    /// Nothing is under way.
    pub fn new(metrics: &Arc<Metrics>) -> Self {
        Self::within(metrics, MEMORY_BYTES - KEPT_BYTES)
    }

    /// The same, within so much memory.
    pub fn within(metrics: &Arc<Metrics>, bytes: usize) -> Self {
        Self {
            loading: Arc::new(Queue::new(Arc::clone(metrics))),
            making: Arc::new(Queue::new(Arc::clone(metrics))),
            memory: Arc::new(Memory::new(bytes, Arc::clone(metrics))),
            hands: Hands::new(hands::FAR),
            room_hands: Hands::new(hands::NEAR),
            verifications: Arc::new(Semaphore::new(VERIFICATIONS as usize)),
        }
    }

    /// Waits until a snapshot may be verified. A room saves what people did: it is charged for
    /// even where that goes over the budget, and others wait.
    pub(crate) async fn verification(
        &self,
        bytes: usize,
        is_large: bool,
    ) -> Option<(OwnedSemaphorePermit, Charge)> {
        let turns = if is_large { VERIFICATIONS } else { 1 };
        // Nobody closes it, so there is always a turn to come.
        let verifications = Arc::clone(&self.verifications);
        let turn = verifications.acquire_many_owned(turns).await.ok()?;
        Some((turn, self.memory.charge(bytes)))
    }
}
