//! What is used beside the answer of a run, such as for a summary: counted as used by the model that was asked for it.

use aiia_protocol::archive::FiledUsage;
use aiia_protocol::id::RunId;
use aiia_protocol::run::{Run, Usage};

use crate::engine::Engine;
use crate::prices;

/// Enters into the ledger what `model` used for `purpose` in the chat of `run`.
pub(super) async fn enter(engine: &Engine, run: &Run, model: &str, purpose: &str, usage: Usage) {
    let row = FiledUsage {
        run_id: RunId(uuid::Uuid::now_v7().to_string()),
        chat_id: run.chat_id.clone(),
        project_id: run.project_id.clone(),
        model: model.to_owned(),
        action: Some(purpose.to_owned()),
        status: "completed".to_owned(),
        usage,
        price: prices::in_force(model, &engine.configured()),
        from_cache: false,
        created_at: jiff::Timestamp::now().to_string(),
    };
    if let Err(error) = engine.store.enter_usage(row).await {
        tracing::warn!(run = %run.id, purpose, %error, "what was used was not entered into the ledger");
    }
}
