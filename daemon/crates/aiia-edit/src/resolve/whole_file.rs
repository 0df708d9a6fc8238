//! Code that stands for a whole file.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::Symbol;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::block::{Block, remainder};
use super::likeness::{Likeness, likeness};
use super::symbol_match::{MAX_PAIRS, is_container, is_section, members, same_kind};
use super::view::FileView;
use super::{Change, deletion, imports};
use crate::complaint::{Complaint, ComplaintKind};
use crate::guard::is_elision;
use crate::lines::{Line, lines};

/// A text of no more lines may become any other.
const MAX_SHORT: usize = 8;
/// So many statements in a row may go from outside symbols.
const MAX_GONE: usize = 2;
/// How much of what stands outside symbols must come back for a reply to mean the whole file.
const LEAST_REMAINDER: f64 = 0.5;

/// The whole file anew, if the reply has all its symbols (save the one asked about, which may go) and
/// changes something that no symbol holds. Otherwise its symbols can be taken one by one, which keeps more.
pub(super) fn of_most_symbols(block: &Block, file: &FileView) -> Option<Change> {
    let tops = block.tops();
    let own: Vec<_> = file.symbols().iter().filter(|symbol| symbol.depth == 0).collect();
    let missing = missing(block, file);
    let may_go = |name: &str| block.count_of(name) == 0 && deletion::may_go(name, &tops, &own, block, file);
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
    if loses_statements(&own_rest, &new_rest, file) {
        return None;
    }
    let own_lines: HashSet<&str> = own_rest.iter().copied().collect();
    let adds = new_rest
        .iter()
        .any(|(start, line)| !own_lines.contains(line) && !is_elision(line) && (*start < last_top || own_trails));
    let enough =
        if own_rest.is_empty() { !missing.is_empty() } else { kept as f64 >= own_rest.len() as f64 * LEAST_REMAINDER };
    let differs = adds || kept < own_rest.len() || !missing.is_empty();
    (enough && differs).then(|| replacement(&block.text, file))
}

/// Whether of what stands outside symbols the head of the file is gone, or more statements in a row than one does away with by the way.
fn loses_statements(own: &[&str], new: &[(usize, &str)], file: &FileView) -> bool {
    let language = file.language.map_or("", |language| language.name());
    let new: Vec<&str> = new.iter().map(|(_, line)| *line).collect();
    if own.iter().any(|line| imports::is_head(line, language) && !new.contains(line)) {
        return true;
    }
    let imports: HashSet<&str> = imports::of_file(file).iter().flat_map(|import| lines_of(import)).collect();
    let says = |line: &&&str| line.contains(char::is_alphanumeric) && !imports.contains(**line);
    capture_diff_slices(Algorithm::Myers, own, &new).iter().any(|op| {
        let gone = own[op.old_range()].iter().filter(says).count();
        matches!(op, DiffOp::Delete { .. }) && gone > MAX_GONE
    })
}

fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim)
}

/// Refuses a whole text of a file that lacks most of it: what is left out of a file that is written anew is gone.
pub(super) fn refuse_loss(text: &str, file: &FileView) -> Result<(), Complaint> {
    let said = |text: &str| lines(text).iter().filter(|line| !line.is_blank()).count();
    let (old, new) = (said(file.text), said(text));
    if old == 0 {
        return Ok(());
    }
    let refuse = |what: String| {
        let message = format!(
            "The reply writes {} anew without {what}, which nobody asked to delete. Ask the model for an edit, or for all of the file.",
            file.path
        );
        Err(Complaint::new(ComplaintKind::Vanished, message).in_file(file.path))
    };
    if new == 0 {
        return refuse("any text".to_owned());
    }
    if let Some(block) = Block::parse(text, file) {
        let is_code = |symbol: &&Symbol| symbol.depth == 0 && (symbol.kind.is_callable() || symbol.kind.is_type());
        let own: Vec<&Symbol> = file.symbols().iter().filter(is_code).collect();
        let gone: Vec<&str> = own
            .iter()
            .map(|symbol| symbol.name.as_str())
            .filter(|name| block.count_of(name) == 0 && file.focus_symbol() != Some(*name))
            .collect();
        let come =
            block.tops().into_iter().filter(is_code).filter(|symbol| file.symbols_named(&symbol.name).is_empty());
        // As many new ones may be the same by other names.
        if gone.len() > come.count() {
            let names: Vec<String> = gone.iter().take(8).map(|name| format!("`{name}`")).collect();
            return refuse(names.join(", "));
        }
    } else if file.language.is_none() && old > MAX_SHORT && new * 2 < old {
        return refuse("most of its lines".to_owned());
    }
    Ok(())
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

/// The text with the file's byte order mark, line breaks and final break.
pub(super) fn replacement(text: &str, file: &FileView) -> Change {
    let given = lines(text.trim_end());
    let key = |lines: &[Line]| -> Vec<String> { lines.iter().map(|line| line.right_trimmed().to_owned()).collect() };
    let mut new_text = String::with_capacity(text.len());
    let ops = capture_diff_slices(Algorithm::Myers, &key(&file.lines), &key(&given));
    for op in ops {
        for (number, line) in given[op.new_range()].iter().enumerate() {
            // Lines that stay keep the blanks at their end and their break.
            let own = matches!(op, DiffOp::Equal { .. }).then(|| &file.lines[op.old_range().start + number]);
            let (content, ending) = own.map_or((line.content, file.eol), |own| (own.content, own.ending));
            new_text.push_str(content.trim_start_matches('\u{feff}'));
            new_text.push_str(if ending.is_empty() { file.eol } else { ending });
        }
    }
    if file.lines.last().is_some_and(|line| line.ending.is_empty()) {
        let end = new_text.trim_end_matches(['\n', '\r']).len();
        new_text.truncate(end);
    }
    Change { range: file.mark..file.text.len(), new_text, tolerances: Vec::new() }
}
