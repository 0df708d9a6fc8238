//! Pending edits: changes that were proposed and wait for a person. The daemon never writes a workspace file on its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::DocumentRef;
use crate::id::{ChatId, EditId, HunkNumber, MessageId, ProjectId, RunId};

/// Where a pending edit stands, from the states of its hunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EditStatus {
    /// At least one hunk waits.
    Pending,
    /// Every hunk was accepted or rejected, at least one accepted.
    Accepted,
    /// Every hunk was rejected.
    Rejected,
    /// What had been accepted was taken back.
    Undone,
}

/// Where a hunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HunkStatus {
    /// It waits.
    Pending,
    /// It is in the file.
    Accepted,
    /// It was refused.
    Rejected,
    /// It was in the file and was taken back.
    Undone,
}

/// What becomes of a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileAction {
    /// Its text changes.
    Edit,
    /// It is made.
    Create,
    /// It gets another path.
    Rename,
    /// It goes.
    Delete,
}

/// One change of a few lines. A hunk without any lines stands for what becomes of the file as a whole: its new path, or that an
/// empty file is made or goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditHunk {
    /// Its number inside the pending edit.
    pub number: HunkNumber,
    /// First line in the old text, counted from 1.
    pub old_start: u32,
    /// Lines of the old text.
    pub old_lines: u32,
    /// First line in the new text, counted from 1.
    pub new_start: u32,
    /// Lines of the new text.
    pub new_lines: u32,
    /// The lines that go.
    pub old_text: String,
    /// The lines that come.
    pub new_text: String,
    /// How tolerantly the reply was matched, such as `ignoring indentation`; empty where it matched exactly.
    pub tolerances: Vec<String>,
    /// Where it stands.
    pub status: HunkStatus,
}

/// The change of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditFile {
    /// Absolute path, or `untitled:NAME`; for a file that is renamed, the new path.
    pub path: String,
    /// What becomes of it.
    pub action: FileAction,
    /// The path before, for a file that is renamed.
    #[serde(default)]
    pub from: Option<String>,
    /// Why it needs a decision of its own, such as `can make programs run something`: hunks of such a file are accepted only when they
    /// are named, or with `allow_protected`.
    #[serde(default)]
    pub protection: Option<String>,
    /// SHA-256 of the text that the change was made on, in hexadecimal.
    pub base_hash: String,
    /// The changes.
    pub hunks: Vec<EditHunk>,
}

/// A file of a pending edit, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileSummary {
    /// Absolute path, or `untitled:NAME`.
    pub path: String,
    /// What becomes of it.
    pub action: FileAction,
    /// How many hunks.
    pub hunks: u32,
    /// Lines that come.
    pub added: u32,
    /// Lines that go.
    pub removed: u32,
}

/// A pending edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PendingEdit {
    /// Its identifier.
    pub id: EditId,
    /// The project.
    pub project_id: ProjectId,
    /// The chat it came from.
    pub chat_id: ChatId,
    /// The run that proposed it.
    pub run_id: RunId,
    /// What it is, in a few words.
    pub title: String,
    /// The model that proposed it, `provider/model`.
    pub model: String,
    /// Where it stands.
    pub status: EditStatus,
    /// The files.
    pub files: Vec<EditFile>,
    /// The change as a unified diff.
    pub diff: String,
    /// Code blocks of the reply that are in no hunk, since they have no place in the files: a sentence for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What the model says of its change, without the code; `edit.get` alone gives it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// When it was proposed (RFC 3339, UTC).
    pub created_at: String,
    /// When it last changed (RFC 3339, UTC).
    pub updated_at: String,
    /// Counts up with every change.
    pub version: u64,
}

/// Parameters of `edit.list`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListEdits {
    /// Only of this project.
    pub project_id: Option<ProjectId>,
    /// Only of this run.
    pub run_id: Option<RunId>,
    /// Only in this state.
    pub status: Option<EditStatus>,
    /// Where the page starts: `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many items, 1 to 200; 50 where absent.
    pub limit: Option<u32>,
}

/// Parameters of `edit.find`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindEdits {
    /// Files and folders, absolute, or `untitled:NAME`: only edits that change one of these files or a file below one of these folders.
    pub paths: Vec<String>,
    /// Only those that have a hunk in this state.
    pub hunks: HunkStatus,
    /// How many items, 1 to 200; 50 where absent.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// The result of `edit.find`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FoundEdits {
    /// The edits: where accepted hunks were asked for, the one that was accepted last first, else the newest first.
    pub items: Vec<PendingEdit>,
}

/// Parameters of `edit.get`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRef {
    /// The pending edit.
    pub edit_id: EditId,
}

/// Parameters of `edit.accept`, `edit.reject` and `edit.undo`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideEdit {
    /// The pending edit.
    pub edit_id: EditId,
    /// The hunks; all that can be where absent, but for those of protected files when it is about accepting.
    #[serde(default)]
    pub hunks: Option<Vec<HunkNumber>>,
    /// Whether those of protected files are meant as well where no hunks are named.
    #[serde(default)]
    pub allow_protected: bool,
    /// Whether `documents` go by what they say where an editor has one of them open with another text. Else that is refused: the editor
    /// would not have what is written, or write over it when it saves.
    #[serde(default)]
    pub allow_unsaved: bool,
    /// What was decided before could not be written. For `edit.undo`: the accepted hunks wait again, and there is nothing to take back.
    /// For `edit.accept`: the hunks that were taken back are in their files all the same.
    #[serde(default)]
    pub not_applied: bool,
    /// The files as they are now, where they differ from what the daemon sees.
    #[serde(default)]
    pub documents: Vec<DocumentRef>,
}

