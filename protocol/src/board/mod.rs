//! What the shared document holds, the exchange format, and the heartbeat.
//!
//! * [`schema`], [`words`]: the names in a board document
//! * [`journey`]: the exchange format, read with bounds and validated
//! * [`writing`], [`reading`]: a journey into a document, a document as a typed [`reading::Board`]
//! * [`exporting`]: a board as a journey
//! * [`heartbeat`]: its numbers, its curve, and its twin in words
//! * [`svg`], [`table`]: a board as a drawing and as rows, for exports
//! * [`ordering`]: keys that put things in order and let others in between

#[cfg(test)]
mod editing_tests;
mod exporting;
#[cfg(test)]
pub(crate) mod golden;
pub mod heartbeat;
pub mod journey;
mod messages;
pub mod ordering;
mod plain;
pub mod reading;
#[cfg(test)]
mod samples;
pub mod schema;
pub mod svg;
pub mod table;
#[cfg(test)]
mod tests;
pub mod words;
pub mod writing;
