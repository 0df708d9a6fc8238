//! The lines of the text a request is about.

use std::ops::Range;

/// Where the lines of a text start. Line numbers here start at 0.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for index in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let ends = bytes[index] == b'\n' || bytes.get(index + 1) != Some(&b'\n');
            if ends && index + 1 < bytes.len() {
                starts.push(index + 1);
            }
        }
        Lines { text, starts }
    }

    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The line a byte offset lies on; the last one for the end of the text.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }

    /// The lines a byte range touches. A range that ends right behind a line break does not touch the next line.
    pub(crate) fn of_range(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.line_of(range.start);
        let last = if range.end > range.start { self.line_of(range.end - 1) } else { first };
        first..last + 1
    }

    /// The bytes of a run of lines, line breaks included.
    pub(crate) fn bytes(&self, lines: &Range<usize>) -> Range<usize> {
        let start_of = |line: usize| self.starts.get(line).copied().unwrap_or(self.text.len());
        start_of(lines.start)..start_of(lines.end)
    }

    /// The text of a run of lines, line breaks included.
    pub(crate) fn text(&self, lines: &Range<usize>) -> &'a str {
        &self.text[self.bytes(lines)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", &[""])]
    #[case("a", &["a"])]
    #[case("a\n", &["a\n"])]
    #[case("a\r\nb\rc\n\nd\u{2028}e", &["a\r\n", "b\r", "c\n", "\n", "d\u{2028}e"])]
    fn cuts_lines(#[case] text: &str, #[case] expected: &[&str]) {
        let lines = Lines::new(text);
        let found: Vec<&str> = (0..lines.count()).map(|line| lines.text(&(line..line + 1))).collect();
        assert_eq!(found, expected);
    }

    #[rstest]
    #[case(0..0, 0..1)]
    #[case(0..2, 0..1)]
    #[case(0..3, 0..2)]
    #[case(2..2, 1..2)]
    #[case(5..5, 2..3)]
    fn finds_lines_of_a_range(#[case] range: Range<usize>, #[case] expected: Range<usize>) {
        assert_eq!(Lines::new("a\nb\nc").of_range(&range), expected);
    }
}
