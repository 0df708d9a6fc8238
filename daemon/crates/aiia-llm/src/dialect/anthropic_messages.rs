//! Anthropic's Messages.

use serde_json::{Map, Value, json};

use super::{Progress, failure, instructions, items, number_at, put, stops, temperature, text_at, told_cost, turns};
use crate::chat::{ChatMessage, ChatRequest, Delta, FinishReason, Image, Role, Usage};
use crate::provider::Quirks;

/// The limit of the answer where nobody names one: this dialect does not go without.
const DEFAULT_MAX_TOKENS: u32 = 4096;

/// Bytes of text below which no model of Anthropic keeps a prompt: 1,024 tokens, for some models more.
const WORTH_KEEPING: usize = 4096;
/// Where a provider has another model answer by itself, so often it is told.
const MAX_PASSED_ON: u8 = 4;
const PASSED_ON: &str = "Its provider passed the question on.";
/// The longest name of a model that is told, in bytes.
const MAX_NAME: usize = 128;

/// The request's body. Prompts are kept by the server where it is told up to what: see [`Kept`].
pub(super) fn body(request: &ChatRequest, quirks: &Quirks) -> Value {
    // An empty text is refused by the server.
    let turns: Vec<&ChatMessage> =
        turns(request).filter(|message| !message.content.is_empty() || !message.images.is_empty()).collect();
    let instructions = instructions(request);
    let kept = if quirks.prompt_cache { Kept::of(request, instructions.as_deref(), &turns) } else { Kept::default() };
    let mut messages: Vec<Value> = turns.iter().map(|turn| message(turn)).collect();
    if let Some(last) = kept.turn.and_then(|index| messages.get_mut(index)) {
        mark(&mut last["content"]);
    }
    let instructions = instructions.map(|text| {
        let mut system = Value::String(text);
        if kept.instructions {
            mark(&mut system);
        }
        system
    });
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    body.insert("max_tokens".into(), json!(request.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS)));
    body.insert("stream".into(), json!(true));
    put(&mut body, "system", instructions);
    body.insert("messages".into(), json!(messages));
    put(&mut body, "temperature", temperature(request));
    put(&mut body, "stop_sequences", stops(request));
    Value::Object(body)
}

/// Up to where a prompt is to be kept for what is asked next. To write costs a quarter more than to read, and to read again a tenth, so that
/// what nobody goes on with is not written.
#[derive(Default)]
struct Kept {
    /// Up to the end of the instructions.
    instructions: bool,
    /// Up to the end of this turn.
    turn: Option<usize>,
}

impl Kept {
    fn of(request: &ChatRequest, instructions: Option<&str>, turns: &[&ChatMessage]) -> Self {
        let of_instructions = instructions.map_or(0, str::len);
        // A picture is about a thousand tokens, however many bytes.
        let of_picture = |image: &Image| image.data.len().min(WORTH_KEEPING);
        let size = |turn: &&ChatMessage| turn.content.len() + turn.images.iter().map(of_picture).sum::<usize>();
        let last = turns.iter().rposition(|turn| turn.role == Role::User);
        let all = of_instructions + turns.iter().take(last.map_or(0, |last| last + 1)).map(size).sum::<usize>();
        let goes_on = request.goes_on.unwrap_or_else(|| turns.iter().any(|turn| turn.role == Role::Assistant));
        let is_worth_it = goes_on && all >= WORTH_KEEPING;
        Self { instructions: is_worth_it || of_instructions >= WORTH_KEEPING, turn: last.filter(|_| is_worth_it) }
    }
}

/// Has a content kept up to its end.
fn mark(content: &mut Value) {
    if let Value::String(text) = content {
        *content = json!([{ "type": "text", "text": std::mem::take(text) }]);
    }
    if let Some(last) = content.as_array_mut().and_then(|parts| parts.last_mut()) {
        last["cache_control"] = json!({ "type": "ephemeral" });
    }
}

