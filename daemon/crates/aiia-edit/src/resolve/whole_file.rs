//! Code that stands for a whole file.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::Symbol;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::block::{Block, remainder};
use super::likeness::{Likeness, likeness};
use super::symbol_match::{MAX_PAIRS, is_container, is_section, members, same_kind};
use super::view::FileView;
use super::{Change, deletion, imports, moved, nearest, plain_text, statement, whole_lines};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, indentation, lines};
use crate::placeholder::is_elision;
use crate::tolerance::Tolerance;

/// A text of no more lines may become any other.
const MAX_SHORT: usize = 8;
/// So many statements in a row may go from outside symbols.
const MAX_GONE: usize = 2;
/// How much of what stands outside symbols must come back for a reply to mean the whole file.
const LEAST_REMAINDER: f64 = 0.5;
/// How much alike two lines are of which one is the other in other words.
const LEAST_ALIKE: f64 = 0.6;

/// The whole file anew, if the reply has all its symbols (save the one asked about, which may go), begins and ends as it does, and
/// changes something that no symbol holds. Otherwise its symbols can be taken one by one, which keeps more.
///
/// # Errors
/// The reply is the whole file but for calls that nobody asked to delete.
pub(super) fn of_most_symbols(block: &Block, file: &FileView) -> Result<Option<Change>, Complaint> {
    let tops = block.tops();
    let own: Vec<_> = file.symbols().iter().filter(|symbol| symbol.depth == 0).collect();
    let missing = missing(block, file);
    let may_go = |name: &str| block.count_of(name) == 0 && deletion::may_go(name, &tops, &own, block, file);
    if missing.iter().any(|name| !may_go(name)) || tops.is_empty() {
        return Ok(None);
    }
    let covered: Vec<&Range<usize>> = own.iter().map(|symbol| &symbol.range).collect();
    let covered_lines: HashSet<usize> = remainder(file.text, &covered).into_iter().map(|(start, _)| start).collect();
    let own_rest: Vec<(usize, &str)> = remainder(&file.text[file.mark..], &[])
        .into_iter()
        .map(|(start, line)| (start + file.mark, line))
        .filter(|(start, _)| covered_lines.contains(start) || (*start == file.mark && covered_lines.contains(&0)))
        .collect();
    let last_top = tops.last().map_or(0, |top| top.range.end);
    let mut new_rest = block.remainder();
    let new_lines: HashSet<&str> = lines(&block.text).iter().map(Line::trimmed).collect();
    let kept = own_rest.iter().filter(|(_, line)| new_lines.contains(line)).count();
    let own_trails = own.last().is_some_and(|last| !file.text[last.range.end..].trim().is_empty());
    let own_lines: HashSet<&str> = own_rest.iter().map(|(_, line)| *line).collect();
    let adds = new_rest
        .iter()
        .any(|(start, line)| !own_lines.contains(line) && !is_elision(line) && (*start < last_top || own_trails));
    // A line that the reply has in other words comes back as well.
    let reworded = || {
        let fresh: Vec<&str> = new_rest
            .iter()
            .map(|(_, line)| *line)
            .filter(|line| !own_lines.contains(line) && !is_elision(line))
            .collect();
        if own_rest.len().saturating_mul(fresh.len()) > MAX_PAIRS {
            return 0;
        }
        let comes_back = |line: &str| fresh.iter().any(|other| nearest::alike(line, other) >= LEAST_ALIKE);
        own_rest.iter().filter(|(_, line)| !new_lines.contains(line) && comes_back(line)).count()
    };
    let enough = if own_rest.is_empty() {
        !missing.is_empty()
    } else {
        let least = own_rest.len() as f64 * LEAST_REMAINDER;
        kept as f64 >= least || (kept + reworded()) as f64 >= least
    };
    let differs = adds || kept < own_rest.len() || !missing.is_empty();
    let lacks_an_import = || whole_lines::loses_an_import(&block.text, block, false, file);
    let trailing = |start: usize| own.last().is_some_and(|last| start >= last.range.end);
    let (gone, come) = (
        own_rest.iter().filter(|(start, line)| trailing(*start) && !new_lines.contains(line)).count(),
        new_rest.iter().filter(|(start, line)| *start >= last_top && !own_lines.contains(line)).count(),
    );
    // What the file ends with stays, where the reply ends with its last symbol.
    let end = own.last().map_or("", |last| &file.text[last.range.end..]);
    let completed = match (gone > come, come) {
        (false, _) => None,
        (true, 0) => Some(format!("{}{end}", &block.text[..last_top])),
        (true, _) => return Ok(None),
    };
    if completed.is_some() {
        new_rest.extend(own_rest.iter().filter(|(start, _)| trailing(*start)));
    }
    if !enough || !differs || !comes_back(&own_rest, &new_rest, file) || lacks_an_import() {
        return Ok(None);
    }
    if let Some(lost) =
        statement::lost_name(own_rest.iter().map(|(_, line)| *line), new_rest.iter().map(|(_, line)| *line))
    {
        let message = format!(
            "The reply gives all of {} but `{}`, which nobody asked to delete. Ask the model for the whole file, or for an edit.",
            file.path,
            nearest::shortened(lost)
        );
        return Err(Complaint::new(ComplaintKind::Vanished, message).in_file(file.path));
    }
    let mut change = replacement(completed.as_deref().unwrap_or(&block.text), file);
    change.tolerances.extend(completed.map(|_| Tolerance::Elision));
    Ok(Some(change))
}

