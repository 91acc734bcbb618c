//! One client's transport: carries frames between a socket and a room, and knows nothing of
//! what is in them but how many may come.

mod pace;
pub mod websocket;

#[cfg(test)]
mod tests;
