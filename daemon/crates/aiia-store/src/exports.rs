//! What the store gives to files that leave it: everything, deleted things included.

use std::collections::HashMap;

use aiia_protocol::archive::{
    CHAT_FORMAT, CHAT_VERSION, ChatFile, FiledAttachment, FiledEdit, FiledMessage, FiledRun, FiledTemplate, FiledTexts,
    FiledUsage, ProjectFile,
};
use aiia_protocol::id::{ChatId, EditId, ProjectId, TemplateId};
use aiia_protocol::message::MessageStatus;
use aiia_protocol::run::{RunEventKind, RunStatus, Usage};
use rusqlite::Connection;

use crate::{
    Store, StoreError, attachments, chats, chunks, clock, columns, edits, messages, projects, runs, templates,
};

impl Store {
    /// A chat with all its branches, runs and edits.
    ///
    /// # Errors
    /// `NotFound` for a chat that was purged, and for a deleted one unless `deleted`.
    pub async fn export_chat(&self, id: ChatId, deleted: bool) -> Result<ChatFile, StoreError> {
        self.read_long(move |connection| {
            if !deleted {
                chats::get(connection, &id)?;
            }
            chat(connection, &id, attachments::stored)
        })
        .await
    }

    /// Like [`Self::export_chat`], but what goes with the messages has no content: [`Self::attachment`] gives that, one after the
    /// other.
    ///
    /// # Errors
    /// As [`Self::export_chat`].
    pub async fn export_chat_alone(&self, id: ChatId, deleted: bool) -> Result<ChatFile, StoreError> {
        self.read_long(move |connection| {
            if !deleted {
                chats::get(connection, &id)?;
            }
            chat(connection, &id, attachments::named)
        })
        .await
    }

    /// A chat to be read: of what goes with its messages, that of the path that is shown.
    ///
    /// # Errors
    /// `NotFound`, also for a deleted one.
    pub async fn export_shown(&self, id: ChatId) -> Result<ChatFile, StoreError> {
        self.read_long(move |connection| {
            chats::get(connection, &id)?;
            chat(connection, &id, attachments::shown)
        })
        .await
    }

    /// The chats of a project, or all, in the order of their making. With those that are deleted, in all; of a project without.
    ///
    /// # Errors
    /// `NotFound` for the project.
    pub async fn exported_chats(&self, project_id: Option<ProjectId>) -> Result<Vec<ChatId>, StoreError> {
        self.read_long(move |connection| {
            let id = |row: &rusqlite::Row<'_>| columns::id(row, "id");
            match &project_id {
                Some(project_id) => {
                    projects::get(connection, project_id)?;
                    let sql = "SELECT id FROM chats WHERE project_id = ?1 AND deleted_at IS NULL ORDER BY key";
                    columns::all(connection, sql, [project_id.as_str()], id)
                }
                None => columns::all(connection, "SELECT id FROM chats ORDER BY key", [], id),
            }
        })
        .await
    }

    /// A project, or all in the order of their making, deleted ones included.
    ///
    /// # Errors
    /// `NotFound` for the project.
    pub async fn export_projects(&self, project_id: Option<ProjectId>) -> Result<Vec<ProjectFile>, StoreError> {
        self.read_long(move |connection| match &project_id {
            Some(id) => Ok(vec![ProjectFile { project: projects::get(connection, id)?, deleted_at: None }]),
            None => projects::all(connection),
        })
        .await
    }

