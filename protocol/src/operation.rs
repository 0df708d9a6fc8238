//! The operation table: everything that the daemon can do.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::page::Page;
use crate::{
    Empty, action, attachment, audit, backup, chat, config, context, document, edit, event, markdown, message, model,
    project, run, search, system, template, token, transfer, usage, workspace,
};

/// The HTTP method of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Makes or does.
    Post,
    /// Changes in part.
    Patch,
    /// Removes or ends.
    Delete,
}

impl Verb {
    /// The method's name in upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether the parameters that are not in the path come in a JSON body; in the query otherwise.
    pub fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Patch)
    }
}

/// What a token must allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Reading.
    Read,
    /// Reading and changing.
    Write,
    /// Everything.
    Admin,
}

impl Scope {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// How the result comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One result.
    Unary,
    /// Any number of items: Server-Sent Events over HTTP, notifications over LSP.
    Streaming,
}

/// An operation with its types, as the engine implements it.
pub trait Operation {
    /// What it takes.
    type Params: Serialize + DeserializeOwned + JsonSchema;
    /// What it gives; for a streaming operation, one item.
    type Result: Serialize + DeserializeOwned + JsonSchema;
    /// Its row in the table.
    const ROW: &'static Row;
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// `noun.verb`.
    pub name: &'static str,
    /// What it does, one sentence.
    pub summary: &'static str,
    /// The HTTP method.
    pub verb: Verb,
    /// The HTTP path below `/api/v1`; `{name}` is the parameter of that name.
    pub path: &'static str,
    /// What the token must allow.
    pub scope: Scope,
    /// How the result comes.
    pub mode: Mode,
    /// The name of the parameter type.
    pub params_name: fn() -> String,
    /// The schema of the parameters.
    pub params_schema: fn(&mut SchemaGenerator) -> Schema,
    /// The schema of the result, or of an item.
    pub result_schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Row {
    /// The LSP method: `aiia/noun/verb`.
    pub fn lsp_method(&self) -> String {
        format!("aiia/{}", self.name.replace('.', "/"))
    }

    /// The HTTP status of success: 201 for what is made, 202 for a run or a transfer that has only begun.
    pub fn success_status(&self) -> u16 {
        match self.name.split_once('.') {
            Some((_, "create" | "duplicate" | "fork" | "propose")) => 201,
            Some((_, "start" | "retry" | "answer" | "continue")) => 202,
            _ => 200,
        }
    }

    /// Whether a client may send `Idempotency-Key`: for what makes or does something, unless the answer holds a secret
    /// that must not be kept.
    pub fn takes_idempotency_key(&self) -> bool {
        self.verb == Verb::Post && self.scope > Scope::Read && !matches!(self.name, "token.create" | "key.set")
    }

    /// The names of the parameters that are in the path.
    pub fn path_params(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// The row called `name`, such as `chat.create`.
pub fn find(name: &str) -> Option<&'static Row> {
    OPERATIONS.iter().copied().find(|row| row.name == name)
}

/// The row of the LSP method `method`, such as `aiia/chat/create`.
pub fn find_lsp(method: &str) -> Option<&'static Row> {
    find(&method.strip_prefix("aiia/")?.replace('/', "."))
}

/// The LSP notification that carries the items of `run.events` and of every run that the connection started.
pub const RUN_EVENT_METHOD: &str = "aiia/run/event";
/// The LSP notification that carries the items of `events.subscribe`.
pub const EVENT_METHOD: &str = "aiia/event";

macro_rules! operations {
    ($(
        #[doc = $summary:literal]
        $marker:ident = $name:literal, $verb:ident $path:literal, $scope:ident $mode:ident, $params:ty => $result:ty;
    )*) => {
        $(
            #[doc = $summary]
            #[derive(Clone, Copy, Debug)]
            pub struct $marker;

            impl Operation for $marker {
                type Params = $params;
                type Result = $result;
                const ROW: &'static Row = &Row {
                    name: $name,
                    summary: $summary,
                    verb: Verb::$verb,
                    path: $path,
                    scope: Scope::$scope,
                    mode: Mode::$mode,
                    params_name: || <$params as JsonSchema>::schema_name().into_owned(),
                    params_schema: |generator| generator.subschema_for::<$params>(),
                    result_schema: |generator| generator.subschema_for::<$result>(),
                };
            }
        )*

        /// Every operation.
        pub const OPERATIONS: &[&Row] = &[$(<$marker as Operation>::ROW,)*];

        /// Calls a macro with the markers of all operations, so that a dispatcher can forget none.
        #[macro_export]
        macro_rules! for_each_operation {
            ($callback:ident) => { $callback! { $($marker,)* } };
        }
    };
}

