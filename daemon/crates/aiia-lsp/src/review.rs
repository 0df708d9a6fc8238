//! Review documents in the editor: which hunk a line belongs to, showing them, keeping them up to date.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aiia_engine::OpenDocument;
use aiia_engine::review::{ReviewDocument, ReviewHunk, merged};
use aiia_protocol::edit::{EditHunk, HunkStatus, PendingEdit, Replacement, ReviseHunk};
use aiia_protocol::event::{Change, Entity};
use aiia_protocol::handshake::Purpose;
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::operation::EditRevise;
use aiia_protocol::problem::Problem;
use tokio::sync::broadcast::error::RecvError;
use tower_lsp::gen_lsp_types as lsp;

use crate::connection::Connection;
use crate::decide::{Decision, decide};
use crate::{apply, files, following};

/// How long a question to the user may stay open.
const QUESTION_LIMIT: Duration = Duration::from_mins(10);
const REFRESH_LIMIT: Duration = Duration::from_secs(10);

/// Why a review document is rendered again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A hunk was decided on, or a file was saved.
    Decision,
    /// The user types in one of the files.
    Typing,
}

/// A review document as it was last rendered.
pub(crate) struct Review {
    pub(crate) document: ReviewDocument,
}

impl Review {
    /// The hunk of a line of the buffer, whose text may have been edited since.
    pub(crate) fn hunk_at(&self, buffer: &str, line: usize) -> Option<&ReviewHunk> {
        let line = map_line(&lines(buffer), &lines(&self.document.text), line);
        self.document.hunks.iter().find(|hunk| hunk.lines.contains(&line))
    }

    /// The line of the buffer where a hunk begins.
    pub(crate) fn line_of(&self, buffer: &str, hunk: &ReviewHunk) -> usize {
        map_line(&lines(&self.document.text), &lines(buffer), hunk.lines.start)
    }

    /// The line of its hunk that a line of the buffer shows, if it is one that goes or comes.
    pub(crate) fn line_of_hunk(&self, buffer: &str, line: usize) -> Option<(HunkNumber, usize)> {
        self.document.line_of_hunk(map_line(&lines(buffer), &lines(&self.document.text), line))
    }

    /// What the user says of a hunk: lines that begin with `#`, typed into it in the buffer.
    fn note_of(&self, buffer: &str, number: HunkNumber) -> Option<String> {
        let rendered: HashSet<&str> = self.document.text.lines().collect();
        // Where a hunk stands is a comment as well, which may be an older one.
        let is_typed = |line: &str| line.starts_with('#') && !line.starts_with("# [") && !rendered.contains(line);
        let (mut others, mut typed): (Vec<&str>, Vec<(usize, &str)>) = (Vec::new(), Vec::new());
        for line in buffer.lines() {
            if is_typed(line) {
                typed.push((others.len().saturating_sub(1), line));
            } else {
                others.push(line);
            }
        }
        let others = others.join("\n");
        typed.retain(|(above, _)| self.hunk_at(&others, *above).is_some_and(|hunk| hunk.number == number));
        let words: Vec<&str> = typed.iter().map(|(_, line)| line.trim_start_matches('#').trim()).collect();
        Some(words.join("\n")).filter(|note| !note.trim().is_empty())
    }

    /// Whether `path` is one of the files that it is about.
    pub(crate) fn concerns(&self, path: &str) -> bool {
        self.document.edit.files.iter().any(|file| file.path == path || file.from.as_deref() == Some(path))
    }

    /// Whether the user has edited lines of the buffer that shows it.
    pub(crate) fn is_edited(&self, buffer: &str) -> bool {
        self.document.edited(buffer).map_or(true, |edited| !edited.is_empty())
    }

    /// The hunks in the given state.
    pub(crate) fn count(&self, status: HunkStatus) -> usize {
        self.document.hunks.iter().filter(|hunk| hunk.status == status).count()
    }
}

/// The lines of `text`, counted from 0, that a hunk would change: the nearest place where its old lines stand, else the
/// place where they stood.
pub(crate) fn lines_in(text: &str, hunk: &EditHunk) -> Range<usize> {
    let stood = hunk.old_start.saturating_sub(1) as usize;
    let count = (hunk.old_lines as usize).max(1);
    let old: Vec<&str> = hunk.old_text.lines().collect();
    let lines: Vec<&str> = text.lines().collect();
    let start = if old.is_empty() {
        None
    } else {
        let places = lines.windows(old.len()).enumerate().filter(|(_, window)| *window == old.as_slice());
        places.map(|(line, _)| line).min_by_key(|line| line.abs_diff(stood))
    };
    let start = start.unwrap_or(stood);
    start..start + count
}

