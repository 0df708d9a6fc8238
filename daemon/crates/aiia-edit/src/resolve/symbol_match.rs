//! Which symbol of a file a symbol of the reply means.

use std::ops::Range;

use aiia_syntax::{Language, Symbol, SymbolKind, SyntaxTree};

use super::imports;
use super::indent::common_indentation;
use super::other_symbol::is_another;
use super::view::FileView;
use crate::lines::{indentation, lines};

/// Code of a reply, moved to the left margin and parsed.
pub(super) struct Block {
    pub(super) text: String,
    pub(super) symbols: Vec<Symbol>,
    imports: Vec<Range<usize>>,
    errors: usize,
}

impl Block {
    /// Parses code; nothing if it is too much for the parser.
    pub(super) fn parse(text: &str, language: Language) -> Option<Self> {
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
        Some(Self {
            imports: imports::top_level(tree.imports(&text), &tops),
            errors: tree.error_count(),
            symbols,
            text,
        })
    }

    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// The symbols that lie in no other.
    pub(super) fn tops(&self) -> Vec<&Symbol> {
        self.symbols.iter().filter(|symbol| symbol.depth == 0).collect()
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
    lines(text)
        .iter()
        .filter(|line| !line.is_blank())
        .filter(|line| {
            let start = line.start + indentation(line.content).len();
            !covered.iter().any(|range| range.start <= start && start < range.end)
        })
        .map(|line| (line.start, line.trimmed()))
        .collect()
}

/// The symbols right inside `outer`, fields and variants left out.
pub(super) fn members<'s>(symbols: &'s [Symbol], outer: &Symbol) -> Vec<&'s Symbol> {
    symbols
        .iter()
        .filter(|symbol| {
            symbol.depth == outer.depth + 1
                && outer.item_range.start <= symbol.item_range.start
                && symbol.item_range.end <= outer.item_range.end
                && !matches!(symbol.kind, SymbolKind::Field | SymbolKind::Variant)
        })
        .collect()
}

/// Whether a symbol holds symbols that make sense on their own.
pub(super) fn is_container(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Impl | SymbolKind::Class | SymbolKind::Trait | SymbolKind::Module)
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

/// Indices of the symbols of `file` that a top-level symbol of a reply may mean: one when it is certain,
/// several when nothing tells them apart.
pub(super) fn candidates(wanted: &Symbol, block: &Block, file: &FileView) -> Vec<usize> {
    let symbols = file.symbols();
    let all: Vec<usize> = (0..symbols.len())
        .filter(|index| symbols[*index].name == wanted.name && same_kind(symbols[*index].kind, wanted.kind))
        .filter(|index| !is_another(wanted, block, &symbols[*index], file))
        .collect();
    let all = prefer(all, |index| {
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
