//! Unified diffs as models write them: with wrong line numbers and counts, with bare `@@`, without any header inside a `diff`
//! fence, with context lines that lost their blank.
//!
//! A hunk becomes a passage to find by its text. Its line number only tells apart places that fit equally.

use super::file_name::{self, FileName};
use super::{Fence, Item, ItemKind, Lead, Parsed, Reading};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::Line;

/// Lines of git that may stand above a diff.
const PREAMBLE: &[&str] = &[
    "diff --git ",
    "index ",
    "Index: ",
    "new file mode ",
    "old mode ",
    "new mode ",
    "similarity index ",
    "dissimilarity index ",
    "=======",
];

/// The mode of git of a file as files are made.
const PLAIN_MODE: &str = "100644";
/// That of a symbolic link.
const LINK_MODE: &str = "120000";

/// Finds all hunks. Without any the result is empty, prose included.
pub(super) fn parse(lines: &[Line], known_files: &[&str]) -> Parsed {
    let mut reader = Reader {
        lines,
        known_files,
        used: vec![false; lines.len()],
        file: FileName::None,
        whole: Whole::Stays,
        fence: None,
        parsed: Parsed::default(),
    };
    let mut at = 0;
    while at < lines.len() {
        at = reader.step(at);
    }
    let Reader { used, mut parsed, .. } = reader;
    if !parsed.items.is_empty() || !parsed.complaints.is_empty() {
        parsed.leave(lines, used);
    }
    parsed
}

/// Words that stand in headers in the place of a path.
const NO_PATHS: &[&str] =
    &["original", "updated", "modified", "changed", "fixed", "old", "new", "before", "after", "previous", "current"];

/// Lines of git that say what becomes of the file.
const GIT_HEADERS: &[&str] = &["rename ", "copy ", "deleted file mode ", "Binary files ", "GIT binary patch"];

/// What a diff does to its file as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Stays,
    /// It is made: the item that makes it.
    Made(usize),
    /// It goes: the item that deletes it.
    Goes(usize),
}

struct Reader<'t> {
    lines: &'t [Line<'t>],
    known_files: &'t [&'t str],
    used: Vec<bool>,
    /// The file of the hunks that follow.
    file: FileName,
    /// What the diff does to it as a whole.
    whole: Whole,
    /// Where the fence ends that the line is in.
    fence: Option<usize>,
    parsed: Parsed,
}

