//! `workspace/executeCommand`: returns at once; what comes of it is shown later.

use std::sync::Arc;

use aiia_engine::actions::offered;
use aiia_protocol::action::{ActionKind, StartAction};
use aiia_protocol::document::{Diagnostic, DocumentRef, Selection};
use aiia_protocol::id::{ChatId, EditId, HunkNumber, RunId};
use aiia_protocol::operation::RunCancel;
use aiia_protocol::run::RunRef;
use serde::Deserialize;
use serde_json::Value;
use tower_lsp::gen_lsp_types as lsp;
use tower_lsp::jsonrpc::{Error, Result};
use url::Url;

use crate::actions::{self, About};
use crate::connection::Connection;
use crate::decide::{Decision, accept_line, decide};
use crate::fixes::Reported;
use crate::requests::code_action::{command, title};
use crate::{from_proto, review, to_proto};

/// The commands.
pub(crate) const COMMANDS: &[&str] = &[
    "aiia.explain",
    "aiia.fix",
    "aiia.optimize",
    "aiia.test",
    "aiia.document",
    "aiia.edit",
    "aiia.ask",
    "aiia.acceptHunk",
    "aiia.rejectHunk",
    "aiia.acceptAll",
    "aiia.rejectAll",
    "aiia.acceptLine",
    "aiia.retryHunk",
    "aiia.undo",
    "aiia.openReview",
    "aiia.cancel",
];

/// The argument of a command: an object with what it needs of these.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Argument {
    uri: Option<Url>,
    range: Option<lsp::Range>,
    diagnostics: Vec<Value>,
    instruction: Option<String>,
    model: Option<String>,
    chat_id: Option<ChatId>,
    edit_id: Option<EditId>,
    /// An accepted edit that did not help.
    after_edit: Option<EditId>,
    hunk: Option<HunkNumber>,
    hunks: Option<Vec<HunkNumber>>,
    /// A line of the review document, counted from 0.
    line: Option<u32>,
    /// What is wrong with the hunk.
    note: Option<String>,
    run_id: Option<RunId>,
}

/// Begins what the command says. Gives `{run_id, chat_id}` for an action, `{problem}` where it did not start (which the user
/// is shown as well), `null` for the others.
pub(crate) async fn execute(connection: &Arc<Connection>, params: lsp::ExecuteCommandParams) -> Result<Value> {
    let argument = params.arguments.unwrap_or_default().into_iter().next();
    let argument: Argument = match argument {
        Some(value) => serde_json::from_value(value).map_err(|error| {
            Error::invalid_params(format!("The argument of `{}` does not fit: {error}.", params.command))
        })?,
        None => Argument::default(),
    };
    let name = params.command.as_str();
    if let Some(kind) = ActionKind::ALL.iter().find(|kind| command(**kind) == name) {
        return start(connection, *kind, argument).await;
    }
    match name {
        "aiia.acceptHunk" => decision(connection, argument, Decision::Accept, true),
        "aiia.acceptAll" => decision(connection, argument, Decision::Accept, false),
        "aiia.rejectHunk" => decision(connection, argument, Decision::Reject, true),
        "aiia.rejectAll" => decision(connection, argument, Decision::Reject, false),
        "aiia.undo" => decision(connection, argument, Decision::Undo, false),
        "aiia.acceptLine" => {
            let (edit_id, _) = one_hunk(&argument)?;
            let line = argument.line.ok_or_else(|| missing("line"))?;
            let deciding = Arc::clone(connection);
            tokio::spawn(async move { accept_line(&deciding, &edit_id, line).await });
            Ok(Value::Null)
        }
        "aiia.retryHunk" => {
            let (edit_id, hunk) = one_hunk(&argument)?;
            let note = match argument.note {
                Some(note) => Some(note),
                None => review::note_of(connection, &edit_id, hunk).await,
            };
            Ok(actions::retry(connection, edit_id, hunk, note, argument.model).await)
        }
        "aiia.openReview" => {
            let edit_id = argument.edit_id.ok_or_else(|| missing("edit_id"))?;
            let showing = Arc::clone(connection);
            connection.spawn(async move {
                if let Err(problem) = review::present(&showing, &edit_id).await {
                    showing.show_problem(&problem).await;
                }
            });
            Ok(Value::Null)
        }
        "aiia.cancel" => {
            let run_id = argument.run_id.ok_or_else(|| missing("run_id"))?;
            let result = connection.session.run::<RunCancel>(RunRef { run_id }).await;
            result.map(|_| Value::Null).map_err(|problem| to_proto::error(&problem))
        }
        _ => Err(Error::invalid_params(format!("There is no command `{name}`."))),
    }
}

