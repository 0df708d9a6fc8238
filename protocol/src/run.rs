//! Runs: one generation of an answer, from the question to the last token. A client that goes away does not end it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::ActionKind;
use crate::edit::FileSummary;
use crate::id::{AttachmentId, ChatId, EditId, MessageId, ProjectId, RunId};
use crate::problem::Problem;
use crate::settings::{Parameters, Settings};
use crate::usage::TokenPrice;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// It goes on.
    Running,
    /// It ended well.
    Completed,
    /// It ended with a problem.
    Failed,
    /// The user stopped it.
    Cancelled,
    /// The daemon ended while it went on.
    Interrupted,
}

impl RunStatus {
    /// Whether nothing more will come.
    pub fn is_final(self) -> bool {
        self != Self::Running
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Its identifier.
    pub id: RunId,
    /// The project.
    pub project_id: ProjectId,
    /// The chat it writes to.
    pub chat_id: ChatId,
    /// The user's message that it answers.
    pub user_message_id: MessageId,
    /// The answer that it writes.
    pub message_id: MessageId,
    /// The action, where it is one and not a plain chat turn.
    pub action: Option<ActionKind>,
    /// The model, `provider/model`.
    pub model: String,
    /// What it is made with, and where each setting comes from.
    #[serde(default)]
    pub settings: Settings,
    /// Where it stands.
    pub status: RunStatus,
    /// The change it proposed.
    pub edit_id: Option<EditId>,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// What it used so far.
    pub usage: Option<Usage>,
    /// What its model cost when it was asked; absent where that was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<TokenPrice>,
    /// What that makes in US dollars, or what the provider told (`usage.told_cost`); absent where tokens or price are not known. Models on
    /// this machine cost nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Whether the answer is one that was kept, so that no model was asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_cache: bool,
    /// Runs of other models that answer the same question; only in the results of `run.start` and `action.start`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<RunId>,
    /// The number of its last durable event.
    pub last_seq: u64,
    /// When it started (RFC 3339, UTC).
    pub created_at: String,
    /// When it ended (RFC 3339, UTC).
    pub finished_at: Option<String>,
}

/// Tokens that a run used. What is not known is absent, never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Usage {
    /// Tokens of the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Tokens of the prompt that were in the server's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Tokens of the prompt that were written to the server's cache, where that has a price of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Those tokens of the answer that were thinking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// What the provider itself says that it cost, in billionths of a US dollar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_cost: Option<u64>,
}

/// Parameters of `run.start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRun {
    /// The chat.
    pub chat_id: ChatId,
    /// What the user says; may be empty where something is attached.
    pub content: String,
    /// The message it answers; the chat's head where absent. Another message starts a branch.
    #[serde(default)]
    pub parent_id: Option<MessageId>,
    /// The message of the user that this is another wording of: it stays, and this one becomes its sibling.
    #[serde(default)]
    pub replaces: Option<MessageId>,
    /// What goes with it, at most 10 of `attachment.create` with 20 MiB together. Where absent, what goes with the
    /// message that it replaces.
    #[serde(default)]
    pub attachments: Option<Vec<AttachmentId>>,
    /// The model, `provider/model`, for this run alone.
    #[serde(default)]
    pub model: Option<String>,
    /// Several models, 2 to 8, that answer at the same time, instead of `model`: each gets a run and a branch of its own. The first
    /// one is shown.
    #[serde(default)]
    pub models: Vec<String>,
    /// The system prompt for this run alone.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// The sampling parameters for this run alone.
    #[serde(default)]
    pub parameters: Parameters,
}

impl StartRun {
    /// Goes on at the chat's head with the chat's settings.
    pub fn new(chat_id: ChatId, content: impl Into<String>) -> Self {
        Self {
            chat_id,
            content: content.into(),
            parent_id: None,
            replaces: None,
            attachments: None,
            model: None,
            models: Vec::new(),
            system_prompt: None,
            parameters: Parameters::default(),
        }
    }
}

