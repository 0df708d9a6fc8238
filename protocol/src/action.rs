//! Actions: what can be asked about code with one command.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Diagnostic, DocumentRef, Selection};
use crate::id::{ChatId, EditId};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Say what the code does.
    Explain,
    /// Mend the code.
    Fix,
    /// Make the code better at the same behaviour.
    Optimize,
    /// Write tests for the code.
    Test,
    /// Write doc comments for the code.
    Document,
    /// Change the code as the instruction says.
    Edit,
    /// Answer a question about the code.
    Ask,
}

impl ActionKind {
    /// All actions.
    pub const ALL: &[ActionKind] =
        &[Self::Explain, Self::Fix, Self::Optimize, Self::Test, Self::Document, Self::Edit, Self::Ask];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explain => "explain",
            Self::Fix => "fix",
            Self::Optimize => "optimize",
            Self::Test => "test",
            Self::Document => "document",
            Self::Edit => "edit",
            Self::Ask => "ask",
        }
    }

    /// Whether the answer is a change of the code.
    pub fn proposes_edit(self) -> bool {
        !matches!(self, Self::Explain | Self::Ask)
    }

    /// Whether an instruction is needed.
    pub fn needs_instruction(self) -> bool {
        matches!(self, Self::Edit | Self::Ask)
    }
}

/// Parameters of `action.start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartAction {
    /// What is asked for.
    pub kind: ActionKind,
    /// The source file.
    pub document: DocumentRef,
    /// The part of it; the whole file where absent. The enclosing symbol is found by the daemon.
    #[serde(default)]
    pub selection: Option<Selection>,
    /// The instruction or question, for `edit` and `ask`; a wish for the others.
    #[serde(default)]
    pub instruction: Option<String>,
    /// What other tools say about the selection.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
    /// The chat to go on in; a new one where absent.
    #[serde(default)]
    pub chat_id: Option<ChatId>,
    /// The model, `provider/model`, for this run alone.
    #[serde(default)]
    pub model: Option<String>,
    /// Several models, 2 to 8, that answer at the same time, instead of `model`: each gets the context that it has room for, a run and a
    /// branch of its own. The first one is shown. Not for actions that propose a change.
    #[serde(default)]
    pub models: Vec<String>,
    /// An accepted edit that was made for the same and did not help: the model is told of it.
    #[serde(default)]
    pub after_edit: Option<EditId>,
}
