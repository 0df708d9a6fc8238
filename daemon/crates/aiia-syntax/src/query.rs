//! A look through a tree with a query, bounded in time.

use crate::tree::{QUERY_TIME_LIMIT, past};
use std::ops::Range;
use std::time::Instant;
use streaming_iterator::StreamingIterator;
use tree_sitter::{Node, Query, QueryCursor, QueryCursorOptions, QueryCursorState, Tree};

/// Calls `visit` with every match that touches `window`: which pattern of the query it is, and the captured nodes with
/// their names. Stops when the time is over.
pub(crate) fn for_each_match<'tree>(
    query: &Query,
    tree: &'tree Tree,
    text: &str,
    window: Range<usize>,
    mut visit: impl FnMut(usize, &[(Node<'tree>, &str)]),
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
        visit(found.pattern_index, &captures);
    }
}
