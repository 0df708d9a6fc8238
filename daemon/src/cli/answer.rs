//! An answer while it comes: as it is in a pipe, as formatted Markdown on a terminal.

use std::io::{self, IsTerminal};

use crate::cli::markdown::MarkdownStream;
use crate::cli::output::{has_colour, obeys, write};
use crate::cli::sanitize::Sanitizer;

/// Prints an answer. What is complete stays on a terminal; below it the block that is being written is shown as a draft, which is taken
/// away again.
pub(crate) struct Answer {
    sanitizer: Sanitizer,
    markdown: Option<MarkdownStream>,
    draft: Option<Draft>,
    ends_with_newline: bool,
}

/// The draft on the screen.
#[derive(Debug, Default)]
struct Draft {
    /// Its rows; the cursor is at the end of the last one.
    rows: Vec<String>,
}

impl Answer {
    /// An answer of which nothing has come yet.
    pub(crate) fn new() -> Self {
        let to = io::stdout();
        let columns = usize::from(termimad::terminal_size().0);
        let markdown = to.is_terminal().then(|| MarkdownStream::new(has_colour(&to), columns));
        let draft = obeys(&to).then(Draft::default);
        Self { sanitizer: Sanitizer::default(), markdown, draft, ends_with_newline: true }
    }

    /// Prints the next part.
    pub(crate) fn part(&mut self, text: &str) {
        let text = self.sanitizer.clean(text);
        let Some(markdown) = &mut self.markdown else { return self.print(&text) };
        let complete = markdown.push(&text);
        let Some(draft) = &mut self.draft else { return self.print(&complete) };
        let (columns, lines) = termimad::terminal_size();
        // A row that is wider than the screen, or has left it, could not be taken away.
        let fits = usize::from(columns) >= markdown.width();
        let rows = if fits { markdown.draft(usize::from(lines).saturating_sub(1)) } else { Vec::new() };
        let drawn = draft.redraw(&complete, rows);
        self.print(&drawn);
    }

    /// Takes the draft away, so that something else can be printed.
    pub(crate) fn hide_draft(&mut self) {
        let erased = self.draft.as_mut().map_or_else(String::new, |draft| draft.redraw("", Vec::new()));
        if !erased.is_empty() {
            write(&erased);
            self.ends_with_newline = true;
        }
    }

    /// Prints what is left.
    pub(crate) fn end(mut self) {
        self.hide_draft();
        if let Some(markdown) = &mut self.markdown {
            let rest = markdown.finish();
            self.print(&rest);
        }
        if !self.ends_with_newline {
            write("\n");
        }
    }

    fn print(&mut self, text: &str) {
        if !text.is_empty() {
            self.ends_with_newline = text.ends_with('\n');
            write(text);
        }
    }
}

impl Draft {
    /// What takes the place of the draft: lines that stay, then the rows of a new one. Rows that are the same stay as they are.
    fn redraw(&mut self, complete: &str, rows: Vec<String>) -> String {
        let same = self.rows.iter().zip(&rows).take_while(|(old, new)| complete.is_empty() && old == new).count();
        // The cursor is in the last row.
        let last = self.rows.len().saturating_sub(1);
        let kept = same.min(last);
        let mut text = String::new();
        if last > kept {
            text = format!("\x1b[{}A", last - kept);
        }
        if !self.rows.is_empty() {
            text.push_str("\r\x1b[J");
        }
        text.push_str(complete);
        text.push_str(&rows[kept..].join("\n"));
        self.rows = rows;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a screen that obeys what a draft uses.
    fn screen(text: &str) -> String {
        let mut lines = vec![String::new()];
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("\x1b[J") {
                // The cursor is at the begin of the line it was moved to.
                let kept = lines.iter().position(|line| line == "\u{0}").unwrap_or(lines.len() - 1);
                lines.truncate(kept);
                lines.push(String::new());
                rest = after;
            } else if let Some(after) = rest.strip_prefix("\x1b[") {
                let (up, after) = after.split_once('A').unwrap();
                let to = lines.len() - 1 - up.parse::<usize>().unwrap();
                lines[to] = "\u{0}".to_owned();
                rest = after;
            } else {
                match character {
                    '\n' => lines.push(String::new()),
                    '\r' => {}
                    _ => lines.last_mut().unwrap().push(character),
                }
                rest = &rest[character.len_utf8()..];
            }
        }
        lines.join("\n")
    }

    #[test]
    fn a_draft_gives_way_to_what_is_complete_and_nothing_is_left_of_it() {
        let mut draft = Draft::default();
        let rows = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let mut shown = String::new();
        for (complete, now, expected) in [
            ("", "a", "a"),
            ("", "a word\nin two", "a word\nin two"),
            ("", "a word\nin two rows\nor three", "a word\nin two rows\nor three"),
            ("", "a word\nin 2", "a word\nin 2"),
            ("", "a word\nin 2", "a word\nin 2"),
            ("", "a word\nin three\nrows\nor four", "a word\nin three\nrows\nor four"),
            ("A word.\n", "next", "A word.\nnext"),
            ("Next.\n", "", "A word.\nNext.\n"),
            ("", "", "A word.\nNext.\n"),
            ("code\n", "x", "A word.\nNext.\ncode\nx"),
        ] {
            shown.push_str(&draft.redraw(complete, rows(now)));
            assert_eq!(screen(&shown), expected);
        }
    }
}
