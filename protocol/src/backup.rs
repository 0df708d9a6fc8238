//! Backups of the store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backup {
    /// Its name, which tells when it was made.
    pub name: String,
    /// Where it is.
    pub path: String,
    /// When it was made (RFC 3339, UTC).
    pub created_at: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The result of `backup.list`, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupList {
    /// The backups.
    pub items: Vec<Backup>,
}

/// Parameters of `backup.verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupRef {
    /// The name of the backup.
    pub name: String,
}

/// The result of `backup.verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupReport {
    /// The backup.
    pub backup: Backup,
    /// What is wrong with it, one sentence each; empty when it is sound.
    pub findings: Vec<String>,
    /// How many chats it has.
    pub chats: u64,
    /// How many messages it has.
    pub messages: u64,
}
