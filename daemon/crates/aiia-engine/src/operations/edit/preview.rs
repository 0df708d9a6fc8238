//! `edit.preview`: the files as they are, and as they would be.

use aiia_protocol::edit::{
    EditFile, EditHunk, EditPreview as Preview, EditRef, FileAction, FilePreview, HunkPreview, HunkStatus, PendingEdit,
};
use aiia_protocol::operation::EditPreview;
use aiia_protocol::problem::Problem;

use super::text_change::replacements;
use super::whole::{file_change, is_whole, place};
use super::{Decision, current_text};
use crate::dispatch::{Handle, Reply};
use crate::session::Session;

impl Handle for EditPreview {
    async fn handle(session: &Session, params: EditRef) -> Result<Reply<Preview>, Problem> {
        let store = &session.engine().store;
        let edit = store.get_edit(params.edit_id.clone()).await?;
        let texts = store.edit_texts(params.edit_id).await?;
        let shown = |file: &EditFile| {
            file.hunks.iter().any(|hunk| matches!(hunk.status, HunkStatus::Pending | HunkStatus::Accepted))
        };
        let mut files = Vec::new();
        for (position, file) in edit.files.iter().enumerate().filter(|(_, file)| shown(file)) {
            let base = texts.get(position).map_or("", |text| text.base_text.as_str());
            let mut shown = match current_text(session, &[], file).await {
                Ok(current) => preview(file, base, current),
                // The others are shown all the same.
                Err(problem) => unreadable(file, &problem.detail),
            };
            if is_name_taken(file).await {
                let whole = file.hunks.iter().find(|hunk| is_whole(hunk)).map(|hunk| hunk.number);
                let renames = shown.hunks.iter_mut().filter(|hunk| Some(hunk.number) == whole);
                renames.for_each(|hunk| hunk.conflict = Some(format!("{} exists by now.", file.path)));
            }
            files.push(shown);
        }
        Ok(Reply::One(Preview { edit, files }))
    }
}

/// The preview of one file of a pending edit; `None` where the edit does not change it.
pub(super) async fn preview_of(
    session: &Session,
    edit: &PendingEdit,
    base: &str,
    path: &str,
) -> Result<Option<FilePreview>, Problem> {
    let Some(file) = edit.files.iter().find(|file| file.path == path) else { return Ok(None) };
    let current = current_text(session, &[], file).await?;
    Ok(Some(preview(file, base, current)))
}

/// Whether something else has the name that a file is to get.
async fn is_name_taken(file: &EditFile) -> bool {
    file.action == FileAction::Rename
        && place(file) != file.path
        && tokio::fs::symlink_metadata(&file.path).await.is_ok()
        && tokio::fs::canonicalize(&file.path).await.ok() != tokio::fs::canonicalize(place(file)).await.ok()
}

/// `file`, whose text cannot be had for this reason.
fn unreadable(file: &EditFile, why: &str) -> FilePreview {
    let conflict = |hunk: &EditHunk| HunkPreview {
        number: hunk.number,
        before_line: hunk.old_start,
        after_line: hunk.old_start,
        conflict: Some(why.to_owned()),
    };
    let waiting = file.hunks.iter().filter(|hunk| hunk.status == HunkStatus::Pending);
    FilePreview {
        path: file.path.clone(),
        action: file.action,
        from: file.from.clone(),
        protection: file.protection.clone(),
        exists: false,
        before: String::new(),
        after: String::new(),
        hunks: waiting.map(conflict).collect(),
    }
}

/// `file`, whose text is now `current`, with every hunk that waits and fits.
fn preview(file: &EditFile, base: &str, current: Option<String>) -> FilePreview {
    let waiting: Vec<&EditHunk> = file.hunks.iter().filter(|hunk| hunk.status == HunkStatus::Pending).collect();
    let numbers: Vec<_> = waiting.iter().map(|hunk| hunk.number).collect();
    let exists = current.is_some();
    let before = current.clone().unwrap_or_default();
    let as_a_whole = matches!(file.action, FileAction::Create | FileAction::Delete);
    // What is of the file as a whole can be in the way of something that is none of its lines.
    let against = |hunk: &EditHunk| {
        let looked_at = as_a_whole || is_whole(hunk);
        looked_at.then(|| file_change(file, &[hunk.number], base, current.clone(), Decision::Accept).err()).flatten()
    };
    let (mut fitting, mut hunks) = (Vec::new(), Vec::new());
    let found = replacements(file, &numbers, base, &before, Decision::Accept);
    for (hunk, (number, found)) in waiting.into_iter().zip(found) {
        match (against(hunk), found) {
            (None, Ok(replacement)) => fitting.push((number, replacement)),
            (Some(problem), _) | (None, Err(problem)) => hunks.push(HunkPreview {
                number,
                before_line: hunk.old_start,
                after_line: hunk.old_start,
                conflict: Some(problem.detail),
            }),
        }
    }
    let mut after = String::with_capacity(before.len());
    let mut copied = 0;
    let (mut before_line, mut after_line) = (Lines::default(), Lines::default());
    for (number, replacement) in fitting {
        let (start, end) = (replacement.start as usize, replacement.end as usize);
        after.push_str(&before[copied..start]);
        hunks.push(HunkPreview {
            number,
            before_line: before_line.at(&before, start),
            after_line: after_line.at(&after, after.len()),
            conflict: None,
        });
        after.push_str(&replacement.text);
        copied = end;
    }
    after.push_str(&before[copied..]);
    hunks.sort_by_key(|hunk| hunk.number);
    FilePreview {
        path: file.path.clone(),
        action: file.action,
        from: file.from.clone(),
        protection: file.protection.clone(),
        exists,
        before,
        after,
        hunks,
    }
}

