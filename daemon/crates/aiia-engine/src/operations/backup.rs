//! `backup.*`, and the backups that are made by themselves.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aiia_protocol::Empty;
use aiia_protocol::backup::{Backup, BackupList as Backups, BackupRef, BackupReport};
use aiia_protocol::operation::{BackupCreate, BackupList, BackupVerify};
use aiia_protocol::problem::Problem;
use aiia_store::{BackupOccasion, Retention};
use jiff::Timestamp;

use crate::dispatch::{Handle, Reply};
use crate::engine::Engine;
use crate::session::Session;

/// How often it is looked whether a backup is due.
const STEP: Duration = Duration::from_mins(10);
/// How old the newest backup may become while something changes.
const AGE: Duration = Duration::from_hours(1);

/// Puts a backup into the place of the store in the data directory, where no daemon may be at work. Gives where the store
/// that was there is kept.
///
/// # Errors
/// When there is no such backup, or it is not sound; the store is then as it was.
pub fn restore_backup(data_dir: &Path, name: &str) -> Result<Option<PathBuf>, Problem> {
    Ok(aiia_store::restore(data_dir, name)?)
}

impl Handle for BackupCreate {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Backup>, Problem> {
        Ok(Reply::One(session.engine().store.create_backup(BackupOccasion::ByHand).await?))
    }
}

impl Handle for BackupList {
    async fn handle(session: &Session, _: Empty) -> Result<Reply<Backups>, Problem> {
        Ok(Reply::One(Backups { items: session.engine().store.list_backups() }))
    }
}

impl Handle for BackupVerify {
    async fn handle(session: &Session, params: BackupRef) -> Result<Reply<BackupReport>, Problem> {
        Ok(Reply::One(session.engine().store.verify_backup(params.name).await?))
    }
}

impl Engine {
    /// Makes backups while something changes, erases what is older than the settings say, and removes files that are not needed any
    /// more, until the shutdown begins.
    pub async fn keep_backups(&self) {
        let shutdown = self.shutdown_token();
        loop {
            let store = self.store.clone();
            let newest = store.newest_backup(Timestamp::now());
            if is_due(newest.map(SystemTime::from), last_change(self), SystemTime::now()) {
                match store.create_backup(BackupOccasion::Due).await {
                    Ok(backup) => tracing::info!(path = backup.path, "a backup was made"),
                    Err(error) => tracing::error!(%error, "no backup could be made"),
                }
            }
            self.prune().await;
            self.sweep().await;
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(STEP) => {}
            }
        }
    }
}

impl Engine {
    async fn prune(&self) {
        let configured = self.configured();
        let (retention, cache) = (&configured.config.settings.retention, &configured.config.settings.cache);
        let wanted = Retention {
            deleted_days: retention.deleted_days,
            audit_days: Some(retention.audit_days),
            answer_days: Some(if cache.answers { cache.days } else { 0 }),
        };
        match self.store.prune(wanted).await {
            Ok(pruned) if pruned.chats > 0 => tracing::info!(chats = pruned.chats, "deleted chats were erased"),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "what is old could not be erased"),
        }
    }
}

/// When the store was last written to.
fn last_change(engine: &Engine) -> Option<SystemTime> {
    let file = engine.store.path();
    let log = file.with_file_name("aiia.db-wal");
    [file, log.as_path()].iter().filter_map(|path| path.metadata().and_then(|metadata| metadata.modified()).ok()).max()
}

/// Whether something changed since the newest backup, and that one is old enough.
fn is_due(newest: Option<SystemTime>, changed: Option<SystemTime>, now: SystemTime) -> bool {
    match (newest, changed) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(newest), Some(changed)) => changed > newest && now.duration_since(newest).is_ok_and(|age| age >= AGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_due_when_something_changed_and_the_last_one_is_old() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(1000);
        let ago = |minutes| Some(now - Duration::from_mins(minutes));
        assert!(is_due(None, ago(0), now));
        assert!(!is_due(None, None, now));
        assert!(is_due(ago(60), ago(5), now));
        assert!(!is_due(ago(59), ago(5), now));
        assert!(!is_due(ago(600), ago(601), now), "nothing changed since");
    }
}
