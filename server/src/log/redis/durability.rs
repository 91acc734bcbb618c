//! What an acknowledgement of this Redis is worth, by its own settings.

use std::collections::BTreeMap;

use redis::{ErrorKind, ServerErrorKind, pipe};
use tracing::warn;

use super::error::unavailable;
use super::{RedisStore, keys};
use crate::log::{Durability, LogError};

/// Writes, and reads the settings that the promise rests on. Settings may change while the
/// server runs, so this is asked again by each readiness check.
pub(super) async fn read(store: &RedisStore) -> Result<Durability, LogError> {
    let () = store.query(pipe().set(keys::PROBE, 1)).await?;
    let mut config = pipe();
    for name in ["appendonly", "appendfsync", "maxmemory-policy"] {
        config.cmd("CONFIG").arg("GET").arg(name);
    }
    let answer: Result<Vec<BTreeMap<String, String>>, _> = store.query(&config).await;
    let settings: BTreeMap<_, _> = match answer {
        Ok(settings) => settings.into_iter().flatten().collect(),
        Err(LogError::Unavailable(cause)) if is_forbidden(cause.as_ref()) => {
            warn!("this Redis does not tell its settings: its disk cannot be relied on");
            return Ok(Durability::Memory);
        }
        Err(error) => return Err(error),
    };

    let setting = |name: &str| settings.get(name).map_or("", String::as_str);
    let policy = setting("maxmemory-policy");
    if policy != "noeviction" {
        return Err(unavailable(format!(
            "this Redis may evict rooms: set maxmemory-policy to noeviction, not {policy}"
        )));
    }
    if (setting("appendonly"), setting("appendfsync")) == ("yes", "always") {
        Ok(Durability::Disk)
    } else {
        Ok(Durability::Memory)
    }
}

/// Hosted servers forbid CONFIG, by rights or by taking the command away.
fn is_forbidden(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let error = cause.downcast_ref::<redis::RedisError>();
    error.is_some_and(|error| match error.kind() {
        ErrorKind::Server(ServerErrorKind::NoPerm) => true,
        ErrorKind::Server(ServerErrorKind::ResponseError) => {
            error.to_string().contains("unknown command")
        }
        _ => false,
    })
}
