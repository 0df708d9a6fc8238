//! The daemon itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workspace::IndexProgress;

/// Parameters of `system.hello`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hello {
    /// The name of the client.
    pub client: Option<String>,
    /// The oldest protocol version that the client speaks.
    pub protocol_min: Option<u32>,
    /// The newest protocol version that the client speaks.
    pub protocol_max: Option<u32>,
    /// Absolute path of the folder that the client works in. Files below it that belong to no workspace folder, and have no version
    /// control directory or manifest above them, belong to it.
    pub folder: Option<String>,
}

/// The result of `system.hello`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HelloResult {
    /// The protocol version to use.
    pub protocol: u32,
    /// The version of the daemon.
    pub version: String,
    /// The names of the operations that the daemon has.
    pub operations: Vec<String>,
}

/// The result of `system.status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The version of the daemon.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// When it started (RFC 3339, UTC).
    pub started_at: String,
    /// Where its data is.
    pub data_dir: String,
    /// Where its HTTP is, such as `http://127.0.0.1:4242`; absent when it serves none.
    pub http_url: Option<String>,
    /// Clients that are connected.
    pub sessions: Vec<SessionInfo>,
    /// Runs that go on.
    pub active_runs: u32,
    /// The model that is used when nobody names another.
    pub default_model: Option<String>,
    /// Why there is no model, where there is none.
    pub model_problem: Option<String>,
    /// Resident memory of the process in bytes, where the system tells it.
    pub memory_bytes: Option<u64>,
    /// The indexes of folders that are worked in.
    pub indexes: Vec<IndexProgress>,
    /// What is wrong with the configuration; the last good one is in force.
    pub config_problems: Vec<String>,
}

/// A client that is connected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionInfo {
    /// Its name, such as `Neovim`.
    pub client: String,
    /// How it is connected: `lsp`, `cli` or `http`.
    pub transport: String,
    /// Documents it has open.
    pub documents: u32,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// It is well.
    Ok,
    /// It works, but could be better.
    Warning,
    /// It does not work.
    Failed,
}

/// One check of `system.doctor`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it went.
    pub status: CheckStatus,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The result of `system.repair`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Repair {
    /// What was wrong before, one sentence each.
    pub found: Vec<String>,
    /// What is still wrong. A backup can take the place of the store: `aiia backup restore`.
    pub left: Vec<String>,
    /// The copy of the store as it was before; absent where nothing was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

/// The result of `system.doctor`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Doctor {
    /// The checks.
    pub checks: Vec<Check>,
}
