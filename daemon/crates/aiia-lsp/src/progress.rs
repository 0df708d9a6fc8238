//! Progress in the editor: of a run, which can be cancelled there, and of indexing.

use std::sync::Arc;
use std::time::Duration;

use aiia_protocol::id::RunId;
use serde_json::{Value, json};
use tokio::time::Instant;
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::to_proto;

/// Reports come at most so often.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// How long the editor may take to answer that it shows progress.
const CREATE_LIMIT: Duration = Duration::from_secs(2);

/// One progress; nothing is shown where the editor cannot.
pub(crate) struct Progress {
    connection: Arc<Connection>,
    token: Option<String>,
    is_cancellable: bool,
    reported: Instant,
}

impl Progress {
    /// Begins to show the progress of `run`.
    pub(crate) async fn begin(connection: &Arc<Connection>, run: &RunId, title: &str) -> Self {
        let mut progress = Self::create(connection, format!("aiia/run/{run}")).await;
        if let Some(token) = &progress.token {
            connection.add_progress(token, run);
            progress.is_cancellable = true;
        }
        progress.send_begin(title).await;
        progress
    }

    /// Begins to show something that the user cannot cancel. `token` tells it from others.
    pub(crate) async fn begin_plain(connection: &Arc<Connection>, token: String, title: &str) -> Self {
        let progress = Self::create(connection, token).await;
        progress.send_begin(title).await;
        progress
    }

    async fn create(connection: &Arc<Connection>, token: String) -> Self {
        let mut progress =
            Self { connection: Arc::clone(connection), token: None, is_cancellable: false, reported: Instant::now() };
        if connection.capabilities().work_done_progress {
            let params = lsp::WorkDoneProgressCreateParams { token: lsp::ProgressToken::String(token.clone()) };
            if connection.ask::<lsp::WorkDoneProgressCreateRequest>(params, CREATE_LIMIT).await.is_some() {
                progress.token = Some(token);
            }
        }
        progress
    }

    async fn send_begin(&self, title: &str) {
        let title = format!("aiia: {title}");
        self.send(json!({ "kind": "begin", "title": title, "cancellable": self.is_cancellable })).await;
    }

    /// Says how far it is, in percent.
    pub(crate) async fn report_share(&self, text: &str, percentage: usize) {
        self.send(json!({ "kind": "report", "message": text, "percentage": percentage.min(100) })).await;
    }

    /// Says what is going on; left out when it comes too soon after the last time.
    pub(crate) async fn report(&mut self, text: &str) {
        if self.token.is_some() && self.reported.elapsed() >= REPORT_EVERY {
            self.reported = Instant::now();
            self.send(json!({ "kind": "report", "message": to_proto::shown(text, 100), "cancellable": true })).await;
        }
    }

    /// Ends it with a last word.
    pub(crate) async fn end(mut self, text: &str) {
        self.send(json!({ "kind": "end", "message": to_proto::shown(text, 100) })).await;
        if let Some(token) = self.token.take() {
            self.connection.remove_progress(&token);
        }
    }

    async fn send(&self, value: Value) {
        if let Some(token) = &self.token {
            let params = lsp::ProgressParams { token: lsp::ProgressToken::String(token.clone()), value };
            self.connection.client.send_notification::<lsp::ProgressNotification>(params).await;
        }
    }
}
