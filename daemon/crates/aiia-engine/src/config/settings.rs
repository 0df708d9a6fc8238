//! What can be set in the configuration file. The JSON schema of the file is made from these types.

use std::collections::BTreeMap;

use aiia_protocol::settings::{ContextRules, Parameters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The configuration of aiia. Nothing in it is needed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The model that is used when nobody names another, `provider/model` or an alias.
    #[schemars(length(min = 1))]
    pub model: Option<String>,
    /// The system prompt of chats where neither they nor their project have one.
    pub system_prompt: Option<String>,
    /// How answers are made where neither the chat nor its project says.
    pub parameters: Parameters,
    /// Which code goes along with questions about code, where the project does not say.
    pub context: ContextRules,
    /// Models to ask instead when the chosen one cannot be reached, in this order.
    #[schemars(inner(length(min = 1)))]
    pub fallback: Vec<String>,
    /// Short names for models: `fast = "ollama/qwen2.5-coder:1.5b"`.
    pub aliases: BTreeMap<String, String>,
    /// Models for single purposes.
    pub roles: Roles,
    /// Model providers by name.
    pub providers: BTreeMap<String, Provider>,
    /// The embedded model.
    pub embedded: Embedded,
    /// How long model servers may take.
    pub timeouts: Timeouts,
    /// What of a long chat is sent.
    pub history: History,
    /// Answers that are kept to be given again.
    pub cache: Cache,
    /// Prices of models, `provider/model` or `provider/*`, over the built-in ones.
    pub prices: BTreeMap<String, Price>,
    /// The daemon.
    pub daemon: Daemon,
    /// What may be sent.
    pub privacy: Privacy,
    /// What goes by itself.
    pub retention: Retention,
}

/// Models for single purposes, each `provider/model` or an alias.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Roles {
    /// Questions in a chat.
    #[schemars(length(min = 1))]
    pub chat: Option<String>,
    /// Explaining code.
    #[schemars(length(min = 1))]
    pub explain: Option<String>,
    /// Mending code.
    #[schemars(length(min = 1))]
    pub fix: Option<String>,
    /// Making code better.
    #[schemars(length(min = 1))]
    pub optimize: Option<String>,
    /// Writing tests.
    #[schemars(length(min = 1))]
    pub test: Option<String>,
    /// Writing doc comments.
    #[schemars(length(min = 1))]
    pub document: Option<String>,
    /// Changing code.
    #[schemars(length(min = 1))]
    pub edit: Option<String>,
    /// Questions about code.
    #[schemars(length(min = 1))]
    pub ask: Option<String>,
    /// Titles of chats. Where none is named, a title is the first words of its chat.
    #[schemars(length(min = 1))]
    pub title: Option<String>,
    /// Saying in short what was said early in a long chat; the model of the answer where absent.
    #[schemars(length(min = 1))]
    pub summarise: Option<String>,
}

impl Roles {
    /// All of them.
    pub const NAMES: [&str; 10] =
        ["chat", "explain", "fix", "optimize", "test", "document", "edit", "ask", "title", "summarise"];

    /// The model for the role of this name.
    pub fn get(&self, role: &str) -> Option<&str> {
        match role {
            "chat" => &self.chat,
            "explain" => &self.explain,
            "fix" => &self.fix,
            "optimize" => &self.optimize,
            "test" => &self.test,
            "document" => &self.document,
            "edit" => &self.edit,
            "ask" => &self.ask,
            "title" => &self.title,
            "summarise" => &self.summarise,
            _ => return None,
        }
        .as_deref()
    }
}

/// A model provider. What is absent is taken from the known provider of the same name, where there is one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// How it is spoken to.
    pub dialect: Option<Dialect>,
    /// Its address, such as `http://127.0.0.1:8080/v1`.
    pub base_url: Option<String>,
    /// The environment variable that holds its key. Keys themselves do not belong here: `aiia config set-key` keeps them.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub api_key_env: Option<String>,
    /// Models that it has, first the one to use.
    pub models: Vec<String>,
    /// Tokens of the context window.
    #[schemars(range(min = 256))]
    pub context_window: Option<u32>,
    /// How many requests it may have at a time; the rest waits.
    #[schemars(range(min = 1, max = 1000))]
    pub max_concurrent: Option<u32>,
    /// Further headers of every request; `$NAME` is replaced by the environment variable.
    pub headers: BTreeMap<String, String>,
    /// Where it departs from its dialect.
    pub quirks: Quirks,
}

/// How a provider is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// `OpenAI`'s chat completions, which most servers speak.
    OpenaiChat,
    /// `OpenAI`'s responses.
    OpenaiResponses,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Google's Gemini.
    Gemini,
    /// Ollama's own.
    Ollama,
    /// Completions that fill a gap in a text.
    CompletionsFim,
}

impl From<Dialect> for aiia_llm::Dialect {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::OpenaiChat => Self::OpenaiChat,
            Dialect::OpenaiResponses => Self::OpenaiResponses,
            Dialect::AnthropicMessages => Self::AnthropicMessages,
            Dialect::Gemini => Self::Gemini,
            Dialect::Ollama => Self::Ollama,
            Dialect::CompletionsFim => Self::CompletionsFim,
        }
    }
}

