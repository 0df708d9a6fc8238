//! `textDocument/codeAction`: answered from memory, each action a command.

use std::sync::Arc;

use aiia_engine::actions::offered;
use aiia_protocol::action::ActionKind;
use aiia_protocol::edit::{EditFile, FileAction, HunkStatus};
use aiia_protocol::id::{EditId, HunkNumber, RunId};
use serde_json::{Value, json};
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::review::{self, Review};
use crate::{capabilities, from_proto, to_proto};

/// The kinds of our actions.
pub(crate) const KINDS: &[&str] = &[
    QUICK_FIX,
    "aiia.explain",
    "refactor.rewrite.aiia.fix",
    "refactor.rewrite.aiia.optimize",
    "refactor.rewrite.aiia.test",
    "refactor.rewrite.aiia.document",
    REVIEW,
    STOP,
];
const QUICK_FIX: &str = "quickfix.aiia";
const REVIEW: &str = "aiia.review";
const STOP: &str = "aiia.stop";

/// What a menu may offer: actions that need no instruction.
const OFFERED: &[(ActionKind, &str)] = &[
    (ActionKind::Explain, "aiia.explain"),
    (ActionKind::Fix, "refactor.rewrite.aiia.fix"),
    (ActionKind::Optimize, "refactor.rewrite.aiia.optimize"),
    (ActionKind::Test, "refactor.rewrite.aiia.test"),
    (ActionKind::Document, "refactor.rewrite.aiia.document"),
];

/// An action of the menu.
struct Offered {
    title: String,
    kind: &'static str,
    command: String,
    argument: Value,
    diagnostics: Vec<lsp::Diagnostic>,
}

/// The actions for a range of a document.
pub(crate) async fn actions(
    connection: &Arc<Connection>,
    params: lsp::CodeActionParams,
) -> Vec<lsp::CodeActionResponse> {
    let client = connection.capabilities();
    let Some(path) = from_proto::path(&params.text_document.uri).filter(|_| client.code_actions) else {
        return Vec::new();
    };
    let only = params.context.only.clone().map(|kinds| kinds.into_iter().map(String::from).collect::<Vec<_>>());
    let automatic = params.context.trigger_kind == Some(lsp::CodeActionTriggerKind::Automatic);
    let offered = match review::edit_of(connection, &path) {
        Some(_) if automatic => Vec::new(),
        Some(edit_id) => match review::load(connection, &edit_id).await {
            Ok(review) => {
                let open = connection.session.documents().get(&path);
                let buffer = open.map_or_else(|| review.document.text.clone(), |open| open.document.text());
                on_review(&review, &edit_id, &buffer, params.range.start.line as usize)
            }
            Err(problem) => {
                tracing::info!(%problem, "a review document without its edit");
                Vec::new()
            }
        },
        None if automatic => on_code(connection, &path, &params, true),
        None => {
            let mut offered = on_code(connection, &path, &params, false);
            offered.extend(on_going(connection));
            offered.extend(on_proposed(connection, &path, params.range.start.line as usize));
            offered
        }
    };
    offered
        .into_iter()
        .filter(|action| is_asked_for(only.as_deref(), action.kind))
        .map(|action| response(action, client))
        .collect()
}

fn on_code(connection: &Connection, path: &str, params: &lsp::CodeActionParams, automatic: bool) -> Vec<Offered> {
    let diagnostics: Vec<lsp::Diagnostic> = params
        .context
        .diagnostics
        .iter()
        .filter(|diagnostic| from_proto::overlap(diagnostic.range, params.range))
        .cloned()
        .collect();
    let open = connection.session.documents().get(path);
    let symbol = open.as_ref().and_then(|open| {
        let range = from_proto::range(&open.document, params.range, connection.capabilities().encoding);
        offered(open, range).symbol
    });
    let argument = |kind: ActionKind| {
        json!({
            "uri": params.text_document.uri,
            "version": open.as_ref().map(|open| open.version),
            "range": params.range,
            "diagnostics": if kind == ActionKind::Fix { diagnostics.as_slice() } else { &[] },
            "kind": kind,
        })
    };
    let mut actions = Vec::new();
    if let Some(first) = diagnostics.first() {
        let reported = from_proto::diagnostic(first);
        let line = reported.message.lines().next().unwrap_or_default();
        let text = open.as_ref().map(|open| open.document.text()).unwrap_or_default();
        let edit = |edit_id: &EditId| connection.review(edit_id).map(|review| review.document.edit.clone());
        if let Some(edit_id) = connection.fixes.in_vain(path, &reported, &text, edit) {
            let mut again = argument(ActionKind::Fix);
            again["after_edit"] = json!(edit_id);
            actions.push(Offered {
                title: format!("aiia: Fix “{}” in another way: it is still reported", to_proto::shown(line, 60)),
                kind: QUICK_FIX,
                command: command(ActionKind::Fix),
                argument: again,
                diagnostics: diagnostics.clone(),
            });
        }
        actions.push(Offered {
            title: format!("aiia: Fix “{}”", to_proto::shown(line, 60)),
            kind: QUICK_FIX,
            command: command(ActionKind::Fix),
            argument: argument(ActionKind::Fix),
            diagnostics: diagnostics.clone(),
        });
    }
    if !automatic {
        let is_empty = params.range.start == params.range.end;
        actions.extend(OFFERED.iter().map(|(kind, name)| Offered {
            title: format!("aiia: {}", title(*kind, symbol.as_deref(), is_empty)),
            kind: name,
            command: command(*kind),
            argument: argument(*kind),
            diagnostics: Vec::new(),
        }));
    }
    actions
}

