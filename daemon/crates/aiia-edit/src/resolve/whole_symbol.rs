//! Code that gives whole symbols anew. Each goes where the symbol of the same name stands; what the file
//! does not have yet goes next to it, imports to the imports.

mod complaints;
mod examples;
mod fields;
mod insertion;
mod leading_kept;
mod marks;
mod placing;
mod renamed;
mod statements;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use aiia_syntax::{Language, Symbol};

use super::block::Block;
use super::indent::common_indentation;
use super::leading_comments::with_comment_lines;
use super::symbol_match::is_container;
use super::symbol_text::{line_indentation, rewrite};
use super::view::FileView;
use super::{
    Change, broken_off, elision, imports, leading, moved, nearest, omission, plain_text, statement, whole_file,
};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, indentation, lines};
use crate::placeholder::is_elision;
use crate::tolerance::Tolerance;

use super::family::are_related;
use complaints::{broken, complain, no_match, unclosed};
pub(super) use insertion::insert_behind;
use insertion::{Anchor, anchor, insert};
use placing::{MAX_NESTING, Placing};
use statements::Statements;

pub(super) use complaints::imports_unclear;

/// A symbol that lost more than this share of its lines though nobody asked about it is a sketch.
const LEAST_KEPT: f64 = 0.5;

/// So many symbols of one reply find their places one by one.
const MAX_SYMBOLS: usize = 5000;