/// Where a provider departs from its dialect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// The field that limits the answer, such as `max_completion_tokens`.
    pub max_tokens_field: Option<String>,
    /// Whether token counts may be asked for in a stream.
    pub stream_usage: Option<bool>,
    /// Whether a temperature may be sent.
    pub temperature: Option<bool>,
    /// Whether `anthropic_messages` may ask to keep the beginning of a prompt for the next one.
    pub prompt_cache: Option<bool>,
    /// The header that carries the key, such as `api-key`.
    pub key_header: Option<String>,
    /// How a gap is told of: `auto`, `suffix`, `infill`, or a prompt with `{prefix}` and `{suffix}`.
    pub fill: Option<String>,
    /// The path of completions below the base address.
    pub completions_path: Option<String>,
}

/// How long model servers may take, in seconds. There is no limit for a whole answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Until a connection stands.
    #[schemars(range(min = 1))]
    pub connect: u32,
    /// From the request to the first token; local servers may load the model first.
    #[schemars(range(min = 1))]
    pub first_token: u32,
    /// Between two pieces of an answer.
    #[schemars(range(min = 1))]
    pub idle: u32,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: 5, first_token: 120, idle: 60 }
    }
}

/// The embedded model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Embedded {
    /// Path of the GGUF file; the largest one in `<data directory>/models` where absent.
    #[schemars(length(min = 1))]
    pub path: Option<String>,
    /// After how many idle minutes it leaves the memory.
    pub unload_minutes: u64,
    /// How many threads it computes with; all cores but one where absent.
    #[schemars(range(min = 1, max = 512))]
    pub threads: Option<u32>,
    /// Tokens of its context window.
    #[schemars(range(min = 256))]
    pub context_window: u32,
}

impl Default for Embedded {
    fn default() -> Self {
        Self { path: None, unload_minutes: 10, threads: None, context_window: 8192 }
    }
}

/// What of a long chat is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// How the part is chosen.
    pub strategy: HistoryStrategy,
    /// With `last`: how many messages before the question; with 0 it goes alone.
    pub messages: u32,
    /// At most so many tokens of the chat are sent, however large the window is.
    #[schemars(range(min = 256))]
    pub tokens: u32,
}

impl Default for History {
    fn default() -> Self {
        Self { strategy: HistoryStrategy::Tokens, messages: 20, tokens: 60_000 }
    }
}

/// How the part of a chat that is sent is chosen. Whatever does not fit into half of the window is left out in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryStrategy {
    /// As many of the last messages as fit.
    Tokens,
    /// A number of the last messages.
    Last,
    /// As many of the last messages as fit, behind a summary of those before that a model makes.
    Summary,
}

/// Answers that are kept to be given again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Whether the answer to a request at temperature 0 is kept and given again when exactly the same is sent to the same model.
    pub answers: bool,
    /// For how many days.
    #[schemars(range(min = 1, max = 3650))]
    pub days: u32,
}

impl Default for Cache {
    fn default() -> Self {
        Self { answers: false, days: 30 }
    }
}

/// What a model costs, in US dollars for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Price {
    /// Tokens of the prompt.
    #[schemars(range(min = 0))]
    pub input: Option<f64>,
    /// Tokens of the answer.
    #[schemars(range(min = 0))]
    pub output: Option<f64>,
    /// Tokens of the prompt that were in the server's cache; the price of `input` where absent.
    #[schemars(range(min = 0))]
    pub cached: Option<f64>,
    /// Tokens of the prompt that were written to the server's cache; 1.25 times the price of `input` where absent.
    #[schemars(range(min = 0))]
    pub cache_write: Option<f64>,
}

/// The daemon. These count when it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Daemon {
    /// After how many minutes without a client it exits.
    pub idle_minutes: u64,
    /// Its HTTP port; any free one where absent.
    #[schemars(range(min = 1))]
    pub http_port: Option<u16>,
}

impl Default for Daemon {
    fn default() -> Self {
        Self { idle_minutes: 30, http_port: None }
    }
}

/// What may be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Privacy {
    /// Whether key-like strings are replaced before anything is sent, and put back into the answer.
    pub redact_secrets: bool,
    /// Whether that is done for models on this machine, too.
    pub redact_local: bool,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { redact_secrets: true, redact_local: true }
    }
}

/// What goes by itself. It is looked after every ten minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// After how many days deleted chats are erased for ever; never where absent.
    #[schemars(range(min = 1))]
    pub deleted_days: Option<u32>,
    /// After how many days entries of the audit log go.
    #[schemars(range(min = 1))]
    pub audit_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { deleted_days: None, audit_days: 365 }
    }
}

/// What a folder's `.aiia.toml` can set. It comes with the code and may be anybody's: it names no host, no key and no file,
/// and makes nothing less private.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectSettings {
    /// The model of this folder. It has to be one on this machine or of a provider that the user configured.
    pub model: Option<String>,
    /// Models for single purposes.
    pub roles: Roles,
    /// What of a long chat is sent.
    pub history: Option<History>,
}
