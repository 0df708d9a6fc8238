//! Checks edits of Python by the statements around them.
//!
//! The grammar of Python cuts lines into blocks by a scanner with a state and keeps several readings of them, so that often nothing of
//! a tree is used again when the text is parsed after an edit. The few statements around an edit are parsed in no time, and
//! tell as much: where they are whole statements of one block before and after, all others mean what they did.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use tree_sitter::Node;

use super::{Replaced, SyntaxTree};
use crate::deadline::ParseBudget;

/// So many children are looked at one by one.
const FEW: u32 = 32;

/// Stands before the statements of an indented block.
const HEAD: &str = "if _:\n";

/// Whether it is sure that the edits add no syntax error and that nothing beside them is built otherwise. `edits` are in order.
pub(super) fn are_sound(
    tree: &SyntaxTree,
    old_text: &str,
    new_text: &str,
    edits: &[Replaced],
    budget: &ParseBudget,
) -> bool {
    if tree.root().has_error() {
        return false;
    }
    let (old, new, outermost) = (Lines::new(old_text), Lines::new(new_text), parts(tree.root()));
    let mut regions: Vec<(Region, Change)> = Vec::new();
    for edit in edits {
        // What follows in the last line is of the change, if it did or does not begin a line.
        let is_cut = !old.is_start(edit.0.end) || !new.is_start(edit.1.end);
        let (old_rows, new_rows) = (old.rows(&edit.0, is_cut), new.rows(&edit.1, is_cut));
        let mut change = Change { old: old_rows, new: new_rows, edits: vec![edit.clone()] };
        // Where the statements around two edits are the same, they are one change.
        loop {
            let Some(region) = Region::around(&outermost, &old, &new, &change) else { return false };
            let Some((_, before)) = regions.pop_if(|(before, _)| before.rows.end > region.rows.start) else {
                regions.push((region, change));
                break;
            };
            change = before.joined(change);
        }
    }
    regions.iter().all(|(region, change)| region.is_sound(tree, &new, change, budget))
}

/// Rows from the first to before the last.
type Rows = Range<usize>;

/// What changes in some whole lines.
struct Change {
    old: Rows,
    new: Rows,
    edits: Vec<Replaced>,
}

impl Change {
    fn joined(self, after: Self) -> Self {
        let hull = |one: &Rows, other: &Rows| one.start.min(other.start)..one.end.max(other.end);
        Self {
            old: hull(&self.old, &after.old),
            new: hull(&self.new, &after.new),
            edits: [self.edits, after.edits].concat(),
        }
    }

    /// Whether a part of some bytes is replaced, or something is put between them.
    fn touches(&self, bytes: &Range<usize>) -> bool {
        self.edits.iter().any(|(old, _)| old.start < bytes.end && bytes.start < old.end)
    }

    /// Whether something is put right behind some bytes.
    fn lengthens(&self, bytes: &Range<usize>) -> bool {
        self.edits.iter().any(|(old, _)| old.start == bytes.end)
    }

    /// Where bytes of the old text that are not touched stand in the new one.
    fn moved(&self, bytes: &Range<usize>) -> Option<Range<usize>> {
        let before = self.edits.iter().rfind(|(old, _)| old.end <= bytes.start).map(|(old, new)| (old.end, new.end));
        let (from, to) = before.or_else(|| self.edits.first().map(|(old, new)| (old.start, new.start)))?;
        Some((bytes.start + to).checked_sub(from)?..(bytes.end + to).checked_sub(from)?)
    }
}

/// Statements of one block that follow each other, with the blank lines and comments behind each.
struct Region<'t> {
    statements: Vec<(u16, Range<usize>)>,
    /// Those of them that may hold definitions as if they stood beside them: `if`, `try` and the like.
    mixed: Vec<Range<usize>>,
    rows: Rows,
    indentation: &'t str,
}

