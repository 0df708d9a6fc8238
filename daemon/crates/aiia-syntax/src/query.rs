//! A look through a tree with a query, bounded in time.

use crate::deadline::Deadline;
use crate::tree::QUERY_TIME_LIMIT;
use std::collections::HashMap;
use std::ops::Range;
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
    let mut cursor = QueryCursor::new();
    if window.end < text.len() || window.start > 0 {
        cursor.set_byte_range(window);
    }
    for_each_match_in(&mut cursor, query, tree.root_node(), text, Deadline::after(QUERY_TIME_LIMIT), &mut visit);
}

fn for_each_match_in<'tree>(
    cursor: &mut QueryCursor,
    query: &Query,
    node: Node<'tree>,
    text: &str,
    deadline: Deadline,
    visit: &mut impl FnMut(usize, &[(Node<'tree>, &str)]),
) {
    let mut check_time = |_: &QueryCursorState| deadline.check();
    let options = QueryCursorOptions::new().progress_callback(&mut check_time);
    // Nodes may lie outside a text that is not the tree's own; such a node reads as empty.
    let text_of = |node: Node<'_>| std::iter::once(text.as_bytes().get(node.byte_range()).unwrap_or_default());
    let mut matches = cursor.matches_with_options(query, node, text_of, options);
    let mut captures = Vec::new();
    while let Some(found) = matches.next() {
        captures.clear();
        captures.extend(
            found.captures().iter().map(|capture| (capture.node, query.capture_names()[capture.index as usize])),
        );
        visit(found.pattern_index, &captures);
    }
}

/// The nodes of definitions, by their numbers.
pub(crate) type Items = HashMap<usize, Item>;

/// How a definition is looked into.
#[derive(Clone, Copy)]
pub(crate) struct Item {
    /// It has code in it, where nothing is looked for.
    pub(crate) is_function: bool,
    /// Where its name begins; attributes may stand before it.
    pub(crate) name_start: usize,
}

/// Below a node a query looks so deep at once: at an item, and at one that something wraps, such as decorators.
const WRAPPED: u32 = 2;

/// [`for_each_match`] outside functions, which is most of a tree less. Functions are those that `visit` adds to the items as it finds
/// them. A match that begins outside a function is found as a whole.
pub(crate) fn for_each_match_outside<'tree>(
    query: &Query,
    tree: &'tree Tree,
    text: &str,
    mut visit: impl FnMut(usize, &[(Node<'tree>, &str)], &mut Items),
) {
    let deadline = Deadline::after(QUERY_TIME_LIMIT);
    let mut items = Items::new();
    let mut cursor = QueryCursor::new();
    let parts_of = |node: Node<'tree>| {
        let parts: Vec<Node> =
            node.named_children(&mut node.walk()).filter(|part| part.named_child_count() > 0).collect();
        parts
    };
    // What is looked at down to its items, and what as a whole.
    let (mut open, mut whole) = (vec![tree.root_node()], Vec::new());
    while let Some(node) = open.pop() {
        if deadline.check().is_break() {
            return;
        }
        cursor.set_max_start_depth(Some(WRAPPED));
        for_each_match_in(&mut cursor, query, node, text, deadline, &mut |pattern, captures: &[_]| {
            visit(pattern, captures, &mut items);
        });
        for child in parts_of(node) {
            for item in if items.contains_key(&child.id()) { vec![child] } else { parts_of(child) } {
                match items.get(&item.id()) {
                    Some(Item { is_function: false, .. }) => open.extend(parts_of(item)),
                    Some(function) => {
                        whole.extend(parts_of(item).into_iter().filter(|part| part.end_byte() <= function.name_start));
                    }
                    None => whole.push(item),
                }
            }
        }
        cursor.set_max_start_depth(None);
        for part in whole.drain(..) {
            for_each_match_in(&mut cursor, query, part, text, deadline, &mut |pattern, captures: &[_]| {
                visit(pattern, captures, &mut items);
            });
        }
    }
}
