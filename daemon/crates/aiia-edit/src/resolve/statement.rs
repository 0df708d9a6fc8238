//! Code that is calls with functions in them: routes, tests. Such calls have no name; the line they begin with stands for them.

use std::ops::Range;

use aiia_syntax::{Symbol, SymbolKind};

use super::block::Block;
use super::view::FileView;
use super::{Change, elision, nearest, omission, symbol_text};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines};

/// The changes that give the calls of the file that begin with the same lines the text of the reply; nothing where the reply is
/// something else, or the file has no such line.
pub(super) fn changes(block: &Block, file: &FileView) -> Option<Result<Vec<Change>, Complaint>> {
    let calls = block.calls().filter(|_| !block.has_errors())?;
    let is_there = |call: &Range<usize>| {
        let said = &block.text[call.clone()];
        !said.contains('\n') && file.lines.iter().any(|line| line.trimmed() == said)
    };
    // One in a line that the file has is shown for the place alone.
    let of_call = |call: Range<usize>| change(call, block, file);
    let several = calls.len() > 1;
    calls.into_iter().filter(|call| !several || !is_there(call)).map(of_call).collect()
}

fn change(given: Range<usize>, block: &Block, file: &FileView) -> Option<Result<Change, Complaint>> {
    let first = first_line(&block.text, &given);
    if first.len() + 1 >= given.len() {
        return None;
    }
    let tree = file.tree()?;
    let begins = |line: &&Line| line.trimmed() == first;
    let starts =
        file.lines.iter().filter(begins).map(|line| line.end() - line.ending.len() - line.content.trim_start().len());
    let found: Vec<Range<usize>> = starts.filter_map(|start| tree.call_at(start)).collect();
    let own = match &found[..] {
        [] => return None,
        [one] => one,
        several => {
            let focus = file.focus_range().unwrap_or_default();
            let asked: Vec<_> =
                several.iter().filter(|call| call.start < focus.end && focus.start < call.end).collect();
            match asked[..] {
                [one] => one,
                _ => return Some(Err(ambiguous(first, several, file))),
            }
        }
    };
    let (given, own) = (as_symbol(first, given), as_symbol(first, own.clone()));
    if let Some(lost) = lost_call(&given, block, &own, file) {
        let message = format!(
            "The reply gives `{}` without `{}`, which would delete it. Ask the model for the whole of it or for one of its parts.",
            nearest::shortened(first),
            nearest::shortened(lost)
        );
        return Some(Err(Complaint::new(ComplaintKind::Vanished, message).in_file(file.path)));
    }
    let mut change = symbol_text::rewrite(&given, block, &own, file);
    elision::expand_code(&mut change, file);
    Some(omission::refuse((Some(&given), block), Some(&own), &change, file).map(|()| change))
}

/// Commands of Ruby that say something and declare nothing.
const TELLING: &[&str] = &["puts", "print", "p", "raise", "warn", "require", "require_relative", "return"];

fn first_line<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    text[range.clone()].lines().next().unwrap_or_default().trim_end()
}

pub(super) fn as_symbol(name: &str, range: Range<usize>) -> Symbol {
    Symbol {
        name: name.to_owned(),
        kind: SymbolKind::Function,
        range: range.clone(),
        item_range: range.clone(),
        name_range: range.start..range.start,
        body_range: Some((range.start + name.len()).min(range.end)..range.end),
        container: None,
        depth: 0,
    }
}

/// The first line of a call within that of the file, named by a text, that the reply does not have.
fn lost_call<'f>(given: &Symbol, block: &Block, own: &Symbol, file: &FileView<'f>) -> Option<&'f str> {
    let tree = file.tree()?;
    let new: Vec<&str> = block.text[given.item_range.clone()].lines().map(str::trim).collect();
    if file.language.is_some_and(|language| language.name() == "ruby") {
        let old = file.text[own.item_range.clone()].lines().skip(1).map(str::trim);
        return lost(old.filter_map(command), new.iter().skip(1).copied().filter_map(command));
    }
    let inner = lines(&file.text[own.item_range.clone()]).into_iter().skip(1).find_map(|line| {
        let start = own.item_range.start + line.start + line.content.len() - line.content.trim_start().len();
        let is_named = line.content.split_once('(').is_some_and(|(_, rest)| rest.starts_with(['"', '\'', '`']));
        let call = if is_named && !new.contains(&line.trimmed()) { tree.call_at(start) } else { None };
        call.filter(|call| call.end > own.item_range.start + line.start + line.content.len())
    })?;
    Some(first_line(file.text, &inner))
}

/// The first call, named by a text and something with it, as routes are, that some old lines have and the new ones lack; nothing where
/// as many others come.
pub(super) fn lost_name<'f>(old: impl Iterator<Item = &'f str>, new: impl Iterator<Item = &'f str>) -> Option<&'f str> {
    lost(old.filter_map(named), new.filter_map(named))
}

fn lost<'f, 'n>(old: impl Iterator<Item = &'f str>, new: impl Iterator<Item = &'n str>) -> Option<&'f str> {
    let old: Vec<&str> = old.collect();
    let new: Vec<&str> = new.collect();
    let gone: Vec<&'f str> = old.iter().filter(|name| !new.contains(name)).copied().collect();
    let come = new.iter().filter(|name| !old.contains(name)).count();
    gone.first().filter(|_| gone.len() > come).copied()
}

/// The beginning of `app.get("/a", …`, up to the end of the text.
fn named(line: &str) -> Option<&str> {
    let (callee, rest) = line.split_once('(')?;
    let is_name = callee.contains(['.', ':']) && callee.chars().all(|c| c.is_alphanumeric() || "_.:$".contains(c));
    let end = end_of_text(rest).filter(|end| is_name && rest[*end..].trim_start().starts_with(','))?;
    Some(&line[..callee.len() + 1 + end])
}

/// The beginning of `get "/a", …` or `resources :users`, as Ruby has it.
fn command(line: &str) -> Option<&str> {
    let (word, rest) = line.split_once(' ')?;
    let is_word = word.chars().all(|c| c.is_lowercase() || c == '_') && !TELLING.contains(&word);
    let symbol = || {
        rest.strip_prefix(':')
            .map(|name| 1 + name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len()))
    };
    let end = end_of_text(rest).or_else(symbol).filter(|_| is_word)?;
    Some(&line[..word.len() + 1 + end])
}

fn end_of_text(rest: &str) -> Option<usize> {
    let quote = rest.chars().next().filter(|sign| matches!(sign, '"' | '\'' | '`'))?;
    Some(rest[1..].find(quote)? + 2)
}

fn ambiguous(first: &str, found: &[Range<usize>], file: &FileView) -> Complaint {
    let lines: Vec<usize> = found.iter().map(|call| file.line_number(call.start)).collect();
    let shown = lines.iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let message = format!(
        "{} has `{}` {} times, at lines {shown}. Put the cursor into the one that is meant and ask again.",
        file.path,
        nearest::shortened(first),
        lines.len()
    );
    Complaint::new(ComplaintKind::Ambiguous, message).in_file(file.path).with_candidates(lines)
}
