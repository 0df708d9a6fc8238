//! One connection to the engine.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use aiia_protocol::edit::{HunkStatus, PendingEdit};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{Operation, Scope};
use aiia_protocol::problem::{Problem, ProblemCode};
use futures::stream::BoxStream;
use parking_lot::Mutex;
use serde_json::Value;

use crate::dispatch::{self, Handle, Reply};
use crate::documents::OpenDocuments;
use crate::editor::Editor;
use crate::engine::Engine;

/// How a client is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A language server session of an editor.
    Lsp,
    /// The command line.
    Cli,
    /// HTTP.
    Http,
}

impl Transport {
    /// The name shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lsp => "lsp",
            Self::Cli => "cli",
            Self::Http => "http",
        }
    }
}

/// Who is connecting.
#[derive(Clone, Debug)]
pub struct ClientInfo {
    /// Its name, such as `Neovim`.
    pub name: String,
    /// How it is connected.
    pub transport: Transport,
    /// What it may do.
    pub scope: Scope,
    /// The name of the token that it has shown, where it is one of the user's.
    pub token: Option<String>,
}

/// What the engine knows of a connection; shared between the session and the engine's list of sessions.
pub(crate) struct SessionState {
    pub(crate) name: Mutex<String>,
    pub(crate) transport: Transport,
    pub(crate) scope: Scope,
    pub(crate) token: Option<String>,
    pub(crate) documents: OpenDocuments,
    pub(crate) folders: Mutex<Vec<PathBuf>>,
    working_folder: Mutex<Option<PathBuf>>,
    trusted: AtomicBool,
}

/// One connection. Dropping it ends it, whichever way that comes about; its documents are closed then.
pub struct Session {
    engine: Engine,
    state: Arc<SessionState>,
    number: u64,
    editor: OnceLock<Arc<dyn Editor>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(engine: Engine, client: ClientInfo) -> Self {
        let state = Arc::new(SessionState {
            name: Mutex::new(client.name),
            transport: client.transport,
            scope: client.scope,
            token: client.token,
            documents: OpenDocuments::default(),
            folders: Mutex::new(Vec::new()),
            working_folder: Mutex::new(None),
            trusted: AtomicBool::new(true),
        });
        let number = engine.register_session(&state);
        Self { engine, state, number, editor: OnceLock::new() }
    }

    /// The engine it belongs to.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The client of another session that has `path` open with another text than `text`.
    pub fn client_with_another_text(&self, path: &str, text: &str) -> Option<String> {
        // Editors leave out a byte order mark, and some have line endings of their own in a buffer.
        let lines = |text: &str| -> Vec<String> {
            text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(str::to_owned).collect()
        };
        let expected = lines(text);
        self.engine.client_with(self.number, path, |open| lines(open) != expected)
    }

    /// What its client may do.
    pub fn scope(&self) -> Scope {
        self.state.scope
    }

    pub(crate) fn client_name(&self) -> String {
        self.state.name.lock().clone()
    }

    pub(crate) fn transport(&self) -> Transport {
        self.state.transport
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.state.token.as_deref()
    }

    /// The documents that its editor has open.
    pub fn documents(&self) -> &OpenDocuments {
        &self.state.documents
    }

    /// Says whom to ask what the editor's other language servers know. Only the first one counts.
    pub fn set_editor(&self, editor: Arc<dyn Editor>) {
        let _ = self.editor.set(editor);
    }

    /// The editor, where it can be asked.
    pub(crate) fn editor(&self) -> Option<&dyn Editor> {
        self.editor.get().map(Arc::as_ref)
    }

    /// Sets the client's name, once it is known.
    pub fn set_client_name(&self, name: &str) {
        name.clone_into(&mut self.state.name.lock());
    }

    /// Sets the workspace folders, absolute paths.
    pub fn set_folders(&self, folders: Vec<PathBuf>) {
        *self.state.folders.lock() = folders;
    }

    /// The workspace folders.
    pub fn folders(&self) -> Vec<PathBuf> {
        self.state.folders.lock().clone()
    }

    /// Sets the folder that the client works in, an absolute path.
    pub(crate) fn set_working_folder(&self, folder: PathBuf) {
        *self.state.working_folder.lock() = Some(folder);
    }

    /// The folder that the client works in, where it has said so.
    pub(crate) fn working_folder(&self) -> Option<PathBuf> {
        self.state.working_folder.lock().clone()
    }

    /// The folders that are projects whether they are marked as one or not.
    pub(crate) fn project_folders(&self) -> Vec<PathBuf> {
        self.folders().into_iter().chain(self.working_folder()).collect()
    }

    /// Says whether the user trusts what is in the folders; it is so until something else is said.
    pub fn set_trusted(&self, trusted: bool) {
        self.state.trusted.store(trusted, Ordering::Relaxed);
    }

    /// Whether files of a folder may say how aiia works there: its `.aiia.toml` and its templates.
    pub(crate) fn is_trusted(&self) -> bool {
        self.state.trusted.load(Ordering::Relaxed)
    }

    /// Does the operation called `operation` (such as `chat.create`).
    ///
    /// # Errors
    /// What the user has to know; `UnknownOperation`, `InvalidParams` and `Forbidden` among it.
    pub async fn call(&self, operation: &str, params: Value) -> Result<Reply<Value>, Problem> {
        dispatch::call(self, operation, params).await
    }

    /// Does a unary operation.
    ///
    /// # Errors
    /// What the user has to know.
    pub async fn run<O: Operation + Handle>(&self, params: O::Params) -> Result<O::Result, Problem> {
        match dispatch::typed::<O>(self, params).await? {
            Reply::One(result) => Ok(result),
            Reply::Many(_) => Err(Problem::new(ProblemCode::Internal, format!("`{}` streams.", O::ROW.name))),
        }
    }

    /// Does a streaming operation.
    ///
    /// # Errors
    /// What the user has to know.
    pub async fn stream<O: Operation + Handle>(
        &self,
        params: O::Params,
    ) -> Result<BoxStream<'static, O::Result>, Problem> {
        dispatch::check_scope(self, O::ROW)?;
        self.engine.refresh_config().await;
        match O::handle(self, params).await? {
            Reply::Many(items) => Ok(items),
            Reply::One(_) => Err(Problem::new(ProblemCode::Internal, format!("`{}` does not stream.", O::ROW.name))),
        }
    }

    /// Does a streaming operation with parameters as a client wrote them.
    ///
    /// # Errors
    /// What the user has to know; `InvalidParams` and `Forbidden` among it.
    pub async fn follow<O: Operation + Handle>(&self, params: Value) -> Result<BoxStream<'static, O::Result>, Problem> {
        dispatch::check_scope(self, O::ROW)?;
        self.stream::<O>(dispatch::parse::<O::Params>(params)?).await
    }

    /// Sees to it that the client may do `what`, which needs `scope` and is none of the operations. A refusal is in the audit log.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require(&self, scope: Scope, what: &str) -> Result<(), Problem> {
        dispatch::require(self, scope, what)
    }

    /// Gives hunks the states that they had before a decision which the editor did not carry out.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn restore_hunks(
        &self,
        edit_id: &EditId,
        states: Vec<(HunkNumber, HunkStatus)>,
    ) -> Result<PendingEdit, Problem> {
        crate::operations::edit::restore(&self.engine, edit_id, states).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.engine.forget_session(self.number);
    }
}
