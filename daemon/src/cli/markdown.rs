//! Markdown for a terminal, block by block: a block is shown as soon as it is complete, and never again.

use termimad::MadSkin;

/// Formats Markdown that comes in parts.
pub(crate) struct MarkdownStream {
    skin: MadSkin,
    width: usize,
    waiting: String,
}

impl MarkdownStream {
    /// For the terminal of standard output.
    pub(crate) fn new(colour: bool) -> Self {
        let skin = if colour { MadSkin::default() } else { MadSkin::no_style() };
        Self::with_width(skin, usize::from(termimad::terminal_size().0).clamp(20, 100))
    }

    fn with_width(skin: MadSkin, width: usize) -> Self {
        Self { skin, width, waiting: String::new() }
    }

    /// Takes the next part; gives the blocks that it completes, formatted.
    pub(crate) fn push(&mut self, part: &str) -> String {
        self.waiting.push_str(part);
        let end = complete_blocks(&self.waiting);
        let blocks: String = self.waiting.drain(..end).collect();
        self.format(&blocks)
    }

    /// Gives what is left, formatted.
    pub(crate) fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.waiting);
        self.format(&rest)
    }

    fn format(&self, markdown: &str) -> String {
        if markdown.is_empty() { String::new() } else { self.skin.text(markdown, Some(self.width)).to_string() }
    }
}

/// How much of `text` are complete blocks: up to the last blank line that is not inside a fence.
fn complete_blocks(text: &str) -> usize {
    let mut fence: Option<(char, usize)> = None;
    let mut complete = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if !line.ends_with('\n') {
            break;
        }
        let line = line.trim();
        let mark = line.chars().next().filter(|character| *character == '`' || *character == '~');
        let run = mark.map_or(0, |mark| line.chars().take_while(|character| *character == mark).count());
        match (fence, mark) {
            (None, Some(mark)) if run >= 3 => fence = Some((mark, run)),
            (Some((open, length)), Some(mark)) if mark == open && run >= length && line.len() == run => {
                fence = None;
                complete = at;
            }
            (None, _) if line.is_empty() => complete = at,
            _ => {}
        }
    }
    complete
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
        assert_eq!(complete_blocks(text), expected);
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
