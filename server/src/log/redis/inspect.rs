//! What a Redis says of itself, for who looks after it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use redis::{AsyncConnectionConfig, Client, RedisResult, cmd};

use super::clock::SharedClock;
use super::{CONNECTION_TIMEOUT, RESPONSE_TIMEOUT, keys};
use crate::log::LogError;

/// Calls of which the middle one counts.
const CALLS: usize = 21;

/// Settings that the promise of durability rests on.
const SETTINGS: [&str; 4] = [
    "appendonly",
    "appendfsync",
    "maxmemory-policy",
    "no-appendfsync-on-rewrite",
];

/// A Redis as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisFacts {
    /// Its settings by name; nothing where it does not tell them.
    pub settings: Option<BTreeMap<String, String>>,
    /// What `INFO` says, by name.
    pub information: BTreeMap<String, String>,
    /// What a call takes that does nothing.
    pub round_trip: Duration,
    /// What a call takes that writes.
    pub write: Duration,
    /// How far its clock is ahead of this machine's, in milliseconds.
    pub ahead: i64,
}

/// Asks a Redis for what it is, whether or not rooms may be kept in it.
pub async fn inspect(url: &str) -> Result<RedisFacts, LogError> {
    let client = Client::open(url)?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT));
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await?;
    let mut settings = Some(BTreeMap::new());
    for name in SETTINGS {
        let told: RedisResult<BTreeMap<String, String>> = cmd("CONFIG")
            .arg("GET")
            .arg(name)
            .query_async(&mut connection)
            .await;
        // Hosted servers forbid the command; that is told, and no failure.
        settings = settings.zip(told.ok()).map(|(mut all, told)| {
            all.extend(told);
            all
        });
    }
    let information: String = cmd("INFO").query_async(&mut connection).await?;
    let mut ping = cmd("PING");
    let mut write = cmd("SET");
    write.arg(keys::PROBE).arg(1);
    ping.arg("hartslag");
    let mut times = [Duration::ZERO; 2];
    for (time, call) in times.iter_mut().zip([&ping, &write]) {
        let mut taken = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            let started = Instant::now();
            let () = call.query_async(&mut connection).await?;
            taken.push(started.elapsed());
        }
        taken.sort_unstable();
        *time = taken[CALLS / 2];
    }
    let clock = SharedClock::default();
    clock.measure(&mut connection).await?;
    Ok(RedisFacts {
        settings,
        information: information
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect(),
        round_trip: times[0],
        write: times[1],
        ahead: clock.ahead(),
    })
}
