//! Markdown for a terminal, block by block: a block is shown as soon as it is complete, and never again.

use termimad::MadSkin;

/// Formats Markdown that comes in parts.
pub(crate) struct MarkdownStream {
    skin: MadSkin,
    width: usize,
    waiting: String,
    seen: Seen,
}

/// What is known of the text that waits, so that no line of it is looked at twice.
#[derive(Default)]
struct Seen {
    /// The fence that is open.
    fence: Option<(char, usize)>,
    /// The lines up to here were looked at.
    lines: usize,
    /// The last line, which is not complete yet, has no break up to here.
    bytes: usize,
    /// So much are complete blocks: up to the last blank line that is not inside a fence.
    complete: usize,
}

impl MarkdownStream {
    /// For the terminal of standard output.
    pub(crate) fn new(colour: bool) -> Self {
        let skin = if colour { MadSkin::default() } else { MadSkin::no_style() };
        Self::with_width(skin, usize::from(termimad::terminal_size().0).clamp(20, 100))
    }

    fn with_width(skin: MadSkin, width: usize) -> Self {
        Self { skin, width, waiting: String::new(), seen: Seen::default() }
    }

    /// Takes the next part; gives the blocks that it completes, formatted.
    pub(crate) fn push(&mut self, part: &str) -> String {
        self.waiting.push_str(part);
        self.seen.look(&self.waiting);
        let end = std::mem::take(&mut self.seen.complete);
        let blocks: String = self.waiting.drain(..end).collect();
        self.seen.lines -= end;
        self.seen.bytes -= end;
        self.format(&blocks)
    }

    /// Gives what is left, formatted.
    pub(crate) fn finish(&mut self) -> String {
        self.seen = Seen::default();
        let rest = std::mem::take(&mut self.waiting);
        self.format(&rest)
    }

    fn format(&self, markdown: &str) -> String {
        if markdown.is_empty() { String::new() } else { self.skin.text(markdown, Some(self.width)).to_string() }
    }
}

impl Seen {
    /// Looks at the lines of `text` that have become complete.
    fn look(&mut self, text: &str) {
        while let Some(end) = text[self.bytes..].find('\n').map(|at| self.bytes + at + 1) {
            let line = text[self.lines..end].trim();
            (self.lines, self.bytes) = (end, end);
            let mark = line.chars().next().filter(|character| *character == '`' || *character == '~');
            let run = mark.map_or(0, |mark| line.chars().take_while(|character| *character == mark).count());
            match (self.fence, mark) {
                (None, Some(mark)) if run >= 3 => self.fence = Some((mark, run)),
                (Some((open, length)), Some(mark)) if mark == open && run >= length && line.len() == run => {
                    self.fence = None;
                    self.complete = end;
                }
                (None, _) if line.is_empty() => self.complete = end,
                _ => {}
            }
        }
        self.bytes = text.len();
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("half a li", 0)]
    #[case("a line\nand ano", 0)]
    #[case("one\n\ntw", 5)]
    #[case("```rust\nlet a;\n\nlet b;\n", 0)]
    #[case("```rust\nlet a;\n\nlet b;\n```\nmore", 27)]
    #[case("````\n```\n\n````\n", 15)]
    #[case("~~~\n```\n\n", 0)]
    fn blocks(#[case] text: &str, #[case] expected: usize) {
        for size in [1, 3, 100] {
            let (mut seen, mut known) = (Seen::default(), 0);
            while known < text.len() {
                known = text.len().min(known + size);
                seen.look(&text[..known]);
            }
            assert_eq!(seen.complete, expected, "{size}");
        }
    }

    #[test]
    fn every_word_comes_once_however_it_is_cut() {
        let text =
            "# Head\n\nSome *words* here.\n\n```\nlet code = 1;\n\nlet more = 2;\n```\n\n- item one\n- item two\n";
        let whole = MarkdownStream::with_width(MadSkin::no_style(), 60).format(text);
        for size in [1, 5, 17] {
            let mut stream = MarkdownStream::with_width(MadSkin::no_style(), 60);
            let mut out = String::new();
            let characters: Vec<char> = text.chars().collect();
            for part in characters.chunks(size) {
                out.push_str(&stream.push(&part.iter().collect::<String>()));
            }
            out.push_str(&stream.finish());
            assert_eq!(out.split_whitespace().collect::<Vec<_>>(), whole.split_whitespace().collect::<Vec<_>>());
        }
    }
}
