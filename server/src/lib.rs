//! Serves collaborative klantreis boards.
//!
//! A browser opens a WebSocket to a room. Each room is one task that owns its document: what a
//! member sends is admitted, made durable, applied and only then shown.
//!
//! ```text
//! http ──► connection ──► room ──► log
//!   └──► access, export
//! ```
//!
//! An arrow says "may use". Nothing points back: `room` does not know HTTP, and `log` does not
//! know rooms.

pub mod access;
mod clock;
pub mod http;
pub mod connection;
pub mod log;
pub mod metrics;
pub mod room;

/// Build of this server; the web client of another build reloads.
pub const BUILD: &str = match option_env!("HARTSLAG_BUILD") {
    Some(build) => build,
    None => env!("CARGO_PKG_VERSION"),
};
