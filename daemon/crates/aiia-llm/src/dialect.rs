//! Wire dialects: for each a request builder and a pure reader of events.
//!
//! Nothing here touches the network, so that every answer a server has ever sent can be replayed in a
//! test: `on_event(state, event) -> deltas`, and `on_end(state)` when the body is over.

pub(crate) mod anthropic_messages;
pub(crate) mod completions_fim;
pub(crate) mod failure;
pub(crate) mod gemini;
pub(crate) mod ollama;
pub(crate) mod openai_chat;
pub(crate) mod openai_responses;
mod surrogates;
mod tools;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use surrogates::Halves;
use url::Url;

use crate::chat::{ChatMessage, ChatRequest, Delta, FinishReason, Role, Usage};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{Dialect, ProviderConfig, only_embeds};

/// How a dialect divides its body into events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    ServerSentEvents,
    JsonLines,
}

/// What a reader remembers between events, the same for every dialect.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Why the answer ended, once it is known.
    finish: Option<FinishReason>,
    /// The end mark was read.
    done: bool,
    /// The reason came with text: servers that send one with every piece may say more.
    tentative: bool,
    /// Some text has come.
    has_text: bool,
    /// The number of the message that text came for last, where an answer may have several.
    message: Option<u64>,
    /// A reason was given before all was said: only the end of the body tells that nothing is missing.
    premature: bool,
    /// What the answer ended with instead of a reason, told once all else is.
    error: Option<LlmError>,
    /// Thoughts have come as marked text: the mark of their end is still to come.
    is_thinking: bool,
    /// A piece of the answer, of whatever kind, has come.
    begun: bool,
    /// A tool was asked for.
    called: bool,
    /// So often the provider has had another model answer.
    passed_on: u8,
    /// So has one since [`StreamState::has_moved`] was asked.
    moved: bool,
    usage: Usage,
    halves: Halves,
}

fn is_text(delta: &Delta) -> bool {
    matches!(delta, Delta::Text(_) | Delta::Reasoning(_))
}

/// More tokens than any model reads or writes at once: what a server tells beyond is no count.
const MAX_TOKENS: u64 = 1 << 40;

impl Progress {
    fn finish(&mut self, reason: FinishReason) {
        self.finish = Some(reason);
    }

    /// Whether the answer has ended, whole or at its limit: what a server says after that is not of it.
    fn has_ended(&self) -> bool {
        matches!(self.finish, Some(FinishReason::Stop | FinishReason::Length)) && !self.tentative
    }

    /// What stands of the reason after an event that brought `said`, where `known` was the reason before it: one is given too early
    /// where more is said after it.
    fn settle(&mut self, known: Option<FinishReason>, said: &[Delta]) {
        let has_text = said.iter().any(is_text);
        self.has_text |= said.iter().any(|delta| matches!(delta, Delta::Text(_)));
        self.premature |= has_text && known.is_some();
        match (&self.finish, known) {
            (Some(_), _) => self.tentative = has_text,
            (None, Some(known)) if !has_text => {
                self.finish = Some(known);
                // Counts come at the end.
                self.tentative &= said.is_empty();
            }
            (None, _) => {}
        }
    }

    /// Takes counts in; what one of several reports leaves out stands in another. A prompt of no tokens is one that was not counted.
    fn count(&mut self, counted: Usage, deltas: &mut Vec<Delta>) {
        let sound = |count: Option<u64>| count.filter(|count| *count <= MAX_TOKENS);
        let merged = Usage {
            input_tokens: sound(counted.input_tokens).filter(|count| *count > 0).or(self.usage.input_tokens),
            output_tokens: sound(counted.output_tokens).or(self.usage.output_tokens),
            cached_tokens: sound(counted.cached_tokens).or(self.usage.cached_tokens),
            cache_write_tokens: sound(counted.cache_write_tokens).or(self.usage.cache_write_tokens),
            reasoning_tokens: sound(counted.reasoning_tokens).or(self.usage.reasoning_tokens),
            told_cost: counted.told_cost.or(self.usage.told_cost),
        };
        if merged != self.usage {
            self.usage = merged;
            deltas.push(Delta::Usage(merged));
        }
    }
}

