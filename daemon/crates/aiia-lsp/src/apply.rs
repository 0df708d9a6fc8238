//! Changes of files, carried out by the editor: one `workspace/applyEdit` a file, for the version that was looked at.

use std::path::Path;
use std::time::Duration;

use aiia_engine::OpenDocument;
use aiia_engine::hash::sha256;
use aiia_engine::review::took_place;
use aiia_protocol::edit::{FileAction, FileChange, Replacement};
use aiia_text::Document;
use tower_lsp::gen_lsp_types as lsp;
use url::Url;

use crate::connection::{Connection, Unanswered};
use crate::to_proto;
use crate::unsaved::OnDisk;

/// How long the editor may take to apply an edit.
const APPLY_LIMIT: Duration = Duration::from_secs(30);
/// How long its word of the new text may take after that.
const CHANGE_LIMIT: Duration = Duration::from_secs(2);
/// How much later it may come where the user's typing came first.
const LATE_LIMIT: Duration = Duration::from_millis(500);

/// The byte order mark.
const MARK: char = '\u{feff}';

/// Why a change was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The text is another one by now.
    Stale,
    /// The editor does not, for this reason.
    Refused(String),
    /// The editor did not answer; it may still apply it.
    Silent,
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Error(error) => Self::Refused(format!("the editor answered “{error}”")),
            Unanswered::Silent => Self::Silent,
        }
    }
}

/// Has the editor carry out the change of one file.
pub(crate) async fn apply(connection: &Connection, change: &FileChange, label: &str) -> Result<(), Failure> {
    let capabilities = connection.capabilities();
    if !capabilities.apply_edit {
        return Err(Failure::Refused(
            "this editor has not announced that it takes edits (workspace/applyEdit)".to_owned(),
        ));
    }
    if matches!(change.action, FileAction::Rename | FileAction::Delete) {
        return move_or_remove(connection, change, label).await;
    }
    if let Some(open) = connection.session.documents().get(&change.path) {
        if sha256(&open.document.text()) != change.base_hash {
            return Err(Failure::Stale);
        }
        return edit_open(connection, &change.path, &open, &change.replacements, label).await;
    }
    let is_new = change.action == FileAction::Create;
    let before = OnDisk::look(&change.path).await;
    let text = if is_new { String::new() } else { read(&change.path).await? };
    if sha256(&text) != change.base_hash {
        // The change is for the text that another connection tells of: some editors have one for each of their projects.
        let client = connection.session.client_with_another_text(&change.path, &text);
        let elsewhere = client.map(|client| {
            Failure::Refused(format!(
                "{client} has {} open with unsaved changes; decide there, or save it",
                change.path
            ))
        });
        return Err(elsewhere.unwrap_or(Failure::Stale));
    }
    let (document, replacements) = as_loaded(&text, &change.replacements);
    let create = is_new && capabilities.create_files && capabilities.versioned_edits;
    // Before it is sent: the editor may tell of the document before it answers.
    connection.unsaved.changed(&change.path, before);
    let sent = send(connection, &change.path, &document, None, &replacements, create, label).await;
    match sent {
        Ok(()) if is_new && connection.unsaved.is_waiting(&change.path) => made(connection, &change.path).await,
        Ok(()) | Err(Failure::Silent) => {}
        Err(_) => connection.unsaved.forget(&change.path),
    }
    sent
}

/// Has the file at `path`, which the editor has made, count as not saved unless it has its text: some make an empty one first.
async fn made(connection: &Connection, path: &str) {
    let made = OnDisk::look(path).await;
    if made.has_text() {
        connection.unsaved.forget(path);
    } else {
        connection.unsaved.changed(path, made);
    }
}

/// Whether the editor was given a change of the file at `path` which it does not tell of and has not saved.
pub(crate) async fn is_unsaved(connection: &Connection, path: &str) -> bool {
    let is_open = |open: Option<&OpenDocument>| open.is_some();
    connection.unsaved.holds(path).await
        // Its word of a document that it opened for the change may be on the way.
        && !connection.wait_for_document(path, LATE_LIMIT, is_open).await
}

/// Why this editor cannot carry out a change, where it has not announced what that needs.
pub(crate) fn inability(connection: &Connection, change: &FileChange) -> Option<String> {
    let capabilities = connection.capabilities();
    let (able, what) = match change.action {
        FileAction::Rename => (capabilities.rename_files, "renames"),
        FileAction::Delete => (capabilities.delete_files, "deletes"),
        FileAction::Create | FileAction::Edit => return None,
    };
    (!able).then(|| format!("this editor {what} no files for others; `aiia accept` or `aiia undo` in a terminal does"))
}

