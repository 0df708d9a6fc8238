//! Answers that are kept to be given again, where the user wants that: to exactly the same request, to the same model, whose
//! outcome is determined.

use aiia_protocol::id::ChatId;
use aiia_protocol::run::{RunEventKind, Usage, notice};
use serde_json::json;

use aiia_store::KeptAnswer;

use crate::engine::Engine;
use crate::gate::Sealed;
use crate::hash::sha256;
use crate::models::{Chosen, Sampling};
use crate::run::recorder::Recorder;

/// Under what the answer to a request is kept; `None` where none is.
pub(crate) fn key(engine: &Engine, model: &Chosen, sealed: &Sealed, sampling: &Sampling) -> Option<String> {
    let configured = engine.configured();
    if !configured.config.settings.cache.answers || !sampling.is_determined() {
        return None;
    }
    let provider = model.name.split('/').next().unwrap_or_default();
    let address = configured.models.address(provider);
    let all = json!([model.name, address, model.window, sampling.shown(), sealed.messages()]);
    Some(sha256(&all.to_string()))
}

/// The answer that is kept under `key`, as the model gave it.
pub(crate) async fn kept(engine: &Engine, key: &str) -> Option<KeptAnswer> {
    let kept = engine.store.kept_answer(key.to_owned(), days(engine)).await;
    kept.unwrap_or_else(|error| {
        tracing::warn!(%error, "kept answers cannot be read");
        None
    })
}

/// The same for a run; that it is a kept one is recorded.
pub(super) async fn answer(engine: &Engine, recorder: &mut Recorder, key: &str) -> Option<String> {
    let kept = kept(engine, key).await?;
    if let Err(error) = engine.store.answered_from_cache(recorder.run.id.clone()).await {
        tracing::warn!(run = %recorder.run.id, %error, "that the answer is a kept one was not noted");
    }
    let day = kept.created_at.get(..10).unwrap_or_default();
    let text = format!("The same was asked on {day}: this is the answer of then, and no model was asked.");
    recorder.record(RunEventKind::Notice { reason: notice::FROM_CACHE.to_owned(), text });
    Some(kept.text)
}

/// What a kept answer uses.
pub(super) const NOTHING: Usage = Usage {
    input_tokens: Some(0),
    output_tokens: Some(0),
    cached_tokens: None,
    cache_write_tokens: None,
    reasoning_tokens: None,
    told_cost: None,
};

/// Keeps an answer. It goes with its chat.
pub(crate) async fn keep(engine: &Engine, chat: ChatId, key: String, text: String) {
    if let Err(error) = engine.store.keep_answer(key, chat, text, days(engine)).await {
        tracing::warn!(%error, "an answer was not kept");
    }
}

fn days(engine: &Engine) -> u32 {
    engine.configured().config.settings.cache.days
}
