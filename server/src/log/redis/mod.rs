//! The store on Redis: a stream and scripts per room.
