//! Runs: how one begins, gets its events, and ends exactly once.

use aiia_protocol::action::ActionKind;
use aiia_protocol::archive::FiledUsage;
use aiia_protocol::chat::Chat;
use aiia_protocol::id::{AttachmentId, ChatId, EditId, MessageId, RunId};
use aiia_protocol::message::{Message, MessageStatus, Role};
use aiia_protocol::problem::Problem;
use aiia_protocol::run::{Run, RunEvent, RunEventKind, RunStatus, Usage};
use aiia_protocol::settings::Settings;
use rusqlite::{Connection, params};

use crate::messages::NewMessage;
use crate::{Store, StoreError, attachments, chats, chunks, clock, columns, messages, usage};

/// What [`Store::begin_run`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// The chat.
    pub chat_id: ChatId,
    /// The message that the user answers; the chat's head where absent. Another message starts a branch.
    pub parent_id: Option<MessageId>,
    /// The message of the user that this is another wording of; it becomes its sibling.
    pub replaces: Option<MessageId>,
    /// What the user says.
    pub content: String,
    /// What goes with it; where absent, what goes with the message that it replaces.
    pub attachments: Option<Vec<AttachmentId>>,
    /// The model that will answer, `provider/model`.
    pub model: String,
    /// The action, where it is one and not a plain chat turn.
    pub action: Option<ActionKind>,
    /// What the answer is made with.
    pub settings: Settings,
}

/// What [`Store::begin_answers`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAnswers {
    /// The message of the user that is answered.
    pub question: MessageId,
    /// The model that will answer, `provider/model`.
    pub model: String,
    /// What the answers are made with.
    pub settings: Settings,
    /// How many.
    pub count: usize,
}

/// What [`Store::begin_run`] gives: everything that it wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct BegunRun {
    /// The run.
    pub run: Run,
    /// The chat, with its new head and title.
    pub chat: Chat,
    /// What the user said.
    pub user_message: Message,
    /// The answer, still empty.
    pub message: Message,
}

/// What [`Store::finish_run`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishRun {
    /// How the run ended; not `Running`.
    pub status: RunStatus,
    /// The whole answer, or what there is of it.
    pub content: String,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// Tokens that it used, where known.
    pub usage: Option<Usage>,
    /// The pending edit that it proposed; the one made with [`Store::create_edit`] where absent.
    pub edit_id: Option<EditId>,
    /// Its last events, which go on where [`Store::append_events`] ended. A `Done` is added where the last one is none.
    pub events: Vec<RunEvent>,
}

impl Store {
    /// Begins a run, all in one transaction: the user's message, the answer (empty, streaming), the run, the chat's head on
    /// the answer, and the chat's title where it has none.
    ///
    /// # Errors
    /// `NotFound` for the chat or the parent, `InvalidInput` when the parent belongs to another chat.
    pub async fn begin_run(&self, run: NewRun) -> Result<BegunRun, StoreError> {
        self.write(move |connection| begin(connection, &run)).await
    }

    /// Begins further answers to a question, all in one transaction. The chat shows the first one; answers that are there
    /// stay beside it.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` when the message is none of the user.
    pub async fn begin_answers(&self, new: NewAnswers) -> Result<Vec<BegunRun>, StoreError> {
        self.write(move |connection| begin_answers(connection, &new)).await
    }

    /// Appends events to a run that goes on. They are durable when this returns.
    ///
    /// # Errors
    /// `NotFound`; `State` when the run has ended; `InvalidInput` when the numbers do not go on where the last ones ended,
    /// or for `Done`, which [`Store::finish_run`] writes.
    pub async fn append_events(&self, run_id: RunId, events: Vec<RunEvent>) -> Result<(), StoreError> {
        self.write(move |connection| append(connection, &run_id, &events)).await
    }