impl<'t> Region<'t> {
    /// The fewest statements that hold a change, given those outside of everything.
    fn around(outermost: &[Node], old: &Lines<'t>, new: &Lines, change: &Change) -> Option<Self> {
        let least = old.least_indentation(&change.old).min(new.least_indentation(&change.new));
        let rows = &change.old;
        let (mut inner, mut is_block, mut end) = (Cow::Borrowed(outermost), true, old.starts.len());
        let mut found = None;
        loop {
            if is_block {
                let region = Self::of(&inner, old, rows, end).filter(|region| region.indentation.len() <= least);
                if region.is_none() && found.is_some() {
                    return found;
                }
                found = region;
            }
            let begins_before = |part: &Node| {
                let row = part.start_position().row;
                row < rows.start || !is_block && row == rows.start && !rows.is_empty()
            };
            let Some(index) = inner.iter().rposition(begins_before) else { return found };
            if let Some(next) = inner.get(index + 1) {
                if old.indentation(next.start_byte()).is_none() {
                    return found;
                }
                end = next.start_position().row;
            }
            if end < rows.end {
                return found;
            }
            let node = inner[index];
            is_block = node.kind() == "block";
            inner = Cow::Owned(parts_near(node, old, rows));
        }
    }

    /// Those of the statements of a block, which ends before row `end`, that hold some rows.
    fn of(statements: &[Node], old: &Lines<'t>, rows: &Rows, end: usize) -> Option<Self> {
        let first = statements.first()?;
        let indentation = old.indentation(first.start_byte())?;
        let row = |node: &Node| node.start_position().row;
        let begins_before = |node: &Node| row(node) < rows.start || row(node) == rows.start && !rows.is_empty();
        let from = statements.iter().rposition(begins_before).unwrap_or(0);
        let to = statements.iter().rposition(|node| row(node) < rows.end).unwrap_or(0).max(from) + 1;
        let at_ends = [statements.get(from), statements.get(to)];
        let is_apart = at_ends.iter().flatten().all(|node| old.indentation(node.start_byte()) == Some(indentation));
        // Nothing but cases may stand among cases.
        if !is_apart || first.kind() == "case_clause" {
            return None;
        }
        let region = &statements[from..to];
        let mixed = region.iter().filter(|node| {
            let text = &old.text[node.byte_range()];
            !node.kind().ends_with("definition") && (text.contains("def ") || text.contains("class "))
        });
        Some(Self {
            mixed: mixed.map(Node::byte_range).collect(),
            statements: region.iter().map(|node| (node.kind_id(), node.byte_range())).collect(),
            rows: row(&region[0]).min(rows.start)..statements.get(to).map_or(end, row),
            indentation,
        })
    }

    /// Whether the statements are whole statements of the same block after the change.
    fn is_sound(&self, tree: &SyntaxTree, new: &Lines, change: &Change, budget: &ParseBudget) -> bool {
        if self.mixed.iter().any(|bytes| change.touches(bytes) || change.lengthens(bytes)) {
            return false;
        }
        let above = change.old.start - self.rows.start;
        let Some(first) = change.new.start.checked_sub(above) else { return false };
        let rows = first..change.new.end + (self.rows.end - change.old.end);
        let lines = new.text(&rows);
        if lines.trim_end().ends_with('\\') {
            return false;
        }
        let head = if self.indentation.is_empty() { "" } else { HEAD };
        let Ok(parsed) = SyntaxTree::parse_within(tree.language(), &format!("{head}{lines}"), budget) else {
            return false;
        };
        let Some(statements) = statements(&parsed, !head.is_empty()) else { return false };
        let offset = new.start(rows.start);
        let place = |node: &Node| {
            let bytes = node.byte_range();
            Some((bytes.start + offset).checked_sub(head.len())?..(bytes.end + offset).checked_sub(head.len())?)
        };
        let begins = statements.first().and_then(place).and_then(|bytes| new.indentation(bytes.start));
        if parsed.root().has_error() || empty_blocks(parsed.root()) > 0 || begins != Some(self.indentation) {
            return false;
        }
        let now: HashMap<_, _> = statements
            .iter()
            .filter_map(|node| place(node).map(|bytes| (bytes.start, (node.kind_id(), bytes.end))))
            .collect();
        let mut untouched = self.statements.iter().filter(|(_, bytes)| !change.touches(bytes));
        untouched.all(|(kind, bytes)| {
            let moved = change.moved(bytes).and_then(|moved| Some((now.get(&moved.start)?, moved.end)));
            moved.is_some_and(|((kind_now, end_now), end)| {
                kind == kind_now && (end == *end_now || change.lengthens(bytes))
            })
        })
    }
}

/// Number of blocks that have no statement, which the grammar lets pass.
pub(super) fn empty_blocks(root: Node) -> usize {
    let mut count = 0;
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        let is_block = node.kind() == "block";
        count += usize::from(is_block && !node.is_missing() && parts(node).is_empty());
        let holds_blocks = is_block
            || node.is_error()
            || node.kind() == "module"
            || node.kind().ends_with("_definition")
            || node.kind().ends_with("_statement")
            || node.kind().ends_with("_clause");
        if holds_blocks && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return count;
            }
        }
    }
}

