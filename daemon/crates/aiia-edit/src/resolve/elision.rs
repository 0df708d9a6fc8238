//! Expands `// ... existing code ...`: where the lines around a placeholder stand in the file, what it stands for is known.

mod added;
pub(super) mod segments;

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices, diff_ratio};

use super::view::FileView;
use super::{Change, passage};
use crate::lines::{Line, indentation, lines};
use crate::parse::Reading;
use crate::placeholder::{closes_tag, is_elision};
use crate::tolerance::Tolerance;

/// How much of a changed line must be in the line that it takes the place of.
const LEAST_LIKENESS: f32 = 0.7;
/// Of a line so many characters are compared.
const MAX_COMPARED: usize = 200;
/// So many lines in a row may go between lines that are shown, without a placeholder and with nothing in their place.
const MAX_GONE: usize = 2;

fn is_placeholder(line: &Line) -> bool {
    let text = line.trimmed();
    matches!(text, "..." | "…") || is_elision(text) || is_stub(text)
}

/// Whether a statement of Python that does nothing says in its comment what it stands for: `pass  # unchanged`.
fn is_stub(text: &str) -> bool {
    let comment = text.strip_prefix("pass").or_else(|| text.strip_prefix("...")).map(str::trim_start);
    comment.is_some_and(|comment| comment.starts_with('#') && is_elision(comment))
}

/// The same, or a comment that begins with dots, whatever it says.
fn begins_with_dots(line: &Line) -> bool {
    let said = line.trimmed().trim_start_matches(['/', '#', '*', '-', '<', '!', '{']);
    said.len() < line.trimmed().len() && ["...", "…"].iter().any(|dots| said.trim_start().starts_with(dots))
}

/// Whether a line of code that does not quote what it replaces stands for other lines.
pub(super) fn stands_for_others(line: &str) -> bool {
    let line = Line { start: 0, content: line, ending: "" };
    is_placeholder(&line) || begins_with_dots(&line)
}

/// Expands the placeholders of a change's new text from the text that it replaces. A change without any, or with one whose meaning
/// is not certain, stays as it is; the guard refuses the latter.
pub(super) fn expand(change: &mut Change, file: &FileView) {
    expand_all(change, file, false);
}

/// As [`expand`], for code that does not quote what it replaces.
pub(super) fn expand_code(change: &mut Change, file: &FileView) {
    expand_all(change, file, true);
}

fn expand_all(change: &mut Change, file: &FileView, is_code: bool) {
    let is_placeholder = |line: &Line| is_placeholder(line) || is_code && begins_with_dots(line);
    let old = lines(&file.text[change.range.clone()]);
    let new = lines(&change.new_text);
    let ours = |line: &Line| is_placeholder(line) && !old.iter().any(|other| other.trimmed() == line.trimmed());
    if !new.iter().any(ours) {
        return;
    }
    if let Some(text) = expanded(&old, &new, ours, is_code, file) {
        change.new_text = text;
        change.tolerances.push(Tolerance::Elision);
    }
}

fn expanded(
    old: &[Line],
    new: &[Line],
    is_marker: impl Fn(&Line) -> bool,
    is_code: bool,
    file: &FileView,
) -> Option<String> {
    let segments: Vec<&[Line]> = new.split(|line| is_marker(line)).collect();
    let markers: Vec<&Line> = new.iter().filter(|line| is_marker(line)).collect();
    // Where a comment with dots says something of its own, what it stands for is not sure enough to add beside it.
    let may_add = is_code && markers.iter().all(|marker| is_placeholder(marker));
    // A file as a whole has no header.
    let is_symbol = old.len() < file.lines.len();
    // Between tags stands what is meant, and what such a pair means when it stands for more is not sure.
    if markers.iter().any(|marker| closes_tag(marker.content)) {
        return None;
    }
    // Placeholders alone say nothing.
    if segments.iter().all(|segment| segment.iter().all(Line::is_blank)) {
        return None;
    }
    let mut text = String::new();
    let mut begin = 0;
    for (number, segment) in segments.iter().enumerate() {
        let is_last = number + 1 == segments.len();
        if number > 0 {
            let written = without_blanks(segment);
            let place = begins_at(written, old, begin, is_last)
                .or_else(|| begins_with_changed_lines(written, old, begin, is_last).filter(|_| is_code))
                .or_else(|| added::begins(written, old, begin, is_last, markers[number - 1]).filter(|_| may_add))?;
            // A placeholder for nothing is a misunderstanding.
            let left_out = old.get(begin..place)?;
            if left_out.iter().all(Line::is_blank) {
                return None;
            }
            if was_moved(left_out, segments[number - 1], &old[..begin], markers[number - 1]) {
                return None;
            }
            push_old(left_out, segment, file, &mut text);
            begin = place;
        }
        for line in *segment {
            text.push_str(line.content);
            text.push_str(if line.ending.is_empty() && !is_last { file.eol } else { line.ending });
        }
        if !is_last {
            let written = without_blanks(segment);
            let header = || if number == 0 && is_symbol { added::Header::of(written, old) } else { None };
            let end = ends_at(written, old, begin, number == 0)
                .or_else(|| ends_with_changed_lines(written, old, begin, number == 0).filter(|_| is_code))
                .or_else(|| added::ends(written, old, begin, header()).filter(|_| may_add))?;
            if is_code && deletes(old.get(begin..end)?, written) {
                return None;
            }
            begin = end;
        }
    }
    // The last line had no break of its own; what was expanded last keeps it so.
    let breaks = new.last().is_some_and(|line| line.ending.is_empty());
    if breaks && text.ends_with(file.eol) {
        text.truncate(text.len() - file.eol.len());
    }
    Some(text)
}

