//! Attachments of messages.

use aiia_protocol::archive::FiledAttachment;
use aiia_protocol::attachment::{Attachment, LARGEST_SUM, MOST};
use aiia_protocol::id::{AttachmentId, ChatId, MessageId};
use rusqlite::{Connection, Row, params};

use crate::{Store, StoreError, clock, columns};

/// How long an attachment waits for its message, as `SQLite` writes it.
const WAITING: &str = "-1 day";
const COLUMNS: &str = "a.id, a.name, a.kind, a.media_type, a.bytes, a.sha256";

impl Store {
    /// Keeps an attachment with its content, whose hash and size it names. It is forgotten after a day unless a message
    /// takes it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn create_attachment(&self, attachment: Attachment, data: Vec<u8>) -> Result<(), StoreError> {
        self.write(move |connection| {
            forget_unused(connection)?;
            insert(connection, &attachment, &data)
        })
        .await
    }

    /// An attachment with its content.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn attachment(&self, id: AttachmentId) -> Result<(Attachment, Vec<u8>), StoreError> {
        self.read_long(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS}, c.data FROM attachments a JOIN attachment_contents c ON c.sha256 = a.sha256 WHERE a.id = ?1"
            );
            let found = columns::first(connection, &sql, [id.as_str()], |row| Ok((from_row(row)?, row.get("data")?)))?;
            found.ok_or_else(|| StoreError::not_found("attachment", &id))
        })
        .await
    }
}

/// Says that `attachments` go with the message.
pub(crate) fn attach(connection: &Connection, to: &MessageId, attachments: &[AttachmentId]) -> Result<(), StoreError> {
    if attachments.len() > MOST {
        return Err(StoreError::invalid("/attachments", format!("A message has at most {MOST} attachments.")));
    }
    let mut sum = 0;
    for (position, id) in attachments.iter().enumerate() {
        let sql = "SELECT bytes FROM attachments WHERE id = ?1";
        let bytes: Option<i64> = columns::first(connection, sql, [id.as_str()], |row| row.get(0))?;
        sum += bytes.ok_or_else(|| StoreError::not_found("attachment", id))? as u64;
        let sql = "INSERT INTO message_attachments (message_id, position, attachment_id) VALUES (?1, ?2, ?3)";
        columns::execute(connection, sql, params![to.as_str(), position as i64, id.as_str()])?;
    }
    if sum > LARGEST_SUM {
        let detail = format!("The attachments of a message have at most {} MiB.", LARGEST_SUM >> 20);
        return Err(StoreError::invalid("/attachments", detail));
    }
    Ok(())
}

/// Lets the attachments of one message go with another one, too.
pub(crate) fn copy(connection: &Connection, from: &str, to: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO message_attachments (message_id, position, attachment_id)
               SELECT ?2, position, attachment_id FROM message_attachments WHERE message_id = ?1";
    columns::execute(connection, sql, [from, to])?;
    Ok(())
}

/// Where an attachment `a` goes with a message of the chat ?1.
const OF_CHAT: &str =
    "WHERE a.id IN (SELECT t.attachment_id FROM message_attachments t JOIN messages m ON m.id = t.message_id
                      WHERE m.chat_id = ?1)
     ORDER BY a.key";

/// The attachments of a chat without their contents.
pub(crate) fn named(connection: &Connection, chat_id: &ChatId) -> Result<Vec<FiledAttachment>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM attachments a {OF_CHAT}");
    columns::all(connection, &sql, [chat_id.as_str()], |row| {
        Ok(FiledAttachment { attachment: from_row(row)?, data: Vec::new() })
    })
}

/// The attachments of a chat with their contents, for a file.
pub(crate) fn stored(connection: &Connection, chat_id: &ChatId) -> Result<Vec<FiledAttachment>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, c.data FROM attachments a JOIN attachment_contents c ON c.sha256 = a.sha256 {OF_CHAT}"
    );
    columns::all(connection, &sql, [chat_id.as_str()], |row| {
        Ok(FiledAttachment { attachment: from_row(row)?, data: row.get("data")? })
    })
}