fn one_hunk(argument: &Argument) -> Result<(EditId, HunkNumber)> {
    let edit_id = argument.edit_id.clone().ok_or_else(|| missing("edit_id"))?;
    let hunk = argument.hunk.or_else(|| argument.hunks.as_ref()?.first().copied()).ok_or_else(|| missing("hunk"))?;
    Ok((edit_id, hunk))
}

fn missing(what: &str) -> Error {
    Error::invalid_params(format!("The first argument is an object with `{what}`."))
}

async fn start(connection: &Arc<Connection>, kind: ActionKind, argument: Argument) -> Result<Value> {
    let uri = argument.uri.ok_or_else(|| missing("uri"))?;
    let path = from_proto::path(&uri).ok_or_else(|| Error::invalid_params(format!("{uri} names no file.")))?;
    if kind.needs_instruction() && argument.instruction.as_deref().is_none_or(|text| text.trim().is_empty()) {
        return Err(missing("instruction"));
    }
    let open = connection.session.documents().get(&path);
    let bytes = match (&open, argument.range) {
        (Some(open), Some(range)) => Some(from_proto::range(&open.document, range, connection.capabilities().encoding)),
        _ => None,
    };
    let symbol = open.as_ref().zip(bytes.clone()).and_then(|(open, bytes)| offered(open, bytes).symbol);
    let selection = match bytes {
        Some(bytes) => Some(Selection::Bytes { start: bytes.start as u64, end: bytes.end as u64 }),
        None => argument.range.map(selected_lines),
    };
    let diagnostic = |value: Value| {
        serde_json::from_value::<lsp::Diagnostic>(value).ok().map(|diagnostic| from_proto::diagnostic(&diagnostic))
    };
    let is_empty = argument.range.is_some_and(|range| range.start == range.end);
    let diagnostics: Vec<Diagnostic> = argument.diagnostics.into_iter().filter_map(diagnostic).collect();
    let title = title(kind, symbol.as_deref(), is_empty);
    let text = open.as_ref().filter(|_| !diagnostics.is_empty()).map(|open| open.document.text());
    let reported = diagnostics.iter().map(|one| Reported::new(one, text.as_deref())).collect();
    let about = About { title, path: path.clone(), symbol, reported };
    let params = StartAction {
        kind,
        document: DocumentRef { path, text: None, language_id: None },
        selection,
        instruction: argument.instruction,
        diagnostics,
        chat_id: argument.chat_id,
        model: argument.model,
        models: Vec::new(),
        after_edit: argument.after_edit,
    };
    Ok(actions::start(connection, params, about).await)
}

/// Whole lines, for a document whose text is not at hand. A range that ends before the first character of a line does not
/// mean that line.
fn selected_lines(range: lsp::Range) -> Selection {
    let (start, mut end) = (range.start.line + 1, range.end.line.max(range.start.line) + 1);
    if end > start && range.end.character == 0 {
        end -= 1;
    }
    Selection::Lines { start, end }
}

fn decision(connection: &Arc<Connection>, argument: Argument, decision: Decision, one: bool) -> Result<Value> {
    let edit_id = argument.edit_id.ok_or_else(|| missing("edit_id"))?;
    let hunks = argument.hunks.or_else(|| argument.hunk.map(|number| vec![number]));
    if one && hunks.is_none() {
        return Err(missing("hunks"));
    }
    let deciding = Arc::clone(connection);
    // Not with the connection: what the engine has decided must be carried out or taken back.
    tokio::spawn(async move { decide(&deciding, &edit_id, hunks.as_deref(), decision).await });
    Ok(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_command() {
        for kind in ActionKind::ALL {
            assert!(COMMANDS.contains(&command(*kind).as_str()));
        }
    }

    #[test]
    fn lines_of_a_range() {
        let lines = |a, b, c, d| {
            let (start, end) = (lsp::Position { line: a, character: b }, lsp::Position { line: c, character: d });
            selected_lines(lsp::Range { start, end })
        };
        assert_eq!(lines(0, 0, 0, 0), Selection::Lines { start: 1, end: 1 });
        assert_eq!(lines(1, 2, 3, 0), Selection::Lines { start: 2, end: 3 });
        assert_eq!(lines(1, 2, 3, 1), Selection::Lines { start: 2, end: 4 });
    }
}
