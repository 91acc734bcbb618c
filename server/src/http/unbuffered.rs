//! What keeps proxies from holding a stream of events back (W20), whatever it is about; the
//! padding that comes first is the stream's own.

use axum::http::{HeaderName, header};

/// Proxies that compress or cache hold events back.
pub(super) const UNBUFFERED: [(HeaderName, &str); 2] = [
    (header::CACHE_CONTROL, "no-store, no-transform"),
    (HeaderName::from_static("x-accel-buffering"), "no"),
];
