//! What is asked of a model and what comes back, in terms no provider owns.

use std::pin::Pin;

use futures::Stream;
use serde::{Deserialize, Serialize};

use crate::error::LlmError;

/// Who speaks in a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions to the model.
    System,
    /// The person (or the program in their place).
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The role's name on every wire we speak.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// A picture that goes with a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Image {
    /// Its kind, such as `image/png`.
    pub media_type: String,
    /// Its bytes in Base64, without line breaks.
    pub data: String,
}

impl Image {
    /// The picture as a `data:` address.
    pub(crate) fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, self.data)
    }
}

/// One message of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who says it.
    pub role: Role,
    /// The text.
    pub content: String,
    /// Pictures, shown before the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

impl ChatMessage {
    /// A message of the given role.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), images: Vec::new() }
    }
}

/// A gap in a text that is to be filled.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Gap {
    /// The text before it.
    pub prefix: String,
    /// The text after it.
    pub suffix: String,
}

/// A request for one answer.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ChatRequest {
    /// The provider's own name of the model, without the provider's name.
    pub model: String,
    /// The conversation, oldest first.
    pub messages: Vec<ChatMessage>,
    /// What is to be filled in, in place of a conversation; only `completions_fim` can.
    pub gap: Option<Gap>,
    /// At most so many tokens of answer; `None` leaves it to the model and its window.
    pub max_tokens: Option<u32>,
    /// 0 is deterministic; `None` is the provider's default (0 for the embedded model).
    pub temperature: Option<f32>,
    /// The answer ends before the first of these strings.
    pub stop: Vec<String>,
    /// The context window to work in, in tokens. Ollama needs it said, the embedded model is bounded
    /// by it, others know their own.
    pub context_window: Option<u32>,
    /// Whether more is likely to be asked after this conversation as it is, so that it is worth keeping where that has a price. `None`:
    /// as one that has an answer already looks.
    pub goes_on: Option<bool>,
}

/// A piece of an answer as it arrives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delta {
    /// What is going on before the first token, for a person to read ("reading prompt 512/1200").
    Status(String),
    /// A model could not answer, so another one is asked from here on, by us or by its provider.
    Fallback {
        /// The full name of the one that could not.
        from: String,
        /// The full name of the next one.
        to: String,
        /// What went wrong.
        because: String,
    },
    /// Text of the answer.
    Text(String),
    /// Text of the model's reasoning, where a provider sends it apart from the answer.
    Reasoning(String),
    /// Token counts so far; the last one of a stream holds.
    Usage(Usage),
    /// The answer has ended; nothing follows.
    Finish(FinishReason),
}

/// Why an answer ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FinishReason {
    /// The model was done, or a stop string was met.
    Stop,
    /// The token limit or the window was reached: the answer is cut short.
    Length,
    /// The provider withheld the rest.
    ContentFilter,
    /// What else a provider calls it.
    Other(String),
}

/// Token counts of one request; `None` is unknown, never zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Tokens of the whole prompt, cached ones included.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer, reasoning included.
    pub output_tokens: Option<u64>,
    /// Those tokens of the prompt that did not have to be read again.
    pub cached_tokens: Option<u64>,
    /// Those tokens of the prompt that were written to a cache at a price of their own.
    pub cache_write_tokens: Option<u64>,
    /// Those tokens of the answer that were thinking.
    pub reasoning_tokens: Option<u64>,
    /// What the provider says that it cost, in billionths of a US dollar.
    pub told_cost: Option<u64>,
}

/// An answer being streamed. It ends after [`Delta::Finish`] or the first error. Nothing happens
/// before the first poll, and dropping it drops the connection.
pub type DeltaStream = Pin<Box<dyn Stream<Item = Result<Delta, LlmError>> + Send>>;
