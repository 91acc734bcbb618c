//! Threads for heavy work, which stand back for those that serve people.
//!
//! The kernel gives them what the others leave, and a little more, so that work on one room costs
//! the people in others next to nothing where cores are few. There are few of these threads, as
//! the allocator keeps a store of its own for each that ever held much.

use std::num::NonZero;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tracing::warn;

/// How far those stand back that make, load and verify: they get a tenth of the share of a thread
/// that does not.
pub(super) const FAR: i32 = 10;
/// How far those do that change a large room, whose members wait for it: a third of that share.
pub(super) const NEAR: i32 = 5;
/// As many as there are cores, but two at least, so that small work is not kept behind large.
const LEAST: usize = 2;
const THREADS: usize = 4;

/// The threads, which begin with the first work.
pub struct Hands(Option<Runtime>);

impl Hands {
    pub(super) fn new(niceness: i32) -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        let runtime = Builder::new_current_thread()
            .thread_name("hartslag-work")
            .max_blocking_threads(cores.clamp(LEAST, THREADS))
            .on_thread_start(move || stand_back(niceness))
            .build();
        // It has no driver, and without one nothing is asked of the kernel.
        Self(Some(runtime.expect("a runtime without drivers is made")))
    }

    /// Does it when a thread is free. It goes on when nobody waits for it; a panic is the error.
    pub fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let runtime = self.0.as_ref().expect("it is there until dropped");
        runtime.spawn_blocking(work)
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Whoever drops it may be a task, which must not wait for what is under way.
            runtime.shutdown_background();
        }
    }
}

fn stand_back(niceness: i32) {
    // Linux takes the priority of one thread where it is asked for that of a process.
    if let Err(error) = rustix::process::setpriority_process(None, niceness) {
        warn!(%error, "heavy work does not stand back: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_stands_back_and_who_asked_does_not() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let own = priority();
        let hands = Hands::new(FAR);

        assert_eq!(hands.work(priority).await.unwrap(), FAR);

        assert_eq!(priority(), own);
    }
}
