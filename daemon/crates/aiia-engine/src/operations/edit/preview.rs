//! `edit.preview`: the files as they are, and as they would be.

use aiia_protocol::edit::{
    EditFile, EditHunk, EditPreview as Preview, EditRef, FileChange, FilePreview, HunkPreview, HunkStatus, PendingEdit,
};
use aiia_protocol::operation::EditPreview;
use aiia_protocol::problem::Problem;

use super::text_change::change;
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
        for (place, file) in edit.files.iter().enumerate().filter(|(_, file)| shown(file)) {
            let base = texts.get(place).map_or("", |text| text.base_text.as_str());
            let current = current_text(session, &[], file).await?;
            files.push(preview(file, base, current));
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

/// `file`, whose text is now `current`, with every hunk that waits and fits.
fn preview(file: &EditFile, base: &str, current: Option<String>) -> FilePreview {
    let waiting: Vec<&EditHunk> = file.hunks.iter().filter(|hunk| hunk.status == HunkStatus::Pending).collect();
    let one = |hunk: &EditHunk| change(file, &[hunk.number], base, current.clone(), Decision::Accept);
    let (mut fitting, mut hunks) = (Vec::new(), Vec::new());
    for hunk in waiting {
        match one(hunk) {
            Ok(_) => fitting.push(hunk.number),
            Err(problem) => hunks.push(HunkPreview {
                number: hunk.number,
                before_line: hunk.old_start,
                after_line: hunk.old_start,
                conflict: Some(problem.detail),
            }),
        }
    }
    let exists = current.is_some();
    let before = current.clone().unwrap_or_default();
    let mut after = String::with_capacity(before.len());
    let mut copied = 0;
    let is_at_start = |text: &str| text.is_empty() || text.ends_with(['\n', '\r']);
    let line_at_end = |text: &str| aiia_edit::line_count(text) as u32 + u32::from(is_at_start(text));
    if let Ok(FileChange { replacements, .. }) = change(file, &fitting, base, current, Decision::Accept) {
        for (number, replacement) in fitting.into_iter().zip(replacements) {
            let (start, end) = (replacement.start as usize, replacement.end as usize);
            after.push_str(&before[copied..start]);
            let (before_line, after_line) = (line_at_end(&before[..start]), line_at_end(&after));
            hunks.push(HunkPreview { number, before_line, after_line, conflict: None });
            after.push_str(&replacement.text);
            copied = end;
        }
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

#[cfg(test)]
mod tests {
    use super::super::text_change::tests::{NEW, OLD, file};
    use super::*;

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
