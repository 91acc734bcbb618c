//! What somebody hostile has: the address of a server, and the links of a room.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;

use super::line::Line;
use crate::product::{Api, Created, Joined};

/// The network of the hostile.
const HOSTILE: &str = "10.66.0.9";
/// Of them, who come in at the same time.
pub(super) const AT_ONCE: usize = 32;

/// Where and how long to attack.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) address: String,
    pub(super) room: Created,
    /// The network of the honest.
    pub(super) honest: String,
    pub(super) until: Instant,
}

impl Scene {
    /// Whether there is time left.
    pub(super) fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    /// Ends when the time is over.
    pub(super) async fn is_over(&self) {
        tokio::time::sleep_until(self.until.into()).await;
    }

    /// The API, seen from the network of the hostile.
    pub(super) fn api(&self) -> Api {
        Api::of(&self.address).seen_from(HOSTILE)
    }

    /// The API, seen from the network of the honest.
    pub(super) fn api_beside_the_honest(&self) -> Api {
        Api::of(&self.address).seen_from(&self.honest)
    }

    /// Lets so many devices in by an invitation.
    pub(super) async fn devices(
        &self,
        invitation: &str,
        count: usize,
    ) -> Result<Vec<Joined>, String> {
        let api = self.api();
        let body = json!({ "invitation": invitation, "name": "Mallory" });
        let joining = (0..count).map(|_| api.join(&body));
        stream::iter(joining).buffered(AT_ONCE).try_collect().await
    }

    /// A connection of each of so many devices with the rights of participants.
    pub(super) async fn lines(&self, count: usize) -> Result<Vec<Line>, String> {
        self.lines_each(count, 1).await
    }

    /// So many connections of each of so many devices, one device after the other.
    pub(super) async fn lines_each(&self, count: usize, each: usize) -> Result<Vec<Line>, String> {
        let devices = self.devices(&self.room.participant, count).await?;
        let api = self.api();
        let seats = devices.iter().map(|device| api.seat(&self.room, device));
        let opening = seats
            .flat_map(|seat| std::iter::repeat_n(seat, each))
            .map(|seat| async move { Line::open(&seat).await });
        stream::iter(opening).buffered(AT_ONCE).try_collect().await
    }
}

/// A short pause of who must not use up the core that honest people share.
pub(super) async fn pause() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}
