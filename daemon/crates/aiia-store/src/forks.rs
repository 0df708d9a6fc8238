//! Copies of chats, whole or in part. A copy has identifiers of its own and no runs: it says the same, but nothing wrote it.

use std::collections::HashMap;

use aiia_protocol::chat::{Chat, ForkChat, ForkScope};
use aiia_protocol::id::{ChatId, MessageId, ProjectId};
use rusqlite::{Connection, params};

use crate::{Store, StoreError, attachments, chats, clock, columns, parameters, projects, tags, titles};

impl Store {
    /// Copies a chat, or the part of it that `scope` says, into a new one of the same project.
    ///
    /// # Errors
    /// `NotFound` for the chat or the message, `InvalidInput` when the message belongs to another chat or the title is too
    /// long, `State` while one of the messages is being written.
    pub async fn fork_chat(&self, fork: ForkChat) -> Result<Chat, StoreError> {
        self.write(move |connection| copy(connection, &fork, None)).await
    }
}

/// A message to be copied.
struct Row {
    id: String,
    parent_id: Option<String>,
    status: String,
}

/// Copies the chats of a project into another one.
pub(crate) fn copy_all(connection: &Connection, from: &ProjectId, into: &ProjectId) -> Result<(), StoreError> {
    let sql = "SELECT id FROM chats WHERE project_id = ?1 AND deleted_at IS NULL ORDER BY key";
    let ids: Vec<ChatId> = columns::all(connection, sql, [from.as_str()], |row| columns::id(row, "id"))?;
    for chat_id in ids {
        let fork = ForkChat { chat_id, message_id: None, scope: ForkScope::Everything, title: None };
        copy(connection, &fork, Some(into))?;
    }
    Ok(())
}

fn copy(connection: &Connection, fork: &ForkChat, into: Option<&ProjectId>) -> Result<Chat, StoreError> {
    let old = chats::get(connection, &fork.chat_id)?;
    if let Some(id) = &fork.message_id {
        crate::messages::require_in_chat(connection, id, &old.id, "/message_id")?;
    }
    let end = fork.message_id.clone().or_else(|| old.head_id.clone());
    let rows = match &end {
        Some(end) => wanted(connection, &old.id, end, fork.scope)?,
        None => Vec::new(),
    };
    if rows.iter().any(|row| row.status == "streaming") {
        return Err(StoreError::state("A message of the chat is still being written; wait for its end, or stop it."));
    }
    let project_id = into.unwrap_or(&old.project_id);
    let given = fork.title.as_deref().map(titles::on_one_line).filter(|title| !title.is_empty());
    let is_given = given.is_some();
    let title = given.unwrap_or_else(|| old.title.clone());
    chats::check_title(&title)?;
    let id: ChatId = clock::new_id();
    let now = clock::now();
    columns::execute(
        connection,
        "INSERT INTO chats (id, project_id, title, titled, model, system_prompt, parameters, forked_from, message_count,
                            created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
        params![
            id.as_str(),
            project_id.as_str(),
            title,
            is_given || !old.title_is_automatic,
            old.model,
            old.system_prompt,
            parameters::to_column(&old.parameters)?,
            old.id.as_str(),
            rows.len() as i64,
            now
        ],
    )?;
    tags::set(connection, &id, &old.tags)?;
    let mut copies: HashMap<&str, String> = HashMap::new();
    let sql = "INSERT INTO messages (id, chat_id, parent_id, role, content, status, model, rating, note, created_at)
               SELECT ?2, ?3, ?4, role, content, status, model, rating, note, created_at FROM messages WHERE id = ?1";
    for row in &rows {
        let copy = clock::new_id::<MessageId>().0;
        // Parents come before their children, so that theirs is there.
        let parent = row.parent_id.as_deref().and_then(|parent| copies.get(parent));
        columns::execute(connection, sql, params![row.id, copy, id.as_str(), parent])?;
        attachments::copy(connection, &row.id, &copy)?;
        copies.insert(&row.id, copy);
    }
    let head = end.as_ref().and_then(|end| copies.get(end.as_str()));
    columns::execute(connection, "UPDATE chats SET head_id = ?2 WHERE id = ?1", params![id.as_str(), head])?;
    projects::touch(connection, project_id, &now)?;
    chats::get(connection, &id)
}

/// The messages of the copy in the order of their making.
fn wanted(
    connection: &Connection,
    chat_id: &ChatId,
    end: &MessageId,
    scope: ForkScope,
) -> Result<Vec<Row>, StoreError> {
    let which = match scope {
        ForkScope::Path => {
            "WITH RECURSIVE path (key, parent_id) AS (
                 SELECT key, parent_id FROM messages WHERE id = ?2
                 UNION SELECT m.key, m.parent_id FROM messages m JOIN path ON m.id = path.parent_id)
             SELECT id, parent_id, status FROM messages WHERE chat_id = ?1 AND key IN (SELECT key FROM path)"
        }
        ForkScope::Related => {
            "WITH RECURSIVE below (key, id) AS (
                 SELECT key, id FROM messages WHERE parent_id = ?2
                 UNION SELECT m.key, m.id FROM messages m JOIN below ON m.parent_id = below.id)
             SELECT id, parent_id, status FROM messages WHERE chat_id = ?1 AND key NOT IN (SELECT key FROM below)"
        }
        ForkScope::Everything => "SELECT id, parent_id, status FROM messages WHERE chat_id = ?1 AND ?2 <> ''",
    };
    let sql = format!("{which} AND deleted_at IS NULL ORDER BY key");
    columns::all(connection, &sql, [chat_id.as_str(), end.as_str()], |row| {
        Ok(Row { id: row.get("id")?, parent_id: row.get("parent_id")?, status: row.get("status")? })
    })
}
