//! What leaves the store in files and comes back: chats with every branch, projects, templates. The JSON of an export.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attachment::Attachment;
use crate::chat::Chat;
use crate::edit::PendingEdit;
use crate::id::{ChatId, ProjectId, RunId, TemplateId};
use crate::message::Message;
use crate::project::Project;
use crate::run::{Run, RunEventKind, Usage};
use crate::template::TemplateRevision;
use crate::usage::TokenPrice;

/// `format` of a file with one chat.
pub const CHAT_FORMAT: &str = "aiia-chat";
/// `format` of the manifest of an archive.
pub const ARCHIVE_FORMAT: &str = "aiia-archive";
/// The newest version of a chat that is written and read.
pub const CHAT_VERSION: u32 = 1;
/// The newest version of an archive that is written and read. In those of version 1 attachments are in the chats.
pub const ARCHIVE_VERSION: u32 = 2;

/// `manifest.json` of an archive. Beside it are lines of JSON: `projects.jsonl`, `attachments/` and `chats/` with many in a file,
/// `templates.jsonl` and `usage.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// `aiia-archive`.
    pub format: String,
    /// The version of the format.
    pub version: u32,
    /// When it was made (RFC 3339, UTC).
    pub created_at: String,
    /// How many projects it has.
    pub projects: u64,
    /// How many chats it has.
    pub chats: u64,
    /// How many messages these have, deleted ones included.
    pub messages: u64,
    /// How many templates it has.
    pub templates: u64,
    /// How many attachments it has beside the chats.
    #[serde(default)]
    pub attachments: u64,
}

/// A chat as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatFile {
    /// `aiia-chat`.
    pub format: String,
    /// The version of the format.
    pub version: u32,
    /// The chat.
    pub chat: Chat,
    /// Its project, where the file has no archive around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectFile>,
    /// All its messages; each after the one that it answers.
    pub messages: Vec<FiledMessage>,
    /// The runs that wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<FiledRun>,
    /// The changes that the runs proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<FiledEdit>,
    /// What goes with its messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<FiledAttachment>,
}

/// An attachment with its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FiledAttachment {
    /// The attachment.
    #[serde(flatten)]
    pub attachment: Attachment,
    /// Its content, in Base64. In the chats of an archive there is none: it stands beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "base64_text")]
    #[schemars(with = "String")]
    pub data: Vec<u8>,
}

/// Bytes as Base64.
mod base64_text {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(data: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(data))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        BASE64_STANDARD.decode(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl ChatFile {
    /// A chat with its messages, of which nothing more is known.
    pub fn new(chat: Chat, messages: Vec<FiledMessage>) -> Self {
        Self {
            format: CHAT_FORMAT.to_owned(),
            version: CHAT_VERSION,
            chat,
            project: None,
            messages,
            runs: Vec::new(),
            edits: Vec::new(),
            attachments: Vec::new(),
        }
    }
}

/// A message with what only a file says about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FiledMessage {
    /// The message. Who its siblings are follows from the tree.
    #[serde(flatten)]
    pub message: Message,
    /// When it was deleted, where it was (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
}

/// A run with its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FiledRun {
    /// The run.
    #[serde(flatten)]
    pub run: Run,
    /// Its events 1, 2, 3 ….
    #[serde(default)]
    pub events: Vec<RunEventKind>,
}

/// A proposed change with the texts of its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FiledEdit {
    /// The change.
    #[serde(flatten)]
    pub edit: PendingEdit,
    /// The texts, in the order of its files.
    pub texts: Vec<FiledTexts>,
}

/// The texts of a file of a proposed change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FiledTexts {
    /// The text that the change was made on.
    pub base_text: String,
    /// The text with all hunks.
    pub new_text: String,
}

/// A project as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectFile {
    /// The project.
    #[serde(flatten)]
    pub project: Project,
    /// When it was deleted, where it was (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
}

/// A template of the user as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FiledTemplate {
    /// Its identifier.
    pub id: TemplateId,
    /// Whether it is a favourite.
    pub favourite: bool,
    /// Its versions, the oldest first.
    pub revisions: Vec<TemplateRevision>,
    /// When it was deleted, where it was (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
}

/// What a run used, which outlives its chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FiledUsage {
    /// The run.
    pub run_id: RunId,
    /// Its chat; empty where it was asked outside of any.
    pub chat_id: ChatId,
    /// The project at the time; empty where it belonged to none.
    pub project_id: ProjectId,
    /// The model, `provider/model`.
    pub model: String,
    /// The action, where it was one; `api` or `api_embeddings` for other programs' requests, `model_test` for a test.
    #[serde(default)]
    pub action: Option<String>,
    /// How the run ended.
    pub status: String,
    /// The tokens.
    pub usage: Usage,
    /// What the model cost at the time; absent where that was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<TokenPrice>,
    /// Whether it was answered by what was kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_cache: bool,
    /// When it ended (RFC 3339, UTC).
    pub created_at: String,
}
