//! Review documents follow what is typed in the files that they are about, and what others write to these, once it rests for a moment.
//!
//! Only those that the editor has open. One in which the user edits the proposed lines is left as it is, and says so.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use aiia_engine::OpenDocument;
use aiia_engine::review::ReviewHunk;
use aiia_protocol::edit::HunkStatus;
use aiia_protocol::id::EditId;
use parking_lot::Mutex;
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::review::{self, Cause, Review};
use crate::{to_proto, watching};

/// So long after the last change somebody may have stopped typing.
const AFTER: Duration = Duration::from_millis(300);

const LEFT_ALONE: &str = "The review does not follow what is typed in the files while lines of it are edited. Its headers are brought up to \
     date when a hunk is decided on or a file is saved.";

/// So many names of files the editor is asked to watch beside those that are indexed.
const MANY: usize = 1000;

/// What is known of the review documents that the editor has open.
#[derive(Debug, Default)]
pub(crate) struct Following {
    documents: Mutex<HashMap<EditId, Followed>>,
    /// The names of their files that the editor was asked to watch.
    watched: Mutex<HashSet<String>>,
}

#[derive(Debug, Default)]
struct Followed {
    /// Counts the changes after which it is to be looked at.
    changes: u64,
    /// Whether it shows something else than it should.
    is_behind: bool,
    /// The text that it showed last, without what the user typed.
    shown: Option<Arc<str>>,
    /// The diagnostics that the editor was told last.
    diagnostics: Vec<lsp::Diagnostic>,
}

impl Following {
    /// Those of the names that the editor was not asked to watch before, which it now is.
    pub(crate) fn not_watched_yet(&self, names: &[&str]) -> Vec<String> {
        let mut watched = self.watched.lock();
        let room = MANY.saturating_sub(watched.len());
        let new = names.iter().map(|name| (*name).to_owned()).take(room);
        new.filter(|name| watched.insert(name.clone())).collect()
    }

    /// Counts a change; gives its number.
    fn count(&self, edit_id: &EditId) -> u64 {
        let mut documents = self.documents.lock();
        let followed = documents.entry(edit_id.clone()).or_default();
        followed.changes += 1;
        followed.changes
    }

    /// Whether no other change came after that one.
    fn is_last(&self, edit_id: &EditId, change: u64) -> bool {
        self.documents.lock().get(edit_id).is_some_and(|followed| followed.changes == change)
    }

    fn is_behind(&self, edit_id: &EditId) -> bool {
        self.documents.lock().get(edit_id).is_some_and(|followed| followed.is_behind)
    }

    /// The text that a document showed last, without what the user typed in it.
    pub(crate) fn shown(&self, edit_id: &EditId) -> Option<Arc<str>> {
        self.documents.lock().get(edit_id)?.shown.clone()
    }

    /// A document shows this text now, and what the user typed.
    pub(crate) fn took_over(&self, edit_id: &EditId, text: &str) {
        let mut documents = self.documents.lock();
        let followed = documents.entry(edit_id.clone()).or_default();
        if followed.shown.as_deref() != Some(text) {
            followed.shown = Some(text.into());
        }
    }

    /// Takes note of what the editor shows from now on; whether its diagnostics are others than before.
    fn shows(&self, edit_id: &EditId, is_behind: bool, diagnostics: &[lsp::Diagnostic]) -> bool {
        let mut documents = self.documents.lock();
        let followed = documents.entry(edit_id.clone()).or_default();
        followed.is_behind = is_behind;
        if followed.diagnostics == diagnostics {
            return false;
        }
        diagnostics.clone_into(&mut followed.diagnostics);
        true
    }

    /// Forgets a document; whether there were diagnostics on it.
    fn forget(&self, edit_id: &EditId) -> bool {
        self.documents.lock().remove(edit_id).is_some_and(|followed| !followed.diagnostics.is_empty())
    }
}

/// The editor opened the document at `path`.
pub(crate) fn opened(connection: &Arc<Connection>, path: &str) {
    match review::edit_of(connection, path) {
        Some(edit_id) => soon(connection, edit_id),
        None => changed_file(connection, path),
    }
}

/// The text of the document at `path` is another one. Quick: it is called at every keystroke.
pub(crate) fn changed(connection: &Arc<Connection>, path: &str) {
    match review::edit_of(connection, path) {
        // One that shows what it should has nothing to catch up with: what the user takes back there stays so.
        Some(edit_id) if connection.following.is_behind(&edit_id) => soon(connection, edit_id),
        Some(_) => {}
        None => changed_file(connection, path),
    }
}

/// Others than this editor changed the file at `path`, made it or removed it.
pub(crate) fn changed_on_disk(connection: &Arc<Connection>, path: &str) {
    // What the editor itself has open counts as it has it, review documents among them.
    if connection.session.documents().get(path).is_none() {
        changed_file(connection, path);
    }
}

/// The editor closed the document at `path`.
pub(crate) fn closed(connection: &Arc<Connection>, path: &str) {
    let Some(edit_id) = review::edit_of(connection, path) else { return changed_file(connection, path) };
    if connection.following.forget(&edit_id)
        && let Some(uri) = connection.uri(path)
    {
        let telling = Arc::clone(connection);
        connection.spawn(async move { telling.client.publish_diagnostics(uri, Vec::new(), None).await });
    }
}

