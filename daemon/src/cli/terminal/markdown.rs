//! Markdown for a terminal as it comes: a line of code is shown when it is complete, any other block when it is, and until then as
//! a draft.

use termimad::MadSkin;

use super::output::{CYAN, RESET};

/// So many bytes of a block that is not complete are formatted for a draft; only its last rows fit the screen anyway.
const DRAFT_BYTES: usize = 8 << 10;

/// Formats Markdown that comes in parts.
pub(crate) struct MarkdownStream {
    skin: MadSkin,
    colour: bool,
    width: usize,
    /// A block that is not complete, or the begin of a line of code.
    waiting: String,
    /// The begin in `waiting` of its last line, which has no break up to `scanned`.
    line: usize,
    scanned: usize,
    /// The fence that is open.
    fence: Option<(char, usize)>,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Blank,
    Text,
    Code,
    Opening(char, usize),
    Closing,
}

impl MarkdownStream {
    /// For a terminal that is `columns` wide.
    pub(crate) fn new(colour: bool, columns: usize) -> Self {
        let skin = if colour { MadSkin::default() } else { MadSkin::no_style() };
        let width = columns.clamp(20, 100);
        Self { skin, colour, width, waiting: String::new(), line: 0, scanned: 0, fence: None }
    }

    /// Columns that the formatted text has at most, but for lines of code.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Takes the next part; gives what it completes, formatted.
    pub(crate) fn push(&mut self, part: &str) -> String {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.push_str(part);
        let mut shown = String::new();
        let mut settled = 0;
        while let Some(end) = waiting[self.scanned..].find('\n').map(|at| self.scanned + at + 1) {
            let (begin, line) = (self.line, &waiting[self.line..end]);
            (self.line, self.scanned) = (end, end);
            match kind(line, self.fence) {
                Line::Text => continue,
                Line::Blank => shown.push_str(&self.format(&waiting[settled..end])),
                Line::Code => shown.push_str(&self.code(line)),
                Line::Closing => self.fence = None,
                Line::Opening(mark, run) => {
                    shown.push_str(&self.format(&waiting[settled..begin]));
                    self.fence = Some((mark, run));
                }
            }
            settled = end;
        }
        waiting.drain(..settled);
        self.line -= settled;
        self.scanned = waiting.len();
        self.waiting = waiting;
        shown
    }

    /// What is not complete yet, formatted as it stands: its last rows, at most `most`, each at most [`Self::width`] columns.
    pub(crate) fn draft(&self, most: usize) -> Vec<String> {
        // The begin of a line of code, or what may become a fence, waits for its end.
        let last = self.waiting[self.line..].trim_start();
        let end = if last.starts_with("```") || last.starts_with("~~~") { self.line } else { self.waiting.len() };
        if self.fence.is_some() {
            return Vec::new();
        }
        let begin = self.waiting.ceil_char_boundary(end.saturating_sub(DRAFT_BYTES));
        let rows: Vec<String> = self.format(&self.waiting[begin..end]).lines().map(str::to_owned).collect();
        rows[rows.len().saturating_sub(most)..].to_vec()
    }

    /// Gives what is left, formatted.
    pub(crate) fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.waiting);
        (self.line, self.scanned) = (0, 0);
        let is_end = kind(&rest, self.fence) == Line::Closing;
        match self.fence.take() {
            Some(_) if rest.is_empty() || is_end => String::new(),
            Some(_) => self.code(&rest),
            None => self.format(&rest),
        }
    }

    fn format(&self, markdown: &str) -> String {
        if markdown.is_empty() { String::new() } else { self.skin.text(markdown, Some(self.width)).to_string() }
    }

    /// A line of code as it is: what is copied from the terminal must be the code.
    fn code(&self, line: &str) -> String {
        let line = line.trim_end_matches(['\n', '\r']);
        if self.colour && !line.is_empty() { format!("{CYAN}{line}{RESET}\n") } else { format!("{line}\n") }
    }
}

