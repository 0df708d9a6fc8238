//! Messages: what was said in a chat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attachment::Attachment;
use crate::id::{ChatId, MessageId, RunId};
use crate::run::Run;
use crate::settings::Parameters;

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
    /// What the user thinks of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// What the user noted about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What a person should know of it: that another model wrote it, that something was left out, that a limit cut it off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// What goes with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The messages beside it, itself included, in the order of their making: other answers to the same question, other
    /// wordings of the question. Empty where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub siblings: Vec<MessageId>,
    /// When it was made (RFC 3339, UTC).
    pub created_at: String,
    /// Counts up with every change.
    pub version: u64,
}

/// What a person should know of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// What exactly it is, for programs, as in the event `notice` of a run; `complaint` where a part of it could not be applied.
    pub reason: String,
    /// What it is, in a sentence.
    pub text: String,
}

/// What the user thinks of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// It is good.
    Up,
    /// It is bad.
    Down,
}

/// In which order messages are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The oldest first.
    #[default]
    Oldest,
    /// The newest first: the end of a long chat is there at once.
    Newest,
}

/// Parameters of `message.list`. Without `branch` it lists the path that is shown.
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
    /// Which comes first.
    #[serde(default)]
    pub order: Order,
    /// Where the page starts: `next_cursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many items, 1 to 200; 50 where absent.
    #[serde(default)]
    pub limit: Option<u32>,
}

impl ListMessages {
    /// The path that is shown, from its first message on.
    pub fn new(chat_id: ChatId) -> Self {
        Self { chat_id, branch: None, all: false, order: Order::Oldest, cursor: None, limit: None }
    }
}

/// Parameters of `message.get` and others that take nothing but a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageRef {
    /// The message.
    pub message_id: MessageId,
}

/// Parameters of `message.delete`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteMessage {
    /// The message.
    pub message_id: MessageId,
    /// Refuse when the message has another version than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

/// Parameters of `message.update`: what is absent stays as it is, `null` clears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMessage {
    /// The message.
    pub message_id: MessageId,
    /// What the user thinks of it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::operation::patch")]
    #[schemars(with = "Option<Rating>")]
    pub rating: Option<Option<Rating>>,
    /// What the user notes about it, up to 10,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::operation::patch")]
    #[schemars(with = "Option<String>")]
    pub note: Option<Option<String>>,
    /// Refuse when the message has another version than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

/// Parameters of `message.edit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditMessage {
    /// The message. It stays as it is; the new wording becomes its sibling, with the same attachments.
    pub message_id: MessageId,
    /// The new wording.
    pub content: String,
}

/// Parameters of `message.answer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerMessage {
    /// The question; of an answer, the question that it answers. Answers that are there stay beside the new ones.
    pub message_id: MessageId,
    /// How many answers, 1 to 8; 1 where absent.
    #[serde(default)]
    pub candidates: Option<u32>,
    /// The model, `provider/model`, for these answers alone.
    #[serde(default)]
    pub model: Option<String>,
    /// The system prompt for these answers alone.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// The sampling parameters for these answers alone.
    #[serde(default)]
    pub parameters: Parameters,
}

impl AnswerMessage {
    /// One answer with the settings of the chat.
    pub fn new(message_id: MessageId) -> Self {
        Self { message_id, candidates: None, model: None, system_prompt: None, parameters: Parameters::default() }
    }
}

/// The result of `message.answer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answers {
    /// The runs that write the answers; the chat shows the first one.
    pub items: Vec<Run>,
}

/// The result of `message.delete` and `message.restore`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BranchChange {
    /// How many messages it was: the named one and all that follow it.
    pub messages: u64,
    /// The last message of the path that is shown now.
    pub head_id: Option<MessageId>,
}