    /// Says that another model answers a run that goes on: from then on the run, its usage and the search name that one.
    ///
    /// # Errors
    /// `NotFound`; `State` when the run has ended.
    pub async fn answered_by(&self, run_id: RunId, model: String) -> Result<(), StoreError> {
        self.write(move |connection| answered_by(connection, &run_id, &model)).await
    }

    /// Ends a run, all in one transaction: its last events, the answer's content and status, one row of the usage ledger.
    /// A run that has ended is given back unchanged.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` for the status, for events that do not go on or do not fit it, for an edit of another run.
    pub async fn finish_run(&self, run_id: RunId, end: FinishRun) -> Result<Run, StoreError> {
        self.write(move |connection| finish(connection, &run_id, end)).await
    }

    /// Ends a run with what is durable of it: the answer is the text of its stored events, a `Done` with the next number is
    /// added. For a run whose writer is gone. A run that has ended is given back unchanged.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` for the status `Running`.
    pub async fn abandon_run(
        &self,
        run_id: RunId,
        status: RunStatus,
        problem: Option<Problem>,
    ) -> Result<Run, StoreError> {
        self.write(move |connection| abandon(connection, &run_id, status, problem)).await
    }

    /// A run.
    ///
    /// # Errors
    /// `NotFound`, also when its chat is deleted.
    pub async fn get_run(&self, id: RunId) -> Result<Run, StoreError> {
        self.read(move |connection| get_shown(connection, &id)).await
    }

    /// The durable events of a run after the number `after`, at most `limit`, exactly as they were appended.
    ///
    /// # Errors
    /// `NotFound`, also when its chat is deleted.
    pub async fn run_events(&self, run_id: RunId, after: u64, limit: usize) -> Result<Vec<RunEvent>, StoreError> {
        self.read(move |connection| {
            get_shown(connection, &run_id)?;
            chunks::read(connection, &run_id, after, limit)
        })
        .await
    }

    /// The runs that go on, the oldest first, those of deleted chats included.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn list_running(&self) -> Result<Vec<Run>, StoreError> {
        self.read(|connection| {
            columns::all(connection, &format!("{SELECT} WHERE r.status = 'running' ORDER BY r.key"), [], from_row)
        })
        .await
    }
}

/// A run `r`, whether its chat is deleted or not.
pub(crate) const SELECT: &str =
    "SELECT r.id, c.project_id, r.chat_id, r.user_message_id, r.message_id, r.action, r.model, r.settings, r.status,
                             r.edit_id, r.problem, r.usage, r.from_cache, r.last_seq, r.created_at, r.finished_at
                      FROM runs r JOIN chats c ON c.id = r.chat_id";

/// A run, whether its chat is deleted or not.
pub(crate) fn get(connection: &Connection, id: &RunId) -> Result<Run, StoreError> {
    let run = columns::first(connection, &format!("{SELECT} WHERE r.id = ?1"), [id.as_str()], from_row)?;
    run.ok_or_else(|| StoreError::not_found("run", id))
}

/// A run whose chat is not deleted.
pub(crate) fn get_shown(connection: &Connection, id: &RunId) -> Result<Run, StoreError> {
    let run = get(connection, id)?;
    match chats::get(connection, &run.chat_id) {
        Ok(_) => Ok(run),
        Err(StoreError::NotFound { .. }) => Err(StoreError::not_found("run", id)),
        Err(error) => Err(error),
    }
}

/// Ends a run with what is durable of it.
pub(crate) fn abandon(
    connection: &Connection,
    id: &RunId,
    status: RunStatus,
    problem: Option<Problem>,
) -> Result<Run, StoreError> {
    let mut content = String::new();
    let mut usage = None;
    for event in chunks::read(connection, id, 0, usize::MAX)? {
        match event.kind {
            RunEventKind::Text { text } => content.push_str(&text),
            RunEventKind::Usage { usage: used } => usage = Some(used),
            _ => {}
        }
    }
    finish(connection, id, FinishRun { status, content, problem, usage, edit_id: None, events: Vec::new() })
}

