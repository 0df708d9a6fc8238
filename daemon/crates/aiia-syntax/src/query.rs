//! A look through a tree with a query, bounded in what it may cost.

use crate::step_budget::Effort;
use std::collections::HashMap;
use std::ops::Range;
use streaming_iterator::StreamingIterator;
use tree_sitter::{Node, Query, QueryCursor, QueryCursorOptions, QueryCursorState, Tree};

/// What a look at one node costs at least, in steps.
const LOOK: u64 = 500;
/// tree-sitter asks whether to go on after so many steps.
const STEPS_BETWEEN: u64 = 1000;

/// Calls `visit` with every match that touches `window`: which pattern of the query it is, and the captured nodes with
/// their names. Gives whether it was no more than may be looked at; it stops there.
pub(crate) fn for_each_match<'tree>(
    query: &Query,
    tree: &'tree Tree,
    text: &str,
    window: Range<usize>,
    mut visit: impl FnMut(usize, &[(Node<'tree>, &str)]),
) -> bool {
    let mut cursor = QueryCursor::new();
    if window.end < text.len() || window.start > 0 {
        cursor.set_byte_range(window);
    }
    let effort = Effort::new();
    for_each_match_in(&mut cursor, query, tree.root_node(), text, &effort, &mut visit);
    effort.is_enough()
}

fn for_each_match_in<'tree>(
    cursor: &mut QueryCursor,
    query: &Query,
    node: Node<'tree>,
    text: &str,
    effort: &Effort,
    visit: &mut impl FnMut(usize, &[(Node<'tree>, &str)]),
) {
    if effort.spend(LOOK).is_break() {
        return;
    }
    let mut go_on = |_: &QueryCursorState| effort.spend(STEPS_BETWEEN);
    let options = QueryCursorOptions::new().progress_callback(&mut go_on);
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
/// them. A match that begins outside a function is found as a whole. Gives whether it was no more than may be looked at.
pub(crate) fn for_each_match_outside<'tree>(
    query: &Query,
    tree: &'tree Tree,
    text: &str,
    mut visit: impl FnMut(usize, &[(Node<'tree>, &str)], &mut Items),
) -> bool {
    let effort = Effort::new();
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
        if !effort.is_enough() {
            break;
        }
        cursor.set_max_start_depth(Some(WRAPPED));
        for_each_match_in(&mut cursor, query, node, text, &effort, &mut |pattern, captures: &[_]| {
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
            for_each_match_in(&mut cursor, query, part, text, &effort, &mut |pattern, captures: &[_]| {
                visit(pattern, captures, &mut items);
            });
        }
    }
    effort.is_enough()
}