/// The lines of a text. Headers and comments, which change with every decision, are all alike.
fn lines(text: &str) -> Vec<&str> {
    let alike = |line: &'_ str| line.starts_with("@@") || line.starts_with('#');
    text.lines().map(|line| if alike(line) { &line[..1] } else { line.trim_end_matches('\r') }).collect()
}

struct Changed {
    ours: Range<usize>,
    theirs: Range<usize>,
}

fn changed(ours: &[&str], theirs: &[&str]) -> Changed {
    let front = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let back = ours[front..].iter().rev().zip(theirs[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    Changed { ours: front..ours.len() - back, theirs: front..theirs.len() - back }
}

fn map_line(from: &[&str], to: &[&str], line: usize) -> usize {
    let changed = changed(from, to);
    if line < changed.ours.start {
        return line;
    }
    if line >= changed.ours.end {
        return line - changed.ours.end + changed.theirs.end;
    }
    line.clamp(changed.theirs.start, changed.theirs.end.max(changed.theirs.start + 1) - 1)
}

/// The pending edit whose review document `path` is.
pub(crate) fn edit_of(connection: &Connection, path: &str) -> Option<EditId> {
    let path = Path::new(path);
    let folder = path.parent()?;
    let ours = connection.engine().review_dir();
    if path.extension()? != "diff" || folder.file_name() != ours.file_name() {
        return None;
    }
    // Editors may have followed links on the way.
    let is_ours = folder == ours || folder.canonicalize().ok()? == ours.canonicalize().ok()?;
    Some(EditId::from(path.file_stem()?.to_str()?)).filter(|_| is_ours)
}

/// The review document of a pending edit as the editor has it open, with its path.
pub(crate) fn open_document(connection: &Connection, edit_id: &EditId) -> Option<(String, OpenDocument)> {
    let path = connection.review_path(edit_id).into_os_string().into_string().ok()?;
    let open = connection.session.documents().get(&path)?;
    Some((path, open))
}

/// The review of a pending edit, from memory or from the store.
pub(crate) async fn load(connection: &Connection, edit_id: &EditId) -> Result<Arc<Review>, Problem> {
    match connection.review(edit_id) {
        Some(review) => Ok(review),
        None => reload(connection, edit_id).await,
    }
}

async fn reload(connection: &Connection, edit_id: &EditId) -> Result<Arc<Review>, Problem> {
    let review = Arc::new(Review { document: connection.session.review(edit_id).await? });
    connection.keep_review(edit_id, Arc::clone(&review));
    Ok(review)
}

/// Shows a pending edit to the user, in the best way that the editor has.
pub(crate) async fn present(connection: &Arc<Connection>, edit_id: &EditId) -> Result<(), Problem> {
    let review = reload(connection, edit_id).await?;
    let path = connection.review_path(edit_id);
    // A buffer that is open keeps what the user typed in it.
    if path.to_str().is_none_or(|path| connection.session.documents().get(path).is_none()) {
        files::write_private(path.clone(), review.document.text.clone()).await?;
    }
    if files::show(connection, &path).await {
        return Ok(());
    }
    let text = format!(
        "{}. Open {} to read it; its code actions accept and reject each hunk.",
        summary(&review.document.edit),
        path.display()
    );
    if !connection.capabilities().message_actions {
        connection.show(lsp::MessageType::Info, &text).await;
        return Ok(());
    }
    let button = |title: &str| lsp::MessageActionItem { title: title.to_owned(), ..Default::default() };
    let question = connection.client.show_message_request(
        lsp::MessageType::Info,
        format!("aiia: {text}"),
        Some(vec![button("Apply"), button("Discard")]),
    );
    let answer = tokio::time::timeout(QUESTION_LIMIT, question).await;
    let decision = match answer {
        Ok(Ok(Some(item))) if item.title == "Apply" => Decision::Accept,
        Ok(Ok(Some(item))) if item.title == "Discard" => Decision::Reject,
        _ => return Ok(()),
    };
    decide(connection, edit_id, None, decision).await;
    Ok(())
}

/// A pending edit in one line.
pub(crate) fn summary(edit: &PendingEdit) -> String {
    let hunks: usize = edit.files.iter().map(|file| file.hunks.len()).sum();
    let names: Vec<&str> =
        edit.files.iter().map(|file| file.path.rsplit(['/', '\\']).next().unwrap_or(&file.path)).collect();
    let plural = if hunks == 1 { "" } else { "s" };
    format!("{}: {hunks} hunk{plural} in {}", edit.title, names.join(", "))
}

/// Takes over what the user made of the new lines of `hunks`, or of all that wait, in the review document.
///
/// # Errors
/// When the document was edited elsewhere, or the store cannot be written.
pub(crate) async fn take_over_edits(
    connection: &Connection,
    edit_id: &EditId,
    hunks: Option<&[HunkNumber]>,
) -> Result<(), Problem> {
    let open = open_document(connection, edit_id);
    let Some((_, open)) = open else { return Ok(()) };
    let review = load(connection, edit_id).await?;
    let waits = |number: HunkNumber| {
        review.document.hunks.iter().any(|hunk| hunk.number == number && hunk.status == HunkStatus::Pending)
    };
    let mut taken = false;
    for (hunk, new_text) in review.document.edited(&open.document.text())? {
        if waits(hunk) && hunks.is_none_or(|hunks| hunks.contains(&hunk)) {
            let revised = ReviseHunk { edit_id: edit_id.clone(), hunk, new_text };
            connection.session.run::<EditRevise>(revised).await?;
            taken = true;
        }
    }
    if taken {
        reload(connection, edit_id).await?;
    }
    Ok(())
}

/// Which line of which hunk a line of the review document is, as the editor shows it, both counted from 0.
///
/// # Errors
/// When the pending edit is not there.
pub(crate) async fn line_of_hunk(
    connection: &Connection,
    edit_id: &EditId,
    line: usize,
) -> Result<Option<(HunkNumber, usize)>, Problem> {
    let review = load(connection, edit_id).await?;
    let open = open_document(connection, edit_id);
    let shown = open.map_or_else(|| review.document.text.clone(), |(_, open)| open.document.text());
    Ok(review.line_of_hunk(&shown, line))
}

/// What the user says of a hunk in the review document, as the editor shows it.
pub(crate) async fn note_of(connection: &Connection, edit_id: &EditId, hunk: HunkNumber) -> Option<String> {
    let (_, open) = open_document(connection, edit_id)?;
    load(connection, edit_id).await.ok()?.note_of(&open.document.text(), hunk)
}

/// Renders the review document again and brings what the editor shows up to date. The caller holds the lock on decisions.
pub(crate) async fn refresh(connection: &Arc<Connection>, edit_id: &EditId, cause: Cause) {
    let before = connection.review(edit_id);
    let review = match reload(connection, edit_id).await {
        Ok(review) => review,
        Err(problem) => {
            tracing::warn!(%problem, "a review document could not be rendered again");
            return;
        }
    };
    if let Some((path, open)) = open_document(connection, edit_id) {
        let is_behind = !show(connection, edit_id, (&path, &open), before.as_deref(), &review, cause).await;
        following::tell(connection, edit_id, &review, is_behind).await;
    } else if cause == Cause::Decision {
        let path = connection.review_path(edit_id);
        if path.exists() {
            rewrite(path, &review).await;
        }
    }
    let is_new = before.is_none_or(|before| before.document.text != review.document.text);
    if is_new && connection.capabilities().code_lens_refresh {
        connection.ask::<lsp::CodeLensRefreshRequest>((), REFRESH_LIMIT).await;
    }
}

async fn rewrite(path: PathBuf, review: &Review) {
    if let Err(problem) = files::write_private(path, review.document.text.clone()).await {
        tracing::warn!(%problem, "a review document was not written");
    }
}

/// Has the editor show `review` in the open document; whether it does. `before` is what was rendered last. What the user typed
/// stays; while he edits lines, it changes only by decisions. In an editor that asks to save what was edited, other headers alone
/// are no reason to edit it.
async fn show(
    connection: &Connection,
    edit_id: &EditId,
    (path, open): (&str, &OpenDocument),
    before: Option<&Review>,
    review: &Review,
    cause: Cause,
) -> bool {
    let (buffer, rendered) = (open.document.text(), &review.document.text);
    let shown = before.map_or("", |before| before.document.text.as_str());
    let base = connection.following.shown(edit_id);
    let base = base.as_deref().unwrap_or(if before.is_some() { shown } else { rendered });
    let merged = merged(base, &buffer, rendered);
    if merged.replacements.is_empty() {
        connection.following.took_over(edit_id, rendered);
        return true;
    }
    let are_headers = lines(&buffer) == lines(rendered);
    if are_headers && !connection.capabilities().edits_reviews {
        // It can be read again from the disk; until then, diagnostics say what its headers do not.
        if shown != rendered {
            rewrite(path.into(), review).await;
        }
        return false;
    }
    if cause == Cause::Typing && before.unwrap_or(review).is_edited(&buffer) {
        return false;
    }
    let replacement =
        |(range, text): (Range<usize>, String)| Replacement { start: range.start as u64, end: range.end as u64, text };
    let replacements: Vec<Replacement> = merged.replacements.into_iter().map(replacement).collect();
    let applied = apply::edit_open(connection, path, open, &replacements, "aiia: review").await;
    if let Err(failure) = applied {
        tracing::info!(?failure, "the editor did not update the review document");
        return false;
    }
    connection.following.took_over(edit_id, rendered);
    if !merged.lost.is_empty() {
        let lost = merged.lost.join("\n");
        let text = format!(
            "The review is another one where you had edited it. These lines of yours are no longer in it:\n{lost}"
        );
        connection.show(lsp::MessageType::Warning, &text).await;
    }
    true
}

/// Brings the review documents that a file is part of up to date with its text.
pub(crate) fn file_saved(connection: &Arc<Connection>, path: &str) {
    let reviews = connection.reviews().into_iter().filter(|(_, review)| review.concerns(path));
    let concerned: Vec<EditId> = reviews.map(|(edit_id, _)| edit_id).collect();
    if concerned.is_empty() {
        return;
    }
    let showing = Arc::clone(connection);
    connection.spawn(async move {
        for edit_id in concerned {
            let _decisions = showing.decisions.lock().await;
            refresh(&showing, &edit_id, Cause::Decision).await;
        }
    });
}

/// Keeps the review documents of this connection up to date with decisions that others make.
pub(crate) fn watch_edits(connection: &Arc<Connection>) {
    if connection.purpose != Purpose::Lsp {
        return;
    }
    let mut events = connection.engine().subscribe_events();
    let watching = Arc::clone(connection);
    connection.spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) if event.entity == Entity::Edit && event.change == Change::Updated => {
                    let edit_id = EditId::from(event.id);
                    if watching.review(&edit_id).is_some() {
                        let _decisions = watching.decisions.lock().await;
                        refresh(&watching, &edit_id, Cause::Decision).await;
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const RENDERED: &str =
        "# t\n# 2 hunks, 2 pending\n--- a/x\n+++ b/x\n@@ -1 +1 @@ [pending]\n-a\n+b\n@@ -9 +9 @@ [pending]\n-c\n+d\n";

    #[test]
    fn a_hunk_is_found_where_its_lines_stand_now() {
        let hunk = |old_start: u32, old_text: &str| EditHunk {
            number: 1,
            old_start,
            old_lines: old_text.lines().count() as u32,
            new_start: old_start,
            new_lines: 1,
            old_text: old_text.to_owned(),
            new_text: "new\n".to_owned(),
            tolerances: Vec::new(),
            status: HunkStatus::Pending,
        };
        for (old_start, old_text, expected) in
            [(1, "x\n", 1..2), (9, "x\n", 4..5), (1, "x\ny\n", 4..6), (3, "gone\n", 2..3), (2, "", 1..2)]
        {
            assert_eq!(lines_in("a\nx\nb\nc\nx\ny\n", &hunk(old_start, old_text)), expected, "{old_text:?}");
        }
    }

    #[test]
    fn lines_are_found_in_an_edited_buffer() {
        let buffer = RENDERED.replace("+b\n", "+b1\n+b2\n+b3\n").replace("[pending]", "[accepted]");
        let (ours, theirs) = (lines(RENDERED), lines(&buffer));
        for (line, expected) in [(0, 0), (4, 4), (7, 9), (9, 11)] {
            assert_eq!(map_line(&ours, &theirs, line), expected);
            assert_eq!(map_line(&theirs, &ours, expected), line);
        }
        assert_eq!(map_line(&theirs, &ours, 8), 6);
    }
}
