//! The bytes and messages between client and server, read with bounds.

#[cfg(test)]
mod bindings;
pub mod close;
pub mod message;
