//! Completions that fill a gap: `OpenAI`'s old completions, with a `suffix` where the server takes one or with
//! the model's own marks in the prompt, and llama.cpp's `/infill`.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Progress, items, number_at, openai_chat, put, stops, temperature, text_at};
use crate::chat::{ChatRequest, Delta, FinishReason, Usage};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{ProviderConfig, Quirks};

/// How models of a family mark a gap.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    /// Parts of model names, lower case.
    names: Vec<String>,
    /// The prompt, with `{prefix}` and `{suffix}`.
    prompt: String,
    /// What such a model writes when the gap is filled and a server may let through.
    stop: Vec<String>,
}

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/fill_in_the_middle.json")).expect("the data is checked by a test")
});

/// The path of the request.
pub(super) fn path(quirks: &Quirks) -> &str {
    match &quirks.completions_path {
        Some(path) => path,
        None if quirks.fill == "infill" => "/infill",
        None => "/completions",
    }
}

/// The request's body.
pub(super) fn body(provider: &ProviderConfig, request: &ChatRequest) -> Result<Value, LlmError> {
    let Some(gap) = &request.gap else {
        return Err(LlmError::new(
            LlmErrorKind::BadRequest,
            format!("'{}' fills in gaps and does not answer questions.", provider.name),
            "Choose a model of another provider for chats and actions.",
        ));
    };
    let quirks = &provider.quirks;
    let mut stop = request.stop.clone();
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    if quirks.fill == "infill" {
        body.insert("input_prefix".into(), json!(gap.prefix));
        body.insert("input_suffix".into(), json!(gap.suffix));
        put(&mut body, "n_predict", request.max_tokens);
    } else {
        let template = match quirks.fill.as_str() {
            "suffix" => None,
            "auto" => family(&request.model).map(|family| {
                stop.extend(family.stop.iter().cloned());
                family.prompt.as_str()
            }),
            own => Some(own),
        };
        match template {
            // The marks would only mislead where nothing follows.
            Some(template) if !gap.suffix.is_empty() => {
                body.insert("prompt".into(), json!(filled(template, &gap.prefix, &gap.suffix)));
            }
            _ => {
                body.insert("prompt".into(), json!(gap.prefix));
                put(&mut body, "suffix", Some(gap.suffix.as_str()).filter(|suffix| !suffix.is_empty()));
            }
        }
        put(&mut body, &quirks.max_tokens_field, request.max_tokens);
        if quirks.stream_usage {
            body.insert("stream_options".into(), json!({ "include_usage": true }));
        }
    }
    body.insert("stream".into(), json!(true));
    put(&mut body, "temperature", temperature(request));
    put(&mut body, "stop", stops(&ChatRequest { stop, ..ChatRequest::default() }));
    Ok(Value::Object(body))
}

/// The first family that the name of the model speaks of.
fn family(model: &str) -> Option<&'static Family> {
    let model = model.to_lowercase();
    FAMILIES.iter().find(|family| family.names.iter().any(|name| model.contains(name)))
}

/// Fills a template. What is put in is not searched: code may hold `{suffix}` itself.
fn filled(template: &str, prefix: &str, suffix: &str) -> String {
    let mut text = String::with_capacity(template.len() + prefix.len() + suffix.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        if let Some(after) = rest.strip_prefix("{prefix}") {
            text.push_str(prefix);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("{suffix}") {
            text.push_str(suffix);
            rest = after;
        } else {
            text.push('{');
            rest = &rest[1..];
        }
    }
    text + rest
}

/// Reads the data of one event.
pub(super) fn read(progress: &mut Progress, value: &Value, deltas: &mut Vec<Delta>) {
    for choice in items(value, "/choices").filter(|choice| number_at(choice, "/index").unwrap_or(0) == 0) {
        // Mistral answers with the deltas of a chat.
        let text = ["/text", "/delta/content", "/message/content"].iter().find_map(|place| text_at(choice, place));
        deltas.extend(text.map(Delta::Text));
        if let Some(reason) = text_at(choice, "/finish_reason") {
            progress.finish(openai_chat::finish_reason(&reason));
        }
    }
    if let Some(usage) = value.get("usage") {
        progress.count(openai_chat::usage_of(usage), deltas);
    }
    // llama.cpp's own form.
    deltas.extend(text_at(value, "/content").map(Delta::Text));
    if value.get("stop").and_then(Value::as_bool) == Some(true) {
        let limited = text_at(value, "/stop_type").as_deref() == Some("limit")
            || value.get("stopped_limit").and_then(Value::as_bool) == Some(true);
        progress.finish(if limited { FinishReason::Length } else { FinishReason::Stop });
        progress.done = true;
        let counted = Usage {
            input_tokens: number_at(value, "/tokens_evaluated"),
            output_tokens: number_at(value, "/tokens_predicted"),
            ..Usage::default()
        };
        progress.count(counted, deltas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_are_sound() {
        for family in FAMILIES.iter() {
            assert!(!family.names.is_empty(), "{family:?}");
            assert!(family.names.iter().all(|name| *name == name.to_lowercase()), "{family:?}");
            assert!(family.prompt.contains("{prefix}") && family.prompt.contains("{suffix}"), "{family:?}");
        }
    }

    #[test]
    fn what_is_put_into_a_template_is_left_alone() {
        assert_eq!(filled("<{prefix}|{suffix}>{x", "{suffix}", "{prefix}"), "<{suffix}|{prefix}>{x");
    }
}
