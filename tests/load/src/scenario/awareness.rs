//! Cursors: who is here and where, many times a second.

use std::time::Instant;

use super::{WARM_UP, WINDOW};
use crate::crowd::Crowd;
use crate::figures::{Figures, float};
use crate::histogram::millis;
use crate::machine::CpuClock;
use crate::peer::{Kind, Peer};

const PEOPLE: usize = 50;
const PER_SECOND: u32 = 20 * 50;

pub(super) async fn measure(kind: Kind, repeat: usize) -> Result<Vec<Figures>, String> {
    let peer = Peer::start(kind).await?;
    let crowd = Crowd::gather(&peer, 1, PEOPLE).await?;
    crowd.move_cursors(PER_SECOND, WARM_UP).await?;
    let mut runs = Vec::new();
    for _ in 0..repeat {
        crowd.reset();
        let arrived_before = crowd.tally.borrow().presence_arrived;
        let server = peer.clock();
        let own = CpuClock::start(std::process::id());
        let start = Instant::now();
        crowd.move_cursors(PER_SECOND, WINDOW).await?;
        let elapsed = start.elapsed().as_secs_f64();
        let tally = crowd.tally.borrow();
        let arrived = float(tally.presence_arrived - arrived_before);
        let sent = f64::from(PER_SECOND) * WINDOW.as_secs_f64() * float(PEOPLE as u64 - 1);
        runs.push(
            Figures::default()
                .with("core %", server.passed().as_secs_f64() / elapsed * 100.0)
                .with("p50 ms", millis(&tally.latency, 50))
                .with("p99 ms", millis(&tally.latency, 99))
                .with("arrived %", arrived / sent * 100.0)
                .with(
                    "load's core %",
                    own.passed().as_secs_f64() / elapsed * 100.0,
                ),
        );
    }
    Ok(runs)
}
