//! Events: every change that any client makes, told to all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ChatId, ProjectId};

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// A project.
    Project,
    /// A chat.
    Chat,
    /// A message.
    Message,
    /// A run.
    Run,
    /// A pending edit.
    Edit,
    /// The configuration or a key.
    Config,
    /// A prompt template.
    Template,
    /// A model was got or deleted.
    Model,
    /// An export or an import: how far it is.
    Transfer,
    /// A token.
    Token,
}

/// How it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Created,
    /// It is different.
    Updated,
    /// It is gone.
    Deleted,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Counts up from the start of the daemon. A gap means that events were missed and lists must be read again.
    pub seq: u64,
    /// What changed.
    pub entity: Entity,
    /// How it changed.
    pub change: Change,
    /// The identifier of the thing.
    pub id: String,
    /// The project it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The chat it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<ChatId>,
}
