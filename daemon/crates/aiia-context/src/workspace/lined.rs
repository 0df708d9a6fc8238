//! A text with what finds one of its lines without reading those before it.

use super::facts::content;
use std::ops::Range;
use std::sync::Arc;

/// Of so many bytes each it is known how many lines end before them.
const STRIDE: usize = 128;

/// A text, the number that stands for it, and where its lines are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinedText {
    text: Arc<str>,
    content: u32,
    /// How many lines end before each stride of the text.
    ended_before: Box<[u32]>,
}

impl LinedText {
    /// Reads a text once for all questions about its lines.
    pub fn new(text: Arc<str>) -> LinedText {
        let mut ended = 0;
        let ended_before = text.as_bytes().chunks(STRIDE).map(|stride| {
            let before = ended;
            ended += memchr::memchr_iter(b'\n', stride).count() as u32;
            before
        });
        LinedText { ended_before: ended_before.collect(), content: content(&text), text }
    }

    /// The text itself.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The number that stands for the text.
    pub(crate) fn content(&self) -> u32 {
        self.content
    }

    /// The lines of that range, from 0, with their line breaks; what of them is behind the end of the text is left out. Nothing where
    /// the first one is.
    pub(crate) fn lines(&self, lines: Range<u32>) -> Option<&str> {
        let start = self.start(lines.start)?;
        let end = match lines.end.checked_sub(lines.start)? {
            0 => start,
            count => self.behind(start, count).unwrap_or(self.text.len()),
        };
        self.text.get(start..end)
    }

    /// Where a line begins; the end of the text right behind the last one.
    fn start(&self, line: u32) -> Option<usize> {
        if line == 0 {
            return Some(0);
        }
        let stride = self.ended_before.partition_point(|ended| *ended < line).checked_sub(1)?;
        self.behind(stride * STRIDE, line - self.ended_before[stride])
    }

    /// Where so many line breaks, at least one, are passed from a byte on.
    fn behind(&self, from: usize, breaks: u32) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        memchr::memchr_iter(b'\n', rest).nth(breaks as usize - 1).map(|at| from + at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::empty("")]
    #[case::one_line("a")]
    #[case::ended("a\nb\n")]
    #[case::blank_lines("\n\n\nlast")]
    #[case::around_a_stride(&format!("{}\n{}\n\nend\n", "x".repeat(STRIDE - 1), "y".repeat(STRIDE)))]
    #[case::many(&"some line\n".repeat(500))]
    #[case::many_blank(&"\n".repeat(3 * STRIDE))]
    fn finds_lines_as_counting_does(#[case] text: &str) {
        let lined = LinedText::new(Arc::from(text));
        let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        for first in 0..starts.len() + 2 {
            for count in [0, 1, 2, 7, 600] {
                let end = starts.get(first + count).copied().unwrap_or(text.len());
                let expected = starts.get(first).map(|start| &text[*start..end]);
                assert_eq!(lined.lines(first as u32..(first + count) as u32), expected, "{first} {count}");
            }
        }
    }
}
