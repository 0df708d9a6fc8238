//! Takes one chat in, with its messages, runs and edits. Triggers are off meanwhile, so that what is written is indexed here.

use std::collections::HashSet;

use aiia_protocol::action::ActionKind;
use aiia_protocol::archive::{ChatFile, FiledEdit, FiledMessage, FiledRun};
use aiia_protocol::chat::Chat;
use aiia_protocol::id::{AttachmentId, ChatId, EditId, MessageId, ProjectId};
use aiia_protocol::message::{Message, MessageStatus, Role};
use aiia_protocol::run::{Run, RunEvent, RunEventKind, RunStatus};
use aiia_protocol::transfer::ImportOutcome;
use rusqlite::{Connection, params};

use super::{Imported, at, check_id, project, time_option, version};
use crate::edits::NewEditFile;
use crate::{
    StoreError, attachments, branches, chats, chunks, clock, columns, edits, parameters, projects, runs, tags, usage,
};

pub(super) fn chat(connection: &Connection, file: &ChatFile, into: Option<&ProjectId>) -> Result<Imported, StoreError> {
    let new = &file.chat;
    check_id(new.id.as_str())?;
    let known = chats::get_stored(connection, &new.id)?;
    match &known {
        Some(here) if here.deleted_at.is_some() && new.deleted_at.is_none() => {
            return Ok(Imported::skipped("The chat is deleted here; restore it to have it back."));
        }
        Some(here) => {
            if let (None, Some(own)) = (into, &file.project) {
                project(connection, own)?;
            }
            if projects::get(connection, &here.project_id).is_err() {
                return Ok(Imported::skipped("The project of the chat is deleted here."));
            }
        }
        None => insert_chat(connection, file, into)?,
    }
    for (index, attachment) in file.attachments.iter().enumerate() {
        check_id(attachment.attachment.id.as_str()).map_err(|error| at(error, &format!("/attachments/{index}")))?;
        attachments::import(connection, attachment).map_err(|error| at(error, &format!("/attachments/{index}")))?;
    }
    let added = messages(connection, &new.id, &file.messages)?;
    let mut completed = false;
    for (index, run) in file.runs.iter().enumerate() {
        completed |= run_of(connection, file, run).map_err(|error| at(error, &format!("/runs/{index}")))?;
    }
    for (index, edit) in file.edits.iter().enumerate() {
        insert_edit(connection, &new.id, edit).map_err(|error| at(error, &format!("/edits/{index}")))?;
    }
    note_edits(connection, &file.runs)?;
    let outcome = match known {
        Some(_) if added == 0 && !completed => ImportOutcome::Unchanged,
        Some(here) => {
            merge_head(connection, &here)?;
            ImportOutcome::Updated
        }
        None => {
            set_head(connection, file)?;
            ImportOutcome::Created
        }
    };
    Ok(Imported { outcome, messages: added, detail: None })
}