fn message(message: &ChatMessage) -> Value {
    if message.images.is_empty() {
        return json!({ "role": message.role.as_str(), "content": message.content });
    }
    let source = |data: &str, media_type: &str| json!({ "type": "base64", "media_type": media_type, "data": data });
    let images = message.images.iter();
    let mut parts: Vec<Value> =
        images.map(|image| json!({ "type": "image", "source": source(&image.data, &image.media_type) })).collect();
    if !message.content.is_empty() {
        parts.push(json!({ "type": "text", "text": message.content }));
    }
    json!({ "role": message.role.as_str(), "content": parts })
}

/// Reads the data of one event; its kind stands in the data as well.
pub(super) fn read(progress: &mut Progress, value: &Value, deltas: &mut Vec<Delta>) {
    match value.get("type").and_then(Value::as_str).unwrap_or_default() {
        "message_start" => {
            // Of the answer it counts a token that is still to come, and nothing else.
            let counted = Usage { output_tokens: None, ..usage_of(&value["message"]["usage"]) };
            progress.count(counted, deltas);
        }
        "content_block_start" => block(progress, &value["content_block"], deltas),
        "content_block_delta" => {
            // Signatures and the arguments of tools are not for people.
            deltas.extend(text_at(value, "/delta/thinking").map(Delta::Reasoning));
            deltas.extend(text_at(value, "/delta/text").map(Delta::Text));
        }
        "message_delta" => {
            let counted = usage_of(&value["usage"]);
            // Where it leaves out what was cached, the count at the start is the whole one.
            let input_tokens = counted.input_tokens.max(progress.usage.input_tokens);
            progress.count(Usage { input_tokens, ..counted }, deltas);
            if let Some(reason) = text_at(value, "/delta/stop_reason") {
                progress.finish(finish_reason(reason));
            }
            if let Some(why) = text_at(value, "/delta/stop_details/explanation").filter(|_| !progress.has_text) {
                progress.error = Some(failure::filtered(&failure::words(&why)));
            }
        }
        "message_stop" => progress.done = true,
        // A server that does not stream sends the message as a whole.
        "message" => {
            items(value, "/content").for_each(|part| block(progress, part, deltas));
            progress.count(usage_of(&value["usage"]), deltas);
            progress.finish(text_at(value, "/stop_reason").map_or(FinishReason::Stop, finish_reason));
        }
        _ => {}
    }
}

fn block(progress: &mut Progress, block: &Value, deltas: &mut Vec<Delta>) {
    deltas.extend(text_at(block, "/thinking").map(Delta::Reasoning));
    match block.get("type").and_then(Value::as_str) {
        Some("text") => deltas.extend(text_at(block, "/text").map(Delta::Text)),
        Some("fallback") if progress.passed_on < MAX_PASSED_ON => {
            let model = |pointer| text_at(block, pointer).filter(|name| is_name(name));
            let Some((from, to)) = model("/from/model").zip(model("/to/model")) else { return };
            progress.passed_on += 1;
            deltas.push(Delta::Fallback { from, to, because: PASSED_ON.to_owned() });
        }
        _ => {}
    }
}

/// Whether it may be the name of a model.
fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

fn finish_reason(reason: String) -> FinishReason {
    match reason.as_str() {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Other(reason),
    }
}

/// Its input tokens are those that were neither read from the cache nor written to it; ours are all.
fn usage_of(usage: &Value) -> Usage {
    let read = number_at(usage, "/cache_read_input_tokens");
    let written = number_at(usage, "/cache_creation_input_tokens");
    Usage {
        input_tokens: number_at(usage, "/input_tokens")
            .map(|fresh| fresh.saturating_add(read.unwrap_or(0)).saturating_add(written.unwrap_or(0))),
        output_tokens: number_at(usage, "/output_tokens"),
        cached_tokens: read,
        cache_write_tokens: written,
        told_cost: told_cost(usage),
        ..Usage::default()
    }
}
