//! Chats.

use std::fmt::Write as _;

use aiia_protocol::chat::{ChangeChats, Chat, CreateChat, Inclusion, ListChats, UpdateChat};
use aiia_protocol::id::{ChatId, MessageId, ProjectId, TemplateId};
use aiia_protocol::page::Page;
use aiia_protocol::template::TemplateUse;
use rusqlite::{Connection, ToSql, params};

use crate::cursor::PageRequest;
use crate::{Store, StoreError, clock, columns, parameters, projects, tags, titles};

/// Chats of one change of many.
const MOST_AT_ONCE: usize = 1000;
const LONGEST_TITLE: usize = 200;
const LONGEST_PROMPT: usize = 1 << 20;
/// A chat `c`, deleted or not.
const CHAT: &str =
    "SELECT c.id, c.project_id, c.title, c.titled, c.model, c.system_prompt, c.parameters,
            CASE WHEN EXISTS (SELECT 1 FROM chat_tags t WHERE t.chat_id = c.id)
                 THEN (SELECT json_group_array(tag) FROM (SELECT tag FROM chat_tags t WHERE t.chat_id = c.id ORDER BY position))
            END AS tags,
            c.pinned, c.favourite, c.archived, c.forked_from, c.template_id, c.template_revision, c.head_id, c.message_count,
            c.created_at, c.updated_at, c.deleted_at, c.version
     FROM chats c";
/// With the project `p` of a chat.
const WITH_PROJECT: &str = " JOIN projects p ON p.id = c.project_id WHERE ";

impl Store {
    /// The chats: pinned ones first, then the one in which something was said last.
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

    /// Deletes a chat. It stays in the file, but nobody sees it, its messages, runs and edits, until it is restored. A run
    /// that goes on can still be written to its end.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it has another version.
    pub async fn delete_chat(&self, id: ChatId, if_version: Option<u64>) -> Result<(), StoreError> {
        self.write(move |connection| delete(connection, &id, if_version)).await
    }

    /// Changes many chats, all or none. Gives those that have changed.
    ///
    /// # Errors
    /// `NotFound` for a chat or the project, `InvalidInput` for their number or a tag.
    pub async fn change_chats(&self, params: ChangeChats) -> Result<Vec<Chat>, StoreError> {
        self.write(move |connection| change_many(connection, &params)).await
    }

    /// Gives a chat another title that was made by itself; nothing where a person has given it one, or it is gone. That is no
    /// activity: the time of the chat stays.
    ///
    /// # Errors
    /// `InvalidInput` for the title.
    pub async fn entitle_chat(&self, id: ChatId, title: String) -> Result<Option<Chat>, StoreError> {
        check_title(&title)?;
        self.write(move |connection| {
            let sql = "UPDATE chats SET title = ?2, version = version + 1
                       WHERE id = ?1 AND titled = 0 AND title <> ?2 AND deleted_at IS NULL";
            if columns::execute(connection, sql, [id.as_str(), &title])? == 0 {
                return Ok(None);
            }
            get(connection, &id).map(Some)
        })
        .await
    }

    /// Brings a deleted chat back. One that is not deleted is given as it is.
    ///
    /// # Errors
    /// `NotFound`, also when its project is deleted.
    pub async fn restore_chat(&self, id: ChatId) -> Result<Chat, StoreError> {
        self.write(move |connection| restore(connection, &id)).await
    }
}

/// A chat that is not deleted.
pub(crate) fn get(connection: &Connection, id: &ChatId) -> Result<Chat, StoreError> {
    get_any(connection, id)?.filter(|chat| chat.deleted_at.is_none()).ok_or_else(|| StoreError::not_found("chat", id))
}

/// A chat of a project that is not deleted, whether it is deleted itself or not.
pub(crate) fn get_any(connection: &Connection, id: &ChatId) -> Result<Option<Chat>, StoreError> {
    columns::first(
        connection,
        &format!("{CHAT}{WITH_PROJECT} p.deleted_at IS NULL AND c.id = ?1"),
        [id.as_str()],
        from_row,
    )
}

/// A chat, whether it or its project is deleted or not.
pub(crate) fn get_stored(connection: &Connection, id: &ChatId) -> Result<Option<Chat>, StoreError> {
    columns::first(connection, &format!("{CHAT}{WITH_PROJECT} c.id = ?1"), [id.as_str()], from_row)
}

