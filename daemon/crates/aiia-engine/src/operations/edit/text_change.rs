//! What has to be done to the text of a file so that hunks are in it, or are no longer.

use aiia_edit::Hunk;
use aiia_protocol::edit::{EditFile, EditHunk, FileAction, FileChange, HunkStatus, Replacement};
use aiia_protocol::id::HunkNumber;
use aiia_protocol::problem::{Problem, ProblemCode};

use super::Decision;
use super::places::Places;
use crate::hash::sha256;
use crate::hunks::from_protocol;

/// The byte order mark.
pub(super) const MARK: char = '\u{feff}';

/// What has to be done to `file`, whose text is now `current`, so that `numbers` are in it (or, for an undo, no longer are).
pub(super) fn change(
    file: &EditFile,
    numbers: &[HunkNumber],
    base: &str,
    current: Option<String>,
    decision: Decision,
) -> Result<FileChange, Problem> {
    let whole = current.as_deref().unwrap_or_default();
    let replacements = replacements(file, numbers, base, whole, decision).into_iter().map(|(_, found)| found);
    let replacements = replacements.collect::<Result<_, _>>()?;
    let action = if current.is_none() { FileAction::Create } else { FileAction::Edit };
    Ok(FileChange {
        path: file.path.clone(),
        action,
        from: None,
        hunks: numbers.to_vec(),
        base_hash: sha256(whole),
        replacements,
    })
}

/// What each of the hunks `numbers` is to `file`, whose text is now `whole`, in the order of its lines: what it replaces, or why it does
/// not fit.
pub(super) fn replacements(
    file: &EditFile,
    numbers: &[HunkNumber],
    base: &str,
    whole: &str,
    decision: Decision,
) -> Vec<(HunkNumber, Result<Replacement, Problem>)> {
    let Laid { hunks, base, text, mark } = laid(file, base, whole);
    let applied: Vec<&Hunk> =
        hunks.iter().filter(|(row, _)| row.status == HunkStatus::Accepted).map(|(_, hunk)| hunk).collect();
    // The text as it would be without the user's typing: what differs from it in `current` is the user's.
    let expected = aiia_edit::apply_hunks(base, &applied);
    let places = Places::new(&expected, text);
    let mut shift = 0_isize;
    let mut found = Vec::new();
    for (row, hunk) in &hunks {
        if numbers.contains(&row.number) {
            let moved = moved(hunk, shift, decision == Decision::Undo);
            let replacement = places.of(&moved).map(|place| {
                let replacement = minimal(text, place, &moved.new_text);
                let (start, end) = (replacement.start + mark as u64, replacement.end + mark as u64);
                Replacement { start, end, ..replacement }
            });
            let replacement = replacement.map_err(|error| {
                Problem::new(ProblemCode::Conflict, format!("Hunk {} does not fit {}: {error}.", row.number, file.path))
                    .with_hint("Nothing was changed.")
            });
            found.push((row.number, replacement));
        }
        if row.status == HunkStatus::Accepted {
            shift += hunk.new_lines as isize - hunk.old_lines as isize;
        }
    }
    found
}

/// A file's hunks, the text that they were made on and the one that is there now, alike in whether they begin with a byte
/// order mark: an editor leaves it out of its buffer, which makes no other text of it.
pub(super) struct Laid<'a> {
    pub(super) hunks: Vec<(&'a EditHunk, Hunk)>,
    pub(super) base: &'a str,
    pub(super) text: &'a str,
    /// The bytes that were left out before `text`.
    pub(super) mark: usize,
}

pub(super) fn laid<'a>(file: &'a EditFile, base: &'a str, whole: &'a str) -> Laid<'a> {
    let mut hunks: Vec<(&EditHunk, Hunk)> = file.hunks.iter().map(|hunk| (hunk, from_protocol(hunk))).collect();
    let differ = base.starts_with(MARK) != whole.starts_with(MARK);
    let mark = if differ && whole.starts_with(MARK) { MARK.len_utf8() } else { 0 };
    let (base, text) = if differ { (unmarked(base), unmarked(whole)) } else { (base, whole) };
    for (_, hunk) in hunks.iter_mut().filter(|_| differ) {
        unmark(hunk);
    }
    Laid { hunks, base, text, mark }
}