impl Reader<'_> {
    /// Reads what begins at a line; gives the line to go on at.
    fn step(&mut self, at: usize) -> usize {
        let line = self.lines[at].content;
        if self.fence == Some(at) {
            self.fence = None;
            return at + 1;
        }
        if self.fence.is_none()
            && let Some(language) = line.trim().strip_prefix("```")
        {
            let close = (at + 1..self.lines.len()).find(|number| self.lines[*number].trimmed() == "```");
            self.fence = Some(close.unwrap_or(self.lines.len()));
            return self.bare_fence(at, language.trim()).unwrap_or(at + 1);
        }
        if self.is_file_header(at) {
            let next = self.file_header(at);
            return if self.is_body(next) { self.hunk(at, next, &Header::default()) } else { next };
        }
        if let Some(header) = header(line) {
            self.used[at] = true;
            return self.hunk(at, at + 1, &header);
        }
        if line.starts_with("diff --git ") {
            return self.git_header(at);
        }
        if self.leads_to_a_diff(at) {
            self.used[at] = true;
        }
        at + 1
    }

    /// A `diff` fence without any hunk header is one hunk.
    fn bare_fence(&mut self, fence: usize, language: &str) -> Option<usize> {
        let end = self.fence?;
        let body = fence + 1..end.min(self.lines.len());
        let language = language.split([' ', ':']).next().unwrap_or_default();
        if !matches!(language, "diff" | "patch") && !is_marked(language, &self.lines[body.clone()]) {
            return None;
        }
        if body.clone().any(|number| header(self.lines[number].content).is_some()) {
            return None;
        }
        let mut start = body.start;
        self.file = FileName::from_option(
            file_name::above(self.lines, &self.used, fence, self.known_files).map(|(_, name)| name),
        );
        while start < body.end && (self.is_file_header(start) || self.leads_to_a_diff(start)) {
            start = if self.is_file_header(start) { self.file_header(start) } else { start + 1 };
            self.used[fence + 1..start].fill(true);
        }
        Some(self.hunk(fence, start, &Header::default()))
    }

    fn is_file_header(&self, at: usize) -> bool {
        let follows = self.lines.get(at + 1).is_some_and(|next| next.content.starts_with("+++ "));
        self.lines[at].content.starts_with("--- ") && follows
    }

    /// Whether a hunk without a header begins below the header of a file.
    fn is_body(&self, at: usize) -> bool {
        let end = self.fence.unwrap_or(self.lines.len());
        let Some(first) = (at..end).find(|number| self.fence.is_none() || !self.lines[*number].is_blank()) else {
            return false;
        };
        let line = self.lines[first].content;
        let is_header = is_hunk_header(line) || self.is_file_header(first) || self.leads_to_a_diff(first);
        !is_header && (self.fence.is_some() || line.starts_with(['+', '-', ' ']))
    }

    /// Takes `--- old` and `+++ new`.
    fn file_header(&mut self, at: usize) -> usize {
        let (old, new) = (path_in(&self.lines[at].content[4..]), path_in(&self.lines[at + 1].content[4..]));
        self.used[at..at + 2].fill(true);
        let (old_path, new_path) = (plain(&old, "a/"), plain(&new, "b/"));
        // What the header of git said already is not said twice.
        match (old.as_str(), new.as_str()) {
            ("/dev/null", _) => self.make(at, &new_path),
            (_, "/dev/null") => self.remove(at, &old_path),
            _ if matches!(&self.file, FileName::Given(name) if *name == old_path) => {}
            _ if self.is_no_path(&new) => {
                let above = || file_name::above(self.lines, &self.used, at, self.known_files).map(|(_, name)| name);
                let name = if self.is_no_path(&old) { above() } else { Some(old) };
                (self.file, self.whole) = (FileName::from_option(name), Whole::Stays);
            }
            _ => (self.file, self.whole) = (FileName::Given(new), Whole::Stays),
        }
        at + 2
    }

    fn is_no_path(&self, name: &str) -> bool {
        NO_PATHS.contains(&name.to_lowercase().as_str()) && !self.known_files.contains(&name)
    }

    /// Takes `diff --git a/old b/new` with the lines of git below it, up to the hunks.
    fn git_header(&mut self, at: usize) -> usize {
        let mut end = at + 1;
        let is_header = |line: &str| PREAMBLE[1..].iter().chain(GIT_HEADERS).any(|word| line.starts_with(word));
        while end < self.lines.len() && self.fence != Some(end) && is_header(self.lines[end].content) {
            end += 1;
        }
        let header = &self.lines[at..end];
        let value = |word: &str| header.iter().find_map(|line| line.content.strip_prefix(word)).map(path_in);
        let (from, to) = (value("rename from "), value("rename to "));
        let names = header[0].content["diff --git ".len()..].trim();
        let new = names.rsplit_once(" b/").map(|(_, name)| name.trim_matches('"').to_owned());
        let (new_mode, is_gone) = (value("new file mode "), value("deleted file mode ").is_some());
        self.used[at..end].fill(true);
        (self.file, self.whole) = (FileName::from_option(new.clone()), Whole::Stays);
        let binary = header
            .iter()
            .any(|line| ["Binary files ", "GIT binary patch"].iter().any(|word| line.content.starts_with(word)));
        let (is_new, is_link) = (new_mode.is_some(), new_mode.as_deref() == Some(LINK_MODE));
        if binary || is_link || value("copy from ").is_some() {
            let what = match (binary, is_link) {
                (true, _) => "changes a binary file",
                (false, true) => "makes a link",
                (false, false) => "copies a file",
            };
            let message = format!(
                "The diff on line {} of the reply {what}, which a reply cannot say. Do that yourself, then apply the rest.",
                at + 1
            );
            self.parsed.complaints.push(Complaint::new(ComplaintKind::Malformed, message));
        }
        let unlike_others = |mode: &String| mode != PLAIN_MODE && mode != LINK_MODE;
        if let Some(mode) = value("new mode ").or(new_mode.filter(unlike_others)) {
            let text = format!("new mode {mode}\n");
            let kind = ItemKind::Code { text, language: None, fence: Fence::Closed, lead: Lead::Other, named: None };
            self.parsed.beside.push(Item { file: FileName::None, kind, reply_line: at + 1 });
        }
        match (from, to, new) {
            (Some(from), Some(to), _) => {
                self.push(at, FileName::Given(from.clone()), ItemKind::Rename { to });
                self.file = FileName::Given(from);
            }
            (_, _, Some(new)) if is_new => self.make(at, &new),
            (_, _, Some(new)) if is_gone => self.remove(at, &new),
            _ => {}
        }
        end
    }

    fn push(&mut self, at: usize, file: FileName, kind: ItemKind) -> usize {
        self.parsed.items.push(Item { file, kind, reply_line: at + 1 });
        self.parsed.items.len() - 1
    }

    fn make(&mut self, at: usize, path: &str) {
        // The header of git and that of the diff below it make one file; where it has a text already, it is another version.
        let is_empty = |item: usize| matches!(self.parsed.items.get(item), Some(Item { kind: ItemKind::Write { text, .. }, .. }) if text.is_empty());
        let is_made = matches!(self.whole, Whole::Made(item) if is_empty(item));
        if !(is_made && self.file == FileName::Given(path.to_owned())) {
            self.file = FileName::Given(path.to_owned());
            let kind = ItemKind::Write { text: String::new(), only_new: true };
            self.whole = Whole::Made(self.push(at, self.file.clone(), kind));
        }
    }

    fn remove(&mut self, at: usize, path: &str) {
        if !(matches!(self.whole, Whole::Goes(_)) && self.file == FileName::Given(path.to_owned())) {
            self.file = FileName::Given(path.to_owned());
            self.whole = Whole::Goes(self.push(at, self.file.clone(), ItemKind::Delete { expected: None }));
        }
    }

    fn leads_to_a_diff(&self, at: usize) -> bool {
        let is_preamble = |line: &str| PREAMBLE.iter().chain(GIT_HEADERS).any(|word| line.starts_with(word));
        is_preamble(self.lines[at].content)
            && (at + 1..(at + 8).min(self.lines.len()))
                .find(|number| !is_preamble(self.lines[*number].content))
                .is_some_and(|number| self.is_file_header(number) || header(self.lines[number].content).is_some())
    }

    /// Whether the text may go on behind its last line: in a fence that is not closed, or, where a hunk seldom ends, without a line
    /// break.
    fn ends_open(&self, ends_in_change: bool) -> bool {
        match self.fence {
            Some(end) => end == self.lines.len(),
            None => ends_in_change && self.lines.last().is_some_and(|line| line.ending.is_empty()),
        }
    }

    /// Takes the lines of a hunk from `start` on; `head` is the line that a complaint names.
    fn hunk(&mut self, head: usize, start: usize, header: &Header) -> usize {
        let mut counts = header.counts;
        let mut body: Vec<(char, &str, &str)> = Vec::new();
        let mut blanks = 0;
        let mut changes = false;
        let mut lost_blanks = false;
        let mut at = start;
        while at < self.lines.len() && self.fence != Some(at) {
            let line = self.lines[at].content;
            // Outside a fence nothing but the counts tells a removed line from an item of a list.
            if self.fence.is_none() && changes && counts == Some((0, 0)) && !line.starts_with('\\') {
                break;
            }
            if is_hunk_header(line) || self.is_file_header(at) || line.starts_with("diff --git ") {
                break;
            }
            let (sign, text) = match line.chars().next() {
                Some(sign @ ('+' | '-' | ' ')) => (sign, &line[1..]),
                Some('\\') => {
                    at += 1;
                    continue;
                }
                None => (' ', ""),
                Some(_) if self.fence.is_some() => {
                    lost_blanks = true;
                    (' ', line)
                }
                Some(_) => break,
            };
            if line.is_empty() {
                // They count only when more follows: blank lines separate hunks, too.
                blanks += 1;
                at += 1;
                continue;
            }
            for _ in 0..std::mem::take(&mut blanks) {
                body.push((' ', "", ""));
                count(&mut counts, ' ');
            }
            body.push((sign, text, line));
            changes |= sign != ' ';
            count(&mut counts, sign);
            at += 1;
        }
        let ends_in_change = body.last().is_some_and(|(sign, ..)| *sign != ' ');
        if at == self.lines.len() && self.ends_open(ends_in_change || !changes) && is_short(counts, blanks) {
            self.parsed.complaints.push(cut_off(head));
        }
        if !changes {
            return at.max(head + 1);
        }
        self.used[start..at].fill(true);
        let as_read = reading(body.iter().map(|(sign, text, _)| (*sign, *text)), header);
        if let Whole::Made(item) | Whole::Goes(item) = self.whole
            && let Some(item) = self.parsed.items.get_mut(item)
        {
            match &mut item.kind {
                ItemKind::Write { text, .. } => text.push_str(&as_read.new),
                ItemKind::Delete { expected } => expected.get_or_insert_default().push_str(&as_read.old),
                _ => {}
            }
            return at;
        }
        let file = match &self.file {
            FileName::None => {
                let above = file_name::above(self.lines, &self.used, head, self.known_files);
                FileName::from_option(above.map(|(_, name)| name))
            }
            file => file.clone(),
        };
        let mut readings = vec![as_read];
        if lost_blanks {
            // Then perhaps all of them lost theirs.
            let as_they_stand = body.iter().map(|(sign, text, line)| (*sign, if *sign == ' ' { *line } else { *text }));
            readings.push(reading(as_they_stand, header));
        }
        self.parsed.items.push(Item { file, kind: ItemKind::Replace { readings }, reply_line: head + 1 });
        at
    }
}

