//! Messages: a tree in each chat. A parent always has a smaller `key` than its children, so a path ordered by `key` goes
//! from the root to its end.

use aiia_protocol::id::{ChatId, MessageId};
use aiia_protocol::message::{ListMessages, Message, MessageStatus, Role};
use aiia_protocol::page::Page;
use rusqlite::{Connection, params};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, chats, clock, columns};

/// The columns of a message `m` with the run `r` that wrote it.
const COLUMNS: &str =
    "m.key, m.id, m.chat_id, m.parent_id, m.role, m.content, m.status, m.model, r.id AS run_id, m.created_at";
/// The keys of the messages from the root to the message ?1. UNION, not UNION ALL: a circle in a damaged file ends.
const PATH: &str = "WITH RECURSIVE path (key, parent_id) AS (
                        SELECT key, parent_id FROM messages WHERE id = ?1
                        UNION
                        SELECT m.key, m.parent_id FROM messages m JOIN path ON m.id = path.parent_id)";

impl Store {
    /// The messages of a chat, oldest first: the path to the chat's head or to `branch`, or the whole tree. All pages of a
    /// path show the path of the first page, even when the head moves meanwhile.
    ///
    /// # Errors
    /// `NotFound` for the chat or the branch, `InvalidInput` for the limit, `InvalidCursor`.
    pub async fn list_messages(&self, params: ListMessages) -> Result<Page<Message>, StoreError> {
        self.read(move |connection| list(connection, &params)).await
    }

    /// The messages from the root of the chat to the message, both included.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn message_path(&self, id: MessageId) -> Result<Vec<Message>, StoreError> {
        self.read(move |connection| {
            let chat_id = chat_of(connection, &id)?;
            chats::get(connection, &chat_id).map_err(|_| StoreError::not_found("message", &id))?;
            path(connection, &id, 0, i64::MAX).map(|rows| rows.into_iter().map(|(_, message)| message).collect())
        })
        .await
    }
}

/// A message that is to be written.
pub(crate) struct NewMessage<'a> {
    pub(crate) chat_id: &'a ChatId,
    pub(crate) parent_id: Option<&'a MessageId>,
    pub(crate) role: Role,
    pub(crate) content: &'a str,
    pub(crate) status: MessageStatus,
    pub(crate) model: Option<&'a str>,
}

/// Writes a message.
pub(crate) fn insert(connection: &Connection, message: &NewMessage<'_>) -> Result<MessageId, StoreError> {
    let id: MessageId = clock::new_id();
    columns::execute(
        connection,
        "INSERT INTO messages (id, chat_id, parent_id, role, content, status, model, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            id.as_str(),
            message.chat_id.as_str(),
            message.parent_id.map(MessageId::as_str),
            columns::to_name(&message.role)?,
            message.content,
            columns::to_name(&message.status)?,
            message.model,
            clock::now(),
        ],
    )?;
    Ok(id)
}

/// A message, whether its chat is deleted or not.
pub(crate) fn get(connection: &Connection, id: &MessageId) -> Result<Message, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM messages m LEFT JOIN runs r ON r.message_id = m.id WHERE m.id = ?1");
    let row = columns::first(connection, &sql, [id.as_str()], from_row)?;
    row.map(|(_, message)| message).ok_or_else(|| StoreError::not_found("message", id))
}

/// Refuses a message that does not exist or belongs to another chat.
pub(crate) fn require_in_chat(
    connection: &Connection,
    id: &MessageId,
    chat_id: &ChatId,
    pointer: &str,
) -> Result<(), StoreError> {
    if chat_of(connection, id)? == *chat_id {
        return Ok(());
    }
    Err(StoreError::invalid(pointer, format!("The message “{id}” belongs to another chat.")))
}

fn list(connection: &Connection, params: &ListMessages) -> Result<Page<Message>, StoreError> {
    let chat = chats::get(connection, &params.chat_id)?;
    if let Some(branch) = &params.branch {
        require_in_chat(connection, branch, &chat.id, "/branch")?;
    }
    let branch = params.branch.as_ref().map_or("head", |id| id.as_str());
    let name = if params.all { format!("messages of {}", chat.id) } else { format!("path to {branch} in {}", chat.id) };
    let request = PageRequest::new(name, params.cursor.as_deref(), params.limit)?;
    let after = match request.after() {
        Some([key, _]) => key.parse().map_err(|_| StoreError::InvalidCursor)?,
        None => 0_i64,
    };
    // The cursor keeps the end of the path, since the head may move between two pages.
    let end = match request.after() {
        Some([_, end]) => Some(MessageId::from(end.as_str())),
        None => params.branch.clone().or(chat.head_id),
    };
    let rows = match &end {
        _ if params.all => tree(connection, &chat.id, after, request.rows())?,
        Some(end) => path(connection, end, after, request.rows())?,
        None => Vec::new(),
    };
    let end = end.map_or_else(String::new, |id| id.0);
    let page = request.page(rows, |(key, _)| [key.to_string(), end.clone()]);
    let items = page.items.into_iter().map(|(_, message)| message).collect();
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

fn path(connection: &Connection, end: &MessageId, after: i64, limit: i64) -> Result<Vec<(i64, Message)>, StoreError> {
    let sql = format!(
        "{PATH} SELECT {COLUMNS} FROM path JOIN messages m ON m.key = path.key LEFT JOIN runs r ON r.message_id = m.id
         WHERE m.key > ?2 ORDER BY m.key LIMIT ?3"
    );
    columns::all(connection, &sql, params![end.as_str(), after, limit], from_row)
}

fn tree(connection: &Connection, chat_id: &ChatId, after: i64, limit: i64) -> Result<Vec<(i64, Message)>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages m LEFT JOIN runs r ON r.message_id = m.id
         WHERE m.chat_id = ?1 AND m.key > ?2 ORDER BY m.key LIMIT ?3"
    );
    columns::all(connection, &sql, params![chat_id.as_str(), after, limit], from_row)
}

fn chat_of(connection: &Connection, id: &MessageId) -> Result<ChatId, StoreError> {
    let sql = "SELECT chat_id FROM messages WHERE id = ?1";
    let found = columns::first(connection, sql, [id.as_str()], |row| columns::id(row, "chat_id"))?;
    found.ok_or_else(|| StoreError::not_found("message", id))
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, Message)> {
    let message = Message {
        id: columns::id(row, "id")?,
        chat_id: columns::id(row, "chat_id")?,
        parent_id: columns::id_option(row, "parent_id")?,
        role: columns::named(row, "role")?,
        content: row.get("content")?,
        status: columns::named(row, "status")?,
        model: row.get("model")?,
        run_id: columns::id_option(row, "run_id")?,
        created_at: row.get("created_at")?,
    };
    Ok((row.get("key")?, message))
}
