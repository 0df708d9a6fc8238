//! The chat completions of `OpenAI` and of everybody who copied them.

use serde_json::{Map, Value, json};

use super::{ListedModel, Progress, items, listed_as_embedder, number_at, put, stops, temperature, text_at};
use crate::chat::{ChatMessage, ChatRequest, Delta, FinishReason, Usage};
use crate::provider::Quirks;

/// The request's body.
pub(crate) fn body(request: &ChatRequest, quirks: &Quirks) -> Value {
    let messages: Vec<Value> = request.messages.iter().map(message).collect();
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    body.insert("messages".into(), json!(messages));
    body.insert("stream".into(), json!(true));
    if quirks.stream_usage {
        body.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    put(&mut body, &quirks.max_tokens_field, request.max_tokens);
    if quirks.temperature {
        put(&mut body, "temperature", temperature(request));
    }
    put(&mut body, "stop", stops(request));
    Value::Object(body)
}

fn message(message: &ChatMessage) -> Value {
    if message.images.is_empty() {
        return json!({ "role": message.role.as_str(), "content": message.content });
    }
    let images = message.images.iter();
    let mut parts: Vec<Value> =
        images.map(|image| json!({ "type": "image_url", "image_url": { "url": image.data_url() } })).collect();
    parts.push(json!({ "type": "text", "text": message.content }));
    json!({ "role": message.role.as_str(), "content": parts })
}

/// Reads the data of one event.
pub(super) fn read(progress: &mut Progress, value: &Value, deltas: &mut Vec<Delta>) {
    for choice in items(value, "/choices") {
        if number_at(choice, "/index").unwrap_or(0) == 0 {
            read_choice(progress, choice, deltas);
        }
    }
    if let Some(usage) = value.get("usage") {
        progress.count(usage_of(usage), deltas);
    }
}

fn read_choice(progress: &mut Progress, choice: &Value, deltas: &mut Vec<Delta>) {
    let before = deltas.len();
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
    if deltas[before..].iter().any(|delta| matches!(delta, Delta::Text(_) | Delta::Reasoning(_))) {
        // A reason was given too early where more is said after it.
        progress.finish = None;
    }
    // Some servers send an empty reason with every piece.
    if let Some(reason) = text_at(choice, "/finish_reason") {
        progress.finish(finish_reason(&reason));
    }
}

/// What the words of a server for the end mean.
pub(super) fn finish_reason(reason: &str) -> FinishReason {
    match reason.to_ascii_lowercase().as_str() {
        "stop" | "eos" | "eos_token" | "stop_sequence" | "end_turn" | "complete" | "completed" | "done"
        | "finished" => FinishReason::Stop,
        "length" | "max_tokens" => FinishReason::Length,
        "content_filter" => FinishReason::ContentFilter,
        _ => FinishReason::Other(reason.to_owned()),
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

/// The counts of a `usage` object.
pub(super) fn usage_of(usage: &Value) -> Usage {
    Usage {
        input_tokens: number_at(usage, "/prompt_tokens"),
        output_tokens: number_at(usage, "/completion_tokens"),
        cached_tokens: number_at(usage, "/prompt_tokens_details/cached_tokens")
            .or_else(|| number_at(usage, "/prompt_cache_hit_tokens")),
    }
}

/// The models of `GET /models`.
pub(crate) fn listed_models(body: &Value) -> Option<Vec<ListedModel>> {
    let models = body.get("data")?.as_array()?;
    Some(
        models
            .iter()
            .filter_map(|model| {
                // vLLM, LM Studio, OpenRouter and llama.cpp each tell the window in a place of their own. What a model was
                // trained for is no window: the server may have been started with less.
                let window = ["/max_model_len", "/loaded_context_length", "/context_length", "/meta/n_ctx"]
                    .iter()
                    .find_map(|pointer| model.pointer(pointer)?.as_u64());
                Some(ListedModel {
                    name: model.get("id")?.as_str()?.to_owned(),
                    context_window: window.and_then(|tokens| u32::try_from(tokens).ok()),
                    size: model.pointer("/meta/size").and_then(Value::as_u64),
                    remote: false,
                    only_embeds: listed_as_embedder(model),
                })
            })
            .collect(),
    )
}
