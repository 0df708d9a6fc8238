//! Cutting text into lines: at LF, CRLF and lone CR, as editors do.

use std::ops::Range;

/// One line of a text, without and with its line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'t> {
    /// Byte offset of the first character in the text.
    pub(crate) start: usize,
    /// The line without its break.
    pub(crate) content: &'t str,
    /// The break: `\n`, `\r\n`, `\r` or nothing on a last line without one.
    pub(crate) ending: &'t str,
}

impl<'t> Line<'t> {
    /// Byte offset after the line break.
    pub(crate) fn end(&self) -> usize {
        self.start + self.content.len() + self.ending.len()
    }

    /// The line without the blanks at its end.
    pub(crate) fn right_trimmed(&self) -> &'t str {
        self.content.trim_end()
    }

    /// The line without surrounding blanks.
    pub(crate) fn trimmed(&self) -> &'t str {
        self.content.trim()
    }

    /// Whether the line holds nothing but blanks.
    pub(crate) fn is_blank(&self) -> bool {
        self.content.trim().is_empty()
    }
}

/// All lines of `text`. A text that ends with a break has no empty line after it.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let bytes = text.as_bytes();
    let mut result = Vec::new();
    let mut start = 0;
    let mut last_break = None;
    for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        // The second half of a CRLF.
        if last_break.is_some_and(|end| at < end) {
            continue;
        }
        let width = if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') { 2 } else { 1 };
        result.push(Line { start, content: &text[start..at], ending: &text[at..at + width] });
        start = at + width;
        last_break = Some(start);
    }
    if start < text.len() {
        result.push(Line { start, content: &text[start..], ending: "" });
    }
    result
}

/// How many lines a text has, as the numbers of a [`Hunk`](crate::Hunk) count them: LF, CRLF and a lone CR end a line, and what
/// ends with a break has no empty line after it.
pub fn line_count(text: &str) -> usize {
    lines(text).len()
}

/// All lines of `text` with their breaks, as [`line_count`] counts them.
pub fn whole_lines(text: &str) -> Vec<&str> {
    lines(text).iter().map(|line| &text[line.start..line.end()]).collect()
}

/// The 0-based number of the line that holds byte `offset`.
pub(crate) fn line_index(lines: &[Line<'_>], offset: usize) -> usize {
    lines.partition_point(|line| line.start <= offset).saturating_sub(1)
}

/// The numbers of the lines a byte range touches; an empty range touches the line it stands in.
pub(crate) fn touched_lines(lines: &[Line<'_>], range: &Range<usize>) -> Range<usize> {
    if lines.is_empty() {
        return 0..0;
    }
    let first = line_index(lines, range.start);
    let last = line_index(lines, range.end.saturating_sub(1).max(range.start));
    first..last + 1
}

/// The blanks a line starts with.
pub(crate) fn indentation(line: &str) -> &str {
    let rest = line.trim_start_matches([' ', '\t']);
    &line[..line.len() - rest.len()]
}

/// The text without a byte order mark, and the mark's length in bytes.
pub(crate) fn without_byte_order_mark(text: &str) -> (&str, usize) {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => (rest, text.len() - rest.len()),
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", &[])]
    #[case("a", &["a"])]
    #[case("a\n", &["a\n"])]
    #[case("a\r\nb\rc\n\n", &["a\r\n", "b\r", "c\n", "\n"])]
    #[case("a\u{2028}b\u{c}c", &["a\u{2028}b\u{c}c"])]
    fn cuts_at_line_breaks(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(whole_lines(text), expected);
        assert_eq!(line_count(text), expected.len());
    }

    #[rstest]
    #[case(0..0, 0..1)]
    #[case(0..3, 0..1)]
    #[case(0..4, 0..2)]
    #[case(3..6, 1..2)]
    fn finds_touched_lines(#[case] range: Range<usize>, #[case] expected: Range<usize>) {
        assert_eq!(touched_lines(&lines("ab\ncd\nef"), &range), expected);
    }
}
