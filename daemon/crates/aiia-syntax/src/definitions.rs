//! Symbols from the matches of a language's `definitions.scm`.

use crate::tree::{QUERY_TIME_LIMIT, past};
use crate::{Language, Symbol, SymbolKind, recovery};
use std::ops::Range;
use std::time::Instant;
use streaming_iterator::StreamingIterator;
use tree_sitter::{Node, Query, QueryCursor, QueryCursorOptions, QueryCursorState, Tree};

/// How many of the names around a symbol its container names. Deeper nesting is not code, and the paths of a
/// hundred thousand nested items would fill the memory.
const MAX_CONTAINER_NAMES: usize = 16;

/// An item the query or the recovery found, before it has a place among the others.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) kind: SymbolKind,
    pub(crate) item_range: Range<usize>,
    pub(crate) name_range: Range<usize>,
    pub(crate) body_range: Option<Range<usize>>,
}

/// The symbols that `window` touches, and those around them, in the order of the text. A query that runs out of time gives the
/// symbols found until then.
pub(crate) fn symbols(tree: &Tree, language: Language, text: &str, window: Range<usize>) -> Vec<Symbol> {
    let mut symbols = symbols_and_variables(tree, language, text, window);
    symbols.retain(|symbol| symbol.kind != SymbolKind::Variable);
    symbols
}

/// [`symbols`] with the names that assignments make.
pub(crate) fn symbols_and_variables(tree: &Tree, language: Language, text: &str, window: Range<usize>) -> Vec<Symbol> {
    let (mut definitions, leading) = matches(tree, language, text, window.clone());
    recovery::recover(tree, language, text, window, &mut definitions);
    definitions.sort_by_key(|found| {
        (found.item_range.start, std::cmp::Reverse(found.item_range.end), found.kind == SymbolKind::Variable)
    });
    definitions.dedup_by(|a, b| a.item_range == b.item_range && a.name_range == b.name_range);

    let mut symbols: Vec<Symbol> = Vec::with_capacity(definitions.len());
    let mut open: Vec<usize> = Vec::new();
    for found in definitions {
        while open.last().is_some_and(|&outer| symbols[outer].item_range.end <= found.item_range.start) {
            open.pop();
        }
        let outer = open.last().map(|&outer| symbols[outer].kind);
        let is_method = found.kind == SymbolKind::Function && outer.is_some_and(SymbolKind::has_methods);
        let names: Vec<&str> = open[open.len().saturating_sub(MAX_CONTAINER_NAMES)..]
            .iter()
            .map(|&outer| symbols[outer].name.as_str())
            .collect();
        let symbol = Symbol {
            name: text.get(found.name_range.clone()).unwrap_or_default().to_owned(),
            kind: if is_method { SymbolKind::Method } else { found.kind },
            range: leading_start(&leading, &found.item_range, language, text)..found.item_range.end,
            item_range: found.item_range,
            name_range: found.name_range,
            body_range: found.body_range,
            container: (!names.is_empty()).then(|| names.join("::")),
            depth: open.len(),
        };
        open.push(symbols.len());
        symbols.push(symbol);
    }
    symbols
}

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
    const BESIDE: usize = 4096;
    let item_at = |byte: usize| {
        let mut cursor = tree.walk();
        cursor.goto_first_child_for_byte(byte).map(|_| cursor.node().byte_range())
    };
    let start = item_at(range.start.saturating_sub(BESIDE)).map_or(0, |item| item.start.min(range.start));
    let end = item_at(range.end.saturating_add(BESIDE)).map_or(usize::MAX, |item| item.end);
    start..end
}

