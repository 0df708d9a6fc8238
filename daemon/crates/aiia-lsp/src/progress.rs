//! Progress of a run in the editor, which can cancel it there.

use std::sync::Arc;
use std::time::Duration;

use aiia_protocol::id::RunId;
use serde_json::{Value, json};
use tokio::time::Instant;
use tower_lsp::gen_lsp_types as lsp;

use crate::session::Connection;
use crate::to_proto;

/// Reports come at most so often.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// How long the editor may take to answer that it shows progress.
const CREATE_LIMIT: Duration = Duration::from_secs(2);

/// The progress of one run; nothing is shown where the editor cannot.
pub(crate) struct Progress {
    connection: Arc<Connection>,
    token: Option<String>,
    reported: Instant,
}

impl Progress {
    /// Begins to show the progress of `run`.
    pub(crate) async fn begin(connection: &Arc<Connection>, run: &RunId, title: &str) -> Self {
        let mut progress = Self { connection: Arc::clone(connection), token: None, reported: Instant::now() };
        if connection.capabilities().work_done_progress {
            let token = format!("aiia/run/{run}");
            let params = lsp::WorkDoneProgressCreateParams { token: lsp::ProgressToken::String(token.clone()) };
            if connection.ask::<lsp::WorkDoneProgressCreateRequest>(params, CREATE_LIMIT).await.is_some() {
                connection.add_progress(&token, run);
                progress.token = Some(token);
                let title = format!("aiia: {title}");
                progress.send(json!({ "kind": "begin", "title": title, "cancellable": true })).await;
            }
        }
        progress
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
