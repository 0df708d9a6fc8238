//! Where a hunk stands after the user went on typing.
//!
//! The hunk's lines are followed through the changes from the text it was made on to the text as it is
//! now. Lines the user touched are a conflict; nothing is guessed.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::hunk::Hunk;
use crate::lines::whole_lines;

/// Why a hunk has no place in the current text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LocateError {
    /// The hunk was not made on the given base text.
    #[error("the change was not made on this text; ask for it again")]
    WrongBase,
    /// The lines the hunk replaces were changed meanwhile.
    #[error("line {line} was edited after the change was proposed; undo that or ask for the change again")]
    Changed {
        /// Where it was, in the current text, 1-based.
        line: usize,
    },
    /// The lines were duplicated or removed next to equal ones, so that more than one place fits.
    #[error("the change could stand in more than one place now, at line {first} or {second}; ask for it again")]
    Ambiguous {
        /// One possible place in the current text, 1-based.
        first: usize,
        /// Another one.
        second: usize,
    },
}

/// Where `hunk`, made on `base`, stands in `current`: the byte range of its `old_text` there (empty for
/// an insertion). Edits elsewhere move it, edits of its own lines or right at its insertion point are an
/// error.
pub fn locate(hunk: &Hunk, base: &str, current: &str) -> Result<Range<usize>, LocateError> {
    let base_lines = whole_lines(base);
    let start = hunk.old_index();
    let end = start.saturating_add(hunk.old_lines);
    if end > base_lines.len() || base_lines[start..end].concat() != hunk.old_text {
        return Err(LocateError::WrongBase);
    }
    let current_lines = whole_lines(current);
    let changed = || LocateError::Changed { line: edited_line(&base_lines, &current_lines, start..end) };
    let forwards = follow(&base_lines, &current_lines, start..end);
    // Among equal lines an alignment is arbitrary. Aligning from the end as well shows whether it matters.
    let backwards = {
        let reversed_base: Vec<&str> = base_lines.iter().rev().copied().collect();
        let reversed_current: Vec<&str> = current_lines.iter().rev().copied().collect();
        let range = base_lines.len() - end..base_lines.len() - start;
        follow(&reversed_base, &reversed_current, range)
            .map(|found| current_lines.len() - found.end..current_lines.len() - found.start)
    };
    let place = match (forwards, backwards) {
        (Some(one), Some(other)) if one == other => one,
        (Some(one), Some(other)) => {
            if replaced(&current_lines, &one, &hunk.new_text) != replaced(&current_lines, &other, &hunk.new_text) {
                return Err(LocateError::Ambiguous { first: one.start + 1, second: other.start + 1 });
            }
            one
        }
        _ => return Err(changed()),
    };
    // Without a break at its end new text would be glued to the line that follows, or to the one before.
    let unfinished = |text: &str| !text.is_empty() && !text.ends_with(['\n', '\r']);
    let glued_after = unfinished(&hunk.new_text) && place.end < current_lines.len();
    let glued_before = place.start > 0 && unfinished(current_lines[place.start - 1]);
    if glued_after || glued_before {
        return Err(changed());
    }
    let offset = |line: usize| current_lines[..line].iter().map(|text| text.len()).sum::<usize>();
    let from = offset(place.start);
    let to = from + current_lines[place].iter().map(|text| text.len()).sum::<usize>();
    Ok(from..to)
}

/// Follows lines, or a place between lines, through a diff.
fn follow(base: &[&str], current: &[&str], wanted: Range<usize>) -> Option<Range<usize>> {
    let ops = capture_diff_slices(Algorithm::Myers, base, current);
    if wanted.is_empty() {
        let kept = |line: usize| {
            ops.iter().find_map(|op| match *op {
                DiffOp::Equal { old_index, new_index, len } if (old_index..old_index + len).contains(&line) => {
                    Some(new_index + line - old_index)
                }
                _ => None,
            })
        };
        let at = wanted.start;
        let before = if at == 0 { Some(0) } else { kept(at - 1).map(|line| line + 1) };
        let after = if at == base.len() { Some(current.len()) } else { kept(at) };
        // Both neighbours must still stand side by side.
        return match (before, after) {
            (Some(one), Some(other)) if one == other => Some(one..one),
            _ => None,
        };
    }
    ops.iter().find_map(|op| match *op {
        DiffOp::Equal { old_index, new_index, len } if old_index <= wanted.start && wanted.end <= old_index + len => {
            let start = new_index + wanted.start - old_index;
            Some(start..start + wanted.len())
        }
        _ => None,
    })
}

/// The line of `current`, 1-based, where an edit touches the wanted lines of `base`.
fn edited_line(base: &[&str], current: &[&str], wanted: Range<usize>) -> usize {
    let ops = capture_diff_slices(Algorithm::Myers, base, current);
    let edits =
        || ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).map(|op| (op.old_range(), op.new_range()));
    let within = edits().find(|(old, _)| old.start < wanted.end && wanted.start < old.end.max(old.start + 1));
    let beside = || edits().find(|(old, _)| old.start <= wanted.end && wanted.start <= old.end);
    let line = match within.or_else(beside) {
        Some((old, new)) => new.start + wanted.start.saturating_sub(old.start).min(new.len().saturating_sub(1)),
        None => wanted.start,
    };
    line + 1
}

