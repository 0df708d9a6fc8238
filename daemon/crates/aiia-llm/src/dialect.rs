//! Wire dialects: for each a request builder and a pure reader of events.
//!
//! Nothing here touches the network, so that every answer a server has ever sent can be replayed in a
//! test: `on_event(state, event) -> deltas`, and `on_end(state)` when the body is over.

pub(crate) mod failure;
pub(crate) mod ollama;
pub(crate) mod openai_chat;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::chat::{ChatRequest, Delta};
use crate::error::{LlmError, LlmErrorKind};
use crate::provider::{Dialect, ProviderConfig};

/// How a dialect divides its body into events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    ServerSentEvents,
    JsonLines,
}

/// What a reader of a dialect remembers between events.
#[derive(Debug)]
pub(crate) enum StreamState {
    OpenaiChat(openai_chat::State),
    Ollama(ollama::State),
}

impl StreamState {
    pub(crate) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Ollama => Self::Ollama(ollama::State::default()),
            Dialect::OpenaiChat | Dialect::Embedded => Self::OpenaiChat(openai_chat::State::default()),
        }
    }

    pub(crate) fn framing(&self) -> Framing {
        match self {
            Self::OpenaiChat(_) => Framing::ServerSentEvents,
            Self::Ollama(_) => Framing::JsonLines,
        }
    }

    /// Reads one event. Text that came before an error in the same event is in the deltas.
    pub(crate) fn on_event(&mut self, event: &str) -> Result<Vec<Delta>, LlmError> {
        match self {
            Self::OpenaiChat(state) => openai_chat::on_event(state, event),
            Self::Ollama(state) => ollama::on_event(state, event),
        }
    }

    /// What remains to be said once no more events come.
    pub(crate) fn on_end(&mut self) -> Result<Vec<Delta>, LlmError> {
        let finish = match self {
            Self::OpenaiChat(state) => state.take_finish(),
            Self::Ollama(state) => state.take_finish(),
        };
        match finish {
            Some(reason) => Ok(vec![Delta::Finish(reason)]),
            None => Err(LlmError::new(
                LlmErrorKind::CutOff,
                "The connection ended before the answer was complete.",
                "What arrived is kept. Ask again, or look into the model server's log.",
            )),
        }
    }

    /// The reason of the end is known, only usage may follow.
    pub(crate) fn is_finishing(&self) -> bool {
        match self {
            Self::OpenaiChat(state) => state.is_finishing(),
            Self::Ollama(state) => state.is_done(),
        }
    }

    /// The dialect's end mark was read: nothing more is to be expected.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::OpenaiChat(state) => state.is_done(),
            Self::Ollama(state) => state.is_done(),
        }
    }
}

/// The path of the request below the base address.
pub(crate) fn chat_path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Ollama => "/api/chat",
        Dialect::OpenaiChat | Dialect::Embedded => "/chat/completions",
    }
}

/// The path that lists the models below the base address.
pub(crate) fn list_path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Ollama => "/api/tags",
        Dialect::OpenaiChat | Dialect::Embedded => "/models",
    }
}

/// The body of the request.
pub(crate) fn chat_body(provider: &ProviderConfig, request: &ChatRequest) -> Value {
    match provider.dialect {
        Dialect::Ollama => ollama::body(request, provider.context_window),
        Dialect::OpenaiChat | Dialect::Embedded => openai_chat::body(request, &provider.quirks),
    }
}

/// The model names in the body of a listing; `None` if it is no listing of this dialect.
pub(crate) fn listed_models(dialect: Dialect, body: &Value) -> Option<Vec<ListedModel>> {
    match dialect {
        Dialect::Ollama => ollama::listed_models(body),
        Dialect::OpenaiChat | Dialect::Embedded => openai_chat::listed_models(body),
    }
}

/// A model as its provider lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ListedModel {
    pub(crate) name: String,
    pub(crate) context_window: Option<u32>,
    pub(crate) size: Option<u64>,
}

/// An event as a JSON object, or the error that says it is none.
fn parse_object(event: &str) -> Result<Value, LlmError> {
    match serde_json::from_str::<Value>(event) {
        Ok(value) if value.is_object() => Ok(value),
        _ => Err(LlmError::new(
            LlmErrorKind::Malformed,
            format!("The model server sent something that is not of its protocol: {}", failure::excerpt(event)),
            "Check that the address and the dialect of the provider are right.",
        )),
    }
}
