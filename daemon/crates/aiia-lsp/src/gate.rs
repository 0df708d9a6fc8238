//! The gate: what must happen in the order of the wire happens here, inside `call`, before the next frame is read.
//!
//! Text synchronisation is applied at once, so that every later request sees it. Requests `aiia/<noun>/<verb>` go to the
//! operations, everything else to the standard methods.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use aiia_protocol::handshake::Purpose;
use aiia_protocol::operation::RunCancel;
use aiia_protocol::run::RunRef;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower::Service;
use tower_lsp::gen_lsp_types as lsp;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp::{ExitedError, LspService};

use crate::capabilities;
use crate::configuration;
use crate::connection::Connection;
use crate::following;
use crate::from_proto;
use crate::look_up;
use crate::operations::{self, Pending};
use crate::review;
use crate::server::Server;
use crate::to_proto;
use crate::watching;

/// What a call gives.
pub(crate) struct Answer {
    /// The response; none for a notification.
    pub(crate) response: Option<Response>,
    /// What happens once the response is on its way.
    pub(crate) then: Option<Box<dyn FnOnce() + Send>>,
}

impl From<Option<Response>> for Answer {
    fn from(response: Option<Response>) -> Self {
        Self { response, then: None }
    }
}

/// The outermost service of a connection.
pub(crate) struct Gate {
    service: LspService<Server>,
    connection: Arc<Connection>,
    pending: Pending,
    initialized: Arc<AtomicBool>,
    shut_down: bool,
}

impl Gate {
    pub(crate) fn new(service: LspService<Server>, connection: Arc<Connection>) -> Self {
        Self { service, connection, pending: Pending::default(), initialized: Arc::default(), shut_down: false }
    }

    /// Whether the client asked for `shutdown`.
    pub(crate) fn has_shut_down(&self) -> bool {
        self.shut_down
    }

    fn is_initialized(&self) -> bool {
        self.initialized.load(Ordering::Acquire)
    }

    fn pass_on(&mut self, request: Request) -> BoxFuture<'static, Result<Answer, ExitedError>> {
        self.service.call(request).map(|result| result.map(Answer::from)).boxed()
    }

    fn operation(&mut self, request: Request) -> BoxFuture<'static, Result<Answer, ExitedError>> {
        let (method, id, params) = request.into_parts();
        let Some(id) = id else {
            tracing::warn!(%method, "an operation came as a notification, which has no answer, and was not done");
            return ready(None);
        };
        if self.shut_down {
            return ready(Some(Response::from_error(id, Error::invalid_request())));
        }
        if !self.is_initialized() && self.connection.purpose != Purpose::Cli {
            return ready(Some(Response::from_error(id, not_initialized())));
        }
        let connection = Arc::clone(&self.connection);
        operations::call(connection, &self.pending, id, &method, params.unwrap_or(Value::Null)).map(Ok).boxed()
    }

    /// Reads what is needed of the parameters here, whatever form the rest of them has.
    fn initialize(&mut self, request: Request) -> BoxFuture<'static, Result<Answer, ExitedError>> {
        let (method, id, params) = request.into_parts();
        let params = params.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        if !self.is_initialized() {
            let announced = capabilities::Client::read(&params);
            look_up::offer(&self.connection, &announced);
            self.connection.session.set_trusted(announced.trusted);
            self.connection.set_capabilities(announced);
            if let Some(name) = params["clientInfo"]["name"].as_str() {
                self.connection.session.set_client_name(&to_proto::shown(name, 100));
            }
            self.connection.session.set_folders(from_proto::initial_folders(&params));
        }
        let mut request = Request::build(method).params(json!({ "capabilities": {} }));
        if let Some(id) = id {
            request = request.id(id);
        }
        let initialized = Arc::clone(&self.initialized);
        let call = self.service.call(request.finish());
        async move {
            let response = call.await?;
            if response.as_ref().is_some_and(Response::is_ok) {
                initialized.store(true, Ordering::Release);
            }
            Ok(Answer::from(response))
        }
        .boxed()
    }

    fn synchronize(&self, request: Request) {
        let (method, _, params) = request.into_parts();
        let params = params.unwrap_or(Value::Null);
        let connection = &self.connection;
        let written = params["textDocument"]["uri"].as_str().and_then(|uri| url::Url::parse(uri).ok());
        let result = match method.as_ref() {
            "textDocument/didOpen" => parsed(params).map(|params| did_open(connection, params)),
            "textDocument/didChange" => parsed(params).map(|params| did_change(connection, params)),
            "textDocument/didClose" => parsed(params).map(|params| did_close(connection, &params)),
            "workspace/didRenameFiles" => parsed(params).map(|params| did_rename(connection, &params)),
            "workspace/didChangeWatchedFiles" => parsed(params).map(|params| watching::changed(connection, &params)),
            "workspace/didChangeWorkspaceFolders" => parsed(params).map(|params| folders_changed(connection, &params)),
            // The text is known already, but others may have been saved with it.
            _ => {
                if let Some(path) = written.as_ref().and_then(from_proto::path) {
                    connection.engine().saved(Path::new(&path));
                    connection.session.documents().saved(&path);
                    review::file_saved(connection, &path);
                }
                Ok(())
            }
        };
        if let Err(error) = result {
            tracing::warn!(%method, %error, "a notification that does not have its form was ignored");
        }
        connection.documents_changed();
        if let Some(path) = written.and_then(|uri| from_proto::path(&uri)) {
            configuration::check(connection, &path);
        }
    }

    fn cancel_progress(&self, params: Value) {
        let Ok(params) = parsed::<lsp::WorkDoneProgressCancelParams>(params) else { return };
        let lsp::ProgressToken::String(token) = params.token else { return };
        let Some(run_id) = self.connection.run_of_progress(&token) else { return };
        let connection = Arc::clone(&self.connection);
        tokio::spawn(async move {
            if let Err(problem) = connection.session.run::<RunCancel>(RunRef { run_id }).await {
                connection.show_problem(&problem).await;
            }
        });
    }
}