/// Shows the path to `head` after `more` messages were added.
pub(crate) fn extend(connection: &Connection, chat: &Chat, head: &MessageId, more: usize) -> Result<Chat, StoreError> {
    let now = clock::now();
    columns::execute(
        connection,
        "UPDATE chats SET head_id = ?2, message_count = message_count + ?3, updated_at = ?4, version = version + 1
         WHERE id = ?1",
        params![chat.id.as_str(), head.as_str(), more as i64, now],
    )?;
    projects::touch(connection, &chat.project_id, &now)?;
    get(connection, &chat.id)
}

/// Makes a title from what the user says, where there is none yet. That is no activity of its own.
pub(crate) fn entitle(connection: &Connection, chat: &Chat, content: &str) -> Result<(), StoreError> {
    if chat.title.is_empty() {
        let title = titles::from_message(content);
        columns::execute(connection, "UPDATE chats SET title = ?2 WHERE id = ?1", [chat.id.as_str(), &title])?;
    }
    Ok(())
}

/// Shows another path, and counts the messages again. That somebody looks elsewhere is no activity.
pub(crate) fn show(connection: &Connection, id: &ChatId, head: Option<&MessageId>) -> Result<Chat, StoreError> {
    columns::execute(
        connection,
        "UPDATE chats SET head_id = ?2, version = version + 1,
             message_count = (SELECT count(*) FROM messages m WHERE m.chat_id = chats.id AND m.deleted_at IS NULL)
         WHERE id = ?1",
        params![id.as_str(), head.map(MessageId::as_str)],
    )?;
    get(connection, id)
}

/// Notes that something in the chat has changed, deleted or not.
pub(crate) fn touch(connection: &Connection, id: &ChatId, now: &str) -> Result<(), StoreError> {
    columns::execute(connection, "UPDATE chats SET updated_at = ?2 WHERE id = ?1", [id.as_str(), now])?;
    let sql = "UPDATE projects SET updated_at = ?2 WHERE id = (SELECT project_id FROM chats WHERE id = ?1)";
    columns::execute(connection, sql, [id.as_str(), now])?;
    Ok(())
}

fn list(connection: &Connection, wanted: &ListChats) -> Result<Page<Chat>, StoreError> {
    // Other filters, another list: a cursor of one means nothing in the other.
    let name = format!("chats {}", columns::to_json(&ListChats { cursor: None, limit: None, ..wanted.clone() })?);
    let request = PageRequest::new(name, wanted.cursor.as_deref(), wanted.limit)?;
    let [place, id] = request.after_newest();
    // The first character says whether the last one was pinned; every real one comes after that of the first page.
    let (pinned, time) = match place.split_at_checked(1) {
        Some((pinned @ ("0" | "1"), time)) => (i64::from(pinned == "1"), time.to_owned()),
        _ => (2, place),
    };
    let rows = request.rows();
    let (project_id, tag) =
        (wanted.project_id.as_ref().map(ProjectId::as_str), wanted.tag.as_deref().map(tags::folded));
    // Few projects are deleted: they are looked up once, not one for each chat.
    let mut sql = format!("{CHAT} WHERE c.project_id NOT IN (SELECT id FROM projects WHERE deleted_at IS NOT NULL)");
    let mut values: Vec<(&str, &dyn ToSql)> = vec![(":rows", &rows)];
    if wanted.cursor.is_some() {
        sql += " AND (c.pinned, c.updated_at, c.id) < (:pinned, :time, :id)";
        values.extend([(":pinned", &pinned as &dyn ToSql), (":time", &time), (":id", &id)]);
    }
    if let Some(id) = &wanted.project_id {
        projects::get(connection, id)?;
        sql += " AND c.project_id = :project_id";
        values.push((":project_id", &project_id));
    }
    if tag.is_some() {
        sql += " AND EXISTS (SELECT 1 FROM chat_tags t WHERE t.chat_id = c.id AND t.folded = :tag)";
        values.push((":tag", &tag));
    }
    for (column, wish) in [("pinned", wanted.pinned), ("favourite", wanted.favourite)] {
        if let Some(wish) = wish {
            let _ = write!(sql, " AND c.{column} = {}", u8::from(wish));
        }
    }
    sql += match wanted.archived {
        Inclusion::Exclude => " AND c.archived = 0",
        Inclusion::Include => "",
        Inclusion::Only => " AND c.archived = 1",
    };
    sql += match wanted.deleted {
        Inclusion::Exclude => " AND c.deleted_at IS NULL",
        Inclusion::Include => "",
        Inclusion::Only => " AND c.deleted_at IS NOT NULL",
    };
    sql += " ORDER BY c.pinned DESC, c.updated_at DESC, c.id DESC LIMIT :rows";
    let found = columns::all(connection, &sql, values.as_slice(), from_row)?;
    Ok(request.page(found, |chat| [format!("{}{}", u8::from(chat.pinned), chat.updated_at), chat.id.0.clone()]))
}

