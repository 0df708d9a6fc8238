//! Ollama's own protocol: the only one of its two that takes a context window.

use serde_json::{Map, Value, json};

use super::{ListedModel, failure, parse_object};
use crate::chat::{ChatRequest, Delta, FinishReason, Usage};
use crate::error::LlmError;

/// Sent when nobody says more: Ollama's own default is smaller, and it drops what does not fit
/// without a word.
const DEFAULT_WINDOW: u32 = 8192;

/// The request's body.
pub(crate) fn body(request: &ChatRequest, window: Option<u32>) -> Value {
    let messages: Vec<Value> = request
        .messages
        .iter()
        .map(|message| json!({ "role": message.role.as_str(), "content": message.content }))
        .collect();
    let mut options = Map::new();
    options.insert("num_ctx".into(), json!(request.context_window.or(window).unwrap_or(DEFAULT_WINDOW)));
    if let Some(limit) = request.max_tokens {
        options.insert("num_predict".into(), json!(limit));
    }
    if let Some(temperature) = request.temperature {
        options.insert("temperature".into(), json!(temperature));
    }
    if !request.stop.is_empty() {
        options.insert("stop".into(), json!(request.stop));
    }
    json!({ "model": request.model, "messages": messages, "stream": true, "options": options })
}

/// What is remembered between events.
#[derive(Debug, Default)]
pub(crate) struct State {
    finish: Option<FinishReason>,
    done: bool,
}

impl State {
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    pub(super) fn take_finish(&mut self) -> Option<FinishReason> {
        self.finish.take()
    }
}

/// Reads one line.
pub(crate) fn on_event(state: &mut State, event: &str) -> Result<Vec<Delta>, LlmError> {
    let event = event.trim();
    if state.done || event.is_empty() {
        return Ok(Vec::new());
    }
    let value = parse_object(event)?;
    if let Some(error) = failure::in_stream(&value) {
        return Err(error);
    }
    let text = |pointer: &str| {
        value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mut deltas = Vec::new();
    deltas.extend(text("/message/thinking").map(Delta::Reasoning));
    deltas.extend(text("/message/content").map(Delta::Text));
    if value.get("done").and_then(Value::as_bool) == Some(true) {
        state.done = true;
        state.finish = Some(match text("/done_reason").as_deref() {
            None | Some("stop") => FinishReason::Stop,
            Some("length") => FinishReason::Length,
            Some(other) => FinishReason::Other(other.to_owned()),
        });
        let number = |field: &str| value.get(field).and_then(Value::as_u64);
        let usage = Usage {
            input_tokens: number("prompt_eval_count"),
            output_tokens: number("eval_count"),
            cached_tokens: None,
        };
        if usage != Usage::default() {
            deltas.push(Delta::Usage(usage));
        }
    }
    Ok(deltas)
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
                })
            })
            .collect(),
    )
}
