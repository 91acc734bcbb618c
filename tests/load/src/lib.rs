//! The load tool and the benchmark: ours beside a plain relay and other servers, in one run, each
//! on the same core.

pub mod attack;
pub mod author;
pub mod client;
pub mod clocks;
pub mod crowd;
pub mod figures;
pub mod gate;
pub mod histogram;
pub mod machine;
pub mod peer;
pub mod product;
pub mod relay;
pub mod report;
pub mod room;
pub mod scenario;
pub mod socket;
