//! Models: those that can be used now, and getting others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::PullId;
use crate::problem::Problem;
use crate::run::Usage;

/// A model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// `provider/model`.
    pub id: String,
    /// The provider.
    pub provider: String,
    /// Whether what is sent to it stays on this machine.
    pub local: bool,
    /// Tokens of its context window.
    pub context_window: Option<u64>,
    /// Whether it is what is used when nobody names another.
    pub default: bool,
}

/// The result of `model.list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelList {
    /// The models.
    pub items: Vec<Model>,
    /// Providers that did not answer, and why.
    pub unavailable: Vec<UnavailableProvider>,
}

/// A provider that did not answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnavailableProvider {
    /// The provider.
    pub provider: String,
    /// Why it did not answer.
    pub reason: String,
}

/// Parameters of `model.get`, `model.test` and `model.delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelRef {
    /// `provider/model`, or an alias.
    pub model: String,
}

/// What is known about a model. What is not known is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelDetails {
    /// The model.
    pub model: Model,
    /// How many tokens of window are assumed, where it is not known; `providers.NAME.context_window` in the configuration says how many
    /// there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_window: Option<u64>,
    /// What its provider speaks, such as `openai_chat`.
    pub dialect: String,
    /// The provider's address without secrets, or the file of an embedded model.
    pub address: String,
    /// How the provider came to be known.
    pub origin: String,
    /// The size of the weights in bytes.
    pub bytes: Option<u64>,
    /// How many parameters it has, as the server says it.
    pub parameters: Option<String>,
    /// How they are stored, as the server says it.
    pub quantization: Option<String>,
    /// US dollars for a million tokens of prompts. Models on this machine cost nothing.
    pub input_price: Option<f64>,
    /// US dollars for a million tokens of answers.
    pub output_price: Option<f64>,
    /// US dollars for a million tokens of prompts that were in the server's cache, where that is another price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_price: Option<f64>,
    /// US dollars for a million tokens of prompts that were written to the server's cache, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_price: Option<f64>,
    /// Where the prices come from: your configuration, or the built-in table with its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_origin: Option<String>,
    /// The names that stand for it.
    pub aliases: Vec<String>,
    /// The roles it is used for.
    pub roles: Vec<String>,
}

/// The result of `model.test`: a short question was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelTest {
    /// The model, `provider/model`.
    pub model: String,
    /// What it said.
    pub answer: String,
    /// Milliseconds until the first piece of the answer.
    pub first_token_ms: u64,
    /// Milliseconds until the end.
    pub total_ms: u64,
    /// Tokens, as the server counted them.
    pub usage: Usage,
}

/// The result of `model.status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelStatus {
    /// The model that is used when nobody names another.
    pub default: Option<String>,
    /// The providers, in the order in which a default would be chosen.
    pub providers: Vec<ProviderStatus>,
    /// Where else was looked.
    pub looked: Vec<UnavailableProvider>,
    /// The embedded engine.
    pub embedded: EmbeddedStatus,
    /// What is being got, and what was lately.
    pub pulls: Vec<Pull>,
}

/// A provider as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderStatus {
    /// The name.
    pub name: String,
    /// What it speaks.
    pub dialect: String,
    /// Its address without secrets.
    pub address: String,
    /// How it came to be known.
    pub origin: String,
    /// How many models it has.
    pub models: u64,
    /// Why it does not answer.
    pub reason: Option<String>,
}

/// The embedded engine as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmbeddedStatus {
    /// Whether weights are in memory.
    pub loaded: bool,
    /// How many tokens of a prompt it last read in a second.
    pub prompt_tokens_per_second: Option<f64>,
    /// Where weights are kept.
    pub folder: String,
    /// The weights that can be got by name.
    pub catalogue: Vec<CatalogueModel>,
}

/// Weights that can be got by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogueModel {
    /// The name to pull.
    pub name: String,
    /// The size in bytes.
    pub bytes: u64,
    /// The licence, as an SPDX identifier.
    pub licence: String,
    /// Tokens of its context window.
    pub context_window: u64,
    /// The model that it is here, `embedded/…`; absent where it is not here.
    pub installed: Option<String>,
}

/// Parameters of `model.pull`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PullModel {
    /// A name of the catalogue, `embedded/` before it or not; a model of an Ollama server, such as `ollama/qwen2.5-coder:7b`; or
    /// the absolute path of a GGUF file on the daemon's machine.
    pub model: String,
}

/// Parameters of `model.cancel_pull`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PullRef {
    /// The pull.
    pub pull_id: PullId,
}

/// How a pull is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PullState {
    /// It goes on.
    Running,
    /// The model is there.
    Completed,
    /// It could not be got; what has arrived is kept.
    Failed,
    /// It was cancelled; what has arrived is kept.
    Cancelled,
}

/// A model on its way here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pull {
    /// Its identifier.
    pub id: PullId,
    /// The model, `provider/model`.
    pub model: String,
    /// How it is.
    pub state: PullState,
    /// What goes on.
    pub step: String,
    /// Bytes that are there.
    pub completed_bytes: u64,
    /// Bytes there will be, where it is known.
    pub total_bytes: Option<u64>,
    /// Why it failed.
    pub problem: Option<Problem>,
}

/// The result of `model.pulls`, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PullList {
    /// The pulls since the daemon started.
    pub items: Vec<Pull>,
}
