//! `OpenAI`'s Responses.

use serde_json::{Map, Value, json};

use super::{Progress, failure, instructions, items, number_at, put, temperature, text_at, told_cost, turns};
use crate::chat::{ChatMessage, ChatRequest, Delta, FinishReason, Role, Usage};
use crate::error::LlmError;

/// The request's body. Nothing is kept at the provider, and there are no stop strings in this dialect.
pub(super) fn body(request: &ChatRequest) -> Value {
    let input: Vec<Value> = turns(request).map(message).collect();
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    put(&mut body, "instructions", instructions(request));
    body.insert("input".into(), json!(input));
    body.insert("stream".into(), json!(true));
    body.insert("store".into(), json!(false));
    put(&mut body, "max_output_tokens", request.max_tokens);
    put(&mut body, "temperature", temperature(request));
    Value::Object(body)
}

fn message(message: &ChatMessage) -> Value {
    let kind = if message.role == Role::Assistant { "output_text" } else { "input_text" };
    let images = message.images.iter();
    let mut parts: Vec<Value> =
        images.map(|image| json!({ "type": "input_image", "image_url": image.data_url() })).collect();
    parts.push(json!({ "type": kind, "text": message.content }));
    json!({ "role": message.role.as_str(), "content": parts })
}

/// Reads the data of one event; its kind stands in the data as well.
pub(super) fn read(progress: &mut Progress, value: &Value, deltas: &mut Vec<Delta>) -> Result<(), LlmError> {
    let delta = || text_at(value, "/delta");
    match value.get("type").and_then(Value::as_str).unwrap_or_default() {
        "response.output_text.delta" | "response.refusal.delta" => {
            let Some(text) = delta() else { return Ok(()) };
            let message = number_at(value, "/output_index").or(progress.message);
            if progress.has_text && message != progress.message {
                // Each message stands for itself.
                deltas.push(Delta::Text("\n\n".to_owned()));
            }
            progress.message = message;
            deltas.push(Delta::Text(text));
        }
        // Where no piece came, this is all of it.
        "response.output_text.done" if !progress.has_text => deltas.extend(text_at(value, "/text").map(Delta::Text)),
        "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
            deltas.extend(delta().map(Delta::Reasoning));
        }
        // The summary comes in parts without anything between them.
        "response.reasoning_summary_part.added" if number_at(value, "/summary_index").unwrap_or(0) > 0 => {
            deltas.push(Delta::Reasoning("\n\n".to_owned()));
        }
        "response.completed" | "response.incomplete" | "response.cancelled" => {
            if !progress.has_text {
                // A server that gives its answer again sends no pieces.
                output(&value["response"], deltas);
            }
            end(progress, &value["response"], deltas);
            progress.done = true;
        }
        "response.failed" => return Err(failure::of_event(&value["response"]["error"])),
        "error" => return Err(failure::of_event(value)),
        // A server that does not stream sends the response as a whole.
        "" if text_at(value, "/object").as_deref() == Some("response") => {
            output(value, deltas);
            end(progress, value, deltas);
        }
        _ => {}
    }
    Ok(())
}

/// What a whole response says.
fn output(response: &Value, deltas: &mut Vec<Delta>) {
    let messages = items(response, "/output").filter(|item| text_at(item, "/type").as_deref() == Some("message"));
    for part in messages.flat_map(|item| items(item, "/content")) {
        deltas.extend(text_at(part, "/text").or_else(|| text_at(part, "/refusal")).map(Delta::Text));
    }
}

fn end(progress: &mut Progress, response: &Value, deltas: &mut Vec<Delta>) {
    let usage = &response["usage"];
    let counted = Usage {
        input_tokens: number_at(usage, "/input_tokens"),
        output_tokens: number_at(usage, "/output_tokens"),
        cached_tokens: number_at(usage, "/input_tokens_details/cached_tokens"),
        cache_write_tokens: None,
        reasoning_tokens: number_at(usage, "/output_tokens_details/reasoning_tokens"),
        told_cost: told_cost(usage),
    };
    progress.count(counted, deltas);
    let why = text_at(response, "/incomplete_details/reason");
    progress.finish(match why.or_else(|| text_at(response, "/status")).as_deref() {
        None | Some("completed") => FinishReason::Stop,
        Some("max_output_tokens") => FinishReason::Length,
        Some("content_filter") => FinishReason::ContentFilter,
        Some(other) => FinishReason::Other(other.to_owned()),
    });
}
