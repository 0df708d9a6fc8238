//! Events that bring nothing to show, but tell that the model is at work.

use serde_json::Value;

use super::{items, text_at};
use crate::provider::Dialect;

/// Whether an event without text is a piece of a call of a tool, or of what else is not for people. One that only keeps the
/// connection open, or announces something, is none.
pub(super) fn is_piece(dialect: Dialect, event: &Value) -> bool {
    match dialect {
        Dialect::OpenaiChat | Dialect::Embedded | Dialect::CompletionsFim => items(event, "/choices").any(|choice| {
            ["/delta/tool_calls", "/delta/function_call", "/message/tool_calls"].iter().any(|place| has(choice, place))
        }),
        Dialect::OpenaiResponses => text_at(event, "/delta").is_some(),
        Dialect::AnthropicMessages => {
            let pieces = ["/delta/partial_json", "/delta/signature", "/delta/citation"];
            pieces.iter().any(|place| has(event, place))
        }
        Dialect::Gemini => items(event, "/candidates")
            .flat_map(|candidate| items(candidate, "/content/parts"))
            .any(|part| part.as_object().is_some_and(|fields| fields.keys().any(|field| is_work(field)))),
        Dialect::Ollama => has(event, "/message/tool_calls"),
    }
}

/// Whether an event asks for a tool, or for a piece of its arguments.
pub(super) fn is_call(dialect: Dialect, event: &Value) -> bool {
    let is_item = |item: &Value| text_at(item, "/type").is_some_and(|kind| kind.ends_with("_call"));
    match dialect {
        Dialect::OpenaiChat | Dialect::Embedded | Dialect::CompletionsFim | Dialect::Ollama => is_piece(dialect, event),
        Dialect::OpenaiResponses => {
            let kind = text_at(event, "/type").unwrap_or_default();
            kind.starts_with("response.function_call_arguments")
                || event.get("item").is_some_and(is_item)
                || items(event, "/response/output").chain(items(event, "/output")).any(is_item)
        }
        Dialect::AnthropicMessages => text_at(event, "/content_block/type").is_some_and(|kind| kind == "tool_use"),
        Dialect::Gemini => items(event, "/candidates")
            .flat_map(|candidate| items(candidate, "/content/parts"))
            .any(|part| part.get("functionCall").is_some()),
    }
}

fn is_work(field: &str) -> bool {
    matches!(field, "functionCall" | "executableCode" | "codeExecutionResult" | "thoughtSignature")
}

/// Whether something stands there.
fn has(event: &Value, place: &str) -> bool {
    match event.pointer(place) {
        None | Some(Value::Null | Value::Bool(_)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(Value::Number(_)) => true,
    }
}
