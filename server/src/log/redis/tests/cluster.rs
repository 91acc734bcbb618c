//! What every script and command does to a server in cluster mode, which refuses whatever is not
//! in one hash slot.

use std::time::Duration;

use tokio::time::{interval, timeout};

use super::*;

/// How long the server may take until it serves its slots.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(20);

check_contract! {
    ClusterFixture,
    entries::l1_concurrent_appends_stay_contiguous,
    entries::rooms_are_listed_oldest_first,
    entries::a_room_that_was_lost_is_made_anew_and_goes_on,
    snapshots::l6_the_former_snapshot_and_the_log_since_it_are_kept,
    responses::r8_erased_responses_are_gone,
    access::h1_a_device_comes_back_as_the_same_participant,
    access::h2_a_room_has_one_join_code,
    archive::a_room_goes_out_and_in_whole,
    archive::tickets_end_with_the_room_they_were_for,
}

struct ClusterFixture {
    server: TestRedis,
    store: RedisStore,
}

#[async_trait]
impl Fixture for ClusterFixture {
    type Store = RedisStore;

    async fn start() -> Self {
        let server = TestRedis::with("--appendonly yes --appendfsync always --cluster-enabled yes");
        let client = redis::Client::open(server.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut slots = redis::cmd("CLUSTER");
        slots.arg("ADDSLOTSRANGE").arg(0).arg(16_383);
        let () = slots.query_async(&mut connection).await.unwrap();
        let store = timeout(PATIENCE, connect(&server)).await.unwrap();
        Self { server, store }
    }

    fn store(&self) -> &RedisStore {
        &self.store
    }

    async fn crash(&mut self) {
        self.server.restart();
        self.store = timeout(PATIENCE, connect(&self.server)).await.unwrap();
    }
}

async fn connect(server: &TestRedis) -> RedisStore {
    let mut tries = interval(PAUSE);
    loop {
        tries.tick().await;
        if let Ok(store) = RedisStore::connect(&server.url()).await {
            return store;
        }
    }
}
