//! Where the hunks that wait stand in their files as they are now.

use aiia_edit::Hunk;
use aiia_protocol::edit::{EditFile, FileAction, HunkStatus};
use aiia_protocol::id::HunkNumber;

use super::text_change::{Laid, laid, moved};
use super::whole::{file_change, is_whole};
use super::{Decision, current_text};
use crate::session::Session;

/// How many lines further down than without the user's typing a hunk stands, or why it does not fit.
pub(crate) type Standing = Result<isize, String>;

/// Where the hunks of `file` that wait stand in it as `session` sees it; `base` is the text that they were made on.
pub(crate) async fn standing(session: &Session, file: &EditFile, base: &str) -> Vec<(HunkNumber, Standing)> {
    let waiting = || file.hunks.iter().filter(|hunk| hunk.status == HunkStatus::Pending).map(|hunk| hunk.number);
    if waiting().next().is_none() {
        return Vec::new();
    }
    match current_text(session, &[], file).await {
        Ok(current) => stand_in(file, base, current),
        Err(problem) => waiting().map(|number| (number, Err(bare(&problem.detail)))).collect(),
    }
}

fn stand_in(file: &EditFile, base: &str, current: Option<String>) -> Vec<(HunkNumber, Standing)> {
    let mut found = Vec::new();
    let waits = |status| status == HunkStatus::Pending;
    let as_a_whole = matches!(file.action, FileAction::Create | FileAction::Delete);
    for hunk in file.hunks.iter().filter(|hunk| waits(hunk.status) && (as_a_whole || is_whole(hunk))) {
        let fits = file_change(file, &[hunk.number], base, current.clone(), Decision::Accept);
        found.push((hunk.number, fits.map(|_| 0).map_err(|problem| bare(&problem.detail))));
    }
    if as_a_whole {
        return found;
    }
    let whole = current.unwrap_or_default();
    let Laid { hunks, base, text, .. } = laid(file, base, &whole);
    let applied: Vec<&Hunk> =
        hunks.iter().filter(|(row, _)| row.status == HunkStatus::Accepted).map(|(_, hunk)| hunk).collect();
    let expected = aiia_edit::apply_hunks(base, &applied);
    let mut shift = 0_isize;
    for (row, hunk) in &hunks {
        if waits(row.status) && !is_whole(row) {
            let moved = moved(hunk, shift, false);
            let line = |place: std::ops::Range<usize>| aiia_edit::line_count(&text[..place.start]) as isize;
            let standing = if text == expected {
                Ok(0)
            } else {
                let place = aiia_edit::locate(&moved, &expected, text);
                place.map(|place| line(place) - moved.old_index() as isize).map_err(|error| bare(&error.to_string()))
            };
            found.push((row.number, standing));
        }
        if row.status == HunkStatus::Accepted {
            shift += hunk.new_lines as isize - hunk.old_lines as isize;
        }
    }
    found
}

/// What is wrong, without what can be done.
fn bare(text: &str) -> String {
    text.split(';').next().unwrap_or(text).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::text_change::tests::{NEW, OLD, file};
    use super::*;

    #[test]
    fn hunks_move_with_what_is_typed_above_them() {
        use HunkStatus::{Accepted, Pending, Rejected};
        let check = |statuses: [HunkStatus; 3], current: &str, expected: &[(u32, Result<isize, &str>)]| {
            let found = stand_in(&file(OLD, NEW, &statuses), OLD, Some(current.to_owned()));
            let found: Vec<_> =
                found.iter().map(|(number, one)| (*number, one.as_ref().copied().map_err(String::as_str))).collect();
            assert_eq!(found, expected, "{current:?}");
        };
        check([Pending; 3], OLD, &[(1, Ok(0)), (2, Ok(0)), (3, Ok(0))]);
        check([Pending; 3], "0\na\nb\nc\n1\nd\ne\nf\ng\n", &[(1, Ok(1)), (2, Ok(2)), (3, Ok(2))]);
        check([Accepted, Rejected, Pending], "a\nB1\nB2\nc\nd\ne\nf\ng\n", &[(3, Ok(0))]);
        check([Accepted, Rejected, Pending], "0\na\nB1\nB2\nc\nd\ne\nf\ng\n", &[(3, Ok(1))]);
        check(
            [Pending, Rejected, Pending],
            "0\na\nx\nc\nd\ne\nf\ng\n",
            &[(1, Err("line 3 was edited after the change was proposed")), (3, Ok(1))],
        );
    }
}
