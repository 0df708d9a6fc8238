//! A few connections that only read. They are opened when they are needed.
//!
//! Most reads take a fraction of a millisecond, less than the way to another thread and back: they begin where they are asked
//! for. One that is not done soon is broken off, and begins anew on a thread of its own, where it can be given up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;
use tokio::task::{block_in_place, spawn_blocking};

use crate::{StoreError, opening};

/// How many reads go on at once.
const CONNECTIONS: usize = 2;
/// Steps of `SQLite`'s machine between two looks at whether to go on: well under a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;
/// How long a read may go on where it was asked for.
const IN_PLACE: Duration = Duration::from_millis(2);

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

    /// Carries out `work` on one consistent state of the store; again from its beginning when it takes long. Stops it then
    /// when the caller no longer waits.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let connection = self.connection().await?;
        let too_long = Arc::new(AtomicBool::new(false));
        let end = Instant::now() + IN_PLACE;
        let is_over = {
            let too_long = Arc::clone(&too_long);
            move || {
                let is_over = Instant::now() >= end;
                too_long.fetch_or(is_over, Ordering::Relaxed);
                is_over
            }
        };
        let outcome = in_place(|| read(&connection, is_over, &work));
        // Whatever came of it: something in it was broken off.
        if too_long.load(Ordering::Relaxed) {
            return self.elsewhere(connection, work).await;
        }
        self.put_back(connection);
        outcome.map_err(|error| error.about(&self.path))
    }

    /// Like [`Self::run`], for what may take long: on a thread of its own from the beginning.
    pub(crate) async fn run_long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let connection = self.connection().await?;
        self.elsewhere(connection, work).await
    }

    /// Closes the connections; a read that goes on is finished first.
    pub(crate) fn close(&self) {
        self.permits.close();
        self.idle.lock().clear();
    }

    async fn connection(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let path = self.path.clone();
        blocking(move || opening::open_reader(&path)).await?.map_err(|error| error.about(&self.path))
    }

    fn put_back(&self, connection: Connection) {
        if !self.permits.is_closed() && connection.is_autocommit() {
            self.idle.lock().push(connection);
        }
    }

    async fn elsewhere<T: Send + 'static>(
        &self,
        connection: Connection,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut watch = Watch { abandoned: Arc::default(), ended: false };
        let abandoned = Arc::clone(&watch.abandoned);
        let is_over = move || abandoned.load(Ordering::Relaxed);
        // The connection comes back through the task's result alone: when nobody waits for that any more it is closed.
        let (outcome, connection) = blocking(move || (read(&connection, is_over, work), connection)).await?;
        watch.ended = true;
        self.put_back(connection);
        outcome.map_err(|error| error.about(&self.path))
    }
}

fn read<T>(
    connection: &Connection,
    is_over: impl FnMut() -> bool + Send + 'static,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // An interruption from outside would be lost when it comes between two statements; this is asked again and again.
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_over))?;
    connection.prepare_cached("BEGIN")?.execute([])?;
    let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|_| Err(StoreError::Internal { detail: "a read ended by a fault".to_owned() }));
    if !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK")?.execute([])?;
    }
    outcome
}

/// Does what may wait for the disk; other tasks of the thread go on elsewhere meanwhile, where there are other threads.
fn in_place<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(),
    }
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
