//! The rules of Hartslag, as plain code: no I/O, no async, no clock.
//!
//! * [`wire`]: the bytes and messages between client and server, read with bounds
//! * [`gate`]: what stands before the document: reads every update strictly, admits or refuses it
//! * [`board`]: what the shared document holds, the exchange format, and the heartbeat
//! * [`fields`]: what each field of a board may hold at most
//! * [`workshop`]: participants, rounds and responses, as a fold over events
//! * [`limits`]: every limit, with its name and its value
//! * [`ids`][]: identifiers
//! * [`problem`]: errors as the HTTP API tells them (RFC 9457)
//!
//! The gate does not know yrs; only [`board`] does.

pub mod board;
pub mod fields;
pub mod gate;
pub mod ids;
pub mod limits;
pub mod problem;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod wire;
pub mod workshop;