fn insert_chat(connection: &Connection, file: &ChatFile, into: Option<&ProjectId>) -> Result<(), StoreError> {
    let new = &file.chat;
    let project_id = match (into, &file.project) {
        (Some(into), _) => projects::get(connection, into)?.id,
        (None, Some(own)) => {
            project(connection, own).map_err(|error| at(error, "/project"))?;
            own.project.id.clone()
        }
        (None, None) => new.project_id.clone(),
    };
    let sql = "SELECT 1 FROM projects WHERE id = ?1";
    if columns::first(connection, sql, [project_id.as_str()], |_| Ok(()))?.is_none() {
        return Err(StoreError::invalid(
            "/chat/project_id",
            "The project of the chat is neither here nor in the file.",
        ));
    }
    chats::check_title(&new.title)?;
    chats::check_prompt(new.system_prompt.as_deref())?;
    let tags = tags::check(&new.tags)?;
    columns::execute(
        connection,
        "INSERT INTO chats (id, project_id, title, titled, model, system_prompt, parameters, pinned, favourite, archived,
                            forked_from, template_id, template_revision, created_at, updated_at, deleted_at, version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        params![
            new.id.as_str(),
            project_id.as_str(),
            new.title,
            !new.title_is_automatic,
            new.model,
            new.system_prompt,
            parameters::to_column(&new.parameters)?,
            new.pinned,
            new.favourite,
            new.archived,
            new.forked_from.as_ref().map(ChatId::as_str),
            new.template.as_ref().map(|template| template.id.as_str()),
            new.template.as_ref().map(|template| template.revision as i64),
            clock::normalize(&new.created_at, "/chat/created_at")?,
            clock::normalize(&new.updated_at, "/chat/updated_at")?,
            time_option(new.deleted_at.as_deref())?,
            version(new.version),
        ],
    )?;
    let key = connection.last_insert_rowid();
    for index in ["chat_words", "chat_parts"] {
        let sql = format!("INSERT INTO {index} (rowid, title) VALUES (?1, ?2)");
        columns::execute(connection, &sql, params![key, new.title])?;
    }
    tags::set(connection, &new.id, &tags)
}

/// Adds the messages that are not there; gives how many.
fn messages(connection: &Connection, chat_id: &ChatId, files: &[FiledMessage]) -> Result<u64, StoreError> {
    let mut added = 0;
    let mut seen = HashSet::new();
    for (index, FiledMessage { message, deleted_at }) in files.iter().enumerate() {
        let wrong = |what: &str| StoreError::invalid(format!("/messages/{index}"), what);
        check_id(message.id.as_str()).map_err(|_| wrong("The message has no identifier that can be used."))?;
        if !seen.insert(&message.id) {
            return Err(wrong("Two messages have the same identifier."));
        }
        if message.status == MessageStatus::Streaming {
            return Err(wrong("The message is still being written."));
        }
        if let Some(owner) = place(connection, &message.id)?.map(|(owner, _)| owner) {
            if owner != *chat_id {
                return Err(wrong("Another chat has a message with this identifier."));
            }
            continue;
        }
        let mut deleted_at = time_option(deleted_at.as_deref())?;
        if let Some(parent) = &message.parent_id {
            match place(connection, parent)? {
                Some((owner, parent_deleted_at)) if owner == *chat_id => {
                    // What follows a deleted message is deleted with it.
                    deleted_at = parent_deleted_at.or(deleted_at);
                }
                _ => return Err(wrong("The message answers one that does not come before it in this chat.")),
            }
        }
        columns::execute(
            connection,
            "INSERT INTO messages (id, chat_id, parent_id, role, content, status, model, rating, note, created_at,
                                   deleted_at, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                message.id.as_str(),
                chat_id.as_str(),
                message.parent_id.as_ref().map(MessageId::as_str),
                columns::to_name(&message.role)?,
                message.content,
                columns::to_name(&message.status)?,
                message.model,
                message.rating.as_ref().map(columns::to_name).transpose()?,
                message.note,
                clock::normalize(&message.created_at, &format!("/messages/{index}/created_at"))?,
                deleted_at,
                version(message.version),
            ],
        )?;
        let key = connection.last_insert_rowid();
        for index in ["message_words", "message_parts"] {
            let sql = format!("INSERT INTO {index} (rowid, content) VALUES (?1, ?2)");
            columns::execute(connection, &sql, params![key, message.content])?;
        }
        let attached: Vec<AttachmentId> = message.attachments.iter().map(|attachment| attachment.id.clone()).collect();
        attachments::attach(connection, &message.id, &attached).map_err(|error| match error {
            StoreError::NotFound { .. } => wrong("What goes with it is not in the file."),
            other => at(other, &format!("/messages/{index}")),
        })?;
        added += 1;
    }
    Ok(added)
}

