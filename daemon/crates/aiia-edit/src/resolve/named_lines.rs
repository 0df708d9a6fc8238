//! Code of which a reply says which lines it stands for: `Lines 12-14:`. Such numbers are often wrong, so that the lines themselves must
//! agree.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Change;
use super::indent::{Reindent, Style, common_indentation};
use super::selection::likeness;
use super::view::FileView;
use crate::lines::{Line, lines};
use crate::tolerance::Tolerance;

/// How much alike lines must be of which the one take the places of the others.
const LEAST_ALIKE: f32 = 0.6;

/// The change that code makes between the lines that are named, of which all come back, from the first to the last.
pub(super) fn between(text: &str, named: &Range<usize>, file: &FileView) -> Option<Change> {
    let own = file.lines.get(named.clone())?;
    let given = lines(text);
    let said = |lines: &[Line]| -> Vec<String> { lines.iter().map(|line| line.trimmed().to_owned()).collect() };
    let (old, new) = (said(own), said(&given));
    let is_telling = |line: &&String| line.len() > 2 && line.contains(char::is_alphanumeric);
    let are_edges = old.len() > 1 && old.first() == new.first() && old.last() == new.last();
    if !are_edges || !old.iter().any(|line| is_telling(&line)) || is_shifted(&new, named, file) {
        return None;
    }
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let all_stay = ops.iter().all(|op| matches!(op, DiffOp::Equal { .. } | DiffOp::Insert { .. }));
    (all_stay && old.len() < new.len()).then(|| change(&given, named, file)).flatten()
}

/// The change of lines that are named and much like the code.
pub(super) fn instead(text: &str, named: &Range<usize>, file: &FileView) -> Option<Change> {
    let own = file.lines.get(named.clone())?;
    let all = lines(text);
    let first = all.iter().position(|line| !line.is_blank())?;
    let last = all.iter().rposition(|line| !line.is_blank())?;
    let given = &all[first..=last];
    let said: Vec<String> = given.iter().map(|line| line.trimmed().to_owned()).collect();
    let is_new = own.len() != given.len() || own.iter().zip(given).any(|(one, other)| one.trimmed() != other.trimmed());
    let alike = likeness(own, given) >= LEAST_ALIKE;
    (is_new && alike && !is_shifted(&said, named, file)).then(|| change(given, named, file)).flatten()
}

/// Whether the code has lines that stand beside those that are named, so that the numbers are wrong.
fn is_shifted(new: &[String], named: &Range<usize>, file: &FileView) -> bool {
    let own = |line: &str| file.lines[named.clone()].iter().any(|own| own.trimmed() == line);
    let beside = [named.start.checked_sub(1), Some(named.end)].into_iter().flatten();
    let mut beside = beside.filter_map(|number| file.lines.get(number)).map(Line::trimmed);
    beside.any(|line| line.contains(char::is_alphanumeric) && !own(line) && new.iter().any(|new| new == line))
}

fn change(given: &[Line], named: &Range<usize>, file: &FileView) -> Option<Change> {
    let own = &file.lines[named.clone()];
    let indent = |lines: &[Line]| common_indentation(lines.iter().map(|line| line.content));
    let way = Reindent::Shift { strip: indent(given), add: indent(own) };
    let written = Style::of(given.iter().map(|line| line.content));
    let is_in_place = indent(given) == indent(own);
    let mut new_text = String::new();
    for (number, line) in given.iter().enumerate() {
        let moved = way.apply(line.content, number == 0, written, file.code_style());
        new_text.push_str(if is_in_place { line.right_trimmed() } else { moved.trim_end() });
        new_text.push_str(file.eol);
    }
    let last = own.last()?;
    if last.ending.is_empty() {
        new_text.truncate(new_text.len() - file.eol.len());
    }
    Some(Change { range: own.first()?.start..last.end(), new_text, tolerances: vec![Tolerance::LineNumber] })
}