/// The reader of one answer.
#[derive(Debug)]
pub(crate) struct StreamState {
    dialect: Dialect,
    progress: Progress,
}

impl StreamState {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, progress: Progress::default() }
    }

    pub(crate) fn framing(&self) -> Framing {
        if self.dialect == Dialect::Ollama { Framing::JsonLines } else { Framing::ServerSentEvents }
    }

    /// Reads one event.
    pub(crate) fn on_event(&mut self, event: &str) -> Result<Vec<Delta>, LlmError> {
        let event = event.trim();
        let progress = &mut self.progress;
        if progress.done || event.is_empty() {
            return Ok(Vec::new());
        }
        if event == "[DONE]" && self.dialect != Dialect::Ollama {
            progress.done = true;
            return Ok(Vec::new());
        }
        let mut deltas = Vec::new();
        let speaks_openai = matches!(self.dialect, Dialect::OpenaiChat | Dialect::Embedded);
        let is_plain = speaks_openai && !progress.is_thinking && !progress.halves.is_waiting();
        if is_plain && openai_chat::read_piece(progress, event, &mut deltas) {
            progress.begun |= !deltas.is_empty();
            progress.has_text |= !deltas.is_empty();
            progress.moved |= !deltas.is_empty();
            return Ok(deltas);
        }
        let Event { values, has_marks } = parse(event)?;
        for value in values {
            if let Some(mut error) = failure::in_stream(&value) {
                if has_marks {
                    error.message = surrogates::without_marks(&error.message);
                }
                if speaks_openai {
                    openai_chat::count(progress, &value, &mut deltas);
                }
                if deltas.is_empty() && !progress.has_ended() {
                    return Err(error);
                }
                // What came before it goes first.
                progress.error = Some(error).filter(|_| !progress.has_ended());
                progress.done = true;
                break;
            }
            let (known, said) = (progress.finish.take(), deltas.len());
            match self.dialect {
                Dialect::OpenaiChat | Dialect::Embedded => openai_chat::read(progress, &value, &mut deltas),
                Dialect::OpenaiResponses => openai_responses::read(progress, &value, &mut deltas)?,
                Dialect::AnthropicMessages => anthropic_messages::read(progress, &value, &mut deltas),
                Dialect::Gemini => gemini::read(progress, &value, &mut deltas),
                Dialect::Ollama => ollama::read(progress, &value, &mut deltas),
                Dialect::CompletionsFim => completions_fim::read(progress, &value, &mut deltas),
            }
            let said = &deltas[said..];
            let is_piece = said.iter().any(is_text) || tools::is_piece(self.dialect, &value);
            progress.begun |= is_piece;
            progress.called |= tools::is_call(self.dialect, &value);
            // Counts come before the answer as well.
            progress.moved |= is_piece || (progress.begun && !said.is_empty());
            progress.settle(known, said);
        }
        if has_marks || progress.halves.is_waiting() {
            deltas = progress.halves.joined(deltas, has_marks);
        }
        Ok(deltas)
    }

    /// What remains to be said once no more events come.
    pub(crate) fn on_end(&mut self) -> Result<Vec<Delta>, LlmError> {
        if let Some(error) = self.progress.error.take() {
            return Err(error);
        }
        // Some servers send the end mark and never a reason: that is an ordinary end.
        match self.progress.finish.take().or(self.progress.done.then_some(FinishReason::Stop)) {
            // Not every server gives that as the reason.
            Some(FinishReason::Stop) if self.progress.called && !self.progress.has_text => {
                Ok(vec![Delta::Finish(FinishReason::Other("tool_calls".to_owned()))])
            }
            Some(reason) => Ok(self.progress.halves.rest().into_iter().chain([Delta::Finish(reason)]).collect()),
            None => Err(LlmError::new(
                LlmErrorKind::CutOff,
                "The connection ended before the answer was complete.",
                "What arrived is kept. Ask again, or look into the model server's log.",
            )),
        }
    }

    /// The reason of the end is known, and nothing but usage is to be expected.
    pub(crate) fn is_finishing(&self) -> bool {
        self.has_reason() && !self.progress.tentative
    }

    /// The reason of the end is known: the answer is whole if nothing follows.
    pub(crate) fn has_reason(&self) -> bool {
        self.progress.finish.is_some() || self.progress.done
    }

    /// The reason of the end is known, and was not given before the end: nothing is missing, however the body ends.
    pub(crate) fn is_whole(&self) -> bool {
        self.has_reason() && !(self.progress.tentative && self.progress.premature)
    }

    /// Whether an event has brought a piece of an answer since this was asked last; none does that only keeps the connection open.
    pub(crate) fn has_moved(&mut self) -> bool {
        std::mem::take(&mut self.progress.moved)
    }

    /// Takes the answer for whole: what follows is not of it.
    pub(crate) fn close(&mut self) {
        self.progress.done = true;
    }

    /// The dialect's end mark was read: nothing more is to be expected.
    pub(crate) fn is_done(&self) -> bool {
        self.progress.done
    }
}

