//! The chat completions of `OpenAI` and of everybody who copied them.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::{ListedModel, Progress, items, listed_as_embedder, number_at, put, stops, temperature, text_at, told_cost};
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

/// A piece of an answer with nothing to it but some text, as nearly all events are. What else an event may have is refused or, where it
/// says nothing about the answer, not looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece<'e> {
    #[serde(borrow)]
    choices: [PieceChoice<'e>; 1],
    #[serde(default, rename = "usage")]
    _usage: (),
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    #[serde(default, rename = "object")]
    _object: IgnoredAny,
    #[serde(default, rename = "created")]
    _created: IgnoredAny,
    #[serde(default, rename = "model")]
    _model: IgnoredAny,
    #[serde(default, rename = "provider")]
    _provider: IgnoredAny,
    #[serde(default, rename = "service_tier")]
    _service_tier: IgnoredAny,
    #[serde(default, rename = "system_fingerprint")]
    _system_fingerprint: IgnoredAny,
    #[serde(default, rename = "obfuscation")]
    _obfuscation: IgnoredAny,
    #[serde(default, rename = "p")]
    _padding: IgnoredAny,
    #[serde(default, rename = "timings")]
    _timings: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PieceChoice<'e> {
    #[serde(default)]
    index: u64,
    #[serde(borrow)]
    delta: PieceDelta<'e>,
    #[serde(default, rename = "finish_reason")]
    _finish_reason: (),
    #[serde(default, rename = "logprobs")]
    _logprobs: (),
    #[serde(default, rename = "native_finish_reason")]
    _native_finish_reason: (),
    #[serde(default, rename = "content_filter_results")]
    _content_filter_results: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PieceDelta<'e> {
    #[serde(borrow)]
    content: Cow<'e, str>,
    #[serde(default, rename = "role")]
    _role: IgnoredAny,
    #[serde(default, rename = "refusal")]
    _refusal: (),
    #[serde(default, rename = "reasoning")]
    _reasoning: (),
    #[serde(default, rename = "reasoning_content")]
    _reasoning_content: (),
    #[serde(default, rename = "reasoning_details")]
    _reasoning_details: IgnoredAny,
    #[serde(default, rename = "channel")]
    _channel: IgnoredAny,
    #[serde(default, rename = "tool_calls")]
    _tool_calls: (),
}

/// Reads an event that is nothing but a piece of text, which is many times as fast as [`read`] and does the same. False for any other
/// event, of which nothing is taken.
pub(super) fn read_piece(progress: &mut Progress, event: &str, deltas: &mut Vec<Delta>) -> bool {
    let Ok(Piece { choices: [PieceChoice { index: 0, delta, .. }], .. }) = serde_json::from_str(event) else {
        return false;
    };
    if !delta.content.is_empty() {
        // A reason was given too early where more is said after it.
        progress.premature |= progress.finish.take().is_some();
        deltas.push(Delta::Text(delta.content.into_owned()));
    }
    true
}

/// Reads the data of one event.
pub(super) fn read(progress: &mut Progress, value: &Value, deltas: &mut Vec<Delta>) {
    for choice in items(value, "/choices") {
        if number_at(choice, "/index").unwrap_or(0) == 0 {
            read_choice(progress, choice, deltas);
        }
    }
    count(progress, value, deltas);
}

/// Takes the counts in that an event has.
pub(super) fn count(progress: &mut Progress, value: &Value, deltas: &mut Vec<Delta>) {
    // Groq and Moonshot each have a place of their own for it.
    for place in ["/usage", "/x_groq/usage", "/choices/0/usage"] {
        if let Some(usage) = value.pointer(place).filter(|usage| usage.is_object()) {
            let counted = usage_of(usage);
            // llama.cpp has what it did not have to read among its times.
            let cached_tokens = counted.cached_tokens.or_else(|| number_at(value, "/timings/cache_n"));
            progress.count(Usage { cached_tokens, ..counted }, deltas);
        }
    }
}

fn read_choice(progress: &mut Progress, choice: &Value, deltas: &mut Vec<Delta>) {
    // A server that does not stream sends a whole `message` where a `delta` is expected.
    if let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) {
        for field in ["reasoning_content", "reasoning"] {
            if let Some(text) = delta.get(field).and_then(text_of) {
                deltas.push(Delta::Reasoning(text));
                break;
            }
        }
        // Mistral's models think in parts of the content.
        let thoughts = items(delta, "/content").filter_map(|part| part.get("thinking").and_then(text_of));
        deltas.extend(thoughts.map(Delta::Reasoning));
        deltas.extend(delta.get("content").and_then(text_of).and_then(|text| content(progress, delta, text)));
        deltas.extend(delta.get("refusal").and_then(text_of).map(Delta::Text));
    }
    // Some servers send an empty reason with every piece.
    if let Some(reason) = text_at(choice, "/finish_reason") {
        // OpenRouter calls it an ordinary end when a provider has failed, and has what it was beside it.
        let failed = text_at(choice, "/native_finish_reason").filter(|native| native.contains("error"));
        progress.finish(failed.map_or_else(|| finish_reason(&reason), FinishReason::Other));
    }
}

