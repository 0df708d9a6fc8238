//! Statements of Python that stand outside of everything and are no symbols: the logger that the code uses, the block that runs it, an
//! import that may fail. Each goes where the file has it; what the code uses and the file lacks goes below the imports.

use std::collections::HashMap;
use std::ops::Range;

use aiia_syntax::Language;

use super::complaints::complain;
use super::refuse_sketch;
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, lines};
use crate::resolve::block::Block;
use crate::resolve::deletion::speaks_of;
use crate::resolve::statement::as_symbol;
use crate::resolve::symbol_text::rewrite;
use crate::resolve::view::FileView;
use crate::resolve::{Change, elision, imports, omission};
use crate::tolerance::Tolerance;

/// What becomes of them.
#[derive(Default)]
pub(super) struct Statements {
    pub(super) changes: Vec<Change>,
    /// Where those are in the reply that have their places.
    covered: Vec<Range<usize>>,
}

impl Statements {
    /// Whether a byte of the reply's code is in one that has its place.
    pub(super) fn hold(&self, byte: usize) -> bool {
        let before = self.covered.partition_point(|range| range.start <= byte);
        before.checked_sub(1).is_some_and(|last| byte < self.covered[last].end)
    }

    /// Whether they are all that the reply has.
    pub(super) fn is_all_of(&self, block: &Block) -> bool {
        !self.changes.is_empty()
            && block.imports().is_empty()
            && block.remainder().iter().all(|(start, line)| self.hold(*start) || line.starts_with('#'))
    }
}

/// The statements of a reply with their places beside what else changes.
///
/// # Errors
/// One of them leaves out what the file has there.
pub(super) fn placed(block: &Block, changes: &[Change], file: &FileView) -> Result<Statements, Complaint> {
    let mut placed = Statements::default();
    if file.language.map(Language::name) != Some("python") || block.has_errors() {
        return Ok(placed);
    }
    let Some(tree) = file.tree() else { return Ok(placed) };
    let rest: Vec<usize> = block.remainder().iter().map(|(start, _)| *start).collect();
    let is_rest = |range: &Range<usize>| {
        let first = rest.partition_point(|start| *start < range.start);
        rest.get(first).is_some_and(|start| *start < range.end)
    };
    let given: Vec<Range<usize>> = block.statements().into_iter().filter(is_rest).collect();
    let mut own: HashMap<Head, Vec<Range<usize>>> = HashMap::new();
    if !given.is_empty() {
        for range in tree.top_statements() {
            own.entry(Head::of(&file.text[range.clone()])).or_default().push(range);
        }
    }
    let mut below_imports = Vec::new();
    for range in given {
        let text = &block.text[range.clone()];
        let heads = Head::of(text);
        let found = own.get(&heads).map_or(&[][..], Vec::as_slice);
        let is_new = |heads: &Head| match heads {
            Head::Name(name) => changes.iter().any(|change| speaks_of(name, &change.new_text)),
            Head::Line(_) => lines(text).iter().any(|line| is_import(line.trimmed())),
            Head::Other => false,
        };
        match found {
            _ if heads == Head::Other => continue,
            [] if is_new(&heads) => below_imports.push(text),
            [] => continue,
            [one] => {
                let (given, own) = (as_symbol(heads.text(), range.clone()), as_symbol(heads.text(), one.clone()));
                let mut change = rewrite(&given, block, &own, file);
                elision::expand_code(&mut change, file);
                omission::refuse((Some(&given), block), Some(&own), &change, file)?;
                refuse_sketch(&change, &own, file)?;
                placed.changes.push(change);
            }
            _ => {
                let lines: Vec<usize> = found.iter().map(|own| file.line_number(own.start)).collect();
                let message = format!(
                    "{} has `{}` {} times. Ask the model for a search/replace block.",
                    file.path,
                    heads.text(),
                    lines.len()
                );
                return Err(complain(ComplaintKind::Ambiguous, file, message).with_candidates(lines));
            }
        }
        placed.covered.push(range);
    }
    placed.changes.extend(added(&below_imports, file));
    Ok(placed)
}

fn is_import(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("from ") && line.contains(" import ")
}

/// The insertion of statements below the imports.
fn added(statements: &[&str], file: &FileView) -> Option<Change> {
    statements.first()?;
    let (at, is_above_all) = imports::end(file);
    let eol = file.eol;
    let written = |text: &str| lines(text).iter().map(Line::right_trimmed).collect::<Vec<_>>().join(eol);
    let mut new_text = if is_above_all { String::new() } else { eol.to_owned() };
    if !is_above_all && !file.text[..at].ends_with(['\n', '\r']) {
        new_text.push_str(eol);
    }
    for (number, text) in statements.iter().enumerate() {
        let is_long = text.contains('\n') || number > 0 && statements[number - 1].contains('\n');
        new_text.push_str(if number > 0 && is_long { eol } else { "" });
        new_text.push_str(&written(text));
        new_text.push_str(eol);
    }
    if is_above_all {
        new_text.push_str(&eol.repeat(2));
    }
    Some(Change { range: at..at, new_text, tolerances: vec![Tolerance::ImportsAdded] })
}

/// What tells a statement.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Head<'t> {
    /// The name that it assigns to.
    Name(&'t str),
    /// The first line of one that goes over several.
    Line(&'t str),
    /// Nothing.
    Other,
}

impl<'t> Head<'t> {
    fn of(text: &'t str) -> Self {
        let first = text.lines().next().unwrap_or_default().trim_end();
        if first.ends_with(':') && !first.starts_with(['@', 'd', 'c', 'a']) {
            return Self::Line(first);
        }
        let end = first.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(first.len());
        let (name, rest) = (&first[..end], first[end..].trim_start());
        let assigns = rest.strip_prefix('=').is_some_and(|rest| !rest.starts_with('='))
            || rest.starts_with(':') && rest.contains(" = ");
        if assigns && !name.is_empty() { Self::Name(name) } else { Self::Other }
    }

    fn text(&self) -> &'t str {
        match self {
            Self::Name(text) | Self::Line(text) => text,
            Self::Other => "",
        }
    }
}