/// Whether more lines in a row than by the way have nothing in their place.
fn deletes(old: &[Line], new: &[Line]) -> bool {
    let said = |lines: &[Line]| lines.iter().filter(|line| line.content.contains(char::is_alphanumeric)).count();
    let key = |lines: &[Line]| -> Vec<String> { lines.iter().map(|line| line.trimmed().to_owned()).collect() };
    capture_diff_slices(Algorithm::Myers, &key(old), &key(new)).iter().any(|op| {
        !matches!(op, DiffOp::Equal { .. }) && said(&old[op.old_range()]) > said(&new[op.new_range()]) + MAX_GONE
    })
}

/// Whether what a placeholder stands for begins deeper than that stands, with a line that the segment above it has newly: what was
/// there went up, and the placeholder is for what comes behind.
fn was_moved(left_out: &[Line], above: &[Line], before: &[Line], marker: &Line) -> bool {
    let Some(first) = left_out.iter().find(|line| !line.is_blank()) else { return false };
    let count = |lines: &[Line]| lines.iter().filter(|line| line.trimmed() == first.trimmed()).count();
    indentation(first.content).len() > indentation(marker.content).len() && count(above) > count(before)
}

fn push_old(left_out: &[Line], next: &[Line], file: &FileView, text: &mut String) {
    // Blank lines around the placeholder are in both texts.
    let lead = if text.is_empty() || text.ends_with(&file.eol.repeat(2)) {
        left_out.iter().take_while(|line| line.is_blank()).count()
    } else {
        0
    };
    let next_is_blank = next.first().is_some_and(Line::is_blank);
    let trail = if next_is_blank { left_out.iter().rev().take_while(|line| line.is_blank()).count() } else { 0 };
    for line in &left_out[lead..left_out.len() - trail.min(left_out.len() - lead)] {
        text.push_str(line.content);
        text.push_str(if line.ending.is_empty() { file.eol } else { line.ending });
    }
}

fn without_blanks<'l, 't>(segment: &'l [Line<'t>]) -> &'l [Line<'t>] {
    let first = segment.iter().position(|line| !line.is_blank()).unwrap_or(segment.len());
    let last = segment.iter().rposition(|line| !line.is_blank()).map_or(first, |last| last + 1);
    &segment[first..last]
}

/// The line of the old text behind the end of a segment, whose last lines must stand there once.
fn ends_at(segment: &[Line], old: &[Line], from: usize, is_first: bool) -> Option<usize> {
    if segment.is_empty() {
        return is_first.then_some(from);
    }
    if is_first && starts_with(old, segment) {
        return Some(segment.len());
    }
    (1..=segment.len()).find_map(|count| {
        let tail = &segment[segment.len() - count..];
        match &places(tail, old, from)[..] {
            [] => Some(None),
            [one] => Some(Some(one + count)),
            _ => None,
        }
    })?
}

/// The line of the old text at which a segment begins, whose first lines must stand there once.
fn begins_at(segment: &[Line], old: &[Line], from: usize, is_last: bool) -> Option<usize> {
    if segment.is_empty() {
        return is_last.then_some(old.len());
    }
    if is_last && old.len() >= from + segment.len() && starts_with(&old[old.len() - segment.len()..], segment) {
        return Some(old.len() - segment.len());
    }
    (1..=segment.len()).find_map(|count| match &places(&segment[..count], old, from)[..] {
        [] => Some(None),
        [one] => Some(Some(*one)),
        _ => None,
    })?
}

/// As [`begins_at`], for a segment that begins with changed lines: those stand right above the first line that stays, and each is
/// much like the line there and like no other.
fn begins_with_changed_lines(segment: &[Line], old: &[Line], from: usize, is_last: bool) -> Option<usize> {
    let changed = segment.iter().position(|line| stays(line, old, from)).filter(|count| *count > 0)?;
    let place = begins_at(&segment[changed..], old, from, is_last)?;
    let start = place.checked_sub(changed).filter(|start| *start >= from)?;
    is_each_alike(&segment[..changed], old, from, start).then_some(start)
}

