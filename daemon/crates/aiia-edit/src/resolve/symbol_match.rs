//! Which symbol of a file a symbol of the reply means.

use std::collections::HashSet;

use aiia_syntax::{Symbol, SymbolKind};

use super::block::Block;
use super::likeness::{Likeness, contradicts_head, declares, likeness};
use super::view::FileView;

/// The symbols right inside `outer`, fields and variants left out.
pub(super) fn members<'s>(symbols: &'s [Symbol], outer: &Symbol) -> Vec<&'s Symbol> {
    member_indices(symbols, outer).into_iter().map(|index| &symbols[index]).collect()
}

/// The same as indices. Symbols are in the order of the text.
pub(super) fn member_indices(symbols: &[Symbol], outer: &Symbol) -> Vec<usize> {
    let first = symbols.partition_point(|symbol| symbol.item_range.start < outer.item_range.start);
    (first..symbols.len())
        .take_while(|index| symbols[*index].item_range.start < outer.item_range.end)
        .filter(|index| {
            let symbol = &symbols[*index];
            symbol.depth == outer.depth + 1
                && symbol.item_range.end <= outer.item_range.end
                && !matches!(symbol.kind, SymbolKind::Field | SymbolKind::Variant)
        })
        .collect()
}

/// Whether a symbol holds symbols that make sense on their own.
pub(super) fn is_container(kind: SymbolKind) -> bool {
    kind.is_type() && kind != SymbolKind::TypeAlias || matches!(kind, SymbolKind::Module | SymbolKind::Namespace)
}

/// Whether what a symbol holds belongs to it, so that a reply with a part of that is no reply with the symbol.
pub(super) fn is_section(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Key
            | SymbolKind::Table
            | SymbolKind::Heading
            | SymbolKind::Element
            | SymbolKind::Rule
            | SymbolKind::Constant
            | SymbolKind::Variable
    )
}

/// A function alone in a reply may be a method in the file.
pub(super) fn same_kind(one: SymbolKind, other: SymbolKind) -> bool {
    let normal = |kind| if kind == SymbolKind::Method { SymbolKind::Function } else { kind };
    normal(one) == normal(other)
}

/// The text up to the body without any blanks.
pub(super) fn header(symbol: &Symbol, text: &str) -> String {
    symbol.signature(text).split_whitespace().collect()
}

/// Of so many pairs of symbols of one name each is looked at.
pub(super) const MAX_PAIRS: usize = 100_000;

/// So many symbols of one name are compared with each other.
const MAX_FORMS: usize = 200;

/// What a symbol of a reply means in a file.
pub(super) enum Meant {
    /// This symbol.
    One(usize),
    /// One of these, or all of them where they are parts of one type.
    Several(Vec<usize>),
    /// One of these in another form, or a new one beside them.
    OneOrNew(Vec<usize>),
    /// None that the file has.
    New,
}

/// Which of the symbols `pool` of the file a symbol of the reply means, which stands beside `siblings` there.
pub(super) fn meant(wanted: &Symbol, siblings: &[&Symbol], pool: &[usize], block: &Block, file: &FileView) -> Meant {
    let symbols = file.symbols();
    let is_named_so = |symbol: &Symbol| symbol.name == wanted.name && same_kind(symbol.kind, wanted.kind);
    let named: Vec<usize> = pool.iter().copied().filter(|index| is_named_so(&symbols[*index])).collect();
    if named.len() > 1 && named.len().saturating_mul(block.count_of(&wanted.name)) > MAX_PAIRS {
        return Meant::Several(named);
    }
    let like = |one: &Symbol, index: usize| likeness(one, block, &symbols[index], file);
    let same: Vec<usize> = named.iter().copied().filter(|index| like(wanted, *index) == Likeness::Same).collect();
    if !same.is_empty() {
        let found = narrowed(same, wanted, block, file);
        let found = with_declarations(found, &named, wanted, block, file);
        return match with_that_head(&found, wanted, block, file).as_deref().unwrap_or(&found) {
            [one] => Meant::One(*one),
            several => Meant::Several(several.to_vec()),
        };
    }
    let mut left: Vec<usize> = named.into_iter().filter(|index| like(wanted, *index) == Likeness::Unsure).collect();
    if left.is_empty() {
        return Meant::New;
    }
    if block.count_of(&wanted.name) > MAX_FORMS {
        return Meant::OneOrNew(left);
    }
    // What another symbol of the reply means for sure is not meant by this one.
    for other in siblings.iter().filter(|other| is_named_so(other) && other.item_range != wanted.item_range) {
        left.retain(|index| like(other, *index) != Likeness::Same);
    }
    if !left.is_empty() && left.iter().all(|index| contradicts_head(wanted, &block.text, &symbols[*index], file)) {
        return Meant::OneOrNew(left);
    }
    match asked_about(&left, wanted, file)[..] {
        _ if left.is_empty() => Meant::New,
        [one] => Meant::One(one),
        _ => Meant::OneOrNew(left),
    }
}

