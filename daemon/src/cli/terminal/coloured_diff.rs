//! A unified diff in the colours of a terminal, the words that differ set off.

use aiia_edit::{Hunk, shown_lines};

use super::output::{BOLD, CYAN, GREEN, RED, RESET, REVERSE};

/// The diff in colour. What is left without the colours is the diff.
pub(crate) fn coloured(diff: &str) -> String {
    let mut result = String::with_capacity(diff.len() * 2);
    let mut lines = diff.split_inclusive('\n').peekable();
    // Lines of the old and of the new text that are still to come in a hunk: a removed line may look like a header.
    let (mut old, mut new) = (0_usize, 0_usize);
    let (mut gone, mut come): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next() {
        let in_hunk = old > 0 || new > 0;
        match line.as_bytes().first() {
            Some(b'-') if in_hunk => {
                old = old.saturating_sub(1);
                gone.push(line);
            }
            Some(b'+') if in_hunk => {
                new = new.saturating_sub(1);
                come.push(line);
            }
            Some(b'\\') => {
                // It says that the line above has no break, and belongs to it.
                let of = if come.is_empty() { &mut gone } else { &mut come };
                if of.is_empty() { result.push_str(line) } else { of.push(line) }
            }
            _ => {
                if in_hunk {
                    (old, new) = (old.saturating_sub(1), new.saturating_sub(1));
                    result.push_str(line);
                } else if let Some(counts) = counts(line) {
                    (old, new) = counts;
                    push(&mut result, line, CYAN);
                } else {
                    let is_header = ["--- ", "+++ ", "diff "].iter().any(|word| line.starts_with(word));
                    push(&mut result, line, if is_header { BOLD } else { "" });
                }
            }
        }
        let goes_on = lines.peek().is_some_and(|next| match next.as_bytes().first() {
            Some(b'-') => come.is_empty() && old > 0,
            Some(b'+') => new > 0,
            Some(b'\\') => true,
            _ => false,
        });
        if !goes_on {
            flush(&mut result, &mut gone, &mut come);
        }
    }
    result
}

/// Writes the lines that go and the lines that come.
fn flush(result: &mut String, gone: &mut Vec<&str>, come: &mut Vec<&str>) {
    let text = |lines: &[&str]| lines.iter().filter_map(|line| line.strip_prefix(['+', '-'])).collect::<String>();
    let hunk = Hunk {
        old_start: 1,
        old_lines: gone.len(),
        new_start: 1,
        new_lines: come.len(),
        old_text: text(gone),
        new_text: text(come),
        tolerances: Vec::new(),
    };
    let mut shown = shown_lines(&hunk).into_iter();
    for line in gone.drain(..).chain(come.drain(..)) {
        let bare = line.trim_end_matches(['\r', '\n']);
        let words = if line.starts_with(['+', '-']) { shown.next() } else { None };
        let Some(words) = words else {
            result.push_str(line);
            continue;
        };
        let colour = if words.added { GREEN } else { RED };
        let all_changed = words.spans.iter().all(|span| span.changed);
        result.push_str(colour);
        result.push_str(&line[..1]);
        for span in &words.spans {
            if span.changed && !all_changed {
                result.extend([REVERSE, &span.text, RESET, colour]);
            } else {
                result.push_str(&span.text);
            }
        }
        result.push_str(RESET);
        result.push_str(&line[bare.len()..]);
    }
}

/// Adds a line in a colour.
fn push(result: &mut String, line: &str, colour: &str) {
    let bare = line.trim_end_matches(['\r', '\n']);
    if colour.is_empty() {
        return result.push_str(line);
    }
    result.extend([colour, bare, RESET, &line[bare.len()..]]);
}

/// The numbers of lines that a hunk header announces.
fn counts(line: &str) -> Option<(usize, usize)> {
    let mut words = line.strip_prefix("@@ ")?.split(' ');
    let count = |word: &str, sign: char| -> Option<usize> {
        let span = word.strip_prefix(sign)?;
        span.split_once(',').map_or(Some(1), |(_, count)| count.parse().ok())
    };
    Some((count(words.next()?, '-')?, count(words.next()?, '+')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sanitize::clean;

    const DIFF: &str = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-let a = 1;\r\n--- x\n+let a = 2;\r\n+y\n same\n\\ No newline at end of file\n";

    #[test]
    fn it_has_the_same_lines_without_colour() {
        assert_eq!(clean(&coloured(DIFF)), DIFF);
    }

    #[test]
    fn words_that_differ_are_set_off() {
        let text = coloured("@@ -1 +1 @@\n-let a = 1;\n+let a = 2;\n");
        assert!(text.contains("\x1b[31m-let a = \x1b[7m1\x1b[0m\x1b[31m;\x1b[0m\n"), "{text:?}");
        assert!(text.contains("\x1b[32m+let a = \x1b[7m2\x1b[0m\x1b[32m;\x1b[0m\n"), "{text:?}");
    }

    #[test]
    fn a_removed_line_is_no_header() {
        let text = coloured(DIFF);
        assert!(text.contains("\x1b[1m--- a/x") && !text.contains("\x1b[1m--- x"), "{text:?}");
    }
}
