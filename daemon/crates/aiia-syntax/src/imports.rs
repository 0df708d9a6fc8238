//! Import statements, from a language's `imports.scm`.

use crate::Language;
use crate::definitions::{self, Leading};
use crate::query::for_each_match;
use aiia_text::whole_lines;
use std::ops::Range;
use tree_sitter::{Node, Tree};

/// What the query for imports has found so far.
#[derive(Debug, Default)]
pub(crate) struct Found {
    statements: Vec<Range<usize>>,
    leading: Vec<Leading>,
}

impl Found {
    /// Takes a match in.
    pub(crate) fn add(&mut self, captures: &[(Node<'_>, &str)]) {
        for &(node, capture) in captures {
            match capture {
                "import" => self.statements.push(node.byte_range()),
                "leading" => self.leading.push(Leading::attribute(node.byte_range())),
                _ => {}
            }
        }
    }
}

/// The import statements of a tree outside functions as whole lines, in order; statements on one line are one range. `functions` are the
/// ranges of those of the whole text, but for what functions contain.
pub(crate) fn imports(tree: &Tree, language: Language, text: &str, functions: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut found = Found::default();
    for_each_match(language.imports(), tree, text, 0..usize::MAX, |_, captures| found.add(captures));
    outside(found, language, text, functions)
}

/// [`imports`] of what was found.
pub(crate) fn outside(
    found: Found,
    language: Language,
    text: &str,
    mut functions: Vec<Range<usize>>,
) -> Vec<Range<usize>> {
    let Found { statements: mut found, mut leading } = found;
    // What two looks find is there once.
    found.sort_by_key(|range| (range.start, range.end));
    found.dedup();
    functions.sort_by_key(|function| function.start);
    leading.sort_by_key(Leading::start);

    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut passed = 0;
    let mut functions_reach = 0;
    for import in found {
        while passed < functions.len() && functions[passed].start < import.start {
            functions_reach = functions_reach.max(functions[passed].end);
            passed += 1;
        }
        if import.start < functions_reach {
            continue;
        }
        let start = definitions::leading_start(&leading, &import, language, text);
        let range = whole_lines(text, start..import.end);
        match lines.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => lines.push(range),
        }
    }
    lines
}

#[cfg(test)]
mod tests;
