//! What a person made of the new lines of a review document before accepting them.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::ReviewDocument;

/// A hunk whose new lines are others than those that were proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditedHunk {
    /// The name of the hunk, as in [`super::ReviewHunk::id`].
    pub id: String,
    /// Its new lines, each ended by LF but for a last one that is marked as having no line break.
    pub new_text: String,
}

/// Why a review document that was edited cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason} (line {line} of the review)")]
pub struct EditedError {
    /// The line of the buffer, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

const NO_NEWLINE: &str = "\\ No newline at end of file";
const ELSEWHERE: &str = "lines can only be added where the proposed ones stand";
const NOT_NEW: &str = "only lines that begin with + can be edited";

/// The hunks of `rendered` whose `+` lines were changed, added or removed in `buffer`, in order. Comments and `@@` lines may
/// differ: they are not read.
///
/// # Errors
/// When something else than a `+` line of a hunk was edited.
pub fn edited(rendered: &ReviewDocument, buffer: &str) -> Result<Vec<EditedHunk>, EditedError> {
    let ours: Vec<&str> = rendered.text.lines().map(alike).collect();
    let theirs: Vec<&str> = buffer.lines().map(alike).collect();
    let ops = capture_diff_slices(Algorithm::Myers, &ours, &theirs);
    let mut result = Vec::new();
    for hunk in &rendered.hunks {
        let there = place(&ops, hunk.lines.start, theirs.len())..place(&ops, hunk.lines.end, theirs.len());
        if ours[hunk.lines.clone()] == theirs[there.clone()] {
            continue;
        }
        let rendered = &ours[hunk.lines.clone()];
        let new_text = new_lines(rendered, &theirs, there)?;
        // A note alone is no edit.
        if new_lines(rendered, &ours, hunk.lines.clone())? != new_text {
            result.push(EditedHunk { id: hunk.id.clone(), new_text });
        }
    }
    Ok(result)
}

/// Headers and comments change with every decision; blanks at the end of a line of context are taken away by editors.
pub(super) fn alike(line: &str) -> &str {
    match line.as_bytes() {
        [b'@', b'@', ..] | [b'#', ..] => &line[..1],
        [b' ', ..] => line.trim_end(),
        _ => line,
    }
}

/// The line of the buffer before which `line` of the rendered text begins.
fn place(ops: &[DiffOp], line: usize, end: usize) -> usize {
    ops.iter()
        .find_map(|op| {
            let (old, new) = (op.old_range(), op.new_range());
            old.contains(&line).then(|| match op {
                DiffOp::Equal { .. } => new.start + line - old.start,
                _ => new.start + (line - old.start).min(new.len()),
            })
        })
        .unwrap_or(end)
}

fn new_lines(ours: &[&str], buffer: &[&str], there: Range<usize>) -> Result<String, EditedError> {
    let is_body = |line: &str| !matches!(line.as_bytes().first(), Some(b'@' | b'#'));
    let is_new = |line: &str| line.starts_with('+');
    let is_other = |line: &str| is_body(line) && !is_new(line) && line != NO_NEWLINE;
    let error = |number: usize, reason| Err(EditedError { line: number + 1, reason });

    let mut others = there.clone().filter(|number| is_other(buffer[*number]));
    for line in ours.iter().filter(|line| is_other(line)) {
        match others.next() {
            Some(number) if buffer[number] == *line => {}
            Some(number) => return error(number, NOT_NEW),
            None => return error(there.end.min(buffer.len().saturating_sub(1)), NOT_NEW),
        }
    }
    if let Some(number) = others.next() {
        return error(number, NOT_NEW);
    }

    // The new lines stand behind the removed ones, or where the proposed ones were: this many other lines before them.
    let body: Vec<&str> = ours.iter().copied().filter(|line| is_new(line) || is_other(line)).collect();
    let first_new = body.iter().position(|line| is_new(line));
    let expected = first_new.or_else(|| Some(body.iter().rposition(|line| line.starts_with('-'))? + 1));
    let (mut before, mut text, mut last_is_new) = (0, String::new(), false);
    for number in there {
        let line = buffer[number];
        if is_new(line) {
            if expected.is_some_and(|expected| before != expected) {
                return error(number, ELSEWHERE);
            }
            text.push_str(&line[1..]);
            text.push('\n');
            last_is_new = true;
        } else if line == NO_NEWLINE {
            if last_is_new {
                text.pop();
            }
        } else if is_body(line) {
            before += 1;
            last_is_new = false;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::{HunkState, ReviewedFile, ReviewedHunk, render};
    use super::*;
    use crate::hunk::hunks;
    use crate::plan::FileAction;

    fn document() -> ReviewDocument {
        let old = "a\nb\nc\nd\ne\nf\n";
        let new = "a\nB1\nB2\nc\nd\ne\nF\n";
        let all = hunks(old, new);
        let reviewed = |(number, hunk)| ReviewedHunk {
            id: format!("{}", number + 1),
            state: HunkState::Pending,
            shift: 0,
            conflict: None,
            tolerances: Vec::new(),
            hunk,
        };
        render(
            "t",
            "",
            &[ReviewedFile {
                path: "x",
                action: FileAction::Edit,
                old_text: old,
                protection: None,
                hunks: all.iter().enumerate().map(reviewed).collect(),
            }],
        )
    }

    #[rstest]
    #[case("+B1\n", "+B1\n", &[])]
    #[case("+B1\n", "+other\n", &[("1", "other\nB2\n")])]
    #[case("+B2\n", "", &[("1", "B1\n")])]
    #[case("+B1\n+B2\n", "", &[("1", "")])]
    #[case("+B2\n", "+B2\n+B3\n", &[("1", "B1\nB2\nB3\n")])]
    #[case("+F\n", "+F\n+G\n", &[("2", "F\nG\n")])]
    #[case("+F\n", "+F\n\\ No newline at end of file\n", &[("2", "F")])]
    #[case(" c\n", " c  \n", &[])]
    #[case("[pending]", "[accepted]", &[])]
    #[case("# t\n", "", &[])]
    #[case("+B2\n", "+B2\n# a note\n", &[])]
    #[case("+F\n", "# a note\n+F\n+G\n", &[("2", "F\nG\n")])]
    fn new_lines_may_be_edited(#[case] from: &str, #[case] to: &str, #[case] expected: &[(&str, &str)]) {
        let document = document();
        let buffer = document.text.replacen(from, to, 1);
        assert!(from == to || buffer != document.text);
        let found = edited(&document, &buffer).unwrap();
        let found: Vec<_> = found.iter().map(|hunk| (hunk.id.as_str(), hunk.new_text.as_str())).collect();
        assert_eq!(found, expected, "{buffer}");
    }

    #[rstest]
    #[case(" c\n", " C\n", NOT_NEW)]
    #[case("-b\n", "", NOT_NEW)]
    #[case(" a\n", " a\n+early\n", ELSEWHERE)]
    #[case(" d\n", " d\n+late\n", ELSEWHERE)]
    #[case("+B2\n", "B2\n", NOT_NEW)]
    fn anything_else_is_a_complaint(#[case] from: &str, #[case] to: &str, #[case] reason: &str) {
        let document = document();
        let error = edited(&document, &document.text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.reason, reason);
    }
}
