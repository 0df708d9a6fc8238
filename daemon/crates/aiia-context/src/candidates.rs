//! What is worth showing beside the target, and how much it is worth.

use crate::lines::Lines;
use crate::{ContextRequest, FileSyntax, Intent, PieceKind, Target};
use aiia_syntax::{Symbol, SymbolKind};
use std::collections::BTreeSet;
use std::ops::Range;

/// A definition of more lines is shown by its signature alone.
const SHORT_DEFINITION_LINES: usize = 40;

/// How many lines of existing tests show their style.
const TEST_STYLE_LINES: usize = 60;

/// Lines that may go into the bundle.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) lines: Range<usize>,
    pub(crate) kind: PieceKind,
    pub(crate) symbol: Option<String>,
    pub(crate) score: f64,
    pub(crate) reason: String,
}

/// Every candidate beside the target itself, the worthiest first, in the order of the file between equals.
pub(crate) fn collect(
    request: &ContextRequest,
    file: &FileSyntax,
    lines: &Lines,
    target: &Target,
    selection: &Range<usize>,
) -> Vec<Candidate> {
    let mut collector = Collector { request, file, lines, target, found: Vec::new() };
    collector.imports();
    match &target.symbol {
        Some(symbol) => {
            collector.used_definitions(selection);
            collector.enclosing_type(symbol);
            collector.siblings(symbol);
        }
        None => collector.surroundings(),
    }
    if request.intent == Intent::Test {
        collector.tests();
    }
    let mut found = collector.found;
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.lines.start.cmp(&b.lines.start)));
    found
}

/// The worth of a kind of piece for an intent, under 1, which the target has.
pub(crate) fn score(kind: PieceKind, intent: Intent) -> f64 {
    match (kind, intent) {
        (PieceKind::Target, _) => 1.0,
        (PieceKind::Signature, _) => 0.95,
        (PieceKind::Tests, Intent::Test) => 0.85,
        (PieceKind::Definitions, _) => 0.9,
        (PieceKind::EnclosingType, _) => 0.8,
        // New code needs new imports, and tests repeat those of the file.
        (PieceKind::Imports, Intent::Fix | Intent::Edit | Intent::Test | Intent::Optimize) => 0.75,
        (PieceKind::Imports, _) => 0.6,
        (PieceKind::Siblings, Intent::Document | Intent::Explain | Intent::Ask) => 0.65,
        (PieceKind::Siblings, _) => 0.5,
        (PieceKind::Callers, Intent::Optimize) => 0.7,
        (PieceKind::Surroundings | PieceKind::Tests | PieceKind::Callers, _) => 0.4,
    }
}

struct Collector<'a> {
    request: &'a ContextRequest<'a>,
    file: &'a FileSyntax,
    lines: &'a Lines<'a>,
    target: &'a Target,
    found: Vec<Candidate>,
}

