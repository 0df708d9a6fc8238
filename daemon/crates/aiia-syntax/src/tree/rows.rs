//! Checks edits by the statements, members and items around them.
//!
//! A parse after an edit is linear in the number of items and statements beside it, which all are taken over one by one. What of them
//! nobody edits is left out here: of each row of items, members or statements that holds an edit stay those that it touches, with the one before
//! and the one behind them, and of what is around a row its first and its last line. A parser comes from what is left out to what stays
//! in the state in which it was before, and where the last of what stays is again what it was, it leaves it in that state, too. So
//! what is left out means what it did.

use std::collections::BTreeMap;
use std::ops::Range;

use tree_sitter::Node;

use super::{MAX_PARSE_BYTES, Replaced, SyntaxTree};
use crate::deadline::ParseBudget;
use excerpt::{Excerpt, is_there, lose_nothing, moved};
use kinds::{Row, first_leaf, is_item, last_leaf, next_part};

mod comments;
mod excerpt;
mod kinds;

/// How much is parsed, and how small it is cut.
#[derive(Clone, Copy)]
struct Sizes {
    /// What has no more bytes is not cut further, save for types, of which no member is parsed that is not edited.
    whole: usize,
    /// What is parsed may be as long as that, or as that share of the text: a fresh parse costs more than one that uses a tree again.
    small: usize,
    share: usize,
}

const SIZES: Sizes = Sizes { whole: 1024, small: 4096, share: 24 };

/// How deep rows may be in each other.
const MAX_DEPTH: usize = 64;

/// Whether it is sure that the edits add no syntax error and that nothing beside the statements and items they are in is built otherwise.
/// `edits` are in order.
pub(super) fn are_sound(
    tree: &SyntaxTree,
    old_text: &str,
    new_text: &str,
    edits: &[Replaced],
    budget: &ParseBudget,
) -> bool {
    are_sound_cut(tree, (old_text, new_text), edits, budget, SIZES).unwrap_or(false)
}

/// The same of rows that are cut as told; nothing where they do not tell.
fn are_sound_cut(
    tree: &SyntaxTree,
    (old_text, new_text): (&str, &str),
    edits: &[Replaced],
    budget: &ParseBudget,
    sizes: Sizes,
) -> Option<bool> {
    let language = tree.language.name();
    if !kinds::LANGUAGES.contains(&language) || tree.root().has_error() || new_text.len() > MAX_PARSE_BYTES {
        return None;
    }
    let of_code = |(old, new): &&Replaced| !comments::is_in_comment(tree, old_text, new_text, (old, new));
    let of_code: Vec<_> = edits.iter().filter(of_code).cloned().collect();
    if of_code.is_empty() {
        return Some(true);
    }
    let most = sizes.small.max(new_text.len() / sizes.share);
    let sum = |length: fn(&Replaced) -> usize| of_code.iter().map(length).sum::<usize>();
    if sum(|(old, _)| old.len()) > most || sum(|(_, new)| new.len()) > most {
        return None;
    }
    // What a parser would not survive is told by the whole text, as long as the edits add nothing to that.
    let opened = |(old, new): &Replaced| open_brackets(&old_text[old.clone()]) - open_brackets(&new_text[new.clone()]);
    let has_nul = |(_, new): &Replaced| new_text[new.clone()].contains('\0');
    if of_code.iter().map(opened).sum::<isize>() != 0 || of_code.iter().any(has_nul) {
        return None;
    }
    // What an edit opens and does not close ends somewhere in what is left out.
    let closes = |(old, new): &Replaced| comments::are_closed(old_text, old) && comments::are_closed(new_text, new);
    if !of_code.iter().all(closes) {
        return None;
    }
    let mut cut = Cut { language, sizes, gaps: Vec::new(), stays: Vec::new(), touched: Vec::new() };
    cut.row(&Row::outermost(tree.root(), old_text.len()), &of_code, &Around::default());
    let gaps = cut.gaps.iter().map(|gap| moved(edits, gap.start)..moved(edits, gap.end)).collect();
    if new_text.len().saturating_sub(cut.gaps.iter().map(Range::len).sum()) > most {
        return None;
    }
    let excerpt = Excerpt::of(new_text, gaps)?;
    let parsed = SyntaxTree::parse_within(tree.language, &excerpt.text, budget).ok()?;
    let is_sound = !parsed.root().has_error()
        && cut.stays.iter().all(|stays| is_there(stays, &parsed, &excerpt, edits).unwrap_or(false));
    if is_sound { lose_nothing(&cut, (old_text, edits), (&excerpt, &parsed), budget) } else { None }
}

/// What is around a row.
#[derive(Clone, Copy, Default)]
struct Around {
    depth: usize,
    is_item: bool,
}

/// What of a row is parsed, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// To tell that it is what it was.
    Beside,
    /// A row within it is edited.
    Outer,
    /// It is edited within, begins and ends with the same tokens, and its last one ends it for sure.
    Item,
    /// It may be anything afterwards.
    Touched,
}

