//! What is done to branches of the tree of messages: other wordings, which one is shown, deleting and restoring.

use aiia_protocol::chat::Chat;
use aiia_protocol::id::{AttachmentId, ChatId, MessageId};
use aiia_protocol::message::{BranchChange, Message, MessageStatus, Role};
use rusqlite::Connection;

use crate::messages::NewMessage;
use crate::{Store, StoreError, attachments, chats, clock, columns, messages};

/// The keys of the message ?1 and of all that follow it, deleted ones included.
const BELOW: &str = "WITH RECURSIVE below (key, id) AS (
                         SELECT key, id FROM messages WHERE id = ?1
                         UNION
                         SELECT m.key, m.id FROM messages m JOIN below ON m.parent_id = below.id)";

/// A message that was said elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who said it.
    pub role: Role,
    /// What.
    pub content: String,
    /// What goes with it.
    pub attachments: Vec<AttachmentId>,
}

impl Said {
    /// A text of the user, with nothing attached.
    pub fn by_user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into(), attachments: Vec::new() }
    }
}

impl Store {
    /// Puts another wording beside a message and shows it. The old one, and what follows it, stays beside it.
    ///
    /// # Errors
    /// `NotFound`; `State` while the message is being written.
    pub async fn edit_message(&self, id: MessageId, content: String) -> Result<(Message, Chat), StoreError> {
        self.write(move |connection| {
            let old = messages::get_shown(connection, &id)?;
            if old.status == MessageStatus::Streaming {
                return Err(StoreError::state("The message is still being written; stop it first."));
            }
            let chat = chats::get(connection, &old.chat_id)?;
            let new = NewMessage {
                chat_id: &chat.id,
                parent_id: old.parent_id.as_ref(),
                role: old.role,
                content: &content,
                status: MessageStatus::Complete,
                // What a person writes is no model's.
                model: None,
            };
            let id = messages::insert(connection, &new)?;
            attachments::copy(connection, old.id.as_str(), id.as_str())?;
            if old.role == Role::User {
                chats::entitle(connection, &chat, &content)?;
            }
            let chat = chats::extend(connection, &chat, &id, 1)?;
            Ok((messages::get_shown(connection, &id)?, chat))
        })
        .await
    }

    /// Adds messages, one after the other, at the end of the path that is shown. For a conversation that was held elsewhere.
    ///
    /// # Errors
    /// `NotFound` for the chat.
    pub async fn append_messages(&self, chat_id: ChatId, said: Vec<Said>) -> Result<Chat, StoreError> {
        self.write(move |connection| {
            let chat = chats::get(connection, &chat_id)?;
            let mut head = chat.head_id.clone();
            for one in &said {
                let new = NewMessage {
                    chat_id: &chat.id,
                    parent_id: head.as_ref(),
                    role: one.role,
                    content: &one.content,
                    status: MessageStatus::Complete,
                    model: None,
                };
                let id = messages::insert(connection, &new)?;
                attachments::attach(connection, &id, &one.attachments)?;
                head = Some(id);
            }
            match &head {
                Some(head) if !said.is_empty() => chats::extend(connection, &chat, head, said.len()),
                _ => Ok(chat),
            }
        })
        .await
    }

    /// Shows the branch of a message: the path through it to its newest end.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn choose_branch(&self, id: MessageId) -> Result<Chat, StoreError> {
        self.write(move |connection| {
            let message = messages::get_shown(connection, &id)?;
            let chat = chats::get(connection, &message.chat_id)?;
            let end = newest_end(connection, &id)?;
            if chat.head_id.as_ref() == Some(&end) { Ok(chat) } else { chats::show(connection, &chat.id, Some(&end)) }
        })
        .await
    }

    /// Deletes a message and all that follows it. Where the path that is shown led through it, the newest message beside it
    /// is shown, or the one before it.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it has another version, `State` while one of the messages is being written.
    pub async fn delete_branch(
        &self,
        id: MessageId,
        if_version: Option<u64>,
    ) -> Result<(BranchChange, Chat), StoreError> {
        self.write(move |connection| delete(connection, &id, if_version)).await
    }

    /// Brings a deleted message back with all that was deleted along with it, and shows it. One that is not deleted is left
    /// as it is.
    ///
    /// # Errors
    /// `NotFound`; `State` when the message before it is deleted.
    pub async fn restore_branch(&self, id: MessageId) -> Result<(BranchChange, Chat), StoreError> {
        self.write(move |connection| restore(connection, &id)).await
    }
}