operations! {
    /// Agrees on a protocol version and lists the operations.
    SystemHello = "system.hello", Post "/system/hello", Read Unary, system::Hello => system::HelloResult;
    /// Says how the daemon is.
    SystemStatus = "system.status", Get "/system/status", Read Unary, Empty => system::Status;
    /// Checks everything that aiia needs and says how to mend what is wrong.
    SystemDoctor = "system.doctor", Get "/system/doctor", Read Unary, Empty => system::Doctor;
    /// Mends what the store can mend of itself: indexes, counts, what chats show. Keeps a copy first.
    SystemRepair = "system.repair", Post "/system/repair", Admin Unary, Empty => system::Repair;

    /// Lists the projects, last used first.
    ProjectList = "project.list", Get "/projects", Read Unary, project::ListProjects => Page<project::Project>;
    /// Makes a project.
    ProjectCreate = "project.create", Post "/projects", Write Unary, project::CreateProject => project::Project;
    /// Finds the project of a folder, or makes it.
    ProjectResolve = "project.resolve", Post "/projects/resolve", Write Unary, project::ResolveProject => project::Project;
    /// Gives a project.
    ProjectGet = "project.get", Get "/projects/{project_id}", Read Unary, project::ProjectRef => project::Project;
    /// Changes a project.
    ProjectUpdate = "project.update", Patch "/projects/{project_id}", Write Unary, project::UpdateProject => project::Project;
    /// Deletes a project; its chats go with it or to another one, as the request says. It can be restored.
    ProjectDelete = "project.delete", Delete "/projects/{project_id}", Write Unary, project::DeleteProject => Empty;
    /// Brings a deleted project back, with the chats that went with it.
    ProjectRestore = "project.restore", Post "/projects/{project_id}/restore", Write Unary, project::ProjectRef => project::Project;
    /// Changes many projects, all or none: archives, deletes or restores them.
    ProjectBulk = "project.bulk", Post "/projects/bulk", Write Unary, project::ChangeProjects => project::ChangedProjects;
    /// Makes a project with the settings of another one.
    ProjectDuplicate = "project.duplicate", Post "/projects/{project_id}/duplicate", Write Unary, project::DuplicateProject => project::Project;
    /// Counts what is in a project.
    ProjectStatistics = "project.statistics", Get "/projects/{project_id}/statistics", Read Unary, project::ProjectRef => project::ProjectStatistics;
    /// Says what an answer in a project would be made with, and where each setting comes from.
    ProjectSettings = "project.settings", Get "/projects/{project_id}/settings", Read Unary, project::ProjectRef => project::ProjectSettings;

    /// Lists chats: pinned ones first, then by when something was last said in them.
    ChatList = "chat.list", Get "/chats", Read Unary, chat::ListChats => Page<chat::Chat>;
    /// Makes a chat.
    ChatCreate = "chat.create", Post "/chats", Write Unary, chat::CreateChat => chat::Chat;
    /// Gives a chat.
    ChatGet = "chat.get", Get "/chats/{chat_id}", Read Unary, chat::ChatRef => chat::Chat;
    /// Changes a chat.
    ChatUpdate = "chat.update", Patch "/chats/{chat_id}", Write Unary, chat::UpdateChat => chat::Chat;
    /// Deletes a chat. It can be restored until it is purged.
    ChatDelete = "chat.delete", Delete "/chats/{chat_id}", Write Unary, chat::DeleteChat => Empty;
    /// Brings a deleted chat back.
    ChatRestore = "chat.restore", Post "/chats/{chat_id}/restore", Write Unary, chat::ChatRef => chat::Chat;
    /// Erases a deleted chat with all that was said in it. Nothing brings it back.
    ChatPurge = "chat.purge", Post "/chats/{chat_id}/purge", Write Unary, chat::ChatRef => Empty;
    /// Copies a chat with all its branches.
    ChatDuplicate = "chat.duplicate", Post "/chats/{chat_id}/duplicate", Write Unary, chat::ChatRef => chat::Chat;
    /// Makes a new chat from a message of another one and what led to it.
    ChatFork = "chat.fork", Post "/chats/{chat_id}/fork", Write Unary, chat::ForkChat => chat::Chat;
    /// Changes, moves, deletes or restores many chats: all of them or none.
    ChatBulk = "chat.bulk", Post "/chats/bulk", Write Unary, chat::ChangeChats => chat::ChangedChats;
    /// Says what an answer in the chat would be made with, and where each setting comes from.
    ChatSettings = "chat.settings", Get "/chats/{chat_id}/settings", Read Unary, chat::ChatRef => chat::ChatSettings;
    /// Lists the tags of chats.
    TagList = "tag.list", Get "/tags", Read Unary, Empty => chat::TagList;
    /// Lists the messages of a chat, oldest first unless asked otherwise.
    MessageList = "message.list", Get "/chats/{chat_id}/messages", Read Unary, message::ListMessages => Page<message::Message>;
    /// Gives a message.
    MessageGet = "message.get", Get "/messages/{message_id}", Read Unary, message::MessageRef => message::Message;
    /// Rates a message, or notes something about it.
    MessageUpdate = "message.update", Patch "/messages/{message_id}", Write Unary, message::UpdateMessage => message::Message;
    /// Puts another wording beside a message and shows it. Asks no model.
    MessageEdit = "message.edit", Post "/messages/{message_id}/edit", Write Unary, message::EditMessage => message::Message;
    /// Starts one or more new answers to a question, beside those that are there. Returns at once.
    MessageAnswer = "message.answer", Post "/messages/{message_id}/answers", Write Unary, message::AnswerMessage => message::Answers;
    /// Starts an answer that goes on where one was cut off. Returns at once.
    MessageContinue = "message.continue", Post "/messages/{message_id}/continue", Write Unary, message::MessageRef => run::Run;
    /// Shows the branch of a message, to its newest end.
    MessageChoose = "message.choose", Post "/messages/{message_id}/choose", Write Unary, message::MessageRef => chat::Chat;
    /// Deletes a message and all that follows it. They can be restored.
    MessageDelete = "message.delete", Delete "/messages/{message_id}", Write Unary, message::DeleteMessage => message::BranchChange;
    /// Brings a deleted message back, with what was deleted along with it.
    MessageRestore = "message.restore", Post "/messages/{message_id}/restore", Write Unary, message::MessageRef => message::BranchChange;

    /// Keeps a text or an image that is to go with a message. It is forgotten after a day when none takes it.
    AttachmentCreate = "attachment.create", Post "/attachments", Write Unary, attachment::CreateAttachment => attachment::Attachment;
    /// Gives an attachment with its content.
    AttachmentGet = "attachment.get", Get "/attachments/{attachment_id}", Read Unary, attachment::AttachmentRef => attachment::AttachmentContent;

    /// Finds what was said: titles first, then messages, the newest first.
    SearchQuery = "search.query", Get "/search", Read Unary, search::Search => Page<search::SearchHit>;

    /// Lists prompt templates: aiia's own, the user's, and those of a project's folders.
    TemplateList = "template.list", Get "/templates", Read Unary, template::ListTemplates => template::TemplateList;
    /// Makes a template.
    TemplateCreate = "template.create", Post "/templates", Write Unary, template::CreateTemplate => template::Template;
    /// Gives a template, in its newest or an older version.
    TemplateGet = "template.get", Get "/templates/{template_id}", Read Unary, template::TemplateRef => template::Template;
    /// Changes a template; what it said before stays as an older version.
    TemplateUpdate = "template.update", Patch "/templates/{template_id}", Write Unary, template::UpdateTemplate => template::Template;
    /// Deletes a template of the user. Chats that were started from it stay as they are.
    TemplateDelete = "template.delete", Delete "/templates/{template_id}", Write Unary, template::DeleteTemplate => Empty;
    /// Copies a template into one of the user's own.
    TemplateDuplicate = "template.duplicate", Post "/templates/{template_id}/duplicate", Write Unary, template::TemplateRef => template::Template;
    /// Lists the versions of a template, the newest first.
    TemplateRevisions = "template.revisions", Get "/templates/{template_id}/revisions", Read Unary, template::TemplateRef => template::TemplateRevisions;
    /// Shows what changed between two versions of a template.
    TemplateDiff = "template.diff", Get "/templates/{template_id}/diff", Read Unary, template::DiffTemplate => template::TemplateDiff;
    /// Makes an older version of a template the newest one.
    TemplateRollback = "template.rollback", Post "/templates/{template_id}/rollback", Write Unary, template::RollbackTemplate => template::Template;
    /// Shows what a template says with values of its variables.
    TemplatePreview = "template.preview", Post "/templates/preview", Read Unary, template::PreviewTemplate => template::TemplatePreview;
    /// Makes a chat from a template and starts its first answer. Returns at once.
    TemplateStart = "template.start", Post "/templates/{template_id}/start", Write Unary, template::StartTemplate => template::StartedTemplate;
    /// Gives templates of the user as a file for others.
    TemplateExport = "template.export", Get "/templates/export", Read Unary, template::ExportTemplates => template::TemplateFile;
    /// Takes templates from a file or an address. Those that are there already are not doubled.
    TemplateImport = "template.import", Post "/templates/import", Write Unary, template::ImportTemplates => template::ImportedTemplates;

    /// Stores what the user says and starts the answer. Returns at once.
    RunStart = "run.start", Post "/chats/{chat_id}/runs", Write Unary, run::StartRun => run::Run;
    /// Gives a run.
    RunGet = "run.get", Get "/runs/{run_id}", Read Unary, run::RunRef => run::Run;
    /// Stops a run; what has arrived is kept. Stopping a finished run changes nothing.
    RunCancel = "run.cancel", Delete "/runs/{run_id}", Write Unary, run::RunRef => run::Run;
    /// Streams the numbered events of a run, from any number on, until its end.
    RunEvents = "run.events", Get "/runs/{run_id}/events", Read Streaming, run::RunEvents => run::RunEvent;

    /// Starts an action on code. Returns at once.
    ActionStart = "action.start", Post "/actions", Write Unary, action::StartAction => run::Run;

    /// Lists pending edits, newest first.
    EditList = "edit.list", Get "/edits", Read Unary, edit::ListEdits => Page<edit::PendingEdit>;
    /// Finds the pending edits of these files and folders.
    EditFind = "edit.find", Post "/edits/find", Read Unary, edit::FindEdits => edit::FoundEdits;
    /// Gives a pending edit.
    EditGet = "edit.get", Get "/edits/{edit_id}", Read Unary, edit::EditRef => edit::PendingEdit;
    /// Gives the files of a pending edit as they are, and as they would be with the hunks that wait.
    EditPreview = "edit.preview", Get "/edits/{edit_id}/preview", Read Unary, edit::EditRef => edit::EditPreview;
    /// Accepts hunks and returns the changes that the caller applies.
    EditAccept = "edit.accept", Post "/edits/{edit_id}/accept", Write Unary, edit::DecideEdit => edit::EditOutcome;
    /// Rejects hunks.
    EditReject = "edit.reject", Post "/edits/{edit_id}/reject", Write Unary, edit::DecideEdit => edit::EditOutcome;
    /// Takes accepted hunks back and returns the changes that the caller applies.
    EditUndo = "edit.undo", Post "/edits/{edit_id}/undo", Write Unary, edit::DecideEdit => edit::EditOutcome;
    /// Replaces the lines that a waiting hunk brings by the user's own.
    EditRevise = "edit.revise", Patch "/edits/{edit_id}/hunks/{hunk}", Write Unary, edit::ReviseHunk => edit::PendingEdit;
    /// Takes over what the user made of a file as `edit.preview` shows it: the lines of the hunks that wait.
    EditRewrite = "edit.rewrite", Patch "/edits/{edit_id}/files", Write Unary, edit::RewriteFile => edit::PendingEdit;
    /// Cuts a waiting hunk into smaller ones, so that single lines can be accepted.
    EditSplit = "edit.split", Post "/edits/{edit_id}/hunks/{hunk}/split", Write Unary, edit::SplitHunk => edit::PendingEdit;
    /// Asks the model for another change in place of a waiting hunk. Returns at once.
    EditRetry = "edit.retry", Post "/edits/{edit_id}/hunks/{hunk}/retry", Write Unary, edit::RetryHunk => run::Run;
    /// Makes a pending edit of the code in an answer.
    EditPropose = "edit.propose", Post "/messages/{message_id}/edits", Write Unary, edit::ProposeEdit => edit::PendingEdit;

    /// Tells which of some files another client has open with another text: what is written there would be lost, or lose that text.
    DocumentUnsaved = "document.unsaved", Post "/documents/unsaved", Read Unary, document::UnsavedDocuments => document::FoundUnsaved;

    /// Gives the code that a model would see.
    ContextGet = "context.get", Post "/context", Read Unary, context::GetContext => context::ContextBundle;
    /// Brings the index of a folder up to date, and says what is in it.
    WorkspaceIndex = "workspace.index", Post "/workspaces/index", Read Unary, workspace::IndexWorkspace => workspace::WorkspaceIndex;
    /// Gives the signatures that matter most in a folder.
    WorkspaceMap = "workspace.map", Post "/workspaces/map", Read Unary, workspace::MapWorkspace => workspace::WorkspaceMap;
    /// Renders Markdown as HTML that is safe to show, with highlighted code.
    MarkdownRender = "markdown.render", Post "/markdown", Read Unary, markdown::RenderMarkdown => markdown::RenderedMarkdown;
    /// Lists the models that can be used now.
    ModelList = "model.list", Get "/models", Read Unary, Empty => model::ModelList;
    /// Tells what is known about a model; its server is asked.
    ModelGet = "model.get", Get "/models/{model}", Read Unary, model::ModelRef => model::ModelDetails;
    /// Asks a model a short question, and tells how long it took.
    ModelTest = "model.test", Post "/models/{model}/test", Write Unary, model::ModelRef => model::ModelTest;
    /// Tells how every provider and the embedded engine are now, and what can be got.
    ModelStatus = "model.status", Get "/models/status", Read Unary, Empty => model::ModelStatus;
    /// Gets a model. Returns at once; `model.pulls` tells how far it is. What is on its way already is not got twice.
    ModelPull = "model.pull", Post "/models/pulls", Admin Unary, model::PullModel => model::Pull;
    /// Lists the models on their way here, and those that came since the daemon started.
    ModelPulls = "model.pulls", Get "/models/pulls", Read Unary, Empty => model::PullList;
    /// Ends a pull. What has arrived is kept, and the next pull of the model goes on from there.
    ModelCancelPull = "model.cancel_pull", Delete "/models/pulls/{pull_id}", Admin Unary, model::PullRef => model::Pull;
    /// Deletes a model of an Ollama server, or weights of the embedded engine.
    ModelDelete = "model.delete", Delete "/models/{model}", Admin Unary, model::ModelRef => Empty;
    /// Sums up what runs used and cost.
    UsageReport = "usage.report", Get "/usage", Read Unary, usage::ReportUsage => usage::UsageReport;
    /// Gives every value of the configuration that is in force, and where it comes from.
    ConfigGet = "config.get", Get "/config", Read Unary, config::GetConfig => config::Config;
    /// Sets a key of the configuration file, or takes it out, and leaves the rest of the file alone.
    ConfigUpdate = "config.update", Patch "/config", Admin Unary, config::UpdateConfig => config::Config;
    /// Says what is wrong with the configuration file, or with a text.
    ConfigCheck = "config.check", Post "/config/check", Read Unary, config::CheckConfig => config::ConfigCheck;
    /// Gives the JSON schema of the configuration file.
    ConfigSchema = "config.schema", Get "/config/schema", Read Unary, Empty => config::ConfigSchema;
    /// Lists the keys of providers, never the keys themselves.
    KeyList = "key.list", Get "/keys", Read Unary, Empty => config::KeyList;
    /// Keeps the key of a provider for the address that the provider has now.
    KeySet = "key.set", Post "/keys", Admin Unary, config::SetKey => config::Key;
    /// Forgets the key of a provider.
    KeyDelete = "key.delete", Delete "/keys/{provider}", Admin Unary, config::KeyRef => Empty;
    /// Starts to write chats into a file: one chat, those of a project, or everything. Returns at once.
    ExportStart = "export.start", Post "/exports", Read Unary, transfer::StartExport => transfer::Transfer;
    /// Starts to take chats in from a file. Returns at once.
    ImportStart = "import.start", Post "/imports", Write Unary, transfer::StartImport => transfer::Transfer;
    /// Says how far an export or an import is.
    TransferGet = "transfer.get", Get "/transfers/{transfer_id}", Read Unary, transfer::GetTransfer => transfer::Transfer;
    /// Stops an export or an import. What was taken in stays.
    TransferCancel = "transfer.cancel", Delete "/transfers/{transfer_id}", Write Unary, transfer::TransferRef => transfer::Transfer;
    /// Makes a backup of everything that is stored.
    BackupCreate = "backup.create", Post "/backups", Write Unary, Empty => backup::Backup;
    /// Lists the backups, the newest first.
    BackupList = "backup.list", Get "/backups", Read Unary, Empty => backup::BackupList;
    /// Opens a backup and looks for damage.
    BackupVerify = "backup.verify", Post "/backups/{name}/verify", Read Unary, backup::BackupRef => backup::BackupReport;
    /// Makes a token for another program; its secret is told this once.
    TokenCreate = "token.create", Post "/tokens", Admin Unary, token::CreateToken => token::NewToken;
    /// Lists the tokens of other programs, never their secrets.
    TokenList = "token.list", Get "/tokens", Read Unary, Empty => token::TokenList;
    /// Revokes a token. What streams to its clients ends at once.
    TokenDelete = "token.delete", Delete "/tokens/{token_id}", Admin Unary, token::TokenRef => Empty;
    /// Lists who changed what, the newest first.
    AuditList = "audit.list", Get "/audit", Read Unary, audit::ListAudit => Page<audit::AuditEntry>;
    /// Streams every change that any client makes.
    EventsSubscribe = "events.subscribe", Get "/events", Read Streaming, Empty => event::Event;
}

