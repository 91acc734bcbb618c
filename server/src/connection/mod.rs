//! One client's transport: carries frames between a client and a room, and knows nothing of
//! what is in them but how many may come.
//!
//! * [`websocket`]: over a WebSocket
//! * [`mod@line`]: the socket below it
//! * [`event_stream`]: over server-sent events and POST, where a proxy lets no WebSocket through
//! * [`events`]: the form of its events
//! * [`intake`]: what a client sends, whichever way it comes
//! * [`delivery`]: what a client is sent, whichever way it goes
//! * [`pace`]: how fast a client may send

mod delivery;
pub mod event_stream;
pub(crate) mod events;
mod intake;
mod line;
mod pace;
pub mod websocket;

#[cfg(test)]
mod tests;
