//! Messages: a tree in each chat. A parent always has a smaller `key` than its children, so a path ordered by `key` goes
//! from the root to its end.

use aiia_protocol::archive::FiledMessage;
use aiia_protocol::id::{ChatId, MessageId};
use aiia_protocol::message::{ListMessages, Message, MessageStatus, Order, Role, UpdateMessage};
use aiia_protocol::page::Page;
use rusqlite::{Connection, params};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, chats, clock, columns};

const LONGEST_NOTE: usize = 10_000;
/// The columns of a message `m` with the run `r` that wrote it.
const COLUMNS: &str =
    "m.key, m.id, m.chat_id, m.parent_id, m.role, m.content, m.status, m.model, r.id AS run_id, m.rating, m.note, m.created_at,
     m.version, r.notices";
/// What goes with the message `m`, as JSON; NULL where nothing does.
const ATTACHMENTS: &str = "CASE WHEN EXISTS (SELECT 1 FROM message_attachments t WHERE t.message_id = m.id)
     THEN (SELECT json_group_array(json(attachment)) FROM (
         SELECT json_object('id', a.id, 'name', a.name, 'kind', a.kind, 'media_type', a.media_type, 'bytes', a.bytes,
                            'sha256', a.sha256) AS attachment
         FROM message_attachments t JOIN attachments a ON a.id = t.attachment_id WHERE t.message_id = m.id
         ORDER BY t.position))
     END AS attachments";
/// The messages beside the message `m` and itself, as JSON; NULL, or itself, where it is alone.
const SIBLINGS: &str = "CASE
         WHEN m.parent_id IS NULL THEN (SELECT json_group_array(id) FROM (SELECT s.id FROM messages s
               WHERE s.chat_id = m.chat_id AND s.parent_id IS NULL AND s.deleted_at IS NULL ORDER BY s.key))
         WHEN EXISTS (SELECT 1 FROM messages s WHERE s.parent_id = m.parent_id AND s.key <> m.key)
         THEN (SELECT json_group_array(id) FROM (SELECT s.id FROM messages s
               WHERE s.parent_id = m.parent_id AND s.deleted_at IS NULL ORDER BY s.key))
     END AS siblings";
/// The keys of the messages from the root to the message ?1. UNION, not UNION ALL: a circle in a damaged file ends.
const PATH: &str = "WITH RECURSIVE path (key, parent_id) AS (
                        SELECT key, parent_id FROM messages WHERE id = ?1
                        UNION
                        SELECT m.key, m.parent_id FROM messages m JOIN path ON m.id = path.parent_id)";

impl Store {
    /// The messages of a chat: the path to the chat's head or to `branch`, or the whole tree. All pages of a
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

    /// A message.
    ///
    /// # Errors
    /// `NotFound`, also when it or its chat is deleted.
    pub async fn get_message(&self, id: MessageId) -> Result<Message, StoreError> {
        self.read(move |connection| get_shown(connection, &id)).await
    }

    /// Whether there is a whole answer of this model to a question, `provider/model`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_answered_by(&self, question: MessageId, model: String) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM messages
                   WHERE parent_id = ?1 AND model = ?2 AND status = 'complete' AND deleted_at IS NULL)";
        self.read(move |connection| Ok(connection.query_row(sql, [question.as_str(), &model], |row| row.get(0))?)).await
    }

    /// Rates a message, or notes something about it. What would change nothing is no change: the version stays.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it has another version, `InvalidInput` for the note.
    pub async fn update_message(&self, change: UpdateMessage) -> Result<Message, StoreError> {
        self.write(move |connection| update(connection, change)).await
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
    let sql = format!(
        "SELECT {COLUMNS}, {ATTACHMENTS}, {SIBLINGS} FROM messages m LEFT JOIN runs r ON r.message_id = m.id WHERE m.id = ?1"
    );
    let row = columns::first(connection, &sql, [id.as_str()], from_row)?;
    row.map(|(_, message)| message).ok_or_else(|| StoreError::not_found("message", id))
}

/// A message that is not deleted, of a chat that is not.
pub(crate) fn get_shown(connection: &Connection, id: &MessageId) -> Result<Message, StoreError> {
    let missing = |_| StoreError::not_found("message", id);
    chats::get(connection, &chat_of(connection, id)?).map_err(missing)?;
    get(connection, id)
}

/// Whether the message is deleted.
pub(crate) fn is_deleted(connection: &Connection, id: &MessageId) -> Result<bool, StoreError> {
    let sql = "SELECT deleted_at IS NOT NULL FROM messages WHERE id = ?1";
    Ok(columns::first(connection, sql, [id.as_str()], |row| row.get(0))?.unwrap_or(false))
}

