//! Code that stands for the selected lines, though it names no place: it is no whole symbol and much like them, or the selected symbol
//! under another name.

use std::ops::Range;

use aiia_syntax::{Symbol, SymbolKind};
use similar::{Algorithm, capture_diff_slices, diff_ratio};

use super::block::Block;
use super::symbol_match::takes_self;
use super::symbol_text::{moved, rewrite};
use super::view::FileView;
use super::whole_symbol::insert_behind;
use super::{Change, elision, omission};
use crate::complaint::Complaint;
use crate::lines::{Line, lines};

/// How much of the words of several selected lines must come back.
const LEAST_LIKENESS: f32 = 0.5;
/// Words of more than this are not compared.
const MAX_BYTES: usize = 64 * 1024;
/// Under another name a symbol of fewer lines may as well be one beside it.
const LEAST_LINES: usize = 3;

/// The change that code without a place of its own makes of the selection; nothing where it may be something else.
pub(super) fn change(text: &str, file: &FileView) -> Option<Result<Change, Complaint>> {
    let selected = said(&file.selected()?, file)?;
    let block = Block::parse(text, file).filter(|block| block.wrapping.is_none())?;
    let tops: Vec<&Symbol> = block.tops();
    let is_whole = |symbol: &&&Symbol| symbol.kind.is_callable() || symbol.kind.is_type();
    match tops.iter().find(is_whole) {
        Some(top) if tops.len() == 1 && !block.has_errors() && block.remainder().is_empty() => {
            renamed(top, &block, &selected, file).map(Ok).or_else(|| Some(Ok(added(top, &block, &selected, file)?)))
        }
        None if tops.iter().all(|top| is_local(top.kind)) && block.imports().is_empty() => {
            replaced(&block, selected, file)
        }
        _ => None,
    }
}

/// What may stand among statements.
fn is_local(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Variable | SymbolKind::Constant | SymbolKind::Field)
}

/// The numbers of the lines that a range touches, without blank ones at its ends.
fn said(range: &Range<usize>, file: &FileView) -> Option<Range<usize>> {
    let first = file.line_number(range.start) - 1;
    let last = file.line_number(range.end.saturating_sub(1).max(range.start)) - 1;
    let says = |number: &usize| !file.lines[*number].is_blank();
    Some((first..=last).find(says)?..(first..=last).rfind(says)? + 1)
}

/// The selected lines, and those around them that the code repeats, give way to it.
fn replaced(block: &Block, selected: Range<usize>, file: &FileView) -> Option<Result<Change, Complaint>> {
    // PHP is read behind its tag, which is none of the lines.
    let code = block.text.strip_prefix("<?php\n").unwrap_or(&block.text);
    let begins = block.text.len() - code.trim_start().len();
    let given = lines(code);
    let first = given.iter().position(|line| !line.is_blank())?;
    let given = &given[first..=given.iter().rposition(|line| !line.is_blank())?];
    let own = with_repeated(given, selected.clone(), file);
    let holds = |symbol: &&Symbol| {
        let line = file.line_number(symbol.item_range.start) - 1;
        (symbol.kind.is_callable() || symbol.kind.is_type()) && own.contains(&line)
    };
    // The code would delete it.
    if file.symbols().iter().any(|symbol| holds(&symbol)) {
        return None;
    }
    if selected.len() > 1 || own != selected {
        let is_alike = likeness(&file.lines[own.clone()], given) >= LEAST_LIKENESS;
        if !is_alike {
            return None;
        }
    }
    let (start, end) = (&file.lines[own.start], &file.lines[own.end - 1]);
    let range =
        start.end() - start.ending.len() - start.content.trim_start().len()..end.start + end.right_trimmed().len();
    let given = statements(begins..block.text.trim_end().len());
    let place = statements(range.clone());
    let target = &start.content[..start.content.len() - start.content.trim_start().len()];
    let new_text = moved(block, &given, file, target, Some(&place));
    let mut change = Change { range, new_text, tolerances: Vec::new() };
    elision::expand_code(&mut change, file);
    Some(omission::refuse((Some(&given), block), Some(&place), &change, file).map(|()| change))
}