/// The address of the request.
pub(crate) fn chat_url(provider: &ProviderConfig, request: &ChatRequest) -> Result<Url, LlmError> {
    let path = match provider.dialect {
        Dialect::OpenaiChat | Dialect::Embedded => "/chat/completions",
        Dialect::OpenaiResponses => "/responses",
        Dialect::AnthropicMessages => "/messages",
        Dialect::Gemini => return gemini::url(provider, &request.model),
        Dialect::Ollama => "/api/chat",
        Dialect::CompletionsFim => completions_fim::path(&provider.quirks),
    };
    provider.endpoint(path)
}

/// The address that lists the models.
pub(crate) fn list_url(provider: &ProviderConfig) -> Result<Url, LlmError> {
    let mut url = provider.endpoint(if provider.dialect == Dialect::Ollama { "/api/tags" } else { "/models" })?;
    match provider.dialect {
        // Their pages are short unless asked for long ones.
        Dialect::AnthropicMessages => drop(url.query_pairs_mut().append_pair("limit", "1000")),
        Dialect::Gemini => drop(url.query_pairs_mut().append_pair("pageSize", "1000")),
        _ => {}
    }
    Ok(url)
}

/// The headers that the dialect itself wants.
pub(crate) fn headers(dialect: Dialect) -> &'static [(&'static str, &'static str)] {
    match dialect {
        Dialect::AnthropicMessages => &[("anthropic-version", "2023-06-01")],
        _ => &[],
    }
}

/// The header that carries the key, where it is no bearer token.
pub(crate) fn key_header(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::AnthropicMessages => Some("x-api-key"),
        Dialect::Gemini => Some("x-goog-api-key"),
        _ => None,
    }
}

/// The body of the request.
pub(crate) fn chat_body(provider: &ProviderConfig, request: &ChatRequest) -> Result<Value, LlmError> {
    if provider.dialect == Dialect::CompletionsFim {
        return completions_fim::body(provider, request);
    }
    if request.gap.is_some() {
        return Err(LlmError::new(
            LlmErrorKind::BadRequest,
            format!("'{}' answers conversations and does not fill in gaps.", provider.name),
            "Choose a provider of the dialect completions_fim for that.",
        ));
    }
    Ok(match provider.dialect {
        Dialect::OpenaiChat | Dialect::Embedded | Dialect::CompletionsFim => {
            openai_chat::body(request, &provider.quirks)
        }
        Dialect::OpenaiResponses => openai_responses::body(request),
        Dialect::AnthropicMessages => anthropic_messages::body(request, &provider.quirks),
        Dialect::Gemini => gemini::body(request),
        Dialect::Ollama => ollama::body(request, provider.context_window),
    })
}

/// The model names in the body of a listing; `None` if it is no listing of this dialect.
pub(crate) fn listed_models(dialect: Dialect, body: &Value) -> Option<Vec<ListedModel>> {
    match dialect {
        Dialect::Ollama => ollama::listed_models(body),
        Dialect::Gemini => gemini::listed_models(body),
        _ => openai_chat::listed_models(body),
    }
}

/// A model as its provider lists it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ListedModel {
    pub(crate) name: String,
    pub(crate) context_window: Option<u32>,
    pub(crate) size: Option<u64>,
    /// Another server answers for this one.
    pub(crate) remote: bool,
    /// It makes vectors and does not answer.
    pub(crate) only_embeds: bool,
}