/// Text of an answer. Google writes thoughts as text between tags, and says of each piece that it is one.
fn content(progress: &mut Progress, delta: &Value, text: String) -> Option<Delta> {
    let is_thought = delta.pointer("/extra_content/google/thought") == Some(&Value::Bool(true));
    let was_thinking = std::mem::replace(&mut progress.is_thinking, is_thought);
    let (tag, kind): (_, fn(String) -> Delta) = match (was_thinking, is_thought) {
        (false, true) => ("<thought>", Delta::Reasoning),
        (true, false) => ("</thought>", Delta::Text),
        (false, false) => return Some(Delta::Text(text)),
        (true, true) => return Some(Delta::Reasoning(text)),
    };
    let bare = text.strip_prefix(tag).map_or(text.clone(), str::to_owned);
    (!bare.is_empty()).then(|| kind(bare))
}

/// What the words of a server for the end mean.
pub(super) fn finish_reason(reason: &str) -> FinishReason {
    match reason.to_ascii_lowercase().as_str() {
        "stop" | "eos" | "eos_token" | "stop_sequence" | "end_turn" | "complete" | "completed" | "done"
        | "finished" => FinishReason::Stop,
        "length" | "max_tokens" | "model_length" => FinishReason::Length,
        "content_filter" | "sensitive" => FinishReason::ContentFilter,
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
    let counted = Usage {
        input_tokens: number_at(usage, "/prompt_tokens"),
        output_tokens: number_at(usage, "/completion_tokens"),
        cached_tokens: number_at(usage, "/prompt_tokens_details/cached_tokens")
            .or_else(|| number_at(usage, "/prompt_cache_hit_tokens")),
        cache_write_tokens: None,
        reasoning_tokens: number_at(usage, "/completion_tokens_details/reasoning_tokens"),
        told_cost: told_cost(usage),
    };
    let thoughts = thoughts_beside(usage, &counted).unwrap_or(0);
    Usage { output_tokens: counted.output_tokens.map(|answer| answer.saturating_add(thoughts)), ..counted }
}

/// The tokens of thoughts that are counted beside the answer and not with it: xAI says how many they are, Google leaves it to the total.
fn thoughts_beside(usage: &Value, counted: &Usage) -> Option<u64> {
    let told = counted.input_tokens?.checked_add(counted.output_tokens?)?;
    let beside = number_at(usage, "/total_tokens")?.checked_sub(told)?;
    let is_thought = match number_at(usage, "/completion_tokens_details/reasoning_tokens") {
        Some(thoughts) => beside == thoughts,
        // A total may count apart what was cached.
        None => counted.cached_tokens != Some(beside),
    };
    is_thought.then_some(beside)
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"a "},"finish_reason":null}]}"#, true)]
    #[case(r#"{"choices":[{"delta":{"role":"assistant","content":"\u00e9\n","refusal":null},"logprobs":null,"index":0}],"usage":null}"#, true)]
    #[case(r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#, true)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],"p":"abc"}"#, true)]
    #[case(
        r#"{"choices":[{"content_filter_results":{"hate":{"filtered":false}},"delta":{"content":"a"},"index":0}]}"#,
        true
    )]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a","channel":"final"}}]}"#, true)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a","reasoning":null,"reasoning_details":[]}}]}"#, true)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a"}}],"timings":{"cache_n":3}}"#, true)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a","extra_content":{"google":{"thought":true}}}}]}"#, false)]
    #[case(r#"{"choices":[{"index":1,"delta":{"content":"another one"}}]}"#, false)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a"}},{"index":0,"delta":{"content":"b"}}]}"#, false)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#, false)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":null}}]}"#, false)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"a"}]}}]}"#, false)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a","reasoning":"b"}}]}"#, false)]
    #[case(r#"{"choices":[{"index":0,"message":{"content":"whole"}}]}"#, false)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":1}}"#, false)]
    #[case(r#"{"choices":[{"index":0,"delta":{"content":"a"}}],"error":{"message":"late"}}"#, false)]
    #[case(r#"{"choices":[],"usage":{"prompt_tokens":1}}"#, false)]
    fn a_piece_is_read_as_every_event_is(#[case] event: &str, #[case] taken: bool) {
        let progress = || Progress { finish: Some(FinishReason::Stop), ..Progress::default() };
        let (mut quick, mut found) = (progress(), Vec::new());
        assert_eq!(read_piece(&mut quick, event, &mut found), taken);
        let (mut thorough, mut expected) = (progress(), Vec::new());
        if taken {
            let known = thorough.finish.take();
            read(&mut thorough, &serde_json::from_str(event).unwrap(), &mut expected);
            thorough.settle(known, &expected);
        }
        assert_eq!((found, quick.finish), (expected, thorough.finish));
    }
}