impl Service<Request> for Gate {
    type Response = Answer;
    type Error = ExitedError;
    type Future = BoxFuture<'static, Result<Answer, ExitedError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ExitedError>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match request.method() {
            "initialize" => self.initialize(request),
            "textDocument/didOpen"
            | "textDocument/didChange"
            | "textDocument/didClose"
            | "textDocument/didSave"
            | "workspace/didRenameFiles"
            | "workspace/didChangeWatchedFiles"
            | "workspace/didChangeWorkspaceFolders" => {
                if let Some(id) = request.id() {
                    return ready(Some(Response::from_error(id.clone(), Error::invalid_request())));
                }
                if self.is_initialized() {
                    self.synchronize(request);
                }
                ready(None)
            }
            "$/cancelRequest" => {
                let id = request.params().and_then(|params| serde_json::from_value::<Id>(params["id"].clone()).ok());
                if id.is_some_and(|id| self.pending.cancel(&id)) {
                    return ready(None);
                }
                self.pass_on(request)
            }
            "window/workDoneProgress/cancel" => {
                self.cancel_progress(request.into_parts().2.unwrap_or(Value::Null));
                ready(None)
            }
            "shutdown" => {
                self.shut_down |= self.is_initialized();
                let (method, id, _) = request.into_parts();
                let mut request = Request::build(method);
                if let Some(id) = id {
                    request = request.id(id);
                }
                self.pass_on(request.finish())
            }
            method if method.starts_with("aiia/") => self.operation(request),
            _ => self.pass_on(request),
        }
    }
}

fn ready(response: Option<Response>) -> BoxFuture<'static, Result<Answer, ExitedError>> {
    std::future::ready(Ok(Answer::from(response))).boxed()
}

fn not_initialized() -> Error {
    Error { code: ErrorCode::ServerError(-32002), message: "Send `initialize` first.".into(), data: None }
}

fn parsed<T: DeserializeOwned>(params: Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(params)
}

fn did_open(connection: &Arc<Connection>, params: lsp::DidOpenTextDocumentParams) {
    let document = params.text_document;
    let Some(path) = from_proto::path(&document.uri) else { return };
    connection.remember_uri(&path, &document.uri);
    connection.unsaved.forget(&path);
    let language_id = String::from(document.language_id);
    connection.session.documents().open(&path, Some(&language_id), document.version, &document.text);
    connection.engine().prepare_soon(&path);
    following::opened(connection, &path);
}

fn did_change(connection: &Arc<Connection>, params: lsp::DidChangeTextDocumentParams) {
    let Some(path) = from_proto::path(&params.text_document.text_document_identifier.uri) else { return };
    let encoding = connection.capabilities().encoding;
    let is_open = connection.session.documents().edit(&path, params.text_document.version, |document| {
        let edit = |change| match change {
            lsp::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(change) => {
                let range = from_proto::range(document, change.range, encoding);
                document.edit(range, &change.text)
            }
            lsp::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(change) => {
                document.edit(0..document.len(), &change.text)
            }
        };
        params.content_changes.into_iter().map(edit).collect()
    });
    connection.engine().typed(Path::new(&path));
    connection.engine().prepare_soon(&path);
    following::changed(connection, &path);
    if !is_open {
        tracing::warn!(%path, "a change of a document that is not open was ignored");
    }
}

fn did_close(connection: &Arc<Connection>, params: &lsp::DidCloseTextDocumentParams) {
    if let Some(path) = from_proto::path(&params.text_document.uri) {
        connection.session.documents().close(&path);
        following::closed(connection, &path);
    }
}

/// Files and folders got new names. Editors that close and open renamed documents themselves lose nothing by it.
fn did_rename(connection: &Connection, params: &lsp::RenameFilesParams) {
    for file in &params.files {
        let (Some(from), Some(to)) = (from_proto::path(&file.old_uri), from_proto::path(&file.new_uri)) else {
            continue;
        };
        for path in connection.session.documents().paths() {
            let Some(rest) = path.strip_prefix(&from) else { continue };
            if rest.is_empty() || rest.starts_with(['/', '\\']) {
                connection.session.documents().rename(&path, &format!("{to}{rest}"));
            }
        }
    }
}

fn folders_changed(connection: &Connection, params: &lsp::DidChangeWorkspaceFoldersParams) {
    let removed = from_proto::folders(&params.event.removed);
    let mut folders = connection.session.folders();
    folders.retain(|folder| !removed.contains(folder));
    for folder in from_proto::folders(&params.event.added) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    connection.session.set_folders(folders);
}