fn create(connection: &Connection, new: &CreateChat) -> Result<Chat, StoreError> {
    let project = projects::get(connection, &new.project_id)?;
    let title = titles::on_one_line(new.title.as_deref().unwrap_or_default());
    check_title(&title)?;
    check_prompt(new.system_prompt.as_deref())?;
    let tags = tags::check(&new.tags)?;
    let id: ChatId = clock::new_id();
    let now = clock::now();
    columns::execute(
        connection,
        "INSERT INTO chats (id, project_id, title, titled, model, system_prompt, parameters, created_at, updated_at,
                            template_id, template_revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10)",
        params![
            id.as_str(),
            project.id.as_str(),
            title,
            !title.is_empty(),
            new.model,
            new.system_prompt,
            parameters::to_column(&new.parameters)?,
            now,
            new.template.as_ref().map(|template| template.id.as_str()),
            new.template.as_ref().map(|template| template.revision as i64),
        ],
    )?;
    tags::set(connection, &id, &tags)?;
    projects::touch(connection, &project.id, &now)?;
    get(connection, &id)
}

fn update(connection: &Connection, params: UpdateChat) -> Result<Chat, StoreError> {
    let before = get(connection, &params.chat_id)?;
    require_version(&before, params.if_version)?;
    let mut after = before.clone();
    if let Some(title) = params.title {
        let title = titles::on_one_line(&title);
        check_title(&title)?;
        after.title_is_automatic = title.is_empty();
        after.title = if title.is_empty() { first_words(connection, &before.id)? } else { title };
    }
    if let Some(project_id) = params.project_id {
        after.project_id = projects::get(connection, &project_id)?.id;
    }
    if let Some(model) = params.model {
        after.model = model;
    }
    if let Some(prompt) = params.system_prompt {
        check_prompt(prompt.as_deref())?;
        after.system_prompt = prompt;
    }
    if let Some(tags) = params.tags {
        after.tags = tags::check(&tags)?;
    }
    after.parameters = params.parameters.unwrap_or(after.parameters);
    after.pinned = params.pinned.unwrap_or(after.pinned);
    after.favourite = params.favourite.unwrap_or(after.favourite);
    after.archived = params.archived.unwrap_or(after.archived);
    if after == before {
        return Ok(before);
    }
    columns::execute(
        connection,
        "UPDATE chats SET title = ?2, titled = ?3, project_id = ?4, model = ?5, system_prompt = ?6, parameters = ?7,
             pinned = ?8, favourite = ?9, archived = ?10, version = version + 1 WHERE id = ?1",
        params![
            after.id.as_str(),
            after.title,
            !after.title_is_automatic,
            after.project_id.as_str(),
            after.model,
            after.system_prompt,
            parameters::to_column(&after.parameters)?,
            after.pinned,
            after.favourite,
            after.archived,
        ],
    )?;
    if after.tags != before.tags {
        tags::set(connection, &after.id, &after.tags)?;
    }
    if after.project_id != before.project_id {
        let now = clock::now();
        projects::touch(connection, &before.project_id, &now)?;
        projects::touch(connection, &after.project_id, &now)?;
    }
    get(connection, &after.id)
}

