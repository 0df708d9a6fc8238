//! What goes by itself, by the user's settings.

use aiia_protocol::id::ChatId;

use crate::{Store, StoreError, attachments, clock, columns, idempotency, purge};

/// What may go, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Days after which deleted chats, and those of deleted projects, are erased; never where absent.
    pub deleted_days: Option<u32>,
    /// Days after which entries of the audit log go; never where absent.
    pub audit_days: Option<u32>,
    /// Days after which kept answers go, all of them with 0; never where absent.
    pub answer_days: Option<u32>,
}

/// What went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Deleted chats that were erased.
    pub chats: usize,
    /// Entries of the audit log.
    pub audit: usize,
    /// Kept answers.
    pub answers: usize,
    /// Uploads that no message took.
    pub uploads: usize,
}

impl Store {
    /// Erases what is older than it may be, uploads that no message took, and requests that nobody sends again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn prune(&self, retention: Retention) -> Result<Pruned, StoreError> {
        let pruned = self
            .write(move |connection| {
                let mut pruned = Pruned::default();
                let now = clock::now();
                let before = |days: u32| format!("-{days} days");
                if let Some(days) = retention.deleted_days {
                    // A chat is deleted since it was or since its project was, whichever was first.
                    let sql = "SELECT c.id FROM chats c JOIN projects p ON p.id = c.project_id
                               WHERE min(coalesce(c.deleted_at, p.deleted_at), coalesce(p.deleted_at, c.deleted_at))
                                     < strftime('%Y-%m-%dT%H:%M:%fZ', ?1, ?2)
                               AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.chat_id = c.id AND r.status = 'running')";
                    let old: Vec<ChatId> =
                        columns::all(connection, sql, [&now, &before(days)], |row| columns::id(row, "id"))?;
                    for id in &old {
                        purge::erase(connection, id)?;
                    }
                    pruned.chats = old.len();
                }
                if let Some(days) = retention.audit_days {
                    let sql = "DELETE FROM audit_log WHERE at < strftime('%Y-%m-%dT%H:%M:%fZ', ?1, ?2)";
                    pruned.audit = columns::execute(connection, sql, [&now, &before(days)])?;
                }
                if let Some(days) = retention.answer_days {
                    let sql = "DELETE FROM answer_cache WHERE created_at <= strftime('%Y-%m-%dT%H:%M:%fZ', ?1, ?2)";
                    pruned.answers = columns::execute(connection, sql, [&now, &before(days)])?;
                }
                pruned.uploads = attachments::forget_unused(connection)?;
                idempotency::forget_old(connection, &now)?;
                Ok(pruned)
            })
            .await?;
        if pruned.chats + pruned.answers + pruned.uploads > 0 {
            self.forget_log().await?;
        }
        Ok(pruned)
    }
}
