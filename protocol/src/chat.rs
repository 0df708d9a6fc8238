//! Chats: a tree of messages inside a project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ChatId, MessageId, ProjectId};

/// A chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chat {
    /// Its identifier.
    pub id: ChatId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// Its title, shown to people.
    pub title: String,
    /// Its model, `provider/model`; the project's or the default one where absent.
    pub model: Option<String>,
    /// The last message of the path that is shown.
    pub head_id: Option<MessageId>,
    /// How many messages it has, on all its branches.
    pub message_count: u64,
    /// When it was made (RFC 3339, UTC).
    pub created_at: String,
    /// When it last changed (RFC 3339, UTC).
    pub updated_at: String,
    /// Counts up with every change.
    pub version: u64,
}

/// Parameters of `chat.list`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListChats {
    /// Only chats of this project.
    pub project_id: Option<ProjectId>,
    /// Where the page starts: `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many items, 1 to 200; 50 where absent.
    pub limit: Option<u32>,
}

/// Parameters of `chat.create`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateChat {
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// Its title; taken from the first message where absent.
    #[serde(default)]
    pub title: Option<String>,
    /// Its model, `provider/model`.
    #[serde(default)]
    pub model: Option<String>,
}

/// Parameters of `chat.get` and `chat.delete`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatRef {
    /// The chat.
    pub chat_id: ChatId,
}

/// Parameters of `chat.update`: what is absent stays as it is, `null` clears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateChat {
    /// The chat.
    pub chat_id: ChatId,
    /// A new title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Another project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// A new model.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::operation::patch")]
    #[schemars(with = "Option<String>")]
    pub model: Option<Option<String>>,
    /// Refuse when the chat has another version than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}
