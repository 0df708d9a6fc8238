//! The handle that everybody has.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::{Mutex, MutexGuard};
use rusqlite::Connection;

use crate::readers::Readers;
use crate::writer::{self, Writer};
use crate::{StoreError, check, opening, schema};

/// The store of one data directory. Cheap to clone; all methods may be called from many tasks at once.
///
/// A write that was started is carried out even when its future is dropped. A read is then stopped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: Writer,
    readers: Readers,
    /// Held while the file is copied, so that nobody takes a copy on its way for one that was given up.
    copying: Mutex<()>,
}

impl Store {
    /// Opens the store in `dir`, which is made where it does not exist. A file of an older version is migrated, and a copy
    /// of it is kept; runs that a dead process left going on become interrupted.
    ///
    /// # Errors
    /// `TooNew`, `Corrupt`, `Full`, `Busy` or `Io`. A file that is refused is left as it is.
    pub fn open(dir: &Path) -> Result<Store, StoreError> {
        Self::open_with(dir, schema::MIGRATIONS)
    }

    pub(crate) fn open_with(dir: &Path, migrations: &[&str]) -> Result<Store, StoreError> {
        let connection = opening::open(dir, migrations)?;
        let path = dir.join(opening::FILE_NAME);
        let writer = Writer::start(connection, path.clone())?;
        let readers = Readers::new(path.clone());
        Ok(Store { inner: Arc::new(Inner { path, writer, readers, copying: Mutex::default() }) })
    }

    /// Waits until no other copy of the file is being made. Blocks.
    pub(crate) fn copying(&self) -> MutexGuard<'_, ()> {
        self.inner.copying.lock()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Writes what was handed over, moves the log into the file and closes it. Blocks for a moment. Later calls of other
    /// methods give `Closed`; closing again does nothing.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Looks for damage: the file's structure, its references, and what must hold between its rows. Gives one sentence for
    /// each thing that is wrong; none when all is well. Reads the whole file.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut findings = self.read_long(check::findings).await?;
        findings.extend(self.alone(check::indexes).await?);
        Ok(findings)
    }

    /// Writes a page as it is, to see that something can be written.
    ///
    /// # Errors
    /// When nothing can be.
    pub async fn check_writing(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            let same: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
            Ok(connection.pragma_update(None, "application_id", same)?)
        })
        .await
    }

    /// Makes all indexes anew from the tables, which mends what [`Self::check`] finds wrong with them. Other writes wait.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub async fn rebuild_indexes(&self) -> Result<(), StoreError> {
        self.write(check::rebuild_indexes).await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run(work).await.map_err(|error| error.about(&self.inner.path))
    }

    /// Like [`Self::write`], after a moment in which others may come.
    pub(crate) async fn write_together<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run_together(work).await.map_err(|error| error.about(&self.inner.path))
    }

    /// Writes `what` without anybody who waits; a failure is in the log.
    pub(crate) fn write_later(
        &self,
        what: String,
        work: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) {
        self.inner.writer.run_later(what, work);
    }

    /// Does what cannot be in a transaction on the writing connection.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run_alone(work).await.map_err(|error| error.about(&self.inner.path))
    }

    /// Moves the log into the file and empties it, so that nothing erased stays in it. While somebody reads it, it is tried again
    /// until that is done.
    pub(crate) async fn forget_log(&self) -> Result<(), StoreError> {
        let due = self.inner.writer.emptying();
        self.alone(move |connection| {
            due.store(true, Ordering::Relaxed);
            if writer::empty_log(connection)? {
                due.store(false, Ordering::Relaxed);
            } else {
                tracing::warn!(
                    "the log of the store is being read; what was erased leaves it when nobody does any more"
                );
            }
            Ok(())
        })
        .await
    }

    /// Reads one consistent state. `work` may be begun twice.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.readers.run(work).await
    }

    /// Like [`Self::read`], for what often takes more than a millisecond or two.
    pub(crate) async fn read_long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.readers.run_long(work).await
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Inner {
    fn close(&self) {
        self.readers.close();
        self.writer.close();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