fn replaced(lines: &[&str], range: &Range<usize>, new_text: &str) -> String {
    let mut text = lines[..range.start].concat();
    text.push_str(new_text);
    text.push_str(&lines[range.end..].concat());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunk::hunks;
    use proptest::prelude::*;
    use rstest::rstest;

    const BASE: &str = "one\ntwo\nthree\nfour\nfive\n";

    fn applied(new: &str, current: &str) -> Result<String, LocateError> {
        let hunk = hunks(BASE, new).remove(0);
        locate(&hunk, BASE, current).map(|range| {
            let mut text = current.to_owned();
            text.replace_range(range, &hunk.new_text);
            text
        })
    }

    #[rstest]
    #[case::unchanged(BASE, "one\ntwo\nTHREE\nfour\nfive\n")]
    #[case::above("zero\none\ntwo\nthree\nfour\nfive\n", "zero\none\ntwo\nTHREE\nfour\nfive\n")]
    #[case::below("one\ntwo\nthree\nfour\n", "one\ntwo\nTHREE\nfour\n")]
    #[case::right_above("one\n2\nthree\nfour\nfive\n", "one\n2\nTHREE\nfour\nfive\n")]
    fn a_hunk_moves_with_the_text(#[case] current: &str, #[case] expected: &str) {
        assert_eq!(applied("one\ntwo\nTHREE\nfour\nfive\n", current).as_deref(), Ok(expected));
    }

    #[test]
    fn the_users_own_change_of_the_line_is_a_conflict() {
        assert_eq!(
            applied("one\ntwo\nTHREE\nfour\nfive\n", "one\ntwo\n3\nfour\nfive\n"),
            Err(LocateError::Changed { line: 3 })
        );
    }

    #[test]
    fn the_line_that_was_edited_is_that_of_the_text_now() {
        let current = "zero\nzero\none\ntwo\n3\nfour\nfive\n";
        assert_eq!(applied("one\ntwo\nTHREE\nfour\nfive\n", current), Err(LocateError::Changed { line: 5 }));
    }

    #[rstest]
    #[case::elsewhere("zero\none\ntwo\nthree\n", Ok("zero\none\ntwo\nnew\nthree\n"))]
    #[case::same_place("one\ntwo\nmine\nthree\n", Err(LocateError::Changed { line: 3 }))]
    fn insertions(#[case] current: &str, #[case] expected: Result<&str, LocateError>) {
        let found = applied("one\ntwo\nnew\nthree\nfour\nfive\n", current);
        assert_eq!(found.as_deref().map_err(Clone::clone), expected);
    }

    #[test]
    fn equal_neighbours_are_never_chosen_by_chance() {
        let hunk = hunks("x\nx\n", "x\ny\n").remove(0);
        assert!(matches!(locate(&hunk, "x\nx\n", "x\nx\nx\n"), Err(LocateError::Ambiguous { .. })));
    }

    #[test]
    fn a_hunk_of_another_base_is_refused() {
        let hunk = hunks(BASE, "1\n").remove(0);
        assert_eq!(locate(&hunk, "else\n", BASE), Err(LocateError::WrongBase));
    }

    proptest! {
        /// Lines are distinct, so that the one right place is known.
        #[test]
        fn an_edit_elsewhere_keeps_the_hunk(
            count in 4_usize..30,
            at in 0.0..1.0_f64,
            length in 1_usize..4,
            cut in 0.0..1.0_f64,
            cut_length in 0_usize..4,
            typed in prop::collection::vec("[a-z]{0,6}", 0..4),
            before in any::<bool>(),
        ) {
            let base: Vec<String> = (0..count).map(|n| format!("line {n}\n")).collect();
            let start = ((count as f64) * at) as usize;
            let end = (start + length).min(count);
            let mut new = base.clone();
            new.splice(start..end, ["changed\n".to_owned()]);
            let hunk = hunks(&base.concat(), &new.concat()).remove(0);
            let typed: Vec<String> = typed.iter().map(|line| format!("typed {line}\n")).collect();
            let (low, high) = if before { (0, start) } else { (end, count) };
            let cut_start = low + ((high - low) as f64 * cut) as usize;
            let cut_end = (cut_start + cut_length).min(high);
            let mut current = base.clone();
            let mut expected = new.clone();
            let shift = if before { 0 } else { end - start - 1 };
            current.splice(cut_start..cut_end, typed.clone());
            expected.splice(cut_start - shift..cut_end - shift, typed);
            let mut current = current.concat();
            let range = locate(&hunk, &base.concat(), &current).unwrap();
            current.replace_range(range, &hunk.new_text);
            prop_assert_eq!(current, expected.concat());
        }

        #[test]
        fn whatever_is_found_is_the_hunks_text(old in "[ab\n]{0,30}", new in "[ab\n]{0,30}", current in "[ab\n]{0,30}") {
            for hunk in hunks(&old, &new) {
                if let Ok(range) = locate(&hunk, &old, &current) {
                    prop_assert_eq!(&current[range], hunk.old_text.as_str());
                }
            }
        }
    }
}
