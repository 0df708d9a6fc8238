//! Chats: a tree of messages inside a project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ChatId, MessageId, ProjectId};
use crate::settings::{Parameters, Settings};
use crate::template::TemplateUse;

/// A chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chat {
    /// Its identifier.
    pub id: ChatId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// Its title, shown to people.
    pub title: String,
    /// Whether the title was made from what is said, not given by a person.
    pub title_is_automatic: bool,
    /// Its model, `provider/model`; the project's or the default one where absent.
    pub model: Option<String>,
    /// Its system prompt; the project's where absent.
    pub system_prompt: Option<String>,
    /// Its sampling parameters; the project's where absent.
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub parameters: Parameters,
    /// Its tags, in the user's order.
    pub tags: Vec<String>,
    /// Whether it stays at the top of lists.
    pub pinned: bool,
    /// Whether it is a favourite.
    pub favourite: bool,
    /// Whether it is put away: lists leave it out unless asked.
    pub archived: bool,
    /// The chat that it was copied from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<ChatId>,
    /// The template that it was started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateUse>,
    /// The last message of the path that is shown.
    pub head_id: Option<MessageId>,
    /// How many messages it has, on all its branches.
    pub message_count: u64,
    /// When it was made (RFC 3339, UTC).
    pub created_at: String,
    /// When something was last said in it (RFC 3339, UTC). Titles, tags and the like leave it as it is.
    pub updated_at: String,
    /// When it was deleted (RFC 3339, UTC); it can be restored until it is purged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// Counts up with every change.
    pub version: u64,
}

/// Whether a kind of thing is in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Inclusion {
    /// It is left out.
    #[default]
    Exclude,
    /// It is in the list beside others.
    Include,
    /// Nothing else is in the list.
    Only,
}

/// Parameters of `chat.list`. Pinned chats come first, then the one in which something was said last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListChats {
    /// Only chats of this project.
    pub project_id: Option<ProjectId>,
    /// Only chats with this tag, in whatever case.
    pub tag: Option<String>,
    /// Only pinned ones, or only others.
    pub pinned: Option<bool>,
    /// Only favourites, or only others.
    pub favourite: Option<bool>,
    /// Archived ones; left out where absent.
    pub archived: Inclusion,
    /// Deleted ones that can still be restored; left out where absent.
    pub deleted: Inclusion,
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
    /// Its system prompt.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// Its sampling parameters.
    #[serde(default)]
    pub parameters: Parameters,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The template that it is started from.
    #[serde(default)]
    pub template: Option<TemplateUse>,
}

impl CreateChat {
    /// An empty chat of the project.
    pub fn new(project_id: ProjectId) -> Self {
        Self {
            project_id,
            title: None,
            model: None,
            system_prompt: None,
            parameters: Parameters::default(),
            tags: Vec::new(),
            template: None,
        }
    }
}

/// Parameters of `chat.get` and others that take nothing but a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatRef {
    /// The chat.
    pub chat_id: ChatId,
}

/// Parameters of `chat.delete`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteChat {
    /// The chat.
    pub chat_id: ChatId,
    /// Refuse when the chat has another version than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

/// Parameters of `chat.update`: what is absent stays as it is, `null` clears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateChat {
    /// The chat.
    pub chat_id: ChatId,
    /// A new title. An empty one is made from the first message again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Another project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// A new model.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::operation::patch")]
    #[schemars(with = "Option<String>")]
    pub model: Option<Option<String>>,
    /// A new system prompt.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::operation::patch")]
    #[schemars(with = "Option<String>")]
    pub system_prompt: Option<Option<String>>,
    /// All its sampling parameters from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
    /// All its tags from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Whether it stays at the top of lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// Whether it is a favourite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<bool>,
    /// Whether it is put away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Refuse when the chat has another version than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

impl UpdateChat {
    /// A change of nothing.
    pub fn new(chat_id: ChatId) -> Self {
        Self {
            chat_id,
            title: None,
            project_id: None,
            model: None,
            system_prompt: None,
            parameters: None,
            tags: None,
            pinned: None,
            favourite: None,
            archived: None,
            if_version: None,
        }
    }
}

/// What a fork takes along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForkScope {
    /// The messages from the first one to the one that is forked at.
    #[default]
    Path,
    /// Those, and the branches that leave this path; all but what follows the message.
    Related,
    /// The whole tree.
    Everything,
}

/// Parameters of `chat.fork`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForkChat {
    /// The chat.
    pub chat_id: ChatId,
    /// The message that becomes the last one of the path that is shown; the chat's head where absent.
    #[serde(default)]
    pub message_id: Option<MessageId>,
    /// What is taken along.
    #[serde(default)]
    pub scope: ForkScope,
    /// The title of the new chat; that of the old one where absent.
    #[serde(default)]
    pub title: Option<String>,
}

/// Parameters of `chat.bulk`: what is done to many chats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeChats {
    /// The chats, 1 to 1000.
    pub chat_ids: Vec<ChatId>,
    /// Whether they stay at the top of lists.
    pub pinned: Option<bool>,
    /// Whether they are favourites.
    pub favourite: Option<bool>,
    /// Whether they are put away.
    pub archived: Option<bool>,
    /// Their project from now on.
    pub project_id: Option<ProjectId>,
    /// Tags that they get.
    pub add_tags: Vec<String>,
    /// Tags that they lose.
    pub remove_tags: Vec<String>,
    /// Whether they are deleted (`true`) or restored (`false`).
    pub deleted: Option<bool>,
}

/// The result of `chat.bulk`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedChats {
    /// How many have changed.
    pub changed: u64,
}

/// The result of `chat.settings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatSettings {
    /// What an answer in the chat would be made with now, and where each setting comes from.
    pub settings: Settings,
}

/// A tag with how often it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagCount {
    /// The tag, as it was written last.
    pub tag: String,
    /// How many chats have it; deleted ones do not count.
    pub chats: u64,
}

/// The result of `tag.list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagList {
    /// The tags, in alphabetical order.
    pub items: Vec<TagCount>,
}