/// Has the editor rename a file, after its text was changed, or delete it.
async fn move_or_remove(connection: &Connection, change: &FileChange, label: &str) -> Result<(), Failure> {
    let capabilities = connection.capabilities();
    if let Some(reason) = inability(connection, change) {
        return Err(Failure::Refused(reason));
    }
    let now = change.from.as_ref().unwrap_or(&change.path);
    let open = connection.session.documents().get(now);
    let text = match &open {
        Some(open) => open.document.text(),
        None => read(now).await?,
    };
    if sha256(&text) != change.base_hash {
        return Err(Failure::Stale);
    }
    let (document, replacements) = match &open {
        Some(open) => (open.document.clone(), change.replacements.clone()),
        None => as_loaded(&text, &change.replacements),
    };
    let (Some(uri), Some(new_uri)) = (connection.uri(now), connection.uri(&change.path)) else {
        return Err(Failure::Refused(format!("{now} has no URI")));
    };
    let is_unsaved = open.is_none() && !replacements.is_empty();
    let before = if is_unsaved { Some(OnDisk::look(now).await) } else { None };
    let mut changes = Vec::new();
    // What is typed meanwhile makes another version, which the editor then refuses, even where no line is to change.
    if !replacements.is_empty() || open.is_some() && capabilities.versioned_edits {
        let edits = to_proto::text_edits(&document, &replacements, capabilities.encoding);
        let version = open.map(|open| open.version);
        changes.push(lsp::DocumentChange::TextDocumentEdit(text_document_edit(uri.clone(), version, edits)));
    }
    changes.push(if change.action == FileAction::Rename {
        let options = lsp::RenameFileOptions { overwrite: Some(false), ignore_if_exists: Some(false) };
        lsp::DocumentChange::RenameFile(lsp::RenameFile::new(uri, new_uri, Some(options), None))
    } else {
        lsp::DocumentChange::DeleteFile(lsp::DeleteFile::new(uri, None, None))
    });
    let edit = lsp::WorkspaceEdit { document_changes: Some(changes), ..Default::default() };
    let params = lsp::ApplyWorkspaceEditParams { label: Some(label.to_owned()), edit, metadata: None };
    if let Some(before) = before {
        connection.unsaved.changed(&change.path, before);
    }
    let sent = match connection.ask_or_why::<lsp::ApplyWorkspaceEditRequest>(params, APPLY_LIMIT).await {
        Ok(answer) if answer.applied => Ok(()),
        Ok(answer) => {
            Err(Failure::Refused(answer.failure_reason.unwrap_or_else(|| "the editor gave no reason".into())))
        }
        Err(unanswered) => Err(unanswered.into()),
    };
    if matches!(sent, Err(Failure::Refused(_))) {
        connection.unsaved.forget(&change.path);
    }
    sent
}

/// Has the editor change a document that it has open.
pub(crate) async fn edit_open(
    connection: &Connection,
    path: &str,
    open: &OpenDocument,
    replacements: &[Replacement],
    label: &str,
) -> Result<(), Failure> {
    send(connection, path, &open.document, Some(open.version), replacements, false, label).await
}

async fn send(
    connection: &Connection,
    path: &str,
    document: &Document,
    version: Option<i32>,
    replacements: &[Replacement],
    create: bool,
    label: &str,
) -> Result<(), Failure> {
    let Some(uri) = connection.uri(path) else {
        return Err(Failure::Refused(format!("{path} has no URI")));
    };
    let capabilities = connection.capabilities();
    let edits = to_proto::text_edits(document, replacements, capabilities.encoding);
    let edit = workspace_edit(uri, version, edits, create, capabilities.versioned_edits);
    let expected = to_proto::replaced(document, replacements).text();
    let is_there = |open: Option<&OpenDocument>| open.is_some_and(|open| open.document.text() == expected);
    let params = lsp::ApplyWorkspaceEditParams { label: Some(label.to_owned()), edit, metadata: None };
    let answer = tokio::select! {
        biased;
        answer = connection.ask_or_why::<lsp::ApplyWorkspaceEditRequest>(params, APPLY_LIMIT) => answer,
        // Some editors apply the edit and never answer.
        true = connection.wait_for_document(path, APPLY_LIMIT, is_there), if !replacements.is_empty() => return Ok(()),
    };
    match answer {
        Ok(answer) if answer.applied => {
            let Some(version) = version else { return Ok(()) };
            // The next decision must see this one; most editors tell of the change after they have answered.
            let moved =
                |open: Option<&OpenDocument>| is_there(open) || open.is_some_and(|open| open.version != version);
            connection.wait_for_document(path, CHANGE_LIMIT, moved).await;
            // Neovim says that it has applied an edit for a version that the user has typed past, and has not.
            let before = document.text();
            let took_place = |open: Option<&OpenDocument>| {
                open.is_none_or(|open| open.version == version || took_place(&before, &expected, &open.document.text()))
            };
            let took_place = connection.wait_for_document(path, LATE_LIMIT, took_place).await;
            if took_place { Ok(()) } else { Err(Failure::Stale) }
        }
        Ok(answer) => {
            let moved = version.is_some()
                && connection.session.documents().get(path).is_some_and(|open| Some(open.version) != version);
            let reason = answer.failure_reason.filter(|reason| !reason.is_empty());
            Err(if moved {
                Failure::Stale
            } else {
                Failure::Refused(reason.unwrap_or_else(|| "the editor gave no reason".to_owned()))
            })
        }
        Err(unanswered) => Err(unanswered.into()),
    }
}