/// Whether what stands outside symbols comes back: the head of the file, its first and its last statement, and all but a few in a row,
/// or others in their place. Each line is given with where it begins.
fn comes_back(own: &[(usize, &str)], new: &[(usize, &str)], file: &FileView) -> bool {
    let language = file.language.map_or("", |language| language.name());
    let new: Vec<&str> = new.iter().map(|(_, line)| *line).collect();
    if own.iter().any(|(_, line)| imports::is_head(line, language) && !new.contains(line)) {
        return false;
    }
    let imports: HashSet<&str> = imports::of_file(file).iter().flat_map(|import| lines_of(import)).collect();
    let is_comment = |start: usize| {
        let comments = file.comments();
        let line = start + indentation(&file.text[start..]).len();
        let before = comments.partition_point(|comment| comment.start <= line);
        before.checked_sub(1).is_some_and(|last| line < comments[last].end)
    };
    let own: Vec<(usize, &str)> =
        own.iter().filter(|(start, line)| !imports.contains(line) && !is_comment(*start)).copied().collect();
    let tops = || file.symbols().iter().filter(|symbol| symbol.depth == 0);
    let is_first = own.first().is_some_and(|(start, _)| tops().next().is_none_or(|top| *start < top.range.start));
    let is_last = own.last().is_some_and(|(start, _)| tops().next_back().is_none_or(|top| *start >= top.range.end));
    let own: Vec<&str> = own.iter().map(|(_, line)| *line).collect();
    let said = |lines: &[&str]| lines.iter().filter(|line| line.contains(char::is_alphanumeric)).count();
    capture_diff_slices(Algorithm::Myers, &own, &new).iter().all(|op| {
        let range = op.old_range();
        let (gone, come) = (said(&own[range.clone()]), said(&new[op.new_range()]));
        let is_edge = is_first && range.start == 0 || is_last && range.end == own.len();
        matches!(op, DiffOp::Equal { .. }) || gone <= if is_edge && !range.is_empty() { come } else { come + MAX_GONE }
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
        let tops = block.tops();
        let gone: Vec<&str> = own
            .iter()
            .map(|symbol| symbol.name.as_str())
            .filter(|name| block.count_of(name) == 0 && !deletion::may_go(name, &tops, &own, &block, file))
            .filter(|name| !moved::is_elsewhere(name, file))
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
pub(super) fn missing<'f>(block: &Block, file: &'f FileView) -> Vec<&'f str> {
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
    let text = plain_text::with_tabs(text.trim_end(), file);
    let given = lines(&text);
    let mut new_text = String::with_capacity(text.len());
    let ops = capture_diff_slices(Algorithm::Myers, &right_trimmed(&file.lines), &right_trimmed(&given));
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

fn right_trimmed(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.right_trimmed().to_owned()).collect()
}

/// Gives the lines of a change that the file has too their own breaks, where the file has several kinds, and in Markdown the blanks at
/// their ends, which break a line.
pub(super) fn keep_ends(change: &mut Change, file: &FileView) {
    let keeps_blanks = file.language.is_some_and(|language| language.name() == "markdown");
    if change.range.is_empty() || !(keeps_blanks || file.has_carriage_returns()) {
        return;
    }
    let own = lines(&file.text[change.range.clone()]);
    let given = lines(&change.new_text);
    let mut new_text = String::with_capacity(change.new_text.len());
    for op in capture_diff_slices(Algorithm::Myers, &right_trimmed(&own), &right_trimmed(&given)) {
        for (number, line) in given[op.new_range()].iter().enumerate() {
            let same = matches!(op, DiffOp::Equal { .. }).then(|| &own[op.old_range().start + number]);
            let content = same.filter(|_| keeps_blanks).map_or(line.content, |own| own.content);
            let ending = same.filter(|own| !own.ending.is_empty() && !line.ending.is_empty()).unwrap_or(line).ending;
            new_text.push_str(content);
            new_text.push_str(ending);
        }
    }
    change.new_text = new_text;
}