/// (De)serialises `Option<Option<T>>` so that an absent field (leave as it is) differs from `null` (clear), as in
/// JSON Merge Patch (RFC 7396).
pub mod patch {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Reads a field that is there, `null` included.
    ///
    /// # Errors
    /// Those of `T`.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
        Option::<T>::deserialize(d).map(Some)
    }

    /// Writes the inner value.
    ///
    /// # Errors
    /// Those of the serializer.
    #[allow(
        clippy::option_option,
        clippy::ref_option,
        reason = "the three states are the point, the signature is serde's"
    )]
    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<Option<T>>, s: S) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(s)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_routes_are_unique() {
        let mut names = HashSet::new();
        let mut routes = HashSet::new();
        for row in OPERATIONS {
            assert!(names.insert(row.name), "{} twice", row.name);
            assert!(routes.insert((row.verb.as_str(), row.path)), "{} {} twice", row.verb.as_str(), row.path);
        }
    }

    #[test]
    fn methods_find_their_row() {
        for row in OPERATIONS {
            assert_eq!(find_lsp(&row.lsp_method()).unwrap().name, row.name);
        }
        assert!(find_lsp("textDocument/hover").is_none());
        assert!(find_lsp("aiia/no/such").is_none());
    }

    #[test]
    fn path_parameters_are_properties_of_the_parameters() {
        for row in OPERATIONS {
            let mut generator = SchemaGenerator::default();
            let schema = crate::openapi::resolve((row.params_schema)(&mut generator), &mut generator);
            for name in row.path_params() {
                assert!(schema["properties"].get(name).is_some(), "{}: {name}", row.name);
            }
        }
    }

    #[test]
    fn reading_operations_only_read() {
        for row in OPERATIONS.iter().filter(|row| row.verb == Verb::Get) {
            assert_eq!(row.scope, Scope::Read, "{}", row.name);
        }
    }

    #[test]
    fn patch_tells_absent_from_null() {
        let absent: chat::UpdateChat = serde_json::from_str(r#"{"chat_id":"c"}"#).unwrap();
        let null: chat::UpdateChat = serde_json::from_str(r#"{"chat_id":"c","model":null}"#).unwrap();
        let set: chat::UpdateChat = serde_json::from_str(r#"{"chat_id":"c","model":"p/m"}"#).unwrap();
        assert_eq!((absent.model, null.model, set.model), (None, Some(None), Some(Some("p/m".to_owned()))));
        let text = serde_json::to_string(
            &serde_json::from_str::<chat::UpdateChat>(r#"{"chat_id":"c","model":null}"#).unwrap(),
        );
        assert_eq!(text.unwrap(), r#"{"chat_id":"c","model":null}"#);
    }
}
