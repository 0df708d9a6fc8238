//! Which symbol of a file a symbol of the reply means.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::{Language, Symbol, SymbolKind, SyntaxTree};

use super::imports;
use super::indent::{Style, common_indentation};
use super::likeness::{Likeness, likeness};
use super::view::FileView;
use crate::lines::{indentation, lines};

/// Code of a reply, moved to the left margin and parsed.
pub(super) struct Block {
    pub(super) text: String,
    pub(super) symbols: Vec<Symbol>,
    imports: Vec<Range<usize>>,
    errors: usize,
    counts: HashMap<String, usize>,
    style: OnceCell<Style>,
    /// The names of its functions that the file has outside of everything.
    free_functions: OnceCell<HashSet<String>>,
}

impl Block {
    /// Parses code; nothing if it is too much for the parser.
    pub(super) fn parse(text: &str, language: Language) -> Option<Self> {
        // Without its tag PHP is text, and replies leave it out.
        let tagged = (language.name() == "php" && !text.contains("<?")).then(|| format!("<?php\n{text}"));
        let text = tagged.as_deref().unwrap_or(text);
        let block = Self::of(dedented(text), language)?;
        if block.errors == 0 {
            return Some(block);
        }
        // The first line may have lost its indentation, which breaks languages that live by it.
        let first_moved = first_line_indented(text)
            .and_then(|text| Self::of(dedented(&text), language))
            .filter(|other| other.errors < block.errors && !other.symbols.is_empty());
        Some(first_moved.unwrap_or(block))
    }

    fn of(text: String, language: Language) -> Option<Self> {
        let tree = SyntaxTree::parse(language, &text).ok()?;
        let symbols = tree.symbols(&text);
        let tops: Vec<Range<usize>> =
            symbols.iter().filter(|symbol| symbol.depth == 0).map(|symbol| symbol.range.clone()).collect();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for symbol in &symbols {
            *counts.entry(symbol.name.clone()).or_default() += 1;
        }
        Some(Self {
            counts,
            free_functions: OnceCell::new(),
            style: OnceCell::new(),
            imports: imports::top_level(tree.imports(&text), &tops),
            errors: tree.error_count(),
            symbols,
            text,
        })
    }

    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How the code is indented.
    pub(super) fn style(&self) -> Style {
        *self.style.get_or_init(|| Style::of(lines(&self.text).iter().map(|line| line.content)))
    }

    /// Whether it has more than one symbol outside of everything.
    pub(super) fn has_several(&self) -> bool {
        self.symbols.iter().filter(|symbol| symbol.depth == 0).nth(1).is_some()
    }

    /// The symbols that lie in no other.
    pub(super) fn tops(&self) -> Vec<&Symbol> {
        self.symbols.iter().filter(|symbol| symbol.depth == 0).collect()
    }

    /// Whether it has, outside of everything, a function of another name than this that the file has outside of everything too.
    pub(super) fn has_functions_beside(&self, name: &str, file: &FileView) -> bool {
        let free = self.free_functions.get_or_init(|| {
            let is_function = |index: &usize| {
                let own = &file.symbols()[*index];
                own.depth == 0 && own.kind == SymbolKind::Function
            };
            let tops = self.tops().into_iter().filter(|top| top.kind == SymbolKind::Function);
            let known = tops.filter(|top| file.symbols_named(&top.name).iter().any(is_function));
            known.map(|top| top.name.clone()).collect()
        });
        free.len() > usize::from(free.contains(name))
    }

    /// How many of its symbols have a name.
    pub(super) fn count_of(&self, name: &str) -> usize {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// The import statements outside symbols.
    pub(super) fn imports(&self) -> Vec<&str> {
        self.imports.iter().map(|range| &self.text[range.clone()]).collect()
    }

    /// The symbols right inside `outer` that could be left out or added on their own.
    pub(super) fn members<'s>(&'s self, outer: &Symbol) -> Vec<&'s Symbol> {
        members(&self.symbols, outer)
    }

    /// Trimmed lines, blank ones left out, that belong to no top-level symbol and no import.
    pub(super) fn remainder(&self) -> Vec<(usize, &str)> {
        let covered: Vec<&Range<usize>> = self.tops().iter().map(|symbol| &symbol.range).chain(&self.imports).collect();
        remainder(&self.text, &covered)
    }
}

/// Lines outside `covered`, trimmed and not blank, with the byte they begin at.
pub(super) fn remainder<'t>(text: &'t str, covered: &[&Range<usize>]) -> Vec<(usize, &'t str)> {
    let mut covered = covered.to_vec();
    covered.sort_unstable_by_key(|range| range.start);
    let mut covered = covered.into_iter().peekable();
    let mut covered_to = 0;
    let mut is_outside = |start: usize| {
        while let Some(range) = covered.next_if(|range| range.start <= start) {
            covered_to = covered_to.max(range.end);
        }
        start >= covered_to
    };
    let lines = lines(text);
    let written = lines.iter().filter(|line| !line.is_blank());
    written
        .map(|line| (line.start, line.start + indentation(line.content).len(), line.trimmed()))
        .filter(|(_, start, _)| is_outside(*start))
        .map(|(start, _, line)| (start, line))
        .collect()
}

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
        return match narrowed(same, wanted, block, file)[..] {
            [one] => Meant::One(one),
            ref several => Meant::Several(several.to_vec()),
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
    match asked_about(&left, wanted, file)[..] {
        _ if left.is_empty() => Meant::New,
        [one] => Meant::One(one),
        _ => Meant::OneOrNew(left),
    }
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

/// Those of several symbols that are as good as `wanted` which are most like it.
fn narrowed(found: Vec<usize>, wanted: &Symbol, block: &Block, file: &FileView) -> Vec<usize> {
    let symbols = file.symbols();
    let has_body = |symbol: &Symbol| symbol.body_range.is_some();
    let all = prefer(found, |index| {
        wanted.kind != SymbolKind::Impl || header(&symbols[index], file.text) == header(wanted, &block.text)
    });
    let all = prefer(all, |index| has_body(&symbols[index]) == has_body(wanted));
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

fn dedented(text: &str) -> String {
    let lines = lines(text);
    let common = common_indentation(lines.iter().map(|line| line.content));
    let mut result = String::with_capacity(text.len());
    for line in &lines {
        if !line.is_blank() {
            result.push_str(line.content.strip_prefix(common.as_str()).unwrap_or(line.content));
        }
        result.push('\n');
    }
    result
}

fn first_line_indented(text: &str) -> Option<String> {
    let lines = lines(text);
    let first = lines.iter().position(|line| !line.is_blank())?;
    let rest = common_indentation(lines[first + 1..].iter().map(|line| line.content));
    if rest.is_empty() || !indentation(lines[first].content).is_empty() {
        return None;
    }
    let start = lines[first].start;
    Some(format!("{}{rest}{}", &text[..start], &text[start..]))
}