/// Whether every line of a code block begins with a sign of a diff, and both signs stand there.
fn is_marked(language: &str, body: &[Line]) -> bool {
    let has = |sign: char| body.iter().any(|line| line.content.starts_with(sign));
    !matches!(language, "md" | "markdown" | "yaml" | "yml" | "text" | "txt")
        && has('+')
        && has('-')
        && has(' ')
        && body.iter().all(|line| line.is_blank() || line.content.starts_with(['+', '-', ' ']))
}

/// Whether fewer lines came than the header says; blank ones at the end may count.
fn is_short(left: Option<(usize, usize)>, blanks: usize) -> bool {
    left.is_some_and(|(old, new)| old > blanks || new > blanks)
}

fn cut_off(head: usize) -> Complaint {
    Complaint::new(
        ComplaintKind::CutOff,
        format!(
            "The reply ends inside the hunk that begins on its line {}, which has fewer lines than its header says, so it was cut \
             off. Ask again, for a smaller change or with a higher token limit.",
            head + 1
        ),
    )
}

/// A path in a header, without the time behind a tab, without quotes and emphasis.
fn path_in(text: &str) -> String {
    let path = text.split('\t').next().unwrap_or_default().trim().trim_matches('"');
    let (prefix, name) =
        ["a/", "b/"].into_iter().find_map(|prefix| Some((prefix, path.strip_prefix(prefix)?))).unwrap_or(("", path));
    let bare = name.trim_end_matches(':').trim_matches(['*', '`']);
    format!("{prefix}{bare}")
}

