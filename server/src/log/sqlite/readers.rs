//! A few read-only connections, used on blocking threads.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::connection::open_for_reading;
use super::error::unavailable;
use crate::log::LogError;

/// Reads are short, and mostly of rooms that are being opened.
const READERS: usize = 4;

#[derive(Debug)]
pub(super) struct Readers {
    /// As many permits as connections, so that whoever holds one finds one.
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn open(file: &Path) -> Result<Self, LogError> {
        let connections: Result<Vec<_>, _> = (0..READERS).map(|_| open_for_reading(file)).collect();
        Ok(Self {
            permits: Arc::new(Semaphore::new(READERS)),
            idle: Arc::new(Mutex::new(connections?)),
        })
    }

    /// Runs `work` in one read transaction.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, LogError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(unavailable)?;
        let idle = Arc::clone(&self.idle);
        tokio::task::spawn_blocking(move || {
            let connection = lock(&idle).pop();
            let connection = connection.ok_or_else(|| unavailable("the store is closed"))?;
            let answer = connection
                .unchecked_transaction()
                .map_err(LogError::from)
                .and_then(|transaction| work(&transaction));
            lock(&idle).push(connection);
            drop(permit);
            answer
        })
        .await
        .map_err(unavailable)?
    }

    pub(super) fn close(&self) {
        self.permits.close();
        lock(&self.idle).clear();
    }
}

/// The list is whole between any two calls, so a panic of another holder spoils nothing.
fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