fn workspace_edit(
    uri: Url,
    version: Option<i32>,
    edits: Vec<lsp::TextEdit>,
    create: bool,
    versioned: bool,
) -> lsp::WorkspaceEdit {
    if !versioned {
        return lsp::WorkspaceEdit { changes: Some([(uri, edits)].into()), ..Default::default() };
    }
    let mut changes = Vec::new();
    if create {
        let options = lsp::CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(true) };
        changes.push(lsp::DocumentChange::CreateFile(lsp::CreateFile::new(uri.clone(), Some(options), None)));
    }
    changes.push(lsp::DocumentChange::TextDocumentEdit(text_document_edit(uri, version, edits)));
    lsp::WorkspaceEdit { document_changes: Some(changes), ..Default::default() }
}

fn text_document_edit(uri: Url, version: Option<i32>, edits: Vec<lsp::TextEdit>) -> lsp::TextDocumentEdit {
    lsp::TextDocumentEdit {
        text_document: lsp::OptionalVersionedTextDocumentIdentifier {
            version,
            text_document_identifier: lsp::TextDocumentIdentifier { uri },
        },
        edits: edits.into_iter().map(lsp::Edit::TextEdit).collect(),
    }
}

/// A file as an editor loads it, and the replacements of its bytes there: the byte order mark is none of its text.
fn as_loaded(text: &str, replacements: &[Replacement]) -> (Document, Vec<Replacement>) {
    let Some(loaded) = text.strip_prefix(MARK) else { return (Document::new(text), replacements.to_vec()) };
    let mark = MARK.len_utf8() as u64;
    let moved = replacements.iter().map(|replacement| Replacement {
        start: replacement.start.saturating_sub(mark),
        end: replacement.end.saturating_sub(mark),
        text: match replacement.start {
            0 => replacement.text.trim_start_matches(MARK).to_owned(),
            _ => replacement.text.clone(),
        },
    });
    (Document::new(loaded), moved.collect())
}

async fn read(path: &str) -> Result<String, Failure> {
    if path.starts_with("untitled:") || !Path::new(path).is_absolute() {
        return Err(Failure::Refused(format!("{path} is not open any more")));
    }
    let owned = path.to_owned();
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(owned)).await;
    match read {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(Failure::Refused(format!("{path} cannot be read: {error}"))),
        Err(error) => Err(Failure::Refused(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(version: Option<i32>, create: bool, versioned: bool, expected: serde_json::Value) {
        let uri = Url::parse("file:///a").unwrap();
        let edits = vec![lsp::TextEdit { range: lsp::Range::default(), new_text: "x".to_owned() }];
        let edit = workspace_edit(uri, version, edits, create, versioned);
        assert_eq!(serde_json::to_value(edit).unwrap(), expected);
    }

    #[test]
    fn edits_are_for_a_version_where_the_client_takes_that() {
        let zero = json!({"line": 0, "character": 0});
        let edits = json!([{"range": {"start": zero, "end": zero}, "newText": "x"}]);
        let document = |version: serde_json::Value| json!({"textDocument": {"version": version, "uri": "file:///a"}, "edits": edits});
        check(Some(3), false, true, json!({"documentChanges": [document(json!(3))]}));
        check(None, false, true, json!({"documentChanges": [document(json!(null))]}));
        check(Some(3), false, false, json!({"changes": {"file:///a": edits}}));
        let create =
            json!({"kind": "create", "uri": "file:///a", "options": {"overwrite": false, "ignoreIfExists": true}});
        check(None, true, true, json!({"documentChanges": [create, document(json!(null))]}));
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let replacement = |start, end, text: &str| Replacement { start, end, text: text.to_owned() };
        let check = |text: &str, replacements: &[Replacement], expected: &str| {
            let (document, replacements) = as_loaded(text, replacements);
            assert_eq!(to_proto::replaced(&document, &replacements).text(), expected, "{text:?}");
        };
        check("\u{feff}let a = 1;\nb\n", &[replacement(7, 8, "x"), replacement(14, 15, "c")], "let x = 1;\nc\n");
        check("\u{feff}a\n", &[replacement(0, 5, "\u{feff}b\n")], "b\n");
        check("\u{feff}a\n", &[replacement(0, 3, "")], "a\n");
        check("a\u{feff}\n", &[replacement(0, 1, "b")], "b\u{feff}\n");
    }
}