/// What a whole line is after `fence`, the one that is open.
fn kind(line: &str, fence: Option<(char, usize)>) -> Line {
    let line = line.trim();
    let mark = line.chars().next().filter(|character| *character == '`' || *character == '~');
    let run = mark.map_or(0, |mark| line.chars().take_while(|character| *character == mark).count());
    match (fence, mark) {
        // What follows the marks of an opening fence of backticks has none.
        (None, Some(mark)) if run >= 3 && (mark == '~' || !line[run..].contains(mark)) => Line::Opening(mark, run),
        (None, _) if line.is_empty() => Line::Blank,
        (None, _) => Line::Text,
        (Some((open, length)), Some(mark)) if mark == open && run >= length && line.len() == run => Line::Closing,
        (Some(_), _) => Line::Code,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// What has been shown after each part of `size` characters, and at the end.
    fn shown(text: &str, size: usize) -> (String, String) {
        let mut stream = MarkdownStream::new(false, 60);
        let characters: Vec<char> = text.chars().collect();
        let parts = characters.chunks(size).map(|part| part.iter().collect::<String>());
        let before: String = parts.map(|part| stream.push(&part)).collect();
        let end = stream.finish();
        (before, end)
    }

    #[rstest]
    #[case("half a li", "", "half a li\n")]
    #[case("a line\nand ano", "", "a line\nand ano\n")]
    #[case("one\n\ntw", "one\n\n", "tw\n")]
    #[case("```rust\nlet a;\n\nlet b;\n", "let a;\n\nlet b;\n", "")]
    #[case("```rust\nlet a;\n\nlet b;\n```\nmore", "let a;\n\nlet b;\n", "more\n")]
    #[case("so:\n```\n  x\n```", "so:\n  x\n", "")]
    #[case("```\nx", "", "x\n")]
    #[case("````\n```\n\n````\n", "```\n\n", "")]
    #[case("~~~\n```\n\n", "```\n\n", "")]
    fn blocks_come_when_they_are_complete_and_code_by_lines(
        #[case] text: &str,
        #[case] before: &str,
        #[case] end: &str,
    ) {
        for size in [1, 3, 100] {
            let bare = |text: &str| text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect::<String>();
            let (so_far, rest) = shown(text, size);
            assert_eq!((bare(&so_far).as_str(), bare(&rest).as_str()), (before, end), "{size}");
        }
    }

    #[test]
    fn code_is_shown_as_it_is_however_long_its_lines_are() {
        let code = format!("fn a() {{\n\tlong({});\n\n    }}", "argument, ".repeat(20));
        let (so_far, rest) = shown(&format!("```rust\n{code}\n```\n"), 7);
        assert_eq!(so_far + &rest, format!("{code}\n"));
    }

    #[rstest]
    #[case("words that", &["words that"])]
    #[case("one\n\nwords", &["words"])]
    #[case("words\nand", &["words", "and"])]
    #[case("words\n```ru", &["words"])]
    #[case("```\ncode", &[])]
    #[case("", &[])]
    fn a_draft_shows_what_is_not_complete(#[case] text: &str, #[case] expected: &[&str]) {
        let mut stream = MarkdownStream::new(false, 60);
        stream.push(text);
        let rows = stream.draft(10);
        assert_eq!(rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_draft_has_the_last_rows_and_is_as_wide_as_is_said() {
        let mut stream = MarkdownStream::new(false, 30);
        stream.push(&"wörter 漢字 🙂 ".repeat(2000));
        let rows = stream.draft(5);
        assert_eq!(rows.len(), 5);
        assert!(rows.iter().all(|row| row.chars().count() <= stream.width()), "{rows:?}");
        assert!(rows[4].contains('🙂'));
    }

    #[test]
    fn every_word_comes_once_however_it_is_cut() {
        let text =
            "# Head\n\nSome *words* here.\n\n```\nlet code = 1;\n\nlet more = 2;\n```\n\n- item one\n- item two\n";
        let words = |size| {
            let (so_far, rest) = shown(text, size);
            (so_far + &rest).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let whole = words(1000);
        assert_eq!(whole.len(), 18, "{whole:?}");
        for size in [1, 5, 17] {
            assert_eq!(words(size), whole);
        }
    }
}