/// Parameters of `run.get` and `run.cancel`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRef {
    /// The run.
    pub run_id: RunId,
}

/// Parameters of `run.events`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunEvents {
    /// The run.
    pub run_id: RunId,
    /// Only events after this number; 0 for all.
    #[serde(default)]
    pub after: u64,
}

/// A numbered event of a run. The same numbers reach every client, and can be asked for again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunEvent {
    /// The run.
    pub run_id: RunId,
    /// 1, 2, 3 … inside the run, without gaps.
    pub seq: u64,
    /// What happened.
    #[serde(flatten)]
    pub kind: RunEventKind,
}

/// What happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RunEventKind {
    /// What the run is doing now, for people.
    Status {
        /// Such as `loading model 40 %`.
        text: String,
    },
    /// What was sent to the model.
    Context {
        /// Tokens of the context.
        tokens: u64,
        /// The pieces, as `path:start-end`, with the reason.
        pieces: Vec<String>,
        /// How many secrets were replaced before sending.
        redactions: u64,
    },
    /// The next part of the answer.
    Text {
        /// The part.
        text: String,
    },
    /// The next part of the model's thinking.
    Reasoning {
        /// The part.
        text: String,
    },
    /// The answer became a pending edit.
    Edit {
        /// The pending edit.
        edit_id: EditId,
        /// Its files.
        files: Vec<FileSummary>,
    },
    /// The answer, or a part of it, could not be applied.
    Complaint {
        /// Why.
        message: String,
    },
    /// Something that the user should know about the answer.
    Notice {
        /// What exactly it is, for programs: `history_dropped`, `history_summarised`, `prompt_truncated`, `window_assumed`,
        /// `attachments`, `context_rules`, `context_cut`, `model`, `fallback`, `repair`, `from_cache`, `left_out` or `answer_cut_off`.
        reason: String,
        /// What a person reads.
        text: String,
    },
    /// Tokens used.
    Usage {
        /// The tokens.
        usage: Usage,
    },
    /// The last event.
    Done {
        /// How it ended.
        status: RunStatus,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<Problem>,
    },
}

/// What the reason of [`RunEventKind::Notice`] may be.
pub mod notice {
    /// Older messages were left out of the prompt.
    pub const HISTORY_DROPPED: &str = "history_dropped";
    /// Older messages went along as a summary.
    pub const HISTORY_SUMMARISED: &str = "history_summarised";
    /// The server has read less of the prompt than was sent.
    pub const PROMPT_TRUNCATED: &str = "prompt_truncated";
    /// Nobody tells how large the model's window is, and less was sent for that.
    pub const WINDOW_ASSUMED: &str = "window_assumed";
    /// Something that was attached did not go along as it is.
    pub const ATTACHMENTS: &str = "attachments";
    /// The project's rules for context could not be read.
    pub const CONTEXT_RULES: &str = "context_rules";
    /// Only a part of the code in question was sent.
    pub const CONTEXT_CUT: &str = "context_cut";
    /// Something about the model that was chosen.
    pub const MODEL: &str = "model";
    /// Another model was asked instead, for the answer or for a summary before it.
    pub const FALLBACK: &str = "fallback";
    /// A part of the answer did not fit and was asked for again.
    pub const REPAIR: &str = "repair";
    /// The answer was given before and is shown again.
    pub const FROM_CACHE: &str = "from_cache";
    /// A part of the answer is in no proposed change.
    pub const LEFT_OUT: &str = "left_out";
    /// The answer was cut off by a limit.
    pub const ANSWER_CUT_OFF: &str = "answer_cut_off";
}

impl RunEventKind {
    /// Its `type` on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Context { .. } => "context",
            Self::Text { .. } => "text",
            Self::Reasoning { .. } => "reasoning",
            Self::Edit { .. } => "edit",
            Self::Complaint { .. } => "complaint",
            Self::Notice { .. } => "notice",
            Self::Usage { .. } => "usage",
            Self::Done { .. } => "done",
        }
    }
}
