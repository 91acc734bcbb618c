//! What the gate's tests and the attack in `protocol/fuzz` share.

mod chance;
pub mod craft;
mod room;
mod sessions;

pub use chance::Chance;
pub use room::{Room, apply, content, new_document};
pub use sessions::{SESSIONS, updates_of};