/// As [`ends_at`], for a segment that ends with changed lines, which stand right below the last line that stays.
fn ends_with_changed_lines(segment: &[Line], old: &[Line], from: usize, is_first: bool) -> Option<usize> {
    let kept = segment.iter().rposition(|line| stays(line, old, from)).filter(|last| last + 1 < segment.len())? + 1;
    let end = ends_at(&segment[..kept], old, from, is_first)?;
    is_each_alike(&segment[kept..], old, from, end).then(|| end + segment.len() - kept)
}

/// Whether a line that says something stands in the old text.
fn stays(line: &Line, old: &[Line], from: usize) -> bool {
    line.content.contains(char::is_alphanumeric) && !places(std::slice::from_ref(line), old, from).is_empty()
}

/// Whether each of some changed lines is much like the one in its place from `at` on, and like no other.
fn is_each_alike(changed: &[Line], old: &[Line], from: usize, at: usize) -> bool {
    changed.iter().enumerate().all(|(number, line)| {
        let mut alike = (from..old.len()).filter(|other| is_alike(line, &old[*other]));
        alike.next() == Some(at + number) && alike.next().is_none()
    })
}

/// Whether a line is another one with a change: it is about the same thing, and most of it is the same.
fn is_alike(one: &Line, other: &Line) -> bool {
    let signs = |line: &Line| line.trimmed().chars().take(MAX_COMPARED).collect::<Vec<char>>();
    let (first, second) = (signs(one), signs(other));
    subject(one.trimmed()) == subject(other.trimmed()) && likeness(&first, &second) >= LEAST_LIKENESS
}

fn likeness(one: &[char], other: &[char]) -> f32 {
    diff_ratio(&capture_diff_slices(Algorithm::Myers, one, other), one.len(), other.len())
}

/// What a line is about: what it assigns to, what it calls, the case that it begins, or its first word.
fn subject(line: &str) -> String {
    if ["case ", "when ", "elif ", "elsif ", "else if ", "} else if "].iter().any(|word| line.starts_with(word)) {
        return line.to_owned();
    }
    let bytes = line.as_bytes();
    let is_plain = |at: usize| {
        let beside = |sign: Option<&u8>, signs: &[u8]| sign.is_some_and(|sign| signs.contains(sign));
        !(beside(bytes.get(at + 1), b"=>") || at > 0 && beside(bytes.get(at - 1), b"=<>!+-*/|&^%:"))
    };
    let assigned = (0..bytes.len()).find(|at| bytes[*at] == b'=' && is_plain(*at));
    let call = line.find('(');
    let end = match (assigned, call) {
        (Some(assigned), Some(call)) => assigned.min(call),
        (Some(end), None) | (None, Some(end)) => end,
        (None, None) => line.find(char::is_whitespace).unwrap_or(line.len()),
    };
    line[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

fn starts_with(lines: &[Line], wanted: &[Line]) -> bool {
    lines.len() >= wanted.len()
        && lines.iter().zip(wanted).all(|(one, other)| one.right_trimmed() == other.right_trimmed())
}

/// Up to two lines at which the wanted ones begin.
fn places(wanted: &[Line], old: &[Line], from: usize) -> Vec<usize> {
    (from..old.len()).filter(|at| starts_with(&old[*at..], wanted)).take(2).collect()
}

/// The change of a passage whose quote and new text leave out the same things: each part between placeholders has its one place,
/// in the same order.
pub(super) fn find(reading: &Reading, file: &FileView) -> Option<Change> {
    let (old, new) = (lines(&reading.old), lines(&reading.new));
    let (old, new): (Vec<_>, Vec<_>) = (old.split(is_placeholder).collect(), new.split(is_placeholder).collect());
    if old.len() < 2 || old.len() != new.len() {
        return None;
    }
    let joined = |lines: &[Line]| -> String { lines.iter().flat_map(|line| [line.content, "\n"]).collect() };
    let mut parts: Vec<Change> = Vec::new();
    for (old, new) in old.iter().zip(&new) {
        if old.iter().all(Line::is_blank) {
            if new.iter().all(Line::is_blank) {
                continue;
            }
            return None;
        }
        parts.push(passage::find(&Reading::new(joined(old), joined(new)), file).ok().flatten()?);
    }
    let range: Range<usize> = parts.first()?.range.start..parts.last()?.range.end;
    let mut text = String::new();
    let mut at = range.start;
    let mut tolerances = vec![Tolerance::Elision];
    for part in parts {
        text.push_str(file.text.get(at..part.range.start)?);
        text.push_str(&part.new_text);
        at = part.range.end;
        tolerances.extend(part.tolerances);
    }
    tolerances.dedup();
    Some(Change { range, new_text: text, tolerances })
}
