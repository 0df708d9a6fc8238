//! A pending edit as a document to read and decide on.

use std::collections::HashMap;
use std::ops::Range;

use aiia_edit::review::{HunkState, ReviewedFile, ReviewedHunk, edited, render};
pub use aiia_edit::review::{Merged, merged};
use aiia_protocol::edit::{EditHunk, HunkStatus, PendingEdit};
use aiia_protocol::id::{EditId, HunkNumber};
use aiia_protocol::problem::{Problem, ProblemCode};

use crate::diff_paths::{action_inside, inside};
use crate::hunks::{action_of, from_protocol};
use crate::operations::edit::{Standing, said, standing};
use crate::session::Session;

/// The document.
#[derive(Clone, Debug)]
pub struct ReviewDocument {
    /// The pending edit.
    pub edit: PendingEdit,
    /// Comment lines, then a unified diff that `git apply` takes.
    pub text: String,
    /// Where each hunk is in it.
    pub hunks: Vec<ReviewHunk>,
}

impl ReviewDocument {
    /// The hunks whose `+` lines were edited in `buffer`, an editor's copy of the document, with their new lines.
    ///
    /// # Errors
    /// When something else than such lines was edited.
    pub fn edited(&self, buffer: &str) -> Result<Vec<(HunkNumber, String)>, Problem> {
        let hunks = self
            .hunks
            .iter()
            .map(|hunk| aiia_edit::review::ReviewHunk { id: hunk.number.to_string(), lines: hunk.lines.clone() });
        let rendered = aiia_edit::review::ReviewDocument { text: self.text.clone(), hunks: hunks.collect() };
        let found = edited(&rendered, buffer).map_err(|error| {
            Problem::new(ProblemCode::Conflict, format!("The review was edited where it cannot be read: {error}."))
                .with_hint("Undo that edit of the review, then decide again.")
        })?;
        Ok(found.into_iter().filter_map(|hunk| Some((hunk.id.parse().ok()?, hunk.new_text))).collect())
    }

    /// Which line of its hunk a line of the document is, both counted from 0: over the lines that go and then over those that
    /// come. `None` for headers and lines that stay.
    pub fn line_of_hunk(&self, line: usize) -> Option<(HunkNumber, usize)> {
        let hunk = self.hunks.iter().find(|hunk| hunk.lines.contains(&line))?;
        let is_change = |text: &&str| text.starts_with(['-', '+']);
        let body = self.text.lines().skip(hunk.lines.start);
        let before = body.clone().take(line - hunk.lines.start).filter(is_change).count();
        self.text.lines().nth(line).filter(is_change).map(|_| (hunk.number, before))
    }
}

/// A hunk in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewHunk {
    /// Its number inside the pending edit.
    pub number: HunkNumber,
    /// The file it belongs to.
    pub path: String,
    /// Its lines in the document, counted from 0, with its header.
    pub lines: Range<usize>,
    /// Where it stands.
    pub status: HunkStatus,
    /// Why it does not fit the file as this session's editor has it, where it waits.
    pub conflict: Option<String>,
}

impl Session {
    /// The review document of a pending edit, with where its hunks stand in the files as this session's editor has them.
    ///
    /// # Errors
    /// When there is no such edit, or the store cannot be read.
    pub async fn review(&self, edit_id: &EditId) -> Result<ReviewDocument, Problem> {
        let edit = self.engine().store.get_edit(edit_id.clone()).await?;
        let folders = self
            .engine()
            .store
            .get_project(edit.project_id.clone())
            .await
            .map(|project| project.folders)
            .unwrap_or_default();
        let texts = self.engine().store.edit_texts(edit_id.clone()).await?;
        let hunks: Vec<Vec<(&EditHunk, aiia_edit::Hunk)>> =
            edit.files.iter().map(|file| file.hunks.iter().map(|hunk| (hunk, from_protocol(hunk))).collect()).collect();
        let mut stand: HashMap<HunkNumber, Standing> = HashMap::new();
        for file in &edit.files {
            let base = texts.iter().find(|text| text.path == file.path).map_or("", |text| text.base_text.as_str());
            stand.extend(standing(self, file, base).await);
        }
        let files: Vec<ReviewedFile> = edit
            .files
            .iter()
            .zip(&hunks)
            .map(|(file, hunks)| ReviewedFile {
                path: inside(&file.path, &folders),
                action: action_inside(&action_of(file), &folders),
                old_text: texts.iter().find(|text| text.path == file.path).map_or("", |text| text.base_text.as_str()),
                protection: file.protection.as_deref(),
                hunks: hunks.iter().map(|(row, hunk)| reviewed(row, hunk, stand.get(&row.number))).collect(),
            })
            .collect();
        let title = format!("{} · {}", edit.title, edit.model);
        let said = said(self.engine(), &edit).await;
        let note = [edit.left_out.join("\n"), said].join("\n\n").trim().to_owned();
        let document = render(&title, &note, &files);
        let hunks = document
            .hunks
            .into_iter()
            .filter_map(|found| {
                let number = found.id.parse().ok()?;
                let (file, row) = edit
                    .files
                    .iter()
                    .find_map(|file| Some((file, file.hunks.iter().find(|hunk| hunk.number == number)?)))?;
                let conflict = stand.get(&number).and_then(|standing| standing.as_ref().err().cloned());
                Some(ReviewHunk { number, path: file.path.clone(), lines: found.lines, status: row.status, conflict })
            })
            .collect();
        Ok(ReviewDocument { text: document.text, hunks, edit })
    }
}

/// Whether the change from `before` to `after` is in `now`, which may have been typed in as well: no part of it could still be
/// made.
pub fn took_place(before: &str, after: &str, now: &str) -> bool {
    now == after || !aiia_edit::hunks(before, after).iter().any(|hunk| aiia_edit::locate(hunk, before, now).is_ok())
}

fn reviewed<'a>(row: &EditHunk, hunk: &'a aiia_edit::Hunk, standing: Option<&Standing>) -> ReviewedHunk<'a> {
    let state = match row.status {
        HunkStatus::Pending => HunkState::Pending,
        HunkStatus::Undone => HunkState::Undone,
        HunkStatus::Accepted => HunkState::Accepted,
        HunkStatus::Rejected => HunkState::Rejected,
    };
    let (shift, conflict) = match standing {
        Some(Ok(shift)) => (*shift, None),
        Some(Err(why)) => (0, Some(why.clone())),
        None => (0, None),
    };
    ReviewedHunk { id: row.number.to_string(), state, shift, conflict, tolerances: row.tolerances.clone(), hunk }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_found_beside_what_was_typed() {
        let (before, after) = ("a\nb\nc\n", "a\nB\nc\nd\n");
        for (now, expected) in [
            (after, true),
            (before, false),
            ("typed\na\nb\nc\n", false),
            ("typed\na\nB\nc\nd\n", true),
            ("a\nb\nc\ntyped\n", false),
        ] {
            assert_eq!(took_place(before, after, now), expected, "{now:?}");
        }
    }
}