/// All messages of a chat in the order of their making, deleted ones included. Who is beside them is left out.
pub(crate) fn stored(connection: &Connection, chat_id: &ChatId) -> Result<Vec<FiledMessage>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, {ATTACHMENTS}, '[]' AS siblings, m.deleted_at
         FROM messages m LEFT JOIN runs r ON false WHERE m.chat_id = ?1 ORDER BY m.key"
    );
    columns::all(connection, &sql, [chat_id.as_str()], |row| {
        let (_, message) = from_row(row)?;
        Ok(FiledMessage { message, deleted_at: row.get("deleted_at")? })
    })
}

/// The messages that follow `parent`, or that begin the chat, in the order of their making.
pub(crate) fn siblings(
    connection: &Connection,
    chat_id: &ChatId,
    parent: Option<&MessageId>,
) -> Result<Vec<MessageId>, StoreError> {
    let (sql, of) = match parent {
        Some(parent) => {
            ("SELECT id FROM messages WHERE parent_id = ?1 AND deleted_at IS NULL ORDER BY key", parent.as_str())
        }
        None => (
            "SELECT id FROM messages WHERE chat_id = ?1 AND parent_id IS NULL AND deleted_at IS NULL ORDER BY key",
            chat_id.as_str(),
        ),
    };
    columns::all(connection, sql, [of], |row| columns::id(row, "id"))
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
    let mut name =
        if params.all { format!("messages of {}", chat.id) } else { format!("path to {branch} in {}", chat.id) };
    if params.order == Order::Newest {
        name += ", newest first";
    }
    let request = PageRequest::new(name, params.cursor.as_deref(), params.limit)?;
    let after = match request.after() {
        Some([key, _]) => Some(key.parse().map_err(|_| StoreError::InvalidCursor)?),
        None => None,
    };
    // The cursor keeps the end of the path, since the head may move between two pages. Newest first, it is where the rest
    // begins.
    let end = match request.after() {
        Some([_, end]) => Some(MessageId::from(end.as_str())),
        None => params.branch.clone().or(chat.head_id),
    };
    let rows = match (params.all, params.order, &end) {
        (true, order, _) => tree(connection, &chat.id, order, after, request.rows())?,
        (false, Order::Oldest, Some(end)) => path_on(connection, &chat.id, end, after, request.rows())?,
        (false, Order::Newest, Some(end)) => {
            // The last one of the page before is the first row, and is left out.
            let skip = i64::from(after.is_some());
            let mut rows = path_back(connection, end, request.rows() + skip)?;
            rows.drain(..(skip as usize).min(rows.len()));
            rows
        }
        (false, _, None) => Vec::new(),
    };
    let page = request.page(rows, |(key, message)| {
        let end = if params.order == Order::Newest { Some(&message.id) } else { end.as_ref() };
        [key.to_string(), end.map_or_else(String::new, |id| id.0.clone())]
    });
    let items = page.items.into_iter().map(|(_, message)| message).collect();
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

fn path(connection: &Connection, end: &MessageId, after: i64, limit: i64) -> Result<Vec<(i64, Message)>, StoreError> {
    let sql = format!(
        "{PATH} SELECT {COLUMNS}, {ATTACHMENTS}, {SIBLINGS} FROM path JOIN messages m ON m.key = path.key LEFT JOIN runs r ON r.message_id = m.id
         WHERE m.key > ?2 ORDER BY m.key LIMIT ?3"
    );
    columns::all(connection, &sql, params![end.as_str(), after, limit], from_row)
}

/// `limit` messages of the path to `end`, behind the one with the key `after`. Goes forward from there as long as there is one
/// way alone, so that a page of a long chat costs what it shows; where the tree branches, the way is found from its end.
fn path_on(
    connection: &Connection,
    chat_id: &ChatId,
    end: &MessageId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Message)>, StoreError> {
    // Deleted messages count as ways, too: the end may be one of them by now.
    let sql = format!(
        "WITH RECURSIVE path (key, id) AS (
             SELECT key, id FROM messages WHERE key = ?1
             UNION ALL
             SELECT key, id FROM (SELECT key, id, count(*) OVER () AS ways FROM messages
                                  WHERE ?1 IS NULL AND chat_id = ?2 AND parent_id IS NULL LIMIT 2) WHERE ways = 1
             UNION
             SELECT m.key, m.id FROM path JOIN messages m ON m.parent_id = path.id
             WHERE path.id <> ?3 AND NOT EXISTS (SELECT 1 FROM messages s WHERE s.parent_id = path.id AND s.key <> m.key)
             LIMIT ?4)
         SELECT {COLUMNS}, {ATTACHMENTS}, {SIBLINGS} FROM path JOIN messages m ON m.key = path.key LEFT JOIN runs r ON r.message_id = m.id
         ORDER BY m.key"
    );
    let skip = i64::from(after.is_some());
    let values = params![after, chat_id.as_str(), end.as_str(), limit + skip];
    let mut rows = columns::all(connection, &sql, values, from_row)?;
    let is_all = rows.len() as i64 == limit + skip || rows.last().is_some_and(|(_, last)| last.id == *end);
    if !is_all {
        return path(connection, end, after.unwrap_or(0), limit);
    }
    rows.drain(..(skip as usize).min(rows.len()));
    Ok(rows)
}

