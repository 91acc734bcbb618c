//! The product from outside: real server processes, a real Redis, real sockets.
//!
//! Nothing here sleeps for a guessed time; every wait is for something expected, and
//! [`PATIENCE`] bounds it.

pub mod clock;
pub mod crowd;
pub mod event_stream;
pub mod fault_proxy;
pub mod faulty_frames;
pub mod history;
pub mod member;
pub mod nodes;
pub mod process;
pub mod random;
pub mod redis;
pub mod server;
pub mod stored_log;

use std::future::Future;
use std::time::Duration;

/// How long a test waits for what it expects before it fails.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Whether tests of this store run: those of every one, unless `HARTSLAG_TEST_STORE` names one.
pub fn only_on(store: &str) -> bool {
    std::env::var("HARTSLAG_TEST_STORE").map_or(true, |named| named == store)
}

/// Waits for what is expected.
///
/// # Panics
/// When it does not come within [`PATIENCE`]; `what` says what was missed.
pub async fn within<T>(what: &str, expected: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, expected)
        .await
        .unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain for {what}"))
}

/// Asks again and again until the answer is there.
///
/// # Panics
/// When it does not come within [`PATIENCE`].
pub async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let asking = async {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    within(what, asking).await
}