fn begin(connection: &Connection, new: &NewRun) -> Result<BegunRun, StoreError> {
    let chat = chats::get(connection, &new.chat_id)?;
    if let Some(parent) = &new.parent_id {
        messages::require_in_chat(connection, parent, &chat.id, "/parent_id")?;
    }
    let parent_id = match &new.replaces {
        None => new.parent_id.clone().or_else(|| chat.head_id.clone()),
        Some(_) if new.parent_id.is_some() => {
            return Err(StoreError::invalid("/replaces", "Another wording stands where the first one stands."));
        }
        Some(replaced) => {
            messages::require_in_chat(connection, replaced, &chat.id, "/replaces")?;
            let replaced = messages::get_shown(connection, replaced)?;
            if replaced.role != Role::User {
                return Err(StoreError::invalid("/replaces", "Only a message of the user has another wording."));
            }
            replaced.parent_id
        }
    };
    let question = messages::insert(
        connection,
        &NewMessage {
            chat_id: &chat.id,
            parent_id: parent_id.as_ref(),
            role: Role::User,
            content: &new.content,
            status: MessageStatus::Complete,
            model: None,
        },
    )?;
    match (&new.attachments, &new.replaces) {
        (Some(attachments), _) => attachments::attach(connection, &question, attachments)?,
        (None, Some(replaced)) => attachments::copy(connection, replaced.as_str(), question.as_str())?,
        (None, None) => {}
    }
    let (run, answer) = begin_answer(connection, &chat, &question, &new.model, new.action, &new.settings)?;
    let question_said = messages::get(connection, &question)?;
    // A question that is an image alone is called after it.
    let name = question_said.attachments.first().map_or("", |attachment| attachment.name.as_str());
    chats::entitle(connection, &chat, if new.content.trim().is_empty() { name } else { &new.content })?;
    Ok(BegunRun {
        chat: chats::extend(connection, &chat, &answer, 2)?,
        run: get(connection, &run)?,
        user_message: question_said,
        message: messages::get(connection, &answer)?,
    })
}

fn begin_answers(connection: &Connection, new: &NewAnswers) -> Result<Vec<BegunRun>, StoreError> {
    let question = messages::get_shown(connection, &new.question)?;
    if question.role != Role::User {
        return Err(StoreError::invalid("/message_id", "Only a message of the user can be answered."));
    }
    let chat = chats::get(connection, &question.chat_id)?;
    let mut begun = Vec::with_capacity(new.count);
    for _ in 0..new.count {
        begun.push(begin_answer(connection, &chat, &question.id, &new.model, None, &new.settings)?);
    }
    let Some((_, first)) = begun.first() else { return Ok(Vec::new()) };
    let chat = chats::extend(connection, &chat, first, begun.len())?;
    begun
        .iter()
        .map(|(run, answer)| {
            Ok(BegunRun {
                run: get(connection, run)?,
                chat: chat.clone(),
                user_message: question.clone(),
                message: messages::get(connection, answer)?,
            })
        })
        .collect()
}

/// Begins an answer of each model to `question`; the chat goes on showing what it shows.
pub(crate) fn begin_beside(
    connection: &Connection,
    question: &MessageId,
    answers: &[(String, Settings)],
) -> Result<Vec<BegunRun>, StoreError> {
    let question = messages::get_shown(connection, question)?;
    if question.role != Role::User {
        return Err(StoreError::invalid("/message_id", "Only a message of the user can be answered."));
    }
    let chat = chats::get(connection, &question.chat_id)?;
    let mut begun = Vec::with_capacity(answers.len());
    for (model, settings) in answers {
        begun.push(begin_answer(connection, &chat, &question.id, model, None, settings)?);
    }
    let Some(shown) = chat.head_id.clone().or_else(|| begun.first().map(|(_, answer)| answer.clone())) else {
        return Ok(Vec::new());
    };
    let chat = chats::extend(connection, &chat, &shown, begun.len())?;
    let whole = |(run, answer): (RunId, MessageId)| {
        Ok(BegunRun {
            run: get(connection, &run)?,
            chat: chat.clone(),
            user_message: question.clone(),
            message: messages::get(connection, &answer)?,
        })
    };
    begun.into_iter().map(whole).collect()
}