/// What happens with a symbol of the reply.
enum Placement<'s> {
    /// Rewrites the symbol of the file with this index.
    Rewrite(&'s Symbol, usize),
    /// The file has no such symbol.
    New(&'s Symbol),
    /// Goes into this symbol of the file, beside what is rewritten there.
    NewIn(&'s Symbol, usize),
    /// Goes right beside a symbol of the file, as one of a list.
    Field { given: &'s Symbol, beside: &'s Symbol, before: bool, joined: bool },
}

impl<'s> Placement<'s> {
    /// What is placed.
    fn given(&self) -> &'s Symbol {
        match self {
            Self::Rewrite(given, _) | Self::New(given) | Self::NewIn(given, _) | Self::Field { given, .. } => given,
        }
    }
}

/// The names of the top-level symbols of a reply's code, read in the language of `file`.
pub(super) fn top_level_names(text: &str, file: &FileView) -> Vec<String> {
    Block::parse(text, file)
        .map_or_else(Vec::new, |block| block.tops().iter().map(|symbol| symbol.name.clone()).collect())
}

/// Whether code without errors holds whole functions or types, read in the language of `file`.
pub(super) fn defines(text: &str, file: &FileView) -> bool {
    Block::parse(text, file).is_some_and(|block| {
        !block.has_errors() && block.tops().iter().any(|top| top.kind.is_callable() || top.kind.is_type())
    })
}

/// Whether code has symbols and cannot be read without errors in the language of `file`.
pub(super) fn is_broken(text: &str, file: &FileView) -> bool {
    Block::parse(text, file).is_some_and(|block| block.has_errors() && !block.tops().is_empty())
}

/// The code, if it is nothing but imports in the language of the file.
pub(super) fn only_imports(text: &str, tag: Option<&str>, file: &FileView) -> Option<Block> {
    let language = file.language?;
    if tag.is_some_and(|tag| !Language::from_language_id(tag).is_some_and(|tag| are_related(tag, language))) {
        return None;
    }
    let block = Block::parse(text, file)?;
    let is_only = !block.has_errors() && block.tops().is_empty() && !block.imports().is_empty();
    (is_only && block.remainder().iter().all(|(_, line)| *line == "<?php")).then_some(block)
}

/// The changes code makes in a file; without a fence there may be words in it. `NotFound` when it has nothing to do with it.
pub(super) fn changes(
    text: &str,
    tag: Option<&str>,
    is_fenced: bool,
    file: &FileView,
) -> Result<Vec<Change>, Complaint> {
    let Some(language) = file.language else {
        return plain_text::change(text, file).map(|change| vec![change]);
    };
    let tagged = tag.map(Language::from_language_id);
    if let Some(Some(other)) = tagged
        && !are_related(other, language)
    {
        return Err(complain(
            ComplaintKind::NotFound,
            file,
            format!("The reply is in {}, but {} is in {}.", other.name(), file.path, language.name()),
        ));
    }
    let block = Block::parse(text, file).ok_or_else(|| {
        let message = format!("The code of the reply is too large to be read, or no {} at all.", language.name());
        complain(ComplaintKind::TooLarge, file, message)
    })?;
    if tagged == Some(None) && block.has_errors() {
        return Err(no_match(&block, file));
    }
    if let Some(changes) = statement::changes(&block, file) {
        return changes;
    }
    let margin = common_indentation(lines(text).iter().map(|line| line.content));
    let mut placing = Placing {
        block: &block,
        margin,
        file,
        placements: Vec::new(),
        rewritten: HashMap::new(),
        tests: OnceCell::new(),
        others: Vec::new(),
        notes: Vec::new(),
    };
    let placed = placing.outermost().and_then(|()| placing.renamed());
    placing.leave_out_examples();
    let Placing { placements, mut notes, others, .. } = placing;
    notes.extend(block.wrapping.clone());
    if placed.is_ok() && placements.iter().all(|placement| matches!(placement, Placement::New(_))) {
        let alone = if placements.is_empty() { statements::placed(&block, &[], file)? } else { Statements::default() };
        return if alone.is_all_of(&block) { Ok(alone.changes) } else { Err(no_match(&block, file)) };
    }
    if let Some(top) = block.recovered_within_a_line() {
        return Err(broken(top, &block, file));
    }
    if let Some(inner) = swallowed(&block, file) {
        return Err(unclosed(inner, &block, file));
    }
    if let Some(mut change) = whole_file::of_most_symbols(&block, file)? {
        elision::expand_code(&mut change, file);
        omission::refuse((None, &block), None, &change, file)?;
        change.tolerances.extend(notes);
        return Ok(vec![change]);
    }
    placed?;
    if placements.len() > MAX_SYMBOLS {
        return Err(complain(
            ComplaintKind::TooLarge,
            file,
            format!("The reply gives more than {MAX_SYMBOLS} functions and types. Ask for a smaller change."),
        ));
    }
    let mut changes = Vec::new();
    for (number, placement) in placements.iter().enumerate() {
        changes.push(match placement {
            Placement::Rewrite(top, index) => {
                let symbol = &file.symbols()[*index];
                let given = &*with_comment_lines(top, &block.text, file.language);
                leading::refuse_other_attributes(given, &block, symbol, file)?;
                let completed =
                    is_container(given.kind).then(|| leading_kept::completed(top, &block, *index, file)).flatten();
                let own = if given.range.start < given.item_range.start {
                    with_comment_lines(symbol, file.text, file.language)
                } else {
                    Cow::Borrowed(symbol)
                };
                let mut change = match &completed {
                    Some((block, at)) => {
                        let given = with_comment_lines(&block.symbols[*at], &block.text, file.language);
                        rewrite(&given, block, &own, file)
                    }
                    None => rewrite(given, &block, &own, file),
                };
                if completed.is_some() && !change.tolerances.contains(&Tolerance::LeadingLinesKept) {
                    change.tolerances.push(Tolerance::LeadingLinesKept);
                }
                elision::expand_code(&mut change, file);
                if is_container(given.kind) {
                    marks::drop(&mut change, (given, &block), symbol, file);
                }
                broken_off::complete(&mut change, symbol, file)?;
                omission::refuse((Some(given), &block), Some(symbol), &change, file)?;
                broken_off::refuse_within((given, &block), &change, symbol, file)?;
                refuse_sketch(&change, symbol, file)?;
                change
            }
            Placement::New(given) => insert(given, &anchor(&placements, number, &block, file, None)?, &block, file),
            Placement::NewIn(given, container) => {
                insert(given, &anchor(&placements, number, &block, file, Some(*container))?, &block, file)
            }
            Placement::Field { given, beside, before, joined } => {
                insert(given, &Anchor::of_field(beside, *before, *joined), &block, file)
            }
        });
    }
    changes.extend(others);
    let statements = statements::placed(&block, &changes, file)?;
    changes.extend(imports::addition(&block.imports(), &changes, file)?);
    changes.extend(moved::gone(&block, file));
    notes.extend(left_out(&block, &statements, &changes, is_fenced, file)?);
    changes.extend(statements.changes);
    // A change that repeats the file is dropped later, and its notes with it.
    if let Some(first) = changes.iter_mut().find(|change| file.text[change.range.clone()] != change.new_text) {
        first.tolerances.extend(notes);
    }
    Ok(changes)
}

/// A symbol of broken code that stands at the margin and within another one, and outside of everything in the file: what is above it is
/// not closed.
fn swallowed<'b>(block: &'b Block, file: &FileView) -> Option<&'b Symbol> {
    let is_outside =
        |symbol: &Symbol| file.symbols_named(&symbol.name).iter().any(|index| file.symbols()[*index].depth == 0);
    let is_at_margin = |symbol: &Symbol| line_indentation(&block.text, symbol.item_range.start).is_empty();
    let is_whole = |symbol: &Symbol| symbol.kind.is_callable() || symbol.kind.is_type();
    let mut inner = block.symbols.iter().filter(|symbol| symbol.depth > 0 && is_whole(symbol));
    inner.find(|symbol| block.has_errors() && is_at_margin(symbol) && is_outside(symbol))
}

