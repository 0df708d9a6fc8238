//! Import statements, from a language's `imports.scm`.

use crate::definitions::{self, Leading};
use crate::query::for_each_match;
use crate::{Language, Symbol};
use aiia_text::whole_lines;
use std::ops::Range;
use tree_sitter::Tree;

/// The import statements outside functions as whole lines, in order; statements on one line are one range.
/// `symbols` are those of the whole text.
pub(crate) fn imports(tree: &Tree, language: Language, text: &str, symbols: &[Symbol]) -> Vec<Range<usize>> {
    let (mut found, mut leading) = (Vec::new(), Vec::new());
    for_each_match(language.imports(), tree, text, 0..usize::MAX, |_, captures| {
        for &(node, capture) in captures {
            match capture {
                "import" => found.push(node.byte_range()),
                "leading" => leading.push(Leading::attribute(node.byte_range())),
                _ => {}
            }
        }
    });
    let functions: Vec<&Range<usize>> =
        symbols.iter().filter(|symbol| symbol.kind.is_callable()).map(|symbol| &symbol.item_range).collect();
    found.sort_by_key(|range| range.start);
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