/// The attachments of the path that a chat shows, with their contents, for a page.
pub(crate) fn shown(connection: &Connection, chat_id: &ChatId) -> Result<Vec<FiledAttachment>, StoreError> {
    let sql = format!(
        "WITH RECURSIVE path (id, parent_id) AS (
             SELECT m.id, m.parent_id FROM messages m JOIN chats c ON c.head_id = m.id WHERE c.id = ?1
             UNION
             SELECT m.id, m.parent_id FROM messages m JOIN path ON m.id = path.parent_id)
         SELECT {COLUMNS}, c.data FROM attachments a JOIN attachment_contents c ON c.sha256 = a.sha256
         WHERE a.id IN (SELECT t.attachment_id FROM message_attachments t JOIN path ON path.id = t.message_id)
         ORDER BY a.key"
    );
    columns::all(connection, &sql, [chat_id.as_str()], |row| {
        Ok(FiledAttachment { attachment: from_row(row)?, data: row.get("data")? })
    })
}

/// Takes an attachment of a file in, where it is not there. Without a content it has to be there.
pub(crate) fn import(connection: &Connection, file: &FiledAttachment) -> Result<(), StoreError> {
    let sql = "SELECT sha256 FROM attachments WHERE id = ?1";
    let known: Option<String> = columns::first(connection, sql, [file.attachment.id.as_str()], |row| row.get(0))?;
    match known {
        Some(sha256) if sha256 == file.attachment.sha256 => Ok(()),
        Some(_) => Err(StoreError::invalid("/id", "Another attachment has this identifier.")),
        None if file.data.is_empty() => {
            let detail = format!("The content of “{}” is not in the file.", file.attachment.name);
            Err(StoreError::invalid("/data", detail))
        }
        None => insert(connection, &file.attachment, &file.data),
    }
}

/// Erases the attachments that no message took within a day; gives how many.
pub(crate) fn forget_unused(connection: &Connection) -> Result<usize, StoreError> {
    let sql = "DELETE FROM attachments WHERE created_at < strftime('%Y-%m-%dT%H:%M:%fZ', ?1, ?2)
               AND NOT EXISTS (SELECT 1 FROM message_attachments t WHERE t.attachment_id = attachments.id)";
    let gone = columns::execute(connection, sql, [clock::now().as_str(), WAITING])?;
    if gone > 0 {
        forget_contents(connection)?;
    }
    Ok(gone)
}

/// Erases the attachments of the chat, but for those that another chat has, too.
pub(crate) fn erase(connection: &Connection, chat_id: &ChatId) -> Result<(), StoreError> {
    let of_chat =
        "SELECT t.attachment_id FROM message_attachments t JOIN messages m ON m.id = t.message_id WHERE m.chat_id = ?1";
    let ids: Vec<String> = columns::all(connection, of_chat, [chat_id.as_str()], |row| row.get(0))?;
    let sql = "DELETE FROM message_attachments WHERE message_id IN (SELECT id FROM messages WHERE chat_id = ?1)";
    columns::execute(connection, sql, [chat_id.as_str()])?;
    for id in &ids {
        let sql = "DELETE FROM attachments WHERE id = ?1
                   AND NOT EXISTS (SELECT 1 FROM message_attachments t WHERE t.attachment_id = attachments.id)";
        columns::execute(connection, sql, [id.as_str()])?;
    }
    if ids.is_empty() { Ok(()) } else { forget_contents(connection) }
}

fn forget_contents(connection: &Connection) -> Result<(), StoreError> {
    let sql = "DELETE FROM attachment_contents
               WHERE NOT EXISTS (SELECT 1 FROM attachments a WHERE a.sha256 = attachment_contents.sha256)";
    columns::execute(connection, sql, [])?;
    Ok(())
}

fn insert(connection: &Connection, attachment: &Attachment, data: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO attachment_contents (sha256, data) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    columns::execute(connection, sql, params![attachment.sha256, data])?;
    let sql = "INSERT INTO attachments (id, name, kind, media_type, bytes, sha256, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![
        attachment.id.as_str(),
        attachment.name,
        columns::to_name(&attachment.kind)?,
        attachment.media_type,
        data.len() as i64,
        attachment.sha256,
        clock::now()
    ];
    columns::execute(connection, sql, values)?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Attachment> {
    Ok(Attachment {
        id: columns::id(row, "id")?,
        name: row.get("name")?,
        kind: columns::named(row, "kind")?,
        media_type: row.get("media_type")?,
        bytes: columns::number(row, "bytes")?,
        sha256: row.get("sha256")?,
    })
}