impl Collector<'_> {
    fn add(&mut self, range: &Range<usize>, kind: PieceKind, symbol: Option<&Symbol>, reason: String) {
        self.add_lines(self.lines.of_range(range), kind, symbol, 0.0, reason);
    }

    fn add_lines(&mut self, lines: Range<usize>, kind: PieceKind, symbol: Option<&Symbol>, extra: f64, reason: String) {
        let score = score(kind, self.request.intent) + extra;
        self.found.push(Candidate { lines, kind, symbol: symbol.map(Symbol::path), score, reason });
    }

    /// The imports in scope, those with only blank lines between them together.
    fn imports(&mut self) {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for import in &self.file.imports {
            if !self.is_in_scope(import) {
                continue;
            }
            let import = self.lines.of_range(import);
            match runs.last_mut() {
                Some(run) if run.end >= import.start || self.lines.text(&(run.end..import.start)).trim().is_empty() => {
                    run.end = run.end.max(import.end);
                }
                _ => runs.push(import),
            }
        }
        for run in runs {
            self.add_lines(run, PieceKind::Imports, None, 0.0, "imports in scope of the target".to_owned());
        }
    }

    /// Whether names at `range` are visible at the target: no module that leaves the target out lies around it.
    fn is_in_scope(&self, range: &Range<usize>) -> bool {
        let target = self.target.range.start;
        !self.file.symbols.iter().any(|symbol| {
            symbol.kind == SymbolKind::Module
                && symbol.item_range.contains(&range.start)
                && !symbol.item_range.contains(&target)
                && !self.target.range.contains(&symbol.item_range.start)
        })
    }

    /// Definitions of this file whose names the target uses.
    fn used_definitions(&mut self, selection: &Range<usize>) {
        let text = self.request.text;
        let used = identifiers(&text[self.target.range.clone()]);
        let selected = identifiers(&text[selection.clone()]);
        for symbol in &self.file.symbols {
            let is_definition =
                !matches!(symbol.kind, SymbolKind::Field | SymbolKind::Variant | SymbolKind::Impl | SymbolKind::Module);
            if !is_definition || !used.contains(symbol.name.as_str()) || self.overlaps_target(&symbol.range) {
                continue;
            }
            // The target names itself; what else has its name is not what it uses.
            if self.target.symbol.as_ref().is_some_and(|target| target.name == symbol.name) && !symbol.kind.is_type() {
                continue;
            }
            // `new` and `get` are everywhere: a method counts where its type is named as well, or is the target's.
            if symbol.kind == SymbolKind::Method
                && symbol.container != self.target.symbol.as_ref().and_then(|target| target.container.clone())
                && !symbol.container.as_deref().is_some_and(|path| used.contains(last_name(path)))
            {
                continue;
            }
            let extra = if selected.contains(symbol.name.as_str()) { 0.05 } else { 0.0 };
            let reason = format!("the target uses `{}`", symbol.name);
            self.add_lines(self.shown_lines(symbol), PieceKind::Definitions, Some(symbol), extra, reason);
        }
    }

    /// The type around the target: header, fields, constructor; for a Rust impl the definition of its type.
    fn enclosing_type(&mut self, target: &Symbol) {
        let symbols = &self.file.symbols;
        let around = symbols.iter().rfind(|symbol| {
            symbol.kind.is_type()
                && symbol.depth < target.depth
                && symbol.item_range.start <= target.item_range.start
                && target.item_range.end <= symbol.item_range.end
        });
        if let Some(around) = around {
            let reason = format!("the {} `{}` the target is part of", around.kind.as_str(), around.name);
            self.add(&header_range(around, self.request.text), PieceKind::EnclosingType, Some(around), reason);
        }
        let owner = around.unwrap_or(target);
        if owner.kind == SymbolKind::Impl {
            for symbol in symbols {
                let defines = matches!(symbol.kind, SymbolKind::Struct | SymbolKind::Enum | SymbolKind::Union);
                if defines && symbol.name == owner.name && symbol.container == owner.container {
                    let reason = format!("the definition of `{}`", symbol.name);
                    self.add_lines(self.shown_lines(symbol), PieceKind::EnclosingType, Some(symbol), 0.02, reason);
                }
            }
        }
        if owner.kind == SymbolKind::Class && around.is_some() {
            for symbol in symbols {
                if !is_child(symbol, owner) || self.overlaps_target(&symbol.range) {
                    continue;
                }
                if symbol.kind == SymbolKind::Field {
                    let reason = format!("a field of `{}`", owner.name);
                    self.add(&symbol.range, PieceKind::EnclosingType, Some(symbol), reason);
                } else if symbol.name == "__init__" {
                    let reason = format!("the constructor of `{}`, which names its fields", owner.name);
                    self.add_lines(self.shown_lines(symbol), PieceKind::EnclosingType, Some(symbol), 0.02, reason);
                }
            }
        }
    }

    /// Signatures of the other functions of the type, the module or the file, and the methods of a target that is
    /// a type itself.
    fn siblings(&mut self, target: &Symbol) {
        for symbol in &self.file.symbols {
            if !symbol.kind.is_callable() || self.overlaps_target(&symbol.range) || is_named_test(symbol) {
                continue;
            }
            let (extra, reason) = if symbol.kind == SymbolKind::Method {
                let owner = symbol.container.as_deref();
                let of_target = target.kind.is_type() && owner == Some(target.path().as_str());
                if !of_target && (owner != target.container.as_deref() || !self.has_type_around(target)) {
                    continue;
                }
                (0.02, format!("a method of `{}`", owner.map_or("", last_name)))
            } else if symbol.container == target.container {
                (0.0, "a function beside the target".to_owned())
            } else {
                continue;
            };
            let lines = self.lines.of_range(&signature_range(symbol, self.request.text));
            self.add_lines(lines, PieceKind::Siblings, Some(symbol), extra, reason);
        }
    }

    fn has_type_around(&self, target: &Symbol) -> bool {
        self.file.symbols.iter().any(|symbol| {
            symbol.kind.is_type() && symbol.depth + 1 == target.depth && {
                symbol.item_range.start <= target.item_range.start && target.item_range.end <= symbol.item_range.end
            }
        })
    }

    /// Existing tests of the file, for their framework and style: a group of them, or the first one.
    fn tests(&mut self) {
        let tests = &self.file.tests;
        let group = tests.windows(2).find(|pair| pair[1].end <= pair[0].end).map(|pair| &pair[0]);
        let Some(shown) = group.or(tests.first()).filter(|range| !self.overlaps_target(range)) else { return };
        let symbol = self.file.symbols.iter().find(|symbol| symbol.range == *shown);
        let mut lines = self.lines.of_range(shown);
        lines.end = lines.end.min(lines.start + TEST_STYLE_LINES);
        let reason = "existing tests, for their framework and style".to_owned();
        self.add_lines(lines, PieceKind::Tests, symbol, 0.0, reason);
    }

    /// The lines before and behind the target, nearest first when they are cut.
    fn surroundings(&mut self) {
        let target = self.lines.of_range(&self.target.range);
        for lines in [0..target.start, target.end..self.lines.count()] {
            if !lines.is_empty() {
                self.add_lines(lines, PieceKind::Surroundings, None, 0.0, "lines around the target".to_owned());
            }
        }
    }

    /// A short definition whole, a function or a long one by its signature with what leads it.
    fn shown_lines(&self, symbol: &Symbol) -> Range<usize> {
        let whole = self.lines.of_range(&symbol.range);
        let is_whole =
            !symbol.kind.is_callable() && symbol.kind != SymbolKind::Class && symbol.kind != SymbolKind::Trait;
        let is_constructor = symbol.name == "__init__";
        if (is_whole || is_constructor) && whole.len() <= SHORT_DEFINITION_LINES {
            return whole;
        }
        self.lines.of_range(&header_range(symbol, self.request.text))
    }

    fn overlaps_target(&self, range: &Range<usize>) -> bool {
        range.start < self.target.range.end && self.target.range.start < range.end
    }
}