fn changed_file(connection: &Arc<Connection>, path: &str) {
    for (edit_id, _) in connection.reviews().into_iter().filter(|(_, review)| review.concerns(path)) {
        if review::open_document(connection, &edit_id).is_some() {
            soon(connection, edit_id);
        }
    }
}

/// Brings a review document up to date once no other change came for a moment.
fn soon(connection: &Arc<Connection>, edit_id: EditId) {
    let change = connection.following.count(&edit_id);
    let following = Arc::clone(connection);
    connection.spawn(async move {
        tokio::time::sleep(AFTER).await;
        if following.following.is_last(&edit_id, change) {
            let _decisions = following.decisions.lock().await;
            review::refresh(&following, &edit_id, Cause::Typing).await;
        }
    });
}

/// Tells the editor which hunks do not fit their files, and where the review document is behind them, where that is another word than
/// the last.
pub(crate) async fn tell(connection: &Arc<Connection>, edit_id: &EditId, review: &Review, is_behind: bool) {
    let Some((path, open)) = review::open_document(connection, edit_id) else { return };
    let files = review.document.edit.files.iter().flat_map(|file| [Some(file.path.as_str()), file.from.as_deref()]);
    watching::also(connection, &files.flatten().collect::<Vec<_>>());
    let Some(uri) = connection.uri(&path) else { return };
    let diagnostics = diagnostics(review, &open, is_behind);
    if connection.following.shows(edit_id, is_behind, &diagnostics) {
        connection.client.publish_diagnostics(uri, diagnostics, Some(open.version)).await;
    }
}

fn diagnostics(review: &Review, open: &OpenDocument, is_behind: bool) -> Vec<lsp::Diagnostic> {
    let diagnostic = |line: usize, severity: lsp::DiagnosticSeverity, message: String| lsp::Diagnostic {
        range: to_proto::lines(line..line + 1),
        severity: Some(severity),
        source: Some("aiia".to_owned()),
        message: lsp::Message::String(message),
        ..lsp::Diagnostic::default()
    };
    let buffer = open.document.text();
    let is_left_alone = is_behind && review.is_edited(&buffer);
    let behind = is_left_alone.then(|| diagnostic(0, lsp::DiagnosticSeverity::Information, LEFT_ALONE.to_owned()));
    let conflicts = review.document.hunks.iter().filter_map(|hunk| {
        let message = format!("Hunk {} does not fit: {}.", hunk.number, hunk.conflict.as_ref()?);
        Some(diagnostic(review.line_of(&buffer, hunk), lsp::DiagnosticSeverity::Warning, message))
    });
    // The header of a hunk says it where the document can be brought up to date.
    let untold = |hunk: &&ReviewHunk| is_behind && !is_left_alone && hunk.status != HunkStatus::Pending;
    let decided = review.document.hunks.iter().filter(untold).map(|hunk| {
        let message = format!("Hunk {} is {}.", hunk.number, decided(hunk.status));
        diagnostic(review.line_of(&buffer, hunk), lsp::DiagnosticSeverity::Information, message)
    });
    behind.into_iter().chain(conflicts).chain(decided).collect()
}

fn decided(status: HunkStatus) -> &'static str {
    match status {
        HunkStatus::Pending => "waiting",
        HunkStatus::Accepted => "accepted",
        HunkStatus::Rejected => "rejected",
        HunkStatus::Undone => "taken back",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_change_counts() {
        let following = Following::default();
        let (one, other) = (EditId::from("a"), EditId::from("b"));
        let first = following.count(&one);
        let foreign = following.count(&other);
        assert!(following.is_last(&one, first) && following.is_last(&other, foreign));
        let second = following.count(&one);
        assert!(!following.is_last(&one, first) && following.is_last(&one, second));
        following.forget(&one);
        assert!(!following.is_last(&one, second) && following.is_last(&other, foreign));
    }

    #[test]
    fn each_name_is_watched_once() {
        let following = Following::default();
        assert_eq!(following.not_watched_yet(&["a.txt", "b.txt", "a.txt"]), ["a.txt", "b.txt"]);
        assert_eq!(following.not_watched_yet(&["b.txt", "c.txt"]), ["c.txt"]);
        let many: Vec<String> = (0..2 * MANY).map(|number| format!("{number}.txt")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(following.not_watched_yet(&many).len(), MANY - 3);
    }

    #[test]
    fn the_same_is_told_once() {
        let following = Following::default();
        let edit_id = EditId::from("a");
        let conflict = [lsp::Diagnostic::default()];
        assert!(!following.shows(&edit_id, false, &[]), "nothing is what was told before");
        assert!(following.shows(&edit_id, true, &conflict));
        assert!(!following.shows(&edit_id, true, &conflict) && following.is_behind(&edit_id));
        assert!(following.shows(&edit_id, false, &[]) && !following.is_behind(&edit_id));
        assert!(!following.forget(&edit_id));
    }
}
