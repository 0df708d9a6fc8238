//! Numbers the events of a run, shows them at once, and makes them durable.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aiia_protocol::event::{Change, Entity};
use aiia_protocol::id::EditId;
use aiia_protocol::run::{Run, RunEvent, RunEventKind, RunStatus};
use aiia_store::StoreError;
use tokio::time::{Instant, Sleep};

use crate::engine::Engine;
use crate::run::driver::{Ending, abandon};
use crate::run::{RunLog, done};

/// After so long at the latest, what has arrived is made durable …
const FLUSH_AFTER: Duration = Duration::from_millis(250);
/// … or after so many bytes.
const FLUSH_BYTES: usize = 1024;
/// All runs do that at the same moments, which are so far apart: one flush to the disk serves all.
const BEAT: Duration = Duration::from_millis(50);

/// The last common moment before `due`.
fn on_the_beat(due: Instant) -> Instant {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let since_first = due.saturating_duration_since(*FIRST.get_or_init(Instant::now));
    due - Duration::from_nanos((since_first.as_nanos() % BEAT.as_nanos()) as u64)
}

type Append = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Numbers events, shows them at once, and makes them durable in batches while more arrive.
pub(super) struct Recorder {
    engine: Engine,
    log: Arc<RunLog>,
    pub(super) run: Arc<Run>,
    /// The number of the last event that was given to the store.
    given: u64,
    /// Whether there are events that were not given yet.
    waiting: bool,
    waiting_bytes: usize,
    /// When they are given at the latest.
    due: Pin<Box<Sleep>>,
    append: Option<Append>,
}

impl Recorder {
    pub(super) fn new(engine: Engine, log: Arc<RunLog>, run: Arc<Run>) -> Self {
        let due = Box::pin(tokio::time::sleep_until(Instant::now()));
        Self { engine, log, run, given: 0, waiting: false, waiting_bytes: 0, due, append: None }
    }

    pub(super) fn record(&mut self, kind: RunEventKind) {
        if !self.waiting {
            self.waiting = true;
            self.due.as_mut().reset(on_the_beat(Instant::now() + FLUSH_AFTER));
        }
        self.waiting_bytes += match &kind {
            RunEventKind::Text { text } | RunEventKind::Reasoning { text } => text.len(),
            _ => 0,
        };
        self.log.push(kind);
    }

    /// What was not given to the store yet; from now on it counts as given.
    fn take_waiting(&mut self) -> Vec<RunEvent> {
        let events = self.log.since(self.given);
        self.given += events.len() as u64;
        (self.waiting, self.waiting_bytes) = (false, 0);
        events
    }

    /// Says that another model answers: what is used counts as its.
    pub(super) async fn answered_by(&mut self, model: &str) {
        model.clone_into(&mut Arc::make_mut(&mut self.run).model);
        if let Err(error) = self.engine.store.answered_by(self.run.id.clone(), model.to_owned()).await {
            tracing::warn!(run = %self.run.id, %error, "the model that answers was not noted");
        }
        let run = &self.run;
        self.engine.publish((Entity::Run, Change::Updated), &run.id, Some(&run.project_id), Some(&run.chat_id));
    }

    /// Resolves when a batch has become durable; never when there is nothing to write. May be dropped and called again.
    pub(super) async fn flushed(&mut self) -> Result<(), StoreError> {
        if self.append.is_none() {
            if !self.waiting {
                std::future::pending::<()>().await;
            }
            if self.waiting_bytes < FLUSH_BYTES {
                self.due.as_mut().await;
            }
            let batch = self.take_waiting();
            let store = self.engine.store.clone();
            let id = self.run.id.clone();
            self.append = Some(Box::pin(async move { store.append_events(id, batch).await }));
        }
        let result = match &mut self.append {
            Some(append) => append.await,
            None => Ok(()),
        };
        self.append = None;
        result
    }

    /// Writes what is left and the end in one transaction, then shows the last event: whoever sees it finds the run ended.
    pub(super) async fn finish(mut self, ending: Ending, content: String, edit_id: Option<EditId>) -> RunStatus {
        if let Some(append) = self.append.take()
            && let Err(error) = append.await
        {
            tracing::error!(run = %self.run.id, %error, "events were not stored");
        }
        let last = done(ending.status, ending.problem.clone());
        let mut events = self.take_waiting();
        events.push(self.log.next(last.clone()));
        let (status, problem) = (ending.status, ending.problem.clone());
        let record = ending.into_record(content, edit_id, events);
        if let Err(error) = self.engine.store.finish_run(self.run.id.clone(), record).await {
            tracing::error!(run = %self.run.id, %error, "the last events of a run were not stored");
            abandon(&self.engine, &self.run, status, problem).await;
        }
        self.log.push(last);
        status
    }
}
