//! What the store promises, by the settings of its server.

use super::*;
use crate::log::Durability;

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
