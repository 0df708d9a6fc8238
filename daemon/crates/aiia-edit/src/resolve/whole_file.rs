//! Code that stands for a whole file.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::Symbol;
use similar::{Algorithm, capture_diff_slices, diff_ratio};

use super::Change;
use super::block::{Block, remainder};
use super::likeness::{Likeness, likeness};
use super::nearest;
use super::symbol_match::{MAX_PAIRS, is_container, is_section, members, same_kind};
use super::view::FileView;
use crate::complaint::{Complaint, ComplaintKind};
use crate::guard::is_elision;
use crate::lines::{Line, lines};

/// How much of what stands outside symbols must come back for a reply to mean the whole file.
const LEAST_REMAINDER: f64 = 0.5;
/// How much of a file in an unknown language must come back.
const LEAST_LIKENESS: f32 = 0.5;

/// The whole file anew, if the reply has all its symbols (save the one asked about, which may go) and
/// changes something that no symbol holds. Otherwise its symbols can be taken one by one, which keeps more.
pub(super) fn of_most_symbols(block: &Block, file: &FileView) -> Option<Change> {
    let tops = block.tops();
    let own: Vec<_> = file.symbols().iter().filter(|symbol| symbol.depth == 0).collect();
    let missing = missing(block, file);
    // What was asked about may go, unless the reply has something else of that name.
    let may_go = |name: &str| Some(name) == file.focus_symbol() && block.count_of(name) == 0;
    if missing.iter().any(|name| !may_go(name)) || tops.is_empty() {
        return None;
    }
    let covered: Vec<&Range<usize>> = own.iter().map(|symbol| &symbol.range).collect();
    let own_rest = remainder(&file.text[file.mark..], &[]);
    let covered_lines: HashSet<usize> = remainder(file.text, &covered).into_iter().map(|(start, _)| start).collect();
    let own_rest: Vec<&str> = own_rest
        .into_iter()
        .filter(|(start, _)| {
            covered_lines.contains(&(start + file.mark)) || (*start == 0 && covered_lines.contains(&0))
        })
        .map(|(_, line)| line)
        .collect();
    let last_top = tops.last().map_or(0, |top| top.range.end);
    let new_rest = block.remainder();
    let new_lines: HashSet<&str> = lines(&block.text).iter().map(Line::trimmed).collect();
    let kept = own_rest.iter().filter(|line| new_lines.contains(*line)).count();
    let own_trails = own.last().is_some_and(|last| !file.text[last.range.end..].trim().is_empty());
    let own_lines: HashSet<&str> = own_rest.iter().copied().collect();
    let adds = new_rest
        .iter()
        .any(|(start, line)| !own_lines.contains(line) && !is_elision(line) && (*start < last_top || own_trails));
    let enough =
        if own_rest.is_empty() { !missing.is_empty() } else { kept as f64 >= own_rest.len() as f64 * LEAST_REMAINDER };
    let differs = adds || kept < own_rest.len() || !missing.is_empty();
    (enough && differs).then(|| replacement(&block.text, file))
}

/// The names of the symbols of a file that a reply does not have: those outside of everything, and those inside them that are not
/// inside functions. Of several that are one to all appearances, as many must be there.
fn missing<'f>(block: &Block, file: &'f FileView) -> Vec<&'f str> {
    let mut missing = Vec::new();
    let own: Vec<&Symbol> = file.symbols().iter().filter(|symbol| symbol.depth == 0).collect();
    let mut left = vec![(block.tops(), own)];
    while let Some((given, own)) = left.pop() {
        let mut by_name: HashMap<&str, Vec<&Symbol>> = HashMap::new();
        for symbol in given.into_iter().rev() {
            by_name.entry(symbol.name.as_str()).or_default().push(symbol);
        }
        for own in own {
            let is_own = |other: &&Symbol| {
                same_kind(other.kind, own.kind) && likeness(other, block, own, file) == Likeness::Same
            };
            let of_name = by_name.get_mut(own.name.as_str());
            let is_too_much = file.symbols_named(&own.name).len().saturating_mul(block.count_of(&own.name)) > MAX_PAIRS;
            if is_too_much {
                missing.push(own.name.as_str());
                continue;
            }
            let found = of_name.and_then(|given| given.iter().rposition(is_own).map(|at| given.remove(at)));
            match found {
                Some(given) if is_container(own.kind) || is_section(own.kind) => {
                    left.push((block.members(given), members(file.symbols(), own)));
                }
                Some(_) => {}
                None => missing.push(own.name.as_str()),
            }
        }
    }
    missing
}

/// A file whose language is not known is replaced when the reply is much like it.
pub(super) fn of_unknown_language(text: &str, file: &FileView) -> Result<Change, Complaint> {
    let trimmed =
        |text: &str| -> Vec<String> { lines(text).iter().map(|line| line.right_trimmed().to_owned()).collect() };
    let (old, new) = (trimmed(&file.text[file.mark..]), trimmed(text));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let alike = diff_ratio(&ops, old.len(), new.len()) >= LEAST_LIKENESS;
    if alike && new.len() * 2 >= old.len() && !old.is_empty() {
        return Ok(replacement(text, file));
    }
    let first = lines(text).iter().find(|line| !line.is_blank()).map_or("", |line| line.trimmed());
    Err(Complaint::new(
        ComplaintKind::NotFound,
        format!(
            "The code of the reply (`{}`) is not the whole of {} and says not where it belongs. Ask the model for \
             search/replace blocks.",
            nearest::shortened(first),
            file.path
        ),
    )
    .in_file(file.path))
}

/// The text with the file's byte order mark, line breaks and final break.
pub(super) fn replacement(text: &str, file: &FileView) -> Change {
    let given = lines(text.trim_end());
    let mut new_text = String::with_capacity(text.len());
    for (number, line) in given.iter().enumerate() {
        if number > 0 {
            new_text.push_str(file.eol);
        }
        new_text.push_str(line.content);
    }
    if file.lines.last().is_none_or(|line| !line.ending.is_empty()) {
        new_text.push_str(file.eol);
    }
    Change { range: file.mark..file.text.len(), new_text, tolerances: Vec::new() }
}
