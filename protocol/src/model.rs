//! Models that can be used now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
