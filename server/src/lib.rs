//! Serves live boards for customer journeys (klantreizen).
//!
//! A browser opens a connection to a room. Each room is one task that owns its document: what a
//! member sends is admitted, made durable, applied and only then shown.
//!
//! ```text
//! serving ──► http ──► connection ──► room ──► work ──► log
//!               └──► access, export
//! ```
//!
//! * [`http`]: routes and their errors; the only module that knows status codes
//! * [`connection`]: one client's connection; the only module that knows sockets
//! * [`room`]: the rules of a room, and the task that runs it
//! * [`work`]: what costs more than its request: bounded, in fair order, within one budget
//! * [`log`]: where rooms are kept, embedded or in Redis
//! * [`access`]: who may enter a room
//! * [`export`]: a board as files for other programs
//! * [`network`][]: which network someone comes from
//! * [`creation`], [`import`], [`samples`]: rooms, from nothing, files and samples
//! * [`backup`], [`restore`]: every room out of the store and back
//! * [`doctor`]: whether what the promises rest on holds
//! * [`config`], [`store`], [`telemetry`], [`metrics`]: how it is run, where rooms are kept, what
//!   is logged, what is counted
//!
//! An arrow says "may use". Nothing points back: `room` does not know HTTP, and `log` does not
//! know rooms.

pub mod access;
pub mod backup;
mod clock;
pub mod config;
pub mod connection;
pub mod creation;
mod disk;
pub mod doctor;
pub mod export;
pub mod http;
pub mod import;
pub mod links;
mod listening;
pub mod log;
pub mod metrics;
pub mod network;
pub mod restore;
pub mod room;
pub mod samples;
mod serving;
pub mod store;
pub mod telemetry;
pub mod work;

pub use serving::{ServeError, Server};

/// How long a test waits for what it expects: longer than anything takes on a busy machine, with
/// a disk that others write to.
#[cfg(test)]
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// Waits until something holds that happens in another task.
#[cfg(test)]
async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("what was waited for did not happen");
}
