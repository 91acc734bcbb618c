//! What the store promises, by the settings of its server.

use super::*;
use crate::log::Durability;
use crate::log::archive::{Archive, Standing};

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
async fn the_rights_that_the_handbook_names_are_enough() {
    let rights = "+@all -@admin -@dangerous +config|get +info +restore";
    let server = TestRedis::with(&format!(
        "--appendonly yes --appendfsync always --user default on nopass ~hartslag:* &hartslag:* {rights}"
    ));

    let store = RedisStore::connect(&server.url()).await.unwrap();

    assert_eq!(store.check().await.unwrap(), Durability::Disk);
    let room = new_room(&store).await;
    let _hints = store.follow(room).await.unwrap();
    assert_eq!(store.append(room, 1, entries(1)).await.unwrap(), [1]);
    let kept = store.take_out(room).await.unwrap();
    let restored = store.put_in(kept, Standing::GivesWay, 0).await.unwrap();
    assert_eq!(restored, 2);
    let facts = inspect::inspect(&server.url()).await.unwrap();
    assert!(facts.settings.is_some());
    assert!(facts.information.contains_key("redis_version"));
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