/// Parameters of `edit.revise`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviseHunk {
    /// The pending edit.
    pub edit_id: EditId,
    /// The hunk, which must be waiting.
    pub hunk: HunkNumber,
    /// The lines that come instead of those that were proposed. Line endings become those of the file.
    pub new_text: String,
}

/// Parameters of `edit.rewrite`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RewriteFile {
    /// The pending edit.
    pub edit_id: EditId,
    /// The file, as the preview names it.
    pub path: String,
    /// `after` of the preview that the user began with. It is refused when the preview is another one by now.
    pub shown: String,
    /// What the user made of it. Only lines that a waiting hunk brings, and lines beside them, may differ.
    pub text: String,
}

/// Parameters of `edit.split`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitHunk {
    /// The pending edit.
    pub edit_id: EditId,
    /// The hunk, which must be waiting.
    pub hunk: HunkNumber,
    /// A line of it, counted from 1 over the lines that go and then over those that come: the smallest change with this line is
    /// set apart and keeps the number. All lines are set apart where absent.
    #[serde(default)]
    pub line: Option<u32>,
}

/// Parameters of `edit.retry`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryHunk {
    /// The pending edit.
    pub edit_id: EditId,
    /// The hunk, which must be waiting. It is rejected once another change is proposed in its place.
    pub hunk: HunkNumber,
    /// What is wrong with it, or what is wanted instead.
    #[serde(default)]
    pub note: Option<String>,
    /// The model, `provider/model`; the one that proposed the hunk where absent.
    #[serde(default)]
    pub model: Option<String>,
    /// The file as it is now, where it differs from what the daemon sees.
    #[serde(default)]
    pub documents: Vec<DocumentRef>,
}

/// Parameters of `edit.propose`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeEdit {
    /// The answer of a model whose code is to be applied.
    pub message_id: MessageId,
    /// Only this code block of it, counted from 1.
    #[serde(default)]
    pub block: Option<u32>,
    /// The files that may change; those of the project that the answer names where absent.
    #[serde(default)]
    pub documents: Vec<DocumentRef>,
    /// The file in front of the user, which code is for that fits no file which the answer names.
    #[serde(default)]
    pub active: Option<DocumentRef>,
}

impl DecideEdit {
    /// A decision on all hunks that it can be for.
    pub fn all_of(edit_id: EditId) -> Self {
        Self {
            edit_id,
            hunks: None,
            allow_protected: false,
            allow_unsaved: false,
            not_applied: false,
            documents: Vec::new(),
        }
    }
}

/// The result of `edit.accept`, `edit.reject` and `edit.undo`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditOutcome {
    /// The pending edit after it.
    pub edit: PendingEdit,
    /// What the caller has to do to the files.
    pub changes: Vec<FileChange>,
}

/// The result of `edit.preview`: what the files would be with every hunk that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditPreview {
    /// The pending edit.
    pub edit: PendingEdit,
    /// Its files that have a hunk which waits or was accepted.
    pub files: Vec<FilePreview>,
}

/// A file as it is and as it would be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilePreview {
    /// Absolute path, or `untitled:NAME`; for a file that is renamed, the new path.
    pub path: String,
    /// What becomes of it.
    pub action: FileAction,
    /// Where a file that is renamed stands before.
    pub from: Option<String>,
    /// Why it needs a decision of its own.
    pub protection: Option<String>,
    /// Whether the file exists.
    pub exists: bool,
    /// Its text as it is now; empty where it does not exist.
    pub before: String,
    /// Its text with every hunk that waits and fits.
    pub after: String,
    /// The hunks that wait.
    pub hunks: Vec<HunkPreview>,
}

/// Where a hunk that waits would go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HunkPreview {
    /// Its number inside the pending edit.
    pub number: HunkNumber,
    /// The first line in `before` that it changes, counted from 1.
    pub before_line: u32,
    /// The first line in `after` that it changes, counted from 1.
    pub after_line: u32,
    /// Why it does not fit the file as it is now; it is not in `after` then.
    pub conflict: Option<String>,
}

/// A change that the caller applies to one file. Changes come in the order in which they are applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileChange {
    /// Absolute path, or `untitled:NAME`; for a file that is renamed, the path after it.
    pub path: String,
    /// What is done: its text is changed, it is made (nothing may stand there), it is renamed after its text was changed, it goes.
    pub action: FileAction,
    /// Where a file that is renamed stands now.
    #[serde(default)]
    pub from: Option<String>,
    /// The hunks that it carries out.
    pub hunks: Vec<HunkNumber>,
    /// SHA-256 of the text that the replacements fit, in hexadecimal; of the empty text for a file that is made. Another text:
    /// ask again.
    pub base_hash: String,
    /// The replacements, from the front to the back, without overlaps, all on the text before.
    pub replacements: Vec<Replacement>,
}

/// A part of a text that is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replacement {
    /// First byte (UTF-8), counted from 0.
    pub start: u64,
    /// The byte after the last one.
    pub end: u64,
    /// What comes there.
    pub text: String,
}