/// Whether the entry of a model in a list says that it makes vectors and does not answer. The lists of Ollama, llama.cpp, LM Studio
/// and Mistral each have a field of their own for it.
fn listed_as_embedder(model: &Value) -> bool {
    let can = |what: &[&str]| items(model, "/capabilities").filter_map(Value::as_str).any(|one| what.contains(&one));
    let family = model.pointer("/details/family").and_then(Value::as_str).unwrap_or_default();
    let kind = model.get("type").and_then(Value::as_str).unwrap_or_default();
    (can(&["embedding", "embeddings"]) && !can(&["completion", "chat"]))
        || matches!(kind, "embedding" | "embeddings")
        || model.pointer("/capabilities/completion_chat") == Some(&Value::Bool(false))
        || only_embeds(family)
}

/// The system messages as one text, for dialects that have a field for it.
fn instructions(request: &ChatRequest) -> Option<String> {
    let parts: Vec<&str> = request
        .messages
        .iter()
        .filter(|message| message.role == Role::System && !message.content.is_empty())
        .map(|message| message.content.as_str())
        .collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// The messages that are no instructions.
fn turns(request: &ChatRequest) -> impl Iterator<Item = &ChatMessage> {
    request.messages.iter().filter(|message| message.role != Role::System)
}

/// Puts a field in where there is a value.
fn put(body: &mut Map<String, Value>, field: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(field.to_owned(), value.into());
    }
}

/// Strings that end the answer; an empty list is not sent.
fn stops(request: &ChatRequest) -> Option<Value> {
    (!request.stop.is_empty()).then(|| json!(request.stop))
}

/// The temperature in the shortest digits: `0.2`, not `0.20000000298023224`.
fn temperature(request: &ChatRequest) -> Option<Value> {
    request.temperature.map(|value| json!(value.to_string().parse::<f64>().unwrap_or_default()))
}

/// The text at `pointer`, if there is any.
fn text_at(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn number_at(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer).and_then(Value::as_u64)
}

/// The most that one request can be said to cost, in US dollars.
const MAX_COST: f64 = 1000.0;

/// What a `usage` object says that the request cost, in billionths of a US dollar: `OpenRouter` and `LiteLLM` tell a number, `Perplexity` an
/// object. For those who bring a key of their own, `OpenRouter` tells what the provider behind it took apart from its own share.
fn told_cost(usage: &Value) -> Option<u64> {
    let amount = |pointer: &str| usage.pointer(pointer).and_then(Value::as_f64);
    let cost = amount("/cost").or_else(|| amount("/cost/total_cost"))?;
    let has_own_key = usage.get("is_byok") == Some(&Value::Bool(true));
    let upstream = amount("/cost_details/upstream_inference_cost").filter(|_| has_own_key).unwrap_or(0.0);
    let cost = cost + upstream;
    (0.0..=MAX_COST).contains(&cost).then(|| (cost * 1e9).round() as u64)
}

/// The items of the array at `pointer`; none where there is no array.
fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// An event that was read.
struct Event {
    /// Its JSON objects, of which there are several where it is a list.
    values: Vec<Value>,
    /// Whether marks stand in it for halves of letters.
    has_marks: bool,
}

/// An event as a JSON object (or a list of them), or the error that says it is none.
fn parse(event: &str) -> Result<Event, LlmError> {
    let mut has_marks = false;
    let parsed = serde_json::from_str::<Value>(event).or_else(|error| match surrogates::mended(event) {
        Some(mended) => {
            has_marks = true;
            serde_json::from_str(&mended)
        }
        None => Err(error),
    });
    match parsed {
        Ok(value) if value.is_object() => Ok(Event { values: vec![value], has_marks }),
        Ok(Value::Array(values)) if values.iter().all(Value::is_object) => Ok(Event { values, has_marks }),
        _ => Err(LlmError::new(
            LlmErrorKind::Malformed,
            format!("The model server sent something that is not of its protocol: {}", failure::words(event)),
            "Check that the address and the dialect of the provider are right.",
        )),
    }
}
