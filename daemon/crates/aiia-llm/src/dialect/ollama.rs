//! Ollama's own protocol: the only one of its two that takes a context window.

use serde_json::{Map, Value, json};

use super::{ListedModel, Progress, listed_as_embedder, number_at, put, stops, temperature, text_at};
use crate::chat::{ChatMessage, ChatRequest, Delta, FinishReason, Usage};

/// Sent when nobody says more: Ollama's own default is smaller, and it drops what does not fit
/// without a word.
const DEFAULT_WINDOW: u32 = 8192;

/// The request's body.
pub(crate) fn body(request: &ChatRequest, window: Option<u32>) -> Value {
    let messages: Vec<Value> = request.messages.iter().map(message).collect();
    let mut options = Map::new();
    options.insert("num_ctx".into(), json!(request.context_window.or(window).unwrap_or(DEFAULT_WINDOW)));
    put(&mut options, "num_predict", request.max_tokens);
    put(&mut options, "temperature", temperature(request));
    put(&mut options, "stop", stops(request));
    json!({ "model": request.model, "messages": messages, "stream": true, "options": options })
}

fn message(message: &ChatMessage) -> Value {
    let mut value = json!({ "role": message.role.as_str(), "content": message.content });
    if !message.images.is_empty() {
        value["images"] = message.images.iter().map(|image| image.data.as_str()).collect();
    }
    value
}

/// Reads one line.
pub(super) fn read(progress: &mut Progress, value: &Value, deltas: &mut Vec<Delta>) {
    deltas.extend(text_at(value, "/message/thinking").map(Delta::Reasoning));
    deltas.extend(text_at(value, "/message/content").map(Delta::Text));
    if value.get("done").and_then(Value::as_bool) != Some(true) {
        return;
    }
    progress.done = true;
    progress.finish(match text_at(value, "/done_reason").as_deref() {
        None | Some("stop") => FinishReason::Stop,
        Some("length") => FinishReason::Length,
        Some(other) => FinishReason::Other(other.to_owned()),
    });
    let usage = Usage {
        input_tokens: number_at(value, "/prompt_eval_count"),
        output_tokens: number_at(value, "/eval_count"),
        ..Usage::default()
    };
    progress.count(usage, deltas);
}

/// The models of `GET /api/tags`.
pub(crate) fn listed_models(body: &Value) -> Option<Vec<ListedModel>> {
    let models = body.get("models")?.as_array()?;
    Some(
        models
            .iter()
            .filter_map(|model| {
                Some(ListedModel {
                    name: model.get("name").or_else(|| model.get("model"))?.as_str()?.to_owned(),
                    context_window: None,
                    size: model.get("size").and_then(Value::as_u64),
                    remote: ["/remote_host", "/remote_model"].iter().any(|field| text_at(model, field).is_some()),
                    only_embeds: listed_as_embedder(model),
                })
            })
            .collect(),
    )
}
