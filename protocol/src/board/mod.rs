//! What the shared document holds, the exchange format, and the heartbeat.
//!
//! * [`schema`], [`words`]: the names in a board document
//! * [`journey`]: the exchange format, read with bounds and validated
//! * [`writing`], [`reading`]: a journey into a document, a document as a typed [`reading::Board`]
//! * [`exporting`]: a board as a journey
//! * [`ordering`]: keys that put things in order and let others in between

mod exporting;
#[cfg(test)]
mod golden;
pub mod journey;
pub mod ordering;
mod plain;
pub mod reading;
#[cfg(test)]
mod samples;
pub mod schema;
#[cfg(test)]
mod tests;
pub mod words;
pub mod writing;
