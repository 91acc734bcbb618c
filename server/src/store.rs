//! Opens the store that the configuration names: embedded, or Redis.

use std::sync::Arc;

use crate::access::AccessStore;
use crate::config::StoreConfig;
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
    embedded: Option<Arc<SqliteStore>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens it; a Redis that may forget by itself is refused.
    pub async fn open(config: &StoreConfig) -> Result<Self, LogError> {
        if let Some(url) = &config.redis_url {
            let store = Arc::new(RedisStore::connect(url).await?);
            return Ok(Self {
                log: Arc::clone(&store) as Arc<dyn RoomLog>,
                access: store,
                embedded: None,
            });
        }
        let store = Arc::new(SqliteStore::open(&config.data)?);
        Ok(Self {
            log: Arc::clone(&store) as Arc<dyn RoomLog>,
            access: Arc::clone(&store) as Arc<dyn AccessStore>,
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
