//! Runs: how one begins, gets its events, and ends exactly once.

mod begin;
mod end;

use aiia_protocol::id::RunId;
use aiia_protocol::run::{Run, RunEvent, RunEventKind, RunStatus};
use aiia_protocol::usage::TokenPrice;
use rusqlite::{Connection, params};

pub(crate) use begin::begin_beside;
pub use begin::{AnswerBeside, BegunRun, NewAnswers, NewRun};
pub use end::FinishRun;
pub(crate) use end::{abandon, enter_usage};

use crate::{Store, StoreError, chats, chunks, columns, usage};

impl Store {
    /// Appends events to a run that goes on. They are durable when this returns.
    ///
    /// # Errors
    /// `NotFound`; `State` when the run has ended; `InvalidInput` when the numbers do not go on where the last ones ended,
    /// or for `Done`, which [`Store::finish_run`] writes.
    pub async fn append_events(&self, run_id: RunId, events: Vec<RunEvent>) -> Result<(), StoreError> {
        self.write(move |connection| append(connection, &run_id, &events)).await
    }

    /// Like [`Self::append_events`], but some milliseconds later, with what other runs append meanwhile.
    ///
    /// # Errors
    /// As of [`Self::append_events`].
    pub async fn append_events_together(&self, run_id: RunId, events: Vec<RunEvent>) -> Result<(), StoreError> {
        self.write_together(move |connection| append(connection, &run_id, &events)).await
    }

    /// Says that another model answers a run that goes on: from then on the run, its usage and the search name that one.
    ///
    /// # Errors
    /// `NotFound`; `State` when the run has ended.
    pub async fn answered_by(&self, run_id: RunId, model: String, price: Option<TokenPrice>) -> Result<(), StoreError> {
        self.write(move |connection| answered_by(connection, &run_id, &model, price.as_ref())).await
    }

    /// A run.
    ///
    /// # Errors
    /// `NotFound`, also when its chat is deleted.
    pub async fn get_run(&self, id: RunId) -> Result<Run, StoreError> {
        self.read(move |connection| get_shown(connection, &id)).await
    }

    /// A run, whether its chat is deleted or not.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_stored_run(&self, id: RunId) -> Result<Run, StoreError> {
        self.read(move |connection| get(connection, &id)).await
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
                             r.edit_id, r.problem, r.usage, r.price, r.from_cache, r.last_seq, r.created_at, r.finished_at
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

fn append(connection: &Connection, id: &RunId, events: &[RunEvent]) -> Result<(), StoreError> {
    // Asked some times a second of each run that goes on: nothing but what is needed is read.
    let sql = "SELECT status, last_seq FROM runs WHERE id = ?1";
    let read =
        |row: &rusqlite::Row<'_>| Ok((columns::named::<RunStatus>(row, "status")?, columns::number(row, "last_seq")?));
    let found = columns::first(connection, sql, [id.as_str()], read)?;
    let (status, last_seq) = found.ok_or_else(|| StoreError::not_found("run", id))?;
    if status.is_final() {
        return Err(StoreError::state(format!("The run “{id}” has ended; no events can follow.")));
    }
    if let Some(index) = events.iter().position(is_done) {
        let detail = "The last event is written when the run is finished, not appended.";
        return Err(StoreError::invalid(format!("/events/{index}"), detail));
    }
    chunks::append(connection, id, last_seq, events)?;
    Ok(())
}

fn answered_by(connection: &Connection, id: &RunId, model: &str, price: Option<&TokenPrice>) -> Result<(), StoreError> {
    let run = get(connection, id)?;
    is_running(&run)?;
    let price = usage::price_column(price)?;
    let sql = "UPDATE runs SET model = ?2, price = ?3 WHERE id = ?1";
    columns::execute(connection, sql, params![id.as_str(), model, price])?;
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
        price: columns::json_option(row, "price")?,
        cost_usd: None,
        from_cache: row.get("from_cache")?,
        beside: Vec::new(),
        last_seq: columns::number(row, "last_seq")?,
        created_at: row.get("created_at")?,
        finished_at: row.get("finished_at")?,
    })
}
