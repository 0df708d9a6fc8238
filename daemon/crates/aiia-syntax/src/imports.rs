//! Import statements, from a language's `imports.scm`.

use crate::Language;
use crate::definitions::{self, Leading};
use crate::query::{Items, for_each_match, for_each_match_outside};
use aiia_text::whole_lines;
use std::ops::Range;
use tree_sitter::{Node, Tree};

/// The import statements outside functions as whole lines, in order; statements on one line are one range.
/// `functions` are the ranges of those of the whole text, but for what functions contain; `items` are their nodes, where they are known.
pub(crate) fn imports(
    tree: &Tree,
    language: Language,
    text: &str,
    mut functions: Vec<Range<usize>>,
    items: Option<Items>,
) -> Vec<Range<usize>> {
    let (mut found, mut leading) = (Vec::new(), Vec::new());
    let mut visit = |captures: &[(Node<'_>, &str)]| {
        for &(node, capture) in captures {
            match capture {
                "import" => found.push(node.byte_range()),
                "leading" => leading.push(Leading::attribute(node.byte_range())),
                _ => {}
            }
        }
    };
    let query = language.imports();
    match items {
        None => for_each_match(query, tree, text, 0..usize::MAX, |_, captures| visit(captures)),
        Some(mut items) => for_each_match_outside(query, tree, text, &mut items, |_, captures, _| visit(captures)),
    }
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
