//! A room: the fold of its log, kept in memory by one task while people are in it.
//!
//! * [`registry`]: the rooms that are in memory, each loaded once
//! * [`handle`]: what connections and HTTP handlers say to a room
//! * [`people`]: the door, and who is sent away
//! * [`rounds`]: opening, closing and revealing rounds, and putting ballots
//! * [`task`]: the task that owns a room: [`orders`] in, [`effects`] out
//! * [`state`]: the rules: event in, effects out; no clock, no store, no sockets
//! * [`loading`]: a stored room, whatever is wrong with a part of it
//! * [`works`]: what it asks of its store meanwhile
//! * [`document`]: the board; the only file that holds a yrs document
//! * [`members`]: who is in it, and what each is told
//! * [`syncing`]: what members send, read and admitted
//! * [`rights`]: what a member may do now, or might until just now
//! * [`doubts`]: what seems to exceed rights, held until the log was read
//! * [`folding`]: what became durable, folded in
//! * [`turn`]: what was folded in within a turn, shown together
//! * [`foreseen`]: what was admitted before an entry of another node came first
//! * [`remembered`]: how far rooms were that left memory
//! * [`recovery`]: a log that came back with less than was acknowledged
//! * [`presence`]: who is here, and in which cell
//! * [`neighbours`]: who is here on other nodes, [`told`] by them
//! * [`appending`]: what waits to become durable
//! * [`effort`]: how much work people may cause
//! * [`tail`]: how much log came after the snapshot
//! * [`outbox`]: what a member has yet to be sent, bounded
//! * [`under_way`]: what all members of this node have yet to be sent, bounded together
//! * [`snapshot`]: the stored form of a whole room
//! * [`share`]: what it adds to counts over all rooms, and what is seen of it from there
//! * [`size`]: what it takes in memory

mod appending;
mod document;
mod doubts;
mod effects;
mod effort;
mod event;
mod folding;
mod foreseen;
pub mod handle;
mod loading;
mod members;
mod neighbours;
mod orders;
pub mod outbox;
mod paying;
mod people;
mod presence;
mod recovery;
pub mod registry;
mod remembered;
mod rights;
pub mod rounds;
mod share;
mod signatures;
#[cfg(test)]
mod simulation;
mod size;
pub mod snapshot;
mod state;
mod steady;
pub mod subscribers;
mod syncing;
mod tail;
mod task;
#[cfg(test)]
mod tests;
mod told;
mod turn;
mod under_way;
mod works;

pub use handle::{BoardVersion, Dialect, Member, Overview, RoomClosed, RoomHandle};
pub use people::{Attendance, LookError, Standing};
pub use registry::{OpenRoomError, Rooms, check_content};
pub(crate) use rounds::finish;
pub use rounds::{ChangeRoundError, NewRound, OpenRoundError, OwnBallot, PutBallotError};
pub use state::RestoreError;
