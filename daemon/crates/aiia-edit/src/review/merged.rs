//! A review document that was typed in, brought up to date with what is rendered now.

use std::ops::Range;

use similar::{Algorithm, capture_diff_slices};

use super::edited::alike;
use crate::hunk::hunks;
use crate::lines::whole_lines;

/// What becomes of a buffer that shows a review.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Merged {
    /// The bytes of the buffer to replace, in order, with what comes in their place.
    pub replacements: Vec<(Range<usize>, String)>,
    /// Lines that the user typed and that could not stay, because the review is another one where they stood.
    pub lost: Vec<String>,
}

/// What to replace in `buffer`, which showed `before` and may have been typed in since, so that it shows `rendered`. What was typed
/// stays: notes (lines that begin with `#`) and edited lines. Comments and headers of the review itself are those of `rendered`.
pub fn merged(before: &str, buffer: &str, rendered: &str) -> Merged {
    let theirs: Vec<&str> = rendered.lines().collect();
    let shown: Vec<&str> = before.lines().map(alike).collect();
    let new: Vec<&str> = theirs.iter().copied().map(alike).collect();
    let ours: Vec<&str> = buffer.lines().collect();
    let typed = typed(&ours, before, rendered);
    let now: Vec<&str> =
        ours.iter().zip(&typed).map(|(line, typed)| if *typed { *line } else { alike(line) }).collect();

    let (in_buffer, in_new) = (partners(&shown, &now), partners(&shown, &new));
    let mut text = Text { lines: Vec::new(), lost: Vec::new() };
    let (mut b, mut o, mut t) = (0, 0, 0);
    for at in 0..=shown.len() {
        let both = if at == shown.len() { Some((ours.len(), theirs.len())) } else { in_buffer[at].zip(in_new[at]) };
        let Some((in_buffer, in_new)) = both else { continue };
        text.between(
            &shown[b..at],
            Part { lines: &ours[o..in_buffer], keys: &now[o..in_buffer], typed: &typed[o..in_buffer] },
            Part { lines: &theirs[t..in_new], keys: &new[t..in_new], typed: &[] },
        );
        if at < shown.len() {
            text.lines.push(if is_header(shown[at]) { theirs[in_new] } else { ours[in_buffer] });
        }
        (b, o, t) = (at + 1, in_buffer + 1, in_new + 1);
    }
    let line_break = if buffer.contains("\r\n") { "\r\n" } else { "\n" };
    let mut whole: String = text.lines.iter().flat_map(|line| [*line, line_break]).collect();
    if !buffer.is_empty() && !buffer.ends_with('\n') && text.lines.last() == ours.last() {
        whole.truncate(whole.len() - line_break.len());
    }
    Merged { replacements: replacements(buffer, &whole), lost: text.lost }
}

/// The lines of a stretch, those that are compared, and which of them are notes.
struct Part<'a> {
    lines: &'a [&'a str],
    keys: &'a [&'a str],
    typed: &'a [bool],
}

struct Text<'a> {
    lines: Vec<&'a str>,
    lost: Vec<String>,
}

impl<'a> Text<'a> {
    /// A stretch without a line that all three have.
    fn between(&mut self, shown: &[&str], ours: Part<'a>, theirs: Part<'a>) {
        let is_frame = |line: &&str| *line == "@";
        if ours.keys == shown || ours.keys == theirs.keys {
            self.lines.extend(theirs.lines);
        } else if theirs.keys == shown && !shown.iter().chain(ours.keys).any(is_frame) {
            // A comment that the user took away comes back.
            self.lines.extend(theirs.lines.iter().filter(|line| line.starts_with('#')));
            let is_typed = |(line, typed): &(&&str, &bool)| **typed || !line.starts_with('#');
            self.lines.extend(ours.lines.iter().zip(ours.typed).filter(is_typed).map(|(line, _)| *line));
        } else {
            self.lines.extend(theirs.lines);
            for ((line, key), typed) in ours.lines.iter().zip(ours.keys).zip(ours.typed) {
                if *typed {
                    self.lines.push(line);
                } else if !is_header(key) && !shown.contains(key) && !theirs.keys.contains(key) {
                    self.lost.push((*line).to_owned());
                }
            }
        }
    }
}

/// Whether a line, as it is compared, is a comment of the review or a header of a hunk.
fn is_header(key: &str) -> bool {
    matches!(key, "#" | "@")
}

/// Which lines of the buffer are notes of the user: comments that the review never had.
fn typed(buffer: &[&str], before: &str, rendered: &str) -> Vec<bool> {
    let head = |lines: &mut dyn Iterator<Item = &str>| lines.take_while(|line| line.starts_with('#')).count();
    let of_the_review = head(&mut before.lines()).max(head(&mut rendered.lines()));
    let in_head = head(&mut buffer.iter().copied());
    let known: Vec<&str> = before.lines().chain(rendered.lines()).filter(|line| line.starts_with('#')).collect();
    // The buffer may show older ones.
    let may_be_older = |line: &str| line.starts_with("# [") || line.contains(" hunk") && line.ends_with(" pending");
    let is_typed = |(number, line): (usize, &&str)| {
        line.starts_with('#')
            && !known.contains(line)
            && !may_be_older(line)
            // As many as there are to be are other words in place of ours.
            && (number >= in_head || in_head > of_the_review)
    };
    buffer.iter().enumerate().map(is_typed).collect()
}