/// What has to be the same afterwards.
struct Stays<'t> {
    node: Node<'t>,
    role: Role,
    /// What it has to be within, as it was; nothing outside of everything.
    within: Option<Node<'t>>,
}

/// What may be anything afterwards, between what stays.
struct Touched {
    /// Its nodes, and those that were edited beside them.
    nodes: Range<usize>,
    /// All up to what stays.
    between: Range<usize>,
}

/// What of the old text is left out, and what is to be told of the rest.
struct Cut<'t> {
    language: &'static str,
    sizes: Sizes,
    gaps: Vec<Range<usize>>,
    stays: Vec<Stays<'t>>,
    touched: Vec<Touched>,
}

impl<'t> Cut<'t> {
    fn row(&mut self, row: &Row<'t>, edits: &[Replaced], around: &Around) {
        let mut kept: BTreeMap<usize, (Node<'t>, Role)> = BTreeMap::new();
        let mut within: BTreeMap<usize, (Node<'t>, Vec<Replaced>)> = BTreeMap::new();
        let keep = |kept: &mut BTreeMap<usize, (Node<'t>, Role)>, edit: &Range<usize>| {
            for node in row.around(edit) {
                let touched = node.start_byte() <= edit.end && edit.start <= node.end_byte();
                let role = if touched { Role::Touched } else { Role::Beside };
                let known = kept.entry(node.start_byte()).or_insert((node, role));
                if touched {
                    known.1 = role;
                }
            }
        };
        for edit in edits {
            match row.holding(&edit.0) {
                Some(node) => within.entry(node.start_byte()).or_insert((node, Vec::new())).1.push(edit.clone()),
                None => keep(&mut kept, &edit.0),
            }
        }
        for (start, (node, edits)) in within {
            if kept.get(&start).is_some_and(|(_, role)| *role == Role::Touched) {
                continue;
            }
            let hull = edits[0].0.start..edits[edits.len() - 1].0.end;
            let inner = Row::within(self.language, node, &hull).filter(|inner| {
                around.depth < MAX_DEPTH && (!inner.is_of_statements || node.byte_range().len() > self.sizes.whole)
            });
            let role = if let Some(inner) = inner {
                self.stays.extend(inner.braces.map(|braces| Stays {
                    node: braces,
                    role: Role::Outer,
                    within: Some(node),
                }));
                let is_item = around.is_item || is_item(self.language, node);
                self.row(&inner, &edits, &Around { depth: around.depth + 1, is_item });
                Role::Outer
            } else if !row.is_of_statements && self.is_ended_item(node, &edits) {
                Role::Item
            } else {
                for (edit, _) in &edits {
                    keep(&mut kept, edit);
                }
                continue;
            };
            kept.insert(start, (node, role));
        }
        self.leave_out(row, kept.into_values().collect(), row.is_of_statements && around.is_item);
    }

    /// Whether edits are behind the first token of an item and before its last one, which ends it for sure.
    fn is_ended_item(&self, node: Node, edits: &[Replaced]) -> bool {
        is_item(self.language, node)
            && last_leaf(node).is_some_and(|last| matches!(last.kind(), "}" | ";"))
            && edits.iter().all(|(old, _)| first_leaf(node).end_byte() <= old.start && old.end < node.end_byte())
    }

    /// Notes what stands between those of a row that are kept.
    fn leave_out(&mut self, row: &Row<'t>, kept: Vec<(Node<'t>, Role)>, is_in_item: bool) {
        let mut end = row.inside.start;
        let mut next = row.first();
        let mut touched: Vec<Touched> = Vec::new();
        let mut is_open = false;
        for (node, role) in kept {
            let left_out = next.map_or(node.start_byte(), |next| next.start_byte())..node.start_byte();
            if !left_out.is_empty() {
                self.gaps.push(left_out);
            }
            if role == Role::Touched {
                match touched.last_mut().filter(|_| is_open) {
                    Some(last) => last.nodes.end = node.end_byte(),
                    None => touched.push(Touched { nodes: node.byte_range(), between: end..row.inside.end }),
                }
                is_open = true;
            } else {
                if let Some(last) = touched.last_mut().filter(|_| is_open) {
                    last.between.end = node.start_byte();
                }
                is_open = false;
                end = node.end_byte();
                self.stays.push(Stays { node, role, within: row.braces });
            }
            next = next_part(node);
        }
        // What stands in a function is its own.
        if !is_in_item {
            self.touched.extend(touched);
        }
        self.gaps.extend(next.map(|next| next.start_byte()..row.inside.end));
    }
}

/// How many more brackets open than close.
fn open_brackets(text: &str) -> isize {
    let weight = |byte: u8| match byte {
        b'(' | b'[' | b'{' => 1,
        b')' | b']' | b'}' => -1,
        _ => 0,
    };
    text.bytes().map(weight).sum()
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