/// The text without its byte order mark.
pub(super) fn unmarked(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// Takes the byte order mark out of a hunk of the first line.
pub(super) fn unmark(hunk: &mut Hunk) {
    if hunk.old_index() == 0 {
        for text in [&mut hunk.old_text, &mut hunk.new_text] {
            *text = unmarked(text).to_owned();
        }
    }
}

/// The text of `file` as it would be without the user's typing, and how many lines further down the hunk `number` stands in
/// it than in `base`.
pub(super) fn expected_text(file: &EditFile, base: &str, number: HunkNumber) -> (String, isize) {
    let accepted: Vec<Hunk> =
        file.hunks.iter().filter(|hunk| hunk.status == HunkStatus::Accepted).map(from_protocol).collect();
    let before = file.hunks.iter().take_while(|hunk| hunk.number != number);
    let shift = before
        .filter(|hunk| hunk.status == HunkStatus::Accepted)
        .map(|hunk| hunk.new_lines as isize - hunk.old_lines as isize)
        .sum();
    (aiia_edit::apply_hunks(base, &accepted.iter().collect::<Vec<_>>()), shift)
}

/// The hunk `shift` lines further down; with `backwards`, the hunk that takes it back.
pub(super) fn moved(hunk: &Hunk, shift: isize, backwards: bool) -> Hunk {
    let index = hunk.old_index().saturating_add_signed(shift);
    let mut moved = hunk.clone();
    if backwards {
        std::mem::swap(&mut moved.old_text, &mut moved.new_text);
        std::mem::swap(&mut moved.old_lines, &mut moved.new_lines);
    }
    moved.old_start = if moved.old_lines == 0 { index } else { index + 1 };
    moved
}

/// The replacement without the characters that both texts have at their front and back, on character borders.
fn minimal(text: &str, place: std::ops::Range<usize>, new_text: &str) -> Replacement {
    let old = &text[place.clone()];
    let front: usize = old.chars().zip(new_text.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let back: usize = old[front..]
        .chars()
        .rev()
        .zip(new_text[front..].chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    // Splitting CRLF would leave editors that count lines with a break of their own.
    let splits = |text: &str, at: usize| text[..at].ends_with('\r') && text[at..].starts_with('\n');
    let front = if splits(old, front) || splits(new_text, front) { front - 1 } else { front };
    let mut back = back;
    while back > 0 && (splits(old, old.len() - back) || splits(new_text, new_text.len() - back)) {
        back -= 1;
    }
    Replacement {
        start: (place.start + front) as u64,
        end: (place.end - back) as u64,
        text: new_text[front..new_text.len() - back].to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::hunks::to_protocol;

    pub(in super::super) fn file(old: &str, new: &str, statuses: &[HunkStatus]) -> EditFile {
        let hunks = aiia_edit::hunks(old, new);
        assert_eq!(hunks.len(), statuses.len());
        let hunks = hunks
            .iter()
            .zip(statuses)
            .zip(1..)
            .map(|((hunk, status), number)| EditHunk { status: *status, ..to_protocol(hunk, number, Vec::new()) });
        EditFile {
            path: "/w/a".into(),
            action: FileAction::Edit,
            from: None,
            protection: None,
            base_hash: sha256(old),
            hunks: hunks.collect(),
        }
    }

    fn after(text: &str, change: &FileChange) -> String {
        let mut text = text.to_owned();
        for replacement in change.replacements.iter().rev() {
            text.replace_range(replacement.start as usize..replacement.end as usize, &replacement.text);
        }
        text
    }

    pub(in super::super) const OLD: &str = "a\nb\nc\nd\ne\nf\ng\n";
    pub(in super::super) const NEW: &str = "a\nB1\nB2\nc\nd\nf\ng\nh\n";

    fn check(statuses: [HunkStatus; 3], numbers: &[u32], current: &str, decision: Decision, expected: &str) {
        let file = file(OLD, NEW, &statuses);
        let change = change(&file, numbers, OLD, Some(current.to_owned()), decision).unwrap();
        assert_eq!(after(current, &change), expected);
        assert_eq!(change.base_hash, sha256(current));
    }

    #[test]
    fn hunks_are_accepted_in_any_order() {
        use HunkStatus::{Accepted, Pending};
        check([Pending; 3], &[1, 2, 3], OLD, Decision::Accept, NEW);
        check([Pending; 3], &[2], OLD, Decision::Accept, "a\nb\nc\nd\nf\ng\n");
        check([Pending, Accepted, Pending], &[1], "a\nb\nc\nd\nf\ng\n", Decision::Accept, "a\nB1\nB2\nc\nd\nf\ng\n");
        check([Accepted, Pending, Pending], &[2, 3], "a\nB1\nB2\nc\nd\ne\nf\ng\n", Decision::Accept, NEW);
    }

    #[test]
    fn what_the_user_typed_elsewhere_stays() {
        use HunkStatus::{Accepted, Pending};
        check([Pending; 3], &[2], "0\na\nb\nc\nd\ne\nf\ng\n", Decision::Accept, "0\na\nb\nc\nd\nf\ng\n");
        check(
            [Accepted, Pending, Pending],
            &[2],
            "0\na\nB1\nB2\nc\nd\ne\nf\nG\n",
            Decision::Accept,
            "0\na\nB1\nB2\nc\nd\nf\nG\n",
        );
    }

    #[test]
    fn undo_brings_the_text_back() {
        use HunkStatus::{Accepted, Rejected};
        check([Accepted; 3], &[1, 2, 3], NEW, Decision::Undo, OLD);
        check([Accepted, Rejected, Accepted], &[1, 3], "a\nB1\nB2\nc\nd\ne\nf\ng\nh\n", Decision::Undo, OLD);
        check([Accepted; 3], &[2], &NEW.replace('g', "G"), Decision::Undo, "a\nB1\nB2\nc\nd\ne\nf\nG\nh\n");
    }

    #[test]
    fn what_was_undone_or_rejected_is_accepted_after_all() {
        use HunkStatus::{Accepted, Rejected, Undone};
        check([Undone, Rejected, Accepted], &[1, 2], "a\nb\nc\nd\ne\nf\ng\nh\n", Decision::Accept, NEW);
    }

    #[test]
    fn a_byte_order_mark_is_no_change_of_the_user() {
        let (old, new) = ("let a = 1;\nb\n", "let x = 1;\nb\nc\n");
        let marked = |text: &str| format!("\u{feff}{text}");
        for (base, current) in
            [(marked(old), old.to_owned()), (old.to_owned(), marked(old)), (marked(old), marked(old))]
        {
            let meant = if base.starts_with(MARK) { marked(new) } else { new.to_owned() };
            let expected = if current.starts_with(MARK) { marked(new) } else { new.to_owned() };
            let waiting = file(&base, &meant, &[HunkStatus::Pending; 2]);
            let accepted = change(&waiting, &[1, 2], &base, Some(current.clone()), Decision::Accept).unwrap();
            assert_eq!((after(&current, &accepted), accepted.base_hash), (expected.clone(), sha256(&current)));
            let done = file(&base, &meant, &[HunkStatus::Accepted; 2]);
            let undone = change(&done, &[1, 2], &base, Some(expected.clone()), Decision::Undo).unwrap();
            assert_eq!(after(&expected, &undone), current);
        }
    }

    #[test]
    fn lines_that_the_user_changed_are_a_conflict() {
        let file = file(OLD, NEW, &[HunkStatus::Pending; 3]);
        let problem = change(&file, &[1], OLD, Some(OLD.replace('b', "x")), Decision::Accept).unwrap_err();
        assert_eq!(problem.code, ProblemCode::Conflict);
    }

    #[test]
    fn replacements_are_minimal() {
        for (old, new, expected) in [
            ("let a = 1;\n", "let a = 2;\n", (8, 9, "2")),
            ("é1\n", "é2\n", (2, 3, "2")),
            ("a\r\n", "a\r\nb\r\n", (3, 3, "b\r\n")),
            ("x\r\n", "x\n", (1, 3, "\n")),
            ("aa\n", "a\n", (1, 2, "")),
            ("", "new\n", (0, 0, "new\n")),
        ] {
            let replacement = minimal(old, 0..old.len(), new);
            let found = (replacement.start, replacement.end, replacement.text.as_str());
            assert_eq!(
                after(
                    old,
                    &FileChange {
                        path: String::new(),
                        action: FileAction::Edit,
                        from: None,
                        hunks: Vec::new(),
                        base_hash: String::new(),
                        replacements: vec![replacement.clone()]
                    }
                ),
                new
            );
            assert_eq!(found, expected, "{old:?} {new:?}");
        }
    }
}
