//! Code of which placeholders part the segments that are shown, from several symbols or from the midst of one: each segment has its
//! place in the file by the lines that it begins and ends with.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{begins_with_dots, deletes, expanded, is_placeholder};
use crate::lines::{Line, lines};
use crate::resolve::Change;
use crate::resolve::view::FileView;
use crate::tolerance::Tolerance;

/// So many times a line of the file is looked at for a placeholder.
const MAX_COMPARED: usize = 2_000_000;
/// So many lines of the segments must be in the file.
const LEAST_KEPT: usize = 2;

/// The change that such code makes; nothing where it has no placeholder, or where one segment has no sure place.
pub(in crate::resolve) fn change(text: &str, file: &FileView) -> Option<Change> {
    let old = &file.lines;
    let known = |line: &Line| old.iter().any(|other| other.trimmed() == line.trimmed());
    let given = lines(text.trim_end());
    let marks = given.iter().filter(|line| is_mark(line)).count();
    if marks == 0
        || (marks + 2).saturating_mul(old.len()) > MAX_COMPARED
        || given.iter().any(|line| is_mark(line) && known(line))
    {
        return None;
    }
    let kept =
        given.iter().filter(|line| line.content.contains(char::is_alphanumeric) && !is_mark(line) && known(line));
    if kept.count() < LEAST_KEPT {
        return None;
    }
    // What does not begin or end as the file does stands in the midst of it.
    let mark = || Line { start: 0, content: "...", ending: "\n" };
    let says = |line: &&Line| !line.is_blank();
    let same = |one: Option<&Line>, other: Option<&Line>| {
        one.zip(other).is_some_and(|(one, other)| one.right_trimmed() == other.right_trimmed())
    };
    // A line that closes something ends most parts of a file.
    let tells = |line: &&Line| line.trimmed() != "end" && line.content.contains(char::is_alphanumeric);
    let is_begin = same(given.iter().find(says).filter(tells), old.iter().find(says));
    let is_end = same(given.iter().rfind(says).filter(tells), old.iter().rfind(says));
    let mut new: Vec<Line> = Vec::with_capacity(given.len() + 2);
    if !is_begin && !given.iter().find(says).is_some_and(is_mark) {
        new.push(mark());
    }
    let leads = given.iter().take_while(|line| line.is_blank()).count();
    new.extend(given.iter().skip(leads).map(|line| Line { ending: file.eol, ..*line }));
    if !is_end && !given.iter().rfind(says).is_some_and(is_mark) {
        new.push(mark());
    }
    if is_end && let Some(last) = new.last_mut() {
        last.ending = old.last().map_or("", |line| line.ending);
    }
    let text = expanded(old, &new, is_mark, true, file)?;
    let new = lines(&text);
    let key = |lines: &[Line]| -> Vec<String> { lines.iter().map(|line| line.right_trimmed().to_owned()).collect() };
    let ops = capture_diff_slices(Algorithm::Myers, &key(old), &key(&new));
    // Comments that are not shown may stay.
    let is_comment = |line: &Line| ["//", "#", "/*", "*", "--"].iter().any(|sign| line.trimmed().starts_with(sign));
    let loses = |op: &DiffOp| {
        matches!(op, DiffOp::Delete { .. })
            && old[op.old_range()].iter().any(|line| !line.is_blank() && is_comment(line))
    };
    if ops.iter().any(loses) || deletes(old, &new) || new.iter().any(is_mark) {
        return None;
    }
    let front = ops.first().filter(|op| matches!(op, DiffOp::Equal { .. })).map_or(0, |op| op.old_range().end);
    let back = ops.last().filter(|op| matches!(op, DiffOp::Equal { .. })).map_or(0, |op| op.old_range().len());
    if front == old.len() {
        return None;
    }
    let start = old.get(front).map_or(file.text.len(), |line| line.start);
    let end = old[old.len() - back..].first().map_or(file.text.len(), |line| line.start);
    let new_text: String = new[front..new.len() - back].iter().flat_map(|line| [line.content, line.ending]).collect();
    Some(Change { range: start..end, new_text, tolerances: vec![Tolerance::Elision] })
}

fn is_mark(line: &Line) -> bool {
    is_placeholder(line) || begins_with_dots(line)
}
