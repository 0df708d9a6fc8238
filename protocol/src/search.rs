//! Search in titles and messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chat::Inclusion;
use crate::id::{ChatId, MessageId, ProjectId};
use crate::message::Role;

/// How the words of a search are understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchMode {
    /// Words, but parts where the query has signs or a script without blanks between words.
    #[default]
    Auto,
    /// Every word must be there, in whatever order and case; the last one may be a beginning. `"…"` keeps words together.
    Words,
    /// The query must be there as it is, in whatever case: for code, and for scripts without blanks between words.
    Substring,
}

/// Parameters of `search.query`. Whatever is typed as `query` is text to be found, never a command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// What to look for, up to 1,000 characters. Nothing is found by nothing.
    pub query: String,
    /// How it is understood.
    pub mode: SearchMode,
    /// Only in this project.
    pub project_id: Option<ProjectId>,
    /// Only in this chat.
    pub chat_id: Option<ChatId>,
    /// Only what was said by this one; titles are left out then.
    pub role: Option<Role>,
    /// Only what this model said, `provider/model`; titles are left out then.
    pub model: Option<String>,
    /// Only chats with this tag, in whatever case.
    pub tag: Option<String>,
    /// Only favourite chats, or only others.
    pub favourite: Option<bool>,
    /// Archived chats; left out where absent.
    pub archived: Inclusion,
    /// Only what was said at this time or later (RFC 3339).
    pub since: Option<String>,
    /// Only what was said before this time (RFC 3339).
    pub until: Option<String>,
    /// Where the page starts: `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many items, 1 to 200; 50 where absent.
    pub limit: Option<u32>,
}

/// A place where something was found. Titles come first, then messages, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SearchHit {
    /// The chat.
    pub chat_id: ChatId,
    /// Its title.
    pub chat_title: String,
    /// Its project.
    pub project_id: ProjectId,
    /// The message; absent where the title was found.
    pub message_id: Option<MessageId>,
    /// Who said it.
    pub role: Option<Role>,
    /// When it was said, or the chat was made (RFC 3339, UTC).
    pub created_at: String,
    /// The text around the place, in parts.
    pub snippet: Vec<SnippetPart>,
}

/// A part of a snippet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnippetPart {
    /// The text.
    pub text: String,
    /// Whether it is what was looked for.
    pub found: bool,
}