/// The end of the branch below `id`, always going to the newest child.
pub(crate) fn newest_end(connection: &Connection, id: &MessageId) -> Result<MessageId, StoreError> {
    let sql = "SELECT id FROM messages WHERE parent_id = ?1 AND deleted_at IS NULL ORDER BY key DESC LIMIT 1";
    let mut end = id.clone();
    while let Some(child) = columns::first(connection, sql, [end.as_str()], |row| columns::id(row, "id"))? {
        end = child;
    }
    Ok(end)
}

fn delete(
    connection: &Connection,
    id: &MessageId,
    if_version: Option<u64>,
) -> Result<(BranchChange, Chat), StoreError> {
    let message = messages::get_shown(connection, id)?;
    if let Some(expected) = if_version.filter(|version| *version != message.version) {
        return Err(StoreError::Conflict { what: "message", id: id.0.clone(), expected, found: message.version });
    }
    let chat = chats::get(connection, &message.chat_id)?;
    let sql = format!("{BELOW} SELECT count(*) FROM below JOIN messages m USING (key) WHERE m.status = 'streaming'");
    if columns::first(connection, &sql, [id.as_str()], |row| row.get::<_, i64>(0))? != Some(0) {
        return Err(StoreError::state("A message of this branch is still being written; stop it first."));
    }
    let sql = format!(
        "{BELOW} UPDATE messages SET deleted_at = ?2, version = version + 1
         WHERE deleted_at IS NULL AND key IN (SELECT key FROM below)"
    );
    let count = columns::execute(connection, &sql, [id.as_str(), &clock::now()])?;
    let head = match &chat.head_id {
        Some(head) if messages::is_deleted(connection, head)? => beside_or_before(connection, &message)?,
        head => head.clone(),
    };
    let chat = chats::show(connection, &chat.id, head.as_ref())?;
    Ok((BranchChange { messages: count as u64, head_id: head }, chat))
}

/// What is shown when `message` is gone: the newest of its siblings to its end, else the message before it.
fn beside_or_before(connection: &Connection, message: &Message) -> Result<Option<MessageId>, StoreError> {
    let siblings = messages::siblings(connection, &message.chat_id, message.parent_id.as_ref())?;
    match siblings.last() {
        Some(sibling) => newest_end(connection, sibling).map(Some),
        None => Ok(message.parent_id.clone()),
    }
}

fn restore(connection: &Connection, id: &MessageId) -> Result<(BranchChange, Chat), StoreError> {
    let message = messages::get(connection, id)?;
    let chat = chats::get(connection, &message.chat_id).map_err(|_| StoreError::not_found("message", id))?;
    let sql = "SELECT deleted_at FROM messages WHERE id = ?1 AND deleted_at IS NOT NULL";
    let Some(when) = columns::first(connection, sql, [id.as_str()], |row| row.get::<_, String>(0))? else {
        return Ok((BranchChange { messages: 0, head_id: chat.head_id.clone() }, chat));
    };
    if let Some(parent) = &message.parent_id
        && messages::is_deleted(connection, parent)?
    {
        return Err(StoreError::state("The message before it is deleted; restore that one first."));
    }
    let sql = format!(
        "{BELOW} UPDATE messages SET deleted_at = NULL, version = version + 1
         WHERE deleted_at = ?2 AND key IN (SELECT key FROM below)"
    );
    let count = columns::execute(connection, &sql, [id.as_str(), &when])?;
    let head = newest_end(connection, id)?;
    let chat = chats::show(connection, &chat.id, Some(&head))?;
    Ok((BranchChange { messages: count as u64, head_id: Some(head) }, chat))
}