/// The chat of a message, and when that was deleted.
fn place(connection: &Connection, id: &MessageId) -> Result<Option<(ChatId, Option<String>)>, StoreError> {
    let sql = "SELECT chat_id, deleted_at FROM messages WHERE id = ?1";
    columns::first(connection, sql, [id.as_str()], |row| Ok((columns::id(row, "chat_id")?, row.get("deleted_at")?)))
}

/// Takes a run in that is not there, or the rest of one that broke off here and not in the file. Tells whether it is the latter.
fn run_of(connection: &Connection, chat: &ChatFile, file: &FiledRun) -> Result<bool, StoreError> {
    let (chat_id, run) = (&chat.chat.id, &file.run);
    check_id(run.id.as_str())?;
    match runs::get(connection, &run.id) {
        Ok(known) if known.chat_id == *chat_id => complete_run(connection, chat, file, &known),
        Ok(_) => Err(StoreError::invalid("/id", "Another chat has a run with this identifier.")),
        Err(StoreError::NotFound { .. }) => insert_run(connection, chat_id, file).map(|()| false),
        Err(error) => Err(error),
    }
}

/// Gives a run that was filed while it was written the end that a later file has. Tells whether there was something to give. The
/// usage ledger, which is only appended to, keeps what it has of the run.
fn complete_run(connection: &Connection, chat: &ChatFile, file: &FiledRun, known: &Run) -> Result<bool, StoreError> {
    let run = &file.run;
    let message = chat.messages.iter().map(|filed| &filed.message).find(|message| message.id == known.message_id);
    let Some(message) =
        message.filter(|_| known.status == RunStatus::Interrupted && run.message_id == known.message_id)
    else {
        return Ok(false);
    };
    let mut said = chunks::read(connection, &known.id, 0, usize::MAX)?;
    // Its end is the one that it got when it broke off.
    said.pop();
    let goes_on =
        file.events.len() > said.len() + 1 && said.iter().zip(&file.events).all(|(event, filed)| event.kind == *filed);
    if !goes_on {
        return Ok(false);
    }
    let finished_at = end_of(file)?;
    let price = usage::price_column(run.price.as_ref())?;
    columns::execute(connection, "DELETE FROM run_chunks WHERE run_id = ?1", [run.id.as_str()])?;
    columns::execute(
        connection,
        "UPDATE runs SET last_seq = 0, status = ?2, problem = ?3, usage = ?4, finished_at = ?5, price = ?6 WHERE id = ?1",
        params![
            run.id.as_str(),
            columns::to_name(&run.status)?,
            run.problem.as_ref().map(columns::to_json).transpose()?,
            run.usage.as_ref().map(columns::to_json).transpose()?,
            finished_at,
            price,
        ],
    )?;
    append_events(connection, file)?;
    rewrite(connection, message)?;
    Ok(true)
}

/// Gives a message that is here the text and the state of a file.
fn rewrite(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    for index in ["message_words", "message_parts"] {
        let sql = format!(
            "INSERT INTO {index} ({index}, rowid, content) SELECT 'delete', key, content FROM messages WHERE id = ?1"
        );
        columns::execute(connection, &sql, [message.id.as_str()])?;
    }
    let sql = "UPDATE messages SET content = ?2, status = ?3, version = version + 1 WHERE id = ?1";
    let values = params![message.id.as_str(), message.content, columns::to_name(&message.status)?];
    columns::execute(connection, sql, values)?;
    for index in ["message_words", "message_parts"] {
        let sql = format!("INSERT INTO {index} (rowid, content) SELECT key, content FROM messages WHERE id = ?1");
        columns::execute(connection, &sql, [message.id.as_str()])?;
    }
    Ok(())
}

