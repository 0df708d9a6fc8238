//! Texts without what is left out, and what they tell of the whole ones.

use std::collections::HashMap;
use std::ops::Range;

use tree_sitter::Node;

use super::super::{Replaced, SyntaxTree};
use super::kinds::{first_leaf, is_item, last_leaf};
use super::{Cut, Role, Stays, Touched};
use crate::deadline::ParseBudget;
use crate::{Symbol, SymbolKind};

/// A text without what is left out.
pub(super) struct Excerpt {
    pub(super) text: String,
    /// Where it goes on behind what is left out, in order, and how much is left out up to there.
    resumes: Vec<(usize, usize)>,
}

impl Excerpt {
    pub(super) fn of(text: &str, mut gaps: Vec<Range<usize>>) -> Option<Self> {
        gaps.sort_by_key(|gap| gap.start);
        let mut excerpt = Self { text: String::new(), resumes: Vec::with_capacity(gaps.len()) };
        let (mut at, mut left_out) = (0, 0);
        for gap in gaps {
            excerpt.text.push_str(text.get(at..gap.start)?);
            at = gap.end;
            left_out += gap.len();
            excerpt.resumes.push((at, left_out));
        }
        excerpt.text.push_str(text.get(at..)?);
        Some(excerpt)
    }

    /// Where a range of the text is here, which begins and ends in what is not left out.
    pub(super) fn place(&self, range: &Range<usize>) -> Range<usize> {
        let place = |byte: usize| {
            let before = self.resumes.partition_point(|(resumes, _)| *resumes <= byte);
            let left_out = before.checked_sub(1).and_then(|last| self.resumes.get(last)).map_or(0, |(_, sum)| *sum);
            byte.saturating_sub(left_out)
        };
        place(range.start)..place(range.end)
    }
}

/// Whether a node of the old text is what it was in the tree of the excerpt of the new one.
pub(super) fn is_there(stays: &Stays, parsed: &SyntaxTree, excerpt: &Excerpt, edits: &[Replaced]) -> Option<bool> {
    let was = stays.node;
    let range_now = |was: Node| excerpt.place(&(moved(edits, was.start_byte())..moved_end(edits, was.end_byte())));
    let range = range_now(was);
    let mut node = parsed.root().descendant_for_byte_range(range.start, range.end)?;
    while node.byte_range() != range || !is_within_the_same(node, stays, &range_now) {
        node = node.parent().filter(|outer| outer.byte_range() == range)?;
    }
    if stays.role != Role::Item {
        return Some(true);
    }
    let (first, first_was) = (first_leaf(node), first_leaf(was));
    let begins = first.kind_id() == first_was.kind_id() && first.byte_range().len() == first_was.byte_range().len();
    let (last, last_was) = (last_leaf(node)?, last_leaf(was)?);
    let ends = last.kind_id() == last_was.kind_id() && last.end_byte() == range.end;
    Some(begins && ends && is_item(parsed.language.name(), node))
}

/// Whether a node has the kind of what stays, and stands as deep in the same.
fn is_within_the_same(node: Node, stays: &Stays, range_now: &dyn Fn(Node) -> Range<usize>) -> bool {
    let (mut now, mut was) = (node, stays.node);
    while now.kind_id() == was.kind_id() {
        if stays.within == Some(was) {
            return now.byte_range() == range_now(was);
        }
        match (now.parent(), was.parent()) {
            (Some(outer), Some(outer_was)) => (now, was) = (outer, outer_was),
            (None, None) => return stays.within.is_none(),
            _ => return false,
        }
    }
    false
}

/// Whether all that was in what may be anything now is still defined, and as deep, save for what was edited itself. `new` is the excerpt of
/// the new text with its tree.
pub(super) fn lose_nothing(
    cut: &Cut,
    (old_text, edits): (&str, &[Replaced]),
    (new, new_tree): (&Excerpt, &SyntaxTree),
    budget: &ParseBudget,
) -> Option<bool> {
    if cut.touched.is_empty() {
        return Some(true);
    }
    let old = Excerpt::of(old_text, cut.gaps.clone())?;
    let old_tree = SyntaxTree::parse_within(new_tree.language, &old.text, budget).ok()?;
    let (before, now) = (old_tree.symbols(&old.text), new_tree.symbols(&new.text));
    let within = |symbol: &&Symbol, range: &Range<usize>| {
        range.start <= symbol.item_range.start && symbol.item_range.end <= range.end
    };
    let edited: Vec<_> = edits.iter().map(|(edit, _)| old.place(edit)).collect();
    let is_edited =
        |symbol: &&Symbol| edited.iter().any(|edit| edit.start < symbol.range.end && symbol.range.start < edit.end);
    let has_all = |touched: &Touched| {
        let (nodes, between) = (old.place(&touched.nodes), &touched.between);
        let between = new.place(&(moved_end(edits, between.start)..moved(edits, between.end)));
        let mut left: HashMap<(&str, SymbolKind, usize), usize> = HashMap::new();
        for symbol in now.iter().filter(|symbol| within(symbol, &between)) {
            *left.entry((&symbol.name, symbol.kind, symbol.depth)).or_default() += 1;
        }
        let mut lost = before.iter().filter(|symbol| within(symbol, &nodes) && !is_edited(symbol));
        lost.all(|symbol| match left.get_mut(&(symbol.name.as_str(), symbol.kind, symbol.depth)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        })
    };
    Some(!old_tree.root().has_error() && cut.touched.iter().all(has_all))
}

/// Where what begins at a byte of the old text, and is not edited there, begins in the new one.
pub(super) fn moved(edits: &[Replaced], byte: usize) -> usize {
    let before = edits.partition_point(|(old, _)| old.end <= byte);
    after(edits, before, byte)
}

/// Where what ends at a byte of the old text, and is not edited there, ends in the new one.
pub(super) fn moved_end(edits: &[Replaced], byte: usize) -> usize {
    let before = edits.partition_point(|(old, _)| old.end <= byte && old.start < byte);
    after(edits, before, byte)
}

fn after(edits: &[Replaced], before: usize, byte: usize) -> usize {
    match before.checked_sub(1).and_then(|last| edits.get(last)) {
        Some((old, new)) => byte - old.end + new.end,
        None => byte,
    }
}