fn plain(path: &str, prefix: &str) -> String {
    path.strip_prefix(prefix).unwrap_or(path).to_owned()
}

fn reading<'t>(body: impl Iterator<Item = (char, &'t str)>, header: &Header) -> Reading {
    let anchors = header.section.iter().cloned().collect();
    let mut reading = Reading { line: header.old_start, anchors, ..Reading::default() };
    for (sign, text) in body {
        reading.push(sign, text);
    }
    reading
}

fn count(counts: &mut Option<(usize, usize)>, sign: char) {
    if let Some((old, new)) = counts {
        *old = old.saturating_sub(usize::from(sign != '+'));
        *new = new.saturating_sub(usize::from(sign != '-'));
    }
}

/// What a hunk header says; models get all of it wrong at times.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header {
    /// The first line in the old text, counted from 1.
    old_start: Option<usize>,
    /// Lines of the old and of the new text.
    counts: Option<(usize, usize)>,
    /// The line that it names as the head of what the hunk is in.
    section: Option<String>,
}

fn is_hunk_header(line: &str) -> bool {
    header(line).is_some()
}

/// `@@ -1,2 +3,4 @@ fn main()`, `@@ ... @@`, `@@`.
fn header(line: &str) -> Option<Header> {
    let rest = line.strip_prefix("@@")?;
    if rest.trim().is_empty() {
        return Some(Header::default());
    }
    let (inside, section) = rest.strip_prefix(' ')?.split_once("@@").unwrap_or((&rest[1..], ""));
    let inside = inside.trim();
    let section = Some(section.trim()).filter(|section| !section.is_empty()).map(str::to_owned);
    let mut ranges = inside.split_whitespace();
    let numbers = |text: Option<&str>, sign: char| -> Option<(usize, usize)> {
        let text = text?.strip_prefix(sign)?;
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    match (numbers(ranges.next(), '-'), numbers(ranges.next(), '+')) {
        (Some((old_start, old)), Some((_, new))) => {
            Some(Header { old_start: Some(old_start), counts: Some((old, new)), section })
        }
        (Some((old_start, _)), None) => Some(Header { old_start: Some(old_start), counts: None, section }),
        // `@@ def f(): @@`, `@@ ... @@`, `@@ class B:`
        _ if line.trim_end().ends_with("@@") || section.is_none() && inside.ends_with([':', '{', ')']) => {
            let named = Some(inside).filter(|inside| inside.contains(char::is_alphanumeric)).map(str::to_owned);
            Some(Header { section: named, ..Header::default() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// The first line of the old text, and the counts.
    type Said = (Option<usize>, Option<(usize, usize)>);

    #[rstest]
    #[case("@@ -1,2 +3,4 @@", Some((Some(1), Some((2, 4)))))]
    #[case("@@ -7 +7 @@ fn main() {", Some((Some(7), Some((1, 1)))))]
    #[case("@@ -7,3 @@", Some((Some(7), None)))]
    #[case("@@ ... @@", Some((None, None)))]
    #[case("@@", Some((None, None)))]
    #[case("@@ def f(): @@", Some((None, None)))]
    #[case("@@ class B:", Some((None, None)))]
    #[case("@@ said so", None)]
    #[case("@@user said", None)]
    #[case("@decorator", None)]
    fn headers(#[case] line: &str, #[case] expected: Option<Said>) {
        let found = header(line).map(|header| (header.old_start, header.counts));
        assert_eq!(found, expected, "{line}");
    }
}
