//! Connections on which nothing happens.

use std::time::Duration;

use crate::crowd::Crowd;
use crate::figures::{Figures, float};
use crate::peer::{Kind, Peer};

const ROOMS: usize = 20;
const PEOPLE: usize = 100;
/// Connected before the first look at memory, so that rooms and pools are paid for.
const BEFORE: usize = 10;
/// For what joining left behind to be given back.
const REST: Duration = Duration::from_secs(3);

pub(super) async fn measure(kind: Kind) -> Result<Figures, String> {
    let peer = Peer::start(kind).await?;
    let crowd = Crowd::absent(&peer, ROOMS, PEOPLE).await?;
    let before = crowd.seat_places(0..BEFORE).await?;
    tokio::time::sleep(REST).await;
    let memory_before = peer.resident_mebibytes();
    let after = crowd.seat_places(BEFORE..PEOPLE).await?;
    tokio::time::sleep(REST).await;
    let memory = peer.resident_mebibytes();
    let each = (memory - memory_before) * 1024.0 / float(after.len() as u64);
    for client in before.iter().chain(&after) {
        client.leave();
    }
    Ok(Figures::default()
        .with("KiB each", each)
        .with("server MiB", memory))
}