    /// The templates of the user with all their versions, deleted ones included.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn export_templates(&self) -> Result<Vec<FiledTemplate>, StoreError> {
        self.read_long(|connection| {
            let sql =
                "SELECT t.id, t.deleted_at, EXISTS (SELECT 1 FROM template_favourites f WHERE f.template_id = t.id)
                       FROM templates t ORDER BY t.key";
            let rows = columns::all(connection, sql, [], |row| {
                Ok((columns::id::<TemplateId>(row, "id")?, row.get("deleted_at")?, row.get(2)?))
            })?;
            rows.into_iter()
                .map(|(id, deleted_at, favourite)| {
                    let mut revisions = templates::revisions(connection, &id)?;
                    revisions.reverse();
                    Ok(FiledTemplate { id, favourite, revisions, deleted_at })
                })
                .collect()
        })
        .await
    }

    /// What all runs used, those of purged chats included.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn export_usage(&self) -> Result<Vec<FiledUsage>, StoreError> {
        self.read_long(|connection| {
            let sql = "SELECT run_id, chat_id, project_id, model, action, status, input_tokens, output_tokens,
                              cached_tokens, created_at, from_cache, price, cache_write_tokens, told_cost FROM usage_ledger ORDER BY created_at, run_id, key";
            columns::all(connection, sql, [], |row| {
                let tokens = |column| row.get::<_, Option<i64>>(column).map(|count| count.map(|n| n.max(0) as u64));
                Ok(FiledUsage {
                    run_id: columns::id(row, "run_id")?,
                    chat_id: columns::id(row, "chat_id")?,
                    project_id: columns::id(row, "project_id")?,
                    model: row.get("model")?,
                    action: row.get("action")?,
                    status: row.get("status")?,
                    usage: Usage {
                        input_tokens: tokens("input_tokens")?,
                        output_tokens: tokens("output_tokens")?,
                        cached_tokens: tokens("cached_tokens")?,
                        cache_write_tokens: tokens("cache_write_tokens")?,
                        told_cost: tokens("told_cost")?,
                        ..Usage::default()
                    },
                    price: columns::json_option(row, "price")?,
                    from_cache: row.get("from_cache")?,
                    created_at: row.get("created_at")?,
                })
            })
        })
        .await
    }
}

/// The contents of what goes with the messages of a chat.
type Attached = fn(&Connection, &ChatId) -> Result<Vec<FiledAttachment>, StoreError>;

fn chat(connection: &Connection, id: &ChatId, attached: Attached) -> Result<ChatFile, StoreError> {
    let chat = chats::get_stored(connection, id)?.ok_or_else(|| StoreError::not_found("chat", id))?;
    let sql = format!("{} WHERE r.chat_id = ?1 ORDER BY r.key", runs::SELECT);
    let runs = columns::all(connection, &sql, [id.as_str()], runs::from_row)?;
    let runs: Vec<FiledRun> = runs
        .into_iter()
        .map(|run| {
            let events = chunks::read(connection, &run.id, 0, usize::MAX)?;
            let mut run = FiledRun { run, events: events.into_iter().map(|event| event.kind).collect() };
            if !run.run.status.is_final() {
                break_off(&mut run);
            }
            Ok(run)
        })
        .collect::<Result<_, StoreError>>()?;
    let writers: HashMap<&str, &FiledRun> = runs.iter().map(|run| (run.run.message_id.as_str(), run)).collect();
    let mut messages = messages::stored(connection, id)?;
    for FiledMessage { message, .. } in &mut messages {
        let Some(run) = writers.get(message.id.as_str()) else { continue };
        message.run_id = Some(run.run.id.clone());
        if message.status == MessageStatus::Streaming {
            message.status = MessageStatus::Interrupted;
            message.content = said(&run.events);
        }
    }
    let sql = "SELECT e.id FROM edits e JOIN runs r ON r.id = e.run_id WHERE r.chat_id = ?1 ORDER BY e.key";
    let edits: Vec<EditId> = columns::all(connection, sql, [id.as_str()], |row| columns::id(row, "id"))?;
    let edits = edits
        .iter()
        .map(|id| {
            let (edit, texts) = edits::stored(connection, id)?;
            let texts = texts.into_iter().map(|text| FiledTexts { base_text: text.base_text, new_text: text.new_text });
            Ok(FiledEdit { edit, texts: texts.collect() })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(ChatFile {
        format: CHAT_FORMAT.to_owned(),
        version: CHAT_VERSION,
        chat,
        project: None,
        messages,
        runs,
        edits,
        attachments: attached(connection, id)?,
    })
}

/// A run that goes on is in the file as what it is by now: nobody will write it where the file is read.
fn break_off(run: &mut FiledRun) {
    let status = RunStatus::Interrupted;
    run.run.status = status;
    run.run.finished_at = Some(clock::now());
    run.events.push(RunEventKind::Done { status, problem: None });
    run.run.last_seq = run.events.len() as u64;
}

fn said(events: &[RunEventKind]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        RunEventKind::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}
