//! Names that code uses, from a language's `references.scm`.
//!
//! Its captures: `@reference.call`, `@reference.type` and `@reference.value` on the name that is used, `@binding` on a
//! name that is introduced where another pattern takes it for a use, and `@unused` on what holds no uses at all. A name
//! that several patterns capture is a call before a type before a value.

use crate::query::for_each_match;
use crate::{Language, definitions};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use tree_sitter::Tree;

/// How a name is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum ReferenceKind {
    /// It is called: a function, a method, a macro, a constructor.
    Call,
    /// It stands where a type does.
    Type,
    /// Anything else: a constant, a variable, a field, a function that is passed on.
    Value,
}

impl ReferenceKind {
    /// The word for it in messages, snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            ReferenceKind::Call => "call",
            ReferenceKind::Type => "type",
            ReferenceKind::Value => "value",
        }
    }
}

/// A name that is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// The name, as a byte range of the text the tree was parsed from.
    pub name_range: Range<usize>,
    /// How it is used.
    pub kind: ReferenceKind,
}

/// The references within `window`, in the order of the text.
pub(crate) fn references(tree: &Tree, language: Language, text: &str, window: &Range<usize>) -> Vec<Reference> {
    let mut used: BTreeMap<(usize, usize), ReferenceKind> = BTreeMap::new();
    let mut introduced = HashSet::new();
    let mut unused = Vec::new();
    for_each_match(language.references(), tree, text, window.clone(), |_, captures| {
        for &(node, capture) in captures {
            let kind = match capture {
                "reference.call" => ReferenceKind::Call,
                "reference.type" => ReferenceKind::Type,
                "reference.value" => ReferenceKind::Value,
                "binding" => {
                    introduced.insert(node.byte_range());
                    continue;
                }
                "unused" => {
                    unused.push(node.byte_range());
                    continue;
                }
                _ => continue,
            };
            // A name that is missing is empty.
            let is_there = node.start_byte() < node.end_byte();
            if is_there && window.start <= node.start_byte() && node.end_byte() <= window.end {
                let known = used.entry((node.start_byte(), node.end_byte())).or_insert(kind);
                *known = kind.min(*known);
            }
        }
    });
    introduced.extend(definitions::names(tree, language, text, window.clone()));
    for_each_match(language.imports(), tree, text, window.clone(), |_, captures| {
        unused.extend(captures.iter().filter(|(_, capture)| *capture == "import").map(|(node, _)| node.byte_range()));
    });
    unused.sort_by_key(|range| range.start);
    unused.dedup_by(|next, last| {
        let is_within = next.end <= last.end;
        last.end = if next.start < last.end { last.end.max(next.end) } else { last.end };
        is_within
    });
    let is_unused = |start: usize| {
        let before = unused.partition_point(|range| range.start <= start);
        unused[..before].last().is_some_and(|range| start < range.end)
    };
    used.into_iter()
        .map(|((start, end), kind)| Reference { name_range: start..end, kind })
        .filter(|found| !introduced.contains(&found.name_range) && !is_unused(found.name_range.start))
        .collect()
}
