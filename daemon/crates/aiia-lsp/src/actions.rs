//! Actions that a command of the editor has started: their progress, and what becomes of them.

use std::sync::Arc;
use std::time::Duration;

use aiia_engine::without_images;
use aiia_protocol::action::StartAction;
use aiia_protocol::edit::RetryHunk;
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::{ActionStart, EditRetry, RunEvents};
use aiia_protocol::problem::Problem;
use aiia_protocol::run::{self, Run, RunEventKind, RunStatus};
use futures::StreamExt;
use serde_json::{Value, json};
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::fixes::Reported;
use crate::progress::Progress;
use crate::{events, files, review, to_proto};

/// A command waits so long for its action to start; the action starts all the same.
const START_LIMIT: Duration = Duration::from_secs(5);
/// A client that shows results itself waits for the run: as long as a model server is looked for and a large folder is read.
const LONGEST_START: Duration = Duration::from_mins(10);
/// How much of an answer fits into a message.
const MESSAGE_CHARACTERS: usize = 600;

/// What an action is about, for people and for hover.
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) path: String,
    pub(crate) symbol: Option<String>,
    /// What is to be mended.
    pub(crate) reported: Vec<Reported>,
}

/// Starts an action. Its result is shown when it is there.
pub(crate) async fn start(connection: &Arc<Connection>, params: StartAction, about: About) -> Value {
    let starting = Arc::clone(connection);
    follow(connection, about, async move { starting.session.run::<ActionStart>(params).await }).await
}

/// Asks for another change in place of a waiting hunk. It is shown when it is there.
pub(crate) async fn retry(
    connection: &Arc<Connection>,
    edit_id: EditId,
    hunk: HunkNumber,
    note: Option<String>,
    model: Option<String>,
) -> Value {
    let about =
        About { title: format!("Try hunk {hunk} again"), path: String::new(), symbol: None, reported: Vec::new() };
    let starting = Arc::clone(connection);
    let params = RetryHunk { edit_id, hunk, note, model, documents: Vec::new() };
    follow(connection, about, async move { starting.session.run::<EditRetry>(params).await }).await
}

async fn follow(
    connection: &Arc<Connection>,
    about: About,
    starting_run: impl Future<Output = Result<Run, Problem>> + Send + 'static,
) -> Value {
    let starting = Arc::clone(connection);
    let started = tokio::spawn(async move {
        match starting_run.await {
            Ok(run) => {
                let result = json!({ "run_id": run.id, "chat_id": run.chat_id });
                if starting.capabilities().events
                    && let Some(follow) = events::follow_started(&starting, &run.id)
                {
                    follow();
                }
                let showing = Arc::clone(&starting);
                starting.spawn(async move { show_result(&showing, run, about).await });
                result
            }
            Err(problem) => {
                starting.show_problem(&problem).await;
                json!({ "problem": problem })
            }
        }
    });
    // One that shows results itself has nothing else to know the run by.
    let limit = if connection.capabilities().shows_results { LONGEST_START } else { START_LIMIT };
    match tokio::time::timeout(limit, started).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => {
            tracing::error!(%error, "an action did not start by a fault of ours");
            Value::Null
        }
        Err(_) => Value::Null,
    }
}

/// How a run ended.
#[derive(Default)]
struct Outcome {
    text: String,
    edit_id: Option<EditId>,
    complaints: Vec<String>,
    end: Option<(RunStatus, Option<Problem>)>,
}

async fn show_result(connection: &Arc<Connection>, run: Run, about: About) {
    let going = connection.going.enter(run.id.clone(), &about.title);
    let mut progress = Progress::begin(connection, &run.id, &about.title).await;
    let heard = listen(connection, &run, &mut progress).await;
    drop(going);
    let outcome = match heard {
        Ok(outcome) => outcome,
        Err(problem) => {
            progress.end("failed").await;
            return connection.show_problem(&problem).await;
        }
    };
    let last_word = match &outcome.end {
        Some((RunStatus::Completed, _)) => "done",
        Some((RunStatus::Cancelled, _)) => "cancelled",
        Some((RunStatus::Failed, _)) => "failed",
        _ => "interrupted",
    };
    progress.end(last_word).await;
    if let Some(edit_id) = &outcome.edit_id {
        connection.fixes.proposed(edit_id, &about.path, about.reported.clone());
    }
    let shown = match outcome.end {
        Some((RunStatus::Completed, _)) if connection.capabilities().shows_results => {
            if let Some(symbol) = about.symbol.as_ref().filter(|_| outcome.edit_id.is_none()) {
                connection.keep_explanation(&about.path, symbol, &to_proto::shown(outcome.text.trim(), usize::MAX - 1));
            }
            Ok(())
        }
        Some((RunStatus::Completed, _)) => match &outcome.edit_id {
            Some(edit_id) => review::present(connection, edit_id).await,
            None => show_answer(connection, &run, &about, &outcome.text).await,
        },
        Some((RunStatus::Failed, problem)) => {
            let mut parts = vec![format!("{} failed.", about.title)];
            parts.extend(problem.map(|problem| problem.sentence()));
            connection.show(lsp::MessageType::Error, &parts.join(" ")).await;
            Ok(())
        }
        // The user stopped it, or the daemon ends: they know.
        _ => Ok(()),
    };
    if let Err(problem) = shown {
        connection.show_problem(&problem).await;
    }
}

async fn listen(connection: &Arc<Connection>, run: &Run, progress: &mut Progress) -> Result<Outcome, Problem> {
    let mut events =
        connection.session.stream::<RunEvents>(run::RunEvents { run_id: run.id.clone(), after: 0 }).await?;
    let mut outcome = Outcome::default();
    let mut parts = 0_u64;
    while let Some(event) = events.next().await {
        match event.kind {
            RunEventKind::Status { text } | RunEventKind::Notice { text, .. } => progress.report(&text).await,
            RunEventKind::Context { tokens, .. } => progress.report(&format!("reading {tokens} tokens")).await,
            RunEventKind::Reasoning { .. } => progress.report("thinking").await,
            RunEventKind::Text { text } => {
                outcome.text.push_str(&text);
                parts += 1;
                progress.report(&format!("writing, {parts} parts, {} characters", outcome.text.chars().count())).await;
            }
            RunEventKind::Edit { edit_id, .. } => outcome.edit_id = Some(edit_id),
            RunEventKind::Complaint { message } => outcome.complaints.push(message),
            RunEventKind::Usage { .. } => {}
            RunEventKind::Done { status, problem } => outcome.end = Some((status, problem)),
        }
    }
    Ok(outcome)
}

/// Shows an answer as a Markdown document, or as a message where the editor shows no documents.
async fn show_answer(connection: &Connection, run: &Run, about: &About, text: &str) -> Result<(), Problem> {
    let text = to_proto::shown(text.trim(), usize::MAX - 1);
    if let Some(symbol) = &about.symbol {
        connection.keep_explanation(&about.path, symbol, &text);
    }
    let path = connection.engine().review_dir().join(format!("explain-{}.md", run.id));
    let quiet = without_images(&text);
    let document = format!("# {}\n\n{quiet}\n\n---\n\n{} · {}\n", about.title, about.path, run.model);
    files::write_private(path.clone(), document).await?;
    if !files::show(connection, &path).await {
        let start = to_proto::shown(&text, MESSAGE_CHARACTERS);
        connection.show(lsp::MessageType::Info, &format!("{start}\n\nAll of it is in {}.", path.display())).await;
    }
    Ok(())
}
