//! A server with a room, and the honest people in it: what they notice of an attack.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::AbortHandle;

use super::line::Line;
use super::scene::Scene;
use crate::crowd::Crowd;
use crate::histogram::millis;
use crate::machine;
use crate::peer::{Kind, Peer};
use crate::product::{Api, Created};

/// How long the honest are watched, in calm and under attack.
pub(super) const WINDOW: Duration = Duration::from_secs(6);
/// Participants who write, beside the coach.
const PEOPLE: usize = 10;
/// Of all of them.
const EDITS_PER_SECOND: u32 = 33;
/// Between two who come in.
const ARRIVAL: Duration = Duration::from_millis(700);
/// After which somebody who is not in is taken to be shut out.
const SHUT_OUT: Duration = Duration::from_secs(15);
/// The network of honest people.
const HONEST: &str = "10.1.1.9";
/// What a server may take before it is ended: it has failed, and others use this machine too.
const MOST_BYTES: u64 = 3 << 29;
const GLANCE: Duration = Duration::from_millis(50);

/// What honest people noticed in a stretch of time.
#[derive(Debug)]
pub(super) struct Window {
    /// From an edit to its arrival with somebody else, in milliseconds.
    pub(super) p99: Option<f64>,
    /// The same of the coach's edits.
    pub(super) coach_p99: Option<f64>,
    /// The longest that somebody took to come in by a link, and by the code.
    pub(super) way_in: Result<Duration, String>,
    /// What must not happen to them.
    pub(super) fault: Option<String>,
}

pub(super) struct Ground {
    peer: Peer,
    door: Door,
    crowd: Crowd,
    watch: Watch,
}

impl Ground {
    /// A fresh server and a room in which everyone sits, with so many notes on its board.
    pub(super) async fn lay(kind: Kind, notes: usize) -> Result<Self, String> {
        let peer = Peer::start(kind).await?;
        let api = peer.api().seen_from(HONEST);
        let room = api.make_room(0).await?;
        let mut seats = Vec::new();
        for person in 0..=PEOPLE {
            let invitation = if person == 0 {
                &room.coach
            } else {
                &room.participant
            };
            let body = json!({ "invitation": invitation, "name": format!("P{person}") });
            seats.push(api.seat(&room, &api.join(&body).await?));
        }
        let crowd = Crowd::of(vec![seats]).sit_down().await?;
        crowd.fill(notes).await?;
        let watch = Watch::over(peer.process.id());
        let door = Door { api, room };
        Ok(Self {
            peer,
            door,
            crowd,
            watch,
        })
    }

    /// What the hostile side knows: all links.
    pub(super) fn scene(&self, lasts: Duration) -> Scene {
        Scene {
            address: self.peer.address(),
            room: self.door.room.clone(),
            honest: HONEST.to_owned(),
            until: Instant::now() + lasts,
        }
    }

    /// Everyone works, and some come in.
    pub(super) async fn window(&self) -> Window {
        self.crowd.reset();
        let arriving = tokio::task::spawn_local(self.door.clone().arrivals(WINDOW));
        let written = self.crowd.write(EDITS_PER_SECOND, WINDOW).await;
        let way_in = arriving.await.map_err(|error| error.to_string()).flatten();
        let tally = self.crowd.tally.borrow();
        Window {
            p99: millis(&tally.latency, 99),
            coach_p99: millis(&tally.first_author, 99),
            way_in,
            fault: written.err(),
        }
    }

    /// Lets somebody in by the link.
    pub(super) async fn let_in(&self) -> Result<Duration, String> {
        self.door.let_in(Way::Link).await
    }

    /// The same after the server was ended and came back.
    pub(super) async fn restart_and_let_in(&mut self) -> Result<Duration, String> {
        self.crowd.leave();
        self.peer.crash();
        self.peer.come_back().await?;
        self.watch = Watch::over(self.peer.process.id());
        self.let_in().await
    }

    /// The most memory that the server had.
    pub(super) fn peak_bytes(&self) -> u64 {
        self.watch.peak.get()
    }
}

/// The way in for people who were not there before.
#[derive(Clone)]
struct Door {
    api: Api,
    room: Created,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Link,
    Code,
}

impl Door {
    /// Lets somebody in now and then, by turns on either way; the longest that one took.
    async fn arrivals(self, lasts: Duration) -> Result<Duration, String> {
        let until = Instant::now() + lasts;
        let mut longest = Duration::ZERO;
        while Instant::now() < until {
            for way in [Way::Link, Way::Code] {
                longest = longest.max(self.let_in(way).await?);
                tokio::time::sleep(ARRIVAL).await;
            }
        }
        Ok(longest)
    }

    /// Somebody joins, opens the board and goes.
    async fn let_in(&self, way: Way) -> Result<Duration, String> {
        let start = Instant::now();
        let entered = tokio::time::timeout(SHUT_OUT, self.enter(way)).await;
        let entered = entered.map_err(|_elapsed| format!("nobody gets in by the {way:?}"))?;
        entered.map_err(|fault| format!("by the {way:?}: {fault}"))?;
        Ok(start.elapsed())
    }

    async fn enter(&self, way: Way) -> Result<(), String> {
        let body = match way {
            Way::Link => json!({ "invitation": self.room.participant, "name": "Nieuw" }),
            Way::Code => json!({ "code": self.room.code, "name": "Nieuw" }),
        };
        let joined = self.api.join(&body).await?;
        let seat = self.api.seat(&self.room, &joined);
        Line::open(&seat).await?.is_in().await
    }
}

/// Looks at a server's memory, and ends the server before it harms this machine.
struct Watch {
    peak: Rc<Cell<u64>>,
    watching: AbortHandle,
}

impl Watch {
    fn over(process: u32) -> Self {
        let peak = Rc::new(Cell::new(0));
        let seen = Rc::clone(&peak);
        let watching = tokio::task::spawn_local(async move {
            while let Some(bytes) = machine::peak_bytes(process) {
                seen.set(bytes);
                if bytes > MOST_BYTES {
                    machine::end(process);
                    return;
                }
                tokio::time::sleep(GLANCE).await;
            }
        });
        let watching = watching.abort_handle();
        Self { peak, watching }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}
