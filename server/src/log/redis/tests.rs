//! The contract on Redis, and what is particular to a server that comes and goes.

use std::time::Duration;

use async_trait::async_trait;
use hartslag_protocol::ids::{ParticipantId, RoomId, RoundId};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::lossy_proxy::LossyProxy;
use super::test_server::TestRedis;
use super::*;
use crate::log::contract::{Fixture, check_contract, entries, new_room};
use crate::log::{Durability, RoomLog, Sequence, Snapshot, TRIM_MARGIN};

/// How long to wait for what is expected.
const PATIENCE: Duration = Duration::from_secs(20);

check_contract!(RedisFixture);

#[tokio::test]
async fn without_fsync_the_promise_is_memory() {
    for settings in ["--appendonly no", "--appendonly yes --appendfsync everysec"] {
        let server = TestRedis::with(settings);

        let store = RedisStore::connect(&server.url()).await.unwrap();

        assert_eq!(
            store.check().await.unwrap(),
            Durability::Memory,
            "{settings}"
        );
    }
}

#[tokio::test]
async fn where_settings_are_secret_the_promise_is_memory() {
    let renamed = TestRedis::with("--appendonly yes --rename-command CONFIG nothing");
    let forbidden = TestRedis::with("--user default on nopass ~* &* +@all -config");

    for server in [renamed, forbidden] {
        let store = RedisStore::connect(&server.url()).await.unwrap();
        assert_eq!(store.check().await.unwrap(), Durability::Memory);
    }
}

#[tokio::test]
async fn a_redis_that_evicts_is_refused() {
    let server = TestRedis::with("--maxmemory-policy allkeys-lru");

    let refused = RedisStore::connect(&server.url()).await;

    let error = refused.map(drop).unwrap_err();
    let LogError::Unavailable(cause) = error else {
        panic!("not {error:?}");
    };
    assert!(cause.to_string().contains("noeviction, not allkeys-lru"));
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
async fn a_lost_redis_is_told_within_seconds_and_found_again() {
    let mut fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(1)).await.unwrap();

    fixture.server.kill();
    let start = Instant::now();
    let store = fixture.store();
    let (lost, read, check, follow) = tokio::join!(
        store.append(room, 1, entries(1)),
        store.load(room),
        store.check(),
        store.follow(room),
    );
    let patience = start.elapsed();
    fixture.server.restart();

    assert!(matches!(lost, Err(LogError::Unavailable(_))), "{lost:?}");
    assert!(matches!(read, Err(LogError::Unavailable(_))));
    assert!(matches!(check, Err(LogError::Unavailable(_))));
    assert!(matches!(follow, Err(LogError::Unavailable(_))));
    assert!(patience < Duration::from_secs(8), "{patience:?}");
    let later = fixture.store().append(room, 1, entries(1)).await;
    assert_eq!(later.unwrap(), [2]);
    assert_eq!(fixture.store().check().await.unwrap(), Durability::Disk);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l2_an_append_survives_a_redis_that_restarts_under_it() {
    let mut fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();
    let (told, mut acknowledged) = mpsc::channel(1);
    let writing = tokio::spawn(async move {
        for number in 1.. {
            let given = other.append(room, 1, entries(1)).await.unwrap();
            assert_eq!(given, [number]);
            if told.send(number).await.is_err() {
                return number;
            }
        }
        0
    });

    for _ in 0..5 {
        acknowledged.recv().await.unwrap();
        fixture.server.restart();
    }
    acknowledged.recv().await.unwrap();
    drop(acknowledged);

    let last = writing.await.unwrap();
    let read = fixture.store().read(room, 0, usize::MAX).await.unwrap();
    assert_eq!(read.len() as Sequence, last);
}

#[tokio::test]
async fn l2_a_lost_answer_is_asked_for_again() {
    let server = TestRedis::start();
    let proxy = LossyProxy::start(server.port()).await;
    let store = RedisStore::connect(&proxy.url()).await.unwrap();
    let room = new_room(&store).await;
    store.append(room, 1, entries(1)).await.unwrap();

    proxy.lose_next_answer();
    let answer = store.append(room, 1, entries(2)).await.unwrap();

    assert!(proxy.has_lost_it());
    assert_eq!(answer, [2, 3]);
    assert_eq!(store.read(room, 0, 10).await.unwrap().len(), 3);
    let another = RoomId::generate();
    proxy.lose_next_answer();
    store.create(another, 1, "start".into()).await.unwrap();
    assert!(proxy.has_lost_it());
}

#[tokio::test]
async fn followers_hear_what_another_node_appended() {
    let fixture = RedisFixture::start().await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();
    let (room, quiet) = (new_room(&other).await, new_room(&other).await);
    other.append(room, 1, entries(2)).await.unwrap();

    let mut first = fixture.store().follow(room).await.unwrap();
    hear(&mut first, 2).await;
    let mut second = fixture.store().follow(room).await.unwrap();
    let mut of_quiet = fixture.store().follow(quiet).await.unwrap();
    other.append(room, 1, entries(3)).await.unwrap();

    hear(&mut first, 5).await;
    hear(&mut second, 5).await;
    hear(&mut of_quiet, 0).await;
    assert!(of_quiet.try_recv().is_err());
}

#[tokio::test]
async fn a_slow_follower_hears_the_latest() {
    let fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    let mut follower = fixture.store().follow(room).await.unwrap();

    for _ in 0..50 {
        fixture.store().append(room, 1, entries(1)).await.unwrap();
    }

    hear(&mut follower, 50).await;
}

#[tokio::test]
async fn followers_are_told_to_look_after_redis_came_back() {
    let mut fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    let mut follower = fixture.store().follow(room).await.unwrap();
    hear(&mut follower, 0).await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();

    fixture.server.restart();
    other.append(room, 1, entries(4)).await.unwrap();

    hear(&mut follower, 4).await;
    other.append(room, 1, entries(1)).await.unwrap();
    hear(&mut follower, 5).await;
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
    let snapshot = Snapshot {
        upto: count,
        bytes: "all".into(),
    };

    fixture
        .store()
        .save_snapshot(room, 1, 0, snapshot)
        .await
        .unwrap();

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

/// Waits until the follower is told this number.
async fn hear(follower: &mut mpsc::Receiver<Sequence>, expected: Sequence) {
    let told = async {
        while let Some(number) = follower.recv().await {
            if number == expected {
                return;
            }
        }
        panic!("the channel ended before {expected}");
    };
    timeout(PATIENCE, told).await.unwrap();
}
