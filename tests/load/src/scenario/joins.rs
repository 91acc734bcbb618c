//! Coming to a large board: one by one, and all at once.

use std::rc::Rc;
use std::time::Instant;

use futures_util::future::try_join_all;

use crate::crowd::Crowd;
use crate::figures::{Figures, float};
use crate::histogram::{Histogram, millis};
use crate::machine::CpuClock;
use crate::peer::{Kind, Peer};

const NOTES: usize = 5_000;
const ONE_BY_ONE: usize = 40;
const AT_ONCE: usize = 200;

/// How long one person waits for the board.
pub(super) async fn one_by_one(kind: Kind) -> Result<Figures, String> {
    let peer = Peer::start(kind).await?;
    let crowd = Crowd::with_board(&peer, 1 + ONE_BY_ONE, NOTES).await?;
    let mut waited = Histogram::default();
    let server = peer.clock();
    for person in 1..=ONE_BY_ONE {
        let start = Instant::now();
        let client = crowd.seat(person).await?;
        waited.record(start.elapsed());
        client.leave();
    }
    Ok(Figures::default()
        .with("p50 ms", millis(&waited, 50))
        .with("p99 ms", millis(&waited, 99))
        .with(
            "CPU ms each",
            server.passed().as_secs_f64() * 1e3 / float(ONE_BY_ONE as u64),
        )
        .with(
            "board KiB",
            float(crowd.tally.borrow().largest_update) / 1024.0,
        )
        .with("server MiB", peer.resident_mebibytes()))
}

/// How long two hundred wait who come at the same moment.
pub(super) async fn storm(kind: Kind, repeat: usize) -> Result<Vec<Figures>, String> {
    let mut runs = Vec::new();
    let peer = Peer::start(kind).await?;
    for _ in 0..repeat {
        let crowd = Crowd::with_board(&peer, 1 + AT_ONCE, NOTES).await?;
        let server = peer.clock();
        let own = CpuClock::start(std::process::id());
        let start = Instant::now();
        let crowd = Rc::new(crowd);
        let clients = try_join_all((1..=AT_ONCE).map(|person| crowd.seat(person))).await?;
        let elapsed = start.elapsed().as_secs_f64();
        runs.push(
            Figures::default()
                .with("seconds", elapsed)
                .with("CPU s", server.passed().as_secs_f64())
                .with("server MiB", peer.resident_mebibytes())
                .with(
                    "load's core %",
                    own.passed().as_secs_f64() / elapsed * 100.0,
                ),
        );
        for client in clients {
            client.leave();
        }
    }
    Ok(runs)
}
