//! Statements that have nothing but a comment in their place, or dots, or an empty return.

use std::collections::HashSet;
use std::ops::Range;

use aiia_syntax::Symbol;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Side;
use crate::lines::indentation;

/// So many statements that are gone are no accident.
const LEAST_GONE: usize = 2;

/// A header has no more lines.
const MAX_HEADER: usize = 12;

/// What stands in the place of statements of the file, as it is written.
pub(super) fn of_statements(
    (old, own): (&Side, Option<&Symbol>),
    (new, given): (&Side, Option<&Symbol>),
) -> Option<String> {
    let (before, after) = (said(old, &old.range), said(new, &new.range));
    emptied_block(&before, &after).or_else(|| commented(&before, &after)).or_else(|| {
        let functions = old.functions(own);
        new.functions(given).into_iter().find_map(|(key, after)| match (&functions.get(&key)?[..], &after[..]) {
            ([before], [after]) => commented(&below_header(old, before), &below_header(new, after)),
            _ => None,
        })
    })
}

/// What a function has below its header, which is changed for reasons of its own.
fn below_header<'t>(side: &Side<'t>, function: &Symbol) -> Vec<Said<'t>> {
    let body = side.body(function);
    let mut lines = said(side, &(function.name_range.end.min(body.end)..body.end));
    let opens = |said: &Said| said.text.ends_with([':', '{']);
    let header = lines.iter().take(MAX_HEADER).position(opens).unwrap_or(0);
    lines.drain(..lines.len().min(header + 1));
    lines
}

/// A line that says something.
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Said<'t> {
    /// Without blanks and comments around it, or the comment if it is nothing else.
    text: String,
    /// As it is written, without blanks around it.
    line: &'t str,
    is_code: bool,
    width: usize,
}

fn said<'t>(side: &Side<'t>, range: &Range<usize>) -> Vec<Said<'t>> {
    let code = side.code(range);
    let lines = side.text[range.clone()].lines().zip(code.lines().chain(std::iter::repeat("")));
    let is_said = |text: &str| text.contains(char::is_alphanumeric) && text != "end";
    lines
        .filter_map(|(line, code)| {
            let (line, code, width) = (line.trim(), code.trim(), indentation(line).len());
            let is_dots = matches!(code, "..." | "…");
            let is_code = is_said(code) || is_dots;
            let text = if is_code { code } else { line };
            (is_said(text) || is_dots).then(|| Said { text: text.to_owned(), line, is_code, width })
        })
        .collect()
}

/// The new comment that stands where statements are gone.
fn commented(old: &[Said], new: &[Said]) -> Option<String> {
    let known: HashSet<&str> = old.iter().map(|said| said.text.as_str()).collect();
    let is_new = |said: &&Said| !said.is_code && !known.contains(said.text.as_str());
    new.iter().find(is_new)?;
    let key = |lines: &[Said]| -> Vec<String> { lines.iter().map(|said| said.text.clone()).collect() };
    capture_diff_slices(Algorithm::Myers, &key(old), &key(new)).iter().find_map(|op| {
        let (gone, come) = (&old[op.old_range()], &new[op.new_range()]);
        let is_gone = gone.iter().filter(|said| said.is_code).count() >= LEAST_GONE;
        let says_nothing = || come.iter().all(|said| !said.is_code || is_empty(&said.text));
        let comment = || come.iter().find(is_new).map(|said| said.line.to_owned());
        (!matches!(op, DiffOp::Equal { .. }) && is_gone && says_nothing()).then(comment)?
    })
}

/// Whether a statement does nothing, or returns nothing.
fn is_empty(statement: &str) -> bool {
    let statement = statement.trim_end_matches(';').trim_end();
    let value = statement.strip_prefix("return").map(str::trim);
    matches!(statement, "pass" | "..." | "…")
        || value.is_some_and(|value| matches!(value, "" | "None" | "null" | "nil" | "undefined" | "nullptr"))
}

/// The first line of a block of the file, as the reply has it, that holds statements there and only dots or a new comment here.
fn emptied_block(old: &[Said], new: &[Said]) -> Option<String> {
    let known: HashSet<&str> = old.iter().map(|said| said.text.as_str()).collect();
    let is_statement = |inner: &Said| inner.is_code && !is_empty(&inner.text);
    let holds = |(number, _): &(usize, &Said)| inside(old, *number).iter().any(is_statement);
    let with_code: HashSet<&str> = old.iter().enumerate().filter(holds).map(|(_, said)| said.text.as_str()).collect();
    new.iter().enumerate().filter(|(_, said)| said.is_code).find_map(|(number, said)| {
        let dots = ["...", "…", "... }", "… }"].iter().find_map(|dots| said.text.strip_suffix(dots));
        let opener = dots.map_or(said.text.as_str(), str::trim_end);
        if !opener.ends_with([':', '{']) || opener.len() < 3 {
            return None;
        }
        let body = inside(new, number);
        let is_left_out = dots.is_some()
            || body.iter().all(|inner| !inner.is_code || is_empty(&inner.text) && !inner.text.starts_with("return"))
                && body.iter().any(|inner| {
                    matches!(inner.text.as_str(), "..." | "…") || !inner.is_code && !known.contains(inner.text.as_str())
                });
        (is_left_out && with_code.contains(opener)).then(|| said.line.to_owned())
    })
}

/// The lines below one that are indented deeper.
fn inside<'l, 't>(lines: &'l [Said<'t>], number: usize) -> &'l [Said<'t>] {
    let (width, below) = (lines[number].width, &lines[number + 1..]);
    &below[..below.iter().take_while(|inner| inner.width > width).count()]
}
