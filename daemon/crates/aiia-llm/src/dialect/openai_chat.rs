//! The chat completions of `OpenAI` and of everybody who copied them.

use serde_json::{Map, Value, json};

use super::{ListedModel, failure, parse_object};
use crate::chat::{ChatRequest, Delta, FinishReason, Usage};
use crate::error::LlmError;
use crate::provider::Quirks;

/// The request's body.
pub(crate) fn body(request: &ChatRequest, quirks: &Quirks) -> Value {
    let messages: Vec<Value> = request
        .messages
        .iter()
        .map(|message| json!({ "role": message.role.as_str(), "content": message.content }))
        .collect();
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    body.insert("messages".into(), json!(messages));
    body.insert("stream".into(), json!(true));
    if quirks.stream_usage {
        body.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    if let Some(limit) = request.max_tokens {
        body.insert(quirks.max_tokens_field.clone(), json!(limit));
    }
    if let Some(temperature) = request.temperature {
        body.insert("temperature".into(), json!(temperature));
    }
    if !request.stop.is_empty() {
        body.insert("stop".into(), json!(request.stop));
    }
    Value::Object(body)
}

/// What is remembered between events.
#[derive(Debug, Default)]
pub(crate) struct State {
    finish: Option<FinishReason>,
    done: bool,
    usage: Option<Usage>,
}

impl State {
    pub(super) fn is_finishing(&self) -> bool {
        self.finish.is_some() || self.done
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    pub(super) fn take_finish(&mut self) -> Option<FinishReason> {
        // Some servers send the end mark and never a reason: that is an ordinary end.
        self.finish.take().or(self.done.then_some(FinishReason::Stop))
    }
}

/// Reads the data of one event.
pub(crate) fn on_event(state: &mut State, event: &str) -> Result<Vec<Delta>, LlmError> {
    let event = event.trim();
    if state.done || event.is_empty() {
        return Ok(Vec::new());
    }
    if event == "[DONE]" {
        state.done = true;
        return Ok(Vec::new());
    }
    let value = parse_object(event)?;
    if let Some(error) = failure::in_stream(&value) {
        return Err(error);
    }
    let mut deltas = Vec::new();
    let choices = value.get("choices").and_then(Value::as_array);
    for choice in choices.into_iter().flatten() {
        if choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0 {
            read_choice(state, choice, &mut deltas);
        }
    }
    if let Some(usage) = value.get("usage").and_then(read_usage)
        && state.usage != Some(usage)
    {
        state.usage = Some(usage);
        deltas.push(Delta::Usage(usage));
    }
    Ok(deltas)
}

fn read_choice(state: &mut State, choice: &Value, deltas: &mut Vec<Delta>) {
    // A server that does not stream sends a whole `message` where a `delta` is expected.
    if let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) {
        for field in ["reasoning_content", "reasoning"] {
            if let Some(text) = delta.get(field).and_then(text_of) {
                deltas.push(Delta::Reasoning(text));
                break;
            }
        }
        for field in ["content", "refusal"] {
            deltas.extend(delta.get(field).and_then(text_of).map(Delta::Text));
        }
    }
    if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
        state.finish = Some(match reason {
            "stop" | "eos" | "eos_token" | "stop_sequence" => FinishReason::Stop,
            "length" | "max_tokens" => FinishReason::Length,
            "content_filter" => FinishReason::ContentFilter,
            other => FinishReason::Other(other.to_owned()),
        });
    }
}

/// The text of a string or of a list of text parts, if there is any.
fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn read_usage(usage: &Value) -> Option<Usage> {
    let number = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64);
    let read = Usage {
        input_tokens: number("/prompt_tokens"),
        output_tokens: number("/completion_tokens"),
        cached_tokens: number("/prompt_tokens_details/cached_tokens").or_else(|| number("/prompt_cache_hit_tokens")),
    };
    (read != Usage::default()).then_some(read)
}

/// The models of `GET /models`.
pub(crate) fn listed_models(body: &Value) -> Option<Vec<ListedModel>> {
    let models = body.get("data")?.as_array()?;
    Some(
        models
            .iter()
            .filter_map(|model| {
                // vLLM, LM Studio, OpenRouter and llama.cpp each tell the window in a place of their own.
                let window =
                    ["/max_model_len", "/loaded_context_length", "/context_length", "/meta/n_ctx", "/meta/n_ctx_train"]
                        .iter()
                        .find_map(|pointer| model.pointer(pointer)?.as_u64());
                Some(ListedModel {
                    name: model.get("id")?.as_str()?.to_owned(),
                    context_window: window.and_then(|tokens| u32::try_from(tokens).ok()),
                    size: model.pointer("/meta/size").and_then(Value::as_u64),
                })
            })
            .collect(),
    )
}
