//! Search/replace blocks: `<<<<<<< SEARCH`, old lines, `=======`, new lines, `>>>>>>> REPLACE`, with
//! markers of three to nine characters in the variants models use.

use super::file_name::{self, FileName};
use super::sections::Sections;
use super::{Item, ItemKind, Parsed, Reading, code};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::Line;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Marker {
    Head(usize),
    Divider(usize),
    Tail,
}

/// Finds all blocks. Without any marker the result is empty, prose included.
pub(super) fn parse(lines: &[Line], known_files: &[&str]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut used = vec![false; lines.len()];
    let mut earlier = FileName::None;
    let sections = Sections::find(lines, known_files);
    let mut at = 0;
    while at < lines.len() {
        let Some(Marker::Head(width)) = marker(lines[at].content) else {
            at += 1;
            continue;
        };
        let name = file_name::above(lines, &used, at, known_files);
        let end = block_end(lines, at + 1);
        let (next, problem) = match end {
            End::Tail(tail) => (tail + 1, None),
            End::NextHead(head) => (head, Some(missing("end marker", at, "the next block begins"))),
            End::Text => (lines.len(), Some(cut_off(at))),
        };
        if let Some((line, _)) = &name {
            // A fence around the block goes when its end is found empty; a sentence that merely mentions the file stays.
            let text = lines[*line].trimmed();
            used[*line] = !text.starts_with("```") && text.split_whitespace().count() <= 3;
        }
        used[at..next].fill(true);
        let file = match name {
            Some((_, name)) => FileName::Given(name),
            None if file_name::says_other(lines, &used, at) => FileName::None,
            None => match sections.file_at(at, &used) {
                FileName::None => earlier.clone(),
                named => named,
            },
        };
        earlier = file.earlier();
        match (problem, end) {
            (Some(complaint), _) => parsed.complaints.push(complaint),
            (None, End::Tail(tail)) => match hinted_readings(&lines[at + 1..tail], width) {
                readings if readings.is_empty() => {
                    parsed.complaints.push(missing("divider `=======`", at, "the block ends"));
                }
                readings => parsed.items.push(Item { file, kind: ItemKind::Replace { readings }, reply_line: at + 1 }),
            },
            (None, _) => {}
        }
        at = next;
    }
    if !parsed.items.is_empty() || !parsed.complaints.is_empty() {
        parsed.leave(lines, used);
    }
    parsed
}

#[derive(Clone, Copy)]
enum End {
    Tail(usize),
    NextHead(usize),
    Text,
}

fn block_end(lines: &[Line], from: usize) -> End {
    for (number, line) in lines.iter().enumerate().skip(from) {
        match marker(line.content) {
            Some(Marker::Tail) => return End::Tail(number),
            Some(Marker::Head(_)) => return End::NextHead(number),
            _ => {}
        }
    }
    End::Text
}

/// As [`readings`], of a block that may begin with the line of its place: `:start_line:51`, `:end_line:53`, `-------`.
fn hinted_readings(body: &[Line], width: usize) -> Vec<Reading> {
    let number = |line: &Line, label: &str| line.trimmed().strip_prefix(label)?.trim().parse::<usize>().ok();
    let Some(start) = body.first().and_then(|line| number(line, ":start_line:")) else { return readings(body, width) };
    let mut rest = &body[1..];
    if rest.first().is_some_and(|line| number(line, ":end_line:").is_some()) {
        rest = &rest[1..];
    }
    let is_rule = |line: &Line| line.trimmed().len() >= 3 && line.trimmed().chars().all(|c| c == '-');
    if rest.first().is_some_and(is_rule) {
        rest = &rest[1..];
    }
    let mut found = readings(rest, width);
    for reading in &mut found {
        reading.line = Some(start);
    }
    found
}

/// The ways to cut a block at a divider. One as wide as the head marker is the divider if it is alone in
/// that; doubled dividers count once.
fn readings(body: &[Line], width: usize) -> Vec<Reading> {
    let dividers: Vec<(usize, usize)> = body
        .iter()
        .enumerate()
        .filter_map(|(number, line)| match marker(line.content) {
            Some(Marker::Divider(width)) => Some((number, width)),
            _ => None,
        })
        .collect();
    let same_width: Vec<usize> = dividers.iter().filter(|(_, own)| *own == width).map(|(number, _)| *number).collect();
    let cuts: Vec<usize> =
        if same_width.len() == 1 { same_width } else { dividers.iter().map(|(number, _)| *number).collect() };
    // Two dividers with nothing between them are one that was doubled.
    if let [one, other] = cuts[..]
        && other == one + 1
    {
        return vec![reading(&body[..one], &body[other + 1..])];
    }
    cuts.into_iter().take(8).map(|cut| reading(&body[..cut], &body[cut + 1..])).collect()
}

fn reading(old: &[Line], new: &[Line]) -> Reading {
    let fenced = |part: &[Line]| {
        part.len() >= 2 && part[0].trimmed().starts_with("```") && part[part.len() - 1].trimmed() == "```"
    };
    // A fence around one half only is more likely the file's own text.
    let strip = fenced(old) && (fenced(new) || new.is_empty());
    let inner = |part: &[Line]| {
        let part = if strip && !part.is_empty() { &part[1..part.len() - 1] } else { part };
        code(part)
    };
    Reading::new(inner(old), inner(new))
}

/// Whether a block begins with a line.
pub(super) fn is_head(line: &str) -> bool {
    matches!(marker(line), Some(Marker::Head(_)))
}

/// `<<<<<<< SEARCH`, `<<<SEARCH>`, `------- SEARCH`; `=======`; `>>>>>>> REPLACE`, `+++++++ REPLACE`.
fn marker(line: &str) -> Option<Marker> {
    let line = line.trim();
    let first = line.chars().next()?;
    let width = line.chars().take_while(|c| *c == first).count();
    if !(3..=9).contains(&width) {
        return None;
    }
    let word = line[width * first.len_utf8()..].trim().trim_matches(['<', '>']).trim();
    let is = |words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    // `--- original` and `+++ updated` head a diff.
    let is_wide = width >= 5 || matches!(first, '<' | '>');
    match first {
        '<' | '-' if is(&["search"]) || is_wide && is(&["original"]) => Some(Marker::Head(width)),
        '=' if word.is_empty() => Some(Marker::Divider(width)),
        '>' | '+' if is(&["replace"]) || is_wide && is(&["updated", "final"]) => Some(Marker::Tail),
        // A bare end marker, but not Python's prompt.
        '>' if word.is_empty() && width >= 5 => Some(Marker::Tail),
        _ => None,
    }
}

fn missing(what: &str, head: usize, before: &str) -> Complaint {
    Complaint::new(
        ComplaintKind::Malformed,
        format!(
            "The search/replace block on line {} of the reply has no {what} before {before}. Ask the model again.",
            head + 1
        ),
    )
}

fn cut_off(head: usize) -> Complaint {
    Complaint::new(
        ComplaintKind::CutOff,
        format!(
            "The reply ends inside the search/replace block that begins on its line {}, so it was cut off. \
             Ask again, for a smaller change or with a higher token limit.",
            head + 1
        ),
    )
}