/// Counts the lines of a text from front to back, so that what was counted is not counted again.
#[derive(Default)]
struct Lines {
    /// A place where a line begins.
    counted: usize,
    lines: usize,
}

impl Lines {
    /// The line, counted from 1, that `end` is in, which is no smaller than the one before.
    fn at(&mut self, text: &str, end: usize) -> u32 {
        let passed = &text[self.counted..end];
        // The break of the last line may go on behind it.
        if let Some(last) = passed.trim_end_matches(['\n', '\r']).rfind(['\n', '\r']) {
            let whole = &passed[..=last];
            self.lines += aiia_edit::line_count(whole);
            self.counted += whole.len();
        }
        let rest = &text[self.counted..end];
        let is_at_start = rest.is_empty() || rest.ends_with(['\n', '\r']);
        (self.lines + aiia_edit::line_count(rest)) as u32 + u32::from(is_at_start)
    }
}

#[cfg(test)]
mod tests {
    use super::super::text_change::tests::{NEW, OLD, file};
    use super::*;

    #[test]
    fn a_file_that_cannot_be_had_has_its_hunks_in_conflict() {
        use HunkStatus::{Pending, Rejected};
        let shown = unreadable(&file(OLD, NEW, &[Pending, Rejected, Pending]), "It is a folder.");
        let found: Vec<_> = shown.hunks.iter().map(|hunk| (hunk.number, hunk.conflict.as_deref())).collect();
        assert_eq!(found, [(1, Some("It is a folder.")), (3, Some("It is a folder."))]);
    }

    #[tokio::test]
    async fn a_name_is_taken_by_something_else_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("old"), "a\n").unwrap();
        let row = crate::hunks::whole(1);
        let mut renamed = EditFile {
            path: path("new"),
            from: Some(path("old")),
            action: FileAction::Rename,
            hunks: vec![row],
            ..file("", "", &[])
        };
        assert!(!is_name_taken(&renamed).await);
        std::fs::write(path("new"), "b\n").unwrap();
        assert!(is_name_taken(&renamed).await);
        renamed.hunks[0].status = HunkStatus::Accepted;
        assert!(!is_name_taken(&renamed).await, "it is the file itself");
    }

    #[test]
    fn lines_are_counted_on() {
        let text = "a\nb\r\n\nc\rd\n\n";
        let mut lines = Lines::default();
        for end in 0..=text.len() {
            assert_eq!(lines.at(text, end), Lines::default().at(text, end), "{end}");
        }
        assert_eq!([0, 1, 2, 5, 6, 8].map(|end| Lines::default().at(text, end)), [1, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_preview_has_every_hunk_that_waits_and_fits() {
        use HunkStatus::{Accepted, Pending, Rejected};
        let check = |statuses: [HunkStatus; 3], current: &str, after: &str, places: &[(u32, u32, u32, bool)]| {
            let file = file(OLD, NEW, &statuses);
            let preview = preview(&file, OLD, Some(current.to_owned()));
            let found: Vec<_> = preview
                .hunks
                .iter()
                .map(|hunk| (hunk.number, hunk.before_line, hunk.after_line, hunk.conflict.is_some()))
                .collect();
            assert_eq!((preview.after.as_str(), found.as_slice()), (after, places), "{current:?}");
        };
        check([Pending; 3], OLD, NEW, &[(1, 2, 2, false), (2, 5, 6, false), (3, 8, 8, false)]);
        check(
            [Accepted, Rejected, Pending],
            "a\nB1\nB2\nc\nd\ne\nf\ng\n",
            "a\nB1\nB2\nc\nd\ne\nf\ng\nh\n",
            &[(3, 9, 9, false)],
        );
        check(
            [Pending, Rejected, Pending],
            "a\nx\nc\nd\ne\nf\ng\n",
            "a\nx\nc\nd\ne\nf\ng\nh\n",
            &[(1, 2, 2, true), (3, 8, 8, false)],
        );
        let (old, new) = (OLD.replace('\n', "\r"), NEW.replace('\n', "\r"));
        let of_lone_cr = preview(&file(&old, &new, &[Pending; 3]), &old, Some(old.clone()));
        let places: Vec<_> = of_lone_cr.hunks.iter().map(|hunk| (hunk.before_line, hunk.after_line)).collect();
        assert_eq!(places, [(2, 2), (5, 6), (8, 8)]);
        let file = file("", "new\n", &[Pending]);
        let preview = preview(&file, "", None);
        assert_eq!((preview.exists, preview.before.as_str(), preview.after.as_str()), (false, "", "new\n"));
    }
}