/// The lines with those before and behind them that the code begins or ends with.
fn with_repeated(given: &[Line], selected: Range<usize>, file: &FileView) -> Range<usize> {
    let trimmed: Vec<&str> = given.iter().map(Line::trimmed).collect();
    let own = |range: Range<usize>| file.lines.get(range).unwrap_or_default();
    let is_said =
        |lines: &[Line]| lines.iter().any(|line| line.trimmed().chars().filter(|c| c.is_alphanumeric()).count() > 2);
    let is_same =
        |lines: &[Line], given: &[&str]| is_said(lines) && lines.iter().map(Line::trimmed).eq(given.iter().copied());
    let most = trimmed.len().saturating_sub(1).min(40);
    let before = (1..=most.min(selected.start))
        .rev()
        .find(|count| is_same(own(selected.start - count..selected.start), &trimmed[..*count]));
    let left = &trimmed[before.unwrap_or(0)..];
    let behind = (1..left.len().min(41))
        .rev()
        .find(|count| is_same(own(selected.end..selected.end + count), &left[left.len() - count..]));
    selected.start - before.unwrap_or(0)..selected.end + behind.unwrap_or(0)
}

/// How much of the words of lines is that of others, from 0 to 1; of long ones, how much of the lines.
pub(super) fn likeness(one: &[Line], other: &[Line]) -> f32 {
    let ratio = |one: &[&str], other: &[&str]| {
        diff_ratio(&capture_diff_slices(Algorithm::Myers, one, other), one.len(), other.len())
    };
    let said =
        |lines: &[Line]| lines.iter().filter(|line| !line.is_blank()).map(|line| line.content.len()).sum::<usize>();
    let by_lines = ratio(&trimmed(one), &trimmed(other));
    if by_lines >= LEAST_LIKENESS || said(one).max(said(other)) > MAX_BYTES {
        return by_lines;
    }
    by_lines.max(ratio(&words(one), &words(other)))
}

fn trimmed<'t>(lines: &[Line<'t>]) -> Vec<&'t str> {
    lines.iter().map(Line::trimmed).filter(|line| !line.is_empty()).collect()
}

/// Names and numbers, and each other sign.
fn words<'t>(lines: &[Line<'t>]) -> Vec<&'t str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    for line in lines {
        let mut rest = line.content.trim();
        while let Some(sign) = rest.chars().next() {
            let end = if is_part(sign) { rest.find(|c| !is_part(c)).unwrap_or(rest.len()) } else { sign.len_utf8() };
            words.push(&rest[..end]);
            rest = rest[end..].trim_start();
        }
    }
    words
}

fn statements(range: Range<usize>) -> Symbol {
    Symbol {
        name: "the selected lines".to_owned(),
        kind: SymbolKind::Variable,
        item_range: range.clone(),
        name_range: range.start..range.start,
        body_range: None,
        container: None,
        depth: 0,
        range,
    }
}

/// The selected symbol under the name that the code gives it, where nothing else of it changes.
fn renamed(given: &Symbol, block: &Block, selected: &Range<usize>, file: &FileView) -> Option<Change> {
    let line = |offset: usize| file.line_number(offset) - 1;
    let mut heads = file.symbols().iter().filter(|own| {
        let whole = line(own.range.start)..line(own.range.end.saturating_sub(1)) + 1;
        let is_inside = whole.start <= selected.start && selected.end <= whole.end;
        own.kind == given.kind && is_inside && selected.contains(&line(own.name_range.start))
    });
    let (own, None) = (heads.next()?, heads.next()) else { return None };
    let exchanged = |text: &str, range: &Range<usize>, name: &str| {
        let lines = lines(&text[range.clone()]);
        let words = lines.iter().filter(|line| !line.is_blank()).map(|line| {
            let words = words(std::slice::from_ref(line));
            words.into_iter().map(|word| if word == name { "" } else { word }.to_owned()).collect::<Vec<_>>()
        });
        words.collect::<Vec<_>>()
    };
    let old = exchanged(file.text, &own.item_range, &own.name);
    let is_same = old == exchanged(&block.text, &given.item_range, &given.name);
    let is_known = !file.symbols_named(&given.name).is_empty();
    (is_same && old.len() >= LEAST_LINES && !is_known).then(|| rewrite(given, block, own, file))
}

/// A method that the type around the selected lines does not have, behind the one that these are a part of.
fn added(given: &Symbol, block: &Block, selected: &Range<usize>, file: &FileView) -> Option<Change> {
    let line = |offset: usize| file.line_number(offset) - 1;
    let is_around = |own: &&Symbol| {
        let whole = line(own.item_range.start)..line(own.item_range.end.saturating_sub(1)) + 1;
        own.kind.is_callable() && whole.start <= selected.start && selected.end <= whole.end
    };
    let own = file.symbols().iter().rfind(is_around)?;
    // What has its head selected may be what is to be replaced.
    if own.depth != 1 || selected.contains(&line(own.name_range.start)) {
        return None;
    }
    let is_method = given.kind.is_callable() && takes_self(given, &block.text) && takes_self(own, file.text);
    let is_known = !file.symbols_named(&given.name).is_empty();
    (is_method && !is_known).then(|| insert_behind(given, own, block, file))
}