fn insert_run(connection: &Connection, chat_id: &ChatId, file: &FiledRun) -> Result<(), StoreError> {
    let run = &file.run;
    let sql = "SELECT 1 FROM messages WHERE id = ?1 AND chat_id = ?2 AND parent_id = ?3 AND role = ?4";
    let fits = params![
        run.message_id.as_str(),
        chat_id.as_str(),
        run.user_message_id.as_str(),
        columns::to_name(&Role::Assistant)?
    ];
    if columns::first(connection, sql, fits, |_| Ok(()))?.is_none() {
        return Err(StoreError::invalid("/message_id", "The run wrote no answer of this chat."));
    }
    let finished_at = end_of(file)?;
    let price = usage::price_column(run.price.as_ref())?;
    columns::execute(
        connection,
        "INSERT INTO runs (id, chat_id, user_message_id, message_id, action, model, settings, status, problem, usage,
                           created_at, finished_at, from_cache, price)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            run.id.as_str(),
            chat_id.as_str(),
            run.user_message_id.as_str(),
            run.message_id.as_str(),
            run.action.map(ActionKind::as_str),
            run.model,
            columns::to_json(&run.settings)?,
            columns::to_name(&run.status)?,
            run.problem.as_ref().map(columns::to_json).transpose()?,
            run.usage.as_ref().map(columns::to_json).transpose()?,
            clock::normalize(&run.created_at, "/created_at")?,
            finished_at,
            run.from_cache,
            price,
        ],
    )?;
    append_events(connection, file)?;
    let status = columns::to_name(&run.status)?;
    runs::enter_usage(connection, run, &status, &finished_at)
}

/// When the run ended, whose last event says how.
fn end_of(file: &FiledRun) -> Result<String, StoreError> {
    let run = &file.run;
    let end = file.events.iter().position(|event| matches!(event, RunEventKind::Done { .. }));
    let said = end.and_then(|index| match &file.events[index] {
        RunEventKind::Done { status, .. } if index + 1 == file.events.len() => Some(*status),
        _ => None,
    });
    if !run.status.is_final() || said != Some(run.status) {
        return Err(StoreError::invalid("/events", "The last event does not say how the run ended."));
    }
    time_option(run.finished_at.as_deref())?
        .ok_or_else(|| StoreError::invalid("/finished_at", "A run that ended has the time of its end."))
}

fn append_events(connection: &Connection, file: &FiledRun) -> Result<(), StoreError> {
    let id = &file.run.id;
    let numbered = file.events.iter().cloned().zip(1..);
    let events: Vec<RunEvent> = numbered.map(|(kind, seq)| RunEvent { run_id: id.clone(), seq, kind }).collect();
    chunks::append(connection, id, 0, &events).map(|_| ())
}

fn insert_edit(connection: &Connection, chat_id: &ChatId, file: &FiledEdit) -> Result<(), StoreError> {
    let edit = &file.edit;
    check_id(edit.id.as_str())?;
    let owner =
        |sql: &str, id: &str| columns::first(connection, sql, [id], |row| columns::id::<ChatId>(row, "chat_id"));
    if owner("SELECT chat_id FROM runs WHERE id = ?1", edit.run_id.as_str())?.as_ref() != Some(chat_id) {
        return Err(StoreError::invalid("/run_id", "The change was proposed by no run of this chat."));
    }
    let sql = "SELECT r.chat_id FROM edits e JOIN runs r ON r.id = e.run_id WHERE e.id = ?1";
    match owner(sql, edit.id.as_str())? {
        Some(known) if known == *chat_id => return Ok(()),
        Some(_) => return Err(StoreError::invalid("/id", "Another chat has a change with this identifier.")),
        None => {}
    }
    let mut numbers: Vec<u32> = edit.files.iter().flat_map(|file| &file.hunks).map(|hunk| hunk.number).collect();
    numbers.sort_unstable();
    if numbers.is_empty() || numbers.iter().zip(1..).any(|(number, expected)| *number != expected) {
        return Err(StoreError::invalid("/files", "The hunks are not numbered 1, 2, 3 …."));
    }
    if file.texts.len() != edit.files.len() {
        return Err(StoreError::invalid("/texts", "Each file of a change has its texts."));
    }
    let status = edits::status_of(edit.files.iter().flat_map(|file| &file.hunks).map(|hunk| hunk.status));
    columns::execute(
        connection,
        "INSERT INTO edits (id, run_id, title, model, status, diff, left_out, created_at, updated_at, version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            edit.id.as_str(),
            edit.run_id.as_str(),
            edit.title,
            edit.model,
            columns::to_name(&status)?,
            edit.diff,
            edits::left_out(&edit.left_out)?,
            clock::normalize(&edit.created_at, "/created_at")?,
            clock::normalize(&edit.updated_at, "/updated_at")?,
            version(edit.version),
        ],
    )?;
    for (position, (file, texts)) in edit.files.iter().zip(&file.texts).enumerate() {
        let file = NewEditFile {
            path: file.path.clone(),
            action: file.action,
            from: file.from.clone(),
            protection: file.protection.clone(),
            base_hash: file.base_hash.clone(),
            base_text: texts.base_text.clone(),
            new_text: texts.new_text.clone(),
            hunks: file.hunks.clone(),
        };
        edits::insert_file(connection, &edit.id, position as i64, &file)?;
    }
    Ok(())
}