/// Writes an empty answer to `question` and the run that fills it.
fn begin_answer(
    connection: &Connection,
    chat: &Chat,
    question: &MessageId,
    model: &str,
    action: Option<ActionKind>,
    settings: &Settings,
) -> Result<(RunId, MessageId), StoreError> {
    let answer = messages::insert(
        connection,
        &NewMessage {
            chat_id: &chat.id,
            parent_id: Some(question),
            role: Role::Assistant,
            content: "",
            status: MessageStatus::Streaming,
            model: Some(model),
        },
    )?;
    let id: RunId = clock::new_id();
    columns::execute(
        connection,
        "INSERT INTO runs (id, chat_id, user_message_id, message_id, action, model, settings, status, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            id.as_str(),
            chat.id.as_str(),
            question.as_str(),
            answer.as_str(),
            action.map(ActionKind::as_str),
            model,
            columns::to_json(settings)?,
            columns::to_name(&RunStatus::Running)?,
            clock::now(),
        ],
    )?;
    Ok((id, answer))
}

fn append(connection: &Connection, id: &RunId, events: &[RunEvent]) -> Result<(), StoreError> {
    let run = get(connection, id)?;
    if run.status.is_final() {
        return Err(StoreError::state(format!("The run “{id}” has ended; no events can follow.")));
    }
    if let Some(index) = events.iter().position(is_done) {
        let detail = "The last event is written when the run is finished, not appended.";
        return Err(StoreError::invalid(format!("/events/{index}"), detail));
    }
    chunks::append(connection, id, run.last_seq, events)?;
    Ok(())
}

fn answered_by(connection: &Connection, id: &RunId, model: &str) -> Result<(), StoreError> {
    let run = get(connection, id)?;
    is_running(&run)?;
    columns::execute(connection, "UPDATE runs SET model = ?2 WHERE id = ?1", [id.as_str(), model])?;
    let sql = "UPDATE messages SET model = ?2, version = version + 1 WHERE id = ?1";
    columns::execute(connection, sql, [run.message_id.as_str(), model])?;
    Ok(())
}

/// An error for a run that has ended.
pub(crate) fn is_running(run: &Run) -> Result<(), StoreError> {
    if run.status.is_final() {
        return Err(StoreError::state(format!("The run “{}” has ended; it stays as it is.", run.id)));
    }
    Ok(())
}

fn finish(connection: &Connection, id: &RunId, mut end: FinishRun) -> Result<Run, StoreError> {
    let run = get(connection, id)?;
    if run.status.is_final() {
        return Ok(run);
    }
    let message_status = match end.status {
        RunStatus::Running => return Err(StoreError::invalid("/status", "A run cannot end as running.")),
        RunStatus::Completed => MessageStatus::Complete,
        RunStatus::Failed => MessageStatus::Failed,
        RunStatus::Cancelled => MessageStatus::Cancelled,
        RunStatus::Interrupted => MessageStatus::Interrupted,
    };
    complete_events(&run, &mut end)?;
    chunks::append(connection, id, run.last_seq, &end.events)?;
    if let Some(edit_id) = &end.edit_id {
        require_own_edit(connection, id, edit_id)?;
    }
    let now = clock::now();
    let status = columns::to_name(&end.status)?;
    columns::execute(
        connection,
        "UPDATE runs SET status = ?2, problem = ?3, usage = ?4, edit_id = COALESCE(?5, edit_id), finished_at = ?6
         WHERE id = ?1",
        params![
            id.as_str(),
            status,
            end.problem.as_ref().map(columns::to_json).transpose()?,
            end.usage.as_ref().map(columns::to_json).transpose()?,
            end.edit_id.as_ref().map(EditId::as_str),
            now,
        ],
    )?;
    let sql = "UPDATE messages SET content = ?2, status = ?3, version = version + 1 WHERE id = ?1";
    columns::execute(connection, sql, [run.message_id.as_str(), &end.content, &columns::to_name(&message_status)?])?;
    enter_usage(connection, &run, &status, end.usage.unwrap_or_default(), &now)?;
    chats::touch(connection, &run.chat_id, &now)?;
    get(connection, id)
}

