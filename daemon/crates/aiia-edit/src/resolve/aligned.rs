//! The last resort for a passage that is not in the file to the letter: the quote has a typo, lacks lines or has some too many.
//!
//! The quote is laid along the file. What the edit changes must stand there word for word, beside a line that was quoted rightly;
//! everything else stays as the file has it. Nothing is taken when another place of the file looks similar.

use std::collections::HashMap;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Change;
use super::indent::{Reindent, Style};
use super::view::FileView;
use crate::lines::{Line, lines};
use crate::parse::Reading;
use crate::tolerance::Tolerance;

/// Of the lines quoted, so many in a hundred must be in the file.
const LEAST_SHARE: usize = 60;
/// Lines that occur more often tell nothing about the place.
const MAX_OCCURRENCES: usize = 20;

/// The change, if there is one place for it.
pub(super) fn find(reading: &Reading, file: &FileView) -> Option<Change> {
    let (old, new) = (lines(&reading.old), lines(&reading.new));
    let old_keys: Vec<&str> = old.iter().map(Line::trimmed).collect();
    let offset = only_offset(&old_keys, file)?;
    let real: Vec<&str> = file.lines.iter().map(Line::trimmed).collect();
    let slack = (old.len() / 3 + 3) as isize;
    let clamped = |line: isize| line.clamp(0, real.len() as isize) as usize;
    let window = clamped(offset - slack)..clamped(offset + old.len() as isize + slack);

    let mut places: Vec<Option<usize>> = vec![None; old.len()];
    for op in capture_diff_slices(Algorithm::Myers, &old_keys, &real[window.clone()]) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for step in 0..len {
                places[old_index + step] = Some(window.start + new_index + step);
            }
        }
    }
    let said = |index: &usize| !old_keys[*index].is_empty();
    let quoted = (0..old.len()).filter(said).count();
    let matched = (0..old.len()).filter(said).filter(|index| places[*index].is_some()).count();
    if quoted < 3 || matched * 100 < quoted * LEAST_SHARE {
        return None;
    }
    let pairs: Vec<(&str, &str)> =
        (0..old.len()).filter_map(|index| Some((old[index].content, file.lines[places[index]?].content))).collect();
    let (written, found): (Vec<&str>, Vec<&str>) = pairs.into_iter().unzip();
    let way = Reindent::infer(&written, &found)?;
    let style = Style::of(old.iter().chain(&new).map(|line| line.content));

    let mut edits = Vec::new();
    // What only changes its indentation changes.
    let exact_old: Vec<&str> = old.iter().map(Line::right_trimmed).collect();
    let exact_new: Vec<&str> = new.iter().map(Line::right_trimmed).collect();
    for op in capture_diff_slices(Algorithm::Myers, &exact_old, &exact_new) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let range = place_of(op.old_range(), &places, &old_keys, &real)?;
        let text: Vec<String> = new[op.new_range()]
            .iter()
            .map(|line| {
                if way == Reindent::Same {
                    line.content.to_owned()
                } else {
                    way.apply(line.content, false, style, file.style())
                }
            })
            .collect();
        edits.push((range, text));
    }
    let (first, last) = (edits.first()?.0.start, edits.last()?.0.end);
    let mut text = String::new();
    let mut at = first;
    for (range, lines) in edits {
        if range.start < at {
            return None;
        }
        file.lines[at..range.start].iter().for_each(|line| text.push_str(&file.text[line.start..line.end()]));
        for line in lines {
            text.push_str(&line);
            text.push_str(file.eol);
        }
        at = range.end;
    }
    let byte = |line: usize| file.lines.get(line).map_or(file.text.len(), |line| line.start);
    // The last line of the file may have no break to take over or to add after.
    let whole = last < file.lines.len() || file.text.ends_with('\n');
    whole.then(|| Change { range: byte(first)..byte(last), new_text: text, tolerances: vec![Tolerance::Quote] })
}

/// By how many lines the quote is shifted in the file, if nearly all lines agree on it and no other place comes near.
fn only_offset(old: &[&str], file: &FileView) -> Option<isize> {
    let index = file.trimmed_index();
    let mut votes: HashMap<isize, usize> = HashMap::new();
    for (number, key) in old.iter().enumerate().filter(|(_, key)| !key.is_empty()) {
        for line in index.lines_with(key).take(MAX_OCCURRENCES + 1) {
            *votes.entry(line as isize - number as isize).or_default() += 1;
        }
    }
    // Lines that are missing or too many shift the rest a little.
    let near = |offset: isize| -> usize { (offset - 2..=offset + 2).filter_map(|near| votes.get(&near)).sum() };
    let (best, share) =
        votes.keys().map(|offset| (*offset, near(*offset))).max_by_key(|(offset, share)| (*share, -*offset))?;
    let far = |offset: &&isize| (**offset - best).unsigned_abs() > 4;
    let second = votes.keys().filter(far).map(|offset| near(*offset)).max().unwrap_or(0);
    (second * 2 <= share).then_some(best)
}

/// The lines of the file that a range of the quote is, beside a neighbour that was found, too.
fn place_of(
    range: std::ops::Range<usize>,
    places: &[Option<usize>],
    old: &[&str],
    real: &[&str],
) -> Option<std::ops::Range<usize>> {
    let before = (0..range.start).rev().find(|index| !old[*index].is_empty());
    let after = (range.end..old.len()).find(|index| !old[*index].is_empty());
    let found = |index: Option<usize>| index.and_then(|index| places[index]);
    let only_blanks = |from: usize, to: usize| from <= to && real[from..to].iter().all(|line| line.is_empty());
    if range.is_empty() {
        // An insertion belongs between its two neighbours, with as many blank lines between them as were quoted.
        let (above, below) = (before?, after?);
        let (first, second) = (places[above]?, places[below]?);
        let as_quoted = second.checked_sub(first) == Some(below - above) && only_blanks(first + 1, second);
        let place = first + (range.start - above);
        return as_quoted.then_some(place..place);
    }
    let start = places[range.start]?;
    let end = start + range.len();
    let contiguous = range.clone().enumerate().all(|(step, index)| places[index] == Some(start + step));
    let beside = found(before).is_some_and(|line| only_blanks(line + 1, start))
        || found(after).is_some_and(|line| only_blanks(end, line));
    (contiguous && beside).then_some(start..end)
}
