//! Hunks: the smallest changed line ranges between two texts, each of which can be taken or left.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::lines::{Line, line_index, whole_lines};
use crate::tolerance::Tolerance;

/// One run of changed lines. Only the changed lines are kept, no context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    /// First changed line of the old text, 1-based. When `old_lines` is 0 it is the line after which
    /// the new lines stand (0: at the top), as in unified diffs.
    pub old_start: usize,
    /// Number of replaced lines.
    pub old_lines: usize,
    /// First changed line of the new text, 1-based; when `new_lines` is 0 the line before.
    pub new_start: usize,
    /// Number of new lines.
    pub new_lines: usize,
    /// The replaced lines with their line breaks.
    pub old_text: String,
    /// The new lines with their line breaks.
    pub new_text: String,
    /// How loosely the model's text had to be read to make this hunk; empty when it matched exactly.
    pub tolerances: Vec<Tolerance>,
}

impl Hunk {
    /// 0-based number of the first replaced line, or of the line before which lines are inserted.
    pub fn old_index(&self) -> usize {
        index(self.old_start, self.old_lines)
    }

    /// 0-based number of the first new line, or of the line before which lines vanished.
    pub fn new_index(&self) -> usize {
        index(self.new_start, self.new_lines)
    }
}

/// The changes that turn `old` into `new`, in order. Changes with an unchanged line between them are
/// separate hunks, adjacent changed lines are one. Empty when the texts are equal.
pub fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let mut result = Vec::new();
    push_hunks(&whole_lines(old), &whole_lines(new), (0, 0), &mut result);
    result
}

/// As [`hunks()`], where it is known what was replaced: ranges of `old`, in order, with those of `new` that took their places. `old_lines`
/// are the lines of `old`, none of which ends in a lone CR. Takes time for what was replaced only.
pub(crate) fn hunks_within(
    old: &str,
    old_lines: &[Line],
    new: &str,
    replaced: &[(Range<usize>, Range<usize>)],
) -> Vec<Hunk> {
    let mut result = Vec::new();
    // Whole lines around what was replaced, the line behind it included, since the replaced text may have taken its break.
    let mut regions: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for (old_range, new_range) in replaced {
        let first = line_index(old_lines, old_range.start);
        let last = line_index(old_lines, old_range.end);
        let start = if first == 0 { 0 } else { old_lines.get(first).map_or(0, |line| line.start) };
        let end = old_lines.get(last).map_or(old.len(), Line::end).max(old_range.end);
        let new_end = new_range.end + (end - old_range.end);
        match regions.last_mut() {
            Some((before, new_before)) if start <= before.end => (before.end, new_before.end) = (end, new_end),
            _ => regions.push((start..end, new_range.start - (old_range.start - start)..new_end)),
        }
    }
    let mut shift = 0_isize;
    for (old_range, new_range) in regions {
        let first = if old_range.start == 0 { 0 } else { line_index(old_lines, old_range.start) };
        let (before, after) = (whole_lines(&old[old_range]), whole_lines(&new[new_range]));
        push_hunks(&before, &after, (first, first.saturating_add_signed(shift)), &mut result);
        shift += after.len() as isize - before.len() as isize;
    }
    result
}

/// Adds the hunks of two rows of lines, which begin at these lines of their texts.
fn push_hunks(old_lines: &[&str], new_lines: &[&str], begin: (usize, usize), result: &mut Vec<Hunk>) {
    let mut open: Option<(usize, usize, usize, usize)> = None;
    let mut close = |open: &mut Option<(usize, usize, usize, usize)>| {
        if let Some((old_from, old_to, new_from, new_to)) = open.take() {
            result.push(Hunk {
                old_start: number(begin.0 + old_from, begin.0 + old_to),
                old_lines: old_to - old_from,
                new_start: number(begin.1 + new_from, begin.1 + new_to),
                new_lines: new_to - new_from,
                old_text: old_lines[old_from..old_to].concat(),
                new_text: new_lines[new_from..new_to].concat(),
                tolerances: Vec::new(),
            });
        }
    };
    // The bounded variant of Myers: minimal except on hopeless input, where it stays fast instead.
    for op in capture_diff_slices(Algorithm::Myers, old_lines, new_lines) {
        if matches!(op, DiffOp::Equal { .. }) {
            close(&mut open);
            continue;
        }
        let (old, new) = (op.old_range(), op.new_range());
        open = Some(match open {
            None => (old.start, old.end, new.start, new.end),
            Some((a, b, c, d)) => (a.min(old.start), b.max(old.end), c.min(new.start), d.max(new.end)),
        });
    }
    close(&mut open);
}

/// `old` with the given hunks applied. `hunks` may be any subset of what [`hunks()`] gave for this very
/// `old`, in any order. A hunk that does not stand where it says is left out, as is one that overlaps
/// an earlier one: use [`crate::locate`] first when the text may have changed.
pub fn apply_hunks(old: &str, hunks: &[&Hunk]) -> String {
    let lines = whole_lines(old);
    let mut ordered: Vec<&Hunk> = hunks.to_vec();
    ordered.sort_by_key(|hunk| (hunk.old_index(), hunk.old_lines));
    let mut result = String::with_capacity(old.len());
    let mut at = 0;
    for hunk in ordered {
        let start = hunk.old_index();
        let end = start.saturating_add(hunk.old_lines);
        if start < at || end > lines.len() || lines[start..end].concat() != hunk.old_text {
            continue;
        }
        result.extend(lines[at..start].iter().copied());
        result.push_str(&hunk.new_text);
        at = end;
    }
    result.extend(lines[at..].iter().copied());
    result
}

