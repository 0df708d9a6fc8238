//! A few connections that only read. They are opened when they are needed.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::{StoreError, opening};

/// How many reads go on at once.
const CONNECTIONS: usize = 2;

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
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let path = self.path.clone();
                blocking(move || opening::open_reader(&path)).await?.map_err(|error| error.about(&self.path))?
            }
        };
        // The connection comes back through the task's result alone: when nobody waits for it any more it is closed, so
        // that the interruption can hit no other read.
        let mut interruption = Interruption(Some(connection.get_interrupt_handle()));
        let (outcome, connection) = blocking(move || (read(&connection, work), connection)).await?;
        interruption.0 = None;
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

fn read<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    let outcome = work(&transaction);
    transaction.finish()?;
    outcome
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let fault = |error| StoreError::Internal { detail: format!("a read ended by a fault: {error}") };
    spawn_blocking(work).await.map_err(fault)
}

struct Interruption(Option<InterruptHandle>);

impl Drop for Interruption {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.interrupt();
        }
    }
}
