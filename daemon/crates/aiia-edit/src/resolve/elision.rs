//! Expands `// ... existing code ...`: where the lines around a placeholder stand in the file, what it stands for is known.

use std::ops::Range;

use super::view::FileView;
use super::{Change, passage};
use crate::guard::is_elision;
use crate::lines::{Line, lines};
use crate::parse::Reading;
use crate::tolerance::Tolerance;

fn is_placeholder(line: &Line) -> bool {
    let text = line.trimmed();
    matches!(text, "..." | "…") || is_elision(text)
}

/// Expands the placeholders of a change's new text from the text that it replaces. A change without any, or with one whose meaning
/// is not certain, stays as it is; the guard refuses the latter.
pub(super) fn expand(change: &mut Change, file: &FileView) {
    let old = lines(&file.text[change.range.clone()]);
    let new = lines(&change.new_text);
    let ours = |line: &Line| is_placeholder(line) && !old.iter().any(|other| other.trimmed() == line.trimmed());
    if !new.iter().any(ours) {
        return;
    }
    if let Some(text) = expanded(&old, &new, ours, file) {
        change.new_text = text;
        change.tolerances.push(Tolerance::Elision);
    }
}

fn expanded(old: &[Line], new: &[Line], is_marker: impl Fn(&Line) -> bool, file: &FileView) -> Option<String> {
    let segments: Vec<&[Line]> = new.split(|line| is_marker(line)).collect();
    // Placeholders alone say nothing.
    if segments.iter().all(|segment| segment.iter().all(Line::is_blank)) {
        return None;
    }
    let mut text = String::new();
    let mut begin = 0;
    for (number, segment) in segments.iter().enumerate() {
        let is_last = number + 1 == segments.len();
        if number > 0 {
            let place = begins_at(without_blanks(segment), old, begin, is_last)?;
            // A placeholder for nothing is a misunderstanding.
            let left_out = old.get(begin..place)?;
            if left_out.iter().all(Line::is_blank) {
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
            begin = ends_at(without_blanks(segment), old, begin, number == 0)?;
        }
    }
    // The last line had no break of its own; what was expanded last keeps it so.
    let breaks = new.last().is_some_and(|line| line.ending.is_empty());
    if breaks && text.ends_with(file.eol) {
        text.truncate(text.len() - file.eol.len());
    }
    Some(text)
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
