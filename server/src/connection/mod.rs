//! One client's transport: carries frames between a client and a room, and knows nothing of
//! what is in them but how many may come.
//!
//! * [`websocket`]: over a WebSocket
//! * [`intake`]: what a client sends, whichever way it comes
//! * [`delivery`]: what a client is sent, whichever way it goes
//! * [`pace`]: how fast a client may send

mod delivery;
mod intake;
mod pace;
pub mod websocket;

#[cfg(test)]
mod tests;
