//! The state of one connection.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aiia_engine::{Engine, OpenDocument, Rarely, Session};
use aiia_protocol::handshake::Purpose;
use aiia_protocol::id::{EditId, RunId};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tower_lsp::gen_lsp_types as lsp;
use url::Url;

use crate::active_runs::Going;
use crate::capabilities;
use crate::events::Followed;
use crate::fixes::Fixes;
use crate::following::Following;
use crate::review::Review;
use crate::to_proto;
use crate::unsaved::Unsaved;

/// Explanations that hover remembers.
const MAX_EXPLANATIONS: usize = 50;
/// URIs of closed documents that are remembered.
const MAX_URIS: usize = 10_000;

/// One connection.
pub(crate) struct Connection {
    pub(crate) session: Session,
    pub(crate) client: tower_lsp::Client,
    pub(crate) purpose: Purpose,
    /// Decisions on pending edits are carried out one after the other.
    pub(crate) decisions: tokio::sync::Mutex<()>,
    capabilities: OnceLock<capabilities::Client>,
    outgoing: mpsc::Sender<String>,
    /// Cancelled when the connection ends; what works for it alone stops then.
    closed: CancellationToken,
    /// Counts every change of an open document.
    changes: watch::Sender<u64>,
    uris: Mutex<HashMap<String, Url>>,
    reviews: Mutex<HashMap<EditId, Arc<Review>>>,
    progress: Mutex<HashMap<String, RunId>>,
    explanations: Mutex<VecDeque<Explanation>>,
    pub(crate) followed: Followed,
    pub(crate) fixes: Fixes,
    pub(crate) following: Following,
    pub(crate) unsaved: Unsaved,
    pub(crate) going: Going,
}

/// A notification as it is on the wire.
#[derive(Serialize)]
struct Notification<'a, P> {
    jsonrpc: &'static str,
    method: &'a str,
    params: &'a P,
}

/// Why the client gave no answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// It answered with this error.
    Error(String),
    /// It said nothing before the limit or the end of the connection.
    Silent,
}

/// What was explained, for hover.
struct Explanation {
    path: String,
    symbol: String,
    text: String,
}

impl Connection {
    pub(crate) fn new(
        session: Session,
        client: tower_lsp::Client,
        purpose: Purpose,
        outgoing: mpsc::Sender<String>,
        closed: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            session,
            client,
            purpose,
            decisions: tokio::sync::Mutex::default(),
            capabilities: OnceLock::new(),
            outgoing,
            closed,
            changes: watch::channel(0).0,
            uris: Mutex::default(),
            reviews: Mutex::default(),
            progress: Mutex::default(),
            explanations: Mutex::default(),
            followed: Followed::default(),
            fixes: Fixes::default(),
            following: Following::default(),
            unsaved: Unsaved::default(),
            going: Going::default(),
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.session.engine()
    }

    /// Keeps what the client announced; only the first time counts.
    pub(crate) fn set_capabilities(&self, announced: capabilities::Client) {
        let _ = self.capabilities.set(announced);
    }

    /// What the client can do: nothing before `initialize`.
    pub(crate) fn capabilities(&self) -> &capabilities::Client {
        static NOTHING: OnceLock<capabilities::Client> = OnceLock::new();
        self.capabilities.get().unwrap_or_else(|| NOTHING.get_or_init(capabilities::Client::default))
    }