/// What is done, for people: ``Fix `parse_args` ``.
pub(crate) fn title(kind: ActionKind, symbol: Option<&str>, selection_is_empty: bool) -> String {
    let verb = match kind {
        ActionKind::Explain => "Explain",
        ActionKind::Fix => "Fix",
        ActionKind::Optimize => "Optimize",
        ActionKind::Test => "Write tests for",
        ActionKind::Document => "Document",
        ActionKind::Edit => "Edit",
        ActionKind::Ask => "Ask about",
    };
    match symbol {
        Some(symbol) => format!("{verb} `{}`", to_proto::shown(symbol, 60)),
        None if selection_is_empty => format!("{verb} this code"),
        None => format!("{verb} the selection"),
    }
}

/// The command of an action.
pub(crate) fn command(kind: ActionKind) -> String {
    format!("aiia.{}", kind.as_str())
}

/// To stop what goes on. Editors that show results themselves have a place of their own for it.
fn on_going(connection: &Connection) -> Vec<Offered> {
    if connection.capabilities().shows_results {
        return Vec::new();
    }
    let stop = |(run_id, title): (RunId, String)| Offered {
        title: format!("aiia: Stop “{title}”"),
        kind: STOP,
        command: "aiia.cancel".to_owned(),
        argument: json!({ "run_id": run_id }),
        diagnostics: Vec::new(),
    };
    connection.going.all().into_iter().map(stop).collect()
}

/// Decisions on the pending edits of a document, in the document itself: some editors serve no review documents.
fn on_proposed(connection: &Connection, path: &str, line: usize) -> Vec<Offered> {
    let Some(open) = connection.session.documents().get(path) else { return Vec::new() };
    let mut actions = Vec::new();
    for (edit_id, review) in connection.reviews() {
        let edit = &review.document.edit;
        let Some(file) = edit.files.iter().find(|file| is_shown_at(file, path)) else { continue };
        let mut action = |title: String, command: &str, hunks: Option<HunkNumber>| {
            let argument = json!({ "edit_id": edit_id, "hunks": hunks.map(|number| [number]) });
            let command = command.to_owned();
            actions.push(Offered { title, kind: REVIEW, command, argument, diagnostics: Vec::new() });
        };
        let pending: Vec<_> = file.hunks.iter().filter(|hunk| hunk.status == HunkStatus::Pending).collect();
        if pending.is_empty() {
            continue;
        }
        let text = open.document.text();
        for hunk in pending.iter().filter(|hunk| review::lines_in(&text, hunk).contains(&line)) {
            let number = hunk.number;
            action(format!("aiia: Accept hunk {number} of “{}”", edit.title), "aiia.acceptHunk", Some(number));
            action(format!("aiia: Reject hunk {number} of “{}”", edit.title), "aiia.rejectHunk", Some(number));
        }
        action(format!("aiia: Accept all of “{}”", edit.title), "aiia.acceptAll", None);
        action(format!("aiia: Reject all of “{}”", edit.title), "aiia.rejectAll", None);
        action(format!("aiia: Review “{}”", edit.title), "aiia.openReview", None);
    }
    actions
}

/// Whether a buffer of `path` is one of the file that is changed: one that is renamed may still have its old name.
fn is_shown_at(file: &EditFile, path: &str) -> bool {
    file.path == path || file.from.as_deref() == Some(path)
}

