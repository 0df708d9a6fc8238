//! Code for a file whose language is not known: the whole of it, or a passage that its first and last line mark off.

use std::borrow::Cow;

use similar::{Algorithm, DiffOp, capture_diff_slices, diff_ratio};

use super::Change;
use super::indent::{Reindent, Style};
use super::nearest;
use super::view::FileView;
use super::whole_file::replacement;
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, indentation, lines};
use crate::tolerance::Tolerance;

/// How much of the lines must come back.
const LEAST_LIKENESS: f32 = 0.5;
/// So many lines in a row may go without another in their place, or a tenth of all, if that is more.
const MAX_GONE: usize = 3;
/// So many ends of a passage are tried.
const MAX_ENDS: usize = 16;

/// The change that code makes in such a file. It is taken for the whole file when nothing is lost at its edges and no longer run of
/// lines within it; else for the passage from its first line to its last, where these tell one.
pub(super) fn change(text: &str, file: &FileView) -> Result<Change, Complaint> {
    let text = with_tabs(text, file);
    let trimmed =
        |text: &str| -> Vec<String> { lines(text).iter().map(|line| line.right_trimmed().to_owned()).collect() };
    let (old, new) = (trimmed(&file.text[file.mark..]), trimmed(&text));
    if skips_members(&old, &new) {
        return member(&old, &new, file).ok_or_else(|| no_place(&text, file));
    }
    if !old.is_empty() && comes_back(&old, &new, MAX_GONE.max(old.len() / 10)) {
        return Ok(replacement(&text, file));
    }
    match &passages(&old, &new)[..] {
        [(start, end)] => Ok(instead(&new, (*start, *end), file)),
        [] => section(&old, &new, file).ok_or_else(|| no_place(&text, file)),
        several => {
            let numbers: Vec<usize> = several.iter().map(|(_, end)| end + 1).collect();
            Err(no_place(&text, file).with_candidates(numbers))
        }
    }
}

/// Whether a file whose language is not known has one of the lines of a text.
pub(super) fn has_lines_of(text: &str, file: &FileView) -> bool {
    let said = |line: &Line| line.trimmed().len() > 2;
    let index = file.trimmed_index();
    file.language.is_none()
        && lines(text).iter().filter(|line| said(line)).any(|line| index.lines_with(line.trimmed()).next().is_some())
}

fn no_place(text: &str, file: &FileView) -> Complaint {
    let first = lines(text).iter().find(|line| !line.is_blank()).map_or("", |line| line.trimmed());
    Complaint::new(
        ComplaintKind::NotFound,
        format!(
            "The code of the reply (`{}`) is not the whole of {} and says not where it belongs. Ask the model for \
             search/replace blocks.",
            nearest::shortened(first),
            file.path
        ),
    )
    .in_file(file.path)
}

/// Whether new lines may stand for all of the old ones, of which no more than `most` in a row may be gone.
fn comes_back(old: &[String], new: &[String], most: usize) -> bool {
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    if diff_ratio(&ops, old.len(), new.len()) < LEAST_LIKENESS {
        return false;
    }
    let (first, last) = (first_said(old), last_said(old));
    let said = |lines: &[String]| lines.iter().filter(|line| !line.is_empty()).count();
    ops.iter().all(|op| {
        if matches!(op, DiffOp::Equal { .. }) {
            return true;
        }
        let range = op.old_range();
        let (gone, come) = (said(&old[range.clone()]), said(&new[op.new_range()]));
        let is_edge = range.contains(&first) || range.contains(&last);
        if is_edge { come >= gone } else { come > 0 || gone <= most }
    })
}

/// First and last lines of the passages that the new lines may stand for.
fn passages(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let (first, last) = (first_said(new), last_said(new));
    let Some(new) = new.get(first..=last).filter(|new| new.len() > 1) else { return Vec::new() };
    let mut starts = (0..old.len()).filter(|at| old[*at] == new[0]);
    let (Some(start), None) = (starts.next(), starts.next()) else { return Vec::new() };
    let ends = (start + 1..old.len()).filter(|at| Some(&old[*at]) == new.last()).take(MAX_ENDS);
    ends.filter(|end| comes_back(&old[start..=*end], new, 1)).map(|end| (start, end)).collect()
}

/// The change of the lines from the first to the last of a passage to new ones.
fn instead(new: &[String], (start, end): (usize, usize), file: &FileView) -> Change {
    let new = new[first_said(new)..=last_said(new)].iter().flat_map(|line| [line.as_str(), file.eol]);
    let (first, last) = (&file.lines[start], &file.lines[end]);
    let mut new_text: String = new.collect();
    if last.ending.is_empty() {
        new_text.truncate(new_text.len() - file.eol.len());
    }
    Change { range: first.start.max(file.mark)..last.end(), new_text, tolerances: Vec::new() }
}