    /// Does `work` beside the requests, until the connection ends.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let closed = self.closed.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = Rarely::new(closed.cancelled()) => {}
                () = work => {}
            }
        });
    }

    /// Sends a notification that is none of LSP's own.
    pub(crate) async fn notify(&self, method: &str, params: &impl Serialize) {
        match serde_json::to_string(&Notification { jsonrpc: "2.0", method, params }) {
            Ok(text) => {
                let _ = self.outgoing.send(text).await;
            }
            Err(error) => tracing::error!(%error, method, "a notification that cannot be written"),
        }
    }

    /// Sends a request to the client and waits at most `limit` for the answer. `None`: no answer before the connection
    /// ended, or an error, which is logged.
    pub(crate) async fn ask<R: lsp::Request>(&self, params: R::Params, limit: Duration) -> Option<R::Result> {
        self.ask_or_why::<R>(params, limit).await.ok()
    }

    /// The same, with why there is no answer.
    pub(crate) async fn ask_or_why<R: lsp::Request>(
        &self,
        params: R::Params,
        limit: Duration,
    ) -> Result<R::Result, Unanswered> {
        let answer = tokio::select! {
            answer = tokio::time::timeout(limit, self.client.send_request::<R>(params)) => answer,
            () = self.closed.cancelled() => return Err(Unanswered::Silent),
        };
        match answer {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(error)) => {
                tracing::info!(?error, "the client answered with an error");
                Err(Unanswered::Error(error.message.into_owned()))
            }
            Err(_) => {
                tracing::info!(?limit, "the client did not answer");
                Err(Unanswered::Silent)
            }
        }
    }

    /// Shows a message to the user.
    pub(crate) async fn show(&self, kind: lsp::MessageType, text: &str) {
        self.client.show_message(kind, format!("aiia: {}", to_proto::shown(text, 2000))).await;
    }

    /// Shows what did not work.
    pub(crate) async fn show_problem(&self, problem: &aiia_protocol::problem::Problem) {
        self.show(lsp::MessageType::Error, &problem.sentence()).await;
    }

    /// Called after every change of an open document.
    pub(crate) fn documents_changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Waits until `reached` is true of the document at `path`, at most `limit`. A closed document is `None`.
    pub(crate) async fn wait_for_document(
        &self,
        path: &str,
        limit: Duration,
        reached: impl Fn(Option<&OpenDocument>) -> bool,
    ) -> bool {
        let mut changes = self.changes.subscribe();
        let wait = async {
            while !reached(self.session.documents().get(path).as_ref()) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            waited = tokio::time::timeout(limit, wait) => waited.is_ok(),
            () = self.closed.cancelled() => false,
        }
    }

    /// Remembers how the client spells the URI of `path`.
    pub(crate) fn remember_uri(&self, path: &str, uri: &Url) {
        let mut uris = self.uris.lock();
        if uris.len() >= MAX_URIS {
            uris.retain(|path, _| self.session.documents().get(path).is_some());
        }
        uris.insert(path.to_owned(), uri.clone());
    }

    /// The URI of `path`, as the client spells it where that is known.
    pub(crate) fn uri(&self, path: &str) -> Option<Url> {
        self.uris.lock().get(path).cloned().or_else(|| to_proto::uri(path))
    }

    pub(crate) fn review(&self, edit_id: &EditId) -> Option<Arc<Review>> {
        self.reviews.lock().get(edit_id).cloned()
    }

    /// The reviews in memory, in the order of their making.
    pub(crate) fn reviews(&self) -> Vec<(EditId, Arc<Review>)> {
        let mut all: Vec<_> = self.reviews.lock().iter().map(|(id, review)| (id.clone(), Arc::clone(review))).collect();
        all.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        all
    }

    pub(crate) fn keep_review(&self, edit_id: &EditId, review: Arc<Review>) {
        self.reviews.lock().insert(edit_id.clone(), review);
    }

    /// The file of a review document.
    pub(crate) fn review_path(&self, edit_id: &EditId) -> PathBuf {
        self.engine().review_dir().join(format!("{edit_id}.diff"))
    }

    pub(crate) fn add_progress(&self, token: &str, run: &RunId) {
        self.progress.lock().insert(token.to_owned(), run.clone());
    }

    pub(crate) fn remove_progress(&self, token: &str) {
        self.progress.lock().remove(token);
    }

    /// The run whose progress has this token.
    pub(crate) fn run_of_progress(&self, token: &str) -> Option<RunId> {
        self.progress.lock().get(token).cloned()
    }

    /// Remembers the explanation of a symbol for hover.
    pub(crate) fn keep_explanation(&self, path: &str, symbol: &str, text: &str) {
        let mut explanations = self.explanations.lock();
        explanations.retain(|kept| kept.path != path || kept.symbol != symbol);
        explanations.truncate(MAX_EXPLANATIONS - 1);
        explanations.push_front(Explanation {
            path: path.to_owned(),
            symbol: symbol.to_owned(),
            text: text.to_owned(),
        });
    }

    /// Whether anything in `path` was explained.
    pub(crate) fn has_explanations(&self, path: &str) -> bool {
        self.explanations.lock().iter().any(|kept| kept.path == path)
    }

    /// The last explanation of a symbol.
    pub(crate) fn explanation(&self, path: &str, symbol: &str) -> Option<String> {
        let explanations = self.explanations.lock();
        explanations.iter().find(|kept| kept.path == path && kept.symbol == symbol).map(|kept| kept.text.clone())
    }
}