/// The last `limit` messages of the path, the last one first. Walks no farther than that.
fn path_back(connection: &Connection, end: &MessageId, limit: i64) -> Result<Vec<(i64, Message)>, StoreError> {
    let sql = format!(
        "WITH RECURSIVE path (key, parent_id) AS (
             SELECT key, parent_id FROM messages WHERE id = ?1
             UNION
             SELECT m.key, m.parent_id FROM messages m JOIN path ON m.id = path.parent_id LIMIT ?2)
         SELECT {COLUMNS}, {ATTACHMENTS}, {SIBLINGS} FROM path JOIN messages m ON m.key = path.key LEFT JOIN runs r ON r.message_id = m.id
         ORDER BY m.key DESC"
    );
    columns::all(connection, &sql, params![end.as_str(), limit], from_row)
}

fn tree(
    connection: &Connection,
    chat_id: &ChatId,
    order: Order,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Message)>, StoreError> {
    let (start, rest) = match order {
        Order::Oldest => (after.unwrap_or(0), "m.key > ?2 ORDER BY m.key"),
        Order::Newest => (after.unwrap_or(i64::MAX), "m.key < ?2 ORDER BY m.key DESC"),
    };
    let sql = format!(
        "SELECT {COLUMNS}, {ATTACHMENTS}, {SIBLINGS} FROM messages m LEFT JOIN runs r ON r.message_id = m.id
         WHERE m.chat_id = ?1 AND m.deleted_at IS NULL AND {rest} LIMIT ?3"
    );
    columns::all(connection, &sql, params![chat_id.as_str(), start, limit], from_row)
}

fn update(connection: &Connection, change: UpdateMessage) -> Result<Message, StoreError> {
    let before = get_shown(connection, &change.message_id)?;
    if let Some(expected) = change.if_version.filter(|version| *version != before.version) {
        return Err(StoreError::Conflict { what: "message", id: before.id.0, expected, found: before.version });
    }
    let mut after = before.clone();
    if let Some(rating) = change.rating {
        after.rating = rating;
    }
    if let Some(note) = change.note {
        let length = note.as_ref().map_or(0, |note| note.chars().count());
        if length > LONGEST_NOTE {
            let detail = format!("The note may have {LONGEST_NOTE} characters; it has {length}.");
            return Err(StoreError::invalid("/note", detail));
        }
        after.note = note.filter(|note| !note.is_empty());
    }
    if after == before {
        return Ok(before);
    }
    let sql = "UPDATE messages SET rating = ?2, note = ?3, version = version + 1 WHERE id = ?1";
    let rating = after.rating.as_ref().map(columns::to_name).transpose()?;
    columns::execute(connection, sql, params![after.id.as_str(), rating, after.note])?;
    get(connection, &after.id)
}

fn chat_of(connection: &Connection, id: &MessageId) -> Result<ChatId, StoreError> {
    let sql = "SELECT chat_id FROM messages WHERE id = ?1 AND deleted_at IS NULL";
    let found = columns::first(connection, sql, [id.as_str()], |row| columns::id(row, "chat_id"))?;
    found.ok_or_else(|| StoreError::not_found("message", id))
}

/// A message that is alone has no siblings.
fn alternatives(siblings: Vec<MessageId>) -> Vec<MessageId> {
    if siblings.len() > 1 { siblings } else { Vec::new() }
}

/// A message of [`COLUMNS`], [`ATTACHMENTS`] and [`SIBLINGS`], with its key; the columns are read in that order.
fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, Message)> {
    let mut columns = columns::InOrder::new(row);
    let key = columns.get()?;
    let message = Message {
        id: columns.id()?,
        chat_id: columns.id()?,
        parent_id: columns.id_option()?,
        role: columns.named()?,
        content: columns.get()?,
        status: columns.named()?,
        model: columns.get()?,
        run_id: columns.id_option()?,
        rating: columns.named_option()?,
        note: columns.get()?,
        created_at: columns.get()?,
        version: columns.number()?,
        notices: columns.json_option()?.unwrap_or_default(),
        attachments: columns.json_option()?.unwrap_or_default(),
        siblings: alternatives(columns.json_option()?.unwrap_or_default()),
    };
    Ok((key, message))
}