/// The passage that stands for one in the type that the new lines show around it.
fn member(old: &[String], new: &[String], file: &FileView) -> Option<Change> {
    let new = &new[first_said(new)..=last_said(new)];
    let (head, rest) = new.split_first()?;
    let (closing, inner) = rest.split_last()?;
    let width = |line: &String| indentation(line).len();
    let mut places = (0..old.len()).filter(|at| old[*at] == *head);
    let (Some(start), None) = (places.next(), places.next()) else { return None };
    let end = start + 1 + old[start + 1..].iter().position(|line| !line.is_empty() && width(line) <= width(head))?;
    let is_shown_around = width(closing) == width(head) && closing.trim_start().starts_with(['}', ')', ']']);
    if !is_shown_around || inner.iter().any(|line| !line.is_empty() && width(line) <= width(head)) {
        return None;
    }
    match &passages(old, inner)[..] {
        [(first, last)] if start < *first && *last < end => {
            let mut change = instead(inner, (*first, *last), file);
            change.tolerances.push(Tolerance::Elision);
            Some(change)
        }
        _ => None,
    }
}

/// The passage below a line that stands once at the margin, as a target of a Makefile does, where the new lines are one such passage too
/// and not a sketch of it.
fn section(old: &[String], new: &[String], file: &FileView) -> Option<Change> {
    let new = &new[first_said(new)..=last_said(new)];
    let is_at_margin = |line: &String| !line.is_empty() && !line.starts_with([' ', '\t']);
    let closes = |line: &String| line.starts_with(['}', ')', ']']) || line == "end";
    let head = new.first().filter(|line| is_at_margin(line) && line.ends_with([':', '{', '(', '[']))?;
    let end = |lines: &[String]| lines.iter().position(is_at_margin).unwrap_or(lines.len());
    let is_closed = |lines: &[String]| lines.get(end(lines)).is_some_and(closes);
    let has_end = is_closed(&new[1..]);
    let body = |lines: &[String]| {
        let end = end(lines) + usize::from(has_end && is_closed(lines));
        lines[..end].iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1)
    };
    let mut places = (0..old.len()).filter(|at| old[*at] == *head);
    let (Some(start), None) = (places.next(), places.next()) else { return None };
    let (own, given) = (body(&old[start + 1..]), body(&new[1..]));
    let said = |lines: &[String]| lines.iter().filter(|line| !line.is_empty()).count();
    let (own_said, given_said) = (said(&old[start + 1..=start + own]), said(&new[1..]));
    if own == 0 || given + 1 < new.len() || own_said > MAX_GONE && given_said * 2 < own_said {
        return None;
    }
    // A type of which only some members are shown keeps the others.
    let is_bracketed = head.ends_with(['{', '(', '[']);
    if is_bracketed && loses_beside_changes(&old[start + 1..=start + own], &new[1..]) {
        return None;
    }
    let last = &file.lines[start + own];
    let new_text = new.iter().map(String::as_str).collect::<Vec<_>>().join(file.eol);
    let range = file.lines[start].start..last.start + last.content.len();
    Some(Change { range, new_text, tolerances: Vec::new() })
}

/// Whether the new lines go on in the middle of what a bracket opens, as a sketch does that shows a type with one of its members.
fn skips_members(old: &[String], new: &[String]) -> bool {
    let new = &new[first_said(new)..];
    let Some(head) = new.first().filter(|line| line.ends_with(['{', '(', '['])) else { return false };
    let Some(start) = old.iter().position(|line| line == head) else { return false };
    let (old, new) = (&old[start + 1..], &new[1..]);
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    let begins_with_loss = ops.first().is_some_and(|op| {
        matches!(op, DiffOp::Delete { .. }) && old[op.old_range()].iter().any(|line| !line.is_empty())
    });
    begins_with_loss && loses_beside_changes(old, new)
}

/// Whether lines go with nothing in their place where others change.
fn loses_beside_changes(old: &[String], new: &[String]) -> bool {
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    let changed: Vec<&DiffOp> = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).collect();
    let is_loss = |op: &&DiffOp| {
        let says = |lines: &[String]| lines.iter().any(|line| !line.is_empty());
        says(&old[op.old_range()]) && !says(&new[op.new_range()])
    };
    changed.len() > 1 && changed.iter().any(is_loss)
}

fn first_said(lines: &[String]) -> usize {
    lines.iter().position(|line| !line.is_empty()).unwrap_or(0)
}

fn last_said(lines: &[String]) -> usize {
    lines.iter().rposition(|line| !line.is_empty()).unwrap_or(0)
}

/// The text with tabs where the file has them and the reply wrote blanks.
pub(super) fn with_tabs<'t>(text: &'t str, file: &FileView) -> Cow<'t, str> {
    let given = lines(text);
    if !file.style().tabs || given.iter().any(|line| line.content.starts_with('\t')) {
        return text.into();
    }
    let index = file.trimmed_index();
    let said = given.iter().filter(|line| line.content.starts_with(' ') && !line.is_blank());
    let pairs: Vec<(&str, &str)> = said
        .filter_map(|line| Some((line.content, file.lines[index.lines_with(line.trimmed()).next()?].content)))
        .collect();
    let (written, found): (Vec<&str>, Vec<&str>) = pairs.into_iter().unzip();
    let Some(way @ Reindent::Columns { shift: 0, .. }) = Reindent::infer(&written, &found) else {
        return text.into();
    };
    let style = Style::of(given.iter().map(|line| line.content));
    let place = |line: &Line| -> String {
        let moved = if line.content.starts_with(' ') {
            way.apply(line.content, false, style, file.style())
        } else {
            line.content.to_owned()
        };
        moved + line.ending
    };
    given.iter().map(place).collect::<String>().into()
}
