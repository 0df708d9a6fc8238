//! Chats.

use aiia_protocol::chat::{Chat, CreateChat, ListChats, UpdateChat};
use aiia_protocol::id::{ChatId, MessageId};
use aiia_protocol::page::Page;
use rusqlite::{Connection, params};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, clock, columns, projects};

const LONGEST_TITLE: usize = 200;
const SELECT: &str =
    "SELECT c.id, c.project_id, c.title, c.model, c.head_id, c.message_count, c.created_at, c.updated_at,
                             c.version
                      FROM chats c JOIN projects p ON p.id = c.project_id
                      WHERE c.deleted_at IS NULL AND p.deleted_at IS NULL";

impl Store {
    /// The chats, the last changed one first.
    ///
    /// # Errors
    /// `NotFound` for the project, `InvalidInput` for the limit, `InvalidCursor`.
    pub async fn list_chats(&self, params: ListChats) -> Result<Page<Chat>, StoreError> {
        self.read(move |connection| list(connection, &params)).await
    }

    /// Makes a chat.
    ///
    /// # Errors
    /// `NotFound` for the project, `InvalidInput` for the title.
    pub async fn create_chat(&self, params: CreateChat) -> Result<Chat, StoreError> {
        self.write(move |connection| create(connection, &params)).await
    }

    /// A chat.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_chat(&self, id: ChatId) -> Result<Chat, StoreError> {
        self.read(move |connection| get(connection, &id)).await
    }

    /// Changes a chat, or moves it to another project. What would change nothing is no change: the version stays.
    ///
    /// # Errors
    /// `NotFound` for the chat or the project, `Conflict` when it has another version, `InvalidInput` for the title.
    pub async fn update_chat(&self, params: UpdateChat) -> Result<Chat, StoreError> {
        self.write(move |connection| update(connection, params)).await
    }

    /// Deletes a chat. It stays in the file, but nobody sees it, its messages, runs and edits. A run that goes on can still
    /// be written to its end.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_chat(&self, id: ChatId) -> Result<(), StoreError> {
        self.write(move |connection| delete(connection, &id)).await
    }
}

/// A chat that is not deleted.
pub(crate) fn get(connection: &Connection, id: &ChatId) -> Result<Chat, StoreError> {
    let chat = columns::first(connection, &format!("{SELECT} AND c.id = ?1"), [id.as_str()], from_row)?;
    chat.ok_or_else(|| StoreError::not_found("chat", id))
}

/// Puts the two messages of a new run at the end of the path that is shown.
pub(crate) fn extend(connection: &Connection, chat: &Chat, head: &MessageId, title: &str) -> Result<Chat, StoreError> {
    let now = clock::now();
    columns::execute(
        connection,
        "UPDATE chats SET head_id = ?2, title = ?3, message_count = message_count + 2, updated_at = ?4, version = version + 1
         WHERE id = ?1",
        params![chat.id.as_str(), head.as_str(), title, now],
    )?;
    projects::touch(connection, &chat.project_id, &now)?;
    get(connection, &chat.id)
}

/// Notes that something in the chat has changed, deleted or not.
pub(crate) fn touch(connection: &Connection, id: &ChatId, now: &str) -> Result<(), StoreError> {
    columns::execute(connection, "UPDATE chats SET updated_at = ?2 WHERE id = ?1", [id.as_str(), now])?;
    let sql = "UPDATE projects SET updated_at = ?2 WHERE id = (SELECT project_id FROM chats WHERE id = ?1)";
    columns::execute(connection, sql, [id.as_str(), now])?;
    Ok(())
}

fn list(connection: &Connection, params: &ListChats) -> Result<Page<Chat>, StoreError> {
    let name = format!("chats of {}", params.project_id.as_ref().map_or("all", |id| id.as_str()));
    let request = PageRequest::new(name, params.cursor.as_deref(), params.limit)?;
    let [time, id] = request.after_newest();
    let order = "(c.updated_at, c.id) < (?1, ?2) ORDER BY c.updated_at DESC, c.id DESC LIMIT ?3";
    let rows = if let Some(project_id) = &params.project_id {
        projects::get(connection, project_id)?;
        let sql = format!("{SELECT} AND c.project_id = ?4 AND {order}");
        columns::all(connection, &sql, params![time, id, request.rows(), project_id.as_str()], from_row)?
    } else {
        columns::all(connection, &format!("{SELECT} AND {order}"), params![time, id, request.rows()], from_row)?
    };
    Ok(request.page(rows, |chat| [chat.updated_at.clone(), chat.id.0.clone()]))
}

fn create(connection: &Connection, params: &CreateChat) -> Result<Chat, StoreError> {
    let project = projects::get(connection, &params.project_id)?;
    let title = params.title.as_deref().unwrap_or_default();
    check_title(title)?;
    let id: ChatId = clock::new_id();
    let now = clock::now();
    columns::execute(
        connection,
        "INSERT INTO chats (id, project_id, title, model, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![id.as_str(), project.id.as_str(), title, params.model, now],
    )?;
    projects::touch(connection, &project.id, &now)?;
    get(connection, &id)
}

fn update(connection: &Connection, params: UpdateChat) -> Result<Chat, StoreError> {
    let before = get(connection, &params.chat_id)?;
    if let Some(expected) = params.if_version.filter(|version| *version != before.version) {
        return Err(StoreError::Conflict { what: "chat", id: before.id.0, expected, found: before.version });
    }
    let mut after = before.clone();
    if let Some(title) = params.title {
        check_title(&title)?;
        after.title = title;
    }
    if let Some(project_id) = params.project_id {
        after.project_id = projects::get(connection, &project_id)?.id;
    }
    if let Some(model) = params.model {
        after.model = model;
    }
    if after == before {
        return Ok(before);
    }
    let now = clock::now();
    columns::execute(
        connection,
        "UPDATE chats SET title = ?2, project_id = ?3, model = ?4, updated_at = ?5, version = version + 1 WHERE id = ?1",
        params![after.id.as_str(), after.title, after.project_id.as_str(), after.model, now],
    )?;
    projects::touch(connection, &before.project_id, &now)?;
    projects::touch(connection, &after.project_id, &now)?;
    get(connection, &after.id)
}

fn delete(connection: &Connection, id: &ChatId) -> Result<(), StoreError> {
    let chat = get(connection, id)?;
    let now = clock::now();
    let sql = "UPDATE chats SET deleted_at = ?2, version = version + 1 WHERE id = ?1";
    columns::execute(connection, sql, [id.as_str(), &now])?;
    projects::touch(connection, &chat.project_id, &now)
}

fn check_title(title: &str) -> Result<(), StoreError> {
    let length = title.chars().count();
    if length > LONGEST_TITLE {
        let detail = format!("The title may have {LONGEST_TITLE} characters; it has {length}.");
        return Err(StoreError::invalid("/title", detail));
    }
    Ok(())
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Chat> {
    Ok(Chat {
        id: columns::id(row, "id")?,
        project_id: columns::id(row, "project_id")?,
        title: row.get("title")?,
        model: row.get("model")?,
        head_id: columns::id_option(row, "head_id")?,
        message_count: columns::number(row, "message_count")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        version: columns::number(row, "version")?,
    })
}
