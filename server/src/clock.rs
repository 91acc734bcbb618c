//! The one place that reads the wall clock; rules take `now` as a parameter.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::log::Milliseconds;

/// The time.
#[expect(
    clippy::disallowed_methods,
    reason = "an edge of the server reads the clock"
)]
pub(crate) fn now() -> Milliseconds {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(Milliseconds::MAX)
}
