//! The audit log: who changed what, and what was refused.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::ProblemCode;

/// A change that was made, or one that a token did not allow. It holds identifiers, never what was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// Counts up; numbers of entries that were pruned are not used again.
    pub number: u64,
    /// When it was (RFC 3339, UTC).
    pub at: String,
    /// The operation, such as `chat.delete`.
    pub operation: String,
    /// The client, as it calls itself.
    pub client: String,
    /// How it was connected: `lsp`, `cli` or `http`.
    pub transport: String,
    /// The name of the token that it showed, where it is one of `token.list`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What it was about, such as `chat_id`; `id` is what was made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub about: BTreeMap<String, String>,
    /// Why it was refused; absent when it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<ProblemCode>,
}

/// Parameters of `audit.list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListAudit {
    /// Only this operation, or with a dot at the end (`chat.`) all of this noun.
    pub operation: Option<String>,
    /// Only what is about the thing with this identifier.
    pub about: Option<String>,
    /// Only at this time or later (RFC 3339).
    pub since: Option<String>,
    /// Only before this time (RFC 3339).
    pub until: Option<String>,
    /// Where the page starts: `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many items, 1 to 200; 50 where absent.
    pub limit: Option<u32>,
}
