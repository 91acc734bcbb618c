//! The store of a cluster: a Redis stream per room.
//!
//! Numbers are our own and contiguous, given by a script; what was lost with a connection is
//! asked for again under the same key. Nodes hear of new entries by pub/sub and read the stream,
//! which alone is the truth.

mod access;
mod archive;
mod channel;
mod clock;
mod durability;
mod error;
pub mod inspect;
mod invitations;
mod keys;
#[cfg(test)]
mod lossy_proxy;
mod own;
mod room_log;
mod scripts;
#[cfg(test)]
mod test_server;
#[cfg(test)]
mod tests;
mod values;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, IntoConnectionInfo, Pipeline, RedisResult,
    ScriptInvocation,
};

use crate::log::LogError;
use channel::Channel;
use clock::SharedClock;
use error::Patience;
use own::Own;
use scripts::Scripts;
use writer::Writer;

/// A disk that stalls makes `appendfsync always` slow; the client's default of half a second
/// would leave the outcome of every append unknown.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

const CONNECTION_TIMEOUT: Duration = Duration::from_secs(2);

/// What is sent and not confirmed by the other machine for so long ends the connection.
const SILENCE: Duration = Duration::from_secs(10);

/// Calls that wait to be sent; many share one fsync of the server.
const PIPELINE: usize = 1_024;

/// Keeps rooms and who may enter them in a Redis that all nodes share.
#[derive(Debug)]
pub struct RedisStore {
    connection: ConnectionManager,
    scripts: Scripts,
    channel: Channel,
    writer: Writer,
    own: Arc<Own>,
    clock: Arc<SharedClock>,
    /// Calls that were made again.
    retries: AtomicU64,
}

impl RedisStore {
    /// Connects, and refuses a Redis that may forget by itself.
    pub async fn connect(url: &str) -> Result<Self, LogError> {
        let tcp = TcpSettings::default()
            .set_nodelay(true)
            .set_user_timeout(SILENCE);
        let client = Client::open(url.into_connection_info()?.set_tcp_settings(tcp))?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_pipeline_buffer_size(PIPELINE)
            // Trying again is up to the call, which knows how long it may take.
            .set_number_of_retries(0);
        let mut connection = ConnectionManager::new_with_config(client.clone(), config).await?;
        let writing = AsyncConnectionConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_pipeline_buffer_size(PIPELINE);
        let clock = Arc::new(SharedClock::default());
        clock.measure(&mut connection).await?;

        let scripts = Scripts::new();
        let own = Arc::new(Own::new());
        let reader = connection.clone();
        let store = Self {
            writer: Writer::start(client.clone(), writing, scripts.append.clone()),
            channel: Channel::start(client, reader, Arc::clone(&clock), Arc::clone(&own)),
            own,
            clock,
            connection,
            scripts,
            retries: AtomicU64::new(0),
        };
        durability::read(&store).await?;
        store.note_invitations().await?;
        Ok(store)
    }

    /// Runs a script, again where its answer was lost.
    async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, LogError> {
        let mut patience = Patience::new();
        loop {
            let mut connection = self.connection.clone();
            let answer: RedisResult<T> = script.invoke_async(&mut connection).await;
            match answer {
                Ok(value) => return Ok(value),
                Err(error) if patience.allows_another_try(&error).await => {
                    self.retries.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Runs commands, again where their answer was lost.
    async fn query<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, LogError> {
        let mut patience = Patience::new();
        loop {
            let mut connection = self.connection.clone();
            let answer: RedisResult<T> = commands.query_async(&mut connection).await;
            match answer {
                Ok(value) => return Ok(value),
                Err(error) if patience.allows_another_try(&error).await => {
                    self.retries.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
