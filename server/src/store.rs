//! Opens the store that the configuration names: embedded, or Redis.

use std::path::Path;
use std::sync::Arc;

use crate::access::AccessStore;
use crate::config::StoreConfig;
use crate::log::archive::Archive;
use crate::log::redis::RedisStore;
use crate::log::sqlite::SqliteStore;
use crate::log::{LogError, RoomLog};

/// The two sides of one store.
#[derive(Clone)]
pub struct Store {
    /// Rooms.
    pub log: Arc<dyn RoomLog>,
    /// Who may enter them.
    pub access: Arc<dyn AccessStore>,
    /// Rooms as wholes.
    pub archive: Arc<dyn Archive>,
    /// `sqlite` or `redis`.
    pub kind: &'static str,
    embedded: Option<Arc<SqliteStore>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens it, beside others that may have it open; a Redis that may forget by itself is
    /// refused.
    pub async fn open(config: &StoreConfig) -> Result<Self, LogError> {
        Self::open_as(config, SqliteStore::open).await
    }

    /// Opens it to serve or replace rooms. An embedded store has one such process at a time;
    /// the nodes of a Redis are fenced by epochs instead.
    pub async fn open_alone(config: &StoreConfig) -> Result<Self, LogError> {
        Self::open_as(config, SqliteStore::open_alone).await
    }

    async fn open_as(
        config: &StoreConfig,
        open: fn(&Path) -> Result<SqliteStore, LogError>,
    ) -> Result<Self, LogError> {
        if let Some(url) = &config.redis_url {
            let store = Arc::new(RedisStore::connect(url).await?);
            return Ok(Self {
                log: Arc::clone(&store) as Arc<dyn RoomLog>,
                archive: Arc::clone(&store) as Arc<dyn Archive>,
                access: store,
                kind: "redis",
                embedded: None,
            });
        }
        let store = Arc::new(open(&config.data)?);
        Ok(Self {
            log: Arc::clone(&store) as Arc<dyn RoomLog>,
            access: Arc::clone(&store) as Arc<dyn AccessStore>,
            archive: Arc::clone(&store) as Arc<dyn Archive>,
            kind: "sqlite",
            embedded: Some(store),
        })
    }

    /// Finishes what was begun.
    pub async fn close(&self) {
        if let Some(embedded) = &self.embedded {
            embedded.close().await;
        }
    }
}
