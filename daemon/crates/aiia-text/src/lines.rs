//! Lines of a plain string, for code that has no [`crate::Document`] at hand. Same rules as there.

use std::ops::Range;

/// The largest character boundary of `text` that is not behind `offset`.
pub fn floor_char_boundary(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset)
}

/// Byte offset at which the line of `offset` starts. Between the CR and the LF of a CRLF is still the line they
/// end.
pub fn line_start(text: &str, offset: usize) -> usize {
    let bytes = text.as_bytes();
    let mut start = text.floor_char_boundary(offset);
    if start > 0 && bytes[start - 1] == b'\r' && bytes.get(start) == Some(&b'\n') {
        start -= 1;
    }
    while start > 0 && !matches!(bytes[start - 1], b'\n' | b'\r') {
        start -= 1;
    }
    start
}

/// Byte offset behind the line break that ends the line of `offset`; the length of the text on the last line.
pub fn line_end(text: &str, offset: usize) -> usize {
    let bytes = text.as_bytes();
    let from = text.floor_char_boundary(offset);
    match bytes[from..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        None => text.len(),
        Some(found) if bytes[from + found] == b'\r' && bytes.get(from + found + 1) == Some(&b'\n') => from + found + 2,
        Some(found) => from + found + 1,
    }
}

/// Byte offset behind the last character of the line of `offset`, before its line break.
pub fn content_end(text: &str, offset: usize) -> usize {
    let start = line_start(text, offset);
    let line = &text[start..line_end(text, start)];
    start + line.trim_end_matches(['\n', '\r']).len()
}

/// `range` grown to whole lines, the last line break included. A range that ends right behind a line break does
/// not take the next line; an empty range takes its line.
pub fn whole_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let (start, end) = (range.start.min(range.end), range.start.max(range.end));
    let first = line_start(text, start);
    let end = text.floor_char_boundary(end);
    if end > first && line_start(text, end) == end {
        return first..end;
    }
    first..line_end(text, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("ab\ncd\n", 0..0, "ab\n")]
    #[case("ab\ncd\n", 1..3, "ab\n")]
    #[case("ab\ncd\n", 1..4, "ab\ncd\n")]
    #[case("ab\r\ncd", 3..3, "ab\r\n")]
    #[case("ab\rcd\ref", 4..4, "cd\r")]
    #[case("ab\u{2028}cd\n", 6..6, "ab\u{2028}cd\n")]
    #[case("ab\ncd\n", 6..6, "")]
    #[case("ab\n\ncd", 3..3, "\n")]
    #[case("é\n", 1..1, "é\n")]
    #[case("ab", 9..99, "ab")]
    #[case("", 0..0, "")]
    fn grows_to_whole_lines(#[case] text: &str, #[case] range: Range<usize>, #[case] expected: &str) {
        assert_eq!(&text[whole_lines(text, range)], expected);
    }

    #[rstest]
    #[case("ab\r\ncd", 1, 2)]
    #[case("ab\r\ncd", 3, 2)]
    #[case("ab\r\ncd", 4, 6)]
    #[case("a\rb", 0, 1)]
    fn ends_before_the_break(#[case] text: &str, #[case] offset: usize, #[case] expected: usize) {
        assert_eq!(content_end(text, offset), expected);
    }
}
