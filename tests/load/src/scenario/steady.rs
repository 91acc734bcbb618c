//! Edits at a steady rate: what each delivery costs.

use std::time::{Duration, Instant};

use super::{WARM_UP, WINDOW};
use crate::crowd::Crowd;
use crate::figures::{Figures, float};
use crate::histogram::millis;
use crate::machine::CpuClock;
use crate::peer::{Kind, Peer};

/// What is asked of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) rooms: usize,
    /// People in each.
    pub(super) people: usize,
    /// Over all rooms.
    pub(super) edits_per_second: u32,
    /// On the board of each room before it begins.
    pub(super) notes: usize,
}

pub(super) async fn measure(
    kind: Kind,
    load: &Load,
    repeat: usize,
) -> Result<Vec<Figures>, String> {
    let peer = Peer::start(kind).await?;
    let crowd = Crowd::gather(&peer, load.rooms, load.people).await?;
    crowd.fill(load.notes).await?;
    crowd.write(load.edits_per_second, WARM_UP).await?;
    let mut runs = Vec::new();
    for _ in 0..repeat {
        runs.push(window(&peer, &crowd, load.edits_per_second, WINDOW).await?);
    }
    Ok(runs)
}

/// What one stretch of time showed.
pub(super) async fn window(
    peer: &Peer,
    crowd: &Crowd,
    edits_per_second: u32,
    duration: Duration,
) -> Result<Figures, String> {
    crowd.reset();
    let delivered_before = crowd.tally.borrow().delivered;
    let clock = peer.clock();
    let own = CpuClock::start(std::process::id());
    let start = Instant::now();
    crowd.write(edits_per_second, duration).await?;
    let elapsed = start.elapsed().as_secs_f64();
    let together = clock.passed();
    let without_redis = clock.passed_without_redis();
    let tally = crowd.tally.borrow();
    let delivered = float(tally.delivered - delivered_before);
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / delivered;
    Ok(Figures::default()
        .with("CPU µs per delivered edit", micros(together))
        .with("without redis-server", without_redis.map(micros))
        .with("p50 ms", millis(&tally.latency, 50))
        .with("p99 ms", millis(&tally.latency, 99))
        .with("durable p50 ms", millis(&tally.acknowledgement, 50))
        .with("durable p99 ms", millis(&tally.acknowledgement, 99))
        .with("delivered/s", delivered / elapsed)
        .with("server MiB", peer.resident_mebibytes())
        .with(
            "load's core %",
            own.passed().as_secs_f64() / elapsed * 100.0,
        ))
}