/// For each line of `from` the one of `to` that it is.
fn partners(from: &[&str], to: &[&str]) -> Vec<Option<usize>> {
    let mut found = vec![None; from.len()];
    for op in capture_diff_slices(Algorithm::Myers, from, to) {
        if matches!(op, similar::DiffOp::Equal { .. }) {
            for (old, new) in op.old_range().zip(op.new_range()) {
                found[old] = Some(new);
            }
        }
    }
    found
}

fn replacements(old: &str, new: &str) -> Vec<(Range<usize>, String)> {
    let mut starts = vec![0];
    for line in whole_lines(old) {
        starts.push(starts.last().copied().unwrap_or(0) + line.len());
    }
    let of_hunk = |hunk: crate::Hunk| {
        let (first, last) = (hunk.old_index(), hunk.old_index() + hunk.old_lines);
        let range = starts[first.min(starts.len() - 1)]..starts[last.min(starts.len() - 1)];
        // A cursor on the next line stays where it is.
        let end = ["\r\n", "\n"].into_iter().find(|end| hunk.old_text.ends_with(end) && hunk.new_text.ends_with(end));
        let end = end.map_or(0, str::len);
        (range.start..range.end - end, hunk.new_text[..hunk.new_text.len() - end].to_owned())
    };
    hunks(old, new).into_iter().map(of_hunk).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SHOWN: &str = "# t\n# 2 hunks in 1 file, 2 pending\n# accept\n--- a/x\n+++ b/x\n@@ -1 +1 @@ [pending]\n-a\n+b\n@@ -9 +9 @@ [pending]\n-c\n+d\n";

    fn after(before: &str, buffer: &str, rendered: &str) -> (String, Vec<String>) {
        let merged = merged(before, buffer, rendered);
        let mut text = buffer.to_owned();
        for (range, new) in merged.replacements.iter().rev() {
            text.replace_range(range.clone(), new);
        }
        (text, merged.lost)
    }

    fn decided(text: &str) -> String {
        text.replacen("[pending]", "[accepted]", 1).replace("2 pending", "1 pending")
    }

    #[rstest]
    #[case("+d\n", "+eight\n")]
    #[case("+d\n", "+d\n# should be 99\n")]
    #[case("+d\n", "+eight\n+more\n# should be 99\n#and more\n")]
    #[case("-a\n+b\n", "-a\n# first\n+b\n# second\n")]
    #[case("+b\n", "+# a comment in the code\n")]
    #[case("+d\n", "")]
    fn what_was_typed_stays_beside_new_headers(#[case] from: &str, #[case] to: &str) {
        let buffer = SHOWN.replacen(from, to, 1);
        assert_ne!(buffer, SHOWN);
        assert_eq!(after(SHOWN, &buffer, &decided(SHOWN)), (decided(&buffer), vec![]));
        assert_eq!(after(SHOWN, &buffer, SHOWN), (buffer.clone(), vec![]));
        // What the buffer showed may be older than what was rendered last.
        assert_eq!(after(&decided(SHOWN), &buffer, &decided(SHOWN)), (decided(&buffer), vec![]));
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(after(SHOWN, &crlf(&buffer), &decided(SHOWN)), (crlf(&decided(&buffer)), vec![]));
    }

    #[test]
    fn a_comment_of_the_review_that_was_taken_away_comes_back() {
        let buffer = SHOWN.replace("+d\n", "+eight\n# note\n");
        for line in ["# t\n", "# accept\n", "# 2 hunks in 1 file, 2 pending\n"] {
            let without = buffer.replace(line, "");
            assert_eq!(after(SHOWN, &without, &decided(SHOWN)), (decided(&buffer), vec![]));
        }
    }

    #[test]
    fn hunks_that_are_others_now_come_beside_what_was_typed() {
        let split = SHOWN.replace("-a\n+b\n", "-a\n+b1\n@@ -2 +2 @@ [pending]\n-b\n+b2\n");
        let buffer = SHOWN.replace("+d\n", "+eight\n# note\n");
        assert_eq!(after(SHOWN, &buffer, &split), (split.replace("+d\n", "+eight\n# note\n"), vec![]));
    }

    #[test]
    fn what_was_taken_over_is_there_once() {
        let buffer = SHOWN.replace("+d\n", "+eight\n# note\n");
        let revised = SHOWN.replace("+d\n", "+eight\n");
        assert_eq!(after(SHOWN, &buffer, &decided(&revised)), (decided(&buffer), vec![]));
    }

    #[test]
    fn what_cannot_stay_is_told() {
        let revised = SHOWN.replace("+d\n", "+of another\n");
        let buffer = SHOWN.replace("+d\n", "+eight\n# note\n");
        let expected = revised.replace("+of another\n", "+of another\n# note\n");
        assert_eq!(after(SHOWN, &buffer, &revised), (expected, vec!["+eight".to_owned()]));
        // A hunk that was taken away comes back.
        let buffer = SHOWN.replace("-a\n", "-a\n+typed\n").replace("@@ -9 +9 @@ [pending]\n-c\n+d\n", "");
        assert_eq!(after(SHOWN, &buffer, SHOWN), (SHOWN.replace("-a\n", "-a\n+typed\n"), vec![]));
        assert_eq!(after(SHOWN, "something else\n", SHOWN), (SHOWN.to_owned(), vec!["something else".to_owned()]));
        assert_eq!(after(SHOWN, "", SHOWN), (SHOWN.to_owned(), vec![]));
    }
}