/// Of functions that differ in the types of what they take, the one with the very head of `wanted`.
fn with_that_head(found: &[usize], wanted: &Symbol, block: &Block, file: &FileView) -> Option<Vec<usize>> {
    let own = header(wanted, &block.text);
    let types =
        own.split_once('(').map(|(_, rest)| rest).filter(|rest| rest.contains(':') && !rest.starts_with("&self)"))?;
    if types.starts_with(')') || !wanted.kind.is_callable() {
        return None;
    }
    let fitting: Vec<usize> =
        found.iter().copied().filter(|index| header(&file.symbols()[*index], file.text) == own).collect();
    (found.len() > 1 && fitting.len() == 1).then_some(fitting)
}

/// Those of several symbols that were asked about, by themselves or with all of what they are in.
fn asked_about(found: &[usize], wanted: &Symbol, file: &FileView) -> Vec<usize> {
    let symbols = file.symbols();
    let Some(focus) = file.focus_range() else { return Vec::new() };
    let is_asked = |index: &usize| {
        let symbol = &symbols[*index];
        match file.focus_symbol() {
            Some(name) if name != wanted.name => {
                symbol.container.as_deref().is_some_and(|container| container.rsplit("::").any(|outer| outer == name))
            }
            _ => symbol.range.start < focus.end && focus.start < symbol.range.end,
        }
    };
    found.iter().copied().filter(is_asked).collect()
}

/// `found` with what may be meant as well: a function that says not which type it is of may also be for one that another type
/// declares without a body, or that is written out beside its type. What was asked about decides.
fn with_declarations(
    found: Vec<usize>,
    named: &[usize],
    wanted: &Symbol,
    block: &Block,
    file: &FileView,
) -> Vec<usize> {
    let symbols = file.symbols();
    if wanted.depth > 0 || wanted.container.is_some() {
        return found;
    }
    let containers: HashSet<_> = found.iter().map(|index| &symbols[*index].container).collect();
    let elsewhere = named.iter().copied().filter(|index| !containers.contains(&symbols[*index].container));
    // `int A::f()` of C++ beside the `f` that is written in another type.
    let is_of_type = file.language.is_some_and(|language| language.name() == "cpp")
        && found.iter().any(|index| symbols[*index].kind == SymbolKind::Method);
    let (bodiless, others): (Vec<usize>, Vec<usize>) =
        elsewhere.partition(|index| symbols[*index].body_range.is_none());
    let is_written_beside = |own: &Symbol| is_of_type && own.depth == 0 && own.container.is_some();
    let beside: Vec<usize> = others.into_iter().filter(|index| is_written_beside(&symbols[*index])).collect();
    let are_many = bodiless.len() > MAX_FORMS;
    let declared: Vec<usize> =
        bodiless.into_iter().filter(|index| are_many || declares(&symbols[*index], wanted, block, file)).collect();
    if declared.is_empty() && beside.is_empty() {
        return found;
    }
    let mut all = [found, declared, beside.clone()].concat();
    all.sort_unstable();
    match asked_about(&all, wanted, file)[..] {
        [one] if !beside.contains(&one) => vec![one],
        _ => all,
    }
}

/// Those of several symbols that are as good as `wanted` which are most like it.
fn narrowed(found: Vec<usize>, wanted: &Symbol, block: &Block, file: &FileView) -> Vec<usize> {
    let symbols = file.symbols();
    let has_body = |symbol: &Symbol| symbol.body_range.is_some();
    let all = prefer(found, |index| {
        wanted.kind != SymbolKind::Impl || header(&symbols[index], file.text) == header(wanted, &block.text)
    });
    if all.len() < 2 {
        return all;
    }
    if let Some(focus) = file.focus_range()
        && file.focus_symbol().is_none_or(|name| name == wanted.name)
    {
        let inside: Vec<usize> = all
            .iter()
            .copied()
            .filter(|index| symbols[*index].range.start < focus.end && focus.start < symbols[*index].range.end)
            .collect();
        if inside.len() == 1 {
            return inside;
        }
    }
    // Of one type, what is declared is not what is written out.
    let is_as_wanted = |index: usize| has_body(&symbols[index]) == has_body(wanted);
    let settled: HashSet<_> =
        all.iter().filter(|index| is_as_wanted(**index)).map(|index| &symbols[*index].container).collect();
    let all: Vec<usize> =
        all.into_iter().filter(|index| is_as_wanted(*index) || !settled.contains(&symbols[*index].container)).collect();
    let all = prefer(all, |index| takes_self(&symbols[index], file.text) == takes_self(wanted, &block.text));
    let least = all.iter().map(|index| symbols[*index].depth).min().unwrap_or(0);
    if least > 0 || takes_self(wanted, &block.text) {
        return all;
    }
    prefer(all, |index| symbols[index].depth == 0)
}

/// Whether a function wants an instance as its first parameter.
pub(super) fn takes_self(symbol: &Symbol, text: &str) -> bool {
    let header = header(symbol, text);
    let Some((_, parameters)) = header.split_once('(') else {
        return false;
    };
    ["self", "&self", "&mutself", "mutself", "cls"]
        .iter()
        .any(|own| parameters.strip_prefix(own).is_some_and(|rest| rest.starts_with([',', ')', ':'])))
        || parameters.starts_with("&'") && parameters.trim_start_matches(|c: char| c != 's').starts_with("self")
}

fn prefer(all: Vec<usize>, test: impl Fn(usize) -> bool) -> Vec<usize> {
    let fitting: Vec<usize> = all.iter().copied().filter(|index| test(*index)).collect();
    if fitting.is_empty() { all } else { fitting }
}
