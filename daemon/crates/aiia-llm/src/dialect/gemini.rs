//! Google's Gemini.

use serde_json::{Map, Value, json};
use url::Url;

use super::{ListedModel, Progress, failure, instructions, items, number_at, put, stops, temperature, text_at, turns};
use crate::chat::{ChatMessage, ChatRequest, Delta, FinishReason, Role, Usage};
use crate::error::LlmError;
use crate::provider::ProviderConfig;

/// The address of the request: the model is part of the path.
pub(super) fn url(provider: &ProviderConfig, model: &str) -> Result<Url, LlmError> {
    let mut url = provider.endpoint("/models")?;
    let name = model.strip_prefix("models/").unwrap_or(model);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.push(&format!("{name}:streamGenerateContent"));
    }
    url.query_pairs_mut().append_pair("alt", "sse");
    Ok(url)
}

/// The request's body.
pub(super) fn body(request: &ChatRequest) -> Value {
    let contents: Vec<Value> = turns(request).map(content).collect();
    let mut settings = Map::new();
    put(&mut settings, "maxOutputTokens", request.max_tokens);
    put(&mut settings, "temperature", temperature(request));
    put(&mut settings, "stopSequences", stops(request));
    let mut body = Map::new();
    put(&mut body, "systemInstruction", instructions(request).map(|text| json!({ "parts": [{ "text": text }] })));
    body.insert("contents".into(), json!(contents));
    if !settings.is_empty() {
        body.insert("generationConfig".into(), Value::Object(settings));
    }
    Value::Object(body)
}

fn content(message: &ChatMessage) -> Value {
    let role = if message.role == Role::Assistant { "model" } else { "user" };
    let images = message.images.iter();
    let mut parts: Vec<Value> =
        images.map(|image| json!({ "inlineData": { "mimeType": image.media_type, "data": image.data } })).collect();
    parts.push(json!({ "text": message.content }));
    json!({ "role": role, "parts": parts })
}

/// Reads the data of one event. There is no end mark: the body ends after the reason.
pub(super) fn read(progress: &mut Progress, value: &Value, deltas: &mut Vec<Delta>) {
    for candidate in items(value, "/candidates").filter(|one| number_at(one, "/index").unwrap_or(0) == 0) {
        for part in items(candidate, "/content/parts") {
            let thought = part.get("thought").and_then(Value::as_bool) == Some(true);
            deltas.extend(text_at(part, "/text").map(if thought { Delta::Reasoning } else { Delta::Text }));
        }
        // Some send with every piece that there is none yet.
        let reason = text_at(candidate, "/finishReason").filter(|reason| reason != "FINISH_REASON_UNSPECIFIED");
        if let Some(reason) = reason {
            progress.finish(finish_reason(reason));
        }
    }
    if let Some(usage) = value.get("usageMetadata") {
        let thoughts = number_at(usage, "/thoughtsTokenCount");
        let answer = number_at(usage, "/candidatesTokenCount");
        let counted = Usage {
            input_tokens: number_at(usage, "/promptTokenCount"),
            output_tokens: answer.or(thoughts).map(|_| answer.unwrap_or(0).saturating_add(thoughts.unwrap_or(0))),
            cached_tokens: number_at(usage, "/cachedContentTokenCount"),
            reasoning_tokens: thoughts,
            ..Usage::default()
        };
        progress.count(counted, deltas);
    }
    if let Some(reason) = text_at(value, "/promptFeedback/blockReason") {
        progress.error = Some(failure::filtered(&format!("the prompt was blocked ({reason})")));
        progress.done = true;
    }
}

fn finish_reason(reason: String) -> FinishReason {
    match reason.as_str() {
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_RECITATION"
        | "IMAGE_PROHIBITED_CONTENT" => FinishReason::ContentFilter,
        _ => FinishReason::Other(reason),
    }
}

/// The models of `GET /models` that generate text.
pub(super) fn listed_models(body: &Value) -> Option<Vec<ListedModel>> {
    let models = body.get("models")?.as_array()?;
    let generates = |model: &&Value| {
        let mut methods = items(model, "/supportedGenerationMethods").peekable();
        methods.peek().is_none() || methods.any(|method| method == "generateContent")
    };
    Some(
        models
            .iter()
            .filter(generates)
            .filter_map(|model| {
                let name = model.get("name")?.as_str()?;
                Some(ListedModel {
                    name: name.strip_prefix("models/").unwrap_or(name).to_owned(),
                    context_window: number_at(model, "/inputTokenLimit").and_then(|tokens| u32::try_from(tokens).ok()),
                    ..ListedModel::default()
                })
            })
            .collect(),
    )
}