/// A symbol up to its body, without what leads it. Of a macro, which has no signature, the first line.
pub(crate) fn signature_range(symbol: &Symbol, text: &str) -> Range<usize> {
    let start = symbol.item_range.start;
    let signature = symbol.signature(text);
    let shown = if symbol.kind == SymbolKind::Macro { signature.lines().next().unwrap_or_default() } else { signature };
    start..start + shown.len()
}

/// The signature with the attributes, decorators and doc comments above it.
pub(crate) fn header_range(symbol: &Symbol, text: &str) -> Range<usize> {
    symbol.range.start..signature_range(symbol, text).end
}

fn is_child(symbol: &Symbol, owner: &Symbol) -> bool {
    symbol.depth == owner.depth + 1
        && owner.item_range.start <= symbol.item_range.start
        && symbol.item_range.end <= owner.item_range.end
}

/// Whether a function beside the target is no sibling, but a test: by its name, because every question asks it.
fn is_named_test(symbol: &Symbol) -> bool {
    symbol.name.starts_with("test_")
}

fn last_name(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// The identifiers of a piece of code. Words of strings and comments count too: a definition the comment names is
/// worth showing.
fn identifiers(code: &str) -> BTreeSet<&str> {
    code.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|word| word.starts_with(|first: char| first.is_alphabetic() || first == '_'))
        .collect()
}
