//! Three servers on one Redis, the clients of one room spread over them, and one thing after
//! another goes wrong.
//!
//! `HARTSLAG_LONG_OUTAGES` makes freezes and outages as long as the real ones are.

use std::time::{Duration, Instant};

use hartslag_tests::crowd::Crowd;
use hartslag_tests::fault_proxy::{Cut, Direction, FaultProxy};
use hartslag_tests::member::Member;
use hartslag_tests::nodes::Nodes;
use hartslag_tests::only_on;
use hartslag_tests::random::Random;
use hartslag_tests::server::TestServer;

use crate::judging::{judge, sound};

/// What a client of the crowd does in a second: a busy workshop, which leaves the machine room.
const PACE: Duration = Duration::from_millis(100);
/// How long a client may be without a node that answers, where to come in takes so long when
/// nothing is wrong: on a machine that is busy with more than this, a client finds a node by its
/// tries and not by the clock.
fn longest_absence(visit: Duration) -> Duration {
    Duration::from_secs(5).max(10 * visit)
}

/// A length that is cut short in everyday runs, and still outlasts every timeout that matters.
fn span(everyday: u64, whole: u64) -> Duration {
    let is_long = std::env::var_os("HARTSLAG_LONG_OUTAGES").is_some();
    Duration::from_secs(if is_long { whole } else { everyday })
}

/// Three nodes and a crowd that is spread over them.
struct Spread {
    nodes: Nodes,
    crowd: Crowd,
}

impl Spread {
    async fn start(seed: u64) -> Self {
        let mut random = Random::from_environment(seed);
        let nodes = Nodes::start(3).await;
        let addresses = nodes.addresses();
        let first = &nodes.node(0).server;
        let crowd = Crowd::gather(first, addresses, Some(PACE), &mut random).await;
        crowd.achieves(60).await;
        Self { nodes, crowd }
    }

    /// Lets the crowd work on for as long as a fault is to last.
    async fn work_for(&self, span: Duration) {
        let started = Instant::now();
        while started.elapsed() < span {
            self.crowd.achieves(5).await;
        }
    }

    /// Lets the crowd work on beside somebody who comes in again and again at a node with which
    /// nothing is wrong; the longest that this took.
    async fn achieves_beside_a_visitor(&self, more: usize, whole: usize) -> Duration {
        let server = &self.nodes.node(whole).server;
        let invitation = &self.crowd.room.invitations.observer;
        let visitor = server.join(invitation, "Bezoeker").await;
        let visits = async {
            let mut slowest = Duration::ZERO;
            let mut pause = tokio::time::interval(Duration::from_millis(200));
            for _ in 0..5 {
                pause.tick().await;
                let came = Instant::now();
                Member::connect(server, &visitor).await;
                slowest = slowest.max(came.elapsed());
            }
            slowest
        };
        tokio::join!(visits, self.crowd.achieves(more)).0
    }

    /// Nothing that was promised is lost, doubled or different anywhere: as the nodes have it in
    /// memory, and as they find it in the store.
    async fn must_be_sound(mut self, when: &str) {
        let (room, coach) = (self.crowd.room.clone(), self.crowd.coach.clone());
        let (mut members, history) = self.crowd.finish().await;
        let servers: Vec<&TestServer> = self.nodes.all().map(|node| &node.server).collect();
        let faults = judge(&servers, &room, &coach, &mut members, &history).await;
        sound(when, &faults);
        for number in 0..self.nodes.count() {
            self.nodes.node_mut(number).server.process.kill();
        }
        let last = &mut self.nodes.node_mut(1).server;
        last.start_again().await;
        let faults = judge(&[last], &room, &coach, &mut [], &history).await;
        sound(&format!("{when}, as stored"), &faults);
    }
}

#[tokio::test]
async fn replicas_on_three_nodes_converge_and_nothing_is_lost_or_doubled() {
    if only_on("redis") {
        let spread = Spread::start(41).await;

        spread.crowd.achieves(300).await;

        spread.must_be_sound("without a fault").await;
    }
}

