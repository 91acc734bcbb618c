//! The people of a room and their rounds, as a fold over events.
//!
//! [`event`] says what can have happened and folds it into a [`Workshop`]; [`round`] holds the
//! rules of a round; [`response`] those of one person's answer; [`rights`] what a role is;
//! [`dismissals`] who was sent away; [`policy`] who may do what on the board; [`timer`] how long the group has.

pub mod dismissals;
pub mod event;
pub mod policy;
pub mod response;
pub mod rights;
pub mod round;
pub mod timer;

pub use dismissals::{Dismissal, Dismissals};
pub use event::{Workshop, WorkshopEvent};
pub use policy::{BoardMode, Denial, Writer};
pub use response::{Ballot, BallotFault};
pub use rights::Role;
pub use round::{Round, RoundResult, RoundStatus};
pub use timer::Timer;
