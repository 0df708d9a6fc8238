//! How fast an embedded model reads on this machine, as it was measured.

use super::Chosen;
use crate::engine::Engine;

/// How many tokens of a prompt an embedded model reads in a second here, as it was measured last, if ever.
pub(crate) async fn prompt_speed(engine: &Engine, model: &Chosen) -> Option<f32> {
    if !model.is_embedded() {
        return None;
    }
    let kept = engine.store.prompt_speed(model.name.clone()).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the speed of a model is not known");
        None
    });
    kept.or_else(|| engine.models().embedded().prompt_speed())
}

/// Keeps how fast an embedded model has just read its prompt, for this run of the program and the next ones.
pub(crate) async fn keep_prompt_speed(engine: &Engine, model: &Chosen) {
    let speed = engine.models().embedded().prompt_speed().filter(|_| model.is_embedded());
    if let Some(speed) = speed
        && let Err(error) = engine.store.keep_prompt_speed(model.name.clone(), speed).await
    {
        tracing::warn!(%error, "the speed of a model was not kept");
    }
}