/// Notes at the runs which change they proposed.
fn note_edits(connection: &Connection, runs: &[FiledRun]) -> Result<(), StoreError> {
    let sql = "UPDATE runs SET edit_id = ?2 WHERE id = ?1 AND edit_id IS NULL
                   AND EXISTS (SELECT 1 FROM edits e WHERE e.id = ?2 AND e.run_id = ?1)";
    for run in runs {
        if let Some(edit) = &run.run.edit_id {
            columns::execute(connection, sql, [run.run.id.as_str(), EditId::as_str(edit)])?;
        }
    }
    Ok(())
}

/// Shows what the file shows, and counts the messages.
fn set_head(connection: &Connection, file: &ChatFile) -> Result<(), StoreError> {
    let shown =
        |id: &MessageId| file.messages.iter().any(|filed| filed.message.id == *id && filed.deleted_at.is_none());
    let id = &file.chat.id;
    let head = file.chat.head_id.clone().filter(|head| shown(head));
    let head = match head {
        Some(head) if place(connection, &head)?.is_some_and(|(_, deleted_at)| deleted_at.is_none()) => Some(head),
        _ => last(connection, id)?,
    };
    count(connection, id, head.as_ref())
}

/// Goes on to the end of what is shown, where messages were added to it.
fn merge_head(connection: &Connection, here: &Chat) -> Result<(), StoreError> {
    let head = if let Some(head) = &here.head_id {
        Some(branches::newest_end(connection, head)?)
    } else {
        last(connection, &here.id)?
    };
    count(connection, &here.id, head.as_ref())?;
    let sql = "UPDATE chats SET version = version + 1,
                   updated_at = max(updated_at, coalesce((SELECT max(created_at) FROM messages m WHERE m.chat_id = chats.id), ''))
               WHERE id = ?1";
    columns::execute(connection, sql, [here.id.as_str()])?;
    Ok(())
}

fn last(connection: &Connection, id: &ChatId) -> Result<Option<MessageId>, StoreError> {
    let sql = "SELECT id FROM messages WHERE chat_id = ?1 AND deleted_at IS NULL ORDER BY key DESC LIMIT 1";
    columns::first(connection, sql, [id.as_str()], |row| columns::id(row, "id"))
}

fn count(connection: &Connection, id: &ChatId, head: Option<&MessageId>) -> Result<(), StoreError> {
    let sql = "UPDATE chats SET head_id = ?2,
                   message_count = (SELECT count(*) FROM messages m WHERE m.chat_id = chats.id AND m.deleted_at IS NULL)
               WHERE id = ?1";
    columns::execute(connection, sql, params![id.as_str(), head.map(MessageId::as_str)])?;
    Ok(())
}
