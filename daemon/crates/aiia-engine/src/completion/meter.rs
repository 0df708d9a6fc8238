//! Enters into the ledger what a request used that is no run of a chat.

use aiia_protocol::archive::FiledUsage;
use aiia_protocol::id::{ChatId, ProjectId, RunId};
use aiia_protocol::run::{RunStatus, Usage};

use crate::engine::Engine;
use crate::prices;

/// Counts one request. Whatever becomes of it is entered once: where nobody waits for its end, as cancelled.
pub(super) struct Meter {
    engine: Engine,
    row: Option<FiledUsage>,
}

impl Meter {
    /// Begins to count for `model`.
    pub(super) fn new(engine: &Engine, model: &str, purpose: &str, project: Option<ProjectId>) -> Self {
        let row = FiledUsage {
            run_id: RunId(uuid::Uuid::now_v7().to_string()),
            chat_id: ChatId(String::new()),
            project_id: project.unwrap_or_else(|| ProjectId(String::new())),
            model: model.to_owned(),
            action: Some(purpose.to_owned()),
            status: String::new(),
            usage: Usage::default(),
            price: prices::in_force(model, &engine.configured()),
            from_cache: false,
            created_at: String::new(),
        };
        Self { engine: engine.clone(), row: Some(row) }
    }

    /// Says what was used so far.
    pub(super) fn used(&mut self, usage: Usage) {
        if let Some(row) = &mut self.row {
            row.usage = usage;
        }
    }

    /// Says that another model answers.
    pub(super) fn answered_by(&mut self, model: &str) {
        if let Some(row) = &mut self.row {
            model.clone_into(&mut row.model);
            row.price = prices::in_force(model, &self.engine.configured());
        }
    }

    /// Says that the answer is a kept one.
    pub(super) fn is_from_cache(&mut self) {
        if let Some(row) = &mut self.row {
            row.from_cache = true;
        }
    }

    /// Enters it; once this returns, it is in the ledger.
    pub(super) async fn end(&mut self, status: RunStatus) {
        if let Some(row) = self.row.take() {
            enter(self.engine.clone(), row, status).await;
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let (Some(row), Ok(runtime)) = (self.row.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(enter(self.engine.clone(), row, RunStatus::Cancelled));
        }
    }
}

async fn enter(engine: Engine, row: FiledUsage, status: RunStatus) {
    let status = match status {
        RunStatus::Running => "running",
        RunStatus::Completed => "completed",
        RunStatus::Failed => "failed",
        RunStatus::Cancelled => "cancelled",
        RunStatus::Interrupted => "interrupted",
    };
    let row = FiledUsage { status: status.to_owned(), created_at: jiff::Timestamp::now().to_string(), ..row };
    if let Err(error) = engine.store.enter_usage(row).await {
        tracing::warn!(%error, "what a request used was not entered into the ledger");
    }
}
