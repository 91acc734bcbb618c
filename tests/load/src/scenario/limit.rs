//! The most that comes through in time.

use std::time::Duration;

use super::WARM_UP;
use super::steady::window;
use crate::crowd::Crowd;
use crate::figures::{Figures, float};
use crate::histogram::millis;
use crate::machine::CpuClock;
use crate::peer::{Kind, Peer};

const PEOPLE: usize = 100;
const STEP: Duration = Duration::from_secs(2);
const FIRST: u32 = 250;
/// Beyond this a connection writes more than our server lets it, and the load has no core left.
const LAST: u32 = 20_000;
const LATENCY_MILLIS: f64 = 100.0;

/// Raises the rate by a quarter at a time until edits are late, lost or refused.
pub(super) async fn measure(kind: Kind) -> Result<Figures, String> {
    let peer = Peer::start(kind).await?;
    let crowd = Crowd::gather(&peer, 1, PEOPLE).await?;
    crowd.write(FIRST, WARM_UP).await?;
    let mut rate = FIRST;
    let mut best = None;
    let mut is_again = false;
    while rate <= LAST {
        let own = CpuClock::start(std::process::id());
        let Ok(_) = window(&peer, &crowd, rate, STEP).await else {
            break;
        };
        let tally = crowd.tally.borrow();
        let p99 = millis(&tally.latency, 99).unwrap_or(f64::INFINITY);
        if p99 >= LATENCY_MILLIS {
            if is_again {
                break;
            }
            // One stall of the machine is not the server's limit.
            is_again = true;
            continue;
        }
        is_again = false;
        let load = own.passed().as_secs_f64() / STEP.as_secs_f64() * 100.0;
        let lag = millis(&tally.lag, 99);
        let delivered = f64::from(rate) * float(PEOPLE as u64 - 1);
        best = Some(
            Figures::default()
                .with("delivered/s", delivered)
                .with("p99 ms", p99)
                .with("load's core %", load)
                .with("load late by, p99 ms", lag),
        );
        drop(tally);
        rate += (rate / 4).max(1);
    }
    best.ok_or_else(|| "late at the first step".to_owned())
}
