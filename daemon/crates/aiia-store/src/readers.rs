//! A few connections that only read. They are opened when they are needed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::{StoreError, opening};

/// How many reads go on at once.
const CONNECTIONS: usize = 2;
/// Steps of `SQLite`'s machine between two looks at whether somebody still waits: well under a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// The reading connections.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    /// Readers of the file; none is opened yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Vec::new()), permits: Semaphore::new(CONNECTIONS) }
    }

    /// Carries out `work` on one consistent state of the store. Stops it when the caller no longer waits.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = if let Some(connection) = idle {
            connection
        } else {
            let path = self.path.clone();
            blocking(move || opening::open_reader(&path)).await?.map_err(|error| error.about(&self.path))?
        };
        let mut watch = Watch { abandoned: Arc::default(), ended: false };
        let abandoned = Arc::clone(&watch.abandoned);
        // The connection comes back through the task's result alone: when nobody waits for that any more it is closed.
        let (outcome, connection) = blocking(move || (read(&connection, abandoned, work), connection)).await?;
        watch.ended = true;
        if !self.permits.is_closed() && connection.is_autocommit() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        outcome.map_err(|error| error.about(&self.path))
    }

    /// Closes the connections; a read that goes on is finished first.
    pub(crate) fn close(&self) {
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn read<T>(
    connection: &Connection,
    abandoned: Arc<AtomicBool>,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // An interruption from outside would be lost when it comes between two statements; this is asked again and again.
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || abandoned.load(Ordering::Relaxed)))?;
    let transaction = connection.unchecked_transaction()?;
    let outcome = work(&transaction);
    transaction.finish()?;
    outcome
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let fault = |error| StoreError::Internal { detail: format!("a read ended by a fault: {error}") };
    spawn_blocking(work).await.map_err(fault)
}

/// Tells a read that nobody waits for it any more.
struct Watch {
    abandoned: Arc<AtomicBool>,
    ended: bool,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.ended {
            self.abandoned.store(true, Ordering::Relaxed);
        }
    }
}
