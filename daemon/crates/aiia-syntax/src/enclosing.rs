//! Which symbol a place is in.

use crate::Symbol;
use std::ops::Range;
use tree_sitter::Tree;

/// How far around a place functions are looked into.
pub(crate) const BESIDE: usize = 4096;

/// The innermost function, method, macro or type of `symbols` that contains `range`. White space around the range
/// does not count, so a range that touches the symbol with only blanks between them on the line counts as inside.
/// For callers that have the symbols of `text` at hand; others use [`crate::SyntaxTree::enclosing_symbol`].
pub fn enclosing_symbol<'s>(symbols: &'s [Symbol], text: &str, range: Range<usize>) -> Option<&'s Symbol> {
    let range = without_blank_edges(text, range);
    symbols
        .iter()
        .filter(|symbol| symbol.kind.is_callable() || symbol.kind.is_type())
        .filter(|symbol| {
            let reach = with_blanks_of_its_lines(text, &symbol.range);
            reach.start <= range.start && range.end <= reach.end
        })
        .min_by_key(|symbol| {
            let strictly = symbol.range.start <= range.start && range.end <= symbol.range.end;
            (std::cmp::Reverse(symbol.depth), !strictly, symbol.range.len())
        })
}

/// The items of the file that a place is in, and those beside it: comments and attributes above an item belong to it, and in
/// damaged code an item may lie in pieces.
pub(crate) fn surroundings(tree: &Tree, range: &Range<usize>) -> Range<usize> {
    let item_at = |byte: usize| {
        let mut cursor = tree.walk();
        cursor.goto_first_child_for_byte(byte).map(|_| cursor.node().byte_range())
    };
    let start = item_at(range.start.saturating_sub(BESIDE)).map_or(0, |item| item.start.min(range.start));
    let end = item_at(range.end.saturating_add(BESIDE)).map_or(usize::MAX, |item| item.end);
    start..end
}

fn without_blank_edges(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start.min(range.end));
    let end = text.floor_char_boundary(range.start.max(range.end));
    let selected = &text[start..end];
    let trimmed = selected.trim_start();
    if trimmed.is_empty() {
        return start..start;
    }
    let start = end - trimmed.len();
    start..start + trimmed.trim_end().len()
}

/// A range with the blanks before it and behind it on its first and last line.
pub(crate) fn with_blanks_of_its_lines(text: &str, range: &Range<usize>) -> Range<usize> {
    let (Some(before), Some(behind)) = (text.get(..range.start), text.get(range.end..)) else {
        return range.clone();
    };
    let blanks = [' ', '\t'];
    let indented = before.trim_end_matches(blanks).len();
    let follows = behind.len() - behind.trim_start_matches(blanks).len();
    indented..range.end + follows
}
