//! Messages: what was said in a chat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ChatId, MessageId, RunId};

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions to the model.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// How complete a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// It is all there.
    Complete,
    /// It is being written.
    Streaming,
    /// The daemon ended while it was being written; what had arrived is kept.
    Interrupted,
    /// The user stopped it; what had arrived is kept.
    Cancelled,
    /// The model failed; what had arrived is kept.
    Failed,
}

/// A message of a chat. Messages form a tree: another answer to the same question is a sibling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Its identifier.
    pub id: MessageId,
    /// The chat it belongs to.
    pub chat_id: ChatId,
    /// The message it answers.
    pub parent_id: Option<MessageId>,
    /// Who said it.
    pub role: Role,
    /// What was said, in Markdown.
    pub content: String,
    /// How complete it is.
    pub status: MessageStatus,
    /// The model that wrote it, `provider/model`.
    pub model: Option<String>,
    /// The run that wrote it.
    pub run_id: Option<RunId>,
    /// When it was made (RFC 3339, UTC).
    pub created_at: String,
}

/// Parameters of `message.list`. Without `branch` it lists the path that is shown, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListMessages {
    /// The chat.
    pub chat_id: ChatId,
    /// The last message of the path to list; the chat's head where absent.
    #[serde(default)]
    pub branch: Option<MessageId>,
    /// All messages of the tree, not one path.
    #[serde(default)]
    pub all: bool,
    /// Where the page starts: `next_cursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many items, 1 to 200; 50 where absent.
    #[serde(default)]
    pub limit: Option<u32>,
}
