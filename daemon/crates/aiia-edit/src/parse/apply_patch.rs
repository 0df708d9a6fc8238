//! The apply-patch envelope: `*** Begin Patch`, `*** Update File: …` with hunks under `@@ anchor`, `*** Add File: …`, `*** Delete
//! File: …`, `*** Move to: …`, also inside a here document or a shell command.

use super::file_name::FileName;
use super::{Item, ItemKind, Parsed, Reading};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::Line;

/// A place is named by no more lines than this.
const MAX_ANCHORS: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Marker<'t> {
    Begin,
    End,
    Update(&'t str),
    Add(&'t str),
    Delete(&'t str),
    MoveTo(&'t str),
    EndOfFile,
}

/// Finds all sections. Without any the result is empty, prose included.
pub(super) fn parse(lines: &[Line]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut used = vec![false; lines.len()];
    let sections = Sections::new(lines);
    let mut begun: Option<usize> = None;
    let mut fenced = false;
    let mut at = 0;
    while at < lines.len() {
        let Some(found) = sections.markers[at] else {
            let line = lines[at].trimmed();
            if line.starts_with("```") {
                fenced = !fenced || !line.trim_start_matches('`').is_empty();
            }
            used[at] = is_wrapping(line);
            at += 1;
            continue;
        };
        let has_body = matches!(found, Marker::Add(_) | Marker::Update(_));
        let end = if has_body { sections.end(at + 1, fenced, begun.is_some()) } else { at + 1 };
        let body = &lines[at + 1..end];
        let mut push = |file: &str, kind: ItemKind, line: usize| {
            parsed.items.push(Item { file: FileName::Given(file.to_owned()), kind, reply_line: line + 1 });
        };
        let next = match found {
            Marker::Begin => {
                begun = Some(at);
                at + 1
            }
            Marker::End => {
                begun = None;
                at + 1
            }
            Marker::Delete(path) => {
                push(path, ItemKind::Delete { expected: None }, at);
                at + 1
            }
            Marker::Add(path) => {
                push(path, ItemKind::Write { text: added(body), only_new: true }, at);
                end
            }
            Marker::Update(path) => {
                let mut body = body;
                let mut first = at + 1;
                if let Some(Marker::MoveTo(to)) = body.first().and_then(|line| marker(line.content)) {
                    push(path, ItemKind::Rename { to: to.to_owned() }, at);
                    (body, first) = (&body[1..], first + 1);
                }
                for (line, readings) in hunks(body) {
                    push(path, ItemKind::Replace { readings }, first + line);
                }
                end
            }
            Marker::MoveTo(_) | Marker::EndOfFile => at + 1,
        };
        used[at..next].fill(true);
        at = next;
    }
    if let Some(at) = begun.filter(|_| !parsed.items.is_empty()) {
        parsed.complaints.push(Complaint::new(
            ComplaintKind::CutOff,
            format!(
                "The patch that begins on line {} of the reply has no `*** End Patch`, so it was cut off. Ask again, for a \
                 smaller change or with a higher token limit.",
                at + 1
            ),
        ));
    }
    if !parsed.items.is_empty() {
        parsed.leave(lines, used);
    }
    parsed
}

fn marker(line: &str) -> Option<Marker<'_>> {
    let text = line.trim().strip_prefix("***")?.trim();
    let after = |label: &str| {
        let head = text.get(..label.len())?;
        head.eq_ignore_ascii_case(label).then(|| text[label.len()..].trim().trim_matches(['`', '"', '\'']))
    };
    Some(match text.trim_end_matches(['*', ' ']) {
        "Begin Patch" => Marker::Begin,
        "End Patch" => Marker::End,
        "End of File" => Marker::EndOfFile,
        _ => after("Update File:")
            .map(Marker::Update)
            .or_else(|| after("Add File:").or_else(|| after("Create File:")).map(Marker::Add))
            .or_else(|| after("Delete File:").or_else(|| after("Remove File:")).map(Marker::Delete))
            .or_else(|| after("Move to:").or_else(|| after("Rename to:")).map(Marker::MoveTo))?,
    })
}

/// Where sections end.
struct Sections<'t> {
    lines: &'t [Line<'t>],
    /// The marker on each line.
    markers: Vec<Option<Marker<'t>>>,
    /// For each line the first one from it on whose marker ends a section.
    next: Vec<Option<usize>>,
}