/// The definitions, and what leads them, of the tree where `window` touches it.
fn matches(tree: &Tree, language: Language, text: &str, window: Range<usize>) -> (Vec<Definition>, Vec<Range<usize>>) {
    let query = &language.compiled().definitions;
    let (mut definitions, mut leading) = (Vec::new(), Vec::new());
    for_each_match(query, tree, text, window, |captures| {
        let (mut item, mut name) = (None, None);
        for &(node, capture) in captures {
            match capture {
                "name" => name = Some(innermost_name(node)),
                "leading" => leading.push(node.byte_range()),
                _ => {
                    if let Some(kind) = capture.strip_prefix("definition.").and_then(SymbolKind::from_capture) {
                        item = Some((kind, node));
                    }
                }
            }
        }
        if let (Some((kind, item)), Some(name)) = (item, name) {
            definitions.push(Definition {
                kind,
                item_range: item.byte_range(),
                name_range: name.byte_range(),
                body_range: body_range(item, &name, language, text),
            });
        }
    });
    leading.sort_by_key(|range| range.start);
    (definitions, leading)
}

/// The body field of an item. Where the tree lost the first lines of the body to an error, the text tells where it
/// begins.
fn body_range(item: Node<'_>, name: &Node<'_>, language: Language, text: &str) -> Option<Range<usize>> {
    let body = item.child_by_field_name("body")?.byte_range();
    if item.has_error()
        && let Some(start) = recovery::body_start(text, name.end_byte()..body.start, language.outline())
        && text.get(start..body.start).is_some_and(|skipped| !skipped.trim().is_empty())
    {
        return Some(start..body.end);
    }
    Some(body)
}

/// Calls `visit` with the captured nodes and their names of every match that touches `window`, and stops when the time is over.
pub(crate) fn for_each_match<'tree>(
    query: &Query,
    tree: &'tree Tree,
    text: &str,
    window: Range<usize>,
    mut visit: impl FnMut(&[(Node<'tree>, &str)]),
) {
    let deadline = Instant::now() + QUERY_TIME_LIMIT;
    let mut check_time = |_: &QueryCursorState| past(deadline);
    let mut cursor = QueryCursor::new();
    if window.end < text.len() || window.start > 0 {
        cursor.set_byte_range(window);
    }
    let options = QueryCursorOptions::new().progress_callback(&mut check_time);
    // Nodes may lie outside a text that is not the tree's own; such a node reads as empty.
    let text_of = |node: Node<'_>| std::iter::once(text.as_bytes().get(node.byte_range()).unwrap_or_default());
    let mut matches = cursor.matches_with_options(query, tree.root_node(), text_of, options);
    let mut captures = Vec::new();
    while let Some(found) = matches.next() {
        captures.clear();
        captures.extend(
            found.captures().iter().map(|capture| (capture.node, query.capture_names()[capture.index as usize])),
        );
        visit(&captures);
    }
}

/// The plain name in a type that carries arguments or a path: `Map` of `std::Map<K, V>`.
fn innermost_name(mut node: Node<'_>) -> Node<'_> {
    while let Some(inner) = node.child_by_field_name("name").or_else(|| node.child_by_field_name("type")) {
        node = inner;
    }
    node
}

/// Where the attributes, decorators and doc comments right above an item start; the item's own start if there
/// are none. Between them may be blank lines and ordinary comments.
pub(crate) fn leading_start(leading: &[Range<usize>], item: &Range<usize>, language: Language, text: &str) -> usize {
    let mut start = item.start;
    let above = leading.partition_point(|range| range.end <= item.start);
    for range in leading[..above].iter().rev() {
        let Some(gap) = text.get(range.end..start) else { break };
        let is_gap =
            gap.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with(language.line_comment()));
        if !is_gap {
            break;
        }
        start = range.start;
    }
    start
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
fn with_blanks_of_its_lines(text: &str, range: &Range<usize>) -> Range<usize> {
    let (Some(before), Some(behind)) = (text.get(..range.start), text.get(range.end..)) else {
        return range.clone();
    };
    let blanks = [' ', '\t'];
    let indented = before.trim_end_matches(blanks).len();
    let follows = behind.len() - behind.trim_start_matches(blanks).len();
    indented..range.end + follows
}

#[cfg(test)]
pub(crate) mod tests;
