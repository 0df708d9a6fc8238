//! How a run ends: exactly once.

use aiia_protocol::archive::FiledUsage;
use aiia_protocol::id::{EditId, RunId};
use aiia_protocol::message::MessageStatus;
use aiia_protocol::problem::Problem;
use aiia_protocol::run::{Run, RunEvent, RunEventKind, RunStatus, Usage};
use rusqlite::{Connection, params};

use super::{get, is_done};
use crate::{Store, StoreError, chats, chunks, clock, columns, usage};

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
    let run = get(connection, id)?;
    enter_usage(connection, &run, &status, &now)?;
    chats::touch(connection, &run.chat_id, &now)?;
    Ok(run)
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

/// Enters a run that has ended into the ledger.
pub(crate) fn enter_usage(connection: &Connection, run: &Run, status: &str, now: &str) -> Result<(), StoreError> {
    let row = FiledUsage {
        run_id: run.id.clone(),
        chat_id: run.chat_id.clone(),
        project_id: run.project_id.clone(),
        model: run.model.clone(),
        action: run.action.map(|action| action.as_str().to_owned()),
        status: status.to_owned(),
        usage: run.usage.unwrap_or_default(),
        price: run.price.clone(),
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
