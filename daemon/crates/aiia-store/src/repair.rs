//! Mends what follows from the rest: indexes, counts, what chats show. What was said is never touched.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::{Store, StoreError, columns, opening};

/// What follows the name of the store in that of a copy.
const COPY: &str = ".before-repair-";
/// What mends the rows, in this order.
const STATEMENTS: &[&str] = &[
    // What follows a deleted message is deleted with it.
    "UPDATE messages SET deleted_at = (SELECT p.deleted_at FROM messages p WHERE p.id = messages.parent_id)
     WHERE deleted_at IS NULL
       AND EXISTS (SELECT 1 FROM messages p WHERE p.id = messages.parent_id AND p.deleted_at IS NOT NULL)",
    "UPDATE chats SET head_id = (SELECT m.id FROM messages m WHERE m.chat_id = chats.id AND m.deleted_at IS NULL
                                 ORDER BY m.key DESC LIMIT 1)
     WHERE head_id IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM messages m WHERE m.id = chats.head_id AND m.chat_id = chats.id AND m.deleted_at IS NULL)",
    "UPDATE chats SET message_count = (SELECT count(*) FROM messages m WHERE m.chat_id = chats.id AND m.deleted_at IS NULL)
     WHERE message_count <> (SELECT count(*) FROM messages m WHERE m.chat_id = chats.id AND m.deleted_at IS NULL)",
];

/// What [`Store::repair`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// What was wrong.
    pub found: Vec<String>,
    /// What is still wrong.
    pub left: Vec<String>,
    /// The copy of the store as it was; none where nothing was wrong.
    pub kept: Option<PathBuf>,
}

impl Store {
    /// Looks for damage as [`Store::check`] does, keeps a copy where there is some, and mends what can be.
    ///
    /// # Errors
    /// When the file cannot be read or written at all, or there is no room for the copy; nothing is changed then.
    pub async fn repair(&self) -> Result<Repaired, StoreError> {
        let found = self.check().await?;
        if found.is_empty() {
            return Ok(Repaired { found, left: Vec::new(), kept: None });
        }
        let prefix = format!("{}{COPY}", opening::FILE_NAME);
        let kept = self.path().with_file_name(format!("{prefix}{}", crate::backups::stamp()));
        let (store, copy) = (self.clone(), kept.clone());
        let copied = tokio::task::spawn_blocking(move || {
            let _alone = store.copying();
            if let Some(folder) = copy.parent() {
                opening::remove_drafts(folder, &prefix);
            }
            opening::keep_copy(&opening::open_reader(store.path())?, &copy)
        });
        copied
            .await
            .map_err(|error| StoreError::Internal { detail: format!("a copy ended by a fault: {error}") })??;
        // The rows are found by the indexes: these come first.
        self.rebuild_indexes().await?;
        self.write(mend).await?;
        let left = self.check().await?;
        tracing::warn!(found = found.len(), left = left.len(), kept = %kept.display(), "the store was repaired");
        Ok(Repaired { found, left, kept: Some(kept) })
    }
}

fn mend(connection: &Connection) -> Result<(), StoreError> {
    // The first statement goes down one step of the tree at a time.
    while columns::execute(connection, STATEMENTS[0], [])? > 0 {}
    for sql in &STATEMENTS[1..] {
        columns::execute(connection, sql, [])?;
    }
    Ok(())
}
