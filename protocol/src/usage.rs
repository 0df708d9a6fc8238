//! What runs and requests of other programs used and cost, from the ledger that outlives the chats.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ChatId, ProjectId};

/// What the rows of a report stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageBy {
    /// A model, `provider/model`.
    #[default]
    Model,
    /// A day (UTC), such as `2026-11-21`.
    Day,
    /// A project, by its identifier.
    Project,
    /// A chat, by its identifier.
    Chat,
}

/// Parameters of `usage.report`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReportUsage {
    /// What the rows stand for.
    pub by: UsageBy,
    /// Only runs that ended at this time or later: a date or RFC 3339, UTC.
    pub since: Option<String>,
    /// Only runs that ended before this time: a date or RFC 3339, UTC.
    pub until: Option<String>,
    /// Only runs of this project.
    pub project_id: Option<ProjectId>,
    /// Only runs of this chat.
    pub chat_id: Option<ChatId>,
}

/// The result of `usage.report`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsageReport {
    /// The rows, by name; days the other way round.
    pub items: Vec<UsageRow>,
    /// All of them together.
    pub total: UsageRow,
    /// The prices that the costs are made from, as they were when each was asked; those without a price are left out.
    #[serde(default)]
    pub prices: Vec<UsedPrice>,
}

/// A price that costs are made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsedPrice {
    /// The model, `provider/model`.
    pub model: String,
    /// What it cost when it was asked.
    #[serde(flatten)]
    pub price: TokenPrice,
    /// How many runs had this price.
    #[serde(default)]
    pub runs: u64,
}

/// What a model cost when it was asked, for a million tokens. It stays with what was asked, whatever the price is later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TokenPrice {
    /// Tokens of prompts.
    pub input: Option<f64>,
    /// Tokens of answers.
    pub output: Option<f64>,
    /// Tokens of prompts that were in the server's cache; the price of `input` where absent.
    pub cached: Option<f64>,
    /// Tokens of prompts that were written to the server's cache; 1.25 times the price of `input` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
    /// The currency, as ISO 4217 names it.
    #[serde(default = "us_dollars")]
    pub currency: String,
    /// Where the price comes from: your configuration, the built-in table with its day, or that the model is on this machine.
    pub origin: String,
}

/// The currency of all prices that are known here.
pub const US_DOLLARS: &str = "USD";

fn us_dollars() -> String {
    US_DOLLARS.to_owned()
}

/// What a number of runs used. What is not known is absent, never 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsageRow {
    /// What the row stands for; empty for what belongs to no project or chat, such as requests of other programs at `/v1`.
    pub name: String,
    /// How many runs there were.
    pub runs: u64,
    /// Those of them whose tokens the server did not tell.
    pub uncounted_runs: u64,
    /// Those of them whose price was not known when they were asked; a price that is set later changes nothing about them.
    pub unpriced_runs: u64,
    /// Those of them of which `cost_usd` knows nothing: it is at least what it says where there are any.
    #[serde(default)]
    pub uncosted_runs: u64,
    /// Those of them whose answer was a kept one: they used nothing.
    #[serde(default)]
    pub cached_runs: u64,
    /// Those of them whose cost the provider told itself, whatever the prices are.
    #[serde(default)]
    pub told_runs: u64,
    /// Tokens of prompts, of those runs that are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens of answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Tokens of prompts that were in the server's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Tokens of prompts that were written to the server's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// US dollars, of all runs but the `uncosted_runs`. Models on this machine and kept answers cost nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}
