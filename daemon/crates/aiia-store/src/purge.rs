//! Erasing: what is purged leaves no text behind, neither in the file nor in its log.

use aiia_protocol::chat::Chat;
use aiia_protocol::id::ChatId;
use rusqlite::Connection;

use crate::{Store, StoreError, attachments, chats, columns};

/// What belongs to a chat, in an order in which nothing refers to what is gone. `?1` is the chat.
const STATEMENTS: &[&str] = &[
    "UPDATE chats SET head_id = NULL WHERE id = ?1",
    "UPDATE runs SET edit_id = NULL WHERE chat_id = ?1",
    "DELETE FROM edit_hunks WHERE edit_id IN (SELECT e.id FROM edits e JOIN runs r ON r.id = e.run_id WHERE r.chat_id = ?1)",
    "DELETE FROM edit_files WHERE edit_id IN (SELECT e.id FROM edits e JOIN runs r ON r.id = e.run_id WHERE r.chat_id = ?1)",
    "DELETE FROM edits WHERE run_id IN (SELECT id FROM runs WHERE chat_id = ?1)",
    "DELETE FROM run_chunks WHERE run_id IN (SELECT id FROM runs WHERE chat_id = ?1)",
    "DELETE FROM runs WHERE chat_id = ?1",
    "DELETE FROM summaries WHERE message_id IN (SELECT id FROM messages WHERE chat_id = ?1)",
    "DELETE FROM answer_cache WHERE chat_id = ?1",
    "DELETE FROM messages WHERE chat_id = ?1",
    "DELETE FROM chat_tags WHERE chat_id = ?1",
    "DELETE FROM idempotency_keys WHERE instr(result, ?1) > 0",
    "DELETE FROM chats WHERE id = ?1",
];

impl Store {
    /// Erases a chat that is deleted, itself or with its project, with its messages, runs and edits. What they used stays
    /// counted.
    ///
    /// # Errors
    /// `NotFound`; `State` when the chat is not deleted, or a run of it goes on.
    pub async fn purge_chat(&self, id: ChatId) -> Result<Chat, StoreError> {
        let chat = self
            .write(move |connection| {
                let chat = chats::get_stored(connection, &id)?.ok_or_else(|| StoreError::not_found("chat", &id))?;
                if chats::get(connection, &id).is_ok() {
                    return Err(StoreError::state("Only a deleted chat can be erased; delete it first."));
                }
                erase(connection, &id)?;
                Ok(chat)
            })
            .await?;
        self.forget_log().await?;
        Ok(chat)
    }
}

/// Erases a chat; its text stays in the log until [`Store::forget_log`].
pub(crate) fn erase(connection: &Connection, id: &ChatId) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM runs WHERE chat_id = ?1 AND status = 'running'";
    if columns::first(connection, sql, [id.as_str()], |_| Ok(()))?.is_some() {
        return Err(StoreError::state("An answer of the chat is still being written; stop it first."));
    }
    attachments::erase(connection, id)?;
    for sql in STATEMENTS {
        columns::execute(connection, sql, [id.as_str()])?;
    }
    Ok(())
}