fn index(start: usize, count: usize) -> usize {
    if count == 0 { start } else { start.saturating_sub(1) }
}

fn number(from: usize, to: usize) -> usize {
    if from == to { from } else { from + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn shape(old: &str, new: &str) -> Vec<(usize, usize, usize, usize)> {
        hunks(old, new).iter().map(|h| (h.old_start, h.old_lines, h.new_start, h.new_lines)).collect()
    }

    #[rstest]
    #[case("a\n", "a\n", &[])]
    #[case("a\nb\nc\n", "a\nX\nc\n", &[(2, 1, 2, 1)])]
    #[case("a\nb\nc\nd\n", "X\nb\nY\nd\n", &[(1, 1, 1, 1), (3, 1, 3, 1)])]
    #[case("a\nb\n", "a\nX\nb\n", &[(1, 0, 2, 1)])]
    #[case("a\n", "X\na\n", &[(0, 0, 1, 1)])]
    #[case("a\nb\n", "b\n", &[(1, 1, 0, 0)])]
    #[case("a", "a\nb", &[(1, 1, 1, 2)])]
    #[case("", "a\n", &[(0, 0, 1, 1)])]
    #[case("a\nb\nc\n", "X\nY\nc\n", &[(1, 2, 1, 2)])]
    fn separates_changes(#[case] old: &str, #[case] new: &str, #[case] expected: &[(usize, usize, usize, usize)]) {
        assert_eq!(shape(old, new), expected);
    }

    #[test]
    fn a_subset_leaves_the_rest_as_it_was() {
        let all = hunks("a\nb\nc\nd\n", "X\nb\nY\nd\n");
        assert_eq!(apply_hunks("a\nb\nc\nd\n", &[&all[1]]), "a\nb\nY\nd\n");
    }

    #[test]
    fn a_hunk_of_another_text_is_left_out() {
        let all = hunks("a\nb\n", "a\nX\n");
        assert_eq!(apply_hunks("a\nc\n", &[&all[0]]), "a\nc\n");
    }

    fn text() -> impl Strategy<Value = String> {
        let line = prop::sample::select(vec!["a", "b", "", "  c", "\u{e9}\u{1f600}", "}"]);
        let ending = prop::sample::select(vec!["\n", "\n", "\r\n", "\r", ""]);
        prop::collection::vec((line, ending), 0..24)
            .prop_map(|lines| lines.into_iter().flat_map(|(a, b)| [a, b]).collect())
    }

    proptest! {
        #[test]
        fn all_hunks_give_the_new_text(old in text(), new in text()) {
            let all = hunks(&old, &new);
            prop_assert_eq!(apply_hunks(&old, &all.iter().collect::<Vec<_>>()), new);
        }

        /// Lines of the old text are replaced by new ones; what comes out is what a diff of the whole texts gives, or as good.
        #[test]
        fn hunks_within_what_was_replaced_give_the_new_text(
            old in "([ab]{0,2}\n){0,12}[ab]?",
            pieces in prop::collection::vec((0_usize..30, 0_usize..4, "([abc]{0,2}\n?){0,3}"), 0..4),
        ) {
            let mut new = String::new();
            let mut replaced = Vec::new();
            let mut at = 0;
            for (skip, length, text) in pieces {
                let start = (at + skip).min(old.len());
                let end = (start + length).min(old.len());
                new.push_str(&old[at..start]);
                replaced.push((start..end, new.len()..new.len() + text.len()));
                new.push_str(&text);
                at = end;
            }
            new.push_str(&old[at..]);
            let within = hunks_within(&old, &crate::lines::lines(&old), &new, &replaced);
            prop_assert_eq!(apply_hunks(&old, &within.iter().collect::<Vec<_>>()), new.clone());
            for pair in within.windows(2) {
                prop_assert!(pair[0].old_index() + pair[0].old_lines < pair[1].old_index());
                prop_assert!(pair[0].new_index() + pair[0].new_lines < pair[1].new_index());
            }
            let new_lines = whole_lines(&new);
            for hunk in within {
                prop_assert_eq!(new_lines[hunk.new_index()..hunk.new_index() + hunk.new_lines].concat(), hunk.new_text);
            }
        }

        #[test]
        fn hunks_never_touch_each_other(old in text(), new in text()) {
            for pair in hunks(&old, &new).windows(2) {
                prop_assert!(pair[0].old_index() + pair[0].old_lines < pair[1].old_index());
                prop_assert!(pair[0].new_index() + pair[0].new_lines < pair[1].new_index());
            }
        }

        #[test]
        fn any_subset_applies(old in text(), new in text(), mask in any::<u32>()) {
            let all = hunks(&old, &new);
            let chosen: Vec<&Hunk> = all
                .iter()
                .enumerate()
                .filter(|(i, _)| mask & (1 << (i % 32)) != 0)
                .map(|(_, h)| h)
                .collect();
            let rest: Vec<&Hunk> = all.iter().filter(|h| !chosen.contains(h)).collect();
            let half = apply_hunks(&old, &chosen);
            // What was left can still be found in the half-applied text and completes it.
            let mut current = half.clone();
            for hunk in rest {
                let place = crate::rebase::locate(hunk, &old, &current);
                if let Ok(range) = place {
                    prop_assert_eq!(&current[range.clone()], hunk.old_text.as_str());
                    current.replace_range(range, &hunk.new_text);
                }
            }
        }
    }
}