impl<'t> Sections<'t> {
    fn new(lines: &'t [Line<'t>]) -> Self {
        let markers: Vec<Option<Marker>> = lines.iter().map(|line| marker(line.content)).collect();
        let mut next = vec![None; lines.len() + 1];
        for number in (0..lines.len()).rev() {
            let ends = markers[number].is_some_and(|found| !matches!(found, Marker::MoveTo(_) | Marker::EndOfFile));
            next[number] = if ends { Some(number) } else { next[number + 1] };
        }
        Self { lines, markers, next }
    }

    /// The line behind the last one of the section whose body begins at `first`: it ends where the next one begins, or at the fence
    /// around the patch. A fence that opens in the body closes there, too.
    fn end(&self, first: usize, fenced: bool, begun: bool) -> usize {
        let end = self.next[first].unwrap_or(self.lines.len());
        let mut inner = false;
        for number in first..end {
            let line = self.lines[number].content.trim_end();
            if !line.starts_with("```") {
                continue;
            }
            let is_bare = line == "```";
            if is_bare && !inner && self.closes_patch(number, fenced, begun) {
                return number;
            }
            // Within an inner fence another opening is text.
            inner = !(inner && is_bare);
        }
        end
    }

    /// Whether a fence that could open or close closes the patch: what follows says so.
    fn closes_patch(&self, fence: usize, fenced: bool, begun: bool) -> bool {
        let Some(next) = self.next[fence] else { return true };
        let is_last = || self.lines[fence + 1..next].iter().all(Line::is_blank);
        // A patch that has begun goes on behind its fence only in another patch.
        fenced && (!begun || self.markers[next] == Some(Marker::Begin) || is_last())
    }
}

/// The lines of a shell around a patch.
fn is_wrapping(line: &str) -> bool {
    line.starts_with("apply_patch <<")
        || line.contains("apply_patch <<")
        || matches!(line, "EOF" | "PATCH" | "EOF\"" | "EOF'")
}

/// The text of a new file. Models forget the signs of some lines or of all.
fn added(body: &[Line]) -> String {
    let signed = body.iter().any(|line| line.content.starts_with('+'));
    let mut text = String::new();
    let last = body.iter().rposition(|line| !line.is_blank()).map_or(0, |last| last + 1);
    for line in &body[..last] {
        let content = line.content.strip_prefix('+').filter(|_| signed).unwrap_or(line.content);
        text.push_str(content);
        text.push('\n');
    }
    text
}

/// The hunks of a section, each with the line of the section it begins at.
fn hunks(body: &[Line]) -> Vec<(usize, Vec<Reading>)> {
    let mut found = Vec::new();
    let mut hunk = Hunk::default();
    for (number, line) in body.iter().enumerate() {
        if let Some(anchor) = line.content.strip_prefix("@@") {
            if hunk.close(&mut found) {
                hunk.anchors.clear();
            }
            hunk.start = number;
            let anchor = anchor.trim().trim_end_matches("@@").trim();
            // Numbers are those of a unified diff, and wrong here.
            if !anchor.is_empty() && !anchor.starts_with(['-', '+']) && hunk.anchors.len() < MAX_ANCHORS {
                hunk.anchors.push(anchor.to_owned());
            }
        } else if marker(line.content) == Some(Marker::EndOfFile) {
            hunk.at_end = true;
            hunk.close(&mut found);
        } else {
            hunk.lines.push(line.content);
        }
    }
    hunk.close(&mut found);
    found
}

#[derive(Default)]
struct Hunk<'t> {
    start: usize,
    anchors: Vec<String>,
    lines: Vec<&'t str>,
    at_end: bool,
}

impl Hunk<'_> {
    /// Ends the hunk; says whether there was one.
    fn close(&mut self, found: &mut Vec<(usize, Vec<Reading>)>) -> bool {
        let blank = |line: &&str| line.trim().is_empty();
        let last = self.lines.iter().rposition(|line| !blank(line)).map_or(0, |last| last + 1);
        let first = self.lines.iter().position(|line| !blank(line)).unwrap_or(0);
        let lines = &self.lines[first.min(last)..last];
        let changes = lines.iter().any(|line| line.starts_with(['+', '-']));
        if changes {
            let mut readings = vec![self.reading(lines, true)];
            if lines.iter().any(|line| !line.is_empty() && !line.starts_with(['+', '-', ' '])) {
                readings.push(self.reading(lines, false));
            }
            found.push((self.start, readings));
        }
        self.lines.clear();
        self.at_end = false;
        changes
    }

    /// `signed` context lines begin with a blank that is no part of them, where they have one.
    fn reading(&self, lines: &[&str], signed: bool) -> Reading {
        let mut reading = Reading { anchors: self.anchors.clone(), at_end: self.at_end, ..Reading::default() };
        for line in lines {
            let (sign, text) = match line.chars().next() {
                Some(sign @ ('+' | '-')) => (sign, &line[1..]),
                Some(' ') if signed => (' ', &line[1..]),
                _ => (' ', *line),
            };
            reading.push(sign, text);
        }
        reading
    }
}