fn on_review(review: &Review, edit_id: &EditId, buffer: &str, line: usize) -> Vec<Offered> {
    let action = |title: String, command: &str, hunks: Option<HunkNumber>| Offered {
        title,
        kind: REVIEW,
        command: command.to_owned(),
        argument: json!({ "edit_id": edit_id, "hunks": hunks.map(|number| [number]) }),
        diagnostics: Vec::new(),
    };
    let mut actions = Vec::new();
    if let Some(hunk) = review.hunk_at(buffer, line) {
        let number = hunk.number;
        match hunk.status {
            HunkStatus::Pending => {
                actions.push(action(format!("aiia: Accept hunk {number}"), "aiia.acceptHunk", Some(number)));
                actions.push(action(format!("aiia: Reject hunk {number}"), "aiia.rejectHunk", Some(number)));
                // A file that comes or goes does so as a whole.
                let files = review.document.edit.files.iter();
                let in_parts = files.filter(|file| matches!(file.action, FileAction::Edit | FileAction::Rename));
                let proposed = in_parts.flat_map(|file| &file.hunks).find(|one| one.number == number);
                let has_parts = proposed.is_some_and(|one| one.old_lines + one.new_lines > 1);
                if has_parts && review.line_of_hunk(buffer, line).is_some() {
                    let mut one = action("aiia: Accept only this line".to_owned(), "aiia.acceptLine", Some(number));
                    one.argument["line"] = json!(line);
                    actions.push(one);
                }
                actions.push(action(format!("aiia: Try hunk {number} again"), "aiia.retryHunk", Some(number)));
            }
            HunkStatus::Accepted => {
                actions.push(action(format!("aiia: Undo hunk {number}"), "aiia.undo", Some(number)));
            }
            HunkStatus::Rejected | HunkStatus::Undone => {
                actions.push(action(format!("aiia: Accept hunk {number}"), "aiia.acceptHunk", Some(number)));
            }
        }
    }
    if review.count(HunkStatus::Pending) > 0 {
        actions.push(action("aiia: Accept all hunks".to_owned(), "aiia.acceptAll", None));
        actions.push(action("aiia: Reject all hunks".to_owned(), "aiia.rejectAll", None));
    }
    if review.count(HunkStatus::Accepted) > 0 {
        actions.push(action("aiia: Undo all accepted hunks".to_owned(), "aiia.undo", None));
    }
    actions
}

/// Whether the client asked for actions of `kind`: by its name, or by that of a kind above it.
fn is_asked_for(only: Option<&[String]>, kind: &str) -> bool {
    only.is_none_or(|only| {
        only.iter().any(|asked| {
            asked.is_empty()
                || kind.strip_prefix(asked.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}

fn response(action: Offered, client: &capabilities::Client) -> lsp::CodeActionResponse {
    let command = lsp::Command {
        title: action.title.clone(),
        command: action.command,
        arguments: Some(vec![action.argument.clone()]),
        ..Default::default()
    };
    if !client.code_action_literals {
        return lsp::CodeActionResponse::Command(command);
    }
    lsp::CodeActionResponse::CodeAction(lsp::CodeAction {
        title: action.title,
        kind: Some(action.kind.to_owned().into()),
        diagnostics: Some(action.diagnostics).filter(|diagnostics| !diagnostics.is_empty()),
        command: Some(command),
        data: Some(action.argument),
        tags: (client.llm_tag && action.kind != REVIEW).then(|| vec![lsp::CodeActionTag::LLMGenerated]),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(only: &[&str], kind: &str, expected: bool) {
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        assert_eq!(is_asked_for(Some(&only), kind), expected, "{only:?} {kind}");
    }

    #[test]
    fn only_names_kinds_and_those_above_them() {
        check(&["refactor"], "refactor.rewrite.aiia.fix", true);
        check(&["refactor.rewrite.aiia.fix"], "refactor.rewrite.aiia.fix", true);
        check(&["quickfix", "aiia"], "aiia.explain", true);
        check(&[""], "aiia.explain", true);
        check(&["quick"], QUICK_FIX, false);
        check(&["source"], "aiia.explain", false);
        check(&[], "aiia.explain", false);
        assert!(is_asked_for(None, QUICK_FIX));
    }

    #[test]
    fn titles_name_what_is_meant() {
        assert_eq!(title(ActionKind::Fix, Some("parse_args"), true), "Fix `parse_args`");
        assert_eq!(title(ActionKind::Test, None, false), "Write tests for the selection");
        assert_eq!(title(ActionKind::Explain, None, true), "Explain this code");
    }

    #[test]
    fn every_offered_kind_is_announced() {
        for (_, kind) in OFFERED {
            assert!(KINDS.contains(kind));
        }
    }
}
