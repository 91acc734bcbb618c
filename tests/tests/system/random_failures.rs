//! Twenty clients edit and vote while the server or Redis is killed at random moments; what they
//! were promised is there afterwards, once.
//!
//! `HARTSLAG_SEED` replays a run as far as chance is ours: who does what, when which process
//! dies. `HARTSLAG_CYCLES` makes it longer, twenty cycles a room.

use hartslag_tests::crowd::{Crowd, content};
use hartslag_tests::member::Member;
use hartslag_tests::only_on;
use hartslag_tests::random::Random;
use hartslag_tests::server::{Store, TestServer};

use crate::judging::{judge, sound};

/// Cycles in one room, with one seed.
const CYCLES: u64 = 20;
/// The longest that the crowd works between two failures, in acknowledgements.
const MOST_WORK: usize = 120;

#[derive(Clone, Copy, Debug)]
enum Victim {
    Server,
    Redis,
    Both,
}

#[tokio::test]
async fn nothing_promised_is_lost_or_doubled_by_kill_9_at_random_on_sqlite() {
    if only_on("sqlite") {
        for seed in seeds(1_000) {
            let server = TestServer::start_on_sqlite().await;
            fail_at_random(server, seed, &[Victim::Server]).await;
        }
    }
}

#[tokio::test]
async fn nothing_promised_is_lost_or_doubled_by_kill_9_at_random_on_redis() {
    if only_on("redis") {
        for seed in seeds(2_000) {
            let server = TestServer::start_on_redis().await;
            let victims = [Victim::Server, Victim::Redis, Victim::Both];
            fail_at_random(server, seed, &victims).await;
        }
    }
}

/// The seed of each room: one, or as many as the cycles that were asked for need.
fn seeds(first: u64) -> impl Iterator<Item = u64> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let first = number("HARTSLAG_SEED").unwrap_or(first);
    let cycles = number("HARTSLAG_CYCLES").unwrap_or(CYCLES);
    first..first + cycles.div_ceil(CYCLES)
}

async fn fail_at_random(mut server: TestServer, seed: u64, victims: &[Victim]) {
    eprintln!("HARTSLAG_SEED={seed}");
    let mut random = Random::new(seed);
    let crowd = Crowd::gather(&server, vec![server.address()], None, &mut random).await;
    for cycle in 0..CYCLES {
        crowd.achieves(1 + random.below(MOST_WORK)).await;
        let victim = *random.pick(victims);
        fail(&mut server, &crowd, victim).await;
        let when = format!("seed {seed}, cycle {cycle}, {victim:?}");
        sound(&when, &crowd.history().faults());
    }
    let room = crowd.room.clone();
    let coach = crowd.coach.clone();
    let (mut members, history) = crowd.finish().await;
    assert!(history.acknowledged() > 400, "the crowd did something");

    // Only what the store holds counts: everything that is in memory goes.
    kill(&mut server, Victim::Both);
    start(&mut server, Victim::Both).await;
    for member in &mut members {
        member.reconnect().await;
    }
    let judged = judge(&[&server], &room, &coach, &mut members, &history).await;
    sound(&format!("seed {seed}"), &judged);
}

/// One failure; what is in the store after it is looked at before anyone can mend it.
async fn fail(server: &mut TestServer, crowd: &Crowd, victim: Victim) {
    if matches!(victim, Victim::Redis) {
        // The server lives on, and so do its connections.
        kill(server, victim);
        start(server, victim).await;
        return;
    }
    crowd.hold();
    kill(server, victim);
    crowd.is_at_rest().await;
    start(server, victim).await;
    let promised = crowd.history();
    let witness = server
        .join(&crowd.room.invitations.observer, "Getuige")
        .await;
    let witness = Member::connect(server, &witness).await;
    sound("after a failure", &promised.check_board(&content(&witness)));
    crowd.go_on();
}

fn kill(server: &mut TestServer, victim: Victim) {
    if let (Victim::Redis | Victim::Both, Store::Redis(redis)) = (victim, &mut server.store) {
        redis.kill();
    }
    if matches!(victim, Victim::Server | Victim::Both) {
        server.process.kill();
    }
}

async fn start(server: &mut TestServer, victim: Victim) {
    if let (Victim::Redis | Victim::Both, Store::Redis(redis)) = (victim, &mut server.store) {
        redis.start_again().await;
    }
    if matches!(victim, Victim::Server | Victim::Both) {
        server.start_again().await;
    } else {
        server.ready().await;
    }
}
