//! Search/replace blocks, shown as the change that they are. As Markdown they would be headings and broken quotes.

use std::fmt::Write;
use std::ops::Range;

use aiia_edit::{Hunk, hunks, shown_lines};

use crate::characters::escape_code;

/// Search/replace blocks that stand in one fence, or one block without a fence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    /// Its bytes, fence and name of the file included.
    pub(crate) range: Range<usize>,
    /// How many fenced blocks of the text it is: 0 or 1.
    fences: usize,
    changes: Vec<Change>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    file: String,
    old: String,
    new: String,
}

#[derive(Clone, Copy)]
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn bare(&self) -> &str {
        self.text.trim()
    }

    fn fence(&self) -> Option<&str> {
        let bare = self.bare();
        let ticks = &bare[..bare.len() - bare.trim_start_matches('`').len()];
        (ticks.len() >= 3).then_some(ticks)
    }

    fn is_marker(&self, sign: char, words: &[&str]) -> bool {
        let bare = self.bare();
        let rest = bare.trim_start_matches(sign);
        (5..=9).contains(&(bare.len() - rest.len())) && words.contains(&rest.trim().trim_end_matches(':'))
    }

    fn is_head(&self) -> bool {
        self.is_marker('<', &["SEARCH", "ORIGINAL", "HEAD"])
    }

    fn is_divider(&self) -> bool {
        self.is_marker('=', &[""])
    }

    fn is_tail(&self) -> bool {
        self.is_marker('>', &["REPLACE", "UPDATED"])
    }

    /// The name of a file, where the line is nothing else.
    fn file_name(&self) -> Option<&str> {
        let name = self.bare().trim_matches(['`', '*', ':', '#', ' ']);
        let plausible = !name.is_empty() && !name.contains(char::is_whitespace) && name.contains(['.', '/', '\\']);
        (plausible && self.fence().is_none()).then_some(name)
    }
}

/// The passages of `text`, in order.
pub(crate) fn passages(text: &str) -> Vec<Passage> {
    if !text.contains("<<<<<") {
        return Vec::new();
    }
    let mut start = 0;
    let lines: Vec<Line<'_>> = text
        .split_inclusive('\n')
        .map(|text| {
            let line = Line { start, text };
            start += text.len();
            line
        })
        .collect();
    let mut found = Vec::new();
    let (mut at, mut first_free) = (0, 0);
    while at < lines.len() {
        if !lines[at].is_head() {
            at += 1;
            continue;
        }
        let (passage, next) = passage(&lines, first_free, at);
        found.push(passage);
        (at, first_free) = (next, next);
    }
    found
}

/// The passage whose first head is the line `head`; lines before `first_free` belong to another one. Also gives the line behind it.
fn passage(lines: &[Line<'_>], first_free: usize, head: usize) -> (Passage, usize) {
    let above = |line: usize| line.checked_sub(1).filter(|line| *line >= first_free);
    let name = above(head).filter(|line| lines[*line].file_name().is_some());
    let mut begin = name.unwrap_or(head);
    let fence = above(begin).and_then(|line| lines[line].fence().map(|ticks| (line, ticks)));
    if let Some((line, _)) = fence {
        begin = line;
    }
    let mut changes = Vec::new();
    let mut at = head;
    let mut next_name = name;
    let end = loop {
        let (mut change, end) = change(lines, at);
        next_name.and_then(|line| lines[line].file_name()).unwrap_or_default().clone_into(&mut change.file);
        changes.push(change);
        let Some((_, ticks)) = fence else { break end };
        // Further blocks may follow in the same fence.
        let mut after = end;
        while after < lines.len() && lines[after].bare().is_empty() {
            after += 1;
        }
        if lines.get(after).is_some_and(|line| line.bare() == ticks) {
            break after + 1;
        }
        next_name = lines.get(after).and_then(Line::file_name).map(|_| after);
        let next_head = if next_name.is_some() { after + 1 } else { after };
        if !lines.get(next_head).is_some_and(Line::is_head) {
            break end;
        }
        at = next_head;
    };
    let range = lines[begin].start..lines[end - 1].end();
    (Passage { range, fences: usize::from(fence.is_some()), changes }, end)
}

/// The block whose head is the line `head`, up to the end of the text where it is not closed yet, and the line behind it.
fn change(lines: &[Line<'_>], head: usize) -> (Change, usize) {
    let mut change = Change::default();
    let mut divided = false;
    for (index, line) in lines.iter().enumerate().skip(head + 1) {
        if line.is_tail() {
            return (change, index + 1);
        }
        if line.is_divider() && !divided {
            divided = true;
        } else if divided {
            change.new.push_str(line.text);
        } else {
            change.old.push_str(line.text);
        }
    }
    if !divided {
        // What becomes of the lines is not said yet.
        change.new.clone_from(&change.old);
    }
    (change, lines.len())
}

impl Passage {
    /// The passage as HTML: the name of each file and its lines, those that go and come marked.
    pub(crate) fn html(&self) -> String {
        let mut html = String::new();
        let mut fences = self.fences;
        for change in &self.changes {
            if !change.file.is_empty() {
                let _ = writeln!(html, "<p><code>{}</code></p>", escape_code(&change.file));
            }
            let _ = write!(html, "<pre data-language=\"diff\" data-blocks=\"{}\"><code>", std::mem::take(&mut fences));
            let mut shown = 0;
            let old: Vec<&str> = change.old.lines().collect();
            for hunk in hunks(&change.old, &change.new) {
                let start = hunk.old_index().clamp(shown, old.len());
                push_same(&old[shown..start], &mut html);
                push_hunk(&hunk, &mut html);
                shown = (start + hunk.old_lines).min(old.len());
            }
            push_same(&old[shown..], &mut html);
            html.push_str("</code></pre>\n");
        }
        html
    }
}

fn push_same(lines: &[&str], html: &mut String) {
    for line in lines {
        let _ = write!(html, "<span class=\"diff-same\"> {}\n</span>", escape_code(line));
    }
}

fn push_hunk(hunk: &Hunk, html: &mut String) {
    for line in shown_lines(hunk) {
        let (sign, class) = if line.added { ('+', "diff-added") } else { ('-', "diff-removed") };
        let _ = write!(html, "<span class=\"{class}\">{sign}");
        // Where all of a line changes, marks on its words would say nothing.
        let mark = line.spans.iter().any(|span| !span.changed);
        for span in line.spans {
            let text = escape_code(&span.text);
            let _ = if mark && span.changed {
                write!(html, "<span class=\"diff-word\">{text}</span>")
            } else {
                write!(html, "{text}")
            };
        }
        html.push_str("\n</span>");
    }
}
