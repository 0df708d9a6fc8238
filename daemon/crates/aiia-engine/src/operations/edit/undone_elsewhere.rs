//! Accepted hunks that are in their file no longer: an editor undid them, or ended without saving.

use aiia_edit::Hunk;
use aiia_protocol::edit::{EditFile, EditHunk, FileAction, HunkStatus};
use aiia_protocol::id::HunkNumber;

use super::places::Places;
use super::text_change::{Laid, laid, moved, unmarked};
use super::whole::new_text;

/// Those of the accepted hunks `numbers` that need not be undone, because `current`, the file as it is now, has in their place
/// what it had before them. `base` is the text that they were made on.
pub(super) fn gone(file: &EditFile, numbers: &[HunkNumber], base: &str, current: Option<&str>) -> Vec<HunkNumber> {
    let all_if = |gone: bool| if gone { numbers.to_vec() } else { Vec::new() };
    match file.action {
        FileAction::Create => all_if(current.is_none_or(|text| text.is_empty() && !new_text(file).is_empty())),
        FileAction::Delete => all_if(current.is_some_and(|text| unmarked(text) == unmarked(base))),
        // Where a renamed file is not under its new name, its lines cannot be looked at.
        FileAction::Rename | FileAction::Edit => match current {
            Some(current) => lines_gone(file, numbers, base, current),
            None => Vec::new(),
        },
    }
}

fn lines_gone(file: &EditFile, numbers: &[HunkNumber], base: &str, current: &str) -> Vec<HunkNumber> {
    let Laid { hunks, base, text, .. } = laid(file, base, current);
    let of_lines = |row: &EditHunk| numbers.contains(&row.number) && !super::whole::is_whole(row);
    let accepted = |row: &EditHunk| row.status == HunkStatus::Accepted;
    let lost = unlike(&hunks, base, text, accepted, of_lines, true);
    if lost.is_empty() {
        return lost;
    }
    let standing = |row: &EditHunk| accepted(row) && !lost.contains(&row.number);
    let edited = unlike(&hunks, base, text, standing, |row| lost.contains(&row.number), false);
    lost.into_iter().filter(|number| !edited.contains(number)).collect()
}

/// The numbers of the `wanted` hunks that have no place in `text`, which is `base` with the hunks that are `standing` and with what
/// the user typed; with `backwards`, of what would take these hunks back.
fn unlike(
    hunks: &[(&EditHunk, Hunk)],
    base: &str,
    text: &str,
    standing: impl Fn(&EditHunk) -> bool,
    wanted: impl Fn(&EditHunk) -> bool,
    backwards: bool,
) -> Vec<HunkNumber> {
    let applied: Vec<&Hunk> = hunks.iter().filter(|(row, _)| standing(row)).map(|(_, hunk)| hunk).collect();
    let expected = aiia_edit::apply_hunks(base, &applied);
    let places = Places::new(&expected, text);
    let mut shift = 0_isize;
    let mut found = Vec::new();
    for (row, hunk) in hunks {
        if wanted(row) && places.of(&moved(hunk, shift, backwards)).is_err() {
            found.push(row.number);
        }
        if standing(row) {
            shift += hunk.new_lines as isize - hunk.old_lines as isize;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use HunkStatus::{Accepted, Pending, Rejected};
    use rstest::rstest;

    use super::super::text_change::tests::{NEW, OLD, file};
    use super::*;

    #[rstest]
    #[case::all_of_them([Accepted; 3], &[1, 2, 3], OLD, &[1, 2, 3])]
    #[case::none([Accepted; 3], &[1, 2, 3], NEW, &[])]
    #[case::only_those_that_are_meant([Accepted; 3], &[2], OLD, &[2])]
    #[case::one_of_them([Accepted; 3], &[1, 2, 3], "a\nb\nc\nd\nf\ng\nh\n", &[1])]
    #[case::a_deletion([Accepted; 3], &[1, 2, 3], "a\nB1\nB2\nc\nd\ne\nf\ng\nh\n", &[2])]
    #[case::an_insertion([Accepted; 3], &[1, 2, 3], "a\nB1\nB2\nc\nd\nf\ng\n", &[3])]
    #[case::beside_typing([Accepted, Pending, Rejected], &[1], "0\na\nb\nc\nd\ne\nf\nG\n", &[1])]
    #[case::typed_over([Accepted; 3], &[1], "a\nb!\nc\nd\nf\ng\nh\n", &[])]
    fn what_has_its_old_text_again_is_gone(
        #[case] statuses: [HunkStatus; 3],
        #[case] numbers: &[u32],
        #[case] current: &str,
        #[case] expected: &[u32],
    ) {
        assert_eq!(gone(&file(OLD, NEW, &statuses), numbers, OLD, Some(current)), expected);
    }

    #[rstest]
    #[case(FileAction::Create, "", "x\n", None, true)]
    #[case(FileAction::Create, "", "x\n", Some(""), true)]
    #[case(FileAction::Create, "", "x\n", Some("x\n"), false)]
    #[case(FileAction::Delete, "x\n", "", Some("x\n"), true)]
    #[case(FileAction::Delete, "x\n", "", None, false)]
    fn files_are_gone_or_back(
        #[case] action: FileAction,
        #[case] old: &str,
        #[case] new: &str,
        #[case] current: Option<&str>,
        #[case] expected: bool,
    ) {
        let file = EditFile { action, ..file(old, new, &[Accepted]) };
        assert_eq!(!gone(&file, &[1], old, current).is_empty(), expected);
    }
}