/// Sees to it that the last event, and no other, says how the run ended.
fn complete_events(run: &Run, end: &mut FinishRun) -> Result<(), StoreError> {
    let last = end.events.len().saturating_sub(1);
    match end.events.iter().position(is_done) {
        None => {
            let seq = end.events.last().map_or(run.last_seq, |event| event.seq) + 1;
            let kind = RunEventKind::Done { status: end.status, problem: end.problem.clone() };
            end.events.push(RunEvent { run_id: run.id.clone(), seq, kind });
            Ok(())
        }
        Some(index) if index != last => Err(StoreError::invalid(
            format!("/events/{index}"),
            "Events follow the one that says that the run is done.",
        )),
        Some(index) => match &end.events[index].kind {
            RunEventKind::Done { status, .. } if *status != end.status => {
                let detail = "The last event says that the run ended otherwise.";
                Err(StoreError::invalid(format!("/events/{index}/status"), detail))
            }
            _ => Ok(()),
        },
    }
}

pub(crate) fn enter_usage(
    connection: &Connection,
    run: &Run,
    status: &str,
    used: Usage,
    now: &str,
) -> Result<(), StoreError> {
    let row = FiledUsage {
        run_id: run.id.clone(),
        chat_id: run.chat_id.clone(),
        project_id: run.project_id.clone(),
        model: run.model.clone(),
        action: run.action.map(|action| action.as_str().to_owned()),
        status: status.to_owned(),
        usage: used,
        from_cache: run.from_cache,
        created_at: now.to_owned(),
    };
    usage::enter(connection, &row).map(|_| ())
}

fn require_own_edit(connection: &Connection, id: &RunId, edit_id: &EditId) -> Result<(), StoreError> {
    let sql = "SELECT run_id FROM edits WHERE id = ?1";
    match columns::first(connection, sql, [edit_id.as_str()], |row| columns::id::<RunId>(row, "run_id"))? {
        None => Err(StoreError::not_found("pending edit", edit_id)),
        Some(owner) if owner != *id => Err(StoreError::invalid("/edit_id", "The pending edit belongs to another run.")),
        Some(_) => Ok(()),
    }
}

fn is_done(event: &RunEvent) -> bool {
    matches!(event.kind, RunEventKind::Done { .. })
}

pub(crate) fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: columns::id(row, "id")?,
        project_id: columns::id(row, "project_id")?,
        chat_id: columns::id(row, "chat_id")?,
        user_message_id: columns::id(row, "user_message_id")?,
        message_id: columns::id(row, "message_id")?,
        action: columns::named_option(row, "action")?,
        model: row.get("model")?,
        settings: columns::json_option(row, "settings")?.unwrap_or_default(),
        status: columns::named(row, "status")?,
        edit_id: columns::id_option(row, "edit_id")?,
        problem: columns::json_option(row, "problem")?,
        usage: columns::json_option(row, "usage")?,
        // Prices change; they are put to what was used when it is read.
        cost_usd: None,
        from_cache: row.get("from_cache")?,
        beside: Vec::new(),
        last_seq: columns::number(row, "last_seq")?,
        created_at: row.get("created_at")?,
        finished_at: row.get("finished_at")?,
    })
}