/// The children that are no comments.
fn parts(node: Node) -> Vec<Node> {
    node.children(&mut node.walk()).filter(|part| !part.is_extra()).collect()
}

/// Children that are no comments: the first, those of some rows, and the ones before and behind these. Of a long row that is next to
/// nothing.
fn parts_near<'n>(node: Node<'n>, old: &Lines, rows: &Rows) -> Vec<Node<'n>> {
    let mut cursor = node.walk();
    let found = cursor.goto_first_child_for_byte(old.start(rows.start)).map(|_| cursor.node());
    let Some(found) = found.filter(|_| node.child_count() > FEW) else { return parts(node) };
    let row = |part: &Node| part.start_position().row;
    let (mut near, mut next) = (Vec::new(), Some(found));
    while let Some(part) = next {
        near.extend((!part.is_extra()).then_some(part));
        next = part.prev_sibling().filter(|_| part.is_extra() || row(&part) >= rows.start);
    }
    near.extend(first_part(node).filter(|first| near.last() != Some(first)));
    near.reverse();
    let is_behind = |part: &Node| !part.is_extra() && row(part) >= rows.end && row(part) > rows.start;
    next = found.next_sibling().filter(|_| !is_behind(&found));
    while let Some(part) = next {
        near.extend((!part.is_extra()).then_some(part));
        next = part.next_sibling().filter(|_| !is_behind(&part));
    }
    near
}

/// The first child that is no comment.
fn first_part(node: Node) -> Option<Node> {
    let mut next = node.child(0);
    while let Some(part) = next.filter(Node::is_extra) {
        next = part.next_sibling();
    }
    next
}

/// The statements of what was parsed: of its only block, where it has a head.
fn statements(parsed: &SyntaxTree, has_head: bool) -> Option<Vec<Node<'_>>> {
    let outer = parts(parsed.root());
    if !has_head {
        return Some(outer);
    }
    let [only] = outer[..] else { return None };
    let block = only.child_by_field_name("consequence")?;
    only.child_by_field_name("alternative").is_none().then(|| parts(block))
}

/// A text and where its lines begin.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    fn row(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte) - 1
    }

    /// The byte at which a line begins; the end of the text behind the last.
    fn start(&self, row: usize) -> usize {
        self.starts.get(row).copied().unwrap_or(self.text.len())
    }

    fn text(&self, rows: &Rows) -> &'t str {
        &self.text[self.start(rows.start)..self.start(rows.end)]
    }

    fn is_start(&self, byte: usize) -> bool {
        self.starts[self.row(byte)] == byte
    }

    /// The lines from that of the first byte, with that of the last or up to it.
    fn rows(&self, bytes: &Range<usize>, with_last: bool) -> Rows {
        self.row(bytes.start)..self.row(bytes.end) + usize::from(with_last)
    }

    /// The blanks before what begins at a byte, if nothing else stands before it on its line.
    fn indentation(&self, byte: usize) -> Option<&'t str> {
        let before = &self.text[self.starts[self.row(byte)]..byte];
        before.bytes().all(|byte| matches!(byte, b' ' | b'\t')).then_some(before)
    }

    /// The least indentation of some lines, in bytes.
    fn least_indentation(&self, rows: &Rows) -> usize {
        let widths = self.text(rows).lines().filter(|line| !line.trim().is_empty());
        widths.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Whether what is seen near some rows is a part of the whole row that tells all about them.
    pub(in super::super) fn is_seen_near(block: Node, text: &str, rows: &Rows) {
        let (all, near) = (parts(block), parts_near(block, &Lines::new(text), rows));
        let row = |node: &Node| node.start_position().row;
        assert_eq!(near.first(), all.first());
        for begins_before in [
            &(|node: &Node| row(node) < rows.start) as &dyn Fn(&Node) -> bool,
            &|node: &Node| row(node) <= rows.start,
            &|node: &Node| row(node) < rows.end,
        ] {
            let last = |nodes: &[Node]| nodes.iter().rposition(begins_before);
            let beside = |nodes: &[Node]| nodes.get(last(nodes)? + 1).map(Node::id);
            assert_eq!(last(&all).map(|at| all[at].id()), last(&near).map(|at| near[at].id()), "{rows:?}");
            assert_eq!(beside(&all), beside(&near), "{rows:?}");
        }
    }
}
