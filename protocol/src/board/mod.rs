//! What the shared document holds, the exchange format, and the heartbeat.
