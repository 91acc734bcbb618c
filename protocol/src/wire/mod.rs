//! The bytes and messages between client and server, read with bounds.

pub mod awareness;
#[cfg(test)]
mod bindings;
pub mod bundle;
pub mod close;
pub mod frame;
pub mod message;
pub mod reader;