#[tokio::test]
async fn clients_of_a_killed_node_are_elsewhere_within_five_seconds() {
    if only_on("redis") {
        let mut spread = Spread::start(42).await;

        spread.nodes.node_mut(1).server.process.kill();
        let visit = spread.achieves_beside_a_visitor(200, 0).await;

        let absence = spread.crowd.longest_absence();
        assert!(absence < longest_absence(visit), "{absence:?}, {visit:?}");
        spread.nodes.node_mut(1).server.start_again().await;
        spread.must_be_sound("after a node was killed").await;
    }
}

#[tokio::test]
async fn a_rolling_restart_under_load_loses_nothing() {
    if only_on("redis") {
        let mut spread = Spread::start(43).await;

        let mut visit = Duration::ZERO;
        for number in 0..3 {
            let server = &mut spread.nodes.node_mut(number).server;
            server.process.signal("TERM");
            server.has_ended().await;
            let next = (number + 1) % 3;
            visit = visit.max(spread.achieves_beside_a_visitor(30, next).await);
            let server = &mut spread.nodes.node_mut(number).server;
            server.start_again().await;
            spread.crowd.achieves(30).await;
        }

        let absence = spread.crowd.longest_absence();
        assert!(absence < longest_absence(visit), "{absence:?}, {visit:?}");
        spread.must_be_sound("after a rolling restart").await;
    }
}

/// Longer than what a node waits for Redis, and Redis's connections for a node.
#[tokio::test]
async fn a_frozen_node_that_wakes_harms_nothing() {
    if only_on("redis") {
        let spread = Spread::start(44).await;

        spread.nodes.node(1).server.process.signal("STOP");
        spread.work_for(span(12, 60)).await;
        spread.nodes.node(1).server.process.signal("CONT");
        spread.crowd.achieves(60).await;

        spread.must_be_sound("after a node was frozen").await;
    }
}

#[tokio::test]
async fn whatever_happens_between_a_node_and_redis_nothing_is_lost() {
    if only_on("redis") {
        let spread = Spread::start(45).await;
        let line = &spread.nodes.node(1).to_redis;

        for fault in FAULTS {
            fault(line);
            spread.work_for(Duration::from_secs(1)).await;
            line.heal();
            spread.crowd.achieves(10).await;
        }
        // Longer than an answer is waited for, so that the outcome of an append is unknown.
        for direction in [Direction::FromTarget, Direction::ToTarget] {
            line.lose(direction);
            spread.work_for(span(6, 12)).await;
            line.heal();
            spread.crowd.achieves(30).await;
        }

        spread
            .must_be_sound("after faults between a node and Redis")
            .await;
    }
}

#[tokio::test]
async fn whatever_happens_between_clients_and_a_node_nothing_is_lost() {
    if only_on("redis") {
        let spread = Spread::start(46).await;
        let line = &spread.nodes.node(1).to_clients;
        let half_open: [fn(&FaultProxy); 2] = [
            |line| line.lose(Direction::ToTarget),
            |line| line.lose(Direction::FromTarget),
        ];

        for fault in FAULTS.into_iter().chain(half_open) {
            fault(line);
            spread.work_for(Duration::from_secs(1)).await;
            line.heal();
            spread.crowd.achieves(10).await;
        }

        spread
            .must_be_sound("after faults between clients and a node")
            .await;
    }
}

/// What a network does, but for losing bytes.
const FAULTS: [fn(&FaultProxy); 7] = [
    |line| line.cut(Cut::Reset),
    |line| line.cut(Cut::Finish),
    |line| line.delay(Duration::from_millis(200)),
    |line| line.split(7),
    |line| line.throttle(20_000),
    FaultProxy::pause,
    FaultProxy::refuse,
];

#[tokio::test]
async fn redis_gone_for_long_loses_nothing() {
    if only_on("redis") {
        let mut spread = Spread::start(47).await;

        spread.nodes.redis.kill();
        outlast(span(8, 30)).await;
        spread.nodes.redis.start_again().await;
        spread.crowd.achieves(60).await;

        spread.must_be_sound("after Redis was gone").await;
    }
}

/// Nothing can be waited for while there is no Redis: the length of the outage is the fault.
async fn outlast(span: Duration) {
    let started = Instant::now();
    let mut clock = tokio::time::interval(Duration::from_millis(100));
    while started.elapsed() < span {
        clock.tick().await;
    }
}
