//! Moments as the API writes them.

use jiff::Timestamp;

use crate::log::Milliseconds;

/// The moment in UTC, as RFC 3339 has it.
pub(super) fn timestamp(at: Milliseconds) -> Timestamp {
    i64::try_from(at)
        .ok()
        .and_then(|at| Timestamp::from_millisecond(at).ok())
        .unwrap_or(Timestamp::MAX)
}
