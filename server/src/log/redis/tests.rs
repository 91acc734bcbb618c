//! The contract on Redis, and what is particular to a server that comes and goes.

mod clock;
mod cluster;
mod durability;
mod following;
mod invitations;
mod losing;
mod regression;
mod together;
mod torn;

use async_trait::async_trait;
use hartslag_protocol::ids::{ParticipantId, RoomId, RoundId};
use proptest::prelude::*;

use super::test_server::TestRedis;
use super::*;
use crate::log::contract::{Fixture, check_contract, entries, model, new_room};
use crate::log::{RoomLog, Snapshot, TRIM_MARGIN};

check_contract!(RedisFixture);

proptest! {
    // Each case has a server of its own; the model is tried at length on the other store.
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn l2_random_calls_follow_the_model(steps in model::steps()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(model::l2_the_store_follows_the_model::<RedisFixture>(steps));
    }
}

#[tokio::test]
async fn a_full_redis_is_told_and_loses_nothing() {
    let fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(3)).await.unwrap();

    fixture.set("maxmemory", "1").await;
    let refused = fixture.store().append(room, 1, entries(1)).await;
    let check = fixture.store().check().await;
    fixture.set("maxmemory", "0").await;
    let later = fixture.store().append(room, 1, entries(1)).await;

    assert!(
        matches!(refused, Err(LogError::Unavailable(_))),
        "{refused:?}"
    );
    assert!(matches!(check, Err(LogError::Unavailable(_))));
    assert_eq!(later.unwrap(), [4]);
}

#[tokio::test]
async fn what_is_not_ours_is_damage_and_not_a_panic() {
    let fixture = RedisFixture::start().await;
    let store = fixture.store();
    let (noor, round) = (ParticipantId::generate(), RoundId::generate());
    let room = || new_room(store);

    let [typed, torn, short, garbled, ahead] = [
        room().await,
        room().await,
        room().await,
        room().await,
        room().await,
    ];
    for room in [torn, short, garbled] {
        store.append(room, 1, entries(3)).await.unwrap();
    }
    store.append(ahead, 1, entries(1)).await.unwrap();
    fixture.run("SET", &[&keys::log(typed), "text"]).await;
    fixture.run("XDEL", &[&keys::log(torn), "2-0"]).await;
    fixture.run("XDEL", &[&keys::log(short), "3-0"]).await;
    fixture
        .run("XADD", &[&keys::log(garbled), "4-0", "x", "y"])
        .await;
    fixture
        .run("XADD", &[&keys::log(ahead), "9-0", "x", "y"])
        .await;
    fixture
        .run("HSET", &[&keys::responses(typed, round), "x", "y"])
        .await;

    for room in [typed, torn, short, garbled] {
        let loaded = store.load(room).await;
        assert!(matches!(loaded, Err(LogError::Damaged(_))), "{loaded:?}");
    }
    for room in [typed, ahead] {
        let appended = store.append(room, 1, entries(1)).await;
        assert!(
            matches!(appended, Err(LogError::Damaged(_))),
            "{appended:?}"
        );
    }
    let closed = store.close_round(typed, round).await;
    assert!(matches!(closed, Err(LogError::Damaged(_))));
    assert_eq!(store.response(typed, round, noor).await.unwrap(), None);
}

#[tokio::test]
async fn a_room_that_was_listed_and_not_made_is_passed_over() {
    let fixture = RedisFixture::start().await;
    let half_made = RoomId::generate().to_string();
    fixture.run("ZADD", &[keys::ROOMS, "1", &half_made]).await;

    let room = new_room(fixture.store()).await;

    assert_eq!(fixture.store().rooms().await.unwrap(), [room]);
}

#[tokio::test]
async fn l5_trimmed_entries_and_their_keys_leave_memory() {
    let fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    let count = TRIM_MARGIN + 1_234;
    let many = entries(usize::try_from(count).unwrap());
    fixture.store().append(room, 1, many).await.unwrap();

    for (expected, upto) in [(0, count - 1), (count - 1, count)] {
        let bytes = "all".into();
        let snapshot = Snapshot { upto, bytes };
        let saved = fixture.store().save_snapshot(room, 1, expected, snapshot);
        assert!(saved.await.unwrap());
    }

    let log = fixture.run("XLEN", &[&keys::log(room)]).await;
    let kept = fixture.run("HLEN", &[&keys::entry_keys(room)]).await;
    assert_eq!((log, kept), (TRIM_MARGIN, TRIM_MARGIN));
}

struct RedisFixture {
    server: TestRedis,
    store: RedisStore,
}

#[async_trait]
impl Fixture for RedisFixture {
    type Store = RedisStore;

    async fn start() -> Self {
        let server = TestRedis::start();
        let store = RedisStore::connect(&server.url()).await.unwrap();
        Self { server, store }
    }

    fn store(&self) -> &RedisStore {
        &self.store
    }

    /// The node stays, and has to find its way back by itself.
    async fn crash(&mut self) {
        self.server.restart();
    }
}

impl RedisFixture {
    async fn set(&self, name: &str, value: &str) {
        let mut connection = self.store.connection.clone();
        let mut command = redis::cmd("CONFIG");
        command.arg("SET").arg(name).arg(value);
        let () = command.query_async(&mut connection).await.unwrap();
    }

    /// Runs a command behind the store's back; its answer where that is a number.
    async fn run(&self, name: &str, arguments: &[&str]) -> u64 {
        let mut connection = self.store.connection.clone();
        let answer = redis::cmd(name)
            .arg(arguments)
            .query_async(&mut connection)
            .await;
        match answer.unwrap() {
            redis::Value::Int(number) => u64::try_from(number).unwrap(),
            _ => 0,
        }
    }
}