fn change_many(connection: &Connection, params: &ChangeChats) -> Result<Vec<Chat>, StoreError> {
    if !(1..=MOST_AT_ONCE).contains(&params.chat_ids.len()) {
        let detail = format!("There can be 1 to {MOST_AT_ONCE} chats at once, not {}.", params.chat_ids.len());
        return Err(StoreError::invalid("/chat_ids", detail));
    }
    let removed: Vec<String> = params.remove_tags.iter().map(|tag| tags::folded(tag)).collect();
    let mut changed = Vec::new();
    for id in &params.chat_ids {
        let stored = get_any(connection, id)?.ok_or_else(|| StoreError::not_found("chat", id))?;
        let before = match params.deleted {
            // What is to be restored has to be there before anything else is done to it.
            Some(false) => restore(connection, id)?,
            _ if stored.deleted_at.is_some() => return Err(StoreError::not_found("chat", id)),
            _ => stored.clone(),
        };
        let kept = before.tags.iter().filter(|tag| !removed.contains(&tags::folded(tag)));
        let wanted: Vec<String> = kept.chain(&params.add_tags).cloned().collect();
        let change = UpdateChat {
            pinned: params.pinned,
            favourite: params.favourite,
            archived: params.archived,
            project_id: params.project_id.clone(),
            tags: Some(wanted),
            ..UpdateChat::new(id.clone())
        };
        let after = update(connection, change)?;
        if params.deleted == Some(true) {
            delete(connection, id, None)?;
        }
        if after != stored || params.deleted == Some(true) {
            changed.push(after);
        }
    }
    Ok(changed)
}

fn delete(connection: &Connection, id: &ChatId, if_version: Option<u64>) -> Result<(), StoreError> {
    let chat = get(connection, id)?;
    require_version(&chat, if_version)?;
    let sql = "UPDATE chats SET deleted_at = ?2, version = version + 1 WHERE id = ?1";
    columns::execute(connection, sql, [id.as_str(), &clock::now()])?;
    Ok(())
}

fn restore(connection: &Connection, id: &ChatId) -> Result<Chat, StoreError> {
    let chat = get_any(connection, id)?.ok_or_else(|| StoreError::not_found("chat", id))?;
    if chat.deleted_at.is_none() {
        return Ok(chat);
    }
    let sql = "UPDATE chats SET deleted_at = NULL, version = version + 1 WHERE id = ?1";
    columns::execute(connection, sql, [id.as_str()])?;
    get(connection, id)
}

fn require_version(chat: &Chat, expected: Option<u64>) -> Result<(), StoreError> {
    match expected.filter(|version| *version != chat.version) {
        None => Ok(()),
        Some(expected) => {
            Err(StoreError::Conflict { what: "chat", id: chat.id.0.clone(), expected, found: chat.version })
        }
    }
}

/// The title that the chat's first message of the user makes.
fn first_words(connection: &Connection, id: &ChatId) -> Result<String, StoreError> {
    let sql =
        "SELECT content FROM messages WHERE chat_id = ?1 AND role = 'user' AND deleted_at IS NULL ORDER BY key LIMIT 1";
    let content = columns::first(connection, sql, [id.as_str()], |row| row.get::<_, String>(0))?;
    Ok(titles::from_message(&content.unwrap_or_default()))
}

/// Refuses a system prompt that no model could read.
pub(crate) fn check_prompt(prompt: Option<&str>) -> Result<(), StoreError> {
    let length = prompt.map_or(0, |prompt| prompt.chars().count());
    if length > LONGEST_PROMPT {
        let detail = format!("The system prompt may have {LONGEST_PROMPT} characters; it has {length}.");
        return Err(StoreError::invalid("/system_prompt", detail));
    }
    Ok(())
}

pub(crate) fn check_title(title: &str) -> Result<(), StoreError> {
    let length = title.chars().count();
    if length > LONGEST_TITLE {
        let detail = format!("The title may have {LONGEST_TITLE} characters; it has {length}.");
        return Err(StoreError::invalid("/title", detail));
    }
    Ok(())
}

/// A chat of [`SELECT`]; the columns are read in its order.
fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Chat> {
    let mut columns = columns::InOrder::new(row);
    Ok(Chat {
        id: columns.id()?,
        project_id: columns.id()?,
        title: columns.get()?,
        title_is_automatic: !columns.get::<bool>()?,
        model: columns.get()?,
        system_prompt: columns.get()?,
        parameters: columns.json_option()?.unwrap_or_default(),
        tags: columns.json_option()?.unwrap_or_default(),
        pinned: columns.get()?,
        favourite: columns.get()?,
        archived: columns.get()?,
        forked_from: columns.id_option()?,
        template: template(columns.id_option()?, columns.get()?),
        head_id: columns.id_option()?,
        message_count: columns.number()?,
        created_at: columns.get()?,
        updated_at: columns.get()?,
        deleted_at: columns.get()?,
        version: columns.number()?,
    })
}

fn template(id: Option<TemplateId>, revision: Option<i64>) -> Option<TemplateUse> {
    id.zip(revision).map(|(id, revision)| TemplateUse { id, revision: revision.max(0) as u64 })
}
