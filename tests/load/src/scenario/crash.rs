//! A power cut while people write: what was acknowledged must be there afterwards.

use std::time::Duration;

use crate::crowd::Crowd;
use crate::figures::{Figures, float};
use crate::peer::{Kind, Peer};

const PEOPLE: usize = 20;
const PER_SECOND: u32 = 500;
/// Acknowledged edits after which the server is killed, while more are under way.
const ACKNOWLEDGED: u64 = 1_000;
const LONG: Duration = Duration::from_secs(20);
const LAST_WORDS: Duration = Duration::from_millis(100);

pub(super) async fn measure(kind: Kind) -> Result<Figures, String> {
    let mut peer = Peer::start(kind).await?;
    let crowd = Crowd::gather(&peer, 1, PEOPLE).await?;
    let killed = async {
        while crowd.tally.borrow().acknowledged < ACKNOWLEDGED {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        () = killed => {}
        ended = crowd.write(PER_SECOND, LONG) => {
            return ended.and(Err("too few edits were acknowledged".to_owned()));
        }
    }
    peer.crash();
    // What the server still said counts.
    tokio::time::sleep(LAST_WORDS).await;
    crowd.leave();
    peer.come_back().await?;
    let acknowledged = crowd.tally.borrow().acknowledged;
    let lost = crowd.lost_after_return().await?;
    Ok(Figures::default()
        .with("acknowledged edits lost", float(lost))
        .with("acknowledged", float(acknowledged)))
}
