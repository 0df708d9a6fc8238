//! Transfers: exports and imports. They go on by themselves; a client looks how far they are, or waits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ChatId, ProjectId, TransferId};
use crate::problem::Problem;

/// What an export writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// The path that is shown, for people and other programs.
    Markdown,
    /// Everything of a chat, to be imported again.
    Json,
    /// The path that is shown, as one web page that needs nothing else.
    Html,
    /// The path that is shown, to be printed.
    Pdf,
    /// Everything of many chats, to be imported again.
    Zip,
}

/// Parameters of `export.start`: a chat, a project, or everything where both are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StartExport {
    /// The chat.
    pub chat_id: Option<ChatId>,
    /// The project.
    pub project_id: Option<ProjectId>,
    /// The format; JSON for a chat and ZIP for anything else where absent.
    pub format: Option<ExportFormat>,
}

/// Parameters of `import.start`: exports of aiia, `ChatGPT`, Claude and Open `WebUI`, as JSON or ZIP; which one it is, is seen from
/// what is in it. What is there already is not doubled, and nothing that is there is overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StartImport {
    /// Absolute path of the file. One that is in no folder of a project takes the scope `admin`, which also binds the folders that the
    /// projects of an archive had.
    pub path: Option<String>,
    /// The JSON text itself, in place of a file.
    pub content: Option<String>,
    /// The project that new chats go to; where absent that of the export, or a new one named after the program.
    pub project_id: Option<ProjectId>,
}

/// Parameters of `transfer.get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetTransfer {
    /// The transfer.
    pub transfer_id: TransferId,
    /// Answer when it has ended, but after 20 seconds at the latest.
    #[serde(default)]
    pub wait: bool,
}

/// Parameters of `transfer.cancel`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRef {
    /// The transfer.
    pub transfer_id: TransferId,
}

/// Whether something goes or comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// A file is written.
    Export,
    /// A file is read.
    Import,
}

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferStatus {
    /// It goes on.
    Running,
    /// It came to its end. Of an import, the report says what became of each item.
    Completed,
    /// It ended with a problem.
    Failed,
    /// It was stopped. What an import had taken in stays.
    Cancelled,
}

/// An export or an import. It is known until a day after its end, and as long as the daemon runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transfer {
    /// Its identifier.
    pub id: TransferId,
    /// Whether something goes or comes.
    pub kind: TransferKind,
    /// Where it stands.
    pub status: TransferStatus,
    /// How many chats are done.
    pub done: u64,
    /// How many there are, once that is known.
    pub total: Option<u64>,
    /// What an export wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<ExportedFile>,
    /// What an import did; what it has done so far where it was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ImportReport>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The file of an export. `GET /api/v1/transfers/{transfer_id}/file` gives it over HTTP. It goes a day after it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedFile {
    /// A name for it, made from what it contains.
    pub name: String,
    /// Where it is.
    pub path: String,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many chats it has.
    pub chats: u64,
    /// How many messages it has.
    pub messages: u64,
    /// What is not in it as it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a file of an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportSource {
    /// An export of aiia.
    Aiia,
    /// `conversations.json` of `ChatGPT`.
    ChatGpt,
    /// `conversations.json` of Claude.
    Claude,
    /// The chats of Open `WebUI`.
    OpenWebUi,
}

impl ImportSource {
    /// The program's name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aiia => "aiia",
            Self::ChatGpt => "ChatGPT",
            Self::Claude => "Claude",
            Self::OpenWebUi => "Open WebUI",
        }
    }
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It is new.
    Created,
    /// It was there and has got what it had not, such as new messages.
    Updated,
    /// It was there with all that the file says.
    Unchanged,
    /// It was left out; `detail` says why.
    Skipped,
    /// It could not be taken in, nothing of it; `detail` says why.
    Failed,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// A project.
    Project,
    /// A chat.
    Chat,
    /// A prompt template.
    Template,
    /// What runs used.
    Usage,
}

/// What became of one thing of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportItem {
    /// What it is.
    pub kind: ImportKind,
    /// Its identifier here; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its title or name, or where it is in the file.
    pub title: String,
    /// What became of it.
    pub outcome: ImportOutcome,
    /// How many messages came with it.
    pub messages: u64,
    /// Why it was left out, or what of it could not be taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportReport {
    /// What the file is.
    pub source: ImportSource,
    /// How many items are new.
    pub created: u64,
    /// How many have got something.
    pub updated: u64,
    /// How many were there already.
    pub unchanged: u64,
    /// How many were left out.
    pub skipped: u64,
    /// How many could not be taken in.
    pub failed: u64,
    /// How many messages came.
    pub messages: u64,
    /// The items in the order of the file: all that failed, and of the others the first 10,000.
    pub items: Vec<ImportItem>,
}

impl ImportReport {
    /// A report of nothing yet.
    pub fn new(source: ImportSource) -> Self {
        Self { source, created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0, messages: 0, items: Vec::new() }
    }

    /// Counts an item in.
    pub fn add(&mut self, item: ImportItem) {
        const MOST_ITEMS: usize = 10_000;
        match item.outcome {
            ImportOutcome::Created => self.created += 1,
            ImportOutcome::Updated => self.updated += 1,
            ImportOutcome::Unchanged => self.unchanged += 1,
            ImportOutcome::Skipped => self.skipped += 1,
            ImportOutcome::Failed => self.failed += 1,
        }
        self.messages += item.messages;
        if item.outcome == ImportOutcome::Failed || self.items.len() < MOST_ITEMS {
            self.items.push(item);
        }
    }
}