/// Lines of the reply outside any symbol which the file lacks.
///
/// # Errors
/// They are code that is more than an example of use.
fn left_out(
    block: &Block,
    statements: &Statements,
    changes: &[Change],
    is_fenced: bool,
    file: &FileView,
) -> Result<Option<Tolerance>, Complaint> {
    let own: HashSet<&str> = file.lines.iter().map(Line::trimmed).collect();
    let is_written = |line: &str| changes.iter().any(|change| change.new_text.lines().any(|own| own.trim() == line));
    let rest = block.remainder();
    let unknown: Vec<&(usize, &str)> = rest
        .iter()
        .filter(|(start, line)| !statements.hold(*start) && !own.contains(line) && !is_elision(line))
        .collect();
    let example = if unknown.is_empty() { None } else { examples::comment(block).map(|comment| comment.start) };
    let last = block.symbols.iter().map(|symbol| symbol.range.end).max().unwrap_or(0);
    // What is deeper than the line above that is no code of the file is a part of that.
    let mut done: Option<usize> = None;
    let is_code = |(start, line): &&(usize, &str)| {
        let width = indentation(&block.text[*start..]).len();
        if done.is_some_and(|done| width > done) {
            return false;
        }
        let begins_symbol =
            block.tops().iter().any(|top| (*start..*start + width + line.len()).contains(&top.range.start));
        let is_code = is_fenced && !begins_symbol && examples::is_code(*start, line, block, (example, last));
        done = (!is_code && !examples::is_comment(*start, line, block)).then_some(width);
        is_code
    };
    if let Some((_, line)) = unknown.iter().copied().find(is_code) {
        let message = format!(
            "The reply has `{}` outside of any function or type, and where it goes in {} is unknown. Ask the model for a \
             search/replace block.",
            nearest::shortened(line),
            file.path
        );
        return Err(complain(ComplaintKind::Ambiguous, file, message));
    }
    let left_out = unknown.first().filter(|(_, line)| !is_written(line));
    Ok(left_out.map(|(_, line)| Tolerance::LeftOut(nearest::shortened(line))))
}

fn refuse_sketch(change: &Change, symbol: &Symbol, file: &FileView) -> Result<(), Complaint> {
    let count = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    let (old, new) = (count(&file.text[change.range.clone()]), count(&change.new_text));
    let asked = file.focus_symbol().is_none_or(|name| name == symbol.name);
    if asked || old < 4 || new as f64 >= old as f64 * LEAST_KEPT {
        return Ok(());
    }
    Err(complain(
        ComplaintKind::Vanished,
        file,
        format!(
            "The reply shortens `{}` from {old} lines to {new}, which was not asked about and looks like a sketch. \
             Ask the model to leave it out or to give all of it.",
            symbol.name
        ),
    ))
}
